from odoo import models
from odoo.addons.xero_connector.models.link.xero_link import GONE_STATUSES
from odoo.tools import SQL

TEXTS = ("line_section", "line_subsection", "line_note")


class XeroStockSourceLedger(models.AbstractModel):
    """What Odoo has posted: cost lines of invoices and bills, and the entries of the stock journals: closings, landed
    costs, scrap and losses, revaluations. Documents themselves are sent without their cost lines.
    """

    _name = "xero.stock.source.ledger"
    _inherit = "xero.stock.source"
    _description = "Xero Stock Source: Ledger"

    _mode = "ledger"

    def _rows_sql(self, connection, companies):
        """What was sent entry by entry, before its journal was among the stock journals, stays so."""
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model()
        return SQL(
            """SELECT 'account.move.line' AS source_model, l.id AS source_id, '' AS part, l.company_id,
                      'account.move' AS document_model, l.move_id AS document_id, m.name AS document,
                      l.date, l.account_id, l.balance, l.analytic_distribution
                 FROM account_move_line l JOIN account_move m ON m.id = l.move_id
                WHERE m.state = 'posted' AND l.company_id = ANY(%(companies)s) AND l.date >= %(first)s
                  AND l.balance != 0
                  AND (l.display_type = 'cogs'
                    OR m.move_type = 'entry' AND m.journal_id = ANY(%(journals)s)
                       AND COALESCE(l.display_type, '') NOT IN %(texts)s
                       AND NOT EXISTS (
                           SELECT FROM xero_link k
                            WHERE k.connection_id = %(connection)s AND k.res_model = 'account.move' AND k.res_id = m.id
                              AND k.xero_id IS NOT NULL AND COALESCE(k.xero_status, '') NOT IN %(gone)s))""",
            companies=companies.ids,
            first=connection.stock_from,
            journals=connection.stock_journal_ids.ids,
            texts=TEXTS,
            connection=connection.id,
            gone=GONE_STATUSES,
        )
