"""Choosing the next jobs of a lane."""

from odoo import fields, models
from odoo.tools import SQL

from .xero_sync_job import CLICK, EVENT

# Xero advises about 50 elements a request.
BATCH = 50
# Xero advises lists of 40 ids; about 52 is where addresses get too long.
IDS = 40
# How far ahead dependencies are gathered, so that contacts of many documents travel together.
LOOK_AHEAD = 1000
# A call takes jobs of one kind, which lie among others: more than a call's worth must be prepared. Each call looks at
# all of them.
HEAD = 100


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _due_sql(self, connection) -> SQL:
        """Return the condition on job ``j`` that it may be claimed now."""
        now = fields.Datetime.now()
        return SQL(
            """j.connection_id = %(id)s AND j.state = 'pending' AND j.run_after <= %(now)s
               AND (j.priority < %(event)s OR NOT (SELECT %(held)s FROM xero_connection c WHERE c.id = %(id)s))
               AND %(free)s""",
            id=connection.id,
            now=now,
            event=EVENT,
            held=self._held_sql(now),
            free=self._free_sql(
                SQL(
                    """(SELECT COALESCE(c.hold_until_matched, FALSE) OR EXISTS (
                               SELECT FROM xero_recovery r WHERE r.connection_id = c.id AND r.is_open)
                          FROM xero_connection c WHERE c.id = %s)""",
                    connection.id,
                )
            ),
        )

    def _free_sql(self, held: SQL) -> SQL:
        """Whether job ``j`` may be done although documents are ``held``: tasks go on, such as snapshots.

        :param held: a condition, of whatever is around
        """
        return SQL("(NOT %s OR j.operation = 'task')", held)

    def _queue_dependencies(self, connection) -> None:
        """Queue what the next due documents need and Xero lacks, such as their contacts; three queries a thousand
        documents.
        """
        rows = self.env["xero.sync.job"]._sql(
            SQL(
                """
            UPDATE xero_sync_job SET dependencies_queued = TRUE WHERE id = ANY(ARRAY(
                SELECT j.id FROM xero_sync_job j
                 WHERE %s AND NOT j.dependencies_queued AND j.operation NOT IN ('pull', 'task')
                 ORDER BY j.priority, j.rank, j.id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED))
            RETURNING xero_type, res_id, priority, run_id
            """,
                self._due_sql(connection),
                LOOK_AHEAD,
            )
        )
        by_type = {}
        for xero_type, res_id, priority, run_id in rows:
            res_ids, first = by_type.setdefault((xero_type, run_id), ([], priority))
            res_ids.append(res_id)
            by_type[xero_type, run_id] = (res_ids, min(first, priority))
        for (xero_type, run_id), (res_ids, priority) in by_type.items():
            needs = self.env["xero.mapper"]._for_type(xero_type)._dependencies(res_ids, connection)
            self._enqueue_needs(connection, needs, priority, run_id)

    def _enqueue_needs(self, connection, needs, priority, run_id=None) -> None:
        """Queue those of ``needs`` that have no link. What failed before stays with the person who must act.

        :param needs: ``Need`` of ``mappers/outgoing``, of any types
        :param priority: lower is sooner; that of what needs them
        :param run_id: id of ``xero.run``
        """
        for (xero_type, _model), missing in self._lacking(connection, needs).items():
            self.env["xero.sync.job"]._enqueue(
                connection.id,
                self.env["xero.mapper"]._for_type(xero_type),
                [(res_id, connection.company_id.id) for res_id in missing],
                priority=priority,
                renew=False,
                run_id=run_id,
            )

    def _lacking(self, connection, needs) -> dict:
        """Return those of ``needs`` that Xero lacks, ``{(Xero type, model): sorted ids}``; a query for each type.

        :param needs: ``Need`` of ``mappers/outgoing``, of any types
        """
        by_type, lacking = {}, {}
        for need in needs:
            by_type.setdefault((need.xero_type, need.res_model), set()).add(need.res_id)
        for (xero_type, res_model), res_ids in by_type.items():
            linked = self.env["xero.link"]._map(connection, xero_type, res_model, res_ids)
            missing = sorted(res_id for res_id in res_ids if not (linked.get(res_id) and linked[res_id].xero_id))
            if missing:
                lacking[xero_type, res_model] = missing
        return lacking

    def _claim(self, connection):
        """Take up to 50 due jobs of one kind, or as many readings as one call lists ids; what they need comes first.

        The caller commits before it reads the records, so that an edit from then on queues anew instead of getting
        lost.

        :return: ``xero.sync.job``, running, of one operation, type and priority, all linked or none; empty when nothing
            is due
        """
        head, is_prepared = self._head(connection)
        if not is_prepared:
            self._queue_dependencies(connection)
            head, _is_prepared = self._head(connection)
        if not head:
            return self.env["xero.sync.job"]
        operation, xero_type, send_alone, priority, job_id, linked = head
        alike = SQL(
            """SELECT j.id FROM xero_sync_job j
                WHERE %(due)s AND %(alone)s AND j.operation = %(operation)s AND j.xero_type = %(type)s
                      AND j.priority = %(priority)s AND NOT j.send_alone AND %(linked)s = %(is_linked)s
                ORDER BY j.priority, j.rank, j.id LIMIT %(limit)s FOR NO KEY UPDATE OF j SKIP LOCKED""",
            due=self._due_sql(connection),
            alone=self._alone_sql(),
            linked=self._linked_sql(),
            is_linked=linked,
            operation=operation,
            type=xero_type,
            priority=priority,
            limit=IDS if operation == "pull" else self._most_at_once(connection, operation, xero_type),
        )
        rows = self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET state = 'running', started_at = %(now)s, heartbeat = %(now)s,
                          batch_id = NULL, write_date = %(now)s
                    WHERE id = ANY(%(ids)s) RETURNING rank, id""",
                now=fields.Datetime.now(),
                ids=[job_id] if send_alone or operation == "task" else SQL("ARRAY(%s)", alike),
            )
        )
        ids = [row_id for _rank, row_id in sorted(rows)]
        if priority <= CLICK:
            # Somebody looks at the screen; of background work they hear when it is done.
            self._notify(ids)
        return self.env["xero.sync.job"].browse(ids)

    def _most_at_once(self, connection, operation, xero_type) -> int:
        """Return how many jobs that send are taken together: a call's worth, or what belongs into one call."""
        mapper = self.env["xero.mapper"]._if_sent(xero_type) if operation == "push" else None
        return max(BATCH, mapper._most_in_one(connection) if mapper is not None else 0)

    def _head(self, connection) -> tuple[tuple | None, bool]:
        """Lock the next due job.

        :return: its operation, Xero type, whether it goes alone, priority, id, and whether Xero has its record,
            ``None`` without one; and whether the next few hundred are prepared: a long backlog is not written to before
            its turn
        """
        rows = self.env["xero.sync.job"]._sql(
            SQL(
                """WITH ahead AS (
                        SELECT j.dependencies_queued FROM xero_sync_job j
                         WHERE %(due)s AND j.operation NOT IN ('pull', 'task')
                         ORDER BY j.priority, j.rank, j.id LIMIT %(ahead)s),
                        head AS (
                        SELECT j.operation, j.xero_type, j.send_alone, j.priority, j.id, %(linked)s
                          FROM xero_sync_job j WHERE %(due)s AND %(alone)s
                         ORDER BY j.priority, j.rank, j.id LIMIT 1 FOR NO KEY UPDATE OF j SKIP LOCKED)
                   SELECT NOT EXISTS (SELECT FROM ahead WHERE NOT dependencies_queued), head.*
                     FROM (SELECT) AS one LEFT JOIN head ON TRUE""",
                due=self._due_sql(connection),
                alone=self._alone_sql(),
                linked=self._linked_sql(),
                ahead=HEAD,
            )
        )
        [(is_prepared, *head)] = rows
        return (tuple(head) if head[0] else None), is_prepared

    def _alone_sql(self) -> SQL:
        """No other job of the same record is under way."""
        return SQL(
            """NOT EXISTS (SELECT FROM xero_sync_job r WHERE r.connection_id = j.connection_id
                   AND r.res_model = j.res_model
                              AND r.res_id = j.res_id AND r.state = 'running')"""
        )

    def _linked_sql(self) -> SQL:
        """Whether Xero has the record already: creations and updates are different calls."""
        return SQL(
            """EXISTS (SELECT FROM xero_link l WHERE l.res_model = j.res_model AND l.res_id = j.res_id
                          AND l.connection_id = j.connection_id AND l.xero_type = j.xero_type
                                 AND l.xero_id IS NOT NULL)"""
        )
