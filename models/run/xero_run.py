"""Something a person started that makes many jobs: its progress, and what can be done with it as a whole."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, format_date

from ...mappers.text import named
from ..link.access import ACCOUNTANT, XERO_USER, check_role
from ..queue.xero_sync_job import NEVER

EDITABLE = {"date_from", "date_to", "with_invoices", "with_bills", "with_credit_notes", "with_refunds", "with_entries"}
WORKERS_OWN = {
    *("state", "kind", "automatic", "exhausted", "total_count", "cursor_date", "cursor_id", "final_counts", "subject"),
}
GONE = ("VOIDED", "DELETED", "ARCHIVED")
ACTIVE = ("running", "paused", "undoing")
OPEN_JOBS = ("pending", "running", "blocked")
FAILED_JOBS = ("failed", "dead")
STATES = ("open", "done", "failed")
# What is counted apart; all other jobs are of documents.
SUBJECTS = {"res.partner": "contacts", "xero.payment.part": "payments"}


class XeroRun(models.Model):
    """A history, or a mass "Sync to Xero". Its jobs bear its id; what it made in Xero is on the links, so that it can
    be undone when the jobs are long gone.
    """

    _name = "xero.run"
    _description = "Xero Run"
    _inherit = ["xero.company.guard", "mail.thread"]
    _order = "id desc"

    connection_id = fields.Many2one(
        "xero.connection",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env["xero.connection"].search([("state", "=", "connected")], limit=1),
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("history", "History"), ("resync", "Sync of chosen records")],
        required=True,
        default="history",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("draft", "Planned"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
            ("undoing", "Being undone"),
            ("undone", "Undone"),
        ],
        "Status",
        required=True,
        default="draft",
        readonly=True,
        tracking=True,
        copy=False,
    )
    subject = fields.Char("Started For", readonly=True, help="In place of the kind, where a run has one.")
    user_id = fields.Many2one("res.users", "Started By", readonly=True, default=lambda self: self.env.user)
    automatic = fields.Boolean(readonly=True, help="Started by the nightly sweep for the Sync From of the connection.")
    date_from = fields.Date("From", help="Documents dated from this day on.")
    date_to = fields.Date("To", help="Empty: up to today.")
    with_invoices = fields.Boolean("Customer Invoices", default=True)
    with_bills = fields.Boolean("Vendor Bills", default=True)
    with_credit_notes = fields.Boolean("Customer Credit Notes", default=True)
    with_refunds = fields.Boolean("Vendor Credit Notes", default=True)
    # Not by default: histories from before there were journal entries took none.
    with_entries = fields.Boolean("Journal Entries", help="Of the journals whose entries are sent.")
    started_at = fields.Datetime(readonly=True, copy=False)
    finished_at = fields.Datetime(readonly=True, copy=False)
    total_count = fields.Integer("Documents", readonly=True, copy=False)
    cursor_date = fields.Date(readonly=True, copy=False, help="Documents up to here are queued.")
    cursor_id = fields.Integer(readonly=True, copy=False)
    exhausted = fields.Boolean(readonly=True, copy=False, help="Everything is queued.")
    final_counts = fields.Json(readonly=True, copy=False, help="Counts when it ended: jobs are dropped after a while.")
    job_ids = fields.One2many("xero.sync.job", "run_id", readonly=True)
    open_count = fields.Integer("Waiting", compute="_compute_counts")
    done_count = fields.Integer("Finished", compute="_compute_counts")
    failed_count = fields.Integer("Failed", compute="_compute_counts")
    documents_text = fields.Char("Documents So Far", compute="_compute_counts")
    contacts_text = fields.Char("Contacts So Far", compute="_compute_counts")
    payments_text = fields.Char("Payments So Far", compute="_compute_counts")
    created_count = fields.Integer("Created in Xero", compute="_compute_created")
    created_contacts = fields.Integer("Contacts Created in Xero", compute="_compute_created")
    created_documents = fields.Integer("Documents Created in Xero", compute="_compute_created")
    progress = fields.Float("Progress %", compute="_compute_counts")
    undo_preview_id = fields.Many2one(
        "xero.preview", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )

    # === COMPUTE === #

    @api.depends("kind", "subject", "date_from", "create_date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        names = dict(self._fields["kind"]._description_selection(self.env))
        for run in self:
            day = format_date(self.env, run.date_from or (run.create_date or fields.Datetime.now()).date())
            run.display_name = (
                (self.env._("History from %s", day) if run.date_from else self.env._("New history"))
                if run.kind == "history"
                else self.env._("%(kind)s, %(day)s", kind=named(run.subject) or names[run.kind], day=day)
            )

    def _job_counts(self) -> dict:
        """Return ``{run id: {state: count}}`` of the jobs of the present direction: sending, or undoing. Under
        ``subjects`` are the same counts for each of documents, contacts and payments.
        """
        self.env["xero.sync.job"].flush_model()
        self.flush_model(["state"])
        counts = {run.id: self._no_counts() for run in self}
        rows = self.env.execute_query(
            SQL(
                """SELECT j.run_id, CASE WHEN j.state IN %(failed)s OR b.state IN %(failed)s THEN 'failed'
                                        WHEN j.state IN %(open)s THEN 'open' ELSE 'done' END, j.res_model, count(*)
                     FROM xero_sync_job j JOIN xero_run r ON r.id = j.run_id
                     LEFT JOIN xero_sync_job b ON b.id = j.blocked_by_id AND j.state = 'blocked'
                    WHERE j.run_id = ANY(%(ids)s) AND j.state != 'cancelled'
                      AND (j.operation = 'void') = (r.state IN ('undoing', 'undone')) GROUP BY 1, 2, 3""",
                ids=self.ids,
                failed=FAILED_JOBS,
                open=OPEN_JOBS,
            )
        )
        for run_id, state, model, count in rows:
            of_run = counts[run_id]
            of_subject = of_run["subjects"].setdefault(SUBJECTS.get(model, "documents"), dict.fromkeys(STATES, 0))
            of_run[state] += count
            of_subject[state] += count
        return counts

    def _no_counts(self) -> dict:
        return {**dict.fromkeys(STATES, 0), "subjects": {}}

    @api.depends("state", "total_count")
    @api.depends_context("lang")
    def _compute_counts(self):
        counts = self._job_counts()
        for run in self:
            found = counts.get(run.id) or self._no_counts()
            if run.state not in ACTIVE and run.final_counts and not any(found[state] for state in STATES):
                found = run.final_counts
            for name in ("documents", "contacts", "payments"):
                run[f"{name}_text"] = self._counts_text((found.get("subjects") or {}).get(name))
            run.open_count, run.done_count, run.failed_count = found["open"], found["done"], found["failed"]
            run.progress = run._progress(found)

    def _counts_text(self, counts) -> str | bool:
        """Return how far one kind of records is; ``False`` without any."""
        if not counts or not any(counts.values()):
            return False
        if counts["open"] or counts["failed"]:
            return self.env._("%(done)s finished, %(failed)s failed, %(open)s waiting", **counts)
        return self.env._("%s finished", counts["done"])

    def _progress(self, counts) -> float:
        if self.state in ("done", "undone"):
            return 100.0
        ended, known = counts["done"] + counts["failed"], sum(counts[state] for state in STATES)
        # Contacts come on top of the documents that were counted.
        whole = known if self.exhausted or self.state == "undoing" else max(known, self.total_count)
        return min(100.0, 100.0 * ended / whole) if whole else 0.0

    def _compute_created(self):
        groups = self.env["xero.link"]._read_group(
            [("run_id", "in", self.ids), ("xero_status", "not in", GONE)], ["run_id", "res_model"], ["__count"]
        )
        for run in self:
            of_run = [(model, count) for owner, model, count in groups if owner == run]
            run.created_count = sum(count for _model, count in of_run)
            run.created_contacts = sum(count for model, count in of_run if model == "res.partner")
            run.created_documents = sum(count for model, count in of_run if model not in SUBJECTS)

    # === CRUD === #

    def write(self, vals):
        """What workers keep is theirs; a plan can be changed until it is started."""
        if not self.env.su and not EDITABLE.isdisjoint(vals) and any(run.state != "draft" for run in self):
            raise UserError(self.env._("A run that was started cannot be changed any more."))
        self._check_own(vals)
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_own({name: value for name, value in vals.items() if name != "kind" or value != "history"})
        return super().create(vals_list)

    def _check_own(self, vals):
        if not self.env.su and not WORKERS_OWN.isdisjoint(vals):
            raise AccessError(self.env._("Use the buttons of the run."))

    @api.ondelete(at_uninstall=False)
    def _unlink_only_plans(self):
        if not self.env.su and any(run.state != "draft" for run in self):
            raise UserError(self.env._("A run that was started is kept: it knows what it made in Xero."))

    # === GUARD === #

    def _check_accountant(self):
        check_role(self.env, ACCOUNTANT, self.env._("Only Xero accountants handle runs."))
        self.check_access("write")

    def _check_person(self):
        check_role(self.env, XERO_USER, self.env._("Only Xero users handle runs."))
        self.check_access("read")

    def _check_state(self, *states):
        names = dict(self._fields["state"]._description_selection(self.env))
        for run in self:
            if run.state not in states:
                raise UserError(
                    self.env._(
                        "%(run)s is %(state)s: that cannot be done now.",
                        run=named(run.display_name),
                        state=names[run.state],
                    )
                )

    # === ACTIONS === #

    def action_pause(self):
        """Keep what is not sent yet from being sent; what a worker has in hand ends first."""
        self._check_accountant()
        self._check_state("running")
        runs = self.sudo()
        runs.state = "paused"
        runs.flush_recordset()
        runs._keep_back()

    def _keep_back(self, models=None):
        """Keep the waiting jobs of paused runs, or those of records of ``models``, from being done.

        :param models: names of Odoo models; ``None`` for all
        """
        self.env["xero.sync.job"].sudo()._sql(
            SQL(
                """UPDATE xero_sync_job SET run_after = %s WHERE run_id = ANY(%s) AND state IN ('pending', 'blocked')
                       AND operation = 'push' AND (%s::text[] IS NULL OR res_model = ANY(%s::text[]))""",
                NEVER,
                self.ids,
                models,
                models,
            )
        )

    def action_resume(self):
        """Go on where it was paused."""
        self._check_accountant()
        self._check_state("paused")
        runs = self.sudo()
        runs.state = "running"
        self.env["xero.sync.job"].sudo()._sql(
            SQL(
                "UPDATE xero_sync_job SET run_after = %s WHERE run_id = ANY(%s) AND run_after = %s",
                fields.Datetime.now(),
                runs.ids,
                NEVER,
            )
        )
        runs._feed()
        self.env["xero.sync.runner"]._wake(runs.connection_id.ids)

    def action_cancel(self):
        """End it: what is not sent yet leaves the queue; what is in Xero stays there, until the run is undone."""
        self._check_accountant()
        self._check_state("draft", "running", "paused")
        runs = self.sudo()
        runs._cancel_pushes()
        runs.write({"state": "cancelled", "finished_at": fields.Datetime.now()})
        runs._keep_counts()

    def _cancel_pushes(self):
        """Take out of the queue what is not sent yet; payments of what is in Xero already go all the same."""
        self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET run_id = NULL, run_after = LEAST(run_after, %s)
                    WHERE run_id = ANY(%s) AND res_model = 'xero.payment.part'""",
                fields.Datetime.now(),
                self.ids,
            )
        )
        rows = self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET state = 'cancelled', done_at = %s
                    WHERE run_id = ANY(%s) AND operation = 'push' AND state IN ('pending', 'blocked', 'failed', 'dead')
                RETURNING id""",
                fields.Datetime.now(),
                self.ids,
            )
        )
        self.env["xero.sync.job"]._release([job_id for [job_id] in rows])

    def action_retry_failed(self):
        """Try again what failed."""
        self._check_person()
        self._check_own_company()
        jobs = self.env["xero.sync.job"].sudo().search([("run_id", "in", self.ids), ("state", "in", FAILED_JOBS)])
        if not jobs:
            raise UserError(self.env._("Nothing of this run has failed."))
        for run in self.sudo():
            again = {"done": "running", "undone": "undoing"}.get(run.state)
            if again:
                run.write({"state": again, "finished_at": False})
        jobs._retry()

    # === SCREENS === #

    def _open_jobs(self, name, domain):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_sync_job")
        return {**action, "display_name": name, "domain": [("run_id", "=", self.id), *domain], "context": {}}

    def action_open_jobs(self):
        """Open all jobs of the run."""
        return self._open_jobs(self.env._("Jobs of the Run"), [])

    def action_open_failed(self):
        """Open what failed, by reason."""
        self.ensure_one()
        sending = self.state not in ("undoing", "undone")
        domain = [
            ("operation", "!=" if sending else "=", "void"),
            *("|", ("state", "in", FAILED_JOBS)),
            *("&", ("state", "=", "blocked"), ("blocked_by_id.state", "in", FAILED_JOBS)),
        ]
        action = self._open_jobs(self.env._("Failed"), domain)
        return {**action, "context": {"group_by": "failure_type"}}

    def action_open_created(self):
        """Open the documents that the run made in Xero and that are there; with ``contacts`` in the context, the
        contacts.
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_link")
        contacts = self.env.context.get("contacts")
        kind = ("res_model", "=", "res.partner") if contacts else ("res_model", "not in", list(SUBJECTS))
        return {**action, "domain": [("run_id", "=", self.id), ("xero_status", "not in", GONE), kind], "context": {}}

    # === END === #

    def _keep_counts(self):
        for run_id, counts in self._job_counts().items():
            self.browse(run_id).final_counts = counts

    @api.model
    def _close_finished(self, connection) -> None:
        """Call the runs of ``connection`` done whose every job has ended; one query when there are none.

        :param connection: one ``xero.connection``
        """
        runs = self.search([("connection_id", "=", connection.id), ("state", "in", ("running", "undoing"))])
        if not runs:
            return
        counts = runs._job_counts()
        for run in runs:
            if run.state == "undoing":
                if not counts[run.id]["open"] and not run._undo_contacts():
                    run._end("undone")
            elif not counts[run.id]["open"] and (run.exhausted or run.kind != "history"):
                run._end("done")

    def _end(self, state):
        self.write({"state": state, "finished_at": fields.Datetime.now()})
        self._keep_counts()
        self._notify_screens()

    def _notify_screens(self):
        for run in self:
            self.env["bus.bus"]._sendone(
                (run.company_id, "xero"), "xero_connector.status", {"model": self._name, "ids": run.ids}
            )

    # === RESYNC === #

    @api.model
    def _of_selection(self, connection, subject=None):
        """Return a run for records that a person chose in a list, or for ``subject``.

        :param connection: one ``xero.connection``
        :param subject: what it is about, in words
        :return: ``xero.run``, running
        """
        now = fields.Datetime.now()
        return self.sudo().create(
            {
                "connection_id": connection.id,
                "kind": "resync",
                "subject": subject,
                "state": "running",
                "started_at": now,
                "user_id": self.env.uid,
                "exhausted": True,
            }
        )
