"""One line per long step, with the seconds it took."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

TICK_SECONDS = 5


class Stop(Exception):
    """A reason to stop that a person can act on: one clear sentence, shown without a traceback."""


class _Line:
    """The line that is still being written on the terminal, if any."""

    open = False


def say(text: str = "") -> None:
    """Print `text` on a line of its own, whatever step is being shown."""
    if _Line.open:
        _Line.open = False
        print()
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show `text`, a dot for every few seconds of waiting, and the seconds when it is done."""
    if _Line.open:
        print()
    print(f"{text} ", end="", flush=True)
    _Line.open = True
    started = time.monotonic()
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(done,), daemon=True)
    ticker.start()
    outcome = "failed after "
    try:
        yield
        outcome = ""
    finally:
        done.set()
        ticker.join()
        _finish(text, f"{outcome}{time.monotonic() - started:.1f} s")


def _tick(done: threading.Event) -> None:
    while not done.wait(TICK_SECONDS):
        if _Line.open:
            print(".", end="", flush=True)


def _finish(text: str, result: str) -> None:
    print(f" {result}" if _Line.open else f"{text}: {result}", flush=True)
    _Line.open = False


def warn(text: str) -> None:
    """Print `text` for a person on standard error."""
    print(text, file=sys.stderr, flush=True)
