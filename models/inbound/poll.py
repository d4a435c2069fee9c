"""Reading: polls that walk what changed, and fetches of single elements, both by the lane's worker."""

import logging
from datetime import timedelta

from odoo import fields, models

from ...xero_api import dates, errors, paging
from ...xero_api.elements import items
from ..queue.claim import IDS
from ..queue.task import AGAIN, DONE, HELD
from .xero_sync_cursor import CLOCK_SLACK, OVERLAP

_logger = logging.getLogger(__name__)

PAGE_SIZE = 1000
# A longer list of changes is read by id, which can go on where it stopped and misses nothing while people edit.
LONG_WALK = 20


class XeroReader(models.AbstractModel):
    """Reads what jobs ask for, page by page, in a drain.

    ``drain`` is the worker's :class:`~..queue.drain.Drain`, ``client`` its ``XeroClient``; ``inbound`` is the
    ``xero.inbound`` of the type that is read.
    """

    _name = "xero.reader"
    _description = "Xero Reader"

    @property
    def _runner(self):
        """What becomes of jobs is written by the worker's model."""
        return self.env["xero.sync.runner"]

    # === PULL === #

    def _pull(self, drain, jobs) -> None:
        """Do the reading ``jobs`` (claimed, of one type) ask for; each page is taken over and committed alone.

        :param jobs: ``xero.sync.job``, running, readings of one type: polls, and fetches by id
        :raise XeroError: what concerns the whole organisation; the jobs are queued again
        """
        inbound = self.env["xero.inbound"]._for_type(jobs[0].xero_type)
        polls = jobs.filtered(lambda job: not job.xero_id)
        fetches = jobs - polls
        drain.begin_slice()
        for start in range(0, len(fetches), IDS):
            chunk = fetches[start : start + IDS]
            self._runner._read(drain, chunk, lambda chunk=chunk: self._fetch(drain, inbound, chunk))
        if polls:
            self._runner._read(drain, polls, lambda: self._poll(drain, inbound, polls))

    # === FETCH === #

    def _fetch(self, drain, inbound, jobs) -> None:
        """Read the elements of ``jobs`` by their ids, in one call where that goes, and take them over."""
        by_id = {job.xero_id: job.id for job in jobs}
        elements, unread = self._read_ids(drain.client, inbound, list(by_id), drain.is_slice_over)
        done = [job_id for xero_id, job_id in by_id.items() if xero_id not in unread]
        drain.transaction(self._resolve_fetch, drain, inbound, done, elements)
        if unread:
            drain.transaction(self._runner._go_on_later, [by_id[xero_id] for xero_id in unread])

    def _read_ids(self, client, inbound, xero_ids, is_over=None) -> tuple[list, list]:
        """Return what Xero holds under ``xero_ids``, at most 40; those that Xero has not are left out.

        :param xero_ids: Xero's ids
        :param is_over: called without anything, says whether no more is begun; ``None`` where all shall be read
        :return: the elements as they came, and the ids that there was no time for
        :raise XeroError: Xero could not be read
        """
        if not inbound._lists_ids:
            return self._read_each(client, inbound, xero_ids, is_over)
        params = {**inbound._params, "IDs": ",".join(xero_ids), "page": 1, "pageSize": PAGE_SIZE}
        try:
            return items(client.get(inbound._resource, params=params).data, inbound._resource), []
        except errors.NotFound:
            # One that is gone must not hide the others.
            return self._read_each(client, inbound, xero_ids, is_over)

    def _read_each(self, client, inbound, xero_ids, is_over):
        """Some resources have no list of ids."""
        found = []
        for place, xero_id in enumerate(xero_ids):
            if place and is_over and is_over():
                return found, xero_ids[place:]
            try:
                found += items(client.get(inbound._resource, xero_id=xero_id).data, inbound._resource)
            except errors.NotFound:
                _logger.info("%s %s is not in this organisation", inbound._xero_type, xero_id)
        return found, []

    def _resolve_fetch(self, drain, inbound, job_ids, elements):
        drain.record_calls()
        inbound.with_env(self.env)._apply(drain.connection, elements)
        self._runner._finish(job_ids)

    # === POLL === #

    def _poll(self, drain, inbound, jobs) -> None:
        """Read what changed since the last time, or everything when that is due."""
        cursor = drain.transaction(self._cursor, drain.connection, inbound._xero_type)
        walk = self._read_in_full if inbound._is_read_whole or cursor._is_full_due() else self._read_changes
        drain.transaction(self._runner._end_slice, jobs.ids, walk(drain, inbound, cursor))

    def _cursor(self, connection, xero_type):
        """Return where the reading of a type stands (``xero.sync.cursor``), free of times that have not come."""
        cursor = self.env["xero.sync.cursor"]._of(connection, xero_type)
        cursor._heal(connection._xero_now() + CLOCK_SLACK)
        return cursor

    def _where_it_stands(self, drain, is_over) -> str | None:
        """Return where a walk pauses after a page; ``None`` when it goes on."""
        if is_over:
            return DONE
        if drain.is_held():
            return HELD
        return AGAIN if drain.is_slice_over() else None

    def _read_changes(self, drain, inbound, cursor) -> str:
        """Walk the changes in the order of their time.

        Xero pages by offset. An element that is edited while we walk leaves its place and comes again at the end, and
        the one behind it may slip over the edge of a page unread. So when an element comes twice, the watermark goes
        back to the edge behind its first place.

        :return: where the walk stands
        """
        connection = drain.connection
        seen, back_to, began = {}, None, cursor.watermark
        for number, answer in enumerate(
            drain.client.pages(
                inbound._resource,
                params=dict(inbound._params),
                modified_since=cursor._since(),
                page_size=self._page_size(),
            ),
            1,
        ):
            elements = items(answer.data, inbound._resource)
            # What is longer than it said, or than a slice, is read by id: that can go on where it stopped.
            if self._page_count(answer) > LONG_WALK or number > LONG_WALK:
                return self._read_in_full(drain, inbound, cursor)
            clock = connection._xero_now(answer.server_time)
            edge = self._newest(elements, clock)
            ids = _ids(elements, inbound._id_field)
            back_to = min(filter(None, [back_to, *(seen[xero_id] for xero_id in ids & seen.keys())]), default=None)
            seen |= dict.fromkeys(ids, edge)
            now, first = fields.Datetime.now(), number == 1
            drain.transaction(
                self._import_page, drain, inbound, cursor, elements, answer, first, edge, now, back_to, clock
            )
            stands = self._where_it_stands(drain, False)
            if stands == AGAIN and cursor.watermark <= began:
                drain.transaction(cursor.write, {"full_page": 1})
            if stands:
                return stands
        return DONE

    def _import_page(self, drain, inbound, cursor, elements, answer, first, edge, now, back_to, clock):
        """Take over a page, and only then move the watermark, in one transaction.

        :param edge: the newest change in it, by Xero's clock
        :param now: when it was answered, by our clock
        :param back_to: from where to read again next time, by Xero's clock; ``None`` for ``edge``
        :param clock: when it was answered, by Xero's clock
        """
        drain.record_calls()
        results = inbound.with_env(self.env)._apply(drain.connection, elements)
        changes = sum(result.outcome not in ("echo", "ignored") for result in results.values())
        cursor._reached(edge)
        if back_to:
            cursor.watermark = back_to.replace(microsecond=0)
        cursor.write(
            {
                "polled_at": now,
                "polled_at_xero": clock if answer.server_time else cursor.polled_at_xero,
                "last_count": len(elements) + (0 if first else cursor.last_count),
                "last_changes": changes + (0 if first else cursor.last_changes),
            }
        )

    def _read_in_full(self, drain, inbound, cursor) -> str:
        """Walk everything in the order of ids, going on where an earlier run stopped.

        :return: where the walk stands
        """
        # Where no count is told an empty page is the end, and so is the page before once more.
        ending = paging.Walk(1, inbound._id_field)
        while True:
            number = cursor.full_page or 1
            is_paged = inbound._resource not in paging.UNPAGED
            page = paging.page_params(inbound._resource, number, self._page_size()) if is_paged else {}
            params = {**inbound._params, **page, **({"order": inbound._id_field} if is_paged else {})}
            answer = drain.client.get(inbound._resource, params=params)
            elements = items(answer.data, inbound._resource)
            last = not is_paged or ending.is_over(elements, answer.data, number)
            now = fields.Datetime.now()
            drain.transaction(self._import_full_page, drain, inbound, cursor, elements, answer, number, last, now)
            stands = self._where_it_stands(drain, last)
            if stands:
                return stands

    def _import_full_page(self, drain, inbound, cursor, elements, answer, number, last, now):
        drain.record_calls()
        connection = drain.connection
        clock = connection._xero_now(answer.server_time)
        if number == 1:
            # Where the answer bears no time, the newest change in it came surely before now.
            told = clock if answer.server_time else None
            cursor.full_started_at = told or self._newest(elements, clock) or cursor.watermark
            cursor.write({"last_count": 0, "last_changes": 0})
        results = inbound.with_env(self.env)._apply(connection, elements)
        cursor.write(
            {
                "full_page": 0 if last else number + 1,
                "full_page_count": self._page_count(answer),
                "polled_at": now,
                "polled_at_xero": clock if answer.server_time else cursor.polled_at_xero,
                "last_count": cursor.last_count + len(elements),
                "last_changes": cursor.last_changes
                + sum(result.outcome not in ("echo", "ignored") for result in results.values()),
            }
        )
        if last:
            self._end_full_read(connection, inbound, cursor, number, clock)

    def _end_full_read(self, connection, inbound, cursor, pages, clock):
        quarantine = self.env["xero.quarantine"].sudo()
        cursor.full_read_at = fields.Datetime.now()
        cursor._reached(min(cursor.full_started_at or clock, clock))
        if pages >= paging.LONGEST:
            quarantine._put_endless(connection, inbound._xero_type, pages)
        elif cursor.full_started_at:
            ours = cursor.full_started_at - (clock - cursor.full_read_at)
            quarantine._end_unseen(connection, [inbound._xero_type], ours - CLOCK_SLACK)

    def _read_changes_of(self, drain, snapshot, kind, since, take) -> bool:
        """Walk what changed of a kind since a complete reading, going on where an earlier job stopped.

        :param snapshot: one ``xero.snapshot``; it keeps the place of a walk that is cut short
        :param kind: a Xero type of it
        :param since: naive UTC, by Xero's clock
        :param take: called with (snapshot, kind, elements as they came), in the transaction of each page
        :return: whether the walk came to its end; else it goes on with the next job
        :raise XeroError: Xero could not be read; what was taken of the pages before stays
        """
        form, place = self.env["xero.snapshot.element"]._kinds()[kind], snapshot._changes_at(kind)
        since = max(since, place - OVERLAP) if place else since
        params = dict(form.params)
        pages = drain.client.pages(form.resource, params=params, modified_since=since, page_size=self._page_size())
        for number, answer in enumerate(pages, 1):
            elements = items(answer.data, form.resource)
            edge = self._newest(elements, snapshot.connection_id._xero_now(answer.server_time))
            late = number > 1 and drain.is_slice_over()
            drain.transaction(self._import_changes_of, drain, snapshot, kind, elements, take, edge if late else None)
            if late:
                return False
        if place:
            drain.transaction(snapshot._note_changes, kind, None)
        return True

    def _import_changes_of(self, drain, snapshot, kind, elements, take, place):
        drain.record_calls()
        take(snapshot, kind, elements)
        if place:
            snapshot._note_changes(kind, place)

    def _page_size(self) -> int:
        """Return how many elements a page is asked for."""
        return PAGE_SIZE

    def _page_count(self, answer) -> int:
        return paging.page_count(answer.data) or 0

    def _newest(self, elements, clock):
        """Return the newest time of change among ``elements`` that can be true; ``None`` without any.

        :param clock: when they were answered, by Xero's clock to the second
        """
        latest = clock + timedelta(seconds=1)
        moments = (
            dates.believable(element.get("UpdatedDateUTC"), latest) for element in elements if isinstance(element, dict)
        )
        return max(filter(None, moments), default=None)


def _ids(elements, id_field) -> set:
    """Return the ids of ``elements`` that have one."""
    found = (element.get(id_field) for element in elements if isinstance(element, dict))
    return {xero_id for xero_id in found if isinstance(xero_id, str) and xero_id}
