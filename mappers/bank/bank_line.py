"""Bank statement lines that a person booked straight to what they were for, as money spent or received in Xero."""

from odoo import models

from ..document.lines import read_lines
from ..outgoing import ABSENT, KEPT
from .bank_transaction import RECEIVE, SPEND

# Accounts whose entries are something else in Xero: documents, payments, transfers.
ELSEWHERE = ("asset_receivable", "liability_payable", "asset_cash", "liability_credit_card")


class XeroMapperBankLine(models.AbstractModel):
    """Entries (``account.move``) of bank statement lines, in journals whose payments go to Xero. One that still stands
    on the suspense account, settles a document or a payment, or moves money between banks is no money that was spent
    or received.
    """

    _name = "xero.mapper.bank_line"
    _inherit = "xero.mapper.bank_transaction"
    _description = "Xero Bank Line Mapper"

    _xero_type = "BankLine"
    _odoo_model = "account.move"
    _switch = "send_bank"
    _push_rank = 46
    _tracked_fields = frozenset({"state", "date", "partner_id", "line_ids", "journal_id"})
    _tracked_line_fields = frozenset({"name", "account_id", "tax_ids", "amount_currency", "analytic_distribution"})

    # === MAPPER === #

    def _handles(self, records):
        """Those that are decided; and those that were, and stand in Xero."""
        lines = records.filtered(lambda move: move.move_type == "entry" and move.sudo().statement_line_id)
        decided = lines.filtered(lambda move: self._is_decided(move.sudo()))
        rest = (lines - decided).ids
        if not rest:
            return decided
        domain = [("xero_type", "=", self._xero_type), ("res_model", "=", self._odoo_model), ("res_id", "in", rest)]
        links = self.env["xero.link"].sudo().search([*domain, ("xero_id", "!=", False)])
        return decided | records.browse(links.mapped("res_id"))

    def _is_decided(self, move) -> bool:
        """Whether the entry ``move`` says what its money was for."""
        others = self._others(move)
        journal, company = move.journal_id, move.company_id
        between = journal.suspense_account_id | company.transfer_account_id
        return bool(others) and not any(
            line.account_id in between or line.account_id.account_type in ELSEWHERE or self._settles_payment(line)
            for line in others
        )

    def _settles_payment(self, line) -> bool:
        """Whether ``line`` takes what a payment has outstanding: that is on the bank account in Xero since it was paid.
        """
        methods = line.journal_id.inbound_payment_method_line_ids | line.journal_id.outbound_payment_method_line_ids
        if line.account_id in methods.payment_account_id:
            return True
        others = line.matched_debit_ids.debit_move_id | line.matched_credit_ids.credit_move_id
        return bool(others.move_id.origin_payment_id)

    def _others(self, move):
        """Return the items of ``move`` beside that of the bank."""
        return move.line_ids.filtered(lambda line: line.account_id != move.journal_id.default_account_id)

    def _books(self, moves, connection, links=None):
        books = super()._books(moves, connection, links)
        imported = self.env["xero.link"].sudo()
        books.imported = {
            res_id
            for xero_type in ("BankTransaction", "BankTransfer")
            for res_id in imported._map(connection, xero_type, moves._name, moves.ids)
        }
        books.prefetch_taxes(moves.line_ids.tax_ids | moves.line_ids.tax_line_id)
        return books

    def _wanted_status(self, move, books) -> str:
        """What came from Xero is never sent back, whichever way its journal goes now."""
        link = books.links.get(move.id)
        if move.id in books.imported or not self._is_decided(move):
            return ABSENT
        if move.state == "posted":
            return "AUTHORISED"
        return KEPT if move.state == "draft" and link and link._is_alive() else ABSENT

    def _money_type(self, move) -> str:
        return SPEND if move.statement_line_id.amount < 0 else RECEIVE

    def _reference(self, move) -> str:
        return move.statement_line_id.payment_ref or move.ref or move.name

    def _own_rate(self, move) -> float:
        """Return the rate that the bank's own item was booked by."""
        line = move.line_ids - self._others(move)
        worth = abs(sum(line.mapped("balance")))
        return abs(sum(line.mapped("amount_currency"))) / worth if worth else 0.0

    def _partner(self, move):
        return move.partner_id.commercial_partner_id

    def _total(self, move) -> float:
        return abs(move.statement_line_id.amount)

    def _sheet(self, move, books):
        sign = 1 if self._money_type(move) == SPEND else -1
        return read_lines(self._others(move), books.taxes, sign, move.currency_id.decimal_places, is_refund=False)

    def _may_stand_for(self, records, connection):
        companies = self.env["xero.sync.runner"].sudo()._served_companies(connection)
        return self._handles(records).filtered(lambda move: move.company_id in companies)
