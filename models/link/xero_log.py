from odoo import fields, models
from odoo.exceptions import UserError

from .reason import ReasonChar, ReasonText


class XeroLog(models.Model):
    """Append-only audit of what went to Xero and came back. It holds metadata, never bodies or secrets."""

    _name = "xero.log"
    _inherit = ["xero.company.guard"]
    _description = "Xero Log"
    _order = "id desc"
    _rec_name = "summary"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    job_ids = fields.Many2many("xero.sync.job", "xero_log_job_rel", "log_id", "job_id", readonly=True)
    direction = fields.Selection([("out", "To Xero"), ("in", "From Xero")], required=True, default="out", readonly=True)
    method = fields.Char(readonly=True)
    path = fields.Char(readonly=True)
    status = fields.Integer("HTTP Status", readonly=True)
    duration_ms = fields.Integer("Duration (ms)", readonly=True)
    sent_bytes = fields.Integer(readonly=True)
    received_bytes = fields.Integer(readonly=True)
    summary = ReasonChar(readonly=True)
    detail = ReasonText(readonly=True)
    correlation_id = fields.Char(index=True, readonly=True)
    user_id = fields.Many2one("res.users", "On Behalf Of", readonly=True)

    _ended = models.Index("(connection_id, create_date)")
    # Calls of a day are counted without reading the rest.
    _calls = models.Index("(connection_id, create_date) WHERE method IS NOT NULL")

    def write(self, vals):
        raise UserError(self.env._("The Xero log cannot be changed."))
