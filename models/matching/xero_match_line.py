"""What a matching proposes for one record, one element of Xero, or both."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ..link.reason import ReasonChar, ReasonText
from .reasons import sentence, speaks_against
from .xero_match import CONTACTS, DOCUMENTS

KINDS = [
    ("contact", "Contact"),
    ("out_invoice", "Invoice"),
    ("in_invoice", "Bill"),
    ("out_refund", "Credit Note"),
    ("in_refund", "Vendor Credit"),
    ("payment", "Payment"),
]
VERDICTS = [
    ("sure", "Sure"),
    ("likely", "Likely"),
    ("doubtful", "Doubtful"),
    ("odoo_only", "Only in Odoo"),
    ("xero_only", "Only in Xero"),
]
HERE = ("res_model", "res_id", "odoo_name", "fingerprint", "differing", "chosen_by_id")
NO_XERO = {"xero_id": False, "xero_name": False, "element_id": False, "xero_archived": False}


class XeroMatchLine(models.Model):
    _name = "xero.match.line"
    _inherit = ["xero.company.guard"]
    _description = "Xero Match"
    _order = "match_id desc, id"
    _rec_name = "odoo_name"

    match_id = fields.Many2one(
        "xero.match", "Matching", required=True, ondelete="cascade", index=True, readonly=True
    )
    connection_id = fields.Many2one(related="match_id.connection_id", store=True)
    company_id = fields.Many2one(related="match_id.company_id", store=True, index=True)
    stage = fields.Selection([(CONTACTS, "Contacts"), (DOCUMENTS, "Documents")], required=True, readonly=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    parent_id = fields.Many2one(
        "xero.match.line", "Document", ondelete="cascade", index="btree_not_null", readonly=True
    )
    payment_ids = fields.One2many("xero.match.line", "parent_id", "Payments", readonly=True)
    xero_type = fields.Char("Xero Type", required=True, readonly=True)
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    odoo_name = fields.Char("In Odoo", readonly=True)
    odoo_archived = fields.Boolean("Archived in Odoo", readonly=True)
    xero_id = fields.Char("Xero ID", readonly=True)
    xero_name = fields.Char("In Xero", readonly=True)
    xero_archived = fields.Boolean("Archived in Xero", readonly=True)
    element_id = fields.Many2one(
        "xero.snapshot.element", "Element", ondelete="set null", index="btree_not_null", readonly=True
    )
    score = fields.Integer(readonly=True, help="0 to 100: how much speaks for the pair.")
    verdict = fields.Selection(VERDICTS, required=True, readonly=True, index=True)
    reasons = fields.Json(readonly=True, help="Pairs of code and value.")
    reason_text = fields.Char("Why", compute="_compute_reason_text")
    date = fields.Date(readonly=True)
    amount = fields.Float(digits=(16, 2), readonly=True)
    currency_code = fields.Char("Currency", readonly=True)
    differing = ReasonChar("Differs In", readonly=True)
    choice = fields.Selection(
        [("open", "Open"), ("link", "The same"), ("apart", "Not the same"), ("book", "Book in Odoo")],
        required=True,
        default="open",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("open", "To Review"),
            ("waiting", "Being Linked"),
            ("linked", "Linked"),
            ("trouble", "Not Possible"),
            ("kept", "Could Not Be Undone"),
            ("undone", "Undone"),
        ],
        "Status",
        required=True,
        default="open",
        readonly=True,
        index=True,
    )
    problem = ReasonText(readonly=True)
    differences = fields.Selection(
        lambda self: self.env["xero.match"]._fields["differences"].selection,
        "Where They Differ",
        help="Empty: as chosen for the whole matching.",
    )
    fingerprint = fields.Char(readonly=True, help="Of the record in Odoo when it was compared.")
    link_id = fields.Many2one(
        "xero.link", "Xero Link", ondelete="set null", readonly=True, index="btree_not_null"
    )
    linked_at = fields.Datetime(readonly=True)
    agreed = fields.Char(readonly=True, help="What the link said when it was made: another text means it was used.")
    touched = fields.Boolean(readonly=True, help="Linking wrote Xero's values to the record in Odoo.")
    chosen_by_id = fields.Many2one("res.users", readonly=True)
    candidate_ids = fields.One2many("xero.match.candidate", "line_id", "Others That Fit", readonly=True)

    _record = models.Index("(match_id, res_model, res_id)")
    _element_chosen = models.UniqueIndex(
        "(match_id, xero_type, xero_id) WHERE choice = 'link' AND state != 'undone'",
        "This element of Xero is matched with another record already.",
    )

    # === COMPUTE === #

    @api.depends("odoo_name", "xero_name")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.odoo_name or line.xero_name or self.env._("Matching pair")

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for line in self:
            told = [(code, sentence(self.env, code, value)) for code, value in line.reasons or []]
            told.sort(key=lambda pair: speaks_against(self.env, pair[0]), reverse=line.verdict == "doubtful")
            line.reason_text = " · ".join(text for _code, text in told)

    def _matching(self):
        """Return the model of the line's stage."""
        return self.env["xero.match.kind"]._for_stage(self.stage)

    # === PEOPLE === #

    def write(self, vals):
        """People write what happens to differences; everything else is done by buttons."""
        if not self.env.su and set(vals) - {"differences"}:
            raise UserError(self.env._("Use the buttons: they see to it that both sides stay in step."))
        return super().write(vals)

    def _check_open(self):
        self.match_id._check_may_decide()
        self.check_access("read")
        for match in self.match_id:
            match._check_state("review")
        if any(line.state not in ("open", "trouble") for line in self):
            raise UserError(self.env._("What is linked or being linked cannot be changed here any more."))

    def _confirm(self):
        """Have these lines linked by the worker."""
        ready = self.sudo().filtered(lambda line: line.res_id and line.xero_id)
        ready.write({"choice": "link", "state": "waiting", "problem": False, "chosen_by_id": self.env.uid})
        ready.match_id._enqueue_work()
        ready.match_id._notify_screens()

    def action_link(self):
        """Say that both are the same, and link them; opens the next one to decide when it was one."""
        self._check_open()
        lacking = self.filtered(lambda line: not (line.res_id and line.xero_id))
        if lacking:
            raise UserError(
                self.env._(
                    "%s has no counterpart yet: choose one first.",
                    ", ".join(map(named, lacking.mapped("display_name")[:3])),
                )
            )
        self._confirm()
        return self._next_action() if len(self) == 1 else None

    def action_apart(self):
        """Say that the two are not the same: each stays alone."""
        self._check_open()
        self.sudo().write({"choice": "apart", "state": "open", "problem": False, "chosen_by_id": self.env.uid})
        return self._next_action() if len(self) == 1 else None

    def action_reopen(self):
        """Take a choice back that nothing was done about yet."""
        self._check_open()
        self.sudo().write({"choice": "open", "state": "open", "problem": False, "chosen_by_id": False})

    def action_skip(self):
        """Open the next one to decide."""
        self.ensure_one()
        return self._next_action()

    def _next_action(self):
        """Return the action for the next line of the verdict that waits for a decision; the matching without one."""
        domain = [
            ("match_id", "=", self.match_id.id),
            ("stage", "=", self.stage),
            ("verdict", "=", self.verdict),
            ("choice", "=", "open"),
            ("state", "=", "open"),
            ("parent_id", "=", False),
        ]
        following = self.search([*domain, ("id", ">", self.id)], order="id", limit=1) or self.search(
            [*domain, ("id", "!=", self.id)], order="id", limit=1
        )
        if not following:
            return {**self.match_id._get_records_action(name=self.env._("Match Records")), "target": "main"}
        action = following._get_records_action(name=self.env._("Match Records"))
        return {"type": "ir.actions.client", "tag": "xero_connector.match_next", "params": {"action": action}}

    # === ANOTHER COUNTERPART === #

    def _choose(self, element):
        """Make ``element`` of the snapshot the counterpart; whoever had it before stays alone."""
        self._check_open()
        self.ensure_one()
        if element.snapshot_id != self.match_id.snapshot_id or element.xero_type != self.xero_type:
            raise UserError(self.env._("This record of Xero does not go with that line."))
        if not self.res_id:
            raise UserError(self.env._("Choose from the record in Odoo: this line has none."))
        line, former = self.sudo(), self.sudo().element_id
        others = line.search(
            [
                ("match_id", "=", line.match_id.id),
                ("xero_type", "=", line.xero_type),
                ("xero_id", "=", element.xero_id),
                ("id", "!=", line.id),
            ]
        )
        if others.filtered(lambda other: other.state in ("waiting", "linked", "kept")):
            raise UserError(self.env._("%s is matched with another record already.", named(others[:1].xero_name)))
        others.filtered(lambda other: not other.res_id).unlink()
        others.exists().write({**NO_XERO, "verdict": "odoo_only", "choice": "open", "score": 0, "reasons": []})
        line.write(
            {
                **line._element_values(element),
                "verdict": "doubtful",
                "choice": "open",
                "reasons": [["chosen", self.env.user.name]],
                "score": 0,
                "chosen_by_id": self.env.uid,
                "state": "open",
                "problem": False,
            }
        )
        line._explain_pair()
        if former and former != element:
            line._leave_alone(former)

    def _element_values(self, element) -> dict:
        return {
            "xero_id": element.xero_id,
            "xero_name": self._matching()._element_name(element),
            "element_id": element.id,
            "xero_archived": element.status in ("ARCHIVED", "GDPRREQUEST"),
        }

    def _leave_alone(self, element):
        """Keep an element that lost its counterpart in sight."""
        self.copy(
            {
                **self._element_values(element),
                **dict.fromkeys(
                    ("res_model", "res_id", "odoo_name", "fingerprint", "differing", "chosen_by_id"), False
                ),
                "verdict": "xero_only",
                "choice": "open",
                "state": "open",
                "score": 0,
                "reasons": [],
            }
        )

    def _explain_pair(self):
        """Compare the pair that a person chose, so that the reasons show."""
        pair = self.sudo()._matching()._compare_one(self)
        if pair:
            self.write({"score": pair.score, "reasons": [*(list(reason) for reason in pair.reasons), *self.reasons]})

    def action_open_record(self):
        self.ensure_one()
        record = self.res_model and self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("There is no record in Odoo on this line."))
        return record._get_records_action()


