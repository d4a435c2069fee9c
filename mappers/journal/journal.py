"""Manual journals, whatever they are made from: narration, lines that add up, and what Xero would refuse of them."""

from collections import defaultdict
from decimal import Decimal

from odoo import models

from ...xero_api.dates import to_date_string
from ..awaited import ALLOWED, record_key
from ..document.books import Books
from ..document.commercial import day_of
from ..document.money import ZERO, Row
from ..document.parts import divided_nets
from ..marks import read_url
from ..outgoing import ABSENT, KEPT, Outgoing, Problem
from ..text import named, shorten, squeeze
from ..values import lower, number
from .rows import NO_TAX, JournalRows, computed_tax, gross_total, is_rounding, journal_line, summarised

# Xero shows a narration in one line and finds it whole; it says no limit (Xero: Manual journals).
TITLE_LENGTH = 400
# More lines than this nobody reads in Xero, and its screens do not show.
MOST_LINES = 500


class XeroMapperJournal(models.AbstractModel):
    """Shared by the mappers of manual journals. Xero has them in base currency, without number, contact and rate, and
    computes their tax itself (Xero: Manual journals).

    A type that makes journals from records of another kind inherits this one, says what its class attributes are, and
    implements :meth:`_wanted_status`, :meth:`_title`, :meth:`_own_day` and :meth:`_sheet`. Its exporter inherits
    ``xero.exporter.journal`` and names the type. The records have ``company_id``.
    """

    _name = "xero.mapper.journal"
    _inherit = "xero.mapper.commercial"
    _description = "Xero Manual Journal Mapper"

    _xero_resource = "ManualJournals"
    _xero_id_field = "ManualJournalID"
    _xero_page = "/Journal/View.aspx?invoiceID={xero_id}"
    _identifying = ("Narration",)
    _push_rank = 35
    _scopes = ("accounting.manualjournals",)
    _needs_reports = True

    # === TO IMPLEMENT === #

    def _title(self, document) -> str:
        """Return what people know the journal by; it begins the narration."""
        raise NotImplementedError

    # === MAY BE IMPLEMENTED === #

    def _currency(self, document):
        """Return the ``res.currency`` of the amounts; Xero takes them in the organisation's own only."""
        return document.company_id.currency_id

    def _is_summarised(self, document, books) -> bool:
        """Whether lines of one account, tax and tracking become one."""
        return books.connection.entries_summarised

    def _narration_mark(self, res_id: int) -> str:
        """Return what the narration ends with: no other record has it, of this type or another.

        :param res_id: id of ``_odoo_model``
        """
        return f"{self._xero_type.lower()}-{self._database_mark()}-{res_id}"

    def _batch(self, documents, connection, links) -> Books:
        """Return what the batch is looked up in.

        :param documents: as for ``_books``
        :param connection: as superuser, in the environment of ``documents``
        :param links: as for ``_prepare``
        """
        return Books(connection, documents, self._xero_type, self.env["res.partner"], links)

    # === MAPPER === #

    def _books(self, documents, connection, links=None) -> Books:
        books = self._batch(documents, connection.sudo().with_env(documents.env), links)
        books.urls = self._deep_links(documents.ids, connection)
        return books

    def _dependencies(self, res_ids, connection):
        return []

    def _claim_of(self, element):
        return read_url(element.get("Url"), self._odoo_model)

    def _bears_mark(self, element, res_id, sent):
        """Its narration is that of no other record; Xero may not have kept the link back."""
        is_same = squeeze(element.get("Narration")) == squeeze(sent.get("Narration"))
        return is_same or super()._bears_mark(element, res_id, sent)

    def _is_same(self, element, payload):
        """Narration, day and the amounts of the accounts are equal."""
        return self._identity(element) == self._identity(payload)

    def _identity(self, element):
        lines = [(lower(line.get("AccountCode")), number(line.get("LineAmount"))) for line in journal_lines(element)]
        return squeeze(element.get("Narration")), day_of(element), sorted(lines)

    def _lookup_params(self, elements):
        """Return one call for each: the narration is the one thing that Xero finds them by (Xero: Manual journals)."""
        return [{"where": f'Narration=="{element["Narration"]}"'} for element in elements]

    def _removal_payload(self, link):
        """Drafts are deleted, what is posted is voided (Xero: Manual journals, status codes)."""
        status = {"DRAFT": "DELETED", "VOIDED": None, "DELETED": None}.get(link.xero_status, "VOIDED")
        if not link.xero_id or not status:
            return {}
        narration = (link.base_state or {}).get("number")
        told = {"Narration": narration} if narration else {}
        return {self._xero_id_field: link.xero_id, **told, "Status": status}

    def _said(self, out):
        """What each account and the tax come to, by which the answer is judged."""
        accounts = defaultdict(Decimal)
        for line in journal_lines(out.payload):
            accounts[line["AccountCode"]] += line["LineAmount"]
        tax = -sum(accounts.values(), ZERO)
        return {"accounts": {code: number(amount) for code, amount in accounts.items()}, "tax": number(tax)}

    # === ONE JOURNAL === #

    def _outgoing(self, document, books):
        wanted = self._wanted_status(document, books)
        out = Outgoing(document.id, status=self._posted_status(document, books) if wanted == KEPT else wanted)
        if wanted == ABSENT:
            return out
        sheet = self._sheet(document, books)
        out.number = self._title(document)
        out.payload = self._head(document, books, out)
        out.payload["JournalLines"] = self._journal_lines(document, sheet, books, out)
        if not out.payload["JournalLines"]:
            # It comes to nothing on each account: there is nothing to send.
            return Outgoing(document.id, status=KEPT if wanted == KEPT else ABSENT)
        out.payload["Status"] = out.status
        self._extend_head(document, books, out)
        self._check(document, books, out)
        if wanted == KEPT:
            out.status = KEPT
        return out

    def _posted_status(self, document, books) -> str:
        """Return the status of what is posted in Odoo. What somebody posted in Xero never becomes a draft again."""
        link = books.links.get(document.id)
        is_posted = bool(link and link._is_alive() and link.xero_status == "POSTED")
        return "DRAFT" if books.connection.entries_as_drafts and not is_posted else "POSTED"

    def _head(self, document, books, out):
        return {
            "Narration": self._narration(document),
            "Date": self._sent_day(document, books, out),
            "LineAmountTypes": "NoTax",
            "ShowOnCashBasisReports": books.connection.entries_on_cash_basis,
            "Url": books.urls[document.id],
        }

    def _narration(self, document) -> str:
        """Return the title and a mark. What would end a text in a filter of Xero's is written otherwise."""
        title = squeeze(self._title(document)).replace('"', "'").replace("\\", "/")
        return f"{shorten(title, TITLE_LENGTH)} {self._narration_mark(document.id)}"

    # === LINES === #

    def _journal_lines(self, document, sheet, books, out) -> list[dict]:
        """Return the payload lines; on problems those that could be made."""
        self._track(document, sheet, books, out)
        JournalRows(self, books, out).fill(sheet.rows)
        decimals = books.connection.company_id.currency_id.decimal_places
        rows = [row for row in divided_nets(sheet.rows, decimals, books.tracking.with_suffix) if row.net]
        if self._is_summarised(document, books):
            rows = summarised(rows)
        is_taxed = any(row.taxes for row in rows)
        if not out.problems:
            self._check_tax_accounts(document, sheet, books, out)
            rows += self._tax_rest(document, rows, sum(sheet.booked.values(), ZERO), books, out)
            self._check_lines(document, rows, books, out)
        out.payload["LineAmountTypes"] = "Exclusive" if is_taxed else "NoTax"
        return [journal_line(row, is_taxed) for row in rows]

    def _tax_rest(self, document, rows, booked, books, out) -> list[Row]:
        """Return the cents of tax that Xero's arithmetic does not arrive at, as an untaxed row; more is a problem."""
        rest = booked - computed_tax(rows)
        if not rest:
            return []
        taxed = max((row for row in rows if row.taxes), key=lambda row: abs(row.net), default=None)
        if not taxed or not is_rounding(rest, rows):
            message = self.env["xero.reason"]._(
                "%(name)s: Odoo books %(odoo)s of tax, and Xero, which computes the tax of manual journals itself, "
                "would book %(xero)s. Make its tax lines those of the taxes of its lines, or take the taxes off the "
                "lines and give the tax an account that takes manual journals.",
                name=self._name_of(document),
                odoo=booked,
                xero=booked - rest,
            )
            self._refuse(document, out, message, "amount", "total_mismatch")
            return []
        code = self._rounding_code(books) or taxed.account_code
        return [Row(self.env._("Rounding of tax"), 0, (), rest, account_code=code, tax_type=NO_TAX)]

    def _rounding_code(self, books) -> str:
        """Return the account for rounding, where manual journals may use it: Xero's own they may not."""
        account = books.connection.rounding_account_id
        is_usable = account.status == "ACTIVE" and account.type not in ("BANK", "INVENTORY")
        return account.code if is_usable and not account.system_account and account.code else ""

    def _check_tax_accounts(self, document, sheet, books, out) -> None:
        """Xero books the tax of journals on its own account: Odoo's must not stand for another one there."""
        for account_id in sorted({row.account_id for rows in sheet.origins.values() for row in rows if row.net}):
            account = books.account(account_id)
            if not account or account.fault:
                continue
            record = self.env["account.account"].sudo().with_company(books.connection.company_id).browse(account_id)
            message = self.env["xero.reason"]._(
                "%(name)s books tax on %(account)s, which is %(xero)s in Xero. Xero books the tax of manual journals "
                "on its own tax account: take the taxes off the lines of the entry, so that the tax goes to %(xero)s, "
                "or delete the mapping of %(account)s.",
                name=self._name_of(document),
                account=named(record.display_name),
                xero=named(account.code),
            )
            waits = (record_key(self._odoo_model, document.id),)
            out.problems.append(
                Problem("mapping", message, "xero.mapping.account", account.id, topic="tax_account", waits=waits)
            )

    def _check_lines(self, document, rows, books, out) -> None:
        total = gross_total(rows)
        if total and not out.problems:
            message = self.env["xero.reason"]._(
                "%(name)s does not balance by %(amount)s: Xero takes no such journal.",
                name=self._name_of(document),
                amount=total,
            )
            self._refuse(document, out, message, "amount")
        if len(rows) > MOST_LINES:
            message = self.env["xero.reason"]._(
                "%(name)s has %(count)s lines, and a manual journal in Xero takes %(most)s at most. Switch on "
                "Summarise Lines in the settings of the connection, or divide the entry.",
                name=self._name_of(document),
                count=len(rows),
                most=MOST_LINES,
            )
            self._refuse(document, out, message, "length", waits=(record_key("xero.connection", books.connection.id),))

    # === WHAT XERO WOULD REFUSE === #

    def _check(self, document, books, out) -> None:
        currency = self._currency(document)
        if currency.name != books.base:
            message = self.env["xero.reason"]._(
                "%(name)s is booked in %(currency)s, and manual journals in Xero are in %(base)s only.",
                name=self._name_of(document),
                currency=named(currency.name),
                base=books.base,
            )
            self._refuse(document, out, message, "currency")
        link = books.links.get(document.id)
        if "CreateManualJournal" in books.refused_actions and not (link and link.xero_id):
            message = self.env["xero.reason"]._(
                "Xero does not let the person who connected %s make manual journals: their role in Xero needs the "
                "permission to see reports. Have it changed there, or have somebody who has it connect again.",
                named(books.connection.tenant_name),
            )
            self._refuse_by(books.connection, out, message, "plan", "approval", (ALLOWED,))
        self._check_lock(document, books, out)


def journal_lines(element: dict) -> list[dict]:
    """Return the lines of ``element``, as it is sent or as Xero has it; Xero's lists may leave them out."""
    return element.get("JournalLines") or []


def day_text(day) -> str:
    """Return a ``date`` as ``YYYY-MM-DD``; empty for none."""
    return to_date_string(day) if day else ""
