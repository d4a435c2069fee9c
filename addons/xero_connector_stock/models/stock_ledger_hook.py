from odoo import api, models
from odoo.tools import SQL


class XeroLedgerHookStock(models.AbstractModel):
    """Journal items that stand in Xero as a part of a stock journal."""

    _name = "xero.ledger.hook.stock"
    _inherit = "xero.ledger.hook"
    _description = "Xero Ledger: Stock Journals"

    @api.model
    def _lines_in_xero_sql(self, connection):
        self.env["xero.period.line"].flush_model()
        return SQL(
            """SELECT p.source_id FROM xero_period_line p
                 JOIN xero_link k ON k.res_model = 'xero.period.journal' AND k.res_id = p.journal_id
                WHERE p.is_live AND p.source_model = 'account.move.line' AND %s""",
            self.env["xero.ledger"]._booked_sql(connection),
        )
