"""Expenses in the comparison of both ledgers."""

from odoo import models
from odoo.tools import SQL


class XeroLedgerExpense(models.AbstractModel):
    """The entry of an expense that is in Xero is booked whole there, on the bank account at once: what is outstanding
    in Odoo stands for that account.
    """

    _name = "xero.ledger.expense"
    _inherit = "xero.ledger.hook"
    _description = "Xero Ledger: Expenses"

    def _moves_in_xero_sql(self, connection):
        return SQL(
            """SELECT e.account_move_id FROM xero_link k JOIN hr_expense e ON e.id = k.res_id
                WHERE %s AND k.res_model = 'hr.expense' AND e.account_move_id IS NOT NULL""",
            self.env["xero.ledger"]._booked_sql(connection),
        )

    def _accounts_in_xero(self, connection):
        return self.env.execute_query(
            SQL(
                """SELECT DISTINCT p.outstanding_account_id, lower(a.xero_id)
                     FROM xero_link k JOIN hr_expense e ON e.id = k.res_id
                     JOIN account_payment p ON p.move_id = e.account_move_id
                     JOIN xero_mapping_journal r ON r.journal_id = p.journal_id AND r.connection_id = k.connection_id
                     JOIN xero_account a ON a.id = r.xero_account_id
                    WHERE %s AND k.res_model = 'hr.expense' AND p.outstanding_account_id IS NOT NULL""",
                self.env["xero.ledger"]._booked_sql(connection),
            )
        )
