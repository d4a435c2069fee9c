"""Sessions that no event announced."""

from odoo import fields, models
from odoo.addons.xero_connector.models.queue.sweep import CHUNK, WINDOW
from odoo.addons.xero_connector.models.queue.xero_sync_job import SWEEP
from odoo.tools import SQL


class XeroFeederTill(models.AbstractModel):
    _name = "xero.feeder.till"
    _inherit = "xero.feeder"
    _description = "Xero Till Feeder"

    _rank = 70

    def _end_sweep(self):
        """Queue closed sessions in scope that Xero lacks, and look again at what recent ones were paid by."""
        for connection in self.env["xero.connection"].search([("sync_tills", "=", True)]):
            scope = connection._scope(connection.company_id.id)
            if scope and scope.connection_id == connection.id and "SessionInvoice" not in scope.off:
                self._queue_missing(connection, scope)
                self._refresh_recent(connection, scope)
        paid = [("pos_payment_ids", "!=", False), ("write_date", ">", fields.Datetime.now() - WINDOW)]
        self.env["xero.payment.part"]._refresh(self.env["account.move"].search(paid))

    def _queue_missing(self, connection, scope):
        sessions = self._missing(connection, scope)
        sessions = sessions.filtered(lambda session: session.id not in self._queued(connection, sessions))
        if sessions:
            sessions._xero_enqueue(scope, SWEEP)

    def _queued(self, connection, sessions) -> set[int]:
        """Return the ids of those of ``sessions`` that a job was made for: nothing of theirs is missed."""
        domain = [("connection_id", "=", connection.id), ("res_model", "=", "pos.session")]
        jobs = self.env["xero.sync.job"].search([*domain, ("res_id", "in", sessions.ids), ("state", "!=", "cancelled")])
        return set(jobs.mapped("res_id"))

    def _missing(self, connection, scope):
        """Return the closed sessions that ``scope`` covers and Xero has nothing of; one query.

        :param connection: ``xero.connection``
        :param scope: ``Scope`` of ``connection/xero_connection``
        :return: ``pos.session``; a large number is cut
        """
        companies = self.env["xero.sync.runner"]._served_companies(connection)
        rows = self.env.execute_query(
            SQL(
                """SELECT s.id FROM pos_session s
                     JOIN account_move m ON m.id = s.move_id AND m.state = 'posted'
                    WHERE s.state = 'closed' AND m.company_id IN %(companies)s
                      AND NOT m.journal_id = ANY(%(excluded)s) AND %(recent)s
                      AND NOT EXISTS (SELECT FROM xero_link l WHERE l.res_model = 'pos.session' AND l.res_id = s.id
                                         AND l.connection_id = %(connection)s
                                         AND (l.xero_id IS NOT NULL OR l.state = 'ignored'))
                    ORDER BY s.id LIMIT %(limit)s""",
                companies=tuple(companies.ids),
                excluded=list(scope.excluded_journals),
                recent=self._recent_sql(scope),
                connection=connection.id,
                limit=CHUNK,
            )
        )
        return self.env["pos.session"].browse([session_id for [session_id] in rows])

    def _recent_sql(self, scope) -> SQL:
        """The same rule as ``pos.session._xero_time_in_scope``."""
        if scope.sync_from:
            return SQL("m.date >= %s", scope.sync_from)
        return SQL("m.create_date >= %s", scope.connected_at)

    def _refresh_recent(self, connection, scope):
        """Look at payments of tills whose journal was chosen since."""
        companies = self.env["xero.sync.runner"]._served_companies(connection)
        recent = [("state", "=", "closed"), ("write_date", ">", fields.Datetime.now() - WINDOW)]
        sessions = self.env["pos.session"].search([*recent, ("config_id.company_id", "in", companies.ids)])
        sessions = sessions.filtered(lambda session: session._xero_concerns(scope))
        self.env["xero.payment.part"]._refresh_tills(sessions.move_id)
