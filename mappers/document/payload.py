"""Lines as Xero's JSON wants them."""

from decimal import Decimal

from ...xero_api.money import predict_total
from ..text import shorten
from .sheet import DESCRIPTION_LENGTH


def payload_lines(sheet) -> list[dict]:
    """Return the ``LineItems`` of a completed sheet. Totals are left to Xero: it computes them from these."""
    return [{"Description": line} if isinstance(line, str) else _amount_line(line) for line in sheet.lines]


def told_lines(sheet, lines: list[dict]) -> dict[int, dict]:
    """Return those of ``lines`` that stand for an invoice line, by its id."""
    return {
        row.line_id: line for row, line in zip(sheet.lines, lines) if not isinstance(row, str) and row.line_id
    }


def _amount_line(row) -> dict:
    quantity, price, discount = row.shape
    line = {
        "Description": _description(row),
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


def _description(row) -> str:
    """Return the text, with quantity and price where the line had to become one piece."""
    if not row.folded:
        return row.text
    pieces = f"\n{row.quantity:f} x {row.price:f}" + (f" - {row.discount:f}%" if row.discount else "")
    return shorten(row.text, DESCRIPTION_LENGTH - len(pieces)) + pieces


def predicted_total(sheet, lines: list[dict]) -> Decimal:
    """Return the total that Xero will compute from ``lines``."""
    percents = {row.tax_type: row.percent for row in sheet.rows}
    return predict_total(lines, percents.__getitem__)[2]
