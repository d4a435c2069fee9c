"""Every spelling of a date that Xero uses."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import dates

moments = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/Date(1552522535440)/", datetime(2019, 3, 14, 0, 15, 35, 440000)),
        ("/Date(1552522535440+0000)/", datetime(2019, 3, 14, 0, 15, 35, 440000)),
        # The number is UTC already; the offset only tells where it was written.
        ("/Date(1552522535440+1300)/", datetime(2019, 3, 14, 0, 15, 35, 440000)),
        ("/Date(1552522535440-0500)/", datetime(2019, 3, 14, 0, 15, 35, 440000)),
        ("/Date(0)/", datetime(1970, 1, 1)),
        ("/Date(-86400000+0000)/", datetime(1969, 12, 31)),
        (r"\/Date(0)\/", datetime(1970, 1, 1)),
        ("2026-01-31", datetime(2026, 1, 31)),
        ("2026-01-31T00:00:00", datetime(2026, 1, 31)),
        ("2026-01-31 10:11", datetime(2026, 1, 31, 10, 11)),
        ("2026-01-31T10:11:12Z", datetime(2026, 1, 31, 10, 11, 12)),
        ("2026-01-31T10:11:12+02:00", datetime(2026, 1, 31, 8, 11, 12)),
        ("2026-01-31T10:11:12-0530", datetime(2026, 1, 31, 15, 41, 12)),
        ("2019-12-07T18:46:19.5165400", datetime(2019, 12, 7, 18, 46, 19, 516540)),
        ("2025-12-02T00:44:09.923", datetime(2025, 12, 2, 0, 44, 9, 923000)),
        ("2025-12-02T00:44:09.9", datetime(2025, 12, 2, 0, 44, 9, 900000)),
        (" 2026-01-31 ", datetime(2026, 1, 31)),
        (date(2026, 1, 31), datetime(2026, 1, 31)),
        (datetime(2026, 1, 31, 5), datetime(2026, 1, 31, 5)),
        (datetime(2026, 1, 31, 5, tzinfo=timezone(timedelta(hours=13))), datetime(2026, 1, 30, 16)),
        (None, None),
        ("", None),
    ],
)
def test_parse(value: object, expected: datetime | None) -> None:
    assert dates.parse_xero(value) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        "soon",
        "/Date()/",
        "/Date(12",
        "2026-13-01",
        "2026-02-30",
        "31/01/2026",
        "2026-01-31T25:00:00",
        5,
        "20260131",
        "/Date(99999999999999999999)/",
    ],
)
def test_unreadable(wrong: object) -> None:
    with pytest.raises(ValueError):
        dates.parse_xero(wrong)


@given(moments)
def test_milliseconds_round_trip(moment: datetime) -> None:
    ms = (moment - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
    read = dates.parse_xero(f"/Date({ms}+0000)/")
    assert read is not None
    assert timedelta() <= moment - read < timedelta(milliseconds=1)


@given(moments, st.integers(-14 * 60, 14 * 60))
def test_zones_change_the_text_not_the_moment(moment: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    local = moment.replace(tzinfo=timezone.utc).astimezone(zone)
    assert dates.parse_xero(local.isoformat()) == moment
    assert dates.parse_xero(local) == moment


@given(moments)
def test_modified_since_is_never_later(moment: datetime) -> None:
    """A later one would miss changes made in between."""
    text = dates.to_modified_since(moment)
    assert len(text) == len("YYYY-MM-DDTHH:MM:SS")
    read = datetime.fromisoformat(text)
    assert timedelta() <= moment - read < timedelta(seconds=1)


def test_modified_since_is_utc() -> None:
    assert (
        dates.to_modified_since(datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))) == "2025-12-31T23:00:00"
    )
    with pytest.raises(ValueError):
        dates.to_modified_since(None)  # type: ignore[arg-type]


def test_date_string() -> None:
    assert dates.to_date_string(date(2026, 1, 2)) == "2026-01-02"
    assert dates.to_date_string(datetime(2026, 1, 2, 23, 59)) == "2026-01-02"
    assert dates.to_date_string(date(999, 1, 2)) == "0999-01-02"


def test_http_dates() -> None:
    assert dates.parse_http("Sun, 22 Nov 2026 15:58:52 GMT") == datetime(2026, 11, 22, 15, 58, 52)
    assert dates.parse_http("Sun, 22 Nov 2026 15:58:52 +0200") == datetime(2026, 11, 22, 13, 58, 52)
    assert [dates.parse_http(text) for text in (None, "", "soon", "0")] == [None] * 4


@pytest.mark.parametrize(
    ("value", "believed"),
    [
        ("2026-03-10T00:00:00", True), ("2026-03-11T00:00:00", True), ("2026-03-11T00:00:01", False),
        ("/Date(253402214400000)/", False), ("/Date(-62135596800000)/", False), ("garbage", False), (None, False),
        ("", False), ([], False), ({}, False), (5, False), (True, False), ("9" * 5000, False),
    ],
)  # fmt: skip
def test_what_can_have_happened(value: object, believed: bool) -> None:
    assert (dates.believable(value, datetime(2026, 3, 11)) is not None) is believed


@pytest.mark.parametrize(
    "header",
    ["", "x", "Tue, 99 Nov 99999 10:00:00 GMT", "Mon, 01 Jan 0001 00:00:00 +2300", "1 Jan 9999 23:59:59 -2359",
     "Tue, 1 Jan 99999999999999999999 10:00:00 GMT", "\u0661"],
)  # fmt: skip
def test_http_dates_never_raise(header: str) -> None:
    dates.parse_http(header)
