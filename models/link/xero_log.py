from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.reason import ENGLISH, in_language
from .reason import ReasonChar, ReasonText


class XeroLog(models.Model):
    """Append-only audit of what went to Xero and came back. It holds metadata, never bodies or secrets.

    Lines about one record are its *Xero History*.
    """

    _name = "xero.log"
    _inherit = ["xero.company.guard"]
    _description = "Xero Log"
    _order = "id desc"
    _rec_name = "summary"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    job_ids = fields.Many2many("xero.sync.job", "xero_log_job_rel", "log_id", "job_id", readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
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
    _of_record = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")

    def write(self, vals):
        raise UserError(self.env._("The Xero log cannot be changed."))

    @api.model
    def _post(self, connection, notes) -> None:
        """Keep what happened to records in Xero: in their history, and in their chatter.

        :param notes: pairs of a record and a reason, in the order in which they happened; an empty record has no note
        """
        notes = [(record, text) for record, text in notes if record]
        rows = [(record._name, record.id, record.company_id.id, text) for record, text in notes]
        self._add_rows(connection, rows, direction="in")
        self._post_in_chatter(notes)

    @api.model
    def _add_rows(self, connection, rows, **values) -> None:
        """Keep in the history of records what happened to them; one statement.

        :param rows: ``(model, record id, company id or none, reason)``
        :param values: of all lines
        """
        self.sudo().create(
            [
                {
                    "connection_id": connection.id,
                    "company_id": company_id or connection.company_id.id,
                    "res_model": model,
                    "res_id": res_id,
                    "summary": text,
                    **values,
                }
                for model, res_id, company_id, text in rows
            ]
        )

    @api.model
    def _post_in_chatter(self, notes) -> None:
        """Leave notes in the chatter of those records that have one, in the language of their company: a message says
        the same to everybody. Those of different records of a model are one insert.

        :param notes: as of :meth:`_post`
        """
        while notes:
            now, later = {}, []
            for record, text in notes:
                if (record._name, record.id) in now:
                    later.append((record, text))
                elif hasattr(record, "_message_log_batch"):
                    now[record._name, record.id] = record, text
            for model in {model for model, _res_id in now}:
                rows = [row for (name, _res_id), row in now.items() if name == model]
                bodies = {record.id: in_language(self.env, text, _language(record)) for record, text in rows}
                rows[0][0].browse(bodies)._message_log_batch(bodies)
            notes = later


def _language(record) -> str:
    """Return the language in which the company of ``record`` is written to."""
    company = record.sudo().company_id or record.env.company
    return company.partner_id.lang or ENGLISH
