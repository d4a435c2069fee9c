"""Discounts of payments, and write-offs by journal entries: what is settled without money is a credit note in Xero."""

from decimal import Decimal

from odoo import models

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
        """Return ``{document: amount}`` of what ``entry`` writes off; empty where it does anything else besides.

        Xero has a credit note of one contact, in one currency, for invoices and bills only.
        """
        settled = entry.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        partners = settled.partner_id.commercial_partner_id
        is_plain = len({line.account_id.account_type for line in settled}) == 1 and len(partners) == 1
        moneyless = not any(self._is_liquid(entry, line) for line in entry.line_ids)
        if entry.state != "posted" or not is_plain or not moneyless or entry.line_ids.currency_id != entry.currency_id:
            return {}
        found, ledger = {}, self.env["xero.payment.ledger"]
        for move in self._partners(entry):
            invoice = move.is_invoice(include_receipts=True) and move.move_type not in REFUNDS
            if not (invoice and move.currency_id == entry.currency_id and self._is_synced(move, scope)):
                return {}
            if self._may_be_settled(move):
                told = ledger._xero_amounts(move)
                found[move] = sum((told[partial] for partial in ledger._partials(move, entry)), Decimal(0))
        return {move: amount for move, amount in found.items() if amount}

    # === QUEUE === #

    def _enqueue_discounts(self, connection, entries) -> None:
        """Queue the credit notes of ``entries``: made where something is applied, taken back where nothing is."""
        mapper = self.env["xero.mapper"]._for_type("CreditNote")
        records = [(entry.id, entry.company_id.id) for entry in entries.sorted("id")]
        if records:
            self.env["xero.sync.job"]._enqueue(connection.id, mapper, records, priority=EVENT)
            self.env["xero.sync.runner"]._wake(connection.ids)
