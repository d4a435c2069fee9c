"""What invoices, bills and credit notes have in common: state, head and problems."""

from dataclasses import replace
from datetime import timedelta

from odoo import fields, models

from ...xero_api import codec
from ...xero_api.dates import to_date_string
from ..outgoing import ABSENT, KEPT, Need
from ..text import printable, shorten
from .canonical import DocumentState
from .lines import read_sheet
from .merge import agreed, candidates, said
from .move_books import MOVE_FIELDS, MoveBooks

REFERENCE_LENGTH = 255
# A draft that was changed this recently is being worked on.
DRAFT_QUIET = timedelta(hours=1)
# Xero refuses what is in these already.
APPROVED = ("AUTHORISED", "PAID")


def is_draft_too_long(move, link, connection) -> bool:
    """Whether ``move``, a draft again that nobody works on, is to leave Xero by the connection's setting.

    :param move: a draft ``account.move``
    :param link: the ``xero.link`` of it, which stands in Xero
    """
    hours, now = connection.void_drafts_after, fields.Datetime.now()
    if not (hours and move.posted_before and link.draft_since):
        return False
    return link.draft_since + timedelta(hours=hours) <= now and move.write_date + DRAFT_QUIET <= now


class XeroMapperDocument(models.AbstractModel):
    """Shared by the mappers of ``account.move``, which their hooks call ``move``."""

    _name = "xero.mapper.document"
    _inherit = "xero.mapper.commercial"
    _description = "Xero Document Mapper"

    _odoo_model = "account.move"
    # Xero's document type by move_type.
    _xero_types = {}
    _tracked_fields = frozenset(
        {
            "state",
            "move_type",
            "name",
            "ref",
            "payment_reference",
            "invoice_origin",
            "invoice_date",
            "invoice_date_due",
            "date",
            "partner_id",
            "commercial_partner_id",
            "currency_id",
            "invoice_currency_rate",
            "journal_id",
            "company_id",
            "invoice_line_ids",
            "line_ids",
            "invoice_payment_term_id",
            "invoice_cash_rounding_id",
            "fiscal_position_id",
        }
    )
    _tracked_line_fields = frozenset(
        {
            "name",
            "display_type",
            "sequence",
            "account_id",
            "tax_ids",
            "quantity",
            "price_unit",
            "discount",
            "amount_currency",
            "balance",
            "debit",
            "credit",
            "product_id",
            "currency_id",
            "deductible_amount",
            "analytic_distribution",
        }
    )

    _clearable = {"Reference": ("reference", "")}
    # Bills and vendor credit notes have other pages in Xero.
    _xero_purchase_page = None
    # What Xero still lets change once something is paid or credited; amounts, dates and currency do not.
    _open_when_paid = frozenset()

    _first_fields = MOVE_FIELDS

    # === MAPPER === #

    def _handles(self, records):
        return records.filtered(lambda move: move.move_type in self._xero_types)

    def _books(self, moves, connection, links=None) -> MoveBooks:
        return MoveBooks(connection.sudo().with_env(moves.env), moves, self._xero_type, links)

    def _dependencies(self, res_ids, connection) -> list[Need]:
        """Return the contacts of the documents ``res_ids``."""
        self.env["account.move"].flush_model(["commercial_partner_id", "state"])
        self.env.cr.execute(
            "SELECT DISTINCT commercial_partner_id FROM account_move"
            " WHERE id = ANY(%s) AND state = ANY(%s) AND commercial_partner_id IS NOT NULL ORDER BY 1",
            [list(res_ids), ["posted", "draft"] if connection.sync_when == "draft" else ["posted"]],
        )
        return [Need("Contact", "res.partner", partner_id) for [partner_id] in self.env.cr.fetchall()]

    def _removal_payload(self, link) -> dict:
        """Return the status change that takes the document out of Xero's books: drafts are deleted, others voided."""
        status = {"DRAFT": "DELETED", "SUBMITTED": "DELETED", "VOIDED": None, "DELETED": None}.get(
            link.xero_status, "VOIDED"
        )
        return {self._xero_id_field: link.xero_id, "Status": status} if link.xero_id and status else {}

    def _pages(self, res_ids):
        moves = self.env["account.move"].sudo().browse(filter(None, res_ids)).exists()
        bought = {move.id for move in moves if move.is_purchase_document(include_receipts=True)}
        return {res_id: self._xero_purchase_page if res_id in bought else self._xero_page for res_id in res_ids}

    def _said(self, out):
        return said(out.payload, out.line_ids)

    def _agreed(self, said, element, before=None, payload=None):
        return agreed(said, element, before, payload)

    def _recalled(self, out, link):
        """Found by the digest of the last agreement, where Odoo has changed nothing since but fields of the head."""
        base = DocumentState.load(link.base_state)
        for payload in candidates(out.payload, base, self._xero_number_field):
            if codec.digest(replace(out, payload=payload).canonical()) == link.digest:
                return said(payload, out.line_ids)
        return None

    def _may_stand_for(self, records, connection):
        """Return documents of the connection's companies, of the kinds and journals that are synced."""
        companies = self.env["xero.sync.runner"].sudo()._served_companies(connection)
        scope = self.env["xero.connection"]._scope(connection.company_id.id)
        return self._handles(records).filtered(
            lambda move: move.company_id in companies and scope and move._xero_kind_in_scope(scope)
        )

    # === ONE DOCUMENT === #

    def _wanted_status(self, move, books) -> str:
        """Say what Xero shall hold, from the document's state and what Xero holds.

        Xero cannot make an approved document a draft again (Xero: Invoices, status codes), and what was voided keeps
        its number: one that was reset in Odoo stays there as it is until it is posted again, cancelled or deleted.
        """
        if move.state == "posted":
            return "AUTHORISED"
        link = books.links.get(move.id)
        if move.state != "draft":
            return ABSENT
        is_alive, is_asked = bool(link and link._is_alive()), books.connection.sync_when == "draft"
        if is_asked and move.partner_id and books.lines_of(move) and not (is_alive and link.xero_status in APPROVED):
            return "DRAFT"
        return KEPT if is_alive and not is_draft_too_long(move, link, books.connection) else ABSENT

    # === HEAD === #

    def _head(self, move, books, out) -> dict:
        head = {
            "Type": self._type_of(move),
            self._xero_number_field: out.number,
            "Contact": self._contact(move, books, out),
            "Date": self._sent_day(move, books, out),
            "LineAmountTypes": "Exclusive",
            "CurrencyCode": move.currency_id.name,
            "CurrencyRate": books.currency_rate(
                move.currency_id, move.company_id, self._own_rate(move), move.invoice_date or move.date
            ),
            "Reference": self._reference(move, out.number),
        }
        return {key: value for key, value in head.items() if value not in (None, "", {})}

    def _type_of(self, move) -> str:
        """Return Xero's type of the document."""
        return self._xero_types[move.move_type]

    def _own_rate(self, move) -> float:
        """Return units of the document's currency for one of the company's."""
        return move.invoice_currency_rate

    def _extend_head(self, move, books, out) -> None:
        """Add to the payload, in place, what is no amount; addons extend it. Field rules have the last word."""
        books.rules.fill(move, "document", out.payload, out)

    def _is_sale(self, move) -> bool:
        """Whether ``move`` is one of customers: invoice, credit note or receipt."""
        return move.move_type.startswith("out_")

    def _use(self, move) -> str:
        """Return the side of the tax mapping."""
        return "sale" if self._is_sale(move) else "purchase"

    def _number(self, move, link) -> str:
        """Return the document number. Sales carry Odoo's, purchases the vendor's.

        A draft without one carries a mark that it can be found by, rather than use up a number of Xero's own sequence.
        """
        own = printable(move.name if move.name != "/" else "")
        # Made, or numbered anew, in Xero: the number that people know there stays.
        theirs = link.xero_number if link and link.from_xero else ""
        if not self._is_sale(move):
            return printable(move.ref) or theirs or own or self._draft_number(move)
        if theirs:
            return theirs
        if not own:
            return "" if move.state == "posted" else self._draft_number(move)
        is_revised = link and link.revision and link.revision_of in (own, False)
        return f"{own}-R{link.revision}" if is_revised else own

    def _draft_number(self, move) -> str:
        return self._own_number(move.id)

    def _own_number(self, res_id: int) -> str:
        """Return a number that no other document has: of one that has none, or whose number in Xero makes room.

        :param res_id: id of ``_odoo_model``
        """
        return f"odoo-{self._database_mark()}-{res_id}"

    def _reference(self, move, number) -> str:
        """Return the customer's reference; on purchases Xero has no such field (Xero: Invoices, Reference).

        :param number: the one in Xero, which is no reference
        :return: at most 255 characters
        """
        if not self._is_sale(move):
            return ""
        if move.payment_reference == number != move.name:
            # Imported: what Odoo keeps of the number in Xero is no reference.
            return shorten(" ".join((move.ref or "").split()), REFERENCE_LENGTH)
        memo = move.payment_reference if move.payment_reference != move.name else ""
        return shorten(" ".join((move.ref or memo or move.invoice_origin or "").split()), REFERENCE_LENGTH)

    def _date(self, move) -> str:
        """Return the date on the document, unless Odoo booked it in another month: then the ledgers must agree.

        :return: ``YYYY-MM-DD``; empty for a draft without one
        """
        issued, booked = move.invoice_date, move.date
        is_booked = move.state == "posted" or move.posted_before
        if is_booked and issued and booked and (issued.year, issued.month) != (booked.year, booked.month):
            issued = booked
        return to_date_string(issued) if issued else ""

    def _partner(self, move):
        return move.commercial_partner_id

    # === LINES === #

    def _sheet(self, move, books):
        return read_sheet(move, books.lines_of(move), books.taxes)

    def _extend_lines(self, move, books, out, lines: dict[int, dict]) -> None:
        """Add to the payload lines, in place, what is no amount; addons extend it.

        :param lines: payload line by id of the invoice line it stands for. ``books.lines`` has the records, whose
            fields are read for the whole batch at once
        """
        for line_id, line in lines.items():
            books.rules.fill(books.lines[line_id], "line", line, out, books.applies(line.get("TaxType")))
            if "Tracking" in line:
                line["Tracking"] = books.tracking.identified(line["Tracking"])

    # === THE DAY === #

    def _own_day(self, move) -> str:
        return self._date(move)
