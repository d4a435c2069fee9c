"""Payments of documents that were paid in Odoo before Xero had them: they follow what the connector makes there."""

from math import ceil

from odoo import api, fields, models
from odoo.tools import SQL

from .xero_mapping_journal import JOURNAL_TYPES
from .xero_payment_part import REMOVAL
from .xero_sync_claim import BATCH
from .xero_sync_job import EVENT


class XeroRun(models.Model):
    _inherit = "xero.run"

    forecast_payments = fields.Integer("Payments to Send", compute="_compute_forecast")
    forecast_unpaid = fields.Integer("Documents That Stand Open in Xero", compute="_compute_forecast")

    @api.depends("connection_id.journal_mapping_ids.direction", "connection_id.journal_mapping_ids.state")
    def _compute_forecast(self):
        return super()._compute_forecast()

    def _forecast_counts(self):
        """Extend: payments go after their documents; one query."""
        counts = super()._forecast_counts()
        payments, unpaid = self._count_payments()
        return {
            **counts,
            "calls": counts["calls"] + ceil(payments / BATCH),
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

    def _forecast_in_words(self):
        words = super()._forecast_in_words()
        if not self.forecast_unpaid:
            return words
        return "\n".join([words, self._unpaid_in_words(self.forecast_unpaid)])

    def _unpaid_in_words(self, count) -> str:
        return self.env._(
            "%s of these documents are paid in Odoo. Their payments are not sent, and the documents stand open in "
            "Xero. To send the payments, set the bank account to From Odoo to Xero before you start.",
            count,
        )

    def action_open_bank_accounts(self):
        """Open which way the payments of each bank account go."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_mapping_journal")
        return {**action, "domain": [("connection_id", "=", self.connection_id.id)]}


class XeroPaymentPart(models.Model):
    _inherit = "xero.payment.part"

    @api.model
    def _follow(self, connection, moves, run, priority) -> None:
        """Queue what is paid on ``moves``, which were just made in Xero; as part of ``run``, if there is one."""
        parts = self.with_context(xero_follows=(run.id, max(priority, EVENT)))
        parts._refresh(moves)
        # Of a document that was made once before, the payments are known already.
        domain = [("document_id", "in", moves.ids), ("over", "=", False), ("credit_type", "=", False)]
        known = self.sudo().search([("connection_id", "=", connection.id), *domain])
        links = self.env["xero.link"]._map(connection, "Payment", self._name, known.ids)
        parts.sudo()._enqueue(connection, known.filtered(lambda part: part.id not in links), EVENT)
        if run.state == "paused":
            run._hold([self._name])

    def _enqueue(self, connection, parts, priority):
        run_id, least = self.env.context.get("xero_follows") or (None, priority)
        if priority == REMOVAL or not run_id and least == priority:
            return super()._enqueue(connection, parts, priority)
        mapper = self.env["xero.mapper"]._for_type("Payment")
        records = [(part.id, part.company_id.id) for part in parts.sorted("id")]
        self.env["xero.sync.job"]._enqueue(connection.id, mapper, records, priority=least, run_id=run_id or None)
        if parts:
            self.env["xero.sync.runner"]._wake(connection.ids)


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _mark_created(self, connection, mapper, items):
        """Extend: payments that waited for their documents to be in Xero follow them."""
        super()._mark_created(connection, mapper, items)
        if mapper._odoo_model != "account.move" or not self.env["xero.mapping.journal"]._outgoing_journal_ids():
            return
        jobs = self.env["xero.sync.job"].browse([item[0] for item in items])
        for run, of_run in jobs.grouped("run_id").items():
            moves = self.env["account.move"].browse(of_run.mapped("res_id")).exists()
            self.env["xero.payment.part"]._follow(connection, moves, run, max(of_run.mapped("priority")))
