"""What of a contact is shortened or left out so that Xero takes it."""

from odoo import models

from ..text import email, named, squeeze
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
        """Say on ``out`` what is longer than Xero takes, and what it does not take at all."""
        for limits, sentence in ((SHORTENED, self._shortened), (LEFT_OUT, self._left_out)):
            out.remarks += [
                sentence(named(partner.display_name), partner._fields[field].string, limit)
                for field, limit in limits.items()
                if len(squeeze(partner[field])) > limit
            ]
        if partner.email and not email(partner.email):
            out.remarks.append(
                self.env["xero.reason"]._(
                    "The e-mail of %s is none that Xero takes: it is left out.", named(partner.display_name)
                )
            )
        people = parts.filtered(lambda part: part.type == "contact" and part.name and email(part.email))
        if len(people) > MAX_PERSONS:
            message = self.env["xero.reason"]._(
                "Xero keeps %(limit)s people of a contact; %(name)s has %(count)s.",
                limit=MAX_PERSONS,
                name=named(partner.display_name),
                count=len(people),
            )
            out.remarks.append(message)

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
