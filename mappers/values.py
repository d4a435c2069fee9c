"""Xero's values in one form, however Xero writes them. Pure: texts, lists and dicts only."""

from decimal import Decimal

from ..xero_api.dates import parse_xero, to_date_string
from ..xero_api.money import cents


def number(value) -> str:
    """Return a number as a text without trailing zeros: 1, 1.0 and Decimal("1.00") are one. Empty for nothing.

    :param value: a number, or a text that is one; ``None`` and the empty text are nothing
    """
    if value is None or value == "":
        return ""
    text = format(Decimal(str(value)), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def amount(value) -> str:
    """Return a number as :func:`number` does, empty for zero: what is left out and what is 0 are one."""
    text = number(value)
    return "" if text == "0" else text


def booked(value: float, decimals: int) -> Decimal:
    """Return what an amount that Odoo booked is in Xero, whose amounts have cents: 1.005 dinars are 1.01.

    :param value: an amount as Odoo's float
    :param decimals: of its currency; what a float has besides is no amount
    """
    return cents(f"{value:.{decimals}f}")


def day(value) -> str:
    """Return a date as ``YYYY-MM-DD``; empty for none.

    :param value: a date in any of Xero's forms, see :func:`~..xero_api.dates.parse_xero`
    :raise ValueError: it is none
    """
    moment = parse_xero(value)
    return to_date_string(moment) if moment else ""


def words(value) -> str:
    """Return a text without the differences that are none: line ends, blanks around it."""
    return "\n".join(
        line.rstrip() for line in str(value or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ).strip()


def lower(value) -> str:
    """Return an id for comparison."""
    return str(value or "").lower()


def clean(state: dict) -> dict:
    """Return ``state`` without what is empty."""
    return {key: value for key, value in state.items() if value not in (None, "", [], {})}


def decimal(text) -> Decimal:
    """Return what :func:`number` or :func:`amount` wrote.

    :param text: empty for 0
    """
    return Decimal(text or 0)
