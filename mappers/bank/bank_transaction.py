"""Money spent and received without an invoice, as Xero takes it: a bank transaction."""

from odoo import models

from ...xero_api.money import included_tax, line_tax
from .. import marks
from ..awaited import LISTS, record_key
from ..document.complete import complete
from ..document.money import ONE, ZERO
from ..document.payload import payload_lines, told_lines
from ..outgoing import Problem
from ..text import named, shorten
from ..values import day

REFERENCE_LENGTH = 255
SPEND, RECEIVE = "SPEND", "RECEIVE"



class XeroMapperBankTransaction(models.AbstractModel):
    """Shared by the mappers of whatever becomes money spent or received in Xero: a mapper of its own ``_xero_type`` for
    each Odoo model, all of which stand among Xero's bank transactions.

    Xero computes the tax of each line and takes no other (Xero: Bank transactions, TaxAmount). So lines go without tax
    where what Xero adds is what Odoo booked, else with it, and where neither gives Odoo's tax nothing is sent.
    There is no draft (Xero: Bank transactions, Status): what does not add up is a problem.

    A concrete mapper says ``_xero_type``, ``_odoo_model``, ``_switch``, and implements the hooks below besides those of
    ``xero.mapper.commercial`` (``_wanted_status``, ``_sheet``, ``_handles``). Its sheet is positive for what the money
    was spent on, or received for.
    """

    _name = "xero.mapper.bank_transaction"
    _inherit = "xero.mapper.commercial"
    _description = "Xero Bank Transaction Mapper"

    _stands_among = "BankTransaction"
    _scopes = ("accounting.banktransactions",)
    _xero_resource = "BankTransactions"
    _xero_id_field = "BankTransactionID"
    _xero_number_field = "Reference"
    _xero_page = "/Bank/ViewTransaction.aspx?bankTransactionID={xero_id}"
    _flow = "payments"
    _push_rank = 42

    # === TO IMPLEMENT === #

    def _money_type(self, document) -> str:
        """Return ``SPEND`` or ``RECEIVE``."""
        raise NotImplementedError

    def _bank_journal(self, document):
        """Return the ``account.journal`` that the money went through."""
        return document.journal_id

    def _bank_day(self, document):
        """Return the ``date`` of the movement."""
        return document.date

    def _reference(self, document) -> str:
        """Return what people find the movement by on the bank account."""
        return document.display_name

    def _own_rate(self, document) -> float:
        """Return units of the document's currency for one of the company's; asked for foreign documents only."""
        currency = self._currency_of(document)
        return currency._get_conversion_rate(
            document.company_id.currency_id, currency, document.company_id, self._bank_day(document)
        )

    # === MAPPER === #

    def _books(self, documents, connection, links=None):
        books = super()._books(documents, connection, links)
        books.urls = self._deep_links(documents.ids, connection)
        books.banks = self._banks(documents, connection)
        return books

    def _banks(self, documents, connection) -> dict:
        """Return ``{journal id: row}`` of the bank account mapping; journals whose payments come from Xero have none.

        One query. An addon whose movements are not payments of the journal may look further.
        """
        return self.env["xero.mapping.journal"].sudo()._outgoing_journals(connection)

    def _use(self, document) -> str:
        return "purchase" if self._money_type(document) == SPEND else "sale"

    def _knows_discounts(self, document) -> bool:
        return False

    def _number(self, document, link) -> str:
        return shorten(" ".join((self._reference(document) or "").split()), REFERENCE_LENGTH) or "-"

    def _claim_of(self, element):
        return marks.read_url(element.get("Url"), self._odoo_model)

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return a call of each type for the span of days: what Xero finds bank transactions by (Xero: Bank
        transactions, optimised filters). The mark tells which is which.
        """
        days = sorted(element["Date"] for element in elements)
        first, last = (",".join(str(int(part)) for part in day.split("-")) for day in (days[0], days[-1]))
        return [
            {"where": f'Type=="{kind}" AND Date>=DateTime({first}) AND Date<=DateTime({last})'}
            for kind in sorted({element["Type"] for element in elements})
        ]

    def _removal_payload(self, link) -> dict:
        """Money that is spent or received is deleted (Xero: Bank transactions, Status); reconciled one Xero refuses."""
        if not link.xero_id or link.xero_status == "DELETED":
            return {}
        return {"BankTransactionID": link.xero_id, "Status": "DELETED"}

    def _identity(self, element: dict) -> tuple:
        """The bank account tells money apart, and its currency is that of the account."""
        contact = (element.get("Contact") or {}).get("ContactID") or ""
        bank = (element.get("BankAccount") or {}).get("AccountID") or ""
        return element.get("Type"), contact.lower(), bank.lower(), day(element.get("DateString") or element.get("Date"))

    def _is_same(self, element, payload):
        """Type, contact, bank account and day are equal; the mark tells the rest."""
        return self._identity(element) == self._identity(payload)

    def _own_day(self, document) -> str:
        """Return the day of the movement, which is never moved: a bank statement says it."""
        moment = self._bank_day(document)
        return moment.isoformat() if moment else ""

    # === HEAD === #

    def _head(self, document, books, out) -> dict:
        own = self._own_day(document)
        head = {
            "Type": self._money_type(document),
            "Contact": self._contact(document, books, out),
            "BankAccount": self._bank_account(document, books, out),
            "Date": own,
            "Reference": out.number,
            "LineAmountTypes": "Exclusive",
            "CurrencyRate": self._currency_rate(document, books),
            "Url": books.urls[document.id],
        }
        return {key: value for key, value in head.items() if value not in (None, "", {})}

    def _currency_rate(self, document, books):
        """The currency itself is that of the bank account: Xero takes no other (Xero: Bank transactions)."""
        currency = self._currency_of(document)
        if currency.name == books.base:
            return None
        return books.currency_rate(
            currency, document.company_id, self._own_rate(document), self._bank_day(document)
        )

    def _bank_account(self, document, books, out) -> dict:
        """Return the bank account in the form of the payload; what is in its way goes to ``out``."""
        journal = self._bank_journal(document)
        row = books.banks.get(journal.id)
        if not row:
            message = self.env["xero.reason"]._(
                "No Xero bank account takes the money of %s: choose one under Mapping, Bank Accounts.",
                named(journal.display_name),
            )
            self._refuse_by(
                books.connection, out, message, "mapping", "mapping", (record_key("account.journal", journal.id),)
            )
            return {}
        account = row.xero_account_id
        if row.xero_status != "ACTIVE" or account.type != "BANK":
            message = self.env["xero.reason"]._(
                "%s is no active bank account in Xero: money can only be spent and received through one.",
                named(account.display_name),
            )
            out.problems.append(Problem("mapping", message, row._name, row.id, waits=(LISTS,)))
        held, code = account.currency_code or books.base, self._currency_of(document).name
        if held != code:
            message = self.env["xero.reason"]._(
                "%(name)s is in %(currency)s and the Xero account %(account)s in %(held)s: Xero keeps money in the "
                "currency of its account. Book it through an account in that currency.",
                name=self._name_of(document),
                currency=code,
                account=named(account.display_name),
                held=held,
            )
            problem = Problem("validation", message, row._name, row.id, topic="bank_currency", waits=(LISTS,))
            out.problems.append(problem)
        return {"AccountID": account.xero_id}

    # === LINES === #

    def _lines(self, document, books, out) -> list[dict]:
        """Return the lines; Xero takes none of nothing, and none that only says something."""
        sheet = self._sheet(document, books)
        sheet.lines = [row for row in sheet.lines if not isinstance(row, str) and row.net]
        for row in sheet.lines:
            if row.quantity <= 0 or not row.price:
                row.quantity, row.price, row.discount = ONE, None, ZERO
        self._track(document, sheet, books, out)
        completed = complete(self, document, sheet, books, out)
        lines = payload_lines(sheet)
        out.line_ids = [row.line_id for row in sheet.lines]
        self._extend_lines(document, books, out, told_lines(sheet, lines))
        if completed:
            self._prove(document, lines, sheet, books, out)
        return lines

    def _prove(self, document, lines, sheet, books, out) -> None:
        """Nothing is sent that does not add up: there are no drafts here, and no line for cents beside the tax."""
        booked = sum(row.net + row.tax for row in sheet.rows)
        if booked != out.total:
            out.problems.append(self._total_problem(document, out, out.total - booked))
        for line in lines:
            line.pop("TaxAmount", None)
        self._choose_tax_form(document, sheet.rows, lines, out)

    def _choose_tax_form(self, document, rows, lines, out) -> None:
        """Say whether the amounts of ``lines`` are with or without tax, so that Xero arrives at the tax of ``rows``."""
        if all(line_tax(row.net, row.percent) == row.tax for row in rows):
            return
        if all(included_tax(row.net + row.tax, row.percent) == row.tax for row in rows):
            out.payload["LineAmountTypes"] = "Inclusive"
            for row, line in zip(rows, lines, strict=True):
                line["Quantity"], line["UnitAmount"] = ONE, row.net + row.tax
            return
        message = self.env["xero.reason"]._(
            "Xero computes the tax of money that is spent or received itself and takes no other: of %s it would be "
            "another tax than in Odoo. Correct the tax in Odoo, or book it as a bill.",
            self._name_of(document),
        )
        self._refuse(document, out, message, "amount", "total_mismatch")

    def _check(self, document, books, out) -> None:
        super()._check(document, books, out)
        self._check_lock(document, books, out)
        if out.total <= 0:
            message = self.env["xero.reason"]._(
                "Xero takes no money that is spent or received of %(total)s: %(name)s.",
                total=out.total,
                name=self._name_of(document),
            )
            self._refuse(document, out, message, "amount")
