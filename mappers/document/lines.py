"""A document's journal items as lines for Xero.

The journal items are what Odoo's tax engine has rounded and booked, so their sum is the document's total by
construction. Each of them becomes a line, part of the tax of lines, or (receivable and stock valuation) nothing.
"""

from decimal import Decimal

from ..text import shorten
from .money import Row
from .sheet import DESCRIPTION_LENGTH, Sheet, TaxLookup, decimal_of

TEXTS = ("line_section", "line_subsection", "line_note")
# Xero makes the receivable itself; stock valuation is not part of an invoice there.
LEFT_OUT = ("payment_term", "cogs")
LINE_FIELDS = (
    "move_id",
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


def read_sheet(move, lines, book: TaxLookup) -> Sheet:
    """Return ``lines``, those of ``move``, with the amounts Odoo booked, positive in the direction of the document.

    :param move: one posted or draft ``account.move``
    :param book: the :class:`TaxLookup` of the batch, ``books.taxes``
    :return: amounts in the document's currency, rounded to its decimals
    """
    is_refund = move.move_type.endswith("refund")
    return read_lines(lines, book, move.direction_sign, move.currency_id.decimal_places, is_refund)


def read_lines(
    lines, book: TaxLookup, sign: int, decimals: int, is_refund: bool, amount: str = "amount_currency"
) -> Sheet:
    """Return ``lines`` with the amounts Odoo booked.

    :param lines: ``account.move.line`` of one entry, in one currency
    :param book: the :class:`TaxLookup` of the batch, ``books.taxes``
    :param sign: 1 where debits count, -1 where credits do
    :param decimals: of the currency
    :param is_refund: taxes are divided as on credit notes
    :param amount: ``amount_currency``, or ``balance`` for the amounts in the company's currency; quantities and prices
        are in the lines' own all the same
    """
    sheet = Sheet(is_refund=is_refund)
    for line in sorted(lines, key=_place):
        kind = line.display_type
        if kind in LEFT_OUT:
            continue
        if kind in TEXTS:
            if (line.name or "").strip():
                sheet.lines.append(shorten(line.name.strip(), DESCRIPTION_LENGTH))
            continue
        row = _row(line, decimal_of(sign * line[amount], decimals), book)
        if line.tax_repartition_line_id:
            sheet.add_tax(line.tax_repartition_line_id, line.group_tax_id, row, book)
        else:
            sheet.lines.append(_with_details(row, line))
    return sheet


def _place(line):
    return line.display_type not in ("product", *TEXTS), line.sequence, line.id


def _row(line, amount: Decimal, book) -> Row:
    # The tax of a private share is tax already: Odoo takes none of it, whatever its account has by default.
    taxes = line.tax_ids if line.display_type != "non_deductible_tax" else line.tax_ids.browse()
    return Row(_text(line), line.account_id.id, book.key(taxes), amount)


def _with_details(row, line) -> Row:
    row.analytic = line.analytic_distribution
    if line.display_type == "product":
        row.line_id = line.id
        row.quantity = decimal_of(line.quantity, 8)
        row.price = decimal_of(line.price_unit, 8)
        row.discount = decimal_of(line.discount, 8)
    return row


def _text(line) -> str:
    """Xero wants at least one character on each line."""
    text = (line.name or "").strip() or line.product_id.display_name or line.account_id.name
    return shorten(text or "-", DESCRIPTION_LENGTH)
