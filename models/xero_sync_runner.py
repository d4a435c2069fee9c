"""Workers: who works on which organisation, for how long, and what stops them."""

import logging
import time
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ..xero_api import errors
from .xero_connection import HELD_PROBE
from .xero_explain import explain
from .xero_sync_job import EVENT, NEVER

_logger = logging.getLogger(__name__)

WORKERS = 5
CRON = "xero_connector.ir_cron_xero_worker_{}"
# A cron run ends well inside Odoo's own limits; what remains is taken up at once by the next run.
WORK_SECONDS = 45
CONFLICTS = (pg_errors.SerializationFailure, pg_errors.DeadlockDetected, pg_errors.UniqueViolation)
MAX_PAUSE = timedelta(minutes=30)
TRIES = 10


class CallList(list):
    """The calls of a drain that the audit does not hold yet; ``recorded`` of them are in the open transaction."""

    recorded = 0

    def settle(self, committed: bool) -> None:
        if committed:
            del self[: self.recorded]
        self.recorded = 0


class XeroSyncRunner(models.AbstractModel):
    """Drains the outbox, one lane (organisation) at a time.

    Every step has a transaction of its own on a cursor of the runner: a caller's transaction is never committed.
    """

    _name = "xero.sync.runner"
    _description = "Xero Sync Runner"

    # === WAKING === #

    @api.model
    def _wake(self, connection_ids, at=None) -> None:
        """Have the organisations' workers run after this transaction, or ``at`` a time (UTC, minute precision)."""
        woken = self.env.cr.precommit.data.setdefault("xero_connector.woken", set())
        asleep = {(connection_id % WORKERS + 1, at) for connection_id in connection_ids} - woken
        if not asleep:
            return
        woken |= asleep
        crons = [self.env["ir.model.data"]._xmlid_to_res_id(CRON.format(slot)) for slot, _at in asleep]
        if at:
            for cron in self.env["ir.cron"].sudo().browse(crons):
                cron._trigger(at)
        else:
            self._trigger_now(crons)

    def _trigger_now(self, cron_ids) -> None:
        """Do what ``ir.cron._trigger`` does, in one statement: people wait for the posting that this is part of."""
        self.env["ir.cron"].flush_model(["active"])
        self.env.cr.execute(
            SQL(
                """INSERT INTO ir_cron_trigger (call_at, cron_id)
                   SELECT %s, id FROM ir_cron WHERE id = ANY(%s) AND active""",
                fields.Datetime.now(),
                cron_ids,
            )
        )
        self.env.cr.postcommit.add(self.env["ir.cron"]._notifydb)

    # === CRON === #

    @api.model
    def _work(self) -> int:
        """Drain lanes until none has due work or the time of a run is over.

        :return: the number of jobs handled
        """
        deadline, handled, visited = time.monotonic() + WORK_SECONDS, 0, []
        while time.monotonic() < deadline:
            with self.env.registry.cursor() as cr:
                lane = self._own(cr)._take_lane(visited)
                if not lane:
                    break
                visited.append(lane.connection_id.id)
                handled += self._drain_lane(lane.connection_id.id, deadline)
        if self.env.context.get("ir_cron_progress_id"):
            remaining = len(self._lanes_with_work([])) if time.monotonic() >= deadline else 0
            self.env["ir.cron"]._commit_progress(handled, remaining=remaining)
        return handled

    def _own(self, cr):
        return self.with_env(api.Environment(cr, SUPERUSER_ID, {}))

    def _take_lane(self, visited):
        """Lock one lane that has work; the lock lasts as long as the cursor of ``self``."""
        lanes = self.env["xero.lane"].browse(self._lanes_with_work(visited))
        return lanes.try_lock_for_update(allow_referencing=True, limit=1)

    def _lanes_with_work(self, visited) -> list[int]:
        """Return the lanes with due jobs, calls to look up, or jobs that a worker claimed: in a free lane that
        worker is dead.
        """
        now = fields.Datetime.now()
        return [
            lane_id
            for [lane_id] in self.env.execute_query(
                SQL(
                    """
            SELECT lane.id FROM xero_lane lane JOIN xero_connection c ON c.id = lane.connection_id
             WHERE c.active AND c.state = 'connected' AND (c.paused_until IS NULL OR c.paused_until <= %(now)s)
               AND NOT c.id = ANY(%(visited)s)
               AND (EXISTS (SELECT FROM xero_sync_job j
                             WHERE j.connection_id = c.id AND j.state = 'pending' AND j.run_after <= %(now)s
                               AND (j.priority < %(event)s OR NOT %(held)s) AND %(free)s)
                 OR EXISTS (SELECT FROM xero_sync_batch b
                             WHERE b.connection_id = c.id AND b.state != 'done'
                                    AND (b.resolve_after IS NULL OR b.resolve_after <= %(now)s))
                 OR EXISTS (SELECT FROM xero_webhook_event e WHERE e.connection_id = c.id AND e.state = 'new')
                 OR EXISTS (SELECT FROM xero_sync_job j
                             WHERE j.connection_id = c.id AND j.state = 'running' AND NOT EXISTS (
                                   SELECT FROM xero_sync_batch b WHERE b.id = j.batch_id AND b.state != 'done')))
             ORDER BY lane.id
            """,
                    now=now,
                    visited=visited,
                    event=EVENT,
                    held=self._held_sql(now),
                    free=self._free_sql(SQL("COALESCE(c.hold_until_matched, FALSE)")),
                )
            )
        ]

    def _held_sql(self, now) -> SQL:
        """Whether background work must leave the day's last calls to people. An old reading proves nothing: probe."""
        return SQL(
            "COALESCE(c.day_limit > 0 AND c.day_remaining * 100 < c.day_limit * c.day_reserve_percent AND "
            "c.limits_at > %s, FALSE)",
            now - HELD_PROBE,
        )

    # === LANE === #

    @api.model
    def _drain_lane(self, connection_id: int, deadline: float) -> int:
        """Handle the due jobs of one organisation; the caller holds its lane.

        :param deadline: of ``time.monotonic()``
        :return: the number of jobs handled
        """
        with self.env.registry.cursor() as cr:
            worker = self._own(cr)
            connection = worker.env["xero.connection"].browse(connection_id).exists()
            if not connection._may_send():
                return 0
            return worker._drain(connection, deadline)

    def _drain(self, connection, deadline):
        calls, handled = CallList(), 0
        client = connection._client(on_call=calls.append)
        worker = self.with_context(xero_calls=calls)
        try:
            worker._transaction(worker._requeue_orphans, connection)
            worker._transaction(worker._free_blocked, connection)
            worker._resolve_open(connection, client)
            worker._wait_for_outcomes(connection)
            while time.monotonic() < deadline:
                worker._transaction(worker._queue_dependencies, connection)
                jobs = worker._transaction(worker._claim, connection)
                if not jobs and worker._transaction(worker._has_news, connection):
                    continue
                if not jobs:
                    break
                handled += len(jobs)
                worker._handle_and_resolve(connection, client, jobs)
        except errors.XeroError as error:
            self.env.cr.rollback()
            worker._stop_lane(connection, error)
        except Exception:
            # A worker that raises is switched off by Odoo after a while. What was sent is looked up next time.
            self.env.cr.rollback()
            _logger.exception("Draining connection %s failed", connection.id)
            worker._stop_lane(connection, errors.ProtocolError(self.env._("Unexpected error, see the server log.")))
        finally:
            client.close()
            worker._transaction(worker._requeue_orphans, connection)
        worker._transaction(worker._wake_for_later, connection)
        return handled

    def _has_news(self, connection) -> bool:
        """Whether something came that may make jobs, while there was none to claim."""
        return False

    def _handle_and_resolve(self, connection, client, jobs) -> None:
        """Handle ``jobs``; when an answer is lost look at once what arrived, and go on if all did."""
        try:
            self._handle(connection, client, jobs)
        except errors.OutcomeUnknown:
            self.env.cr.rollback()
            if not self._resolve_open(connection, client):
                raise

    def _handle(self, connection, client, jobs) -> None:
        """Do what ``jobs`` (claimed, of one kind) ask for."""
        if jobs[0].operation == "pull":
            self._pull(connection, client, jobs)
        else:
            self._push(connection, client, jobs)

    def _transaction(self, step, *args):
        """Run ``step`` and commit; begin anew when a user's transaction came in between.

        What Xero answered is in memory and must not be lost to a concurrent edit.
        """
        calls = self.env.context.get("xero_calls", CallList())
        for attempt in range(1, TRIES + 1):
            try:
                result = step(*args)
                self.env.flush_all()
                self.env.cr.commit()
            except CONFLICTS:
                self.env.cr.rollback()
                calls.settle(committed=False)
                if attempt == TRIES:
                    raise
            else:
                calls.settle(committed=True)
                self.env.invalidate_all(flush=False)
                return result
        return None

    def _wake_for_later(self, connection):
        """Set the alarm for the next retry of this lane."""
        [[run_after]] = self.env.execute_query(
            SQL(
                """SELECT MIN(due) FROM (
                   SELECT MIN(run_after) AS due FROM xero_sync_job WHERE connection_id = %(id)s AND state = 'pending'
                          AND run_after < %(never)s
                    UNION ALL
                   SELECT MIN(resolve_after) FROM xero_sync_batch WHERE connection_id = %(id)s
                          AND state != 'done') AS later""",
                id=connection.id,
                never=NEVER,
            )
        )
        pause = connection.paused_until
        alarm = max(filter(None, (run_after, pause)), default=None)
        if run_after and alarm > fields.Datetime.now():
            self._wake(connection.ids, at=alarm)

    # === STOPPING === #

    def _stop_lane(self, connection, error: errors.XeroError) -> None:
        """Pause or park the organisation. No job loses an attempt: none of them is to blame."""
        _logger.info("Lane of connection %s stops: %s", connection.id, type(error).__name__)
        if isinstance(error, (errors.ReauthRequired, errors.Forbidden, errors.AppMisconfigured)):
            self._transaction(self._park, connection, error)
        else:
            self._transaction(self._pause, connection, error)

    def _park(self, connection, error):
        connection.write({"state": "reauth", "reason": explain(self.env, error)})
        # People are told in the very transaction: what waits for them would wait for the next cron otherwise.
        self.env["xero.alert"]._keep_up(connection)
        self._record_calls(connection)

    def _pause(self, connection, error):
        wait = getattr(error, "retry_after", None)
        backoff = min(timedelta(seconds=15 * 2 ** min(connection.pause_count, 10)), MAX_PAUSE)
        until = fields.Datetime.now() + (timedelta(seconds=float(wait) + 1) if wait else backoff)
        self.env.cr.execute(
            SQL(
                "UPDATE xero_connection SET paused_until = %s, pause_reason = %s, pause_count = "
                "COALESCE(pause_count, 0) + 1 WHERE id = %s",
                until,
                explain(self.env, error),
                connection.id,
            )
        )
        connection.invalidate_recordset()
        self._record_calls(connection)

    def _requeue_orphans(self, connection):
        """Return jobs to the queue that were claimed and never sent. A newer waiting job of the record replaces
        them.
        """
        self._finish_or_requeue(
            SQL(
                """connection_id = %s AND state = 'running' AND NOT EXISTS (
                   SELECT FROM xero_sync_batch b WHERE b.id = xero_sync_job.batch_id AND b.state != 'done')""",
                connection.id,
            )
        )

    def _finish_or_requeue(self, condition: SQL) -> None:
        self.env["xero.sync.job"]._sql(
            SQL(
                "UPDATE xero_sync_job SET state = 'cancelled', done_at = %s, batch_id = NULL WHERE %s AND %s",
                fields.Datetime.now(),
                condition,
                self._superseded_sql(),
            )
        )
        self.env["xero.sync.job"]._sql(
            SQL("UPDATE xero_sync_job SET state = 'pending', batch_id = NULL WHERE %s", condition)
        )

    def _superseded_sql(self) -> SQL:
        """Whether a newer job waits for the same record, or to read the same element."""
        waiting = SQL(
            "w.connection_id = xero_sync_job.connection_id AND w.state IN ('pending', 'blocked', 'failed', 'dead')"
        )
        return SQL(
            """(EXISTS (SELECT FROM xero_sync_job w WHERE %(waiting)s AND w.operation = xero_sync_job.operation
                           AND w.res_model = xero_sync_job.res_model AND w.res_id = xero_sync_job.res_id)
                OR EXISTS (SELECT FROM xero_sync_job w WHERE %(waiting)s AND w.operation = 'pull'
                       AND xero_sync_job.operation = 'pull'
                           AND w.xero_type = xero_sync_job.xero_type
                                  AND COALESCE(w.xero_id, '') = COALESCE(xero_sync_job.xero_id, '')))""",
            waiting=waiting,
        )
