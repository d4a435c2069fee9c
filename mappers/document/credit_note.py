from dataclasses import replace

from odoo import models

from ..outgoing import ABSENT, Need
from ..text import printable
from .lines import read_lines

DISCOUNT = "entry"
DISCOUNT_TYPES = {"asset_receivable": "ACCRECCREDIT", "liability_payable": "ACCPAYCREDIT"}


class XeroMapperCreditNote(models.AbstractModel):
    """Credit notes to customers and from vendors. Xero gives them no discounts and no link back to Odoo.

    The discount that a payment gives or takes goes the same way: what its entry (an ``account.move`` of type ``entry``)
    writes off becomes the lines of a credit note, as only that takes tax back in Xero. ``xero.payment.part`` says which
    entries have one, and what it is applied to.
    """

    _name = "xero.mapper.credit.note"
    _inherit = "xero.mapper.document"
    _description = "Xero Credit Note Mapper"

    _xero_type = "CreditNote"
    _xero_resource = "CreditNotes"
    _xero_id_field = "CreditNoteID"
    _xero_number_field = "CreditNoteNumber"
    _xero_page = "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={xero_id}"
    _xero_purchase_page = "/AccountsPayable/ViewCreditNote.aspx?creditNoteID={xero_id}"
    _push_rank = 30
    _open_when_paid = frozenset({"CreditNoteNumber", "Reference", "Contact", "BrandingThemeID"})
    _xero_types = {"out_refund": "ACCRECCREDIT", "in_refund": "ACCPAYCREDIT"}

    def _knows_discounts(self, move) -> bool:
        return False

    def _bears_mark(self, element: dict, res_id: int, sent: dict) -> bool:
        """Credit notes have no field for a mark: ours is the one that equals what was sent."""
        return self._is_same(element, sent)

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return a call of each type for the span of days: Xero finds credit notes by those, not by number."""
        days = sorted(element["Date"] for element in elements)
        first, last = (",".join(str(int(part)) for part in day.split("-")) for day in (days[0], days[-1]))
        return [
            {"where": f'Type=="{kind}" AND Date>=DateTime({first}) AND Date<=DateTime({last})'}
            for kind in sorted({element["Type"] for element in elements})
        ]

    # === DISCOUNTS OF PAYMENTS === #

    def _handles(self, records):
        entries = records.filtered(lambda move: move.move_type == DISCOUNT)
        return super()._handles(records) | (self._parts(entries).entry_id if entries else entries)

    def _parts(self, entries):
        """Return the parts that apply the credit notes of ``entries``, or did."""
        parts = self.env["xero.payment.part"].sudo()
        return parts.search([("entry_id", "in", entries.ids), ("credit_type", "=", "CreditNote")], order="id")

    def _books(self, moves, connection, links=None):
        books = super()._books(moves, connection, links)
        entries = moves.filtered(lambda move: move.move_type == DISCOUNT)
        parts = self._parts(entries) if entries else self.env["xero.payment.part"]
        books.discounts = parts.filtered(lambda part: not part.over).grouped("entry_id")
        partners = parts.document_id.commercial_partner_id
        if partners:
            books.contacts |= self.env["xero.link"]._map(connection, "Contact", "res.partner", partners.ids)
        return books

    def _dependencies(self, res_ids, connection):
        needs = super()._dependencies(res_ids, connection)
        entries = self.env["account.move"].sudo().browse(res_ids).exists()
        entries = entries.filtered(lambda move: move.move_type == DISCOUNT)
        partners = self._parts(entries).document_id.commercial_partner_id if entries else ()
        return needs + [Need("Contact", "res.partner", partner.id) for partner in partners]

    def _wanted_status(self, move, books) -> str:
        if move.move_type != DISCOUNT:
            return super()._wanted_status(move, books)
        return "AUTHORISED" if move.state == "posted" and books.discounts.get(move) else ABSENT

    def _settled_line(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type in DISCOUNT_TYPES)[:1]

    def _type_of(self, move) -> str:
        if move.move_type != DISCOUNT:
            return super()._type_of(move)
        return DISCOUNT_TYPES.get(self._settled_line(move).account_id.account_type, "ACCRECCREDIT")

    def _is_sale(self, move) -> bool:
        return self._type_of(move) == "ACCRECCREDIT"

    def _number(self, move, link) -> str:
        """The vendor knows no number of a discount: it bears that of its entry."""
        if move.move_type != DISCOUNT or self._is_sale(move):
            return super()._number(move, link)
        return printable(move.name)

    def _date(self, move) -> str:
        return move.date.isoformat() if move.move_type == DISCOUNT else super()._date(move)

    def _partner(self, move):
        """Xero applies a credit to documents of its own contact only."""
        if move.move_type != DISCOUNT:
            return super()._partner(move)
        return self._parts(move).document_id[:1].commercial_partner_id

    def _credited_lines(self, move):
        return self.env["xero.payment.part"]._credited_lines(move)

    def _total(self, move) -> float:
        if move.move_type != DISCOUNT:
            return super()._total(move)
        return self._sign(move) * sum(self._credited_lines(move).mapped("amount_currency"))

    def _sign(self, move) -> int:
        return 1 if self._is_sale(move) else -1

    def _own_rate(self, move) -> float:
        if move.move_type != DISCOUNT:
            return super()._own_rate(move)
        lines = self._credited_lines(move)
        worth = abs(sum(lines.mapped("balance")))
        return abs(sum(lines.mapped("amount_currency"))) / worth if worth else 0.0

    def _sheet(self, move, books):
        if move.move_type != DISCOUNT:
            return super()._sheet(move, books)
        lines = books.lines_of(move) & self._credited_lines(move)
        sheet = read_lines(lines, books.taxes, self._sign(move), move.currency_id.decimal_places, is_refund=True)
        for row in sheet.rows:
            if not self._is_allowed(books, row.account_id, row.taxes, self._use(move)):
                self._tax_as_paid(move, books, sheet, row)
        return sheet

    def _is_allowed(self, books, account_id, taxes, use) -> bool:
        """Whether Xero takes lines of the account with the tax, as far as both are mapped."""
        account, tax = books.account(account_id), books.tax(taxes, use)
        return not (account and tax and account.class_type) or account.class_type in tax.applies

    def _tax_as_paid(self, move, books, sheet, row) -> None:
        """Let ``row`` be taxed on an account of what was paid, and go to its own without tax: Xero takes the tax of
        sales and purchases on some accounts only, and discounts are elsewhere.
        """
        lines = books.discounts[move].document_id.invoice_line_ids.sorted("id")
        found = (
            line.account_id.id
            for line in lines
            if books.account(line.account_id.id)
            and self._is_allowed(books, line.account_id.id, row.taxes, self._use(move))
        )
        account_id = next(found, None)
        if account_id:
            sheet.lines += [replace(row, account_id=account_id, taxes=(), net=-row.net), replace(row, taxes=())]
            row.account_id = account_id
