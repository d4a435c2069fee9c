"""Xero's date formats."""

import re
from datetime import date, datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1)
_MS = re.compile(r"^/Date\((-?\d+)(?:([+-])(\d{2})(\d{2}))?\)/$")
_DAY = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$")


def milliseconds(value: date) -> int:
    """Milliseconds since the epoch of a naive UTC datetime, or of a date's midnight."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    return (value - EPOCH) // timedelta(milliseconds=1)


def json_date(value: date) -> str:
    """``/Date(1552262400000+0000)/``."""
    return f"/Date({milliseconds(value)}+0000)/"


def iso(value: date) -> str:
    """The twin strings such as DateString: ``2019-03-11T00:00:00``."""
    if not isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT00:00:00")
    return value.strftime("%Y-%m-%dT%H:%M:%S")


def long_iso(value: datetime) -> str:
    """Dates of ``GET /connections``: seven fraction digits and no zone."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"


def parse_day(text: str) -> date:
    """A date sent by a client. A space instead of ``T``, or any other form, raises ValueError."""
    match = _MS.match(text)
    if match:
        return (EPOCH + timedelta(milliseconds=int(match.group(1)))).date()
    match = _DAY.match(text)
    if not match:
        raise ValueError(text)
    return date(int(match.group(1)), int(match.group(2)), int(match.group(3)))


def parse_moment(text: str) -> datetime:
    """``If-Modified-Since``: ``YYYY-MM-DDTHH:MM:SS`` in UTC, or an HTTP date. Raises ValueError."""
    text = text.strip()
    for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%a, %d %b %Y %H:%M:%S GMT", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    moment = datetime.fromisoformat(text)
    if moment.tzinfo:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return moment.replace(microsecond=0)
