from odoo import models
from odoo.tools import SQL


class XeroStockSourceTill(models.AbstractModel):
    """Cost lines of closed sessions, and of the entries that take an order out of one because it is invoiced.

    Odoo tells them by nothing but what they lack: they have no name in the entry of a session, and no product in that
    of an order, while sales have both there; and neither tax nor rounding.
    """

    _name = "xero.stock.source.till"
    _inherit = "xero.stock.source"
    _description = "Xero Stock Source: Point of Sale"

    _mode = "ledger"

    def _rows_sql(self, connection, companies):
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model()
        self.env["pos.session"].flush_model(["move_id"])
        methods = self.env["pos.payment.method"].sudo().with_context(active_test=False)
        methods = methods.search([("company_id", "in", companies.ids)])
        debtors = methods.receivable_account_id | companies.sudo().account_default_pos_receivable_account_id
        return SQL(
            """SELECT 'account.move.line' AS source_model, l.id AS source_id, '' AS part, l.company_id,
                      'account.move' AS document_model, l.move_id AS document_id, m.name AS document,
                      l.date, l.account_id, l.balance, l.analytic_distribution
                 FROM account_move_line l JOIN account_move m ON m.id = l.move_id
                 JOIN account_account a ON a.id = l.account_id
                WHERE m.state = 'posted' AND m.move_type = 'entry' AND l.company_id = ANY(%(companies)s)
                  AND l.date >= %(first)s AND l.balance != 0
                  AND (EXISTS (SELECT FROM pos_session s WHERE s.move_id = m.id) AND COALESCE(l.name, '') = ''
                    OR m.reversed_pos_order_id IS NOT NULL AND l.product_id IS NULL)
                  AND l.tax_repartition_line_id IS NULL AND COALESCE(l.display_type, '') != 'rounding'
                  AND NOT EXISTS (SELECT FROM account_move_line_account_tax_rel r WHERE r.account_move_line_id = l.id)
                  AND a.account_type != 'asset_receivable' AND NOT l.account_id = ANY(%(debtors)s)""",
            companies=companies.ids,
            first=connection.stock_from,
            debtors=debtors.ids,
        )