class XeroMatchCandidate(models.Model):
    """Another one that fits: of Xero for the line's record, or of Odoo for the line's element."""

    _name = "xero.match.candidate"
    _inherit = ["xero.company.guard"]
    _description = "Xero Match Candidate"
    _order = "score desc, id"

    line_id = fields.Many2one("xero.match.line", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one(related="line_id.company_id", store=True)
    res_id = fields.Integer(readonly=True)
    odoo_name = fields.Char("In Odoo", readonly=True)
    xero_id = fields.Char(readonly=True)
    xero_name = fields.Char("In Xero", readonly=True)
    score = fields.Integer(readonly=True)
    verdict = fields.Selection(VERDICTS, readonly=True)
    reasons = fields.Json(readonly=True)
    reason_text = fields.Char("Why", compute="_compute_reason_text")
    is_open = fields.Boolean(compute="_compute_is_open")

    @api.depends("reasons")
    @api.depends_context("lang")
    def _compute_reason_text(self):
        for candidate in self:
            candidate.reason_text = " · ".join(
                sentence(self.env, code, value) for code, value in candidate.reasons or []
            )

    @api.depends("line_id.state")
    def _compute_is_open(self):
        for candidate in self:
            candidate.is_open = candidate.line_id.state in ("open", "trouble")

    def action_choose(self):
        """Take this pair in place of the one proposed."""
        self.ensure_one()
        self.check_access("read")
        line = self.line_id
        if line.res_id != self.res_id:
            line = line.search(
                [
                    ("match_id", "=", line.match_id.id),
                    ("res_model", "=", line._matching()._odoo_model),
                    ("res_id", "=", self.res_id),
                    ("parent_id", "=", False),
                ],
                limit=1,
            )
        element = self.env["xero.snapshot.element"].search(
            [
                ("snapshot_id", "=", self.line_id.match_id.snapshot_id.id),
                ("xero_type", "=", self.line_id.xero_type),
                ("xero_id", "=", self.xero_id),
            ],
            limit=1,
        )
        if not line or not element:
            raise UserError(self.env._("The other one is not open any more. Read Xero again."))
        line._choose(element)
        return line._get_records_action(name=self.env._("Match Records"))
