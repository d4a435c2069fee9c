"""Workers: who works on which organisation, for how long, and what stops them."""

import logging
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ...mappers.reason import Reason, pack, said
from ...xero_api import clamps, deadline, errors
from ..connection.xero_connection import HELD_PROBE
from ..link.explain import explain
from ..link.trace import log_unexpected
from .drain import CONFLICTS, TRIES, Drain
from .failure import Failure
from .notification import notify
from .xero_sync_job import EVENT, NEVER, READINGS

_logger = logging.getLogger(__name__)

WORKERS = 5
CRON = "xero_connector.ir_cron_xero_worker_{}"
# A cron run ends well inside Odoo's own limits; what remains is taken up at once by the next run.
WORK_SECONDS = 45
# What is under way when they are over has this long to end; no call goes on after that.
GRACE_SECONDS = 45
# Of a statement that nobody waits for.
LOCK_SECONDS = 5
FIRST_PAUSE = timedelta(seconds=15)
MAX_PAUSE = timedelta(minutes=30)
MAX_PAUSES = 1000
MAX_REASON = 500
# After how many of them alone a job fails, others getting through; and the longest wait between two, in minutes.
STRIKES = 6
MAX_ASIDE = 60


class XeroSyncRunner(models.AbstractModel):
    """Drains the outbox, one lane (organisation) at a time.

    Every step has a transaction of its own on a cursor of the runner: a caller's transaction is never committed.

    ``connection`` is the ``xero.connection`` that is served, ``drain`` the worker's :class:`~.drain.Drain`.
    """

    _name = "xero.sync.runner"
    _description = "Xero Sync Runner"

    # === WAKING === #

    @api.model
    def _wake(self, connection_ids, at=None) -> None:
        """Have the organisations' workers run after this transaction, or ``at`` a time (UTC, minute precision).

        :param connection_ids: ids of ``xero.connection``
        :param at: naive UTC; by default at once
        """
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
        self.env.cr.postcommit.add(self._notify_workers)

    def _notify_workers(self):
        """Do what ``ir.cron._notifydb`` does."""
        notify("cron_trigger", self.env.cr.dbname)

    # === CRON === #

    @api.model
    def _work(self) -> int:
        """Drain lanes, longest wait first, until none has due work or the time of a run is over.

        Whatever fails in a lane stays there: it rests a while, and the run goes on with the next and is a success. A
        cron job that fails a few times is switched off by Odoo, and with it all other organisations.

        :return: the number of jobs handled
        """
        ends, handled, visited = time.monotonic() + WORK_SECONDS, 0, []
        with deadline.within(WORK_SECONDS + GRACE_SECONDS):
            while time.monotonic() < ends:
                jobs = self._serve_next(visited, ends)
                if jobs is None:
                    break
                handled += jobs
        if self.env.context.get("ir_cron_progress_id"):
            remaining = len(self._lanes_with_work([])) if time.monotonic() >= ends else 0
            self.env["ir.cron"]._commit_progress(handled, remaining=remaining)
        return handled

    def _serve_next(self, visited, ends) -> int | None:
        """Drain the lane that has waited longest and is not among ``visited``, to which it is added.

        :return: the number of jobs handled; ``None`` when there is no lane
        """
        before = len(visited)
        try:
            with self.env.registry.cursor() as cr:
                lane = self._own(cr)._lock_lane(visited)
                if not lane:
                    return None
                visited.append(lane.connection_id.id)
                return self._drain_lane(lane.connection_id.id, ends)
        except Exception as error:  # noqa: BLE001 -- whatever fails in a lane stays there
            if len(visited) == before:
                log_unexpected(_logger, error, "No lane could be taken")
                return None
            log_unexpected(_logger, error, "The lane of connection %s failed", visited[-1])
            self._rest(visited[-1])
            return 0

    def _rest(self, connection_id: int) -> None:
        """Pause a lane whose stopping failed too: one plain statement on a cursor of its own, with values that fit."""
        try:
            with self.env.registry.cursor() as cr:
                cr.execute(SQL("SET LOCAL lock_timeout = %s", f"{LOCK_SECONDS}s"))
                cr.execute(
                    SQL(
                        """UPDATE xero_connection
                              SET paused_until = %(now)s + %(first)s * 2 ^ LEAST(%(count)s, 7),
                                  pause_reason = %(reason)s, pause_count = %(count)s + 1
                            WHERE id = %(id)s AND (paused_until IS NULL OR paused_until <= %(now)s)""",
                        now=fields.Datetime.now(),
                        first=FIRST_PAUSE,
                        count=SQL("GREATEST(LEAST(COALESCE(pause_count, 0), %s), 0)", MAX_PAUSES),
                        reason=pack(self.env, self._unexpected()),
                        id=connection_id,
                    ),
                    log_exceptions=False,
                )
        except Exception as error:  # noqa: BLE001 -- a pause that fails stops nobody either
            # The database is away. The lane was served last, so all others come first.
            log_unexpected(_logger, error, "Connection %s could not be paused", connection_id)

    def _unexpected(self) -> str:
        return self.env["xero.reason"]._("Unexpected error, see the server log.")

    def _own(self, cr):
        """Return self as worker on ``cr``, whose failed statements are not logged: they hold what is in documents.

        :param cr: a cursor of its own, which the caller closes
        """
        execute = cr.execute
        cr.execute = lambda query, params=None, log_exceptions=False: execute(query, params, False)
        return self.with_env(api.Environment(cr, SUPERUSER_ID, {}))

    def _lock_lane(self, visited):
        """Lock the first lane that has work; the lock lasts as long as the cursor of ``self``, at whose end others see
        that it was served.
        """
        for _try in range(TRIES):
            lanes = self.env["xero.lane"].browse(self._lanes_with_work(visited))
            try:
                lane = lanes.try_lock_for_update(allow_referencing=True, limit=1)
            except CONFLICTS:
                # Another worker has served it just now.
                self.env.cr.rollback()
                continue
            lane.served_at = fields.Datetime.now()
            lane.flush_recordset()
            return lane
        return self.env["xero.lane"]

    def _lanes_with_work(self, visited) -> list[int]:
        """Return the lanes with due jobs, calls to look up, or jobs that a worker claimed (in a free lane that worker
        is dead), longest wait first.
        """
        now = fields.Datetime.now()
        return [
            lane_id
            for [lane_id] in self.env.execute_query(
                SQL(
                    """
            SELECT lane.id FROM xero_lane lane JOIN xero_connection c ON c.id = lane.connection_id
              LEFT JOIN xero_recovery r ON r.connection_id = c.id AND r.is_open
             WHERE c.active AND (c.paused_until IS NULL OR c.paused_until <= %(now)s)
               AND (c.state = 'connected' OR c.state = 'held' AND r.state IN ('reading', 'applying'))
               AND NOT c.id = ANY(%(visited)s)
               AND (r.id IS NOT NULL AND c.state = 'connected' OR EXISTS (SELECT FROM xero_sync_job j
                             WHERE j.connection_id = c.id AND j.state = 'pending' AND j.run_after <= %(now)s
                               AND (j.priority < %(event)s OR NOT %(held)s) AND %(free)s)
                 OR r.id IS NULL AND EXISTS (SELECT FROM xero_sync_batch b
                             WHERE b.connection_id = c.id AND b.state != 'done'
                                    AND (b.resolve_after IS NULL OR b.resolve_after <= %(now)s))
                 OR r.id IS NULL AND EXISTS (
                        SELECT FROM xero_webhook_event e WHERE e.connection_id = c.id AND e.state = 'new')
                 OR EXISTS (SELECT FROM xero_sync_job j
                             WHERE j.connection_id = c.id AND j.state = 'running' AND NOT EXISTS (
                                   SELECT FROM xero_sync_batch b WHERE b.id = j.batch_id AND b.state != 'done')))
             ORDER BY lane.served_at NULLS FIRST, lane.id
            """,
                    now=now,
                    visited=visited,
                    event=EVENT,
                    held=self._held_sql(now),
                    free=self._free_sql(SQL("(COALESCE(c.hold_until_matched, FALSE) OR r.id IS NOT NULL)")),
                )
            )
        ]

    def _held_sql(self, now) -> SQL:
        """Return the condition on ``xero_connection c`` that background work must leave the day's last calls to people.
        An old reading proves nothing: probe. Nor does one of before a pause: Xero's windows end with the time that it
        asked to wait.

        :param now: naive UTC, by our clock
        """
        return SQL(
            "COALESCE(c.day_limit > 0 AND c.day_remaining * 100 < c.day_limit * c.day_reserve_percent AND "
            "c.limits_at > GREATEST(%s, c.paused_until), FALSE)",
            now - HELD_PROBE,
        )

    def _is_held(self, connection) -> bool:
        """Whether the calls left today are those kept for people; one query."""
        held = self._held_sql(fields.Datetime.now())
        [[is_held]] = self.env.execute_query(
            SQL("SELECT %s FROM xero_connection c WHERE c.id = %s", held, connection.id)
        )
        return is_held

    # === LANE === #

    @api.model
    def _drain_lane(self, connection_id: int, ends: float) -> int:
        """Handle the due jobs of one organisation; the caller holds its lane.

        :param ends: when no more job is begun, of ``time.monotonic()``
        :return: the number of jobs handled
        """
        with self.env.registry.cursor() as cr:
            worker = self._own(cr)
            connection = worker.env["xero.connection"].browse(connection_id).exists()
            if not connection._may_send():
                return 0
            if barred := connection._barrier():
                worker._leave_barred(Drain(connection, ends), barred)
                return 0
            return worker._drain(connection, ends)

    def _drain(self, connection, ends):
        """Handle jobs until none is due or time is over; stop the lane for what concerns all of it.

        What cannot even be stopped leaves by an exception: the lane rests then.
        """
        drain, handled = Drain(connection, ends), 0
        try:
            drain.open()
            drain.transaction(self._requeue_orphans, connection)
            drain.transaction(self._free_blocked, connection)
            if not connection._is_recovering():
                self._resolve_open(drain)
                self._wait_for_outcomes(connection)
            while time.monotonic() < ends:
                jobs = drain.transaction(self._queue_and_claim, connection)
                if not jobs and drain.transaction(self._has_news, connection):
                    continue
                if not jobs:
                    break
                handled += len(jobs)
                self._handle_and_resolve(drain, jobs)
            drain.transaction(self._end_pauses, connection)
        except errors.XeroError as error:
            self.env.cr.rollback()
            self._stop_lane(drain, error)
        except Exception as error:  # noqa: BLE001 -- what was sent is looked up next time
            self.env.cr.rollback()
            log_unexpected(_logger, error, "Draining connection %s failed", connection.id)
            self._stop_lane(drain, errors.ProtocolError(self._unexpected()))
        finally:
            drain.close()
        drain.transaction(self._requeue_orphans, connection)
        drain.transaction(self._show_hold, connection)
        drain.transaction(self._end_drain, connection)
        return handled

    def _queue_ahead(self, connection) -> None:
        """Queue what came in, before jobs are chosen."""
        for feeder in self.env["xero.feeder"]._all():
            feeder._before_claim(connection)

    def _queue_and_claim(self, connection):
        """Queue what came in, then claim; the caller commits before it reads the records."""
        self._queue_ahead(connection)
        return self._claim(connection)

    def _end_drain(self, connection) -> None:
        for feeder in self.env["xero.feeder"]._all():
            feeder._after_drain(connection)
        self._wake_for_later(connection)

    def _show_hold(self, connection) -> None:
        """Let the connection say that it is held, where it was held while this worker was writing to it."""
        if held := connection._held():
            self.env["xero.hold"]._show(connection, held)

    def _end_pauses(self, connection):
        """All that was due is done: the next pause is a first one."""
        self.env.cr.execute(
            SQL("UPDATE xero_connection SET pause_count = 0 WHERE id = %s AND pause_count != 0", connection.id)
        )
        connection.invalidate_recordset(["pause_count"])

    def _has_news(self, connection) -> bool:
        """Whether something came that may make jobs, while there was none to claim."""
        return any(feeder._has_news(connection) for feeder in self.env["xero.feeder"]._all())

    def _handle_and_resolve(self, drain, jobs) -> None:
        """Handle ``jobs``; when an answer is lost look at once what arrived, and go on if all did.

        What did not arrive is set aside: one document that nobody lets pass must not keep the others from passing.
        Several calls in a row that bring nothing are no matter of their documents, and stop the lane.
        """
        try:
            self._handle(drain, jobs)
        except errors.OutcomeUnknown:
            self.env.cr.rollback()
            alone = len(jobs) == 1
            if not self._resolve_open(drain) and (self._open_batches(drain.connection) or drain.is_set_back(alone)):
                raise

    # === SETTING ASIDE === #

    def _set_aside(self, job_ids, alone) -> None:
        """Note on jobs (running) that their call brought nothing, although Xero can be read: nobody knows yet whose
        fault it is.

        The second time each goes alone, so that the one to blame is found; alone it waits longer each time. It fails
        only when that was in vain for a while and others of its kind got through meanwhile: where nothing gets through,
        the way is to blame, and all of them wait. People read on the document that it is tried again.

        :param job_ids: of running jobs; others are left as they are
        :param alone: whether the call was for one of them only
        """
        if not job_ids:
            return
        now = fields.Datetime.now()
        self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET struck_at = COALESCE(struck_at, %(now)s),
                          strikes = COALESCE(strikes, 0) + 1,
                          send_alone = send_alone OR %(alone)s OR COALESCE(strikes, 0) > 0,
                          failure_type = 'network', failure_detail = %(reason)s,
                          run_after = CASE WHEN %(alone)s THEN %(now)s + interval '1 minute' *
                                      LEAST(2 ^ LEAST(COALESCE(strikes, 0) + 1, 10), %(longest)s) ELSE run_after END
                    WHERE id = ANY(%(ids)s) AND state = 'running'""",
                now=now,
                alone=alone,
                longest=MAX_ASIDE,
                reason=pack(self.env, self._aside_text()),
                ids=list(job_ids),
            )
        )
        jobs = self.env["xero.sync.job"].browse(job_ids)
        hopeless = jobs.filtered(lambda job: job.send_alone and job.strikes >= STRIKES and self._do_others_pass(job))
        self._fail(dict.fromkeys(hopeless.ids, Failure("network", self._stuck_text())))

    def _do_others_pass(self, job) -> bool:
        """Whether calls of the same direction brought something since this job was set aside first."""
        [[passed]] = self.env.execute_query(
            SQL(
                """SELECT EXISTS (SELECT FROM xero_sync_job WHERE connection_id = %s AND state = 'done' AND done_at > %s
                                     AND CASE WHEN %s THEN operation IN %s
                                              ELSE operation NOT IN %s AND batch_id IS NOT NULL END)""",
                job.connection_id.id,
                job.struck_at,
                job.operation in READINGS,
                READINGS,
                READINGS,
            )
        )
        return passed

    def _aside_text(self) -> str:
        return self.env["xero.reason"]._(
            "No clear answer came from Xero: something on the way may have answered in its place. It is tried again "
            "automatically."
        )

    def _stuck_text(self) -> str:
        return self.env["xero.reason"]._(
            "Sent alone several times, it got no answer that says whether Xero took it, while others got through. "
            "Something on the way, such as a firewall, may refuse its texts, or Xero cannot handle it. Xero does not "
            "have it. Change it or ask whoever looks after the network, then try again."
        )

    def _handle(self, drain, jobs) -> None:
        """Do what ``jobs`` (claimed, of one kind) ask for; a missing permission concerns their kind alone, not the
        organisation.
        """
        # By its place Odoo would read it alone, and the others again.
        first, *_others = jobs
        try:
            if first.operation == "task":
                self._read(drain, jobs, lambda: self.env["xero.task"]._named(jobs.task)._carry_out(drain, jobs))
            elif first.operation == "pull":
                self.env["xero.reader"]._pull(drain, jobs)
            else:
                self.env["xero.exporter"]._for_type(first.xero_type)._push(drain, jobs)
        except errors.Forbidden as error:
            self.env.cr.rollback()
            drain.transaction(self._refuse_kind, drain, jobs.ids, error)

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

    def _stop_lane(self, drain, error: errors.XeroError) -> None:
        """Pause or park the organisation. No job loses an attempt: none of them is to blame."""
        _logger.info("Lane of connection %s stops: %s", drain.connection.id, type(error).__name__)
        if isinstance(error, errors.Barred):
            self._leave_barred(drain, error)
        elif isinstance(error, (errors.ReauthRequired, errors.Forbidden, errors.AppMisconfigured)):
            drain.transaction(self._park, drain, error)
        else:
            drain.transaction(self._pause, drain, error)

    def _leave_barred(self, drain, barred):
        """Another database, or a consent that reaches another organisation, needs a person. A server with another key
        leaves the lane to those that have the right one.
        """
        if barred.kind in ("copy", "moved"):
            self.env["xero.hold"]._begin(drain.connection, barred.kind, said(barred))
        elif barred.kind == "held":
            drain.transaction(self._show_hold, drain.connection)
        elif barred.kind == "tenant":
            drain.transaction(self._park, drain, barred)
        elif barred.kind == "address":
            drain.transaction(self._pause, drain, barred)
        elif barred.kind == "key":
            # Each server looks once a minute: due from now on, the next to look takes it, which is another one.
            soon = fields.Datetime.now() + timedelta(seconds=1)
            drain.transaction(self._wake, drain.connection.ids, soon)

    def _park(self, drain, error):
        """Have the organisation wait for a person, because of ``error``, and tell people."""
        drain.connection._cut_off(self._explained(error))
        drain.record_calls()

    def _explained(self, error):
        """Sentences of our own are of a length that we know."""
        reason = explain(self.env, error)
        return reason if isinstance(reason, Reason) else clamps.text(reason, MAX_REASON)

    def _pause(self, drain, error):
        """Have the organisation wait: for as long as ``error`` says, else longer each time."""
        connection = drain.connection
        count = min(max(connection.pause_count, 0), MAX_PAUSES)
        wait = clamps.seconds(getattr(error, "retry_after", None))
        pause = timedelta(seconds=wait + 1) if wait else min(FIRST_PAUSE * 2 ** min(count, 10), MAX_PAUSE)
        self.env.cr.execute(
            SQL(
                "UPDATE xero_connection SET paused_until = %s, pause_reason = %s, pause_count = %s WHERE id = %s",
                fields.Datetime.now() + pause,
                pack(self.env, self._explained(error)),
                count + 1,
                connection.id,
            )
        )
        connection.invalidate_recordset()
        drain.record_calls()

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
        """Put running jobs back to the queue; those that a newer job replaces are cancelled.

        :param condition: on ``xero_sync_job``, which says that they are running too
        """
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
        """Return the condition on ``xero_sync_job`` that a newer job waits for the same record, such as its removal, or
        to read the same element.
        """
        waiting = SQL(
            "w.connection_id = xero_sync_job.connection_id AND w.state IN ('pending', 'blocked', 'failed', 'dead')"
        )
        return SQL(
            """(EXISTS (SELECT FROM xero_sync_job w WHERE %(waiting)s
                           AND w.operation IN (xero_sync_job.operation, 'void')
                           AND w.res_model = xero_sync_job.res_model AND w.res_id = xero_sync_job.res_id)
                OR EXISTS (SELECT FROM xero_sync_job w WHERE %(waiting)s AND w.task = xero_sync_job.task)
                OR EXISTS (SELECT FROM xero_sync_job w WHERE %(waiting)s AND w.operation = 'pull'
                       AND xero_sync_job.operation = 'pull'
                           AND w.xero_type = xero_sync_job.xero_type
                                  AND COALESCE(w.xero_id, '') = COALESCE(xero_sync_job.xero_id, '')))""",
            waiting=waiting,
        )
