"""The nightly sweep: what no event announced is queued all the same."""

from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..connection.xero_connection import GATHERING_STATES
from .xero_sync_job import SWEEP

# A sweep looks back further than the time since the last one, so that a night that failed costs nothing.
WINDOW = timedelta(days=3)
CHUNK = 5000


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _sweep(self) -> int:
        """Queue documents in scope that Xero lacks or that changed since it got them, and free what was left blocked.

        :return: the number of documents queued
        """
        queued = 0
        for connection in self.env["xero.connection"].search([("state", "in", GATHERING_STATES)]):
            scope = connection._scope(connection.company_id.id)
            if scope and scope.connection_id == connection.id:
                queued += self._sweep_documents(connection, scope) + self._sweep_contacts(connection)
                queued += self.env["xero.field.rule"]._follow(connection)
                self._free_blocked(connection)
                self._wake(connection.ids)
        for feeder in self.env["xero.feeder"]._all():
            feeder._end_sweep()
        return queued

    def _sweep_documents(self, connection, scope) -> int:
        """Queue documents that no event announced; before the two books are matched, only those made since the company
        was connected.
        """
        if connection._is_unmatched():
            start = scope.sync_from and max(scope.sync_from, scope.connected_at.date())
            return self._sweep_moves(connection, scope._replace(sync_from=start))
        waiting = sum(feeder._begin_sweep(connection) for feeder in self.env["xero.feeder"]._all())
        return waiting + self._sweep_moves(connection, scope)

    def _sweep_moves(self, connection, scope) -> int:
        """Documents without an open job: posted ones that have no agreed link, what was written after it, and what is
        no draft again any more; one query.
        """
        rows = self.env.execute_query(
            SQL(
                """
            SELECT m.id FROM account_move m
              LEFT JOIN xero_link l ON l.res_model = 'account.move' AND l.res_id = m.id
                     AND l.connection_id = %(connection)s
             WHERE m.company_id IN %(companies)s AND %(kinds)s
               AND ((m.state = 'posted' AND l.xero_id IS NULL AND (%(recent_enough)s))
                    OR (m.state = 'posted' AND l.state != 'ignored'
                        AND (l.state = 'to_sync' OR l.xero_status IN ('VOIDED', 'DELETED')))
                    OR (m.state != 'draft' AND l.state != 'ignored' AND l.draft_since IS NOT NULL)
                    OR (l.xero_id IS NOT NULL AND l.state IN ('synced', 'error')
                           AND date_trunc('second', m.write_date) > l.synced_at AND m.write_date > %(recent)s))
               AND NOT EXISTS (SELECT FROM xero_sync_job j WHERE j.res_model = 'account.move' AND j.res_id = m.id
                                  AND j.connection_id = %(connection)s AND j.state NOT IN ('done', 'cancelled'))
             ORDER BY m.id LIMIT %(limit)s
            """,
                connection=connection.id,
                companies=tuple(self._served_companies(connection).ids),
                kinds=self.env["account.move"]._xero_kinds_sql(scope),
                recent_enough=self._recent_enough_sql(scope),
                recent=fields.Datetime.now() - WINDOW,
                limit=CHUNK,
            )
        )
        moves = self.env["account.move"].browse([move_id for [move_id] in rows])
        if moves:
            moves._xero_enqueue(scope, SWEEP)
        return len(moves)

    def _recent_enough_sql(self, scope) -> SQL:
        """What the sweep may take by its age: no feeder is at work on it."""
        left = filter(None, [feeder._left_to_it_sql(scope) for feeder in self.env["xero.feeder"]._all()])
        return SQL("(%s)%s", self._time_in_scope_sql(scope), SQL().join(SQL(" AND NOT %s", sql) for sql in left))

    def _time_in_scope_sql(self, scope) -> SQL:
        """Return the condition on ``account_move m`` of what is synced by its age: the same rule as
        ``account.move._xero_time_in_scope``.

        :param scope: ``Scope`` of ``connection/xero_connection``
        """
        if scope.sync_from:
            return SQL("COALESCE(m.invoice_date, m.date) >= %s", scope.sync_from)
        return SQL(
            "m.create_date >= %s OR COALESCE(m.invoice_date, m.date) >= %s",
            scope.connected_at,
            scope.connected_at.date(),
        )

    def _served_companies(self, connection):
        """The connection's company and those of its branches that have no connection of their own.

        :return: ``res.company``
        """
        companies = self.env["res.company"].search([("id", "child_of", connection.company_id.id)])
        return companies.filtered(lambda company: connection._for_company(company) == connection)

    def _sweep_contacts(self, connection) -> int:
        """Linked contacts written after they were last agreed; one query."""
        rows = self.env.execute_query(
            SQL(
                """
            SELECT p.id FROM res_partner p
              JOIN xero_link l ON l.res_model = 'res.partner' AND l.res_id = p.id AND l.connection_id = %(connection)s
             WHERE l.xero_id IS NOT NULL AND l.state = 'synced' AND l.digest IS NOT NULL
               AND date_trunc('second', p.write_date) > l.synced_at AND p.write_date > %(recent)s
               AND NOT EXISTS (SELECT FROM xero_sync_job j WHERE j.res_model = 'res.partner' AND j.res_id = p.id
                                  AND j.connection_id = %(connection)s AND j.state NOT IN ('done', 'cancelled'))
             ORDER BY p.id LIMIT %(limit)s
            """,
                connection=connection.id,
                recent=fields.Datetime.now() - WINDOW,
                limit=CHUNK,
            )
        )
        self.env["res.partner"]._xero_enqueue_for(connection, [partner_id for [partner_id] in rows])
        return len(rows)

    def _free_blocked(self, connection) -> None:
        """Let jobs go whose blocker has ended without them."""
        self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job j SET state = 'pending', blocked_by_id = NULL
                WHERE j.connection_id = %s AND j.state = 'blocked' AND NOT EXISTS (
                      SELECT FROM xero_sync_job b WHERE b.id = j.blocked_by_id
                             AND b.state NOT IN ('done', 'cancelled'))""",
                connection.id,
            )
        )
