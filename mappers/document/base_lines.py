"""The lines of a document that is not booked, such as a quote or an order, for Xero.

They are read from Odoo's tax engine, which rounds them as it will round the invoice: their sum is the document's total.
"""

from ..text import shorten
from .money import Row
from .sheet import DESCRIPTION_LENGTH, Sheet, TaxLookup, decimal_of


def read_base_lines(parts: list, company, book: TaxLookup) -> Sheet:
    """Return the lines of one document with the amounts that Odoo's tax engine arrives at.

    :param parts: in the document's order: base lines as ``account.tax._prepare_base_line_for_taxes_computation`` makes
        them, with ``record``, ``account_id`` and ``name``; a ``str`` for a section or note. The engine writes what it
        computes into the base lines
    :param company: whose way of rounding taxes holds
    :param book: the :class:`TaxLookup` of the batch, ``books.taxes``
    :return: amounts in the currency of the base lines, rounded to its decimals, with the sign that Odoo gives them
    """
    base_lines = [part for part in parts if not isinstance(part, str)]
    engine = company.env["account.tax"]
    engine._add_tax_details_in_base_lines(base_lines, company)
    engine._round_base_lines_tax_details(base_lines, company)
    engine._add_accounting_data_in_base_lines_tax_details(base_lines, company)
    sheet = Sheet()
    for part in parts:
        if not isinstance(part, str):
            sheet.lines.append(_row(part, book))
        elif part.strip():
            sheet.lines.append(shorten(part.strip(), DESCRIPTION_LENGTH))
    # Behind all others, as on an invoice.
    for base_line in base_lines:
        for tax_data in base_line["tax_details"]["taxes_data"]:
            _add_tax(sheet, base_line, tax_data, book)
    return sheet


def _row(base_line, book) -> Row:
    details, decimals = base_line["tax_details"], base_line["currency_id"].decimal_places
    net = details["total_excluded_currency"] + details["delta_total_excluded_currency"]
    return Row(
        _text(base_line),
        base_line["account_id"].id,
        book.key(base_line["tax_ids"]),
        decimal_of(net, decimals),
        quantity=decimal_of(base_line["quantity"], 8),
        price=decimal_of(base_line["price_unit"], 8),
        discount=decimal_of(base_line["discount"], 8),
        analytic=base_line["analytic_distribution"],
        line_id=base_line["id"],
    )


def _add_tax(sheet, base_line, tax_data, book) -> None:
    decimals = base_line["currency_id"].decimal_places
    for part in tax_data["tax_reps_data"]:
        row = Row(
            shorten(tax_data["tax"].name, DESCRIPTION_LENGTH),
            part["account"].id,
            book.key(part["taxes"]),
            decimal_of(part["tax_amount_currency"], decimals),
        )
        sheet.add_tax(part["tax_rep"], tax_data["group"], row, book)


def _text(base_line) -> str:
    """Xero wants at least one character on each line."""
    text = (base_line.get("name") or "").strip() or base_line["product_id"].display_name
    return shorten(text or "-", DESCRIPTION_LENGTH)
