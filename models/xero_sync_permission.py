"""What Xero does not permit for one kind of record: that kind waits for a person, everything else goes on."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..xero_api import errors
from .xero_explain import explain
from .xero_sync_job import NEVER, WAITING
from .xero_sync_push import Failure

# The rest of the kind is tried again after this; each time one call finds out.
REST = timedelta(hours=1)


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _handle(self, connection, client, jobs) -> None:
        """Do what ``jobs`` ask for; a missing permission concerns their kind alone, not the organisation."""
        try:
            super()._handle(connection, client, jobs)
        except errors.Forbidden as error:
            self.env.cr.rollback()
            self._transaction(self._refuse_kind, connection, jobs.ids, error)

    def _refuse_kind(self, connection, job_ids, error: errors.Forbidden) -> None:
        """Fail those of ``job_ids`` that were not settled, and let what waits of their kind rest.

        A renewed consent, or *Check* on the connection, tries all of it again.
        """
        fix = {"model": connection._name, "res_id": connection.id}
        failure = Failure("auth", explain(self.env, error), fix)
        self._record_calls(connection)
        left = self._unsettled(job_ids)
        self._fail(dict.fromkeys(left, failure))
        self.env.flush_all()
        kinds = self.env["xero.sync.job"].browse(job_ids).mapped(lambda job: (job.operation, job.xero_type))
        for operation, xero_type in set(kinds):
            self._let_rest(connection, operation, xero_type, failure)

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
                failure.message,
                connection.id,
                operation,
                xero_type,
                later,
            )
        )


class XeroSyncJob(models.Model):
    _inherit = "xero.sync.job"

    @api.model
    def _retry_permitted(self, connections) -> None:
        """Try again what Xero did not permit, and what rests because of it."""
        jobs = self.sudo().search(
            [
                ("connection_id", "in", connections.ids),
                ("state", "in", WAITING),
                ("operation", "!=", "pull"),
                ("failure_type", "=", "auth"),
                ("run_after", "<", NEVER),
            ]
        )
        if jobs:
            jobs.action_retry()
