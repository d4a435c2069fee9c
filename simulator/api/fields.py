"""Reading fields of posted elements. A value of the wrong form refuses the whole call (PostDataInvalidException)."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from .. import dates
from ..errors import unreadable

DAY_MISSING = object()


def number(element: dict, name: str) -> Decimal | None:
    """A number, given as JSON number or as text; None when absent, null or empty."""
    value = element.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        raise unreadable(f"{name} is not a number", 14)
    try:
        result = Decimal(str(value))
    except InvalidOperation:
        raise unreadable(f"{name} is not a number: {value}", 14) from None
    if not result.is_finite():
        raise unreadable(f"{name} is not a number: {value}", 14)
    return result


def text(element: dict, name: str) -> str | None:
    """A text; numbers become text, null stays None."""
    value = element.get(name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list, bool)):
        raise unreadable(f"{name} is not a text", 14)
    return str(value)


def day(element: dict, name: str) -> date | None:
    """A date ``YYYY-MM-DD`` (a time after ``T`` is cut); a space instead of ``T`` is refused with ErrorNumber 14."""
    value = element.get(name)
    if value is None or value == "":
        return None
    try:
        return dates.parse_day(value)
    except (ValueError, TypeError):
        raise unreadable(f"The {name} field is not a valid date: {value}", 14) from None


def boolean(element: dict, name: str) -> bool | None:
    """true or false, also as text."""
    value = element.get(name)
    if value is None or isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise unreadable(f"{name} is not true or false: {value}", 14)


def part(element: dict, name: str) -> dict | None:
    """A nested object; an empty list counts as none."""
    value = element.get(name)
    if value is None or value == []:
        return None
    if not isinstance(value, dict):
        raise unreadable(f"{name} is not an object", 14)
    return value


def rows(element: dict, name: str) -> list[dict] | None:
    """A nested list of objects; None when absent or null."""
    value: Any = element.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise unreadable(f"{name} is not a list", 14)
    return value
