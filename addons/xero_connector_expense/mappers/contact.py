"""Employees as contacts: what Xero is told of them."""

from odoo import models

# What a bill needs of whom it is for, and how the contact is found again.
TOLD = frozenset({"ContactNumber", "ContactStatus", "Name", "FirstName", "LastName", "EmailAddress"})


class XeroMapperContact(models.AbstractModel):
    _inherit = "xero.mapper.contact"

    def _prepare(self, records, connection, links=None):
        """Extend: employees go with name and e-mail only, where that is wanted; one query more then. What field rules
        fill is sent all the same: somebody asked for it. What Xero was told of them before is emptied there.
        """
        outgoing = super()._prepare(records, connection, links)
        if not connection.short_employee_contacts:
            return outgoing
        for partner in self._employees(records):
            out = outgoing[partner.id]
            kept = TOLD | set(out.ruled)
            out.payload = {name: value for name, value in out.payload.items() if name in kept}
            out.untold = {name: value for name, value in out.untold.items() if name in kept}
        return outgoing

    def _employees(self, partners):
        """Return those of ``partners`` that are the work contact of an employee, present or former."""
        employees = self.env["hr.employee"].sudo().with_context(active_test=False)
        rows = employees._read_group([("work_contact_id", "in", partners.ids)], ["work_contact_id"])
        found = {partner.id for [partner] in rows}
        return partners.filtered(lambda partner: partner.id in found and not partner.is_company)
