"""Xero's dates: several spellings in, one out. Every datetime here is naive UTC."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_EPOCH = datetime(1970, 1, 1)
_MS_DATE = re.compile(r"^\\?/Date\((-?\d+)([+-]\d{4})?\)\\?/$")
# "Sunday, 06-Nov-1994 08:49:37 GMT" is the longest form there is.
_MAX_HTTP_DATE = 64
# Xero writes up to seven fraction digits; datetime keeps six.
_ISO = re.compile(r"^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*(Z|z|[+-]\d\d:?\d\d)?)?$")


def _offset(text: str | None) -> timedelta:
    if not text or text in "Zz":
        return timedelta()
    digits = text[1:].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -span if text[0] == "-" else span


def _parse_iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micro = int((fraction or "0")[:6].ljust(6, "0"))
    moment = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro)
    return moment - _offset(zone)


def parse_xero(value: object) -> datetime | None:
    """Read a date from an answer as naive UTC; None and empty give None.

    Takes ``/Date(ms)/`` and ``/Date(ms+hhmm)/`` (milliseconds since the epoch in UTC; the offset only says
    where it was written), ISO dates and datetimes with or without zone (none means UTC) and up to seven
    fraction digits, and date or datetime objects.

    :raise ValueError: for anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    text = str(value).strip()
    match = _MS_DATE.match(text)
    try:
        moment = _EPOCH + timedelta(milliseconds=int(match.group(1))) if match else _parse_iso(text)
    except OverflowError:
        moment = None
    if moment is None:
        raise ValueError("not a date that Xero writes")
    return moment


# Before Xero began, and the same on the day that some programs write for no date at all.
_EARLIEST = datetime(2000, 1, 1)


def believable(value: object, latest: datetime | None = None) -> datetime | None:
    """Read a moment that something happened in Xero; None where that cannot be true, and where it is unreadable.

    :param value: as for :func:`parse_xero`.
    :param latest: it cannot have happened after this, naive UTC by Xero's clock
    :return: naive UTC.
    """
    try:
        moment = parse_xero(value)
    except ValueError:
        return None
    if moment is None or moment < _EARLIEST or (latest is not None and moment > latest):
        return None
    return moment


def to_date_string(value: date) -> str:
    """Return ``YYYY-MM-DD``, the only date form sent to Xero; of a datetime its own calendar day."""
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def to_modified_since(value: datetime) -> str:
    """Return ``YYYY-MM-DDTHH:MM:SS`` for If-Modified-Since, cut to the second (never later than ``value``).

    :param value: naive UTC, or with a zone.
    :raise ValueError: when there is none.
    """
    moment = parse_xero(value)
    if moment is None:
        raise ValueError("a moment is needed")
    return moment.replace(microsecond=0).isoformat()


def parse_http(value: str | None) -> datetime | None:
    """Read an HTTP ``Date`` header as naive UTC; None when absent, unreadable or outside of the years 1 to 9999."""
    if not value or len(value) > _MAX_HTTP_DATE:
        return None
    try:
        return parse_xero(parsedate_to_datetime(value))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
