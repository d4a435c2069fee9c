"""Documents with a contact, lines and a total: what is the same for journal entries, orders and quotes."""

from collections import defaultdict
from datetime import date
from decimal import Decimal

from odoo import models

from ...xero_api.dates import parse_xero, to_date_string
from ...xero_api.money import line_amount
from ..awaited import record_key
from ..outgoing import ABSENT, KEPT, Need, Outgoing, Problem
from ..text import named
from ..values import booked, number
from .books import Books
from .complete import complete
from .dates import base_day, first_open_day
from .parts import in_pieces
from .payload import payload_lines, told_lines

# Of a document whose lines are divided.
MOST_LINES = 300


class XeroMapperCommercial(models.AbstractModel):
    """Shared by the mappers of documents, wherever Odoo keeps them. They are sent whole: Xero deletes lines that are
    left out (Xero: Invoices, updating line items).

    The model of the documents has ``company_id``, ``currency_id``, ``partner_id`` and ``amount_total``, or its mapper
    says otherwise by the hooks.

    What the hooks are given: ``document`` is one record of ``_odoo_model``, as superuser, in English, in the company of
    the connection; ``books`` is the :class:`~.books.Books` of its batch, what everything is looked up in; ``out`` is
    the :class:`~..outgoing.Outgoing` in the making, which problems, needs, notices and remarks are added to. Money is
    ``Decimal`` in the document's currency.
    """

    _name = "xero.mapper.commercial"
    _inherit = "xero.mapper"
    _description = "Xero Commercial Document Mapper"

    # Decimals that Xero keeps of unit prices: four only where the resource takes `unitdp`.
    _price_places = 4

    # === MAPPER === #

    def _prepare(self, records, connection, links=None) -> dict[int, Outgoing]:
        """Return what to send for the documents ``records``.

        The number of queries is the same for one document as for fifty.
        """
        documents = records.sudo().with_company(connection.company_id).with_context(lang="en_US")
        books = self._books(documents, connection, links)
        return {document.id: self._outgoing(document, books) for document in documents}

    def _dependencies(self, res_ids, connection) -> list[Need]:
        """Return the contacts of the documents ``res_ids``."""
        documents = self.env[self._odoo_model].sudo().browse(res_ids).exists()
        partners = {self._partner(document).id for document in documents} - {False}
        return [Need("Contact", "res.partner", partner_id) for partner_id in sorted(partners)]

    def _outgoing(self, document, books) -> Outgoing:
        """Return the ``Outgoing`` of one document: head, lines and status in this order, then what would be refused of
        it.
        """
        wanted = self._wanted_status(document, books)
        # What stays as it is for now is prepared as it would be sent: so it is seen whether it differs.
        out = Outgoing(document.id, status="AUTHORISED" if wanted == KEPT else wanted)
        if wanted == ABSENT:
            return out
        out.total = self._booked_total(document, books)
        out.number = self._number(document, books.links.get(document.id))
        out.payload = self._head(document, books, out)
        out.payload["LineItems"] = self._lines(document, books, out)
        out.payload["Status"] = out.status
        self._extend_head(document, books, out)
        self._check(document, books, out)
        if wanted == KEPT:
            out.status = KEPT
        return out

    def _is_same(self, element, payload):
        """Type, number, contact, day, currency and net are equal."""
        net = element.get("SubTotal")
        return self._identity(element) == self._identity(payload) and (
            net is None or number(net) == number(_net(payload))
        )

    def _identity(self, element: dict) -> tuple:
        """Return what tells documents of a type apart for an accountant, of ``element`` as it is sent or as Xero has
        it.
        """
        contact = (element.get("Contact") or {}).get("ContactID") or ""
        return (
            element.get("Type"),
            element.get(self._xero_number_field),
            contact.lower(),
            day_of(element),
            element.get("CurrencyCode"),
        )

    # === TO IMPLEMENT === #

    def _wanted_status(self, document, books) -> str:
        """Return what Xero shall hold, by its name there; ``ABSENT`` for nothing, ``KEPT`` for what it holds already.

        :return: such as ``DRAFT`` or ``AUTHORISED``, in capitals
        """
        raise NotImplementedError

    def _number(self, document, link) -> str:
        """Return the number that people know the document by; ``link`` may be ``None``.

        :param link: the ``xero.link`` of the document, which knows the number in Xero
        :return: at most 255 printable ASCII characters (Xero: Invoices, InvoiceNumber), or empty, which is a problem
        """
        raise NotImplementedError

    def _head(self, document, books, out) -> dict:
        """Return the payload without lines and status. Problems and needs go to ``out``.

        ``out.number``, ``out.status`` and ``out.total`` are there already.

        :return: a new dict; days are texts ``YYYY-MM-DD``, ``CurrencyRate`` counts units of the document's currency for
            one of the organisation's (Xero: Invoices, CurrencyRate)
        """
        raise NotImplementedError

    def _sheet(self, document, books):
        """Return the :class:`~.sheet.Sheet` of the document's lines, positive in its direction, in the currency of
        :meth:`_currency_of`.
        """
        raise NotImplementedError

    # === MAY BE IMPLEMENTED === #

    def _books(self, documents, connection, links=None) -> Books:
        """Return what the batch is looked up in; addons add what their extensions need, read for all at once.

        :param documents: of one model, as superuser, in English, in the company of the connection; all of the batch
        :param links: as for :meth:`_prepare`
        """
        connection = connection.sudo().with_env(documents.env)
        return Books(connection, documents, self._xero_type, self._partners(documents, connection), links)

    def _partners(self, documents, connection):
        """Return what :meth:`_partner` says of all ``documents``: a ``res.partner``.

        :param connection: the ``xero.connection`` that they are sent to, as superuser
        """
        return documents.partner_id.commercial_partner_id

    def _partner(self, document):
        """Return whose contact the document is for.

        :return: a ``res.partner``, which may be empty: that is a problem then
        """
        return document.partner_id.commercial_partner_id

    def _currency_of(self, document):
        """Return the ``res.currency`` that the document has in Xero: its own, where that takes every currency."""
        return document.currency_id

    def _booked_total(self, document, books) -> Decimal:
        """Return what the document comes to with tax in Xero, in cents of its currency."""
        return booked(self._total(document), self._currency_of(document).decimal_places)

    def _total(self, document) -> float:
        """Return what the document comes to with tax, as Odoo's float in the currency of :meth:`_currency_of`."""
        return document.amount_total

    def _use(self, document) -> str:
        """Return the side of the tax mapping: ``sale`` or ``purchase``."""
        return "sale"

    def _knows_discounts(self, document) -> bool:
        """Whether Xero takes a discount rate on the lines."""
        return True

    def _extend_head(self, document, books, out) -> None:
        """Add to the payload, in place, what is no amount.

        ``out.payload`` is whole then, lines and status included; what is refused of it is looked for afterwards.
        """

    def _extend_lines(self, document, books, out, lines: dict[int, dict]) -> None:
        """Add to the payload lines, in place, what is no amount.

        Amounts and taxes are proven against Odoo's total afterwards.

        :param lines: payload line by id of the line in Odoo it stands for; sections, notes, tax and rounding lines are
            not among them. Where analytic accounts have shares of lines it is called again for their second parts, and
            so on: each time with one payload line for an id
        """

    # === HEAD === #

    def _name_of(self, document) -> str:
        """Return the name of ``document`` as sentences show it."""
        return named(document.display_name)

    def _contact(self, document, books, out) -> dict:
        """Return the contact of the document for the payload; what is in its way goes to ``out``.

        :return: ``{"ContactID": …}``; empty while the contact is not in Xero
        """
        partner = self._partner(document)
        link = books.contacts.get(partner.id)
        if not partner:
            message = self.env["xero.reason"]._("%s has no contact: choose one.", self._name_of(document))
            out.problems.append(Problem("validation", message, self._odoo_model, document.id, topic="contact"))
        elif not (link and link.xero_id):
            out.needs.append(Need("Contact", "res.partner", partner.id))
        elif partner.id in books.merged:
            message = self.env["xero.reason"]._(
                "The contact of %s was merged into another one in Xero, which takes no more documents for it. Resolve "
                "its conflict (Xero > To Do > Conflicts): then this document is sent.",
                named(partner.display_name),
            )
            out.problems.append(Problem("closed", message, "res.partner", partner.id, topic="conflict"))
        elif link.xero_status == "ARCHIVED":
            message = self.env["xero.reason"]._(
                "%s is archived in Xero and cannot be used on documents: restore it there.", named(partner.display_name)
            )
            out.problems.append(Problem("validation", message, "res.partner", partner.id, topic="archived_contact"))
        return {"ContactID": link.xero_id} if link and link.xero_id else {}

    # === THE DAY === #

    def _own_day(self, document) -> str:
        """Return the day that Odoo would send if nothing were locked: ``YYYY-MM-DD``, or empty."""
        raise NotImplementedError

    def _sent_day(self, document, books, out) -> str:
        """Return the day to send: in a locked period of Xero the first open day, where the connection wants that.

        A document that is in Xero keeps the day it was sent with, wherever the lock date goes later. Xero takes nothing
        that is dated on or before its lock date (Xero: Invoices, lock dates).

        :return: ``YYYY-MM-DD``, or empty
        """
        own, link = self._own_day(document), books.links.get(document.id)
        day = base_day(link, own) or (self._first_open_day(own, link, books) if own else own)
        if day != own and out.status != "DRAFT":
            out.notices.append(self._moved_notice(own, day))
        return day

    def _first_open_day(self, own, link, books) -> str:
        """Return the day to send of a document of the day ``own``, for which none was agreed; as :meth:`_sent_day`.

        :param link: of the document; ``None`` without one
        """
        locked = to_date_string(books.lock_date) if books.lock_date else ""
        if own > locked or books.connection.xero_lock_policy != "move":
            return own
        if link and link._is_alive() and (link.base_state or {}).get("date", "") <= locked:
            # Xero changes nothing about it any more.
            return own
        return first_open_day(books.lock_date)

    def _moved_notice(self, own, day) -> str:
        """Return in words that a document of the day ``own`` has another ``day`` in Xero."""
        return self.env["xero.reason"]._(
            "Dated %(odoo)s in Odoo and %(xero)s in Xero, where the period was locked: amounts and tax count in the "
            "later period there.",
            odoo=own,
            xero=day,
        )

    # === LINES === #

    def _lines(self, document, books, out) -> list[dict]:
        """Return the payload lines; on problems those that could be made."""
        sheet = self._sheet(document, books)
        self._track(document, sheet, books, out)
        completed = complete(self, document, sheet, books, out)
        lines = payload_lines(sheet)
        out.line_ids = [0 if isinstance(row, str) else row.line_id for row in sheet.lines]
        self._extend_all(document, books, out, told_lines(sheet, lines))
        if completed:
            self._count_items(sheet, lines)
            self._check_number_of_lines(document, lines, books, out)
            self._prove(document, lines, sheet, books, out)
        return lines + self._adjustment(document, books)

    def _extend_all(self, document, books, out, layers: list[dict]) -> None:
        """Extend the payload lines, those of the parts of a line one after another; what is said again is said once.

        :param layers: as of :func:`~.payload.told_lines`
        """
        for layer in layers:
            self._extend_lines(document, books, out, layer)
        if len(layers) > 1:
            for name in ("problems", "needs", "notices", "remarks"):
                setattr(out, name, list(dict.fromkeys(getattr(out, name))))

    def _count_items(self, sheet, lines) -> None:
        """Give the parts of a line with an item the quantities that come to that of the line."""
        groups = defaultdict(list)
        for row, line in zip(sheet.lines, lines):
            if not isinstance(row, str) and row.line_id and line.get("ItemCode"):
                groups[row.line_id].append((row, line))
        for group in groups.values():
            if len(group) > 1:
                in_pieces(*map(list, zip(*group)), self._price_places)

    def _check_number_of_lines(self, document, lines, books, out) -> None:
        own = [line_id for line_id in out.line_ids if line_id]
        if len(lines) > MOST_LINES and len(own) > len({*own}):
            message = self.env["xero.reason"]._(
                "%(name)s would have %(count)s lines in Xero, as analytic accounts have shares of its lines; at most "
                "%(most)s are sent. Choose otherwise in Shares of a Line (Xero connection, Tracking).",
                name=self._name_of(document),
                count=len(lines),
                most=MOST_LINES,
            )
            waits = (record_key("xero.connection", books.connection.id),)
            problem = Problem("validation", message, self._odoo_model, document.id, topic="shares", waits=waits)
            out.problems.append(problem)


def day_of(element: dict) -> str:
    day = element.get("DateString") or element.get("Date")
    if not day or isinstance(day, date):
        return to_date_string(day) if day else ""
    return to_date_string(parse_xero(day))


def _net(payload: dict) -> Decimal:
    return sum((line_amount(line) or Decimal(0) for line in payload.get("LineItems", [])), Decimal(0))
