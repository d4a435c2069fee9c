"""What of a contact is shortened or left out so that Xero takes it."""

from odoo import models

from ..text import email, emails, named, squeeze
from .parts import CODE_LENGTH, MAX_PERSONS, STREET_LENGTH, TEXT_LENGTH

SHORTENED = {
    "name": TEXT_LENGTH,
    "phone": CODE_LENGTH,
    "street": STREET_LENGTH,
    "street2": STREET_LENGTH,
    "city": TEXT_LENGTH,
    "zip": CODE_LENGTH,
}
# Half of an identifier would identify something else.
LEFT_OUT = {"ref": CODE_LENGTH, "company_registry": CODE_LENGTH}


class XeroMapperContact(models.AbstractModel):
    _inherit = "xero.mapper.contact"

    def _remark_on_texts(self, partner, parts, out) -> None:
        """Say on ``out`` what is longer than Xero takes, and what it does not take at all.

        What is missing in Xero for it is told on the contact, too.
        """
        out.remarks += self._too_long(partner, SHORTENED, self._shortened)
        out.notices += [*self._too_long(partner, LEFT_OUT, self._left_out), *self._about_email(partner)]
        out.remarks += out.notices
        people = parts.filtered(lambda part: part.type == "contact" and part.name and email(part.email))
        if len(people) > MAX_PERSONS:
            message = self.env["xero.reason"]._(
                "Xero keeps %(limit)s people of a contact; %(name)s has %(count)s.",
                limit=MAX_PERSONS,
                name=named(partner.display_name),
                count=len(people),
            )
            out.remarks.append(message)

    def _too_long(self, partner, limits, sentence) -> list:
        return [
            sentence(named(partner.display_name), partner._fields[field].string, limit)
            for field, limit in limits.items()
            if len(squeeze(partner[field])) > limit
        ]

    def _about_email(self, partner) -> list:
        found = emails(partner.email)
        if not squeeze(partner.email) or found == [squeeze(partner.email)]:
            return []
        if not found:
            return [
                self.env["xero.reason"]._(
                    "The e-mail of %s is none that Xero takes: it is left out.", named(partner.display_name)
                )
            ]
        if partner.email.count("@") == 1:
            return []
        return [
            self.env["xero.reason"]._(
                "Xero takes one e-mail address: of those of %(name)s, %(address)s is sent.",
                name=named(partner.display_name),
                address=named(found[0]),
            )
        ]

    def _shortened(self, name, label, limit) -> str:
        return self.env["xero.reason"]._(
            "%(field)s of %(name)s is cut to %(limit)s characters.", field=label, name=name, limit=limit
        )

    def _left_out(self, name, label, limit) -> str:
        return self.env["xero.reason"]._(
            "%(field)s of %(name)s is longer than %(limit)s characters: it is left out.",
            field=label,
            name=name,
            limit=limit,
        )
