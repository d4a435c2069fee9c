"""Nothing in a header comes out unbounded, and nothing raises."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure_harness import Harness
from pure_servers import Reply, ScriptedServer
from requests.structures import CaseInsensitiveDict

from xero_api import clamps, codec, errors, faults, limits

DAY = 24 * 3600.0
# What the attackers sent, and its kind.
ODD = [
    "99999999999999999", "1e17", "1e999", "-1e999", "inf", "-inf", "nan", "NaN", "Infinity", "-4", "-0", "0x10",
    "1_000", "٣", "³", "１２", "12,5", "1e", ".", "", " ", "soon", "5; x", "9" * 5000, "1e" + "9" * 400, "\x00",
    "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "Fri, 31 Dec 9999 23:59:59 -2359",
    "Sun, 99 Jan 99999 00:00:00 GMT", "Mon, 01 Jan 1900 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 " + "9" * 50,
    "Sun, 29 Feb 2026 25:61:61 GMT", "2026-11-29T13:00:00Z", "x" * 100_000,
]  # fmt: skip
NAMES = (
    "Retry-After", "X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining", "Date", "Content-Length",
    "X-Rate-Limit-Problem", "Xero-Correlation-Id", "WWW-Authenticate", "Content-Encoding",
)  # fmt: skip
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=80), st.floats().map(str), st.integers().map(str))


def assert_bounded(headers: CaseInsensitiveDict) -> None:
    """Everything that is read of headers is within what can be stored and added to a time."""
    wait = limits.retry_after(headers)
    assert wait is None or (math.isfinite(wait) and 0 <= wait <= DAY)
    found = limits.Limits.from_headers(headers)
    for count in (found.minute_remaining, found.day_remaining, found.app_minute_remaining):
        assert count is None or (type(count) is int and 0 <= count < 2**31)
    offset, moment = limits.clock_offset(headers), limits.server_time(headers)
    assert offset is None or abs(offset) <= DAY + 1
    assert (offset is None) == (moment is None)
    assert limits.scope(headers) in ("minute", "day", "concurrent", "appminute")
    identifier = clamps.identifier(headers.get("Xero-Correlation-Id"))
    assert identifier is None or (len(identifier) <= 64 and identifier.isascii() and identifier.isprintable())
    for status in (400, 401, 403, 404, 429, 500, 503):
        for write in (True, False):
            error = faults.from_answer(status, headers, b"", write=write)
            assert len(str(error)) < 300
            assert str(error).isprintable()


@pytest.mark.parametrize("value", ODD)
def test_odd_headers(value: str) -> None:
    assert_bounded(CaseInsensitiveDict(dict.fromkeys(NAMES, value)))


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_any_headers(values: dict[str, str]) -> None:
    assert_bounded(CaseInsensitiveDict(values))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("99999999999999999", DAY), ("1e17", DAY), ("86401", DAY), ("-5", 0.0), ("1e999", None), ("٣", None),
     ("Fri, 31 Dec 9999 23:59:59 GMT", DAY)],
)  # fmt: skip
def test_waits(value: str, expected: float | None) -> None:
    assert limits.retry_after({"Retry-After": value}) == expected


def test_counts_that_mean_nothing_are_dropped() -> None:
    for value in ("99999999999", "-1", "٣", "1.5", "9" * 5000):
        assert limits.Limits.from_headers({"X-DayLimit-Remaining": value}) == limits.Limits()


def test_clock_of_another_century_is_none() -> None:
    assert limits.server_time({"Date": "Fri, 31 Dec 9999 23:59:59 GMT"}) is None
    now = datetime.now(timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert limits.server_time({"Date": now}) is not None


@given(st.one_of(st.integers(), st.floats(), st.booleans(), st.none(), st.text(), st.lists(st.integers())))
def test_any_value(value: Any) -> None:
    count, seconds = clamps.count(value), clamps.seconds(value)
    assert count is None or 0 <= count < 2**31
    assert seconds is None or 0 <= seconds <= DAY


@given(st.text(alphabet=st.characters(), max_size=300), st.integers(1, 100))
def test_any_text(value: str, longest: int) -> None:
    found = clamps.text(value, longest)
    assert len(found) <= longest
    assert "\x00" not in found
    found.encode()


def test_lines_of_a_text() -> None:
    assert clamps.text("one\r\ntwo\x00", 20, lines=True) == "one\ntwo"
    assert clamps.text("one\ntwo", 20) == "one two"
    assert clamps.text("x" * 50, 10) == "x" * 9 + "\u2026"


@pytest.mark.parametrize("value", [value for value in ODD if value.isprintable() and value.isascii()])
@pytest.mark.parametrize("status", [200, 429, 503])
def test_over_the_wire(server: ScriptedServer, harness: Harness, value: str, status: int) -> None:
    """What the audit is told of a call fits into its columns."""
    # Two of them belong to HTTP itself.
    names = [name for name in NAMES if name not in ("Content-Length", "Content-Encoding", "Date")]
    server.replies(Reply(status, {"Invoices": []}, dict.fromkeys(names, value[:60_000])))
    try:
        harness.client.get("Invoices")
    except errors.XeroError as error:
        wait = getattr(error, "retry_after", None)
        assert wait is None or 0 <= wait <= DAY
    for record in harness.records:
        assert record.error is None or len(record.error) < 300
        assert all(count is None or 0 <= count < 2**31 for count in (record.duration_ms, record.received_bytes))


def test_deep_json_is_no_answer() -> None:
    assert faults.body_of(b"[" * 1_000_000) is None
    assert faults.body_of(b'{"a":' * 1_000_000) is None
    assert codec.loads(b"[1]") == [1]
