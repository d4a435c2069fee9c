"""Sending what existed before: forecast, bounded slices, oldest first, behind all other work."""

from datetime import date
from math import ceil

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...mappers.text import named
from ..mapping.xero_mapping_journal import JOURNAL_TYPES
from ..outbound.bill_check import calls_to_look_up
from ..queue.claim import BATCH
from ..queue.xero_sync_job import HISTORY

# So many documents are queued at a time, and no more while so many of the run wait.
SLICE = 500
DEFAULT_DAY_LIMIT = 1000
MOVE_TYPES = {
    "with_invoices": ("out_invoice", "out_receipt"),
    "with_bills": ("in_invoice", "in_receipt"),
    "with_credit_notes": ("out_refund",),
    "with_refunds": ("in_refund",),
    "with_entries": ("entry",),
}


class XeroRun(models.Model):
    _inherit = "xero.run"

    forecast_documents = fields.Integer("Documents to Send", compute="_compute_forecast")
    forecast_contacts = fields.Integer("Contacts to Create First", compute="_compute_forecast")
    forecast_calls = fields.Integer("Calls to Xero", compute="_compute_forecast")
    forecast_payments = fields.Integer("Payments to Send", compute="_compute_forecast")
    forecast_unpaid = fields.Integer("Documents That Stand Open in Xero", compute="_compute_forecast")
    forecast_days = fields.Integer(
        "Days", compute="_compute_forecast", help="Within the daily budget for background work."
    )
    forecast = fields.Text(compute="_compute_forecast")

    # === WHICH === #

    @api.model
    def _flush_read(self) -> None:
        """Bring what the queries below read into the database."""
        for model in ("account.move", "xero.link", "xero.sync.job", "xero.run"):
            self.env[model].flush_model()

    def _kinds_sql(self) -> SQL:
        """Return the condition on the documents ``m`` of the kinds that the run takes: chosen, and synced by the
        connection.
        """
        scope = self.connection_id._scope(self.connection_id.company_id.id)
        if not scope or scope.connection_id != self.connection_id.id:
            return SQL("FALSE")
        chosen = [kind for name, kinds in MOVE_TYPES.items() if self[name] for kind in kinds]
        return self.env["account.move"]._xero_kinds_sql(scope, chosen)

    def _documents_sql(self) -> SQL:
        """Return FROM and WHERE of the posted documents ``m`` that Xero lacks and that nothing else is at work on."""
        runner = self.env["xero.sync.runner"]
        return SQL(
            """account_move m
             WHERE m.state = 'posted' AND m.company_id = ANY(%(companies)s) AND %(kinds)s
               AND COALESCE(m.invoice_date, m.date) BETWEEN %(first)s AND %(last)s
               AND NOT (%(automatic)s AND %(ended)s)
               AND NOT EXISTS (SELECT FROM xero_link l WHERE l.res_model = 'account.move' AND l.res_id = m.id
                                  AND l.connection_id = %(connection)s
                                  AND (l.xero_id IS NOT NULL OR l.state = 'ignored'))
               AND NOT EXISTS (SELECT FROM xero_sync_job j WHERE j.res_model = 'account.move' AND j.res_id = m.id
                                  AND j.connection_id = %(connection)s AND j.state NOT IN ('done', 'cancelled'))""",
            companies=runner._served_companies(self.connection_id).ids,
            kinds=self._kinds_sql(),
            first=self.date_from or date.min,
            last=self.date_to or date.max,
            automatic=self.automatic,
            ended=self._left_to_history_sql(self.connection_id._origin.id, but=self._origin.id),
            connection=self.connection_id._origin.id,
        )

    @api.model
    def _left_to_history_sql(self, connection_id: int, but=None) -> SQL:
        """Whether the document ``m`` is one that a history is at work on, or that a person ended or took back.

        :param connection_id: id of ``xero.connection``
        :param but: id of a run that does not count
        :return: a condition on ``account_move m``
        """
        states = ("running", "paused", "cancelled", "undoing", "undone")
        return SQL("%s IS NOT NULL", self._history_of_sql(connection_id, states, but))

    @api.model
    def _history_of_sql(self, connection_id: int, states, but=None) -> SQL:
        """Return the newest history in one of ``states`` that the document ``m`` belongs to.

        :param connection_id: id of ``xero.connection``
        :param states: of runs, at least one
        :param but: id of a run that does not count
        :return: an expression over ``account_move m``, with the id of the run or ``NULL``
        """
        return SQL(
            """(SELECT MAX(r.id) FROM xero_run r
                    WHERE r.connection_id = %(connection)s AND r.kind = 'history' AND r.id != %(but)s
                      AND r.state IN %(states)s AND m.create_date < r.started_at
                      AND COALESCE(m.invoice_date, m.date) BETWEEN r.date_from AND COALESCE(r.date_to, 'infinity')
                      AND CASE WHEN m.move_type IN ('out_invoice', 'out_receipt') THEN r.with_invoices
                               WHEN m.move_type IN ('in_invoice', 'in_receipt') THEN r.with_bills
                               WHEN m.move_type = 'out_refund' THEN r.with_credit_notes
                               WHEN m.move_type = 'entry' THEN r.with_entries
                               ELSE r.with_refunds END)""",
            connection=connection_id,
            states=states,
            but=but or 0,
        )

    # === FORECAST === #

    @api.depends(
        *("connection_id", "date_from", "date_to", *MOVE_TYPES, "state"),
        *("connection_id.journal_mapping_ids.direction", "connection_id.journal_mapping_ids.state"),
    )
    def _compute_forecast(self):
        for run in self:
            counts = run.sudo()._forecast_counts() if run.kind == "history" and run.connection_id._origin else {}
            run.forecast_documents = counts.get("documents", 0)
            run.forecast_contacts = counts.get("contacts", 0)
            run.forecast_calls = counts.get("calls", 0)
            run.forecast_payments = counts.get("payments", 0)
            run.forecast_unpaid = counts.get("unpaid", 0)
            run.forecast_days = run._days(run.forecast_calls)
            run.forecast = run._forecast_text()

    def _forecast_counts(self) -> dict:
        """Return how many documents, contacts and payments are to be sent, in how many calls; three queries."""
        self.env["xero.run"]._flush_read()
        rows = self.env.execute_query(SQL("SELECT m.move_type, count(*) FROM %s GROUP BY 1", self._documents_sql()))
        by_resource = {}
        for move_type, count in rows:
            resource = "CreditNotes" if move_type.endswith("refund") else "Invoices"
            by_resource[resource] = by_resource.get(resource, 0) + count
        [[contacts]] = self.env.execute_query(
            SQL(
                """SELECT count(DISTINCT m.commercial_partner_id) FROM %s AND NOT EXISTS (
                       SELECT FROM xero_link c WHERE c.res_model = 'res.partner' AND c.res_id = m.commercial_partner_id
                          AND c.connection_id = %s AND c.xero_id IS NOT NULL)""",
                self._documents_sql(),
                self.connection_id._origin.id,
            )
        )
        calls = ceil(contacts / BATCH) + sum(ceil(count / BATCH) for count in by_resource.values())
        payments, unpaid = self._count_payments()
        calls += calls_to_look_up(dict(rows)) + ceil(payments / BATCH)
        return {
            "documents": sum(by_resource.values()),
            "contacts": contacts,
            "calls": calls,
            "payments": payments,
            "unpaid": unpaid,
        }

    def _count_payments(self) -> tuple[int, int]:
        """Return how many payments go with the documents, and how many documents have one that does not go."""
        for model in ("account.move.line", "account.partial.reconcile"):
            self.env[model].flush_model()
        journals = list(self.env["xero.mapping.journal"]._outgoing_journals(self.connection_id))
        [[going, unpaid]] = self.env.execute_query(
            SQL(
                """WITH d AS (SELECT m.id FROM %(documents)s), paid AS (
                       SELECT d.id, o.move_id FROM d JOIN account_move_line l ON l.move_id = d.id
                         JOIN account_partial_reconcile p ON p.debit_move_id = l.id
                         JOIN account_move_line o ON o.id = p.credit_move_id
                       UNION
                       SELECT d.id, o.move_id FROM d JOIN account_move_line l ON l.move_id = d.id
                         JOIN account_partial_reconcile p ON p.credit_move_id = l.id
                         JOIN account_move_line o ON o.id = p.debit_move_id)
                   SELECT count(*) FILTER (WHERE e.journal_id = ANY(%(journals)s)),
                          count(DISTINCT paid.id) FILTER (WHERE NOT e.journal_id = ANY(%(journals)s))
                     FROM paid JOIN account_move e ON e.id = paid.move_id JOIN account_journal j ON j.id = e.journal_id
                    WHERE j.type IN %(types)s""",
                documents=self._documents_sql(),
                journals=journals,
                types=JOURNAL_TYPES,
            )
        )
        return going, unpaid

    def _daily_calls(self) -> tuple[int, int]:
        """Return how many calls a history may make today, and on each further day: what the way in needs is not its."""
        connection = self.connection_id
        limit = connection.day_limit or DEFAULT_DAY_LIMIT
        reserve = limit * connection.day_reserve_percent // 100
        seen_today = connection.limits_at and connection.limits_at.date() == fields.Date.today()
        daily = max(limit - reserve - self.env["xero.inbound.schedule"].sudo()._calls_a_day(connection.sudo()), 1)
        return max(connection.day_remaining - reserve, 0) if seen_today else daily, daily

    def _days(self, calls: int) -> int:
        if not calls:
            return 0
        today, daily = self._daily_calls()
        return 1 + ceil(max(calls - today, 0) / daily)

    def _forecast_text(self) -> str:
        if not self.forecast_documents:
            return self.env._(
                "Xero has every document of this time and these kinds, or something else is sending them."
            )
        today, daily = self._daily_calls()
        words = self.env._(
            "Background work may make %(today)s more calls today and %(daily)s a day after that. What people send "
            "themselves goes first.",
            today=today,
            daily=daily,
        )
        return "\n".join([words, self._unpaid_text(self.forecast_unpaid)]) if self.forecast_unpaid else words

    def _unpaid_text(self, count) -> str:
        return self.env._(
            "%s of these documents are paid in Odoo. Their payments are not sent, and the documents stand open in "
            "Xero. To send the payments, set the bank account to From Odoo to Xero before you start.",
            count,
        )

    # === ACTIONS === #

    def action_preview(self):
        """Show what the history would do, before it starts."""
        self.ensure_one()
        self._check_accountant()
        self._check_state("draft")
        preview = self.env["xero.preview"]._new(self.connection_id.sudo(), "history")
        preview._seed_run(self.sudo())
        preview._start()
        return preview.with_env(self.env)._open()

    def action_open_bank_accounts(self):
        """Open which way the payments of each bank account go."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_mapping_journal")
        return {**action, "domain": [("connection_id", "=", self.connection_id.id)]}

    def action_start(self):
        """Begin in the background."""
        self.ensure_one()
        self._check_accountant()
        self._check_state("draft")
        if self.kind != "history" or not self.date_from:
            raise UserError(self.env._("Choose the day from which documents are sent."))
        if self.connection_id.state not in ("connected", "reauth"):
            raise UserError(self.env._("%s is not connected.", named(self.connection_id.name)))
        others = self.search_count(
            [
                ("connection_id", "=", self.connection_id.id),
                ("kind", "=", "history"),
                ("state", "in", ("running", "paused")),
            ],
            limit=1,
        )
        if others:
            raise UserError(self.env._("Another history of this organisation is under way: end it first."))
        self.sudo()._begin()
        return True

    def _begin(self):
        self.write(
            {
                "state": "running",
                "started_at": fields.Datetime.now(),
                "total_count": self._forecast_counts()["documents"],
                "user_id": self.env.uid,
            }
        )
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)
        self._feed()

    # === SLICES === #

    def _feed(self) -> int:
        """Queue the next slice of each running history that has few jobs waiting; return how many documents it took.

        Called by the lane's worker when it has nothing better to do, and now and then by a cron.
        """
        queued = 0
        for run in self.filtered(lambda run: run.kind == "history" and run.state == "running" and not run.exhausted):
            if run.try_lock_for_update(allow_referencing=True) and run._waiting() < SLICE:
                queued += run._queue_slice()
        return queued

    def _waiting(self) -> int:
        [[count]] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM xero_sync_job WHERE run_id = %s AND state IN ('pending', 'running', 'blocked')",
                self.id,
            )
        )
        return count

    def _queue_slice(self) -> int:
        self.env["xero.run"]._flush_read()
        rows = self.env.execute_query(
            SQL(
                """SELECT m.id, m.company_id, COALESCE(m.invoice_date, m.date) AS day FROM %s
                      AND (COALESCE(m.invoice_date, m.date), m.id) > (%s, %s) ORDER BY day, m.id LIMIT %s""",
                self._documents_sql(),
                self.cursor_date or date.min,
                self.cursor_id or 0,
                SLICE,
            )
        )
        moves = self.env["account.move"].browse([row[0] for row in rows])
        companies = {move_id: company_id for move_id, company_id, _day in rows}
        for mapper in self.env["xero.mapper"]._for_model("account.move"):
            pairs = [(move.id, companies[move.id]) for move in mapper._handles(moves)]
            self.env["xero.sync.job"]._enqueue(
                self.connection_id.id, mapper, pairs, priority=HISTORY, renew=False, run_id=self.id
            )
        if rows:
            self.write({"cursor_date": rows[-1][2], "cursor_id": rows[-1][0]})
            self.env["xero.sync.runner"]._wake(self.connection_id.ids)
        moves.invalidate_recordset(
            ["xero_sync_state", "xero_sync_message", "xero_has_fix", "xero_must_ask"], flush=False
        )
        self.exhausted = len(rows) < SLICE
        self._notify_screens()
        return len(rows)

    @api.model
    def _cron_advance(self) -> None:
        """Feed and close what the workers left: after a restart, a pause of the lane, or an empty run."""
        runs = self.search([("state", "in", ("running", "undoing"))])
        runs._feed()
        for connection in runs.connection_id:
            self._close_finished(connection)

    # === THE FROM DATE OF THE CONNECTION === #

    @api.model
    def _of_sync_from(self, connection):
        """Return the history that brings documents from the connection's Sync From on, which the sweep starts once for
        each such date; empty when it was started before, whatever became of it, and as long as nothing is matched.

        :param connection: one ``xero.connection``, as superuser
        :return: ``xero.run``
        """
        scope = connection._scope(connection.company_id.id)
        if not scope or not scope.sync_from or connection._is_unmatched():
            return self
        known = self.search_count(
            [
                ("connection_id", "=", connection.id),
                ("automatic", "=", True),
                ("date_from", "<=", scope.sync_from),
            ],
            limit=1,
        )
        open_ones = self.search_count(
            [("connection_id", "=", connection.id), ("kind", "=", "history"), ("state", "in", ("running", "paused"))],
            limit=1,
        )
        values = {
            "connection_id": connection.id,
            "date_from": scope.sync_from,
            "automatic": True,
            "with_entries": bool(scope.entry_journals),
        }
        run = self.new(values)
        if known or open_ones or not run._has_older_documents(scope):
            return self
        run = self.create(values)
        run._begin()
        return run

    def _has_older_documents(self, scope) -> bool:
        """Whether it would take documents from before the company was connected."""
        self.env["xero.run"]._flush_read()
        query = SQL("SELECT 1 FROM %s AND m.create_date < %s LIMIT 1", self._documents_sql(), scope.connected_at)
        return bool(self.env.execute_query(query))


class XeroFeederHistory(models.AbstractModel):
    """What existed before the company was connected is a history, with progress, pause and undo."""

    _name = "xero.feeder.history"
    _inherit = "xero.feeder"
    _description = "Xero History Feeder"

    _rank = 90

    def _has_news(self, connection) -> bool:
        """Queue the next slice, as there is nothing better to do; one query when there is none."""
        runs = self.env["xero.run"].search([("connection_id", "=", connection.id), ("state", "=", "running")])
        return bool(runs._feed())

    def _after_drain(self, connection):
        self.env["xero.run"]._close_finished(connection)

    def _begin_sweep(self, connection):
        history = self.env["xero.run"].sudo()._of_sync_from(connection)
        return history._waiting() if history else 0

    def _left_to_it_sql(self, scope):
        """What a history is at work on, or a person ended or took back."""
        return self.env["xero.run"]._left_to_history_sql(scope.connection_id)
