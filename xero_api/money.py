"""Xero's arithmetic, in Decimal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

_CENT = Decimal("0.01")
_UNIT = Decimal("0.0001")
_RATE = Decimal("0.000001")
_HUNDRED = Decimal(100)
_ZERO = Decimal("0.00")


def _decimal(value: Decimal | int | str) -> Decimal:
    if isinstance(value, float):
        raise TypeError("amounts must be Decimal, not float")
    return value if isinstance(value, Decimal) else Decimal(value)


def cents(value: Decimal | int | str) -> Decimal:
    """Round to 2 decimals, halves away from zero."""
    return _decimal(value).quantize(_CENT, ROUND_HALF_UP)


def unit(value: Decimal | int | str) -> Decimal:
    """Round to 4 decimals, as Xero keeps prices with ``unitdp=4`` (Xero: Invoices, unitdp)."""
    return _decimal(value).quantize(_UNIT, ROUND_HALF_UP)


def rate(value: Decimal | int | str) -> Decimal:
    """Round to 6 decimals, as Xero keeps currency rates (foreign units per unit of the base currency)."""
    return _decimal(value).quantize(_RATE, ROUND_HALF_UP)


def line_tax(net: Decimal, percent: Decimal) -> Decimal:
    """Return the tax on a line without tax, rounded to cents as Xero does for each line.

    :param net: without tax, in the document's currency.
    :param percent: effective rate of the tax type.
    """
    return cents(_decimal(net) * _decimal(percent) / _HUNDRED)


def included_tax(gross: Decimal, percent: Decimal) -> Decimal:
    """Return the tax inside a line with tax: gross less the rounded net.

    :param gross: with tax, in the document's currency.
    :param percent: effective rate of the tax type.
    """
    return cents(gross) - cents(_decimal(gross) / (1 + _decimal(percent) / _HUNDRED))


def line_amount(line: dict[str, Any]) -> Decimal | None:
    """Return what Xero makes of a payload line, in the document's currency; None for a description-only line.

    ``LineAmount`` wins where it is given; else quantity (1 by default) times price (4 decimals), less ``DiscountRate``
    percent or ``DiscountAmount``, rounded once.

    :param line: an element of ``LineItems``, numbers as Decimal, int or text.
    :raise TypeError: for amounts as float.
    """
    if line.get("LineAmount") is not None:
        return cents(line["LineAmount"])
    if line.get("UnitAmount") is None:
        return None
    quantity = line.get("Quantity")
    gross = unit(line["UnitAmount"]) * _decimal(1 if quantity is None else quantity)
    if line.get("DiscountRate") is not None:
        gross *= 1 - _decimal(line["DiscountRate"]) / _HUNDRED
    elif line.get("DiscountAmount") is not None:
        gross -= _decimal(line["DiscountAmount"])
    return cents(gross)


def _tax(line: dict[str, Any], amount: Decimal, tax_percent: Callable[[str], Decimal], inclusive: bool) -> Decimal:
    if line.get("TaxAmount") is not None:
        return cents(line["TaxAmount"])
    if not line.get("TaxType"):
        raise ValueError("a line without TaxType takes its account's default, which cannot be predicted")
    percent = tax_percent(line["TaxType"])
    return included_tax(amount, percent) if inclusive else line_tax(amount, percent)


def predict_total(
    lines: Iterable[dict[str, Any]],
    tax_percent: Callable[[str], Decimal],
    line_amount_types: str = "Exclusive",
) -> tuple[Decimal, Decimal, Decimal]:
    """Return (subtotal, tax, total) that Xero will answer for these payload lines, in the document's currency.

    Xero rounds tax on every line to cents and adds up; a ``TaxAmount`` in the line overrides.

    :param lines: elements of ``LineItems``, as for :func:`line_amount`.
    :param tax_percent: effective rate in percent by TaxType.
    :param line_amount_types: ``Exclusive``, ``Inclusive`` or ``NoTax``, as in the document.
    :raise ValueError: when a line with an amount has neither TaxType nor TaxAmount, unless NoTax.
    """
    amounts = tax = _ZERO
    for line in lines:
        amount = line_amount(line)
        if amount is None:
            continue
        amounts += amount
        if line_amount_types != "NoTax":
            tax += _tax(line, amount, tax_percent, line_amount_types == "Inclusive")
    if line_amount_types == "Inclusive":
        return amounts - tax, tax, amounts
    return amounts, tax, amounts + tax
