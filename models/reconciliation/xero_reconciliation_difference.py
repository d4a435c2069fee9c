from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..link.access import ALL
from ..link.reason import ReasonChar, ReasonText
from .kinds import KINDS, REPAIRS, SECTIONS

# Facts are never written again; this is what people do about them.
DONE_ABOUT_IT = {"state", "repair", "acted_by_id", "acted_at", "ignore_id", "failure"}


class XeroReconciliationDifference(models.Model):
    """One difference: what each side holds, what it means, and what was done about it."""

    _name = "xero.reconciliation.difference"
    _inherit = ["xero.company.guard"]
    _description = "Xero Difference"
    _order = "reconciliation_id desc, section, kind, size desc, id"
    _rec_name = "record_name"

    _kept_by_workers = ALL

    reconciliation_id = fields.Many2one("xero.reconciliation", required=True, ondelete="cascade", index=True)
    connection_id = fields.Many2one(related="reconciliation_id.connection_id", store=True, index=True)
    company_id = fields.Many2one(related="reconciliation_id.company_id", store=True)
    section = fields.Selection(list(SECTIONS.items()), required=True, readonly=True)
    kind = fields.Selection([(name, kind.label) for name, kind in KINDS.items()], required=True, readonly=True)
    explanation = fields.Char("What It Means", compute="_compute_explanation")
    # === SUBJECT === #
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    record_name = fields.Char("In Odoo", readonly=True)
    xero_type = fields.Char(readonly=True)
    xero_id = fields.Char("Xero ID", readonly=True)
    xero_number = fields.Char("In Xero", readonly=True)
    xero_url = fields.Char(compute="_compute_xero_url")
    item_model = fields.Char(readonly=True, help="The payment or credit on the document.")
    item_id = fields.Integer(readonly=True)
    item_type = fields.Char(readonly=True)
    item_xero_id = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True, ondelete="set null")
    contact_name = fields.Char("Contact Name", readonly=True)
    date = fields.Date(readonly=True)
    # === FACTS === #
    odoo_value = ReasonChar("Odoo Has", readonly=True)
    xero_value = ReasonChar("Xero Has", readonly=True)
    currency_code = fields.Char("Document Currency", readonly=True)
    amount = fields.Float(
        "Odoo less Xero", digits=(20, 2), readonly=True, help="In the currency of the document; 0 where it is none."
    )
    size = fields.Monetary(readonly=True, help="Without sign, in the organisation's own currency.")
    currency_id = fields.Many2one(related="reconciliation_id.currency_id")
    note = ReasonText(readonly=True)
    total_keys = fields.Text(readonly=True, help="The sums that this makes unequal.")
    fingerprint = fields.Char(readonly=True, index=True)
    # === WHAT WAS DONE === #
    state = fields.Selection(
        [("open", "Open"), ("repairing", "Fix Queued"), ("ignored", "Accepted")],
        "Status",
        required=True,
        default="open",
        readonly=True,
        index=True,
    )
    proposed = fields.Selection(list(REPAIRS.items()), compute="_compute_proposed")
    repair = fields.Selection(list(REPAIRS.items()), "Fix", readonly=True)
    failure = ReasonChar("Why Not", readonly=True, help="Why the last repair could not begin.")
    repair_state = fields.Selection(
        [("under_way", "Under Way"), ("failed", "Failed"), ("ended", "Ended, Not Proved Yet")],
        "Fix Is",
        compute="_compute_repair_state",
    )
    repair_failure = ReasonText("Why It Failed", compute="_compute_repair_state")
    acted_by_id = fields.Many2one("res.users", "By", readonly=True)
    acted_at = fields.Datetime("At", readonly=True)
    ignore_id = fields.Many2one("xero.reconciliation.ignore", readonly=True, ondelete="set null")
    ignore_reason = fields.Char(related="ignore_id.reason", string="Reason Accepted")
    can_send = fields.Boolean(compute="_compute_proposed")
    can_fetch = fields.Boolean(compute="_compute_proposed")
    can_link = fields.Boolean(compute="_compute_proposed")
    can_import = fields.Boolean(compute="_compute_proposed")
    can_remove = fields.Boolean(compute="_compute_proposed")

    # === COMPUTE === #

    @api.depends("kind")
    def _compute_explanation(self):
        kinds = self.env["xero.reconciler"]._kinds()
        for row in self:
            row.explanation = self.env._(kinds[row.kind].explanation)

    @api.depends("kind", "state")
    def _compute_proposed(self):
        for row in self:
            repairs = row._repairs() if row._is_to_mend() else ()
            row.proposed = repairs[0] if repairs else False
            for name in REPAIRS:
                row[f"can_{name}"] = name in repairs

    def _repairs(self) -> tuple:
        """Return the repairs that are possible here, the proposed one first."""
        repairs = self.env["xero.reconciler"]._kinds()[self.kind].repairs
        if self.kind == "status" and not self._is_posted():
            return ()
        if self.kind == "payment_double" and not self.item_type:
            return ()
        return repairs

    def _is_posted(self) -> bool:
        record = self._record()
        return bool(record) and record.state == "posted"

    @api.depends("xero_id", "xero_type", "res_model")
    def _compute_xero_url(self):
        links, pages = self.env["xero.link"].sudo(), self.env["xero.mapper"]._pages_of(self)
        for row in self:
            link = links.new({"connection_id": row.connection_id.id, "xero_id": row.xero_id})
            row.xero_url = row.xero_id and link._address(pages[row])

    def _record(self):
        """Return the record in Odoo; empty when there is none any more."""
        model = self.env[self.res_model].sudo() if self.res_model in self.env else self.env["account.move"].sudo()
        return model.browse(self.res_id or []).exists()

    def write(self, vals):
        if set(vals) - DONE_ABOUT_IT:
            raise UserError(self.env._("What a reconciliation found cannot be changed."))
        return super().write(vals)

    # === OPENING === #

    def action_open_record(self):
        """Open the record in Odoo."""
        self.ensure_one()
        self.check_access("read")
        record = self._record().with_user(self.env.user)
        if not record:
            raise UserError(self.env._("Odoo has no record of this; open it in Xero."))
        return record._get_records_action()

    def action_open_xero(self):
        """Open the element in Xero."""
        self.ensure_one()
        self.check_access("read")
        if not self.xero_url:
            raise UserError(self.env._("Xero has no page for this."))
        return {"type": "ir.actions.act_url", "url": self.xero_url, "target": "new"}

    def action_open_fix(self):
        """Open where the failed sending is mended, else the record."""
        self.ensure_one()
        record = self._record().with_user(self.env.user)
        return record.action_xero_fix() if record and "xero_has_fix" in record._fields else self.action_open_record()

    # === ACCEPTING === #

    def action_ignore(self):
        """Ask for the reason to accept these differences."""
        self._check_may_decide()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Accept Differences"),
            "res_model": "xero.reconciliation.ignore.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_difference_ids": self.ids},
        }

    def _ignore(self, reason: str) -> None:
        """Accept these differences for ``reason``; each stays accepted until either side changes."""
        self._check_may_decide()
        ignores = self.env["xero.reconciliation.ignore"].sudo()
        for row in self.sudo().filtered(lambda row: row.state != "ignored"):
            ignore = ignores.create(
                {
                    "connection_id": row.connection_id.id,
                    "company_id": row.company_id.id,
                    "fingerprint": row.fingerprint,
                    "summary": row._summary(),
                    "reason": reason,
                    "user_id": self.env.uid,
                }
            )
            row._act("ignored", ignore_id=ignore.id)

    def _summary(self) -> str:
        say = self.env["xero.reason"]
        label = say._label(self._name, "kind", self.kind)
        return say._join(": ", (label, self.record_name or self.xero_number or ""))

    def action_unignore(self):
        """Take the acceptance back: it counts as a difference again."""
        self._check_may_decide()
        rows = self.sudo().filtered(lambda row: row.state == "ignored")
        rows.ignore_id.write({"active": False})
        rows._act("open", ignore_id=False)
        return True

    def _act(self, state, **values):
        self.write(
            {
                "state": state,
                "acted_by_id": self.env.uid,
                "acted_at": fields.Datetime.now(),
                **values,
            }
        )

    @api.model
    def _mark_ignored(self, report) -> None:
        """Mark what was accepted before and has not changed since; one statement."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE xero_reconciliation_difference d SET state = 'ignored', ignore_id = i.id,
                          acted_by_id = i.user_id, acted_at = i.create_date
                     FROM xero_reconciliation_ignore i
                    WHERE d.reconciliation_id = %s AND i.connection_id = %s AND i.active
                      AND i.fingerprint = d.fingerprint""",
                report.id,
                report.connection_id.id,
            )
        )
        self.invalidate_model(flush=False)


class XeroReconciliationIgnore(models.Model):
    """A difference that a person accepted, until either side changes."""

    _name = "xero.reconciliation.ignore"
    _inherit = ["xero.company.guard"]
    _description = "Accepted Xero Difference"
    _order = "id desc"
    _rec_name = "summary"

    _kept_by_workers = ALL

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    fingerprint = fields.Char(required=True, readonly=True, index=True)
    summary = ReasonChar("Difference", readonly=True)
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "By", required=True, readonly=True)
    active = fields.Boolean(default=True)
