"""What tills have sold, as documents of Xero: shared by sessions and by orders that are taken out of one again."""

from odoo import models
from odoo.addons.xero_connector.mappers import marks
from odoo.addons.xero_connector.mappers.awaited import record_key
from odoo.addons.xero_connector.mappers.document.lines import read_lines
from odoo.addons.xero_connector.mappers.document.money import ONE, ZERO, Row
from odoo.addons.xero_connector.mappers.document.sheet import Sheet
from odoo.addons.xero_connector.mappers.outgoing import ABSENT, KEPT, Problem
from odoo.addons.xero_connector.mappers.text import named, printable, shorten
from odoo.addons.xero_connector.mappers.values import booked

from .divide import INVOICE
from .till_books import TillBooks

REFERENCE_LENGTH = 255
TYPES = {"invoice": "ACCREC", "credit": "ACCRECCREDIT"}


class XeroMapperTill(models.AbstractModel):
    """A closing entry of a till as an invoice of the contact of the till, or as a credit note.

    ``document`` is a session, or the entry that takes an order out of one. ``_side`` says which of the two documents a
    mapper makes (see :mod:`.divide`).
    """

    _name = "xero.mapper.till"
    _inherit = "xero.mapper.commercial"
    _description = "Xero Till Mapper"

    _switch = "sync_tills"
    _side = None

    # === TO IMPLEMENT === #

    def _entry(self, document):
        """Return the ``account.move`` that says what was sold; empty without one."""
        raise NotImplementedError

    def _config(self, document):
        """Return the ``pos.config`` of the till."""
        raise NotImplementedError

    def _currency(self, document):
        """Return the ``res.currency`` of the till."""
        return self._config(document).currency_id

    def _mode(self, document, connection) -> str:
        """Return how differences that were counted go to Xero, one of ``divide.MODES``."""
        return connection.till_differences

    # === MAPPER === #

    def _books(self, documents, connection, links=None):
        entries = {document.id: entry for document in documents if (entry := self._entry(document))}
        partners = documents.env["res.partner"].union(*(self._partner(document) for document in documents))
        connection = connection.sudo().with_env(documents.env)
        books = TillBooks(connection, documents, entries, self._xero_type, partners, links)
        books.urls = self._deep_links(documents.ids, connection) if self._side == INVOICE else {}
        return books

    def _partner(self, document):
        return self._config(document).xero_partner_id.commercial_partner_id

    def _may_stand_for(self, records, connection):
        companies = self.env["xero.sync.runner"].sudo()._served_companies(connection)
        return records.filtered(lambda document: document.company_id in companies)

    def _removal_payload(self, link) -> dict:
        """Return the status change that takes the document out of Xero's books (Xero: Invoices, status codes)."""
        status = {"DRAFT": "DELETED", "SUBMITTED": "DELETED", "VOIDED": None, "DELETED": None}.get(
            link.xero_status, "VOIDED"
        )
        return {self._xero_id_field: link.xero_id, "Status": status} if link.xero_id and status else {}

    def _claim_of(self, element):
        return marks.read_url(element.get("Url"), self._odoo_model)

    def _bears_mark(self, element, res_id, sent):
        """Credit notes have no field for a mark: ours is the one that equals what was sent."""
        return super()._bears_mark(element, res_id, sent) if self._side == INVOICE else self._is_same(element, sent)

    def _lookup_params(self, elements):
        name = "xero.mapper.invoice" if self._side == INVOICE else "xero.mapper.credit.note"
        return self.env[name]._lookup_params(elements)

    # === ONE DOCUMENT === #

    def _wanted_status(self, document, books) -> str:
        entry, link = books.entries.get(document.id), books.links.get(document.id)
        if not entry or entry.state == "cancel" or not self._paper(document, books):
            return ABSENT
        if entry.state == "posted":
            return "AUTHORISED"
        return KEPT if link and link._is_alive() else ABSENT

    def _paper(self, document, books):
        """Return the :class:`~.divide.Paper` of this mapper's side; ``None`` without one."""
        mode = self._mode(document, books.connection)
        return books.paper(document, self._currency(document), self._side, mode)

    def _booked_total(self, document, books):
        return booked(float(self._paper(document, books).total), self._currency(document).decimal_places)

    def _own_number(self, res_id: int) -> str:
        """Return a number that no other document has.

        :param res_id: id of ``_odoo_model``
        """
        return f"odoo-{self._database_mark()}-{res_id}"

    def _revised(self, own: str, link) -> str:
        """Return the number ``own``; another one where a voided document keeps it in Xero.

        :param link: the ``xero.link`` of the document; ``None`` without one
        """
        is_revised = link and link.revision and link.revision_of in (own, False)
        return f"{own}-R{link.revision}" if is_revised else own

    def _has_number(self, document) -> bool:
        return bool(self._entry(document).name)

    def _head(self, document, books, out) -> dict:
        entry, day = books.entries[document.id], self._sent_day(document, books, out)
        head = {
            "Type": TYPES[self._side],
            self._xero_number_field: out.number,
            "Contact": self._contact(document, books, out),
            "Date": day,
            "LineAmountTypes": "Exclusive",
            "CurrencyCode": self._currency(document).name,
            "CurrencyRate": books.currency_rate(
                self._currency(document), document.company_id, books.reader.own_rate(entry), entry.date
            ),
            "Reference": shorten(printable(self._reference(document, books)), REFERENCE_LENGTH),
        }
        if self._side == INVOICE:
            head |= {"DueDate": day, "Url": books.urls[document.id]}
        return {key: value for key, value in head.items() if value not in (None, "", {})}

    def _contact(self, document, books, out) -> dict:
        """The contact of a till is made when a session is queued, not when one is looked at."""
        if self._partner(document):
            return super()._contact(document, books, out)
        message = self.env["xero.reason"]._(
            "The till %s has no contact yet. Sync to Xero makes one with its name; or choose one in the settings of "
            "the till (Contact in Xero).",
            named(self._config(document).name),
        )
        self._refuse(document, out, message, "contact")
        return {}

    def _reference(self, document, books) -> str:
        """Return what people read on the document: till, days and number of orders."""
        return self._config(document).name

    def _own_day(self, document) -> str:
        entry = self._entry(document)
        return entry.date.isoformat() if entry.date else ""

    # === LINES === #

    def _sheet(self, document, books):
        """One piece a line: Odoo has added up what was sold at different prices."""
        paper, entry = self._paper(document, books), books.entries[document.id]
        if not paper.sells:
            return Sheet()
        sign = -1 if self._side == INVOICE else 1
        lines = books.reader.lines_of(entry)
        sheet = read_lines(lines, books.taxes, sign, self._currency(document).decimal_places, self._side != INVOICE)
        own = self._config(document).xero_analytic_account_id
        for row in sheet.rows:
            row.quantity, row.price, row.discount = ONE, None, ZERO
            if own and not row.analytic:
                row.analytic = {str(own.id): 100}
        sheet.lines += [self._difference(account_id, amount) for account_id, amount in paper.added]
        return sheet

    def _difference(self, account_id, amount) -> Row:
        return Row(self.env._("Difference when the till was counted"), account_id, (), amount)

    def _prove(self, document, lines, sheet, books, out) -> None:
        """Extend: what is cleared is added afterwards; of books that do not agree that is said instead."""
        if books.till(document).gap:
            return
        paper = self._paper(document, books)
        whole, out.total = out.total, out.total - (paper.cleared if paper.sells else paper.total)
        super()._prove(document, lines, sheet, books, out)
        out.total = whole

    def _adjustment(self, document, books):
        """Extend: the line that makes up for what is on the other document of the day."""
        paper = self._paper(document, books)
        account = self._clearing_account(books)
        if not paper.cleared or not account:
            return super()._adjustment(document, books)
        untaxed = books.tax((), "sale") or books.untaxed
        line = {
            "Description": self.env._("Settled by the other document of this day"),
            "Quantity": ONE,
            "UnitAmount": paper.cleared,
            "AccountCode": account.code,
            "TaxType": untaxed.tax_type or books.untaxed.tax_type,
        }
        return [line, *super()._adjustment(document, books)]

    def _clearing_account(self, books):
        account = books.connection.till_clearing_account_id
        return account if account.status == "ACTIVE" and account.code else None

    # === CHECKS === #

    def _check(self, document, books, out) -> None:
        super()._check(document, books, out)
        self._check_equation(document, books, out)
        self._check_clearing(document, books, out)
        self._check_lock(document, books, out)

    def _check_equation(self, document, books, out) -> None:
        """What was sold is what was paid, or is owed: else the money in Xero would not be that of Odoo."""
        till = books.till(document)
        if not till.gap:
            return
        currency, amounts = self._currency(document), {"sold": till.sold, "paid": till.sold - till.gap, "gap": till.gap}
        message = self.env["xero.reason"]._(
            "%(name)s sold %(sold)s and took %(paid)s: %(gap)s is missing between its sales and its payments, and "
            "nothing is sent. Compare the orders of the session with its journal entry, and correct the entry.",
            name=self._name_of(document),
            **{name: currency.format(float(amount)) for name, amount in amounts.items()},
        )
        self._refuse(document, out, message, "total", "total_mismatch")

    def _check_clearing(self, document, books, out) -> None:
        if not self._paper(document, books).cleared or self._clearing_account(books):
            return
        message = self.env["xero.reason"]._(
            "On the day of %(name)s one method of payment took in money and another gave some back. Xero needs an "
            "invoice and a credit note for that, and a clearing account that is on both: choose it on the connection "
            "of %(organisation)s, under Tills.",
            name=self._name_of(document),
            organisation=named(books.connection.tenant_name),
        )
        waits = (record_key("xero.connection", books.connection.id),)
        out.problems.append(
            Problem("mapping", message, "xero.connection", books.connection.id, topic="mapping", waits=waits)
        )
