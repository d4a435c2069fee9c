"""Expenses that the company paid, as money spent in Xero."""

from odoo import models
from odoo.addons.xero_connector.mappers.awaited import record_key
from odoo.addons.xero_connector.mappers.document.document import is_draft_too_long
from odoo.addons.xero_connector.mappers.document.lines import read_lines
from odoo.addons.xero_connector.mappers.document.money import ONE, ZERO
from odoo.addons.xero_connector.mappers.outgoing import ABSENT, KEPT, Need, Problem
from odoo.addons.xero_connector.xero_api import shape

shape.describe_document("ExpenseTransaction", "BankTransactionID", "Reference")


class XeroMapperExpense(models.AbstractModel):
    """One expense is one movement on the bank account of its method of payment: its entry says which lines.

    Without a vendor it is of the contact that the connection names (Xero: Bank transactions, Contact).
    """

    _name = "xero.mapper.expense"
    _inherit = "xero.mapper.bank_transaction"
    _description = "Xero Expense Mapper"

    _xero_type = "ExpenseTransaction"
    _odoo_model = "hr.expense"
    _switch = "sync_company_expenses"
    _push_rank = 47
    _tracked_fields = frozenset({"name", "employee_id", "vendor_id", "account_move_id", "payment_mode"})

    # === MAPPER === #

    def _handles(self, records):
        """Those that the company paid; and those that stand in Xero as such."""
        paid = records.filtered(lambda expense: expense.payment_mode == "company_account")
        rest = (records - paid).ids
        if not rest:
            return paid
        domain = [("xero_type", "=", self._xero_type), ("res_model", "=", self._odoo_model), ("res_id", "in", rest)]
        links = self.env["xero.link"].sudo().search([*domain, ("xero_id", "!=", False)])
        return paid | records.browse(links.mapped("res_id"))

    def _may_stand_for(self, records, connection):
        companies = self.env["xero.sync.runner"].sudo()._served_companies(connection)
        return self._handles(records).filtered(lambda expense: expense.company_id in companies)

    def _dependencies(self, res_ids, connection):
        expenses = self.env[self._odoo_model].sudo().browse(res_ids).exists()
        partners = {self._vendor(expense, connection.sudo()).id for expense in expenses} - {False}
        return [Need("Contact", "res.partner", partner_id) for partner_id in sorted(partners)]

    def _books(self, expenses, connection, links=None):
        entries = expenses.account_move_id
        books = super()._books(expenses, connection, links)
        books.prefetch_taxes(entries.line_ids.tax_ids | entries.line_ids.tax_line_id)
        return books

    def _partners(self, documents, connection):
        own = documents.vendor_id | documents.account_move_id.partner_id | connection.expense_partner_id
        return own.commercial_partner_id

    def _partner(self, document):
        return self._vendor(document, self.env["xero.connection"]._any_for_company(document.company_id))

    def _vendor(self, expense, connection):
        """Return whose contact ``expense`` is for in the organisation of ``connection``: a ``res.partner``, or empty.
        """
        own = expense.vendor_id or expense.account_move_id.partner_id
        return (own or connection.expense_partner_id).commercial_partner_id

    def _contact(self, document, books, out):
        if self._partner(document):
            return super()._contact(document, books, out)
        message = self.env["xero.reason"]._(
            "%s names no vendor, and Xero takes no money that is spent without a contact: choose one for such expenses "
            "(Xero connection, Expenses).",
            self._name_of(document),
        )
        connection = books.connection
        waits = (record_key(connection._name, connection.id),)
        problem = Problem("validation", message, connection._name, connection.id, topic="contact", waits=waits)
        out.problems.append(problem)
        return {}

    # === ONE EXPENSE === #

    def _wanted_status(self, expense, books):
        entry, link = expense.account_move_id, books.links.get(expense.id)
        if expense.payment_mode != "company_account" or not entry:
            return ABSENT
        if entry.state == "posted":
            return "AUTHORISED"
        is_kept = entry.state == "draft" and link and link._is_alive()
        return KEPT if is_kept and not is_draft_too_long(entry, link, books.connection) else ABSENT

    def _money_type(self, expense):
        return "SPEND"

    def _bank_journal(self, expense):
        return expense.account_move_id.journal_id

    def _bank_day(self, expense):
        return expense.account_move_id.date

    def _reference(self, expense):
        return ": ".join(filter(None, (expense.employee_id.name, expense.name)))

    def _currency_of(self, expense):
        """An expense in another currency that an account of the company's paid is worth there what Odoo has booked."""
        return expense.currency_id if self._bank_journal(expense).currency_id else expense.company_id.currency_id

    def _own_rate(self, expense):
        return abs(expense.total_amount_currency / expense.total_amount) if expense.total_amount else 0.0

    def _amount(self, expense) -> str:
        """Return the field of journal items that has their amounts in :meth:`_currency_of`."""
        return "amount_currency" if self._currency_of(expense) == expense.currency_id else "balance"

    def _total(self, expense):
        paid, spent = self._divided(expense)
        # An entry that people have emptied has nothing to be paid from.
        return -sum(paid.mapped(self._amount(expense))) if spent else 0.0

    def _sheet(self, expense, books):
        """Return what was spent; quantity and price of the product say nothing of what was paid."""
        _paid, spent = self._divided(expense)
        decimals = self._currency_of(expense).decimal_places
        sheet = read_lines(spent, books.taxes, 1, decimals, is_refund=False, amount=self._amount(expense))
        for row in sheet.lines:
            if not isinstance(row, str):
                row.quantity, row.price, row.discount = ONE, None, ZERO
        return sheet

    def _divided(self, expense) -> tuple:
        """Return the journal items that the money was taken from, and those that say what for."""
        entry = expense.account_move_id
        paid = entry.line_ids.filtered(lambda line: line.account_id in self._liquid_accounts(entry))
        return paid, entry.line_ids - paid

    def _liquid_accounts(self, entry):
        """Return the ``account.account`` that money of ``entry`` leaves from: the bank's, and what waits for it."""
        payment, journal = entry.origin_payment_id, entry.journal_id
        return journal.default_account_id | payment.outstanding_account_id
