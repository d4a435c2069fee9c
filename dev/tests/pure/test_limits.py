"""Rate-limit headers, as Xero and its intermediaries write them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from requests.structures import CaseInsensitiveDict

from xero_api import limits


def headers(**values: str) -> CaseInsensitiveDict:
    return CaseInsensitiveDict({name.replace("_", "-"): value for name, value in values.items()})


def test_remaining_calls() -> None:
    found = limits.Limits.from_headers(
        headers(x_minlimit_remaining="59", X_DayLimit_Remaining="987", X_APPMINLIMIT_REMAINING="9999")
    )
    assert found == limits.Limits(59, 987, 9999)


def test_absent_or_odd_headers() -> None:
    assert limits.Limits.from_headers({}) == limits.Limits(None, None, None)
    assert limits.Limits.from_headers(headers(X_MinLimit_Remaining="many")) == limits.Limits()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("3", 3.0), ("0", 0.0), ("-4", 0.0), ("2.5", 2.5), ("", None), ("soon", None), ("inf", None), ("nan", None)],
)
def test_retry_after(value: str, expected: float | None) -> None:
    assert limits.retry_after(headers(Retry_After=value)) == expected


def test_retry_after_as_a_date() -> None:
    later = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=90), usegmt=True)
    found = limits.retry_after(headers(Retry_After=later))
    assert found is not None
    assert 85 < found <= 90
    assert limits.retry_after(headers(Retry_After="Sun, 01 Jan 2023 00:00:00 GMT")) == 0.0
    assert limits.retry_after({}) is None


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        ("minute", "minute"),
        ("Minute", "minute"),
        ("day", "day"),
        (" Day ", "day"),
        ("concurrent", "concurrent"),
        ("Concurrency, concurrent", "concurrent"),
        ("appminute", "appminute"),
        ("app-minute", "appminute"),
        ("AppMinute", "appminute"),
        ("unheard-of", "minute"),
    ],
)
def test_scope(problem: str, expected: str) -> None:
    assert limits.scope(headers(X_Rate_Limit_Problem=problem)) == expected


def test_scope_without_the_header() -> None:
    """Taking a day limit for a minute one would knock every minute until midnight."""
    assert limits.scope(headers()) == "minute"
    assert limits.scope(headers(Retry_After="30")) == "minute"
    assert limits.scope(headers(Retry_After="40000")) == "day"
    assert limits.scope(headers(X_DayLimit_Remaining="0")) == "day"
    assert limits.scope(headers(X_DayLimit_Remaining="1")) == "minute"
