from datetime import timedelta

from odoo import api, fields, models

KEEP = timedelta(days=30)


class XeroSyncBatch(models.Model):
    """One writing call to Xero, stored before it is made. After a crash it says what may have happened."""

    _name = "xero.sync.batch"
    _description = "Xero Batch"
    _order = "id desc"
    _rec_name = "idempotency_key"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="connection_id.company_id")
    method = fields.Char(required=True)
    resource = fields.Char(required=True)
    xero_type = fields.Char(required=True)
    idempotency_key = fields.Char(required=True)
    correlation_id = fields.Char(required=True)
    digest = fields.Char(required=True)
    state = fields.Selection(
        [("sent", "Sent"), ("done", "Done"), ("unknown", "Outcome unknown")], required=True, default="sent"
    )
    started_at = fields.Datetime(required=True)
    answered = fields.Boolean(
        help="The call ended with an answer that does not tell the outcome, so it is not under way any more."
    )
    resolve_after = fields.Datetime()
    body = fields.Text(groups=fields.NO_ACCESS, help="The bytes sent, kept only while the outcome is not known.")
    items = fields.Json(groups=fields.NO_ACCESS, help="What each element stands for, in the order of the body.")
    job_ids = fields.One2many("xero.sync.job", "batch_id")

    _open = models.Index("(connection_id) WHERE state != 'done'")

    @api.autovacuum
    def _gc_batches(self):
        self.search([("state", "=", "done"), ("create_date", "<", fields.Datetime.now() - KEEP)], limit=10_000).unlink()
