"""Exact numbers both ways, equal bytes for equal payloads."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import codec

money = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10)
fifteen_digits = st.builds(
    lambda digits, shift: Decimal(digits).scaleb(-shift),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(0, 12),
)
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | money | st.text()
payloads = st.dictionaries(
    st.text(), st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)


@given(fifteen_digits)
def test_fifteen_digits_survive_a_reader_with_doubles(value: Decimal) -> None:
    """Xero declares its money fields as doubles: up to 15 significant digits come out as they went in."""
    text = codec.dumps({"v": value})
    assert codec.loads(text)["v"] == value
    assert Decimal(repr(json.loads(text, parse_int=float)["v"])) == value


def test_beyond_fifteen_digits_only_the_reader_rounds() -> None:
    value = Decimal("12345678901234567.891")
    text = codec.dumps({"v": value})
    assert text == b'{"v":12345678901234567.891}'
    assert codec.loads(text)["v"] == value
    assert Decimal(json.loads(text)["v"]) != value


@given(payloads)
def test_round_trip(payload: dict) -> None:
    assert codec.loads(codec.dumps(payload)) == payload


@given(payloads)
def test_valid_utf8_json_for_everybody(payload: dict) -> None:
    assert json.loads(codec.dumps(payload).decode("utf-8"), parse_float=Decimal) == payload


@given(payloads)
def test_order_of_building_makes_no_difference(payload: dict) -> None:
    turned = dict(reversed(payload.items()))
    assert codec.dumps(turned) == codec.dumps(payload)
    assert codec.digest(turned) == codec.digest(payload)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.10"), "1.10"),
        (Decimal("-0.00"), "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("0.1") + Decimal("0.2"), "0.3"),
        (Decimal("9999999999.99"), "9999999999.99"),
        (7, "7"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (date(2026, 1, 31), '"2026-01-31"'),
        (datetime(2026, 1, 31, 23, 59), '"2026-01-31"'),
        (datetime(2026, 1, 31, 23, 59, tzinfo=timezone.utc), '"2026-01-31"'),
        ('q"\\\n\u0001é€\u2028', '"q\\"\\\\\\n\\u0001é€\u2028"'),
        ((1, "b"), '[1,"b"]'),
        ([], "[]"),
        ({}, "{}"),
    ],
)
def test_written_form(value: object, text: str) -> None:
    assert codec.dumps({"v": value}).decode() == f'{{"v":{text}}}'


class Word(str):
    """A text with a type of its own, as lazy translations are."""

    def __str__(self) -> str:
        return "said"


def test_subclasses() -> None:
    assert codec.dumps(OrderedDict(b=OrderedDict(c=type("Money", (Decimal,), {})("1.10")), a=1)) == (
        b'{"a":1,"b":{"c":1.10}}'
    )
    assert codec.dumps({"v": Word("raw")}) == b'{"v":"said"}'
    assert codec.dumps({"v": type("Count", (int,), {"__str__": lambda self: "x"})(3)}) == b'{"v":3}'


@pytest.mark.parametrize("value", [0.1, 1.0, float("nan"), b"x", object(), {1, 2}, 1j])
def test_refused_types(value: object) -> None:
    with pytest.raises(TypeError, match=r"^Invoices: Lines: .*cannot be sent"):
        codec.dumps({"Invoices": [{"Lines": [value]}]})


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+1000000", "1E-1000000"])
def test_refused_numbers(value: str) -> None:
    with pytest.raises(ValueError, match="^v: n"):
        codec.dumps({"v": Decimal(value)})


def test_refused_keys_and_text() -> None:
    with pytest.raises(TypeError):
        codec.dumps({1: "a"})  # type: ignore[dict-item]
    with pytest.raises(UnicodeEncodeError):
        codec.dumps({"v": "\ud800"})


def test_reading() -> None:
    read = codec.loads(b'{"a": 10.10, "b": 3, "c": 1e2}')
    assert read == {"a": Decimal("10.10"), "b": 3, "c": Decimal(100)}
    assert str(read["a"]) == "10.10"


@pytest.mark.parametrize("wrong", [b"", b"<html>", b"{", b"\xff{}"])
def test_reading_what_is_no_json(wrong: bytes) -> None:
    with pytest.raises(ValueError):
        codec.loads(wrong)


def test_digest_is_about_content() -> None:
    base = {"Total": Decimal("1.10"), "Qty": Decimal("5.00"), "Date": date(2026, 1, 2)}
    same = {"Date": "2026-01-02", "Qty": 5, "Total": Decimal("1.1000")}
    assert codec.digest(base) == codec.digest(same)
    assert codec.digest(base) != codec.digest({**base, "Total": Decimal("1.11")})
    assert codec.digest({"v": Decimal(100)}) != codec.digest({"v": Decimal(1)})
    assert codec.digest({"v": "1"}) != codec.digest({"v": 1})


def test_digest_does_not_change_between_versions() -> None:
    """Digests are stored: another algorithm would make every document look changed."""
    payload = {"Invoices": [{"Total": Decimal("1.10"), "Name": "é", "None": None, "Yes": True}]}
    assert codec.digest(payload) == "131a28caa1f7e1bb8498f6508492d545f915dca495930c98edbadf8ff5719118"
