"""Whom the way in may write to: people who log in, companies and what belongs to others are never Xero's to change."""

from odoo import models
from odoo.exceptions import UserError

from ...mappers.text import named

# What lets somebody in: whoever reads the mailbox sets the password.
DOORS = frozenset({"email"})
MANY = 500


class Guarded(UserError):
    """Xero changed what only a person with the right to do so in Odoo may change."""


class XeroPartnerGuard(models.AbstractModel):
    """Odoo lets only some people change the partners of those who log in; the way in writes as superuser, past that.

    ``partners`` and ``partner`` are ``res.partner``; ``connection`` is the ``xero.connection`` whose elements are taken
    in.
    """

    _name = "xero.partner.guard"
    _description = "Xero Partner Guard"

    def _people(self, partners):
        """Return those of ``partners`` who log in, ever could, or are a company of this Odoo."""
        domain, found = [("partner_id", "in", partners.ids)], set()
        for model in ("res.users", "res.company"):
            found |= set(self.env[model].sudo().with_context(active_test=False).search(domain).partner_id.ids)
        return partners.filtered(lambda partner: partner.id in found)

    def _foreign(self, partners, connection):
        """Return those of ``partners`` that belong to a company that ``connection`` does not serve."""
        served = self.env["xero.sync.runner"].sudo()._served_companies(connection)
        return partners.filtered(lambda partner: partner.sudo().company_id and partner.company_id not in served)

    def _closed(self, partners, connection) -> dict:
        """Return ``{partner id: reason}`` of those that nothing is written to: employees, companies, others' partners.

        What is written to a contact reaches its people and addresses, so one of those closes it too.
        """
        closed = {}
        for owner in self._owners(partners, self._employees(partners)):
            closed[owner] = "login"
        for owner in self._owners(partners, self._companies(partners)):
            closed[owner] = "company"
        for partner in self._foreign(partners, connection):
            closed[partner.id] = "foreign"
        return {
            partner.id: self._closed_text(closed[partner.id], named(partner.display_name))
            for partner in partners
            if partner.id in closed
        }

    def _closed_text(self, kind, name):
        match kind:
            case "login":
                return self.env["xero.reason"]._(
                    "%s has a login to this Odoo, or is the company of somebody who has.", name
                )
            case "company":
                return self.env["xero.reason"]._("%s is a company of this Odoo.", name)
        return self.env["xero.reason"]._("%s belongs to another company of this Odoo.", name)

    def _doors(self, partners) -> set:
        """Return the ids of those of ``partners`` who log in to the portal: what lets them in stays Odoo's."""
        users = self.env["res.users"].sudo().with_context(active_test=False)
        return set(users.search([("partner_id", "in", partners.ids)]).partner_id.ids)

    def _employees(self, partners):
        """Return the partners of ``partners`` and below whose login is more than a portal's, active or not.

        Of many ``partners`` all such are returned: there are fewer of them.

        :return: ``res.partner``
        """
        users = self.env["res.users"].sudo().with_context(active_test=False)
        more = ["|", ("share", "=", False), ("group_ids", "not in", self.env.ref("base.group_portal").ids)]
        return users.search([*more, *self._below(partners)]).partner_id if partners else partners

    def _companies(self, partners):
        companies = self.env["res.company"].sudo().with_context(active_test=False)
        return companies.search(self._below(partners)).partner_id if partners else partners

    def _below(self, partners) -> list:
        return [("partner_id", "child_of", partners.ids)] if len(partners) <= MANY else []

    def _owners(self, partners, found) -> set:
        """Return the ids of those of ``partners`` that one of ``found`` is, or stands below.

        :param found: ``res.partner``, as :meth:`_employees` returns them
        """
        owners, step = set(), found.sudo()
        while step and not owners.issuperset(step.ids):
            owners |= set(step.ids)
            step = step.parent_id
        return owners.intersection(partners.ids)

    # === WHAT THE WAY IN MAY DO === #

    def _reserved(self, partner, fields, connection) -> tuple[set, str]:
        """Return those of ``fields`` (keys of the canonical form) of ``partner`` that Xero may not change, and why.

        :return: the reason is translated, and empty where all may be changed
        """
        closed = self._closed(partner, connection).get(partner.id)
        if closed:
            told = self.env["xero.reason"]._(
                "Xero does not change it automatically: somebody who may change this contact in Odoo decides."
            )
            return set(fields), self.env["xero.reason"]._join(" ", (closed, told))
        doors = set(fields) & DOORS if self._doors(partner) else set()
        told = self.env["xero.reason"]._(
            "%s has a login to the portal. Xero does not change the e-mail address automatically, because it is used "
            "to log in: somebody who may change this contact in Odoo decides.",
            named(partner.display_name),
        )
        return doors, told if doors else ""

    def _check(self, partner, fields, connection) -> None:
        """See that Xero may change ``fields`` of ``partner``.

        :param fields: keys of the canonical form of a contact
        :raise Guarded: it may not, with the reason
        """
        reserved, reason = self._reserved(partner, fields, connection)
        if reserved:
            raise Guarded(reason)

    # === WHAT PEOPLE MAY DO === #

    def _as_person(self, partner, connection, user):
        """Return ``partner`` for a choice of ``user``: in the user's own environment where Xero alone may not write.

        :param user: ``res.users``; ``None`` or empty where a policy chose
        """
        if not user or not (self._closed(partner, connection) or self._doors(partner | partner.child_ids)):
            return partner
        return partner.with_user(user)

    def _may_write(self, partner, user) -> bool:
        """Whether Odoo lets ``user`` change ``partner``: of those who log in, only who may change users does.

        :param user: one ``res.users``
        """
        logins = partner.sudo().user_ids.filtered(lambda one: one._is_internal() and one != user)
        return partner.with_user(user).has_access("write") and (
            not logins or logins.with_user(user).has_access("write")
        )

    def _check_merge(self, partners, connection) -> None:
        """See that the person of this environment may merge ``partners``: who is merged takes over the other's login.

        :raise AccessError: not these
        """
        if self.env.su:
            return
        users = self.env["res.users"].sudo().with_context(active_test=False)
        users = users.search([("partner_id", "child_of", partners.ids)]) - self.env.user
        users.sudo(False).with_user(self.env.user).check_access("write")
        companies = self._companies(partners)
        owned = self.env["res.company"].with_context(active_test=False).search([("partner_id", "in", companies.ids)])
        owned.check_access("write")
        self._foreign(partners, connection).check_access("write")
