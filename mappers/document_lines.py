"""A document's journal items as lines for Xero.

The journal items are what Odoo's tax engine has rounded and booked, so their sum is the document's total by
construction. Each of them becomes a line, part of the tax of lines, or (receivable and stock valuation) nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from .document_money import Row
from .text import shorten

TEXTS = ("line_section", "line_subsection", "line_note")
# Xero makes the receivable itself; stock valuation is not part of an invoice there.
LEFT_OUT = ("payment_term", "cogs")
DESCRIPTION_LENGTH = 4000
LINE_FIELDS = (
    "display_type",
    "sequence",
    "name",
    "account_id",
    "tax_ids",
    "tax_repartition_line_id",
    "group_tax_id",
    "amount_currency",
    "quantity",
    "price_unit",
    "discount",
    "product_id",
    "analytic_distribution",
)


@dataclass
class Sheet:
    """The lines of one document.

    :ivar lines: in the document's order: :class:`Row` for amounts, ``str`` for sections and notes
    :ivar booked: tax that Xero computes as tax of lines, by tax id, in the document's currency
    :ivar origins: the rows that the tax of an id becomes where it cannot be a tax of lines
    """

    lines: list = field(default_factory=list)
    booked: dict = field(default_factory=lambda: defaultdict(Decimal))
    origins: dict = field(default_factory=lambda: defaultdict(list))

    @property
    def rows(self) -> list[Row]:
        return [line for line in self.lines if not isinstance(line, str)]


class TaxBook:
    """Which taxes are taxes to Xero, and which are amounts on an account of their own.

    Xero's rates are percentages of a line. These become lines on the account Odoo booked them to, so that account,
    tax return and total all stay right:

    - fixed amounts, such as a levy per piece;
    - negative percentages, such as withholding (but not the two halves of a reverse charge, which cancel out);
    - the part of a tax that is a cost because it cannot be claimed back.
    """

    def __init__(self):
        self.percents = {}
        self._keys = {}
        self._apart = {}

    def key(self, taxes) -> tuple:
        """Return the sorted ids of those of ``taxes`` (groups resolved) that Xero is to compute."""
        ids = taxes._ids
        if ids not in self._keys:
            kept = {child.id for tax in taxes for child in self._members(tax) if not self._is_amount(child, tax)}
            self._keys[ids] = tuple(sorted(kept))
        return self._keys[ids]

    def _members(self, tax):
        return tax.children_tax_ids if tax.amount_type == "group" else tax

    def _is_amount(self, tax, parent) -> bool:
        self.percents[tax.id] = _decimal(tax.amount, 6)
        if tax.amount_type == "fixed":
            return True
        return tax.amount < 0 and not self._cancels_out(parent)

    def _cancels_out(self, parent) -> bool:
        return parent.amount_type == "group" and not round(sum(parent.children_tax_ids.mapped("amount")), 6)

    def stands_apart(self, line) -> bool:
        """Tell whether the tax booked by journal item ``line`` becomes a line of its own."""
        part, group = line.tax_repartition_line_id, line.group_tax_id
        key = part.id, group.id
        if key not in self._apart:
            self._apart[key] = self._is_amount(part.tax_id, group or part.tax_id) or self._is_cost(part)
        return self._apart[key]

    def _is_cost(self, part) -> bool:
        """A tax without any account to settle is not meant as cost: its accounts are just not set up."""
        siblings = part.tax_id.repartition_line_ids.filtered(lambda other: other.document_type == part.document_type)
        return not part.use_in_tax_closing and any(siblings.mapped("use_in_tax_closing"))


def read_sheet(move, book: TaxBook) -> Sheet:
    """Return the lines of ``move`` with the amounts Odoo booked, positive in the direction of the document."""
    sheet, sign, decimals = Sheet(), move.direction_sign, move.currency_id.decimal_places
    for line in sorted(move.line_ids, key=_place):
        kind = line.display_type
        if kind in LEFT_OUT:
            continue
        if kind in TEXTS:
            if (line.name or "").strip():
                sheet.lines.append(shorten(line.name.strip(), DESCRIPTION_LENGTH))
            continue
        amount = _decimal(sign * line.amount_currency, decimals)
        if line.tax_repartition_line_id:
            _add_tax(sheet, line, amount, book)
        else:
            sheet.lines.append(_row(line, amount, book))
    return sheet


def _place(line):
    return line.display_type not in ("product", *TEXTS), line.sequence, line.id


def _add_tax(sheet, line, amount, book):
    row = Row(_text(line), line.account_id.id, book.key(line.tax_ids), amount)
    if book.stands_apart(line):
        if amount:
            sheet.lines.append(row)
        return
    tax_id = line.tax_repartition_line_id.tax_id.id
    sheet.booked[tax_id] += amount
    sheet.origins[tax_id].append(row)


def _row(line, amount, book):
    row = Row(_text(line), line.account_id.id, book.key(line.tax_ids), amount)
    row.analytic = line.analytic_distribution
    if line.display_type == "product":
        row.line_id = line.id
        row.quantity = _decimal(line.quantity, 8)
        row.price = _decimal(line.price_unit, 8)
        row.discount = _decimal(line.discount, 8)
    return row


def _text(line) -> str:
    """Xero wants at least one character on each line."""
    text = (line.name or "").strip() or line.product_id.display_name or line.account_id.name
    return shorten(text or "-", DESCRIPTION_LENGTH)


def _decimal(value: float, decimals: int) -> Decimal:
    """Return what a float of Odoo stands for, without trailing zeros: ``0.1 + 0.2`` is 0.3."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal("0" if text == "-0" else text)
