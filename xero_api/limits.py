"""What Xero says about the calls that are left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from . import dates


def _count(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name)
    try:
        return int(value) if value is not None else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Limits:
    """Calls left in Xero's current windows; None where the answer did not say.

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
            _count(headers, "X-MinLimit-Remaining"),
            _count(headers, "X-DayLimit-Remaining"),
            _count(headers, "X-AppMinLimit-Remaining"),
        )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of ``Retry-After`` (number or HTTP date), never negative; None when absent."""
    value = headers.get("Retry-After")
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        moment = dates.parse_http(value)
        if moment is None:
            return None
        seconds = (moment - datetime.now(timezone.utc).replace(tzinfo=None)).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def scope(headers: Mapping[str, str]) -> str:
    """Return which limit a 429 is about: ``minute``, ``day``, ``concurrent`` or ``appminute``.

    ``X-Rate-Limit-Problem`` decides (Xero writes ``appminute``, some sources ``app-minute``). Without it an
    exhausted day, or a wait longer than any minute window, is a day limit.
    """
    word = "".join(c for c in (headers.get("X-Rate-Limit-Problem") or "").lower() if c.isalpha())
    for known in ("appminute", "concurrent", "minute", "day"):
        if known in word:
            return known
    if Limits.from_headers(headers).day_remaining == 0 or (retry_after(headers) or 0) > 120:
        return "day"
    return "minute"
