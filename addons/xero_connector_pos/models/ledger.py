"""What of the entries of tills stands in Xero as the document of a session, or of an order invoiced late."""

from odoo import api, models
from odoo.tools import SQL

from ..mappers.divide import LEFT


class XeroLedgerTill(models.AbstractModel):
    """The closing entry of a session is its document; the entries that bring its money are the payments on that. What
    is only put into the drawer, and differences that are left out, are in no document.
    """

    _name = "xero.ledger.till"
    _inherit = "xero.ledger.hook"
    _description = "Xero Ledger: Tills"

    @api.model
    def _moves_in_xero_sql(self, connection):
        booked = self.env["xero.ledger"]._booked_sql(connection)
        return SQL(
            """WITH sent AS (SELECT DISTINCT s.id, s.move_id, COALESCE(s.xero_differences, %(left)s) AS differences
                              FROM xero_link k JOIN pos_session s ON s.id = k.res_id
                             WHERE %(booked)s AND k.res_model = 'pos.session'),
                    paid AS (SELECT DISTINCT sent.id, sent.differences, p.journal_id
                               FROM sent JOIN xero_payment_part p ON p.pos_session_id = sent.id
                               JOIN xero_link k ON k.res_model = 'xero.payment.part' AND k.res_id = p.id
                              WHERE %(booked)s)
               SELECT move_id FROM sent WHERE move_id IS NOT NULL
                UNION
               SELECT p.move_id FROM account_payment p
                 JOIN paid ON paid.id = p.pos_session_id AND paid.journal_id = p.journal_id
                WHERE p.move_id IS NOT NULL
                UNION
               SELECT t.move_id FROM account_bank_statement_line t
                 JOIN paid ON paid.id = t.pos_session_id AND paid.journal_id = t.journal_id
                 JOIN account_journal j ON j.id = t.journal_id
                WHERE NOT EXISTS (SELECT FROM account_move_line l JOIN account_account a ON a.id = l.account_id
                                   WHERE l.move_id = t.move_id AND l.account_id != j.default_account_id
                                     AND a.account_type != 'asset_receivable'
                                     AND (paid.differences = %(left)s
                                          OR l.account_id NOT IN (j.profit_account_id, j.loss_account_id)))""",
            booked=booked,
            left=LEFT,
        )
