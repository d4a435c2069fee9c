"""The first day: who in Odoo is who in Xero, before anything is sent."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ..link.own_context import sent_value
from ..link.reason import ReasonText

CONTACTS, DOCUMENTS = "contacts", "documents"
OPEN_STATES = ("reading", "scoring", "review", "undoing", "failed")


class XeroMatch(models.Model):
    """One matching of a company's books with an organisation's: read, scored, reviewed, linked.

    Until a person confirms, nothing is sent to Xero and nothing is written in Odoo but these rows; confirming makes
    links, and links only. The reading is a snapshot; scoring, linking and undoing are the lane's worker's.
    """

    _name = "xero.match"
    _inherit = ["xero.company.guard"]
    _description = "Xero Matching"
    _order = "id desc"
    _rec_name = "connection_id"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    snapshot_id = fields.Many2one("xero.snapshot", ondelete="set null", readonly=True, index="btree_not_null")
    state = fields.Selection(
        [
            ("reading", "Reading Xero"),
            ("scoring", "Comparing"),
            ("review", "In Review"),
            ("done", "Done"),
            ("undoing", "Undoing"),
            ("undone", "Undone"),
            ("failed", "Stopped"),
            ("abandoned", "Given Up"),
        ],
        "Status",
        required=True,
        default="reading",
        readonly=True,
        index=True,
    )
    stage = fields.Selection(
        [(CONTACTS, "Contacts"), (DOCUMENTS, "Documents and Payments")],
        required=True,
        default=CONTACTS,
        readonly=True,
        help="What is named comes before what names it: documents are compared by the contacts that are linked.",
    )
    stage_title = fields.Char(compute="_compute_stage_title")
    is_last_stage = fields.Boolean(compute="_compute_stage_title")
    is_one_way = fields.Boolean(compute="_compute_stage_title")
    changes_at = fields.Datetime(readonly=True, help="When changes in Xero were read last, for the present stage.")
    work_done = fields.Integer(readonly=True)
    work_total = fields.Integer(readonly=True)
    progress = fields.Float("Progress %", compute="_compute_progress")
    reason = ReasonText(readonly=True)
    user_id = fields.Many2one("res.users", "Started By", readonly=True, default=lambda self: self.env.user)
    finished_at = fields.Datetime("Ended", readonly=True)
    differences = fields.Selection(
        [
            ("keep", "Leave both as they are"),
            ("odoo", "Odoo's values go to Xero"),
            ("xero", "Xero's values go to Odoo"),
        ],
        "Where They Differ",
        required=True,
        default="keep",
        help="What happens to fields that differ between a record and its match. Left as they "
        "are, the next edit on either side is what travels. What is empty on one side never clears the other.",
    )
    line_ids = fields.One2many("xero.match.line", "match_id", readonly=True)
    sure_count = fields.Integer("Sure", compute="_compute_counts")
    likely_count = fields.Integer("Likely", compute="_compute_counts")
    doubtful_count = fields.Integer("Doubtful", compute="_compute_counts")
    odoo_only_count = fields.Integer("Only in Odoo", compute="_compute_counts")
    xero_only_count = fields.Integer("Only in Xero", compute="_compute_counts")
    linked_count = fields.Integer("Linked", compute="_compute_counts")
    waiting_count = fields.Integer("Being Linked", compute="_compute_counts")
    trouble_count = fields.Integer("Not Possible", compute="_compute_counts")
    kept_count = fields.Integer("Could Not Be Undone", compute="_compute_counts")

    _open_unique = models.UniqueIndex(
        "(connection_id) WHERE state IN ('reading', 'scoring', 'review', 'undoing', 'failed')",
        "This organisation is being matched already.",
    )

    # === COMPUTE === #

    @api.depends("state", "work_done", "work_total", "snapshot_id.progress")
    def _compute_progress(self):
        for match in self:
            if match.state == "reading":
                match.progress = match.sudo().snapshot_id.progress
            else:
                match.progress = 100.0 * match.work_done / match.work_total if match.work_total else 0.0

    @api.depends("stage", "connection_id")
    @api.depends_context("lang")
    def _compute_stage_title(self):
        names = dict(self._fields["stage"]._description_selection(self.env))
        for match in self:
            stages = match._stages()
            match.is_last_stage = match.stage == stages[-1]
            match.is_one_way = match._kind()._one_way
            match.stage_title = self.env._(
                "Step %(number)s of %(count)s: %(stage)s",
                number=stages.index(match.stage) + 1,
                count=len(stages),
                stage=names[match.stage],
            )

    @api.depends("line_ids.verdict", "line_ids.state", "stage")
    def _compute_counts(self):
        rows = self.env["xero.match.line"]._read_group(
            [("match_id", "in", self.ids), ("parent_id", "=", False)],
            ["match_id", "stage", "verdict", "choice", "state"],
            ["__count"],
        )
        for match in self:
            own = [row[1:] for row in rows if row[0] == match]
            here = [row for row in own if row[0] == match.stage]
            for verdict in ("sure", "likely", "doubtful", "odoo_only", "xero_only"):
                match[f"{verdict}_count"] = sum(
                    row[4] for row in here if row[1] == verdict and row[2] == "open" and row[3] == "open"
                )
            for name, state in (("waiting", "waiting"), ("trouble", "trouble"), ("kept", "kept"), ("linked", "linked")):
                match[f"{name}_count"] = sum(row[4] for row in own if row[3] == state)

    # === START === #

    def write(self, vals):
        """People write what happens to differences; everything else is done by buttons."""
        if not self.env.su and set(vals) - {"differences"}:
            raise UserError(self.env._("Use the buttons of the matching."))
        return super().write(vals)

    @api.model
    def _start(self, connection):
        """Return the open matching of ``connection``, or begin one.

        :raise AccessError: the user decides nothing there
        :raise UserError: the organisation is not connected
        """
        connection.ensure_one()._check_accountant()
        found = self.search([("connection_id", "=", connection.id), ("state", "in", OPEN_STATES)], limit=1)
        if found:
            return found
        if connection.state != "connected":
            raise UserError(
                self.env._("%s is not connected to Xero: connect it first.", named(connection.company_id.name))
            )
        self.env["xero.click"]._check_calls_left(connection)
        match = self.sudo().create({"connection_id": connection.id})
        match._read()
        return self.browse(match.id)

    @api.model
    def action_match_now(self):
        """Open the matching of the company that is switched on, or begin one."""
        return self.env["xero.connection"]._of_company().action_match()

    def _read(self):
        """Have Xero read, and new contacts and documents wait meanwhile."""
        self._keep_back(True)
        types = [xero_type for kind in self._kinds() for xero_type in kind._types]
        snapshot = self.env["xero.snapshot"]._request(self.connection_id, types, self, by_person=True)
        self.write({"state": "reading", "stage": self._stages()[0], "reason": False, "snapshot_id": snapshot.id})

    def _kinds(self) -> list:
        """Return the models of the stages, in order."""
        return self.env["xero.match.kind"]._of(self.connection_id.sudo())

    def _stages(self) -> list[str]:
        """Return the stages; the present one is among them, even if it was switched off meanwhile."""
        kinds = self.env["xero.match.kind"]._all()
        wanted = {self.stage, *(kind._stage for kind in self._kinds())}
        return [kind._stage for kind in kinds if kind._stage in wanted]

    def _kind(self):
        """Return the model of the present stage."""
        return self.env["xero.match.kind"]._for_stage(self.stage)

    def _keep_back(self, held: bool):
        """Have the worker keep back what is new in Odoo while it is not known whether Xero has it."""
        if "hold_until_matched" in self.connection_id._fields:
            self.connection_id.hold_until_matched = held

    def _on_snapshot_ready(self, snapshot):
        """All is read: compare. Called by the worker."""
        if self.state == "reading" and self.snapshot_id == snapshot:
            self._compare_stage()

    def _on_snapshot_failed(self, snapshot, reason):
        """Xero could not be read: say why. Called by the worker."""
        if self.state == "reading" and self.snapshot_id == snapshot:
            self.write({"state": "failed", "reason": reason})

    def _compare_stage(self):
        self.write({"state": "scoring", "work_done": 0, "work_total": 0, "reason": False, "changes_at": False})
        self._enqueue_work()

    def _enqueue_work(self):
        """Queue the worker's part, and wake it."""
        for match in self.sudo():
            self.env["xero.task.match"]._enqueue(match.connection_id, priority=1)
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)

    def _notify_screens(self):
        for match in self:
            self.env["bus.bus"]._sendone(
                (match.company_id, "xero"), "xero_connector.status", {"model": self._name, "ids": match.ids}
            )

    # === PEOPLE === #

    def _check_state(self, *states):
        self.ensure_one()
        self._check_may_decide()
        if self.state not in states:
            raise UserError(self.env._("This step is over, or its turn has not come yet. Reload the page."))

    def action_confirm_sure(self):
        """Link all pairs that are sure."""
        self._check_state("review")
        self._confirm_all("sure")

    def action_confirm_likely(self):
        """Link all pairs that are likely."""
        self._check_state("review")
        self._confirm_all("likely")

    def _confirm_all(self, verdict):
        self._open_lines(verdict)._confirm()

    def _open_lines(self, verdict):
        return self.env["xero.match.line"].search(
            [
                ("match_id", "=", self.id),
                ("stage", "=", self.stage),
                ("verdict", "=", verdict),
                ("choice", "=", "open"),
                ("state", "=", "open"),
                ("parent_id", "=", False),
            ]
        )

    def action_next(self):
        """Go on to the next stage, which is compared by what is linked by now."""
        self._check_state("review")
        self._check_idle()
        stages = self._stages()
        if self.stage == stages[-1]:
            return self.action_done()
        self.sudo().stage = stages[stages.index(self.stage) + 1]
        self.sudo()._compare_stage()
        return None

    def action_done(self):
        """End the matching: what is not linked is new on its side, and waits no longer."""
        self._check_state("review")
        self._check_idle()
        self.sudo()._close("done")

    def _check_idle(self):
        if self.waiting_count:
            raise UserError(self.env._("Links are being made. It takes a moment; then go on."))

    def _close(self, state):
        self.write({"state": state, "finished_at": fields.Datetime.now()})
        self._keep_back(False)
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)

    def action_read_again(self):
        """Read Xero again and compare once more; links that were made stay, everything else is proposed again."""
        self._check_state("review", "failed")
        if self.state == "failed":
            waiting = self.sudo().line_ids.filtered(lambda line: line.state == "waiting")
            waiting.write({"state": "open", "choice": "open"})
        self._check_idle()
        self.env["xero.click"]._check_calls_left(self.connection_id)
        self.sudo()._drop_undecided()
        self.sudo()._read()

    def _drop_undecided(self):
        """Delete the lines that nobody has decided about."""
        self.line_ids.filtered(
            lambda line: (
                not line.parent_id and ((line.state == "open" and line.choice != "apart") or line.state == "trouble")
            )
        ).unlink()

    def action_abandon(self):
        """Stop without linking anything more; links that were made stay until they are undone."""
        self._check_state("reading", "scoring", "review", "failed")
        if self.state == "reading":
            self.sudo().snapshot_id._cancel(self.env["xero.reason"]._("The matching was given up."))
        self.sudo().line_ids.filtered(lambda line: line.state == "waiting").write({"state": "open", "choice": "open"})
        self.sudo()._close("abandoned")

    def action_undo(self):
        """Take away the links that this matching made, as far as nothing was synced through them since."""
        self._check_state("review", "done", "abandoned")
        self._check_idle()
        others = self.search_count(
            [("connection_id", "=", self.connection_id.id), ("state", "in", OPEN_STATES), ("id", "!=", self.id)],
            limit=1,
        )
        if others:
            raise UserError(self.env._("Another matching of this organisation is open: end it first."))
        self.sudo().write({"state": "undoing", "work_done": 0, "work_total": self.linked_count})
        self.sudo()._enqueue_work()

    # === SCREENS === #

    def _open_action(self, name, domain, stage=None):
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_match_line")
        return {
            **action,
            "display_name": name,
            "domain": [
                ("match_id", "=", self.id),
                ("parent_id", "=", False),
                ("stage", "=", stage or self.stage),
                *domain,
            ],
            "context": {"match_id": self.id},
        }

    def action_open_verdict(self):
        """Open the pairs of the verdict named in the context as ``verdict``."""
        self.ensure_one()
        verdict = sent_value(self.env, "verdict", str)
        names = dict(self.env["xero.match.line"]._fields["verdict"]._description_selection(self.env))
        domain = [("verdict", "=", verdict), ("state", "in", ("open", "waiting"))]
        return self._open_action(names.get(verdict, ""), domain)

    def action_open_linked(self):
        self.ensure_one()
        return {
            **self._open_action(self.env._("Linked"), []),
            "domain": [("match_id", "=", self.id), ("state", "=", "linked")],
        }

    def action_open_trouble(self):
        self.ensure_one()
        return {
            **self._open_action(self.env._("Needs You"), []),
            "domain": [("match_id", "=", self.id), ("state", "in", ("trouble", "kept"))],
        }

    def action_open_all(self):
        self.ensure_one()
        return self._open_action(self.env._("All"), [])
