"""Snapshots are read by the lane's worker, page by page, in calls of a thousand elements."""

import logging

from odoo import models

from ...xero_api import errors, paging
from ...xero_api.elements import items
from ..link.explain import explain
from ..queue.task import AGAIN, DONE, HELD

_logger = logging.getLogger(__name__)

# What no waiting mends. Everything else pauses the lane and the reading goes on at its page.
FINAL = (errors.Forbidden, errors.ProtocolError, errors.NotFound, errors.ValidationRejected)


class XeroTaskSnapshot(models.AbstractModel):
    """Works on all waiting snapshots of an organisation, the oldest first. A page is a slice, a call and a commit."""

    _name = "xero.task.snapshot"
    _inherit = "xero.task"
    _description = "Xero Task: Snapshot"

    _task = "Snapshot"
    _rank = 60

    def _task_slice(self, drain):
        waiting = self._waiting(drain.connection)
        ready = next((snapshot for snapshot in waiting if self._may_go_on(drain, snapshot)), None)
        if ready is None:
            return HELD if waiting else DONE
        self._work_on(drain, ready)
        return AGAIN

    def _waiting(self, connection):
        return self.env["xero.snapshot"].search(
            [("connection_id", "=", connection.id), ("state", "=", "reading")], order="id"
        )

    def _may_go_on(self, drain, snapshot) -> bool:
        """Whether it may make calls now, or needs none any more."""
        return snapshot.by_person or not snapshot._next_kind() or not drain.is_held()

    def _work_on(self, drain, snapshot) -> None:
        """Read the next page of ``snapshot``, or end it and tell who asked.

        :raise XeroError: what pauses or parks the organisation
        """
        try:
            if kind := snapshot._next_kind():
                self._read_page(drain, snapshot, kind)
            if snapshot.exists() and snapshot.state == "reading" and not snapshot._next_kind():
                drain.transaction(snapshot._analyze)
                drain.transaction(snapshot._finish)
        except FINAL as error:
            self._give_up(drain, snapshot, explain(self.env, error))
        except errors.XeroError:
            raise
        except Exception:
            _logger.exception("Snapshot %s failed", snapshot.id)
            self._give_up(
                drain,
                snapshot,
                self.env["xero.reason"]._(
                    "The connector met an unexpected error. An administrator finds it in the server log."
                ),
            )

    def _give_up(self, drain, snapshot, reason):
        self.env.cr.rollback()
        try:
            drain.transaction(snapshot._fail, reason)
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Telling of the failed snapshot %s failed", snapshot.id)
            drain.transaction(snapshot._fail, reason, False)

    def _read_page(self, drain, snapshot, kind):
        form, page = self.env["xero.snapshot.element"]._kinds()[kind], snapshot._next_page(kind)
        params, size = dict(form.params), self.env["xero.reader"]._page_size()
        if form.paged:
            params |= {**paging.page_params(form.resource, page, size), "order": form.id_field}
        answer = drain.client.get(form.resource, params=params, modified_since=snapshot.modified_since or None)
        elements = items(answer.data, form.resource)
        # Without a count of pages a short one is the last.
        full = form.paged and len(elements) >= paging.size_of(form.resource, size)
        pages = paging.page_count(answer.data) or page + bool(full)
        if page >= paging.LONGEST:
            raise errors.ProtocolError("Xero's list has no end")
        counted = paging.item_count(answer.data)
        drain.transaction(self._store_page, drain, snapshot, kind, elements, pages, counted)

    def _store_page(self, drain, snapshot, kind, elements, pages, items):
        drain.record_calls()
        if snapshot.exists() and snapshot.state == "reading":
            snapshot._store_page(kind, elements, pages, items)
