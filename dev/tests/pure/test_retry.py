"""The first tier of retry."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import errors, retry


def run(*results: object) -> tuple[object, int, list[float]]:
    """Call an operation that gives these results one after the other; return (result, calls, waits)."""
    queue = list(results)
    waits: list[float] = []
    calls = 0

    def operation() -> object:
        nonlocal calls
        calls += 1
        result = queue.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    try:
        return retry.call(operation, sleep=waits.append), calls, waits
    except (errors.XeroError, ValueError) as error:
        return error, calls, waits


def test_nothing_to_repeat() -> None:
    assert run("fine") == ("fine", 1, [])


def test_repeats_what_passes() -> None:
    result, calls, waits = run(errors.Unavailable("a"), errors.Unavailable("b"), "fine")
    assert (result, calls) == ("fine", 3)
    assert 0.5 <= waits[0] <= 1.0
    assert 1.0 <= waits[1] <= 1.5


def test_gives_up_with_the_last_error_itself() -> None:
    last = errors.Unavailable("c")
    result, calls, _waits = run(errors.Unavailable("a"), errors.Unavailable("b"), last, "never")
    assert result is last
    assert calls == retry.TRIES == 3


@pytest.mark.parametrize(
    "error",
    [
        errors.OutcomeUnknown(),
        errors.ValidationRejected(["x"], [], 10),
        errors.NotFound(),
        errors.ReauthRequired(),
        errors.TenantDisconnected(),
        errors.Forbidden(),
        errors.AppMisconfigured(),
        errors.ProtocolError(),
        errors.RateLimited("day", 1.0),
        errors.RateLimited("day"),
        errors.RateLimited("minute"),
        errors.RateLimited("minute", 5.1),
        errors.RateLimited("appminute"),
        errors.Unavailable(retry_after=5.1),
        ValueError("ours"),
    ],
)
def test_hands_on_at_once(error: Exception) -> None:
    assert run(error, "never") == (error, 1, [])


@pytest.mark.parametrize(
    "error",
    [
        errors.RateLimited("minute", 5.0),
        errors.RateLimited("appminute", 0.0),
        errors.RateLimited("concurrent"),
        errors.RateLimited("concurrent", 3.0),
        errors.Unavailable(),
        errors.Unavailable(retry_after=5.0),
    ],
)
def test_repeats(error: Exception) -> None:
    result, calls, waits = run(error, "fine")
    assert (result, calls, len(waits)) == ("fine", 2, 1)


@given(st.floats(0, 5), st.sampled_from(["minute", "concurrent", "appminute"]))
def test_never_earlier_than_told(told: float, scope: str) -> None:
    _result, _calls, waits = run(errors.RateLimited(scope, told), errors.Unavailable(retry_after=told), "fine")
    assert all(told <= wait <= told + 0.5 for wait in waits)
    assert len(waits) == 2


def test_waits_differ() -> None:
    """Five workers that fail together must not knock together again."""
    first_waits = {run(errors.Unavailable(), "fine")[2][0] for _ in range(20)}
    assert len(first_waits) > 10


def test_stops_after_twenty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])

    def hangs() -> None:
        clock[0] += 20.0
        raise errors.Unavailable("slow")

    with pytest.raises(errors.Unavailable):
        retry.call(hangs, sleep=lambda seconds: pytest.fail("slept after its time"))
    assert clock[0] == 1020.0


def test_sleeps_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    queue: list[Callable[[], str]] = [lambda: "fine"]

    def operation() -> str:
        if not slept:
            raise errors.Unavailable()
        return queue[0]()

    assert retry.call(operation) == "fine"
    assert len(slept) == 1


def test_only_place_that_sleeps() -> None:
    package = Path(retry.__file__).parent
    sleepers = set()
    for path in package.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
            if name == "sleep" and getattr(node, "value", None) and getattr(node.value, "id", "") == "time":
                sleepers.add(path.name)
    assert sleepers == {"retry.py"}
