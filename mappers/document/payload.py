"""Lines as Xero's JSON wants them."""

from decimal import Decimal

from ...xero_api.money import predict_total
from ..text import shorten
from .sheet import DESCRIPTION_LENGTH


def payload_lines(sheet) -> list[dict]:
    """Return the ``LineItems`` of a completed sheet. Totals are left to Xero: it computes them from these."""
    return [{"Description": line} if isinstance(line, str) else _amount_line(line) for line in sheet.lines]


def told_lines(sheet, lines: list[dict]) -> list[dict[int, dict]]:
    """Return those of ``lines`` that stand for an invoice line, by its id: of each the first, then the second part of
    those that were divided, and so on.
    """
    layers = [{}]
    for row, line in zip(sheet.lines, lines):
        if isinstance(row, str) or not row.line_id:
            continue
        layer = next((layer for layer in layers if row.line_id not in layer), None)
        if layer is None:
            layers.append(layer := {})
        layer[row.line_id] = line
    return layers


def _amount_line(row) -> dict:
    quantity, price, discount = row.shape
    line = {
        "Description": description(row),
        "Quantity": quantity,
        "UnitAmount": price,
        "AccountCode": row.account_code,
        "TaxType": row.tax_type,
    }
    if discount:
        line["DiscountRate"] = discount
    if row.told:
        line["TaxAmount"] = row.tax
    if row.tracking:
        line["Tracking"] = row.tracking
    return line


def description(row) -> str:
    """Return the text of ``row``, a :class:`~.money.Row`: with quantity and price where it had to become one piece, and
    with its share.
    """
    pieces = ""
    if row.folded:
        pieces = f"\n{row.quantity:f} x {row.price:f}" + (f" - {row.discount:f}%" if row.discount else "")
    return with_end(row.text, pieces + row.suffix)


def with_end(text: str, end: str) -> str:
    """Return ``text`` with ``end``, shortened before it where that is too long."""
    return shorten(text, DESCRIPTION_LENGTH - len(end)) + end if end else text


def predicted_total(sheet, lines: list[dict]) -> Decimal:
    """Return the total that Xero will compute from ``lines``."""
    percents = {row.tax_type: row.percent for row in sheet.rows}
    return predict_total(lines, percents.__getitem__)[2]
