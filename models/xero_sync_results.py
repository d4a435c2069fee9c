"""Writing down: results, failures, the audit, and what the screens hear of it."""

from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..xero_api import codec, dates, elements, errors
from .xero_sync_push import Failure

FAILURE_OF_CLASS = {
    "duplicate_number": "duplicate",
    "duplicate_name": "duplicate",
    "locked_period": "locked_period",
    "account_mapping": "mapping",
    "tax_mapping": "mapping",
    "document_closed": "closed",
    "overpaid": "closed",
    "contact_archived": "closed",
    "gone": "closed",
    "plan_limit": "plan",
}
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
LARGEST_ADJUSTMENT = Decimal("0.50")


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === ANSWER === #

    def _settle_answer(self, connection, client, mapper, batch, answer) -> None:
        """Judge each element of the answer alone, save all results at once, then look into the duplicates."""
        outcomes = elements.outcomes(answer, batch.resource, mapper._xero_id_field)
        if len(outcomes) != len(batch.items):
            # Which answer belongs to which document cannot be told: look them up.
            error = errors.OutcomeUnknown(f"{len(outcomes)} answers to {len(batch.items)} elements")
            self._transaction(self._mark_unknown, connection, batch, error)
            raise error
        duplicates = self._transaction(self._save_results, connection, mapper, batch, outcomes)
        if duplicates:
            self._settle_duplicates(connection, client, mapper, duplicates)

    def _save_results(self, connection, mapper, batch, outcomes) -> list:
        """Write links and job states of one call.

        :return: ``(item, payload, messages)`` of the creations that Xero refused because the number or name is taken
        """
        saved, failures, duplicates = [], {}, []
        sent = codec.loads(batch.body)[elements.list_key(batch.resource)]
        for item, payload, outcome in zip(batch.items, sent, outcomes, strict=True):
            if outcome.ok:
                saved.append((item, outcome.element))
            elif batch.method == "PUT" and self._classes(outcome.errors) & {"duplicate_number", "duplicate_name"}:
                duplicates.append((item, payload, outcome.errors))
            else:
                failures[item[0]] = self._refusal(outcome.errors)
        batch.write({"state": "done", "body": False})
        self._record_calls(connection, batch)
        failures.update(self._save_links(connection, mapper, saved))
        self._fail(failures)
        self._finish([item[0] for item, _element in saved if item[0] not in failures])
        return duplicates

    def _save_links(self, connection, mapper, saved) -> dict:
        """Store identity and agreement of saved elements.

        :param saved: pairs (batch item, Xero's element)
        :return: failures by job id, of documents whose total is not Odoo's
        """
        links = self.env["xero.link"]._map(
            connection, mapper._xero_type, mapper._odoo_model, [item[1] for item, _element in saved]
        )
        rows, failures = [], {}
        for item, element in saved:
            job_id, res_id, company_id, digest, expected, status, number, notice, *_keys = item
            total = element.get("Total")
            kept_draft = bool(notice and status == "DRAFT")
            adjustment, failure = self._compare(connection, links.get(res_id), None if kept_draft else expected, total)
            if failure:
                failures[job_id] = failure
            rows.append(
                {
                    "connection_id": connection.id,
                    "company_id": company_id,
                    "xero_type": mapper._xero_type,
                    "res_model": mapper._odoo_model,
                    "res_id": res_id,
                    "xero_id": element[mapper._xero_id_field],
                    "xero_number": element.get(mapper._xero_number_field) or number,
                    # A document that could only be kept as a draft waits for a person, though it is in Xero.
                    "state": "error" if failure or kept_draft else "synced",
                    "message": failure.message if failure else notice or None,
                    "digest": None if failure else digest,
                    "xero_status": element.get(mapper._xero_status_field),
                    "xero_total": total,
                    "xero_updated_at": dates.parse_xero(element.get("UpdatedDateUTC")),
                    "adjustment": adjustment,
                    "synced_at": fields.Datetime.now(),
                    **self.env["xero.inbound"]._agreement(mapper._xero_type, element),
                }
            )
        self.env["xero.link"]._save(rows)
        return failures

    def _compare(self, connection, link, expected, total):
        """Compare Odoo's total with Xero's, both in the document's currency.

        :return: ``(adjustment to send on a rounding line, Failure or None)``; 0 is none
        """
        adjustment = Decimal(str(link.adjustment if link else 0))
        if expected is None or total is None:
            return adjustment, None
        difference = Decimal(expected) - Decimal(str(total))
        if not difference:
            return adjustment, None
        corrected = adjustment + difference
        # Each further try must be smaller: Xero and we do not chase each other.
        small = abs(corrected) <= LARGEST_ADJUSTMENT and (not adjustment or abs(corrected) < abs(adjustment))
        if small and connection.rounding_policy == "line" and connection.rounding_account_id:
            return corrected, Failure(
                "total_mismatch",
                self.env._(
                    "Xero computed %(xero)s instead of %(odoo)s; a rounding line is being sent.",
                    xero=total,
                    odoo=expected,
                ),
                None,
                "pending",
            )
        # The next sending begins without the cents that were right for another version of the document.
        return Decimal(0), Failure(
            "total_mismatch",
            self.env._(
                "The document is in Xero with a total of %(xero)s, Odoo has %(odoo)s. Check its lines and "
                "taxes in both and sync again.",
                xero=total,
                odoo=expected,
            ),
        )

    def _classes(self, messages):
        return {elements.classify(message) for message in messages}

    def _refusal(self, messages) -> Failure:
        classes = self._classes(messages) - {"other"}
        kind = FAILURE_OF_CLASS.get(min(classes), "validation") if classes else "validation"
        return Failure(kind, self.env._("Xero refused it: %s", "\n".join(messages) or self.env._("no reason given")))

    # === STATES === #

    def _finish(self, job_ids) -> None:
        """Close jobs and let go what waited for them."""
        if not job_ids:
            return
        self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET state = 'done', done_at = %s, failure_type = NULL, failure_detail =
                       NULL, fix_action = NULL,
                      blocked_by_id = NULL, solo = FALSE
                WHERE id = ANY(%s) AND state = 'running'""",
                fields.Datetime.now(),
                list(job_ids),
            )
        )
        self.env["xero.sync.job"]._release(list(job_ids))
        self._notify(job_ids)

    def _fail(self, failures: dict) -> None:
        """Set jobs (``{job id: Failure}``) to the state of their failure, unless a newer job of the record waits
        already.
        """
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
                    **self._next_state(job, failure),
                }
            )
        told = jobs.filtered(lambda job: job.state in ("failed", "dead"))
        self._tell_document(told)
        self._log_failures(told)
        self._notify([*failures, *self._tell_waiting(told)])

    def _tell_waiting(self, jobs) -> list[int]:
        """Say on the jobs behind failed ones what they wait for; return their ids."""
        waiting = self.env["xero.sync.job"].search([("blocked_by_id", "in", jobs.ids), ("state", "=", "blocked")])
        for job in waiting:
            job.failure_detail = self._waits_for(job.blocked_by_id)
        return waiting.ids

    def _waits_for(self, blocker):
        if blocker.state in ("failed", "dead"):
            return self.env._(
                "Waits for %(name)s, which failed: %(reason)s",
                name=blocker.record_name,
                reason=blocker._reason_in_words() or "",
            )
        return self.env._("Waits for %s, which is sent first.", blocker.record_name)

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
        return 5

    def _finish_superseded(self, job_ids) -> None:
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
        """Put jobs (``{job id: needs}``) behind the job of what they need."""
        if not blocked:
            return
        self._finish_superseded(list(blocked))
        jobs = self.env["xero.sync.job"].browse(blocked).filtered(lambda job: job.state == "running")
        for run, of_run in jobs.grouped("run_id").items():
            needs = [need for job in of_run for need in blocked[job.id]]
            self._enqueue_needs(connection, needs, min(of_run.mapped("priority"), default=0), run.id or None)
        for job in jobs:
            job.write(self._blocking(connection, blocked[job.id][0]))

    def _blocking(self, connection, need):
        blocker = self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", need.res_model),
                ("res_id", "=", need.res_id),
                ("state", "not in", ("done", "cancelled")),
            ],
            limit=1,
        )
        if not blocker:
            return {"state": "pending"}
        return {
            "state": "blocked",
            "blocked_by_id": blocker.id,
            "failure_type": "dependency",
            "failure_detail": self._waits_for(blocker),
        }

    # === TELLING === #

    def _tell_document(self, jobs) -> None:
        """Leave the reason in the chatter of each document, for whoever opens it."""
        for model, of_model in jobs.grouped("res_model").items():
            if not model or not hasattr(self.env[model], "_message_log_batch"):
                continue
            records = self.env[model].browse(of_model.mapped("res_id")).exists()
            reasons = {job.res_id: job._reason_in_words() for job in of_model}
            records._message_log_batch(
                {record.id: self.env._("Not sent to Xero: %s", reasons[record.id]) for record in records}
            )

    def _log_failures(self, jobs) -> None:
        self.env["xero.log"].create(
            [
                {
                    "connection_id": job.connection_id.id,
                    "company_id": job.company_id.id,
                    "job_ids": [fields.Command.link(job.id)],
                    "summary": dict(job._fields["failure_type"]._description_selection(self.env)).get(job.failure_type),
                    "detail": job.failure_detail,
                    "correlation_id": job.correlation_id,
                    "user_id": job.user_id.id,
                }
                for job in jobs
            ]
        )

    def _notify(self, job_ids) -> None:
        """Tell open screens which records have a new status."""
        rows = self.env.execute_query(
            SQL(
                "SELECT company_id, res_model, array_agg(res_id) FROM xero_sync_job"
                " WHERE id = ANY(%s) AND res_model IS NOT NULL GROUP BY company_id, res_model",
                list(job_ids),
            )
        )
        for company_id, res_model, res_ids in rows:
            self._tell_screens(self.env["res.company"].browse(company_id), res_model, res_ids)

    def _tell_screens(self, company, model, res_ids) -> None:
        self.env["bus.bus"]._sendone((company, "xero"), "xero_connector.status", {"model": model, "ids": res_ids})

    # === AUDIT === #

    def _record_calls(self, connection, batch=None) -> None:
        """Write the calls made since the last record to the audit, and the limits they showed to the connection."""
        calls = self.env.context.get("xero_calls") or []
        if not calls:
            return
        job_ids = self.env["xero.sync.job"].search([("batch_id", "=", batch.id)]).ids if batch else []
        logs = self.env["xero.log"].create(
            [
                {
                    "connection_id": connection.id,
                    "company_id": connection.company_id.id,
                    "method": call.method,
                    "path": call.path,
                    "status": call.status,
                    "duration_ms": call.duration_ms,
                    "sent_bytes": call.sent_bytes,
                    "received_bytes": call.received_bytes,
                    "summary": call.error or self.env._("%s documents", len(job_ids)) if job_ids else call.error,
                    "correlation_id": call.correlation_id,
                }
                for call in calls
            ]
        )
        if job_ids:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO xero_log_job_rel (log_id, job_id) SELECT l, j FROM unnest(%s::int[]) l, "
                    "unnest(%s::int[]) j ON CONFLICT DO NOTHING",
                    logs.ids,
                    job_ids,
                )
            )
        self._record_limits(connection, calls[-1])
        calls.recorded = len(calls)

    def _record_limits(self, connection, call) -> None:
        limits = call.limits
        if limits is None or limits.day_remaining is None:
            return
        day_limit = next((limit for limit in DAY_LIMITS if limits.day_remaining <= limit), limits.day_remaining)
        self.env.cr.execute(
            SQL(
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
                bool(call.error),
                connection.id,
            )
        )
        connection.invalidate_recordset(LIMIT_FIELDS)
