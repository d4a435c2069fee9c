"""The guide after connecting: what was found, what will happen, and the decisions that a person has to make."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ..link.access import XERO_ADMINISTRATOR, check_role
from ..matching.xero_match import OPEN_STATES
from ..queue.xero_sync_job import CLICK

STEPS = [
    ("organisation", "Organisation"),
    ("reading", "Chart of Accounts"),
    ("mapping", "Mapping"),
    ("payments", "Payments"),
    ("scope", "What to Sync"),
    ("match", "Match"),
    ("alerts", "Alerts"),
    ("webhooks", "Instant Updates"),
    ("done", "Done"),
]
ORDER = [step for step, _label in STEPS]


class XeroSetup(models.Model):
    """One guide for each connection. Every step can be left and taken up again; choices are the connection's own."""

    _name = "xero.setup"
    _inherit = ["xero.company.guard"]
    _description = "Xero Setup"
    _order = "finished_at desc, id"
    _rec_name = "connection_id"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    step = fields.Selection(STEPS, required=True, default="organisation")
    began_hold = fields.Boolean(readonly=True, help="Documents wait because the guide was begun, step by step.")
    asks_to_send = fields.Boolean(
        compute="_compute_asks_to_send", help="Documents wait, and nothing is matched: to end the wait is a decision."
    )
    furthest = fields.Integer(readonly=True, help="The furthest step that was looked at.")
    progress = fields.Integer(compute="_compute_progress")
    finished_steps = fields.Json(compute="_compute_finished_steps", help="Steps that need nobody any more.")
    finished_at = fields.Datetime("Finished", readonly=True)
    finished_by_id = fields.Many2one("res.users", "Finished By", readonly=True)

    _connection_unique = models.UniqueIndex("(connection_id)", "This connection has a guide already.")

    @api.depends("furthest", "finished_at")
    def _compute_progress(self):
        for setup in self:
            setup.progress = 100 if setup.finished_at else 100 * setup.furthest // len(ORDER)

    @api.depends("furthest", "finished_at", "reading_state", "suggested_count", "missing_count", "hold_until_matched")
    def _compute_finished_steps(self):
        for setup in self:
            passed = ORDER if setup.finished_at else ORDER[: setup.furthest]
            setup.finished_steps = [step for step in passed if step not in setup._open_steps()]

    @api.depends("hold_until_matched", "is_empty")
    def _compute_asks_to_send(self):
        for setup in self:
            waits = setup.hold_until_matched and not setup.is_empty
            setup.asks_to_send = waits and not setup._is_being_matched()

    def _open_steps(self) -> set[str]:
        """Return the steps in which something waits for the worker or for a person."""
        waiting = {
            "reading": self.reading_state != "ready",
            "mapping": bool(self.suggested_count or self.missing_count),
            "match": self.hold_until_matched,
        }
        return {step for step, waits in waiting.items() if waits}

    @api.depends("connection_id.name")
    def _compute_display_name(self):
        for setup in self:
            setup.display_name = self.env._("Set up %s", named(setup.connection_id.name))

    def write(self, vals):
        """Extend: remember how far a person has come; a guide that is begun keeps what was there from being sent."""
        if vals.get("step", "organisation") != "organisation" and not vals.get("finished_at"):
            self._set_matching_hold()
        result = super().write(vals)
        if vals.get("step"):
            place = ORDER.index(vals["step"])
            super(XeroSetup, self.filtered(lambda setup: setup.furthest < place).sudo()).write({"furthest": place})
        return result

    def _set_matching_hold(self):
        """Have documents wait when the first step is left, unless Xero holds nothing or a person let them go before."""
        undecided = self.env["xero.setup.hook"]._is_undecided
        for setup in self.filtered(lambda setup: not setup.furthest and undecided(setup.connection_id)):
            if not setup.connection_id.hold_until_matched:
                setup.sudo().began_hold = True
                setup.connection_id.hold_until_matched = True

    def _end_needless_hold(self):
        """Let documents go where the guide had them wait, and Xero turns out to hold nothing."""
        needless = self.filtered(lambda setup: setup.began_hold and setup.is_empty and not setup._is_being_matched())
        needless.connection_id.filtered("hold_until_matched").write({"hold_until_matched": False})
        needless.sudo().began_hold = False

    # === OPENING === #

    def _check_person(self):
        check_role(self.env, XERO_ADMINISTRATOR, self.env._("Only a Xero administrator sets up companies."))
        self.check_access("write")

    @api.model
    def _open_for(self, connection):
        """Return the action that opens the guide of ``connection`` where it was left."""
        if connection.company_id not in self.env.companies:
            raise UserError(
                self.env._(
                    "This is the connection of %s: switch to that company to set it up.",
                    named(connection.company_id.name),
                )
            )
        setup = self._of(connection)
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_setup")
        form = self.env.ref("xero_connector.xero_setup_view_form")
        return {**action, "res_id": setup.id, "view_mode": "form", "views": [(form.id, "form")], "target": "current"}

    @api.model
    def _of(self, connection):
        """Return the guide of ``connection``; a new one has the worker ask Xero what it needs to know."""
        setup = self.search([("connection_id", "=", connection.id)], limit=1)
        if not setup:
            setup = self.sudo().create({"connection_id": connection.id}).with_env(self.env)
            setup._request_facts()
        return setup

    @api.model
    def action_open(self):
        """Open the guide of the present company; as long as it is not connected, what connects it."""
        self._check_person()
        connection = self.env["xero.connection"].search([("company_id", "=", self.env.company.id)], limit=1)
        if connection and not connection._is_first_try():
            return connection.action_setup() if connection.state == "connected" else connection._get_records_action()
        if not connection and self.env.company.xero_connection_id:
            raise UserError(
                self.env._(
                    "%(branch)s uses the connection of %(parent)s: switch to that company to set it up.",
                    branch=named(self.env.company.name),
                    parent=named(self.env.company.sudo().xero_connection_id.company_id.name),
                )
            )
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_setup_wizard")
        return {**action, "context": {"default_company_id": self.env.company.id}}

    def _request_facts(self, *more: str) -> None:
        """Have the worker ask Xero what plan and books are like, and carry out ``more`` tasks."""
        for setup in self:
            for task in ("xero.task.setup", *more):
                self.env[task]._enqueue(setup.connection_id, CLICK)
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)

    def _notify_screens(self):
        """Tell open guides that the worker has found something out."""
        for setup in self:
            self.env["bus.bus"]._sendone(
                (setup.company_id, "xero"), "xero_connector.status", {"model": self._name, "ids": setup.ids}
            )

    # === STEPS === #

    def action_next(self):
        self._check_person()
        for setup in self:
            setup.step = setup._neighbour(1)
        return True

    def action_back(self):
        self._check_person()
        for setup in self:
            setup.step = setup._neighbour(-1)
        return True

    def _neighbour(self, way: int) -> str:
        """Return the step before or after the present one; an organisation that holds nothing has nothing to match."""
        place = ORDER.index(self.step) + way
        if self.is_empty and ORDER[min(max(place, 0), len(ORDER) - 1)] == "match":
            place += way
        return ORDER[min(max(place, 0), len(ORDER) - 1)]

    def action_read_again(self):
        """Have the worker read the organisation, its accounts, tax rates and currencies anew."""
        self._check_person()
        self._check_connected()
        self.env["xero.click"]._begin(self.connection_id, "setup")
        self._request_facts("xero.task.organisation")
        return True

    def _check_connected(self):
        for setup in self:
            if setup.connection_id.state != "connected":
                raise UserError(
                    self.env._("%s is not connected to Xero: connect it first.", named(setup.company_id.display_name))
                )

    def action_confirm_sure(self):
        """Confirm every suggestion of accounts, taxes and bank accounts that is sure."""
        self._check_person()
        self.env["xero.mapping.service"]._accept(self.connection_id)
        return True

    # === END === #

    def action_start(self):
        """Take what is sure and send documents from now on: one click, where nothing has to be matched. What is left
        is on the last page.
        """
        self._check_person()
        self._check_connected()
        for setup in self:
            setup.connection_id.action_accept_suggestions()
            setup._finish()
        return True

    def action_hold(self):
        """Match first: documents wait until that is done, and the guide goes on where it is done."""
        self._check_person()
        self.connection_id.write({"hold_until_matched": True})
        self.step = "match"
        return True

    def action_release(self):
        """Send what waits, matched or not."""
        self._check_person()
        self.connection_id.action_release()
        return True

    def action_finish(self):
        """End the guide: documents flow from now on."""
        self._check_person()
        for setup in self:
            setup._finish()
        return True

    def action_finish_waiting(self):
        """End the guide; documents that wait go on waiting until the records are matched."""
        self._check_person()
        for setup in self:
            setup._close()
        return True

    def _finish(self):
        """End the guide. An open matching goes on holding what waits for it."""
        if self.connection_id.hold_until_matched and not self._is_being_matched():
            self.connection_id.action_release()
        self._close()

    def _close(self):
        self.sudo().write({"step": "done", "finished_at": fields.Datetime.now(), "finished_by_id": self.env.uid})

    def _is_being_matched(self) -> bool:
        matching = [("connection_id", "=", self.connection_id.id), ("state", "in", OPEN_STATES)]
        return bool(self.env["xero.match"].sudo().search_count(matching, limit=1))


class XeroSetupHook(models.AbstractModel):
    """After a consent a person goes on with the guide, and until it is decided there nothing old is sent."""

    _name = "xero.setup.hook"
    _inherit = "xero.connection.hook"
    _description = "Xero Connection Hook"

    @api.model
    def _facts_read(self, connection):
        self.env["xero.setup"].search([("connection_id", "=", connection.id)])._notify_screens()

    @api.model
    def _is_undecided(self, connection):
        """Whether a guide is begun, of an organisation in use, and nobody has said whether its records are matched."""
        guide = connection.sudo().setup_ids[:1]
        return bool(guide) and not (guide.finished_at or guide.is_empty or connection.hold_ended_at)

    @api.model
    def _next_step(self, connection):
        own = connection.company_id in self.env.companies
        if own and connection.state == "connected" and not connection.setup_ids.finished_at:
            return connection.action_setup()
        return None
