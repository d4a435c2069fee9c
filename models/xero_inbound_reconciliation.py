"""The worker compares the books step by step, each in a transaction of its own, and reads again what changed."""

import logging
import time
from datetime import timedelta

from odoo import models

from ..xero_api import errors
from ..xero_api.elements import rows
from .xero_explain import explain
from .xero_inbound_snapshot import FINAL
from .xero_snapshot_element import KINDS
from .xero_sync_cursor import OVERLAP

_logger = logging.getLogger(__name__)

# As for snapshots: other work has its turn in between.
SLICE_SECONDS = 20


class XeroInboundReconciliation(models.AbstractModel):
    """One job works on all reports of an organisation that wait to be compared."""

    _name = "xero.inbound.reconciliation"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Reconciliation"

    _xero_type = "Reconciliation"
    _polled = False
    _rank = 61

    def _poll(self, connection, client, runner):
        deadline = time.monotonic() + SLICE_SECONDS
        reports = self.env["xero.reconciliation"].search(
            [("connection_id", "=", connection.id), ("state", "=", "comparing")], order="id"
        )
        for report in reports.with_company(connection.company_id):
            if not self._work_on(report, client, runner, deadline):
                runner._transaction(report._enqueue)
                break
        return True

    def _work_on(self, report, client, runner, deadline) -> bool:
        """Compare until the end or the deadline.

        :return: whether the end was reached
        :raise XeroError: what pauses or parks the organisation
        """
        try:
            # At least one step, so that every job gets somewhere.
            while True:
                if report._needs_reading():
                    self._catch_up(report, client, runner)
                if runner._transaction(self._one_step, report):
                    return True
                if time.monotonic() >= deadline:
                    return False
        except FINAL as error:
            self._give_up(report, runner, explain(self.env, error))
            return True
        except errors.XeroError:
            raise
        except Exception:
            _logger.exception("Reconciliation %s failed", report.id)
            self._give_up(
                report,
                runner,
                self.env._("The connector met an unexpected error. An administrator finds it in the server log."),
            )
            return True

    def _one_step(self, report) -> bool:
        """Do one step; a report that was stopped meanwhile is left alone."""
        return not report.exists() or report.state != "comparing" or report._step()

    def _give_up(self, report, runner, reason):
        self.env.cr.rollback()
        runner._transaction(report._give_up, reason)

    def _catch_up(self, report, client, runner):
        """Read what changed since the snapshot, a call for each kind, so that nothing is accused for being edited."""
        snapshot = report.snapshot_id
        ahead = timedelta(seconds=snapshot.connection_id.clock_offset or 0)
        since = snapshot.started_at + ahead - OVERLAP
        for kind in snapshot.kinds:
            form = KINDS[kind]
            for answer in client.pages(form.resource, params=dict(form.params), modified_since=since):
                found = rows(answer.data, form.resource)
                runner._transaction(self._store, snapshot, kind, found, runner)
        runner._transaction(report._caught_up)

    def _store(self, snapshot, kind, elements, runner):
        runner._record_calls(snapshot.connection_id)
        self.env["xero.snapshot.element"]._store(snapshot, kind, elements)
