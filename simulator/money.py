"""Decimal arithmetic as Xero rounds it: halves away from zero."""

from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)
_CENT = Decimal("0.01")
_UNIT = Decimal("0.0001")
_RATE = Decimal("0.000001")


def cents(value: Decimal) -> Decimal:
    """An amount: 2 decimals."""
    return value.quantize(_CENT, ROUND_HALF_UP)


def unit(value: Decimal, places: int = 4) -> Decimal:
    """A unit price: ``unitdp`` decimals, 2 or 4."""
    return value.quantize(_UNIT if places == 4 else _CENT, ROUND_HALF_UP)


def quantity(value: Decimal) -> Decimal:
    """A quantity: 4 decimals."""
    return value.quantize(_UNIT, ROUND_HALF_UP)


def rate(value: Decimal) -> Decimal:
    """A currency rate: 6 decimals (Xero's precision 18.6)."""
    return value.quantize(_RATE, ROUND_HALF_UP)


def line_tax(line_amount: Decimal, percent: Decimal, inclusive: bool) -> Decimal:
    """Tax of one line: added on top, or contained in it (line - round(line / (1 + rate), 2))."""
    if inclusive:
        return line_amount - cents(line_amount / (1 + percent / HUNDRED))
    return cents(line_amount * percent / HUNDRED)


def plain(value: Decimal) -> str:
    """A number as people write it, without exponent and needless zeros; never fewer than two decimals."""
    text = f"{value:f}"
    if "." not in text:
        return text + ".00"
    text = text.rstrip("0")
    decimals = len(text) - text.index(".") - 1
    return text + "0" * (2 - decimals) if decimals < 2 else text
