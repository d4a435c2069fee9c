"""Failures that a change cures: each keeps what it waits for, and what changes lets them go."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...mappers.awaited import ALLOWED, LISTS, LOCK_DATES, record_key
from ..connection.xero_click import AHEAD
from .xero_sync_job import CLICK, FAILED

# What is read of the organisation as a whole, and for how long that is good for a person who has changed it.
OF_ORGANISATION = (LOCK_DATES, LISTS, ALLOWED)
FRESH = timedelta(minutes=1)


class XeroSyncJob(models.Model):
    _inherit = "xero.sync.job"

    waits_for = fields.Json(
        "Awaited Changes", readonly=True, help="What may change so that it can go: then it is tried again."
    )

    _awaiting = models.Index("USING gin (waits_for) WHERE state IN ('failed', 'dead')")

    @api.model
    def _retry_awaiting(self, keys, connection=None, ahead=False, only=None) -> None:
        """Try again what failed and waits for one of ``keys``; one query where nothing does, a few for any number.

        :param keys: of ``mappers/awaited``
        :param connection: ``xero.connection``; keys that are no records mean something within one organisation only
        :param ahead: a person has just fixed something and looks: a few go before what others do
        :param only: SQL condition on the jobs that may go
        """
        keys = sorted(set(keys))
        if not keys:
            return
        self.flush_model(["state", "waits_for"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM xero_sync_job WHERE state IN %s AND waits_for ?| %s AND %s AND %s ORDER BY id",
                FAILED,
                keys,
                SQL("connection_id = %s", connection.id) if connection else SQL("TRUE"),
                only or SQL("TRUE"),
            )
        )
        if rows:
            self.sudo().browse([job_id for [job_id] in rows])._retry(ahead=ahead and len(rows) <= AHEAD)

    @api.model
    def _retry_fixed(self, records) -> None:
        """Try again what failed and waits for one of ``records``, which a person has just changed.

        :param records: of one model, any of them
        """
        self._retry_awaiting([record_key(records._name, res_id) for res_id in records.ids], ahead=True)

    def _woken_sql(self, job_ids) -> SQL:
        """Return the statement that lets go what waits for the records of ``job_ids``, which Xero has now; what is part
        of a run that is paused stays.
        """
        return SQL(
            """UPDATE xero_sync_job w SET state = 'pending', run_after = %(now)s, attempts = 0, strikes = 0,
                      struck_at = NULL, dependencies_queued = FALSE, failure_type = NULL, failure_detail = NULL,
                      fix_action = NULL, waits_for = NULL
                WHERE w.state IN ('failed', 'dead') AND NOT w.id = ANY(%(ids)s)
                  AND w.waits_for ?| ARRAY(SELECT j.res_model || ',' || j.res_id FROM xero_sync_job j
                                            WHERE j.id = ANY(%(ids)s) AND j.res_model IS NOT NULL)
                  AND NOT EXISTS (SELECT FROM xero_run r WHERE r.id = w.run_id AND r.state = 'paused')""",
            now=fields.Datetime.now(),
            ids=list(job_ids),
        )

    def _read_first(self, connection) -> None:
        """Have the organisation read before these jobs are tried again, where they wait for what it tells: a person may
        have changed it there.
        """
        told = {key for job in self for key in job.waits_for or ()}.intersection(OF_ORGANISATION)
        fresh = connection.facts_at and connection.facts_at > fields.Datetime.now() - FRESH
        if told and not fresh:
            self.env["xero.task"]._named("Organisation")._enqueue(connection, CLICK)

    def _is_awaited(self, connection) -> bool:
        """Whether something that failed waits for what is read of the organisation as a whole; one query."""
        [[found]] = self.env.execute_query(
            SQL(
                """SELECT EXISTS (SELECT FROM xero_sync_job WHERE connection_id = %s AND state IN %s
                                     AND waits_for ?| %s)""",
                connection.id,
                FAILED,
                list(OF_ORGANISATION),
            )
        )
        return found
