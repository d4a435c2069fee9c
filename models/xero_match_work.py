"""The worker's part of the matching: comparing, linking, undoing, in chunks that are committed alone."""

import logging
import time
from datetime import timedelta

from odoo import fields, models

from ..xero_api.elements import rows
from .xero_match import WORK
from .xero_snapshot_element import KINDS
from .xero_sync_resolve import LOOK_BACK

_logger = logging.getLogger(__name__)

CHUNK = 500
LINK_CHUNK = 200
# Then other work of the organisation gets its turn, and this goes on with the next job.
SLICE_SECONDS = 20
# Deciding one by one must not cost a call each.
FRESH = timedelta(minutes=2)


class XeroInboundMatch(models.AbstractModel):
    """Not a kind of element: the turn of the matching in the lane. Its only calls read what changed in Xero since the
    snapshot, before documents are compared and before links are made.
    """

    _name = "xero.inbound.match"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Match"

    _xero_type = WORK
    _polled = False
    _rank = 55

    def _poll(self, connection, client, runner):
        """Do what the open matching of ``connection`` waits for.

        :return: ``True``: the job is done; what is left has a job of its own
        """
        domain = [("connection_id", "=", connection.id), ("state", "in", ("scoring", "review", "undoing"))]
        match = self.env["xero.match"].search(domain, limit=1)
        match = match.with_company(connection.company_id).with_context(
            allowed_company_ids=connection.company_id.ids, xero_no_sync=True
        )
        try:
            if match.state in ("scoring", "review") and not match.snapshot_id:
                runner._transaction(match._tell_too_old)
            elif match.state == "scoring":
                self._score(match, client, runner)
            elif match.state == "undoing":
                self._undo(match, runner)
            elif match:
                self._link(match, client, runner)
        except Exception as error:
            if _is_of_xero(error):
                raise
            self.env.cr.rollback()
            _logger.exception("Matching %s stopped", match.id)
            runner._transaction(match._stop)
        return True

    # === COMPARING === #

    def _score(self, match, client, runner):
        """Write proposals for the present stage, and go on where a former job or a crash stopped."""
        if not match.work_total:
            if match.stage != match._stages()[0]:
                # Looking through what comes before may have taken days.
                self._read_changes(match, client, runner)
            runner._transaction(match._clear_open_lines)
        batches = match._propose()
        total = sum(len(batch.proposals) for batch in batches)
        deadline = time.monotonic() + SLICE_SECONDS
        for batch, chunk, done in _chunks(batches, match._written()):
            runner._transaction(match._write_proposals, batch, chunk, done, total)
            if time.monotonic() > deadline and done < total:
                runner._transaction(match._enqueue_work)
                return
        runner._transaction(match._finish_scoring)

    # === LINKING === #

    def _link(self, match, client, runner):
        """Link what people confirmed; what changed meanwhile on either side is compared again instead."""
        if not match._waiting_ids(1):
            return
        deadline = time.monotonic() + SLICE_SECONDS
        self._read_changes(match, client, runner)
        while ids := match._waiting_ids(LINK_CHUNK):
            self._link_some(match, runner, ids)
            if time.monotonic() > deadline:
                runner._transaction(match._enqueue_work)
                return
        runner._transaction(match._finish_linking)

    def _link_some(self, match, runner, ids):
        """Link a chunk; when it breaks, each line alone, so that one bad record stops no other."""
        try:
            runner._transaction(match._link_chunk, ids)
        except Exception as error:
            self.env.cr.rollback()
            if _is_of_xero(error):
                raise
            _logger.info("Linking %s pairs together failed; linking them one by one", len(ids))
            for line_id in ids:
                self._link_alone(match, runner, line_id)

    def _link_alone(self, match, runner, line_id):
        try:
            runner._transaction(match._link_chunk, [line_id])
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Linking pair %s failed", line_id)
            runner._transaction(match._give_up_line, line_id)

    def _read_changes(self, match, client, runner):
        """Bring the snapshot up to what Xero holds now: a call for each kind, and none within two minutes."""
        now = fields.Datetime.now()
        if match.changes_at and now - match.changes_at < FRESH:
            return
        since = (match.changes_at or match.snapshot_id.started_at or match.create_date) - LOOK_BACK
        for xero_type in match._kind()._types:
            form = KINDS[xero_type]
            for answer in client.pages(
                form.resource, params=dict(form.params), modified_since=since, page_size=runner._page_size()
            ):
                elements = rows(answer.data, form.resource)
                runner._transaction(self._take_changes, match, xero_type, elements, runner)
        runner._transaction(match.write, {"changes_at": now})

    def _take_changes(self, match, xero_type, elements, runner):
        runner._record_calls(match.connection_id)
        match._take_changed_elements(xero_type, elements)

    # === UNDOING === #

    def _undo(self, match, runner):
        deadline = time.monotonic() + SLICE_SECONDS
        while ids := match._undo_ids(LINK_CHUNK):
            runner._transaction(match._undo_chunk, ids)
            if time.monotonic() > deadline:
                runner._transaction(match._enqueue_work)
                return
        runner._transaction(match._finish_undo)


def _chunks(batches, written):
    """Yield what is not written yet in pieces, with how much is done after each.

    :param written: by kind, the keys that have a line, of Odoo and of Xero
    """
    done = 0
    for batch in batches:
        ours, theirs = written[batch.kind]
        todo = [found for found in batch.proposals if found.odoo not in ours and found.xero not in theirs]
        done += len(batch.proposals) - len(todo)
        for start in range(0, len(todo), CHUNK):
            chunk = todo[start : start + CHUNK]
            done += len(chunk)
            yield batch, chunk, done


def _is_of_xero(error) -> bool:
    """Whether an error concerns the whole organisation and stops the lane until it answers again."""
    from ..xero_api import errors

    final = (errors.Forbidden, errors.ProtocolError, errors.NotFound, errors.ValidationRejected)
    return isinstance(error, errors.XeroError) and not isinstance(error, final)
