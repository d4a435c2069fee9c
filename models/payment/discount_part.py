"""Discounts of payments, and write-offs by journal entries: what is settled without money is a credit note in Xero."""

from decimal import Decimal

from odoo import api, models

from ...mappers.text import named
from ..connection.xero_connection import JOURNAL_TYPE
from ..inbound.importer_document import SETTLED
from ..queue.xero_sync_job import EVENT
from .xero_payment_part import REFUNDS, REMOVAL


class XeroPaymentPart(models.Model):
    """An early payment discount, and whatever else a payment writes off with its tax, is a credit note in Xero for the
    entry of the payment: only that takes tax back. It is there as long as something of it is applied.
    """

    _inherit = "xero.payment.part"

    def _is_discount(self) -> bool:
        """Whether this applies the credit note that stands for a payment's discount, or for a journal entry."""
        return self.credit_type == "CreditNote" and self.entry_id.move_type == "entry"

    def _discounts_of(self, connection, entries):
        """Return what applies the credit notes of ``entries``; no query where there are none."""
        if not entries:
            return self.browse()
        domain = [("connection_id", "=", connection.id), ("entry_id", "in", entries.ids), ("over", "=", False)]
        return self._credits(domain).filtered(lambda part: part._is_discount())

    def _written_off_lines(self, entry):
        """Return the lines of ``entry``, a payment, that are neither money nor what it settles."""
        others = entry.line_ids.filtered(lambda line: line.account_id.account_type not in SETTLED)
        return others.filtered(lambda line: not self._is_liquid(entry, line))

    def _credited_lines(self, entry):
        """Return those of the written off lines of ``entry`` that a credit note has in Xero."""
        if entry.journal_id.type == "general":
            return self._written_off_lines(entry).filtered("amount_currency")
        company = entry.company_id
        accounts = (
            company.account_journal_early_pay_discount_loss_account_id
            | company.account_journal_early_pay_discount_gain_account_id
        )
        return self._written_off_lines(entry).filtered(
            lambda line: (
                (line.account_id in accounts or line.tax_ids or line.tax_repartition_line_id) and line.amount_currency
            )
        )

    def _discount_of(self, move) -> float:
        """Return what the terms of the document ``move`` take off for an early payment, in its currency."""
        terms = move.line_ids.filtered(lambda line: line.display_type == "payment_term")
        if not move.invoice_payment_term_id.early_discount:
            return 0.0
        return sum(abs(line.amount_currency - line.discount_amount_currency) for line in terms)

    # === JOURNAL ENTRIES === #

    def _refresh_write_offs(self, moves) -> None:
        """Bring the credit notes of journal entries among ``moves`` that write documents off to the present state.

        :param moves: ``account.move`` of any kind and company
        """
        for company, of_company in moves.grouped("company_id").items():
            scope = self.env["xero.connection"]._scope(company.id)
            if not (scope and scope.sends_credits):
                continue
            entries = of_company.filtered(lambda move: move._xero_may_be_write_off())
            if entries:
                connection = self.env["xero.connection"]._for_company(company)
                self._refresh_write_offs_of(connection, entries, scope)

    def _refresh_write_offs_of(self, connection, entries, scope):
        domain = [("connection_id", "=", connection.id), ("entry_id", "in", entries.ids)]
        known = self._credits(domain).filtered(lambda part: part._is_discount()).grouped("entry_id")
        less, more = self.browse(), self.browse()
        for entry in entries:
            parts = known.get(entry, self.browse())
            if not parts and not entry._xero_time_in_scope(scope):
                continue
            lowered, raised = self._compare_credit(
                connection, entry, "CreditNote", self._written_off(entry, scope), parts
            )
            less, more = less | lowered, more | raised
        self._enqueue(connection, less, REMOVAL)
        self._enqueue(connection, more, EVENT)
        self._enqueue_discounts(connection, (less | more).entry_id)

    def _written_off(self, entry, scope) -> dict:
        """Return ``{document: amount}`` of what ``entry`` writes off; empty where it does anything else besides."""
        if entry.state != "posted" or self._why_no_credit_note(entry, scope):
            return {}
        found, ledger = {}, self.env["xero.payment.ledger"]
        for move in self._partners(entry):
            if self._may_be_settled(move):
                told = ledger._xero_amounts(move)
                found[move] = sum((told[partial] for partial in ledger._partials(move, entry)), Decimal(0))
        return {move: amount for move, amount in found.items() if amount}

    def _why_no_credit_note(self, entry, scope) -> str | None:
        """Return why what ``entry`` settles has no form in Xero, which has a credit note of one contact, in one
        currency, for invoices and bills only; ``None`` where it has.
        """
        say = self.env["xero.reason"]
        settled = entry.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        moves = self._partners(entry)
        if any(self._is_liquid(entry, line) for line in entry.line_ids):
            return say._("it has money on a bank or cash account.")
        if len(settled.partner_id.commercial_partner_id) != 1:
            return say._("it is about several contacts, or about none.")
        if len({line.account_id.account_type for line in settled}) != 1:
            return say._("it is about receivables and payables at once.")
        if entry.line_ids.currency_id | moves.currency_id != entry.currency_id:
            return say._("it has amounts in a foreign currency.")
        if any(not move.is_invoice(include_receipts=True) or move.move_type in REFUNDS for move in moves):
            return say._("it settles something else than invoices and bills.")
        if any(not self._is_synced(move, scope) for move in moves):
            return say._("it also settles a document that is not synced.")
        return None

    # === WHAT STAYS OPEN === #

    @api.model
    def _refresh_left_open(self, moves) -> None:
        """Say of each of ``moves`` what a journal entry settles in Odoo only; it stays open in Xero.

        :param moves: ``account.move`` of any kind and company; those that Xero does not have are left out
        """
        invoices = moves.sudo().filtered(lambda move: move.is_invoice(include_receipts=True))
        domain = [("res_model", "=", "account.move"), ("res_id", "in", invoices.ids)]
        links = self.env["xero.link"].sudo().search(domain) if invoices else self.env["xero.link"]
        links = links.filtered(lambda link: link._is_alive())
        by_id = {move.id: move for move in invoices}
        for link in links:
            scope = self.env["xero.connection"]._scope(by_id[link.res_id].company_id.id)
            told = scope and self.sudo()._left_open(link.connection_id, by_id[link.res_id], scope)
            if (link.left_open or "") != (told or ""):
                link.left_open = told or False

    def _left_open(self, connection, move, scope) -> str | None:
        """Return the sentences on what journal entries settle of ``move`` in Odoo only; ``None`` without any."""
        say, ledger = self.env["xero.reason"], self.env["xero.payment.ledger"]
        entries = self._partners(move).filtered(lambda entry: entry._xero_may_be_write_off())
        entries -= entries.filtered(lambda entry: entry.journal_id == entry.company_id.currency_exchange_journal_id)
        if not entries or move.state != "posted":
            return None
        told = ledger._xero_amounts(move)
        covered = self.search([("document_id", "=", move.id), ("entry_id", "in", entries.ids), ("over", "=", False)])
        sentences = []
        for entry in (entries - covered.entry_id - self._from_xero(entries)).sorted("id"):
            amount = sum((told[partial] for partial in ledger._partials(move, entry)), Decimal(0))
            if amount:
                sentences.append(
                    say._(
                        "%(amount)s stays open in Xero: %(entry)s settles it in Odoo only, because %(why)s Credit or "
                        "pay it in Xero too, or undo the reconciliation and write it off by an entry of its own.",
                        amount=move.currency_id.format(float(amount)),
                        entry=named(entry.name),
                        why=self._why_left_open(entry, scope),
                    )
                )
        return say._join("\n", sentences) if sentences else None

    def _why_left_open(self, entry, scope) -> str:
        if not scope.sends_credits:
            return self.env["xero.reason"]._("applied credits do not go to Xero, by setting of the connection.")
        why = self._why_no_credit_note(entry, scope)
        return why or self.env["xero.reason"]._("it is older than what is synced.")

    # === QUEUE === #

    def _enqueue_discounts(self, connection, entries) -> None:
        """Queue the credit notes of ``entries``: made where something is applied, taken back where nothing is. An entry
        is one thing in Xero: where its journal is sent it is a manual journal as long as it is no credit note.
        """
        if not entries:
            return
        scope, entries = connection._scope(connection.company_id.id), entries.sorted("id")
        credited = entries & self._discounts_of(connection, entries).entry_id
        journals = (entries - credited).filtered(
            lambda entry: scope and entry._xero_kind_in_scope(scope) and entry._xero_is_free_entry()
        )
        self._enqueue_entries(connection, "CreditNote", entries - journals)
        self._enqueue_entries(connection, JOURNAL_TYPE, journals)
        self._enqueue_entries(connection, "CreditNote", self._standing_as(connection, "CreditNote", journals), "void")
        self._enqueue_entries(connection, JOURNAL_TYPE, self._standing_as(connection, JOURNAL_TYPE, credited), "void")
        self.env["xero.sync.runner"]._wake(connection.ids)

    def _enqueue_entries(self, connection, xero_type, entries, operation="push"):
        mapper, records = self.env["xero.mapper"]._for_type(xero_type), [(one.id, one.company_id.id) for one in entries]
        self.env["xero.sync.job"]._enqueue(connection.id, mapper, records, operation=operation, priority=EVENT)

    def _standing_as(self, connection, xero_type, entries):
        """Return those of ``entries`` that Xero has as ``xero_type``, or is being sent as such; no query for none."""
        if not entries:
            return entries
        own = [("connection_id", "=", connection.id), ("xero_type", "=", xero_type)]
        own += [("res_model", "=", entries._name), ("res_id", "in", entries.ids)]
        links = self.env["xero.link"].search(own).filtered(lambda link: link._is_alive())
        sending = self.env["xero.sync.job"].search([*own, ("state", "=", "running"), ("operation", "=", "push")])
        return entries & entries.browse({*links.mapped("res_id"), *sending.mapped("res_id")})
