"""What becomes of jobs, who hears of it, what Xero does not permit, and the audit of the calls."""

import logging
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.awaited import ALLOWED
from ...mappers.reason import pack, said
from ...mappers.text import named
from ...xero_api import errors
from ..link.explain import explain
from ..link.trace import log_unexpected, trace_of
from .failure import Failure, awaited
from .notification import keep_bus_connection
from .task import AGAIN, DONE, HELD

_logger = logging.getLogger(__name__)

# Between Xero's limits of 1,000 and 5,000 calls a day lies no other.
DAY_LIMITS = (1000, 5000)
LIMIT_FIELDS = (
    "day_remaining",
    "minute_remaining",
    "limits_at",
    "day_limit",
    "day_began_at",
    "clock_offset",
    "pause_count",
)
# What Xero answers to what it cannot handle; other errors of a server are about all it does.
BROKEN = 500
# What it answers to people who may not.
FORBIDDEN = 403
HELD_WAIT = timedelta(hours=1)
# The rest of the kind is tried again after this; each time one call finds out.
REST = timedelta(hours=1)


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === OPEN CALLS === #

    def _resolve_open(self, drain) -> bool:
        """Settle every call of this lane whose answer was lost: the worker was killed, or the connection broke.

        :return: whether all that was sent is in Xero; ``False`` when something goes back to the queue, or is to be
            looked up later
        :raise XeroError: one could not be looked up, or stays unknown
        """
        batches = self.env["xero.sync.batch"].search(
            [
                ("connection_id", "=", drain.connection.id),
                ("state", "!=", "done"),
                "|",
                ("resolve_after", "=", False),
                ("resolve_after", "<=", fields.Datetime.now()),
            ],
            order="id",
        )
        arrived = True
        for batch in batches:
            _logger.info("Looking up the outcome of call %s", batch.correlation_id)
            exporter = self.env["xero.exporter"]._for_type(batch.xero_type)
            arrived &= exporter._resolve(drain, batch)
        return arrived and not self._open_batches(drain.connection)

    def _open_batches(self, connection):
        """Return the stored calls (``xero.sync.batch``) whose outcome is not known yet, due for a look-up or not."""
        return self.env["xero.sync.batch"].search([("connection_id", "=", connection.id), ("state", "!=", "done")])

    def _wait_for_outcomes(self, connection) -> None:
        """See that no outcome is open: what Xero holds cannot be told from what is being sent until then.

        :raise OutcomeUnknown: one is; its ``retry_after`` says in how many seconds to look
        """
        times = [batch.resolve_after or fields.Datetime.now() for batch in self._open_batches(connection)]
        if times:
            wait = max((max(times) - fields.Datetime.now()).total_seconds(), 1)
            raise errors.OutcomeUnknown("An outcome is looked up later", retry_after=wait)

    # === READINGS === #

    def _read(self, drain, jobs, step) -> None:
        """Run ``step``, which reads for ``jobs``; what is wrong with these alone fails them, and no lane stops.

        :param jobs: running, of one type or task
        :param step: called without anything
        :raise XeroError: what concerns the whole organisation
        """
        try:
            step()
        except errors.Forbidden as error:
            # Another permission may be missing than those for sending: the rest of the lane goes on.
            self.env.cr.rollback()
            failure = Failure("auth", self._forbidden_text(jobs[:1].xero_type, error))
            drain.transaction(self._fail_reading, drain, jobs.ids, failure)
        except (errors.ProtocolError, errors.NotFound, errors.ValidationRejected) as error:
            self.env.cr.rollback()
            drain.transaction(self._fail_reading, drain, jobs.ids, Failure("bug", said(error)))
        except errors.Unavailable as error:
            self.env.cr.rollback()
            if not error.intercepted and error.status != BROKEN:
                raise
            # What nobody lets pass, or is never answered well, must not keep everything else from being read.
            drain.transaction(self._set_reading_aside, drain, jobs.ids)
            if drain.is_set_back(len(jobs) == 1):
                raise
        except errors.XeroError:
            raise
        except Exception as error:  # noqa: BLE001 -- kept on the job for us to read
            self.env.cr.rollback()
            log_unexpected(_logger, error, "Reading %s from Xero failed", jobs[0].xero_type or jobs[0].task)
            drain.transaction(self._fail_reading, drain, jobs.ids, Failure("bug", trace_of(error)))

    def _set_reading_aside(self, drain, job_ids):
        drain.record_calls()
        self._set_aside(job_ids, alone=len(job_ids) == 1)
        self._finish_or_requeue(SQL("id = ANY(%s) AND state = 'running'", job_ids))

    def _fail_reading(self, drain, job_ids, failure):
        drain.record_calls()
        self._fail(dict.fromkeys(job_ids, failure))

    def _end_slice(self, job_ids, stands) -> None:
        """Finish the jobs of a reading or a task, or have them go on.

        :param job_ids: of running jobs
        :param stands: ``DONE``, ``AGAIN`` or ``HELD``
        """
        {DONE: self._finish, AGAIN: self._go_on_later, HELD: self._postpone}[stands](job_ids)

    def _go_on_later(self, job_ids):
        """Put the running jobs ``job_ids``, whose slice is over, back to the queue: they wait for their next turn."""
        self._finish_or_requeue(SQL("id = ANY(%s) AND state = 'running'", job_ids))

    def _postpone(self, job_ids):
        """The day's last calls are for people: go on later where this stopped."""
        self._go_on_later(job_ids)
        self.env["xero.sync.job"]._sql(
            SQL(
                "UPDATE xero_sync_job SET run_after = %s WHERE id = ANY(%s) AND state = 'pending'",
                fields.Datetime.now() + HELD_WAIT,
                job_ids,
            )
        )

    # === STATES === #

    def _finish(self, job_ids, batch=None) -> None:
        """Close jobs and let go what waited for them, or for their records.

        :param job_ids: of running jobs; others are left as they are
        :param batch: the stored call that brought that, to close with them
        """
        if not job_ids and not batch:
            return
        jobs = self.env["xero.sync.job"]
        rows = jobs._sql(
            SQL(
                """WITH done AS (
                        UPDATE xero_sync_job SET state = 'done', done_at = %(now)s, failure_type = NULL,
                               failure_detail = NULL, fix_action = NULL, waits_for = NULL, blocked_by_id = NULL,
                               send_alone = FALSE, is_told = FALSE
                         WHERE id = ANY(%(ids)s) AND state = 'running'),
                        closed AS (UPDATE xero_sync_batch SET state = 'done', body = NULL WHERE id = %(batch)s),
                        freed AS (%(release)s),
                        woken AS (%(woken)s)
                   %(about)s""",
                now=fields.Datetime.now(),
                ids=list(job_ids),
                batch=batch.id if batch else None,
                release=jobs._release_sql(list(job_ids)),
                woken=jobs._woken_sql(job_ids),
                about=self._about_sql(job_ids),
            )
        )
        if batch:
            batch.invalidate_recordset(["state", "body"])
        self._post_settled_note(rows)
        self._send_status(rows)

    def _fail(self, failures: dict) -> None:
        """Set jobs (``{job id: Failure}``) to the state of their failure, unless a newer job of the record waits
        already.

        :param failures: ``{job id: Failure}``, of running jobs; others are left as they are, and 0 is none
        """
        failures = {job_id: failure for job_id, failure in failures.items() if job_id}
        if not failures:
            return
        self._finish_superseded(list(failures))
        jobs = self.env["xero.sync.job"].browse(failures).filtered(lambda job: job.state == "running")
        for job in jobs:
            failure = failures[job.id]
            job.write(
                {
                    "failure_type": failure.kind,
                    "failure_detail": failure.message,
                    "fix_action": failure.fix,
                    "waits_for": awaited(failure.fix, failure.waits),
                    **self._next_state(job, failure),
                }
            )
        told = jobs.filtered(lambda job: job.state in ("failed", "dead"))
        self._post_failure_note(told)
        self._log_failures(told)
        self._notify([*failures, *self._explain_waiting(told)])

    def _explain_waiting(self, jobs) -> list[int]:
        """Say on the jobs behind failed ones what they wait for; return their ids."""
        waiting = self.env["xero.sync.job"].search([("blocked_by_id", "in", jobs.ids), ("state", "=", "blocked")])
        for job in waiting:
            job.failure_detail = self._waits_for(job.blocked_by_id)
        return waiting.ids

    def _waits_for(self, blocker):
        if blocker.state in ("failed", "dead"):
            return self.env["xero.reason"]._(
                "Waits for %(name)s, which failed: %(reason)s",
                name=named(blocker.record_name),
                reason=blocker._waiting_reason() or "",
            )
        return self.env["xero.reason"]._("Waits for %s, which is sent first.", named(blocker.record_name))

    def _next_state(self, job, failure):
        if failure.state == "pending":
            return {"state": "pending"}
        if failure.kind != "bug":
            return {"state": failure.state}
        attempts = job.attempts + 1
        later = fields.Datetime.add(fields.Datetime.now(), minutes=2**attempts)
        return {
            "attempts": attempts,
            "run_after": later,
            "state": "pending" if attempts < self._max_attempts() else "dead",
        }

    def _max_attempts(self) -> int:
        """Return after how many unexpected errors a job is given up."""
        return 5

    def _finish_superseded(self, job_ids) -> None:
        """Cancel those of the running jobs ``job_ids`` that a newer job of the record replaces."""
        self.env["xero.sync.job"]._sql(
            SQL(
                "UPDATE xero_sync_job SET state = 'cancelled', done_at = %s WHERE id = ANY(%s) AND state = "
                "'running' AND %s",
                fields.Datetime.now(),
                job_ids,
                self._superseded_sql(),
            )
        )

    def _block(self, connection, blocked: dict) -> None:
        """Put jobs (``{job id: needs}``) behind the job of what they need.

        :param blocked: ``{job id: needs}``, of running jobs; each waits for the first of its ``Need``
        """
        if not blocked:
            return
        self._finish_superseded(list(blocked))
        jobs = self.env["xero.sync.job"].browse(blocked).filtered(lambda job: job.state == "running")
        for run, of_run in jobs.grouped("run_id").items():
            needs = [need for job in of_run for need in blocked[job.id]]
            self._enqueue_needs(connection, needs, min(of_run.mapped("priority"), default=0), run.id or None)
        blockers = self._open_jobs_of(connection, [blocked[job.id][0] for job in jobs])
        for job in jobs:
            need = blocked[job.id][0]
            job.write(self._blocking(blockers.get((need.res_model, need.res_id))))

    def _open_jobs_of(self, connection, needs) -> dict:
        """Return ``{(model, record id): the newest open job}`` of those of ``needs`` that have one; one query."""
        jobs = self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "in", list({need.res_model for need in needs})),
                ("res_id", "in", list({need.res_id for need in needs})),
                ("state", "not in", ("done", "cancelled")),
            ],
            order="id",
        )
        return {(job.res_model, job.res_id): job for job in jobs}

    def _blocking(self, blocker):
        if not blocker:
            return {"state": "pending"}
        return {
            "state": "blocked",
            "blocked_by_id": blocker.id,
            "failure_type": "dependency",
            "failure_detail": self._waits_for(blocker),
        }

    # === TELLING === #

    def _post_failure_note(self, jobs) -> None:
        """Leave the reason in the chatter of each document, for whoever opens it."""
        for model, of_model in jobs.grouped("res_model").items():
            records = self.env[model].browse(of_model.mapped("res_id")).exists() if model else ()
            reasons = {job.res_id: self._not_sent_text(job) for job in of_model}
            self.env["xero.log"]._post_in_chatter([(record, reasons[record.id]) for record in records])
        jobs.filtered(lambda job: not job.is_told).is_told = True

    def _not_sent_text(self, job):
        return self.env["xero.reason"]._("Not sent to Xero: %s", job._waiting_reason() or "")

    def _post_settled_note(self, rows) -> None:
        """Say in the chatter of those whose failure was told there that it is over: it must not be the last word.

        :param rows: of :meth:`_about_sql`
        """
        for _company_id, _xero_type, res_model, _res_ids, told in rows:
            if told:
                text = self.env["xero.reason"]._("Xero has it now: what was said before is settled.")
                records = self.env[res_model].browse(told).exists()
                self.env["xero.log"]._post_in_chatter([(record, text) for record in records])

    def _log_failures(self, jobs) -> None:
        self.env["xero.log"].create(
            [
                {
                    "connection_id": job.connection_id.id,
                    "company_id": job.company_id.id,
                    "job_ids": [fields.Command.link(job.id)],
                    "res_model": job.res_model,
                    "res_id": job.res_id,
                    "summary": self._not_sent_text(job)
                    if job.direction == "out"
                    else self.env["xero.reason"]._label(job._name, "failure_type", job.failure_type),
                    "detail": job.failure_detail,
                    "correlation_id": job.correlation_id,
                    "user_id": job.user_id.id,
                }
                for job in jobs
            ]
        )

    def _notify(self, job_ids) -> None:
        """Tell open screens which records have a new status.

        :param job_ids: of jobs in any state
        """
        self._send_status(self.env.execute_query(self._about_sql(job_ids)))

    def _about_sql(self, job_ids) -> SQL:
        """Return the query of what jobs are about, in the form that :meth:`_send_status` takes; last the records whose
        failure was told.
        """
        return SQL(
            """SELECT company_id, xero_type, res_model, array_agg(res_id), array_agg(res_id) FILTER (WHERE is_told)
                 FROM xero_sync_job
                WHERE id = ANY(%s) AND res_model IS NOT NULL GROUP BY company_id, xero_type, res_model""",
            list(job_ids),
        )

    def _send_status(self, rows) -> None:
        if rows:
            keep_bus_connection(self.env.cr)
        for company_id, xero_type, res_model, res_ids, _told in rows:
            company = self.env["res.company"].browse(company_id)
            exporter = self.env["xero.exporter"]._for_type(xero_type)
            for shown in exporter._shown_for(self.env[res_model].browse(res_ids)):
                status = {"model": shown._name, "ids": shown.ids}
                self.env["bus.bus"]._sendone((company, "xero"), "xero_connector.status", status)

    # === AUDIT === #

    def _record_calls(self, connection, calls, batch=None) -> None:
        """Write ``calls`` to the audit, and the limits that the last of them showed to the connection.

        :param calls: ``CallRecord`` of ``xero_api/client``, at least one, in the order they were made
        :param batch: the ``xero.sync.batch`` whose documents they were for
        """
        count = len(batch.items) if batch else 0
        summary = self.env["xero.reason"]._("%s documents", count) if count else None
        now, uid = fields.Datetime.now(), self.env.uid
        rows = [
            {
                "connection_id": connection.id,
                "company_id": connection.company_id.id,
                "direction": "out",
                "method": call.method,
                "path": call.path,
                "status": call.status,
                "duration_ms": call.duration_ms,
                "sent_bytes": call.sent_bytes,
                "received_bytes": call.received_bytes,
                "summary": pack(self.env, call.error or summary),
                "correlation_id": call.correlation_id,
                "create_uid": uid,
                "write_uid": uid,
                "create_date": now,
                "write_date": now,
            }
            for call in calls
        ]
        self.env["xero.sync.job"].flush_model(["batch_id"])
        self.env.cr.execute(
            SQL(
                """WITH log AS (INSERT INTO xero_log (%s) VALUES %s RETURNING id),
                        jobs AS (INSERT INTO xero_log_job_rel (log_id, job_id)
                                 SELECT log.id, j.id FROM log, xero_sync_job j WHERE j.batch_id = %s)
                   %s""",
                SQL(", ").join(map(SQL.identifier, rows[0])),
                SQL(", ").join(SQL("%s", tuple(row.values())) for row in rows),
                batch.id if batch else None,
                self._limits_sql(connection, calls[-1]),
            )
        )
        self.env["xero.sync.job"].invalidate_model(["log_ids"], flush=False)
        connection.invalidate_recordset(LIMIT_FIELDS)

    def _limits_sql(self, connection, call) -> SQL:
        """Return the statement that writes the limits that ``call`` showed to the connection; one that does nothing
        where it showed none.
        """
        limits = call.limits
        if limits is None or limits.day_remaining is None:
            return SQL("SELECT")
        day_limit = next((limit for limit in DAY_LIMITS if limits.day_remaining <= limit), limits.day_remaining)
        return SQL(
            """UPDATE xero_connection SET day_remaining = %s, minute_remaining = %s, limits_at = %s,
                      day_limit = GREATEST(COALESCE(day_limit, 0), %s),
                      day_began_at = CASE WHEN day_remaining IS NULL OR limits_at IS NULL OR %s > day_remaining
                                          THEN %s ELSE day_began_at END,
                      clock_offset = COALESCE(%s, clock_offset),
                      pause_count = CASE WHEN %s THEN pause_count ELSE 0 END
                WHERE id = %s""",
            limits.day_remaining,
            limits.minute_remaining,
            fields.Datetime.now(),
            day_limit,
            limits.day_remaining,
            fields.Datetime.now(),
            call.clock_offset,
            # Only a call that brought something ends a row of pauses: a way that lets readings pass only does not.
            bool(call.error) or call.method == "GET",
            connection.id,
        )

    def _refuse_kind(self, drain, job_ids, error: errors.Forbidden) -> None:
        """Fail those of ``job_ids`` that were not settled, and let what waits of their kind rest.

        A renewed consent, or *Check* on the connection, tries all of it again.

        :param job_ids: of one kind
        :param error: what Xero did not permit
        """
        fix = {"model": drain.connection._name, "res_id": drain.connection.id}
        xero_type = self.env["xero.sync.job"].browse(job_ids[:1]).xero_type
        failure = Failure("auth", self._forbidden_text(xero_type, error), fix, waits=(ALLOWED,))
        drain.record_calls()
        left = self._unsettled(job_ids)
        self._fail(dict.fromkeys(left, failure))
        self.env.flush_all()
        kinds = self.env["xero.sync.job"].browse(job_ids).mapped(lambda job: (job.operation, job.xero_type))
        for operation, xero_type in set(kinds):
            self._let_rest(drain.connection, operation, xero_type, failure)

    def _forbidden_text(self, xero_type, error: errors.Forbidden) -> str:
        """Return what Xero did not permit and what to do: it may be the role of a person, and no permission of the
        consent.

        :param xero_type: of the jobs; empty for what is about no single type
        """
        mappers = [mapper for mapper in self.env["xero.mapper"]._all() if mapper._xero_type == xero_type]
        if error.scope or error.status != FORBIDDEN or not any(mapper._needs_reports for mapper in mappers):
            return explain(self.env, error)
        return self.env["xero.reason"]._(
            "Xero shows manual journals only to people who may see reports, and the role of the person who connected "
            "does not allow it. Have the role changed in Xero (Settings, Users), or have somebody who may see reports "
            "connect again."
        )

    def _unsettled(self, job_ids) -> list[int]:
        """Claim again those of ``job_ids`` whose call was not made or was refused, and return them."""
        rows = self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job j SET state = 'running'
                    WHERE j.id = ANY(%s) AND j.state IN ('pending', 'running') AND NOT EXISTS (
                          SELECT FROM xero_sync_batch b WHERE b.id = j.batch_id AND b.state != 'done')
                RETURNING j.id""",
                list(job_ids),
            )
        )
        return [job_id for [job_id] in rows]

    def _let_rest(self, connection, operation, xero_type, failure) -> None:
        later = fields.Datetime.now() + REST
        self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET run_after = %s, failure_type = %s, failure_detail = %s
                    WHERE connection_id = %s AND operation = %s AND xero_type = %s AND state = 'pending'
                          AND run_after < %s""",
                later,
                failure.kind,
                pack(self.env, failure.message),
                connection.id,
                operation,
                xero_type,
                later,
            )
        )
