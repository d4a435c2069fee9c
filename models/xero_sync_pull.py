"""Reading: polls that walk what changed, and fetches of single elements, both by the lane's worker."""

import logging
import traceback
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..xero_api import dates, errors
from ..xero_api.elements import rows
from ..xero_api.paging import page_count
from .xero_sync_job import EVENT, SWEEP
from .xero_sync_push import Failure

_logger = logging.getLogger(__name__)

# Xero advises lists of 40 ids; about 52 is where addresses get too long.
IDS = 40
PAGE_SIZE = 1000
# A longer list of changes is read by id, which can go on where it stopped and misses nothing while people edit.
LONG_WALK = 20
HELD_WAIT = timedelta(hours=1)


class XeroSyncJob(models.Model):
    _inherit = "xero.sync.job"

    _pull_unique = models.UniqueIndex(
        "(connection_id, xero_type, COALESCE(xero_id, ''))"
        " WHERE operation = 'pull' AND state IN ('pending', 'blocked', 'failed', 'dead')"
    )

    @api.model
    def _enqueue_poll(self, connection, xero_type: str, priority=SWEEP) -> None:
        """Queue the reading of what changed in one kind of element; one that waits already is reused."""
        self._enqueue_fetch(connection, xero_type, [""], priority=priority)

    @api.model
    def _enqueue_fetch(self, connection, xero_type: str, xero_ids, priority=EVENT) -> None:
        """Queue the reading of elements by id, with one statement; what waits already is reused.

        :param xero_ids: Xero's ids; the empty one stands for a poll
        """
        ids = sorted({xero_id.lower() for xero_id in xero_ids})
        inbound = self.env["xero.inbound"]._for_type(xero_type)
        if not ids or inbound is None:
            return
        self._sql(
            SQL(
                """
            INSERT INTO xero_sync_job (
                   connection_id, company_id, operation, xero_type, xero_id, state, priority, rank, run_after,
                   attempts, prepared, solo, user_id, create_uid, write_uid, create_date, write_date)
            SELECT %(connection)s, %(company)s, 'pull', %(type)s, NULLIF(v.xero_id, ''), 'pending', %(priority)s,
                   %(rank)s, %(now)s,
                   0, TRUE, FALSE, %(user)s, %(user)s, %(user)s, %(now)s, %(now)s
              FROM unnest(%(ids)s::varchar[]) AS v(xero_id)
            ON CONFLICT (connection_id, xero_type, COALESCE(xero_id, ''))
            WHERE operation = 'pull' AND state IN ('pending', 'blocked', 'failed', 'dead')
            DO UPDATE SET state = 'pending', priority = LEAST(xero_sync_job.priority, EXCLUDED.priority), attempts = 0,
                          run_after = LEAST(xero_sync_job.run_after, EXCLUDED.run_after),
                          write_date = EXCLUDED.write_date
            """,
                connection=connection.id,
                company=connection.company_id.id,
                type=xero_type,
                ids=ids,
                priority=priority,
                rank=inbound._rank,
                now=fields.Datetime.now(),
                user=self.env.uid,
            )
        )

    @api.model
    def _fail_fetches(self, connection, inbound, failed: dict) -> None:
        """Keep elements that cannot be taken over as failed fetch jobs: a person reads why, mends it and tries again.

        :param failed: ``{xero id: Result}``
        """
        if not failed:
            return
        running = self.search(
            [
                ("connection_id", "=", connection.id),
                ("operation", "=", "pull"),
                ("xero_type", "=", inbound._xero_type),
                ("xero_id", "in", list(failed)),
                ("state", "=", "running"),
            ]
        )
        running.write({"state": "cancelled", "done_at": fields.Datetime.now()})
        self._enqueue_fetch(connection, inbound._xero_type, list(failed))
        jobs = self.search(
            [
                ("connection_id", "=", connection.id),
                ("operation", "=", "pull"),
                ("xero_type", "=", inbound._xero_type),
                ("xero_id", "in", [xero_id.lower() for xero_id in failed]),
                ("state", "=", "pending"),
            ]
        )
        by_id = {xero_id.lower(): result for xero_id, result in failed.items()}
        for job in jobs:
            result = by_id[job.xero_id]
            fix = result.fix or {}
            job.write(
                {
                    "state": "failed",
                    "failure_type": fix.get("kind", "validation"),
                    "failure_detail": result.message,
                    "fix_action": {"model": fix["model"], "res_id": fix["res_id"]}
                    if fix.get("model") and fix.get("res_id")
                    else None,
                }
            )


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === PULL === #

    def _pull(self, connection, client, jobs) -> None:
        """Do the reading ``jobs`` (claimed, of one type) ask for; each page is taken over and committed alone.

        :raise XeroError: what concerns the whole organisation; the jobs are queued again
        """
        inbound = self.env["xero.inbound"]._for_type(jobs[0].xero_type)
        polls = jobs.filtered(lambda job: not job.xero_id)
        fetches = jobs - polls
        for start in range(0, len(fetches), IDS):
            chunk = fetches[start : start + IDS]
            self._read(connection, chunk, lambda chunk=chunk: self._fetch(connection, client, inbound, chunk))
        if polls:
            self._read(connection, polls, lambda: self._poll(connection, client, inbound, polls))

    def _read(self, connection, jobs, step) -> None:
        """Run ``step``; what is wrong with these jobs alone fails them and does not stop the lane."""
        try:
            step()
        except errors.Forbidden as error:
            # Another permission may be missing than those for sending: the rest of the lane goes on.
            self.env.cr.rollback()
            self._transaction(self._fail_reading, connection, jobs.ids, Failure("auth", str(error)))
        except (errors.ProtocolError, errors.NotFound, errors.ValidationRejected) as error:
            self.env.cr.rollback()
            self._transaction(self._fail_reading, connection, jobs.ids, Failure("bug", str(error)))
        except errors.XeroError:
            raise
        except Exception as error:  # kept on the job for us to read
            self.env.cr.rollback()
            _logger.exception("Reading from Xero failed")
            text = "".join(traceback.format_exception(error, limit=-5))
            self._transaction(self._fail_reading, connection, jobs.ids, Failure("bug", text))

    def _fail_reading(self, connection, job_ids, failure):
        self._record_calls(connection)
        self._fail(dict.fromkeys(job_ids, failure))

    # === FETCH === #

    def _fetch(self, connection, client, inbound, jobs) -> None:
        """Read the elements of ``jobs`` by their ids, in one call, and take them over."""
        ids = [job.xero_id for job in jobs]
        elements = self._read_ids(client, inbound, ids)
        self._transaction(self._settle_fetch, connection, inbound, jobs.ids, elements)

    def _read_ids(self, client, inbound, xero_ids) -> list[dict]:
        """Return the elements with ``xero_ids``, at most 40; those that Xero has not are left out."""
        if not inbound._lists_ids:
            return self._read_each(client, inbound, xero_ids)
        params = {**inbound._params, "IDs": ",".join(xero_ids), "page": 1, "pageSize": PAGE_SIZE}
        try:
            return rows(client.get(inbound._resource, params=params).data, inbound._resource)
        except errors.NotFound:
            # One that is gone must not hide the others.
            return self._read_each(client, inbound, xero_ids)

    def _read_each(self, client, inbound, xero_ids):
        """Some resources have no list of ids."""
        found = []
        for xero_id in xero_ids:
            try:
                found += rows(client.get(inbound._resource, xero_id=xero_id).data, inbound._resource)
            except errors.NotFound:
                _logger.info("%s %s is not in this organisation", inbound._xero_type, xero_id)
        return found

    def _settle_fetch(self, connection, inbound, job_ids, elements):
        self._record_calls(connection)
        inbound.with_env(self.env)._apply(connection, elements)
        self._finish(job_ids)

    # === POLL === #

    def _poll(self, connection, client, inbound, jobs) -> None:
        """Read what changed since the last time, or everything when that is due."""
        handled = inbound._poll(connection, client, self)
        if handled is False:
            self._transaction(self._postpone, connection, jobs.ids)
            return
        if handled is None:
            cursor = self._transaction(self.env["xero.sync.cursor"]._of, connection, inbound._xero_type)
            whole = self._read_in_full if cursor._is_full_due() else self._read_changes
            if not whole(connection, client, inbound, cursor):
                self._transaction(self._postpone, connection, jobs.ids)
                return
        self._transaction(self._finish, jobs.ids)

    def _postpone(self, connection, job_ids):
        """The day's last calls are for people: go on later where this stopped."""
        self._finish_or_requeue(SQL("id = ANY(%s) AND state = 'running'", job_ids))
        self.env["xero.sync.job"]._sql(
            SQL(
                "UPDATE xero_sync_job SET run_after = %s WHERE id = ANY(%s) AND state = 'pending'",
                fields.Datetime.now() + HELD_WAIT,
                job_ids,
            )
        )

    def _is_held(self, connection) -> bool:
        """Whether the calls left today are those kept for people."""
        [[held]] = self.env.execute_query(
            SQL(
                "SELECT %s FROM xero_connection c WHERE c.id = %s",
                self._held_sql(fields.Datetime.now()),
                connection.id,
            )
        )
        return held

    def _read_changes(self, connection, client, inbound, cursor) -> bool:
        """Walk the changes in the order of their time.

        Xero pages by offset. An element that is edited while we walk leaves its place and comes again at the end, and
        the one behind it may slip over the edge of a page unread. So when an element comes twice, the watermark goes
        back to the edge behind its first place.

        :return: whether the walk came to its end
        """
        seen, back_to = {}, None
        for number, answer in enumerate(
            client.pages(
                inbound._resource,
                params=dict(inbound._params),
                modified_since=cursor._since(),
                page_size=self._page_size(),
            ),
            1,
        ):
            elements = rows(answer.data, inbound._resource)
            if number == 1 and self._page_count(answer) > LONG_WALK:
                return self._read_in_full(connection, client, inbound, cursor)
            edge = self._newest(elements)
            twice = [
                seen[element.get(inbound._id_field)] for element in elements if element.get(inbound._id_field) in seen
            ]
            back_to = min(filter(None, [back_to, *twice]), default=None)
            seen |= {element.get(inbound._id_field): edge for element in elements}
            now, first = fields.Datetime.now(), number == 1
            self._transaction(self._take_page, connection, inbound, cursor, elements, answer, first, edge, now, back_to)
            if self._is_held(connection):
                return False
        return True

    def _take_page(self, connection, inbound, cursor, elements, answer, first, edge, now, back_to):
        """Take over a page, and only then move the watermark, in one transaction.

        :param edge: the newest change in it, by Xero's clock
        :param now: when it was answered, by our clock
        :param back_to: from where to read again next time, by Xero's clock; ``None`` for ``edge``
        """
        self._record_calls(connection)
        results = inbound.with_env(self.env)._apply(connection, elements)
        changes = sum(result.outcome not in ("echo", "ignored") for result in results.values())
        cursor._reached(edge)
        if back_to:
            cursor.watermark = back_to.replace(microsecond=0)
        cursor.write(
            {
                "polled_at": now,
                "polled_at_xero": answer.server_time or cursor.polled_at_xero,
                "last_count": len(elements) + (0 if first else cursor.last_count),
                "last_changes": changes + (0 if first else cursor.last_changes),
            }
        )

    def _read_in_full(self, connection, client, inbound, cursor) -> bool:
        """Walk everything in the order of ids, going on where an earlier run stopped.

        :return: whether the walk came to its end
        """
        before = None
        while True:
            number = cursor.full_page or 1
            params = {**inbound._params, "page": number, "pageSize": self._page_size(), "order": inbound._id_field}
            answer = client.get(inbound._resource, params=params)
            elements = rows(answer.data, inbound._resource)
            # Where no count is told an empty page is the end, and so is the page before once more.
            last = number >= self._page_count(answer) if self._page_count(answer) else elements in ([], before)
            before = elements
            now = fields.Datetime.now()
            self._transaction(self._take_full_page, connection, inbound, cursor, elements, answer, number, last, now)
            if last:
                return True
            if self._is_held(connection):
                return False

    def _take_full_page(self, connection, inbound, cursor, elements, answer, number, last, now):
        self._record_calls(connection)
        if number == 1:
            # Where the answer bears no time, the newest change in it came surely before now.
            cursor.full_started_at = answer.server_time or self._newest(elements) or cursor.watermark
            cursor.write({"last_count": 0, "last_changes": 0})
        results = inbound.with_env(self.env)._apply(connection, elements)
        cursor.write(
            {
                "full_page": 0 if last else number + 1,
                "full_page_count": self._page_count(answer),
                "polled_at": now,
                "polled_at_xero": answer.server_time or cursor.polled_at_xero,
                "last_count": cursor.last_count + len(elements),
                "last_changes": cursor.last_changes
                + sum(result.outcome not in ("echo", "ignored") for result in results.values()),
            }
        )
        if last:
            cursor.full_read_at = fields.Datetime.now()
            cursor._reached(cursor.full_started_at)

    def _page_size(self) -> int:
        return PAGE_SIZE

    def _page_count(self, answer) -> int:
        return page_count(answer.data) or 0

    def _newest(self, elements):
        """Return the newest time of change among ``elements``, by Xero's clock; ``None`` without any."""
        return max(
            filter(None, (dates.parse_xero(element.get("UpdatedDateUTC")) for element in elements)), default=None
        )
