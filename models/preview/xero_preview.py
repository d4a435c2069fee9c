"""The dry run: what a sync would do, found out by the very code that does it, without a call and without a trace."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime, formatLang

from ...mappers.text import named
from ..link.access import XERO_USER, check_role
from ..link.own_context import sent_value
from ..link.reason import ReasonText

# So many are looked at while the person waits; more in the background.
AT_ONCE = 200
# What a sending, or an undoing, has something to do for.
SENDABLE = ("create", "update", "void", "delete", "archive")
KINDS = [("records", "Chosen records"), ("queue", "Queue"), ("history", "History"), ("undo", "Undo")]


class XeroPreview(models.Model):
    """One dry run. Rows of it (``xero.preview.line``) are planned in chunks by ``xero.exporter._plan_jobs``, the same
    code that drains the queue, in a savepoint that is rolled back.
    """

    _name = "xero.preview"
    _inherit = ["xero.company.guard"]
    _description = "Xero Preview"
    _order = "id desc"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    kind = fields.Selection(KINDS, required=True, readonly=True, default="records")
    run_id = fields.Many2one("xero.run", readonly=True, ondelete="cascade", index="btree_not_null")
    state = fields.Selection(
        [("planning", "Looking"), ("ready", "Ready"), ("stopped", "Stopped"), ("sent", "Sent"), ("undone", "Undone")],
        "Status",
        required=True,
        default="planning",
        readonly=True,
    )
    user_id = fields.Many2one("res.users", "Asked By", readonly=True, default=lambda self: self.env.user)
    finished_at = fields.Datetime(readonly=True)
    reason = ReasonText(readonly=True)
    total_count = fields.Integer("Records", readonly=True)
    done_count = fields.Integer("Looked At", readonly=True)
    progress = fields.Float("Progress %", compute="_compute_progress")
    line_ids = fields.One2many("xero.preview.line", "preview_id", readonly=True)
    problem_ids = fields.One2many("xero.preview.problem", "preview_id", readonly=True)
    create_count = fields.Integer("To Create", compute="_compute_counts")
    update_count = fields.Integer("To Change", compute="_compute_counts")
    remove_count = fields.Integer("To Void or Delete", compute="_compute_counts")
    same_count = fields.Integer("Left Alone", compute="_compute_counts")
    blocked_count = fields.Integer("With Problems", compute="_compute_counts")
    contact_count = fields.Integer(
        "Contacts", compute="_compute_counts", help="Contacts to send or take out beside the documents."
    )
    main_count = fields.Integer(compute="_compute_counts", help="Documents, or contacts where there is nothing else.")
    sent_at = fields.Datetime(readonly=True)
    sent_by_id = fields.Many2one("res.users", readonly=True)
    sent_run_id = fields.Many2one("xero.run", readonly=True, ondelete="set null", index="btree_not_null")
    sent_documents = fields.Integer("Documents Sent", readonly=True)
    sent_contacts = fields.Integer("Contacts Sent", readonly=True)
    only_line_id = fields.Many2one("xero.preview.line", compute="_compute_only_line_id")
    only_shown = fields.Html("As Xero Shows It", compute="_compute_only_line_id", sanitize=False)
    totals = fields.Html(compute="_compute_totals", sanitize=False)
    summary = fields.Char(compute="_compute_summary")

    # === COMPUTE === #

    @api.depends("kind", "only_line_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        names = dict(self._fields["kind"]._description_selection(self.env))
        for preview in self:
            preview.display_name = self.env._("Preview: %s", named(preview.only_line_id.number) or names[preview.kind])

    @api.depends("kind", "state", "done_count")
    @api.depends_context("lang")
    def _compute_only_line_id(self):
        """The one record that was chosen: it is shown at once."""
        groups = self.env["xero.preview.line"]._read_group(
            [("preview_id", "in", self.filtered(lambda preview: preview.kind == "records").ids), ("first", "=", False)],
            ["preview_id"],
            ["id:max"],
            having=[("__count", "=", 1)],
        )
        only = {preview.id: line_id for preview, line_id in groups}
        for preview in self:
            preview.only_line_id = only.get(preview.id)
            preview.only_shown = preview.only_line_id.shown

    @api.depends("done_count", "total_count", "state")
    def _compute_progress(self):
        for preview in self:
            under_way = preview.state == "planning" and preview.total_count
            preview.progress = 100.0 * preview.done_count / preview.total_count if under_way else 100.0

    @api.depends("done_count", "state")
    def _compute_counts(self):
        """Documents and contacts are counted apart."""
        groups = self.env["xero.preview.line"]._read_group(
            [("preview_id", "in", self.ids)], ["preview_id", "action", "xero_type"], ["__count"]
        )
        for preview in self:
            documents, contacts = {}, {}
            for owner, action, xero_type, count in groups:
                if owner == preview:
                    counts = contacts if xero_type == "Contact" else documents
                    counts[action] = counts.get(action, 0) + count
            preview.contact_count = sum(contacts.get(action, 0) for action in SENDABLE) if documents else 0
            preview._set_counts(documents or contacts)

    def _set_counts(self, counts: dict) -> None:
        def count(*actions):
            return sum(counts.get(action, 0) for action in actions)

        self.create_count = count("create")
        self.update_count = count("update")
        self.remove_count = count("void", "delete", "archive")
        self.same_count = count("same", "left")
        self.blocked_count = count("blocked", "conflict")
        self.main_count = sum(counts.values())

    @api.depends("done_count", "state")
    @api.depends_context("lang")
    def _compute_totals(self):
        for preview in self:
            preview.totals = self.env["ir.qweb"]._render("xero_connector.preview_totals", {"rows": preview._totals()})

    def _totals(self) -> list[dict]:
        """Return count and money of each kind, action and currency, in the order of the screen."""
        lines = self.env["xero.preview.line"]
        groups = lines._read_group(
            [("preview_id", "=", self.id), ("action", "!=", False)],
            ["kind", "action", "currency"],
            ["__count", "untaxed:sum", "tax:sum", "total:sum"],
        )
        kinds, actions = (dict(lines._fields[name]._description_selection(self.env)) for name in ("kind", "action"))
        order, places = list(kinds), self._places({currency for _kind, _action, currency, *_sums in groups})
        rows = [
            {
                "kind": kinds.get(kind, kind),
                "action": actions[action],
                "name": action,
                "currency": currency or "",
                "count": count,
                "amounts": [self._money(amount, currency, places) for amount in (untaxed, tax, total)],
                "place": (order.index(kind), list(actions).index(action), currency or ""),
            }
            for kind, action, currency, count, untaxed, tax, total in groups
        ]
        return sorted(rows, key=lambda row: row["place"])

    def _places(self, codes) -> dict:
        """Return ``{code: decimals}`` of currencies; one query."""
        currencies = self.env["res.currency"].with_context(active_test=False)
        found = currencies.search([("name", "in", [code for code in codes if code])])
        return {currency.name: currency.decimal_places for currency in found}

    def _money(self, amount, code, places) -> str:
        return formatLang(self.env, amount, digits=places.get(code, 2)) if code else ""

    @api.depends("state", "kind", "done_count", "total_count", "problem_ids", "run_id.state", "sent_at")
    @api.depends_context("lang", "tz")
    def _compute_summary(self):
        for preview in self:
            preview.summary = preview._summary()

    def _summary(self) -> str:
        if self.state == "planning":
            return self.env._(
                "%(done)s of %(total)s looked at. Nothing is sent meanwhile.",
                done=self.done_count,
                total=self.total_count,
            )
        if self.state == "stopped":
            return self.reason or self.env._("It was stopped.")
        if self.state == "sent":
            return self._sent_text()
        if self.state == "undone":
            return self.env._(
                "Undone by %(person)s, %(moment)s, as shown here. The run shows how far it is.", **self._sent_words()
            )
        if self.kind == "history" and self.run_id.state != "draft":
            return self.env._("This is what was foreseen. The history has been started since: it shows how far it is.")
        if not self.total_count:
            return self.env._("There is nothing to do.")
        blocking = self.problem_ids.filtered(lambda problem: problem.severity == "problem")
        if blocking:
            return self.env._(
                "Cannot be sent: %(blocked)s of %(total)s. Reasons to fix: %(reasons)s. Nothing has been sent.",
                blocked=self.blocked_count,
                total=self.main_count,
                reasons=len(blocking),
            )
        if self.kind == "undo":
            return self.env._("%s can be taken out of Xero again. Nothing has been done yet.", self.remove_count)
        checks = self.problem_ids.filtered(lambda problem: problem.severity == "warning")
        if checks:
            return self.env._("No problem was found. To check: %s. Nothing has been sent.", len(checks))
        return self.env._("No problem was found. Nothing has been sent.")

    def _sent_words(self) -> dict:
        return {
            "person": named(self.sent_by_id.sudo().name),
            "moment": format_datetime(self.env, self.sent_at, dt_format="short"),
        }

    def _sent_text(self) -> str:
        words = {**self._sent_words(), "documents": self.sent_documents, "contacts": self.sent_contacts}
        if not self.sent_documents:
            return self.env._("Sent by %(person)s, %(moment)s. Contacts: %(contacts)s.", **words)
        if not self.sent_contacts:
            return self.env._("Sent by %(person)s, %(moment)s. Documents: %(documents)s.", **words)
        return self.env._(
            "Sent by %(person)s, %(moment)s. Documents: %(documents)s, and contacts that they need: %(contacts)s.",
            **words,
        )

    # === OPENING === #

    @api.model
    def _open_for(self, records):
        """Preview the sync of ``records`` (documents or contacts), and return the action that shows it.

        :param records: of one model that has ``xero.sync.mixin``, of any companies
        :return: an action as Odoo's client takes it
        :raise AccessError: the user may not sync, or not read them
        :raise UserError: their company is not connected
        """
        records._xero_check_person()
        previews = self.sudo().browse()
        for company, of_company in records.grouped(lambda record: record._xero_company()).items():
            connection = self.env["xero.connection"]._for_company(company)
            if not connection:
                raise UserError(
                    self.env._("%s is not connected to Xero. Connect it under Settings, Xero.", named(company.name))
                )
            present = previews.filtered(lambda preview, connection=connection: preview.connection_id == connection)
            preview = present or self._new(connection, "records")
            previews |= preview
            preview._seed_records(of_company)
        previews._start()
        return previews.with_env(self.env)._open()

    @api.model
    def _open_for_queue(self, connection):
        """Preview what the next drain of ``connection`` would do, and return the action that shows it.

        :param connection: one ``xero.connection``
        :raise AccessError: the user is no Xero user
        """
        self._check_user()
        preview = self._new(connection, "queue")
        preview._seed_queue()
        preview._start()
        return preview.with_env(self.env)._open()

    def _check_user(self):
        check_role(self.env, XERO_USER, self.env._("Only Xero users look at previews."))

    def _check_asker(self):
        """See that a user may take these previews in hand: the own ones, and those of the own companies."""
        self._check_user()
        self.check_access("read")
        self.filtered(lambda preview: preview.sudo().user_id != self.env.user)._check_own_company()

    def _new(self, connection, kind):
        return self.sudo().create(
            {
                "connection_id": connection.id,
                "company_id": connection.company_id.id,
                "kind": kind,
                "user_id": self.env.uid,
            }
        )

    def _open(self):
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_preview")
        if len(self) != 1:
            return {**action, "domain": [("id", "in", self.ids)], "context": {}}
        return {**action, "views": [(False, "form")], "view_mode": "form", "res_id": self.id, "context": {}}

    # === SEEDING === #

    def _seed_records(self, records) -> None:
        """Add records that a person chose; what no mapper sends, such as a journal entry, is there to be told of."""
        mappers = self.env["xero.mapper"]._for_model(records._name)
        rest = records
        for mapper in mappers:
            handled = mapper._handles(records)
            self._seed(mapper, [(record.id, record._xero_company().id) for record in handled])
            rest -= handled
        rest = rest.filtered(lambda record: not any(mapper._handles(record) for mapper in mappers))
        self._seed(mappers[0], [(record.id, record._xero_company().id) for record in rest], operation=None)

    def _seed(self, mapper, pairs, operation="push", first=False) -> None:
        """Add records to look at, with one statement; those that are there already stay.

        :param mapper: the ``xero.mapper`` of the type
        :param pairs: ``(record id, company id)``
        :param operation: ``push`` or ``void``, as of jobs; ``None`` for what is never sent
        :param first: they are needed by others, nobody asked for them
        """
        if not pairs:
            return
        self._insert_lines(
            SQL(
                "SELECT %s, %s, v.company_id, %s, %s, v.res_id, %s, %s, %s"
                " FROM unnest(%s::int[], %s::int[]) AS v(res_id, company_id)",
                self.id,
                self.connection_id.id,
                mapper._xero_type,
                mapper._odoo_model,
                operation,
                mapper._push_rank,
                first,
                [res_id for res_id, _company in pairs],
                [company for _res_id, company in pairs],
            )
        )

    def _seed_queue(self) -> None:
        """Add what is due in the queue."""
        self._insert_lines(
            SQL(
                """SELECT %s, j.connection_id, j.company_id, j.xero_type, j.res_model, j.res_id, MIN(j.operation),
                          MIN(j.rank), FALSE
                     FROM xero_sync_job j
                    WHERE j.connection_id = %s AND j.state = 'pending' AND j.operation IN ('push', 'void')
                      AND j.run_after <= %s AND j.res_id IS NOT NULL
                    GROUP BY j.connection_id, j.company_id, j.xero_type, j.res_model, j.res_id""",
                self.id,
                self.connection_id.id,
                fields.Datetime.now(),
            )
        )

    def _insert_lines(self, rows: SQL) -> None:
        self.env["xero.sync.job"].flush_model()
        self.env.cr.execute(
            SQL(
                """INSERT INTO xero_preview_line (preview_id, connection_id, company_id, xero_type, res_model, res_id,
                          operation, rank, first) %s
                   ON CONFLICT (preview_id, xero_type, res_model, res_id) DO NOTHING""",
                rows,
            )
        )
        self.env["xero.preview.line"].invalidate_model(flush=False)

    # === ACTIONS === #

    def action_again(self):
        """Look once more, for a person who mended something."""
        self._check_asker()
        for preview in self.sudo():
            if preview.state in ("sent", "undone"):
                raise UserError(self.env._("What was shown here is done. Make a new preview."))
            preview._restart()
        return True

    def action_stop(self):
        """Stop looking."""
        self._check_asker()
        self.sudo().filtered(lambda preview: preview.state == "planning").write(
            {"state": "stopped", "reason": self.env["xero.reason"]._("Stopped by %s.", named(self.env.user.name))}
        )

    def action_send(self):
        """Queue what was previewed and has no problem. What is decided is decided anew when it is sent."""
        self.ensure_one()
        self._check_user()
        self.check_access("read")
        if self.state == "sent":
            raise UserError(self._sent_text())
        if self.kind != "records" or self.state != "ready":
            raise UserError(self.env._("Wait until the preview is ready."))
        lines = self.sudo()._lines(("first", "=", False), ("action", "in", SENDABLE))
        if not lines:
            raise UserError(self.env._("Everything here has a problem, or is in Xero as it is."))
        run = self.env["xero.run"]._of_selection(self.connection_id.sudo())
        sent, reasons = lines.browse(), []
        for model, of_model in lines.grouped("res_model").items():
            records = self.env[model].browse(of_model.mapped("res_id")).exists()
            records._xero_check_person()
            ready, left_out = records._xero_send_ready({self.connection_id.id: run})
            queued = set(ready.ids)
            sent |= of_model.filtered(lambda line, queued=queued: line.res_id in queued)
            reasons += left_out
        if not sent:
            raise UserError("\n".join(reasons) or self.env._("All of it was deleted in Odoo meanwhile."))
        self.sudo()._note_sent(sent, run)
        return records._xero_selection_notice(len(sent), reasons)

    def _note_sent(self, lines, run) -> None:
        """Keep that ``lines``, and the contacts that they need, were sent as jobs of ``run``."""
        needed = {(model, res_id) for line in lines for model, res_id in line.needs or ()}
        contacts = self._lines(("first", "=", True), ("xero_type", "=", "Contact"), ("action", "in", SENDABLE))
        contacts = contacts.filtered(lambda line: (line.res_model, line.res_id) in needed)
        chosen = lines.filtered(lambda line: line.xero_type == "Contact")
        self._note_done("sent", run)
        self.write({"sent_documents": len(lines - chosen), "sent_contacts": len(chosen | contacts)})

    def _note_done(self, state, run) -> None:
        """Keep who had done what is shown, and when.

        :param state: ``sent`` or ``undone``
        :param run: ``xero.run`` that does it
        """
        self.write(
            {"state": state, "sent_at": fields.Datetime.now(), "sent_by_id": self.env.uid, "sent_run_id": run.id}
        )
        self._notify_screens()

    def action_open_run(self):
        """Open the run that does, or did, what is shown."""
        self.ensure_one()
        self.check_access("read")
        run = self.sent_run_id or self.run_id
        if not run:
            raise UserError(self.env._("Nothing was sent from here."))
        return run._get_records_action()

    def action_open_lines(self):
        """Open the lines with the actions named in the context as ``actions``; ``contacts``: those of contacts."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_preview_line")
        domain = [("preview_id", "=", self.id)]
        if actions := sent_value(self.env, "actions", str):
            domain.append(("action", "in", actions.split(",")))
        if self.env.context.get("contacts"):
            domain += [("xero_type", "=", "Contact"), ("action", "in", SENDABLE)]
        elif actions and self.sudo()._lines(("xero_type", "!=", "Contact")):
            domain.append(("xero_type", "!=", "Contact"))
        return {**action, "domain": domain, "context": {}}
