"""What a preview found: one row for each record, and one for each problem."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.reason import Reason, unpack
from ..inbound.wording import StateWords
from ..link.reason import ReasonText
from .reader import RESENT
from .topics import TOPICS, hint_of

ACTIONS = [
    ("blocked", "Cannot be sent"),
    ("conflict", "Waits for your decision"),
    ("create", "Create"),
    ("update", "Change"),
    ("void", "Void"),
    ("delete", "Delete"),
    ("archive", "Archive"),
    ("same", "Unchanged"),
    ("left", "Left out"),
]
RECORD_KINDS = [
    ("contact", "Contact"),
    ("out_invoice", "Customer Invoice"),
    ("out_receipt", "Sales Receipt"),
    ("out_refund", "Customer Credit Note"),
    ("in_invoice", "Vendor Bill"),
    ("in_receipt", "Purchase Receipt"),
    ("in_refund", "Vendor Credit Note"),
    ("payment", "Payment"),
    ("other", "Other"),
]
SEVERITIES = [("problem", "Problem"), ("warning", "To check"), ("notice", "Good to know")]


class XeroPreviewLine(models.Model):
    """One record and what would become of it in Xero. Without ``action`` it was not looked at yet."""

    _name = "xero.preview.line"
    _inherit = ["xero.company.guard"]
    _description = "Xero Preview Line"
    # What was chosen first, and of it what cannot be sent.
    _order = "first, action, rank, date, res_id"
    _rec_name = "number"

    preview_id = fields.Many2one("xero.preview", required=True, ondelete="cascade", readonly=True)
    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    xero_type = fields.Char(required=True, readonly=True)
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", required=True, readonly=True)
    operation = fields.Char(readonly=True)
    rank = fields.Integer(readonly=True)
    first = fields.Boolean("Needed First", readonly=True, help="Nobody asked for it: others need it in Xero.")
    action = fields.Selection(ACTIONS, readonly=True)
    kind = fields.Selection(RECORD_KINDS, readonly=True)
    number = fields.Char(readonly=True)
    contact = fields.Char(readonly=True)
    date = fields.Date(readonly=True)
    due_date = fields.Date(readonly=True)
    currency = fields.Char(readonly=True)
    untaxed = fields.Float("Subtotal", digits=(16, 2), readonly=True, help="In the currency of the document.")
    tax = fields.Float(digits=(16, 2), readonly=True)
    total = fields.Float(digits=(16, 2), readonly=True)
    status = fields.Char("Status in Xero", readonly=True)
    taken = fields.Boolean(readonly=True, help="Its number is new to Xero's series of sales numbers.")
    card = fields.Json(readonly=True, help="The document as Xero would show it.")
    changes = fields.Json(readonly=True, help="Field by field: name, before (as last agreed), after.")
    needs = fields.Json(readonly=True, help="Pairs (model, record id) of what must be in Xero first.")
    problem_ids = fields.Many2many(
        "xero.preview.problem", "xero_preview_problem_rel", "line_id", "problem_id", "Problems", readonly=True
    )
    message = ReasonText("What Is Found", readonly=True)
    shown = fields.Html("As Xero Shows It", compute="_compute_shown", sanitize=False)

    _record_unique = models.UniqueIndex("(preview_id, xero_type, res_model, res_id)")
    _todo = models.Index("(preview_id, rank, id) WHERE action IS NULL")

    @api.depends("card", "changes", "action", "message")
    @api.depends_context("lang")
    def _compute_shown(self):
        labels = self.env["xero.conflict.line"]._labels()
        for line in self:
            card = dict(line.card or {})
            if card.get("fields"):
                card["fields"] = [[labels.get(name, name), self._worded(name, value)] for name, value in card["fields"]]
            card |= {name: self._worded(name, card[name]) for name in ("date", "due_date") if card.get(name)}
            card["status_name"] = self._worded("status", card.get("status"))
            changes = [self._change_shown(labels, *change) for change in line.changes or ()]
            values = {"line": line, "card": card, "changes": changes}
            line.shown = self.env["ir.qweb"]._render("xero_connector.preview_card", values)

    def _change_shown(self, labels, name, before, after) -> list:
        if name == RESENT:
            return [self.env._("Details"), "", self.env._("Sent again: it was never compared in full.")]
        return [labels.get(name, name), self._worded(name, before), self._worded(name, after)]

    def _worded(self, name, stored) -> str:
        """Return what the reader stored of the field ``name``, in the language of who looks at it."""
        text = unpack(self.env, stored)
        return text if isinstance(text, Reason) else StateWords(self.env).say(name, text)

    def action_open_record(self):
        """Open the record in Odoo."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("This record was deleted in Odoo."))
        return record._get_records_action()


