"""The worker's part of the matching: comparing, linking, undoing, in chunks that are committed alone."""

import logging
from datetime import timedelta

from odoo import fields, models

from ..outbound.lookups import LOOK_BACK
from ..queue.task import AGAIN, DONE

_logger = logging.getLogger(__name__)

CHUNK = 500
LINK_CHUNK = 200
# Deciding one by one must not cost a call each.
FRESH = timedelta(minutes=2)


class XeroTaskMatch(models.AbstractModel):
    """The turn of the matching in the lane. Its only calls read what changed in Xero since the snapshot, before
    documents are compared and before links are made.
    """

    _name = "xero.task.match"
    _inherit = "xero.task"
    _description = "Xero Task: Match"

    _task = "Match"
    _rank = 55

    def _task_slice(self, drain):
        connection = drain.connection
        domain = [("connection_id", "=", connection.id), ("state", "in", ("scoring", "review", "undoing"))]
        match = self.env["xero.match"].search(domain, limit=1)
        match = match.with_company(connection.company_id).with_context(
            allowed_company_ids=connection.company_id.ids, xero_no_sync=True
        )
        try:
            return self._work_on(drain, match)
        except Exception as error:
            if _is_of_xero(error):
                raise
            self.env.cr.rollback()
            _logger.exception("Matching %s stopped", match.id)
            drain.transaction(match._stop)
        return DONE

    def _work_on(self, drain, match) -> str:
        """Do some of what ``match`` waits for; return where it stands then."""
        if match.state in ("scoring", "review") and not match.snapshot_id:
            drain.transaction(match._fail_too_old)
        elif match.state == "scoring":
            return self._score(drain, match)
        elif match.state == "undoing":
            return self._undo(drain, match)
        elif match:
            return self._link(drain, match)
        return DONE

    # === COMPARING === #

    def _score(self, drain, match) -> str:
        """Write proposals for the present stage, and go on where a former slice or a crash stopped.

        A slice takes all its time: what is proposed comes of all records together.
        """
        if not match.work_total:
            # Looking through what comes before may have taken days.
            if match.stage != match._stages()[0] and not self._read_changes(drain, match):
                return AGAIN
            drain.transaction(match._clear_open_lines)
        batches = match._propose()
        total = sum(len(batch.proposals) for batch in batches)
        for batch, chunk, done in _chunks(batches, match._written()):
            drain.transaction(match._write_proposals, batch, chunk, done, total)
            if done < total and drain.is_slice_over():
                return AGAIN
        drain.transaction(match._finish_scoring)
        return DONE

    # === LINKING === #

    def _link(self, drain, match) -> str:
        """Link some of what people confirmed; what changed meanwhile on either side is compared again instead."""
        if not match._waiting_ids(1):
            return DONE
        if not self._read_changes(drain, match):
            return AGAIN
        if ids := match._waiting_ids(LINK_CHUNK):
            self._link_some(drain, match, ids)
        if match._waiting_ids(1):
            return AGAIN
        drain.transaction(match._finish_linking)
        return DONE

    def _link_some(self, drain, match, ids):
        """Link a chunk; when it breaks, each line alone, so that one bad record stops no other."""
        try:
            drain.transaction(match._link_chunk, ids)
        except Exception as error:
            self.env.cr.rollback()
            if _is_of_xero(error):
                raise
            _logger.info("Linking %s pairs together failed; linking them one by one", len(ids))
            for line_id in ids:
                self._link_alone(drain, match, line_id)

    def _link_alone(self, drain, match, line_id):
        try:
            drain.transaction(match._link_chunk, [line_id])
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Linking pair %s failed", line_id)
            drain.transaction(match._give_up_line, line_id)

    def _read_changes(self, drain, match) -> bool:
        """Bring the snapshot up to what Xero holds now: a call for each kind, and none within two minutes.

        :return: whether the end was reached; else it goes on where it stopped
        """
        now = fields.Datetime.now()
        if match.changes_at and now - match.changes_at < FRESH:
            return True
        since = (match.changes_at or match.snapshot_id.started_at or match.create_date) - LOOK_BACK

        def take(_snapshot, xero_type, elements):
            match._refresh_elements(xero_type, elements)

        reader = self.env["xero.reader"]
        for xero_type in match._kind()._types:
            if not reader._read_changes_of(drain, match.snapshot_id, xero_type, since, take):
                return False
        drain.transaction(match.write, {"changes_at": now})
        return True

    # === UNDOING === #

    def _undo(self, drain, match) -> str:
        if ids := match._undo_ids(LINK_CHUNK):
            drain.transaction(match._undo_chunk, ids)
            return AGAIN
        drain.transaction(match._finish_undo)
        return DONE


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
    from ...xero_api import errors

    final = (errors.Forbidden, errors.ProtocolError, errors.NotFound, errors.ValidationRejected)
    return isinstance(error, errors.XeroError) and not isinstance(error, final)
