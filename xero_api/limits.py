"""What the headers of an answer say of calls that are left, waits and Xero's clock, within clamps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from . import clamps, dates

# Clocks that differ by more are no clocks: nothing is compared with them.
MAX_CLOCK_OFFSET = 24 * 3600.0


@dataclass(frozen=True)
class Limits:
    """Calls left in Xero's current windows (Xero: API limits); None where the answer did not say.

    :param minute_remaining: of 60 a minute, for this app and organisation.
    :param day_remaining: of 1,000 or 5,000 a day, for this app and organisation.
    :param app_minute_remaining: of 10,000 a minute, for this app over all organisations.
    """

    minute_remaining: int | None = None
    day_remaining: int | None = None
    app_minute_remaining: int | None = None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Limits:
        """Read the three headers from a case-insensitive mapping."""
        return cls(
            clamps.count(headers.get("X-MinLimit-Remaining")),
            clamps.count(headers.get("X-DayLimit-Remaining")),
            clamps.count(headers.get("X-AppMinLimit-Remaining")),
        )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of ``Retry-After`` (number or HTTP date), 0 to a day; None when absent or unreadable.

    :param headers: case-insensitive, as for all of these.
    """
    value = headers.get("Retry-After")
    told = clamps.seconds(value)
    if told is not None:
        return told
    moment = dates.parse_http(value)
    return clamps.seconds((moment - _now()).total_seconds()) if moment else None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return Xero's clock (naive UTC) when it answered; None when it did not say, or is more than a day off ours."""
    told = dates.parse_http(headers.get("Date"))
    return told if told and abs((told - _now()).total_seconds()) <= MAX_CLOCK_OFFSET else None


def clock_offset(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Xero's clock is ahead of ours, at most a day either way; None when it did not say."""
    told = server_time(headers)
    return (told - _now()).total_seconds() if told else None


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def scope(headers: Mapping[str, str]) -> str:
    """Return which limit a 429 is about: ``minute``, ``day``, ``concurrent`` or ``appminute``.

    ``X-Rate-Limit-Problem`` decides (Xero writes ``appminute``, some sources ``app-minute``). Without it an
    exhausted day, or a wait longer than any minute window, is a day limit.
    """
    word = "".join(c for c in clamps.header(headers.get("X-Rate-Limit-Problem")).lower() if c.isalpha())
    for known in ("appminute", "concurrent", "minute", "day"):
        if known in word:
            return known
    if Limits.from_headers(headers).day_remaining == 0 or (retry_after(headers) or 0) > 120:
        return "day"
    return "minute"