class XeroPreviewProblem(models.Model):
    """One thing to mend, or to know, with all the records it concerns."""

    _name = "xero.preview.problem"
    _inherit = ["xero.company.guard"]
    _description = "Xero Preview Problem"
    _order = "sequence, count desc, id"
    _rec_name = "message"

    preview_id = fields.Many2one("xero.preview", required=True, ondelete="cascade", readonly=True, index=True)
    connection_id = fields.Many2one(related="preview_id.connection_id")
    company_id = fields.Many2one(related="preview_id.company_id", store=True)
    sequence = fields.Integer(readonly=True)
    severity = fields.Selection(SEVERITIES, required=True, readonly=True)
    topic = fields.Selection(TOPICS, "Reason", required=True, readonly=True)
    message = ReasonText(readonly=True)
    hint = fields.Char("What to Do", compute="_compute_hint")
    key = fields.Char(required=True, readonly=True, help="What makes it the same problem.")
    fix_model = fields.Char(readonly=True)
    fix_res_id = fields.Integer(readonly=True)
    fix_missing = fields.Json(readonly=True, help="The mapping that there is no row for yet.")
    has_fix = fields.Boolean(compute="_compute_has_fix")
    count = fields.Integer("Records", readonly=True)
    line_ids = fields.Many2many(
        "xero.preview.line", "xero_preview_problem_rel", "problem_id", "line_id", "Lines", readonly=True
    )

    _key_unique = models.UniqueIndex("(preview_id, key)")

    @api.depends("topic")
    def _compute_hint(self):
        for problem in self:
            problem.hint = hint_of(self.env, problem.topic)

    @api.depends("fix_model", "fix_missing", "count")
    def _compute_has_fix(self):
        for problem in self:
            problem.has_fix = bool(problem.fix_model or problem.fix_missing or problem.count == 1)

    def action_fix(self):
        """Open what mends it: the mapping, account, partner, settings, or the one document."""
        self.ensure_one()
        self.check_access("read")
        if self.topic == "unread":
            return self._open_readings()
        model, res_id = self.fix_model, self.fix_res_id
        if self.fix_missing:
            model, res_id = self._missing_row()
        record = self.env[model].browse(res_id).exists() if model in self.env and res_id else None
        if not record and self.count == 1:
            return self.line_ids.action_open_record()
        if not record:
            return self.action_open_lines()
        name = self.env["ir.model"].sudo()._get(model).name
        return record._get_records_action(target="new" if model.startswith("xero.mapping") else "current", name=name)

    def _open_readings(self):
        """Open the connection, where Xero is read as a whole: that costs calls and time, so a person starts it.

        People of a branch leave that to those of the parent, and see the documents.
        """
        connection = self.connection_id
        return connection._get_records_action() if connection.has_access("read") else self.action_open_lines()

    def _missing_row(self) -> tuple:
        """Return the mapping row to fill in; a person asked for it, so it is made."""
        kind, *key = self.fix_missing
        missing = (kind, *(tuple(part) if isinstance(part, list) else part for part in key))
        connection, mappings = self.sudo().connection_id, self.env["xero.mapping.service"].sudo()
        found = mappings._missing_row(connection, missing)
        if not found:
            mappings._ensure_missing(connection, [missing])
            found = mappings._missing_row(connection, missing)
        return found._name, found.id

    def action_open_lines(self):
        """Open the records it concerns."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_preview_line")
        return {**action, "domain": [("problem_ids", "in", self.ids)], "context": {}}
