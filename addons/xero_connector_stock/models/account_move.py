from odoo import models
from odoo.addons.xero_connector.mappers.text import named


class AccountMove(models.Model):
    _inherit = "account.move"

    def _xero_entry_refusal(self, scope):
        """An entry of a stock journal goes with the others of its period."""
        connection = self.env["xero.connection"].sudo().browse(scope.connection_id)
        if connection.stock_journals == "ledger" and self.journal_id in connection.stock_journal_ids:
            return self.env["xero.reason"]._(
                "%(move)s goes to Xero in the stock journal of its period: see Xero > Activity > Stock Journals.",
                move=named(self.display_name),
            )
        return super()._xero_entry_refusal(scope)
