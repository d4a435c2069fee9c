"""The worker compares the books step by step, each in a transaction of its own, and reads again what changed."""

import logging
from datetime import timedelta

from odoo import models

from ...xero_api import errors
from ..inbound.xero_sync_cursor import OVERLAP
from ..link.explain import explain
from ..queue.task import AGAIN, DONE
from ..snapshot.task_snapshot import FINAL

_logger = logging.getLogger(__name__)


class XeroTaskReconciliation(models.AbstractModel):
    """Works on all reports of an organisation that wait to be compared. A slice is a step of one."""

    _name = "xero.task.reconciliation"
    _inherit = "xero.task"
    _description = "Xero Task: Reconciliation"

    _task = "Reconciliation"
    _rank = 61

    def _task_slice(self, drain):
        waiting = [("connection_id", "=", drain.connection.id), ("state", "=", "comparing")]
        report = self.env["xero.reconciliation"].search(waiting, order="id", limit=1)
        if not report:
            return DONE
        self._work_on(drain, report.with_company(drain.connection.company_id))
        return AGAIN

    def _work_on(self, drain, report) -> None:
        """Read what changed before the next step, or do that step.

        :raise XeroError: what pauses or parks the organisation
        """
        try:
            if report._needs_reading():
                self._catch_up(drain, report)
            else:
                drain.transaction(self._one_step, report)
        except FINAL as error:
            self._give_up(drain, report, explain(self.env, error))
        except errors.XeroError:
            raise
        except Exception:
            _logger.exception("Reconciliation %s failed", report.id)
            self._give_up(
                drain,
                report,
                self.env["xero.reason"]._(
                    "The connector met an unexpected error. An administrator finds it in the server log."
                ),
            )

    def _one_step(self, report) -> None:
        """Do one step; a report that was stopped meanwhile is left alone."""
        if report.exists() and report.state == "comparing":
            report._step()

    def _give_up(self, drain, report, reason):
        self.env.cr.rollback()
        drain.transaction(report._give_up, reason)

    def _catch_up(self, drain, report) -> None:
        """Read what changed since the snapshot, a call for each kind, so that nothing is accused for being edited."""
        snapshot = report.snapshot_id
        ahead = timedelta(seconds=snapshot.connection_id.clock_offset or 0)
        since = snapshot.started_at + ahead - OVERLAP
        for kind in snapshot.kinds:
            if not self.env["xero.reader"]._read_changes_of(drain, snapshot, kind, since, self._store):
                return
        drain.transaction(report._caught_up)

    def _store(self, snapshot, kind, elements):
        self.env["xero.snapshot.element"]._store(snapshot, kind, elements)
