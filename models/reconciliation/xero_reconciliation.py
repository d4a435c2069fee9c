"""Proof that the two books agree: asked for, made in the background from a snapshot."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

from ...mappers.reason import unpack
from ...mappers.text import named
from ..link.access import XERO_USER, check_role
from ..link.reason import ReasonText
from ..queue.xero_sync_job import CLICK, SWEEP
from .worksheet import BASE_COLUMNS

READ = ("Contact", "Invoice", "CreditNote", "Payment", "Prepayment", "Overpayment")
RUNNING = ("reading", "comparing")
WEEK = timedelta(days=7)


class XeroReconciliation(models.Model):
    """One report. Nobody changes what it found; only what was done about a difference is added to it."""

    _name = "xero.reconciliation"
    _description = "Xero Reconciliation"
    _inherit = ["xero.company.guard", "mail.thread"]
    _order = "id desc"
    _mail_post_access = "read"

    name = fields.Char(compute="_compute_name")
    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    snapshot_id = fields.Many2one("xero.snapshot", readonly=True, ondelete="set null", index="btree_not_null")
    user_id = fields.Many2one("res.users", "Asked By", readonly=True, help="Empty: the weekly run.")
    state = fields.Selection(
        [("reading", "Reading Xero"), ("comparing", "Comparing"), ("done", "Done"), ("failed", "Failed")],
        "Status",
        required=True,
        default="reading",
        readonly=True,
        index=True,
    )
    xero_progress = fields.Float("Progress %", compute="_compute_progress", compute_sudo=True)
    compare_progress = fields.Float(readonly=True)
    reason = ReasonText(readonly=True)
    from_date = fields.Date("From", readonly=True, help="Documents dated before this day are out of scope.")
    as_of = fields.Datetime("Books As Of", readonly=True, help="When reading Xero began, by Odoo's clock.")
    finished_at = fields.Datetime(readonly=True)
    work = fields.Json(readonly=True, help="Where the comparison stands.")

    # === RESULT === #
    verdict = fields.Selection(
        [("agree", "Agree to the cent"), ("waiting", "Agree so far, a history waits"), ("differ", "Differ")],
        readonly=True,
        index=True,
    )
    verdict_text = fields.Char("Result", compute="_compute_verdict_text")
    compared_count = fields.Integer("Compared", readonly=True, help="Documents, advances and contacts on both sides.")
    on_the_way_count = fields.Integer(
        "On the Way", readonly=True, help="Waiting to be sent or read, or changed while this was made: left out."
    )
    waits = fields.Json(readonly=True, help="How many of those on the way wait for which history.")
    out_of_scope_count = fields.Integer(
        "Out of Scope",
        readonly=True,
        help="Opening documents, drafts in Xero, and kinds or journals that are not synced, on either side.",
    )
    difference_count = fields.Integer("Differences", readonly=True)
    ignored_count = fields.Integer("Ignored", readonly=True)
    difference_amount = fields.Monetary("Sum of Differences", readonly=True, help="Without signs, in base currency.")
    open_count = fields.Integer("Not Fixed Yet", compute="_compute_open_count")
    receivable_odoo = fields.Monetary("Receivable in Odoo", readonly=True)
    receivable_xero = fields.Monetary("Receivable in Xero", readonly=True)
    payable_odoo = fields.Monetary("Payable in Odoo", readonly=True)
    payable_xero = fields.Monetary("Payable in Xero", readonly=True)
    is_tied = fields.Boolean(
        readonly=True, help="Its sums by month have kinds and signs; reports of earlier versions have none."
    )
    receivable_difference = fields.Monetary(compute="_compute_balance_differences")
    payable_difference = fields.Monetary(compute="_compute_balance_differences")
    kinds_table = fields.Html("By Kind", compute="_compute_kinds_table", sanitize=False)
    results_table = fields.Html("By Kind of Document", compute="_compute_results_table", sanitize=False)
    difference_ids = fields.One2many("xero.reconciliation.difference", "reconciliation_id", readonly=True)
    total_ids = fields.One2many("xero.reconciliation.total", "reconciliation_id", readonly=True)
    document_total_ids = fields.One2many(
        "xero.reconciliation.total", "reconciliation_id", domain=[("section", "=", "document")], readonly=True
    )
    month_total_ids = fields.One2many(
        "xero.reconciliation.total", "reconciliation_id", domain=[("section", "=", "month")], readonly=True
    )
    tax_total_ids = fields.One2many(
        "xero.reconciliation.total", "reconciliation_id", domain=[("section", "=", "tax")], readonly=True
    )
    grid_total_ids = fields.One2many(
        "xero.reconciliation.total", "reconciliation_id", domain=[("section", "=", "grid")], readonly=True
    )
    contact_total_ids = fields.One2many(
        "xero.reconciliation.total", "reconciliation_id", domain=[("section", "=", "contact")], readonly=True
    )

    _running_unique = models.UniqueIndex("(connection_id) WHERE state IN ('reading', 'comparing')")

    # === COMPUTE === #

    @api.depends("connection_id.name", "as_of", "create_date")
    @api.depends_context("lang", "tz")
    def _compute_name(self):
        for report in self:
            moment = format_datetime(
                self.env, report.as_of or report.create_date or fields.Datetime.now(), dt_format="short"
            )
            report.name = self.env._(
                "%(organisation)s, %(day)s", organisation=named(report.connection_id.name), day=moment
            )

    @api.depends("state", "snapshot_id.progress", "compare_progress")
    def _compute_progress(self):
        """Reading takes most of the time."""
        for report in self:
            read = 100.0 if report.state != "reading" else report.snapshot_id.progress
            report.xero_progress = 100.0 if report.state == "done" else 0.7 * read + 0.3 * report.compare_progress

    @api.depends("verdict", "difference_count", "difference_amount", "ignored_count", "state", "waits")
    @api.depends_context("lang")
    def _compute_verdict_text(self):
        for report in self:
            report.verdict_text = report._verdict_sentence()

    def _verdict_sentence(self) -> str:
        if self.state == "failed":
            return self.env._("Not finished")
        if self.state != "done":
            return self.env._("Under way")
        return " ".join((self._result_text(), *self._waits_text()))

    def _result_text(self) -> str:
        if self.verdict == "agree" and self.ignored_count:
            return self.env._("The books agree, apart from %s differences that were accepted.", self.ignored_count)
        if self.verdict == "agree":
            return self.env._("The books agree to the cent.")
        if self.verdict == "waiting":
            return self.env._("What is in both books agrees, but Xero does not have everything yet.")
        return self.env._(
            "%(count)s differences, %(amount)s in all.",
            count=self.difference_count,
            amount=self.currency_id.format(self.difference_amount),
        )

    def _waits_text(self) -> list[str]:
        """Return a sentence for each history that documents waited for."""
        runs = self.env["xero.run"].sudo().browse([int(run_id) for run_id in self.waits or {}]).exists()
        return [
            self.env._(
                "%(count)s documents wait for: %(history)s.",
                count=self.waits[str(run.id)],
                history=named(run.display_name),
            )
            for run in runs
        ]

    def _waits_with(self, more) -> dict:
        """Return the documents that wait for each history, with those of a further step."""
        waits = dict(self.waits or {})
        for run_id, count in more.items():
            if count:
                waits[str(run_id)] = waits.get(str(run_id), 0) + count
        return waits

    def _compute_open_count(self):
        groups = self.env["xero.reconciliation.difference"]._read_group(
            [("reconciliation_id", "in", self.ids), ("state", "in", ("open", "repairing"))],
            ["reconciliation_id", "state"],
            ["id:recordset"],
        )
        counts = dict.fromkeys(self.ids, 0)
        for report, state, rows in groups:
            failed = state == "repairing" and rows.filtered(lambda row: row.repair_state == "failed")
            counts[report.id] += len(failed if state == "repairing" else rows)
        for report in self:
            report.open_count = counts.get(report.id, 0)

    @api.depends("receivable_odoo", "receivable_xero", "payable_odoo", "payable_xero")
    def _compute_balance_differences(self):
        for report in self:
            report.receivable_difference = report.receivable_odoo - report.receivable_xero
            report.payable_difference = report.payable_odoo - report.payable_xero

    @api.depends("state", "difference_count")
    @api.depends_context("lang")
    def _compute_kinds_table(self):
        for report in self:
            rows = report.state == "done" and report._kinds()
            values = {"rows": rows, "money": report.currency_id.format, "report": report}
            report.kinds_table = self.env["ir.qweb"]._render("xero_connector.reconciliation_kinds", values)

    def _kinds(self) -> list[tuple]:
        """Return ``(kind, count, sum in base currency without signs)`` of what was found and nobody had accepted: the
        counts add up to :attr:`difference_count`, the sums to :attr:`difference_amount`.
        """
        found = [("reconciliation_id", "=", self.id)]
        found += ["|", ("state", "!=", "ignored"), ("acted_at", ">=", self.finished_at)]
        difference = self.env["xero.reconciliation.difference"]
        labels = dict(difference._fields["kind"]._description_selection(self.env))
        groups = difference._read_group(found, ["kind"], ["__count", "size:sum"], order="__count DESC, kind")
        return [(labels[kind], count, size) for kind, count, size in groups]

    @api.depends("state", "is_tied")
    @api.depends_context("lang")
    def _compute_results_table(self):
        for report in self:
            rows = report.state == "done" and report.is_tied and report._results()
            values = {"rows": rows, "money": report.currency_id.format}
            report.results_table = self.env["ir.qweb"]._render("xero_connector.reconciliation_results", values)

    def _results(self) -> list[dict]:
        """Return what months and accounts add up to for each kind of document: net and tax of either side, as
        they are summed there.
        """
        totals = self.env["xero.reconciliation.total"]
        labels = dict(totals._fields["document_type"]._description_selection(self.env))
        months = totals._read_group(
            [("reconciliation_id", "=", self.id), ("section", "=", "month")],
            ["document_type"],
            [f"{side}_{name}:sum" for side in ("odoo", "xero") for name in ("amount", "tax")],
        )
        return [
            {"kind": labels.get(kind, kind), "odoo": (net, tax), "xero": (xero_net, xero_tax)}
            for kind, net, tax, xero_net, xero_tax in sorted(months, key=lambda row: list(labels).index(row[0]))
        ]

    # === ASKING === #

    @api.model
    def _request(self, connection, by_person=True):
        """Begin a report in the background, or return the one that is under way."""
        running = self.sudo().search([("connection_id", "=", connection.id), ("state", "in", RUNNING)], limit=1)
        if running:
            return running
        report = self.sudo().create(
            {
                "connection_id": connection.id,
                "company_id": connection.company_id.id,
                "user_id": self.env.uid if by_person else False,
                "from_date": connection.sudo()._sync_start(),
            }
        )
        report.snapshot_id = self.env["xero.snapshot"]._request(connection, READ, report, by_person)
        return report

    @api.model
    def action_reconcile_now(self):
        """Begin a report of the company that is switched on, and open it."""
        return self.env["xero.connection"]._of_company().action_reconcile()

    @api.model
    def _request_by_click(self, connection):
        """As :meth:`_request`, for a person; what is under way costs no click."""
        if connection.sudo().state != "connected":
            raise UserError(self.env._("%s is not connected to Xero: connect it first.", named(connection.name)))
        running = [("connection_id", "=", connection.id), ("state", "in", RUNNING)]
        if not self.search_count(running, limit=1):
            self.env["xero.click"]._begin(connection, "reconciliation")
        return self._request(connection)

    @api.model
    def _cron_reconcile(self):
        """Prove the books of every organisation that was connected, or proved, a week ago; while its records are
        being matched there is nothing to prove. The cron runs daily.
        """
        due = fields.Datetime.now() - WEEK + timedelta(hours=1)
        known = [("state", "=", "connected"), ("connected_at", "<=", due), ("hold_until_matched", "=", False)]
        for connection in self.env["xero.connection"].search(known):
            recent = [("connection_id", "=", connection.id), ("state", "!=", "failed"), ("create_date", ">", due)]
            if not self.search_count(recent, limit=1):
                self._request(connection, by_person=False)

    # === SNAPSHOT === #

    def _on_snapshot_ready(self, snapshot):
        """All is read: have the worker compare."""
        if self.state == "reading":
            self.write({"state": "comparing", "as_of": snapshot.started_at, "work": self._first_work(snapshot)})
            self._enqueue()

    def _on_snapshot_failed(self, snapshot, reason):
        self._give_up(reason)

    def _give_up(self, reason):
        self.write({"state": "failed", "reason": reason, "finished_at": fields.Datetime.now()})
        self._notify_screens()

    def _enqueue(self):
        for report in self:
            self.env["xero.task.reconciliation"]._enqueue(report.connection_id, CLICK if report.user_id else SWEEP)
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)

    def _notify_screens(self):
        for report in self:
            self.env["bus.bus"]._sendone(
                (report.company_id, "xero"), "xero_connector.status", {"model": self._name, "ids": report.ids}
            )

    # === ACTIONS === #

    def _check_person(self):
        check_role(self.env, XERO_USER, self.env._("Only Xero users reconcile the books."))
        self.check_access("read")

    def action_again(self):
        """Prove the books again."""
        self.ensure_one()
        return self.connection_id.action_reconcile()

    def action_stop(self):
        """End a report that is under way; nothing was changed by it."""
        self._check_may_decide()
        for report in self.sudo().filtered(lambda report: report.state in RUNNING):
            reason = self.env["xero.reason"]._("Stopped by %s.", named(self.env.user.name))
            report.snapshot_id._cancel(reason)
            report._give_up(reason)
        return True

    def action_open_differences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_reconciliation_difference")
        return {
            **action,
            "domain": [("reconciliation_id", "=", self.id)],
            "context": {"search_default_open": 1, "search_default_group_by_kind": 1},
        }

    def action_open_totals(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_reconciliation_total")
        return {**action, "domain": [("reconciliation_id", "=", self.id), ("section", "=", "month")]}

    def action_repair_all(self):
        """Do what is proposed for every open difference, except what takes something out of Xero."""
        self.ensure_one()
        self._check_may_decide()
        return self.difference_ids.filtered(
            lambda row: row.state == "open" or row.repair_state == "failed"
        )._repair_proposed()

    # === RESULT: by the worker === #

    def _finish(self) -> None:
        """Sum up, say the verdict and tell who asked."""
        self.env["xero.reconciliation.difference"]._mark_ignored(self)
        self.env["xero.reconciliation.total"]._close(self)
        rows = self.env["xero.reconciliation.difference"]._read_group(
            [("reconciliation_id", "=", self.id)], ["state"], ["__count", "size:sum"]
        )
        counts = {state: (count, size) for state, count, size in rows}
        count, size = counts.get("open", (0, 0.0))
        self.write(
            {
                "state": "done",
                "verdict": "differ" if count else "waiting" if self.waits else "agree",
                "difference_count": count,
                "difference_amount": size,
                "ignored_count": counts.get("ignored", (0, 0.0))[0],
                "compare_progress": 100.0,
                "is_tied": True,
                "finished_at": fields.Datetime.now(),
                "work": False,
                **self.env["xero.reconciliation.total"]._balances(self),
            }
        )
        self._post_verdict()
        self._notify_screens()

    def _post_verdict(self):
        """Leave the verdict where people look: on the report and on the connection."""
        self._message_log(body=self.verdict_text)
        self.connection_id._message_log(body=self.env._("Reconciliation: %s", self.verdict_text))
        if self.user_id:
            self.message_subscribe(self.user_id.partner_id.ids)

    @api.model
    def _balance_columns(self):
        return BASE_COLUMNS


class XeroReconciliationHealth(models.AbstractModel):
    _name = "xero.reconciliation.health"
    _inherit = "xero.health.source"
    _description = "Xero Health Source"

    @api.model
    def _facts(self, connections):
        """What the last report of each organisation found and nobody accepted since; one query for all. That a repair
        is queued proves nothing: the next report does.
        """
        self.env["xero.reconciliation"].flush_model()
        self.env["xero.reconciliation.difference"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT c.id, done.finished_at, done.user_id IS NOT NULL,
                          (SELECT COUNT(*) FROM xero_reconciliation_difference d
                            WHERE d.reconciliation_id = done.id AND d.state IN ('open', 'repairing')),
                          (SELECT SUM(value::int) FROM jsonb_each_text(
                            CASE WHEN jsonb_typeof(done.waits) = 'object' THEN done.waits END)),
                          failed.finished_at, failed.reason
                     FROM xero_connection c
                     LEFT JOIN LATERAL (SELECT * FROM xero_reconciliation r WHERE r.connection_id = c.id
                           AND r.state = 'done' ORDER BY r.id DESC LIMIT 1) done ON TRUE
                     LEFT JOIN LATERAL (SELECT * FROM xero_reconciliation r WHERE r.connection_id = c.id
                           AND r.state IN ('done', 'failed') ORDER BY r.id DESC LIMIT 1) failed
                           ON failed.state = 'failed' AND failed.user_id IS NULL
                    WHERE c.id = ANY(%s) AND (done.id IS NOT NULL OR failed.id IS NOT NULL)""",
                connections.ids,
            )
        )
        return {
            connection_id: {
                "differences": count if finished_at else None,
                "books_by_person": by_person,
                "books_waiting": int(waiting or 0),
                "reconciled_at": finished_at,
                "books_failed_at": failed_at,
                "books_reason": unpack(self.env, reason) or "",
            }
            for connection_id, finished_at, by_person, count, waiting, failed_at, reason in rows
        }
