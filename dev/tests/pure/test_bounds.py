"""Bounds of what comes in: numbers, depth, texts."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import bounds, codec, faults


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400", "1e999999999999999999999", "1e-400",
                                  "9" * 5000, "-" + "9" * 31, "0." + "1" * 100, "1" * 40 + ".5"])  # fmt: skip
def test_numbers_out_of_bounds_spoil_only_themselves(text: str) -> None:
    data = codec.loads(f'{{"good": 1.50, "odd": {text}}}')
    assert data["good"] == Decimal("1.50")
    assert isinstance(data["odd"], bounds.Unreadable)
    assert json.loads(codec.dumps(data)) == {"good": 1.5, "odd": "(unreadable)"}


@pytest.mark.parametrize("text", ["0", "-0.0", "0e0", "0E+99999999", "1e15", "123456789012345.123456", "-5"])
def test_numbers_within_bounds_stay(text: str) -> None:
    assert codec.loads(f"[{text}]") == [Decimal(0 if text.startswith("0E") else text)]


@pytest.mark.parametrize("depth", [41, 300, 900, 5_000, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_depth_spoils_only_itself(depth: int, opened: str, closed: str) -> None:
    deep = opened * depth + "1" + closed * depth
    started = time.process_time()
    data = faults.body_of(f'{{"before": "a]}}[{{", "deep": {deep}, "after": [1, {{"b": 2}}]}}'.encode())
    assert time.process_time() - started < 3
    assert data is not None
    assert (data["before"], data["after"]) == ("a]}[{", [1, {"b": 2}])
    assert "(unreadable)" in str(data["deep"])
    # Whoever walks it comes to an end.
    faults.messages_of(data)
    codec.dumps(data)


@pytest.mark.parametrize("body", ["[" * 1_000_000, '{"a":' * 200_000, '["' + '\\"' * 400_000, "[" * 500_000 + '"'])
def test_depth_without_an_end_is_no_json_and_costs_little(body: str) -> None:
    started = time.process_time()
    assert faults.body_of(body.encode()) is None
    assert time.process_time() - started < 3


def test_texts_are_what_utf8_and_databases_take() -> None:
    data = bounds.tidy(
        json.loads('{"a": "x\\u0000y", "b": "\\ud83d", "c": ["\\ude00z"], "\\u0000k\\ud800": 1, "d": "\\ud83d\\ude00"}')
    )
    assert data == {"a": "xy", "b": "\ufffd", "c": ["\ufffdz"], "k\ufffd": 1, "d": "\U0001f600"}
    codec.dumps(data)


ANYTHING = st.text(st.characters())


@given(
    st.recursive(st.none() | st.booleans() | ANYTHING, lambda part: st.lists(part) | st.dictionaries(ANYTHING, part))
)
def test_tidied_data_can_be_written(data: object) -> None:
    codec.digest(bounds.tidy(data))


@given(st.text())
def test_flattening_leaves_shallow_json_alone(text: str) -> None:
    body = json.dumps({"a": [text, {"b": text}], text: "]}"})
    assert bounds.flattened(body) == body
    assert bounds.flattened(body.encode()) == body
