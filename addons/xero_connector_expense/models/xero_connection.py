from odoo import fields, models
from odoo.addons.xero_connector.mappers.awaited import record_key


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    sync_company_expenses = fields.Boolean(
        "Expenses Paid by the Company",
        help="They are money spent in Xero, through the bank account that is chosen for the journal of their method of "
        "payment (Mapping, Bank Accounts). Xero must be asked for one permission more.",
    )
    expense_partner_id = fields.Many2one(
        "res.partner",
        "Contact of Expenses without Vendor",
        check_company=True,
        domain="[('parent_id', '=', False)]",
        help="Xero takes no money that is spent without a contact.",
    )
    short_employee_contacts = fields.Boolean(
        "Employees with Name and E-mail Only",
        default=True,
        help="Of the work contacts of employees Xero is told nothing else: no address, phone, tax number or payment "
        "terms. What it was told before is emptied there when the contact is sent next.",
    )

    def write(self, vals):
        """Extend: expenses that wait for a contact go when there is one."""
        result = super().write(vals)
        if "expense_partner_id" in vals:
            for connection in self:
                keys = [record_key(connection._name, connection.id)]
                self.env["xero.sync.job"]._retry_awaiting(keys, connection)
        return result
