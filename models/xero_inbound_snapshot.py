"""Snapshots are read by the lane's worker like everything else, page by page, in calls of a thousand elements."""

import logging
import time

from odoo import models

from ..xero_api import errors
from ..xero_api.elements import rows
from .xero_explain import explain
from .xero_snapshot import XERO_TYPE
from .xero_snapshot_element import KINDS

_logger = logging.getLogger(__name__)

# Then other work of the organisation gets its turn, and the reading goes on with the next job.
SLICE_SECONDS = 20
# What no waiting mends. Everything else pauses the lane and the reading goes on at its page.
FINAL = (errors.Forbidden, errors.ProtocolError, errors.NotFound, errors.ValidationRejected)


class XeroInboundSnapshot(models.AbstractModel):
    """One job works on all waiting snapshots of an organisation, the oldest first. A page is a call and a commit."""

    _name = "xero.inbound.snapshot"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Snapshot"

    _xero_type = XERO_TYPE
    _polled = False
    _rank = 60

    def _poll(self, connection, client, runner):
        """Read on.

        :return: whether all that may be read now is; otherwise the job waits until there are calls again
        """
        deadline, held = time.monotonic() + SLICE_SECONDS, False
        for snapshot in self._waiting(connection):
            if not snapshot.by_person and runner._is_held(connection):
                held = True
                continue
            outcome = self._work_on(snapshot, client, runner, deadline)
            if outcome == "slice":
                runner._transaction(snapshot._enqueue)
                return True
            held = held or outcome == "held"
        return not held

    def _waiting(self, connection):
        return self.env["xero.snapshot"].search(
            [("connection_id", "=", connection.id), ("state", "=", "reading")], order="id"
        )

    def _work_on(self, snapshot, client, runner, deadline) -> str:
        """Read ``snapshot`` to its end and tell who asked.

        :return: ``done``; ``slice`` when time is over; ``held`` when the calls left today are kept for people
        :raise XeroError: what pauses or parks the organisation
        """
        try:
            while kind := snapshot._next_kind():
                self._read_page(snapshot, kind, client, runner)
                if time.monotonic() >= deadline:
                    return "slice"
                if not snapshot.by_person and snapshot._next_kind() and runner._is_held(snapshot.connection_id):
                    return "held"
            runner._transaction(snapshot._analyze)
            runner._transaction(snapshot._finish)
        except FINAL as error:
            self._give_up(snapshot, runner, explain(self.env, error))
        except errors.XeroError:
            raise
        except Exception:
            _logger.exception("Snapshot %s failed", snapshot.id)
            self._give_up(
                snapshot,
                runner,
                self.env._("The connector met an unexpected error. An administrator finds it in the server log."),
            )
        return "done"

    def _give_up(self, snapshot, runner, reason):
        self.env.cr.rollback()
        try:
            runner._transaction(snapshot._fail, reason)
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Telling of the failed snapshot %s failed", snapshot.id)
            runner._transaction(snapshot._fail, reason, False)

    def _read_page(self, snapshot, kind, client, runner):
        form, page = KINDS[kind], snapshot._next_page(kind)
        params = dict(form.params)
        if form.paged:
            params |= {"page": page, "pageSize": runner._page_size(), "order": form.id_field}
        answer = client.get(form.resource, params=params)
        elements = rows(answer.data, form.resource)
        block = answer.data.get("pagination") or {}
        # Without a count of pages a short one is the last.
        full = form.paged and len(elements) >= runner._page_size()
        pages = int(block.get("pageCount") or page + bool(full))
        runner._transaction(self._take_page, snapshot, kind, elements, pages, block.get("itemCount"), runner)

    def _take_page(self, snapshot, kind, elements, pages, items, runner):
        runner._record_calls(snapshot.connection_id)
        if snapshot.exists() and snapshot.state == "reading":
            snapshot._take_page(kind, elements, pages, items)
