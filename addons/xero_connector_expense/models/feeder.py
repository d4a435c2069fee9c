"""Expenses that no event announced."""

from datetime import timedelta

from odoo import fields, models
from odoo.addons.xero_connector.models.queue.sweep import CHUNK
from odoo.addons.xero_connector.models.queue.xero_sync_job import SWEEP
from odoo.tools import SQL

from .hr_expense import EXPENSE_TYPE


class XeroFeederExpense(models.AbstractModel):
    _name = "xero.feeder.expense"
    _inherit = "xero.feeder"
    _description = "Xero Expense Feeder"

    _rank = 71

    def _end_sweep(self):
        """Queue expenses in scope that Xero lacks, and those whose entry has been a draft for longer than it keeps."""
        for connection in self.env["xero.connection"].search([("sync_company_expenses", "=", True)]):
            scope = connection._scope(connection.company_id.id)
            if scope and scope.connection_id == connection.id and EXPENSE_TYPE not in scope.off:
                expenses = self._missing(connection, scope)
                if expenses:
                    expenses._xero_enqueue(scope, SWEEP)

    def _missing(self, connection, scope):
        """Return the ``hr.expense`` to queue; one query, a large number is cut.

        :param connection: ``xero.connection``
        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        self.env.flush_all()
        hours = connection.void_drafts_after
        old = fields.Datetime.now() - timedelta(hours=hours) if hours else None
        rows = self.env.execute_query(
            SQL(
                """SELECT e.id FROM hr_expense e JOIN account_move m ON m.id = e.account_move_id
                     LEFT JOIN xero_link l ON l.res_model = 'hr.expense' AND l.res_id = e.id
                          AND l.connection_id = %(connection)s
                    WHERE e.payment_mode = 'company_account' AND e.company_id IN %(companies)s
                      AND NOT m.journal_id = ANY(%(excluded)s)
                      AND ((m.state = 'posted' AND l.xero_id IS NULL AND COALESCE(l.state, '') != 'ignored'
                            AND %(recent)s)
                           OR (m.state = 'draft' AND l.draft_since <= %(old)s))
                      AND NOT EXISTS (SELECT FROM xero_sync_job j WHERE j.res_model = 'hr.expense' AND j.res_id = e.id
                                         AND j.connection_id = %(connection)s AND j.state NOT IN ('done', 'cancelled'))
                    ORDER BY e.id LIMIT %(limit)s""",
                connection=connection.id,
                companies=tuple(self.env["xero.sync.runner"]._served_companies(connection).ids),
                excluded=list(scope.excluded_journals),
                recent=self.env["xero.sync.runner"]._time_in_scope_sql(scope),
                old=old,
                limit=CHUNK,
            )
        )
        return self.env["hr.expense"].browse([expense_id for [expense_id] in rows])
