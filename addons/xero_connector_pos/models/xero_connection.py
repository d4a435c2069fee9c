from odoo import fields, models
from odoo.addons.xero_connector.mappers.awaited import record_key

from ..mappers.divide import LEFT, LINE, PAID


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    sync_tills = fields.Boolean(
        "Tills",
        help="Each closed session of a till becomes one document in Xero, paid by its methods of payment through the "
        "bank accounts that are chosen for their journals (Mapping, Bank Accounts).",
    )
    till_differences = fields.Selection(
        [
            (PAID, "Pay what was counted, and the shortfall to the loss account"),
            (LINE, "Add a line on the profit or loss account"),
            (LEFT, "Leave them out"),
        ],
        "Differences in the Till",
        required=True,
        default=PAID,
        help="When more or less money is counted than there should be. The accounts are those of the journal, as they "
        "are mapped; to be paid to, the loss account needs payments enabled in Xero.",
    )
    till_clearing_account_id = fields.Many2one(
        "xero.account",
        "Clearing Account of Tills",
        domain="[('connection_id', '=', id), ('type', '!=', 'BANK'), ('status', '=', 'ACTIVE')]",
        ondelete="set null",
        help="On a day when one method of payment took in money and another gave some back, Xero needs an invoice and "
        "a credit note. A line on this account is on both and comes to nothing.",
    )

    def write(self, vals):
        """Extend: sessions that wait for a clearing account go when there is one."""
        result = super().write(vals)
        if "till_clearing_account_id" in vals:
            for connection in self:
                keys = [record_key(connection._name, connection.id)]
                self.env["xero.sync.job"]._retry_awaiting(keys, connection)
        return result
