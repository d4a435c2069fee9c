from psycopg2.extras import Json

from odoo import api, fields, models
from odoo.tools import SQL

from ..link.access import ALL
from ..link.packed import PackedText, column_of


class XeroSyncBatch(models.Model):
    """One writing call to Xero, stored before it is made. After a crash it says what may have happened."""

    _name = "xero.sync.batch"
    _inherit = ["xero.company.guard"]
    _description = "Xero Batch"
    _order = "id desc"
    _rec_name = "idempotency_key"

    _kept_by_workers = ALL

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="connection_id.company_id")
    method = fields.Char(required=True)
    resource = fields.Char(required=True)
    xero_type = fields.Char(required=True)
    idempotency_key = fields.Char(required=True)
    correlation_id = fields.Char(required=True)
    digest = fields.Char(required=True)
    state = fields.Selection(
        [("sent", "Sent"), ("done", "Done"), ("unknown", "Outcome unknown")],
        "Status",
        required=True,
        default="sent",
    )
    started_at = fields.Datetime(required=True)
    answered = fields.Boolean(
        help="The call ended with an answer that does not say what happened, so it is not under way any more."
    )
    resolve_after = fields.Datetime()
    body = PackedText(groups=fields.NO_ACCESS, help="The bytes sent, kept only while the outcome is not known.")
    items = fields.Json(groups=fields.NO_ACCESS, help="What each element stands for, in the order of the body.")
    job_ids = fields.One2many("xero.sync.job", "batch_id")

    _open = models.Index("(connection_id) WHERE state != 'done'")
    _ended = models.Index("(connection_id, started_at) WHERE state = 'done'")

    @api.model
    def _store(self, values: dict, job_ids: list[int]):
        """Store a call that begins now and give it its jobs, in one statement.

        :param values: of its fields, but state and time: ``body`` as text, ``items`` as what JSON takes
        :param job_ids: of running jobs
        :return: the call
        """
        now = fields.Datetime.now()
        row = {
            **values,
            "body": column_of(values["body"]),
            "items": Json(values["items"]),
            "state": "sent",
            "started_at": now,
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
        }
        [[batch_id]] = self.env["xero.sync.job"]._sql(
            SQL(
                """WITH batch AS (INSERT INTO xero_sync_batch (%(names)s) VALUES %(row)s RETURNING id),
                        jobs AS (UPDATE xero_sync_job SET batch_id = batch.id, correlation_id = %(correlation_id)s,
                                        heartbeat = %(now)s
                                   FROM batch WHERE xero_sync_job.id = ANY(%(job_ids)s))
                   SELECT id FROM batch""",
                names=SQL(", ").join(map(SQL.identifier, row)),
                row=tuple(row.values()),
                correlation_id=values["correlation_id"],
                now=now,
                job_ids=job_ids,
            )
        )
        return self.browse(batch_id)

    def _know(self, values: dict) -> None:
        """Have the fields that were given to :meth:`_store`, and committed since, without reading them again: nobody
        else writes a call while its lane is held.
        """
        self._update_cache(values, validate=False)
