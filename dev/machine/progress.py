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
    stream = sys.stdout


def to_stderr() -> None:
    """Show progress on standard error, for commands whose output is for other programs."""
    _Line.stream = sys.stderr


def say(text: str = "") -> None:
    """Print `text` on a line of its own, whatever step is being shown."""
    if _Line.open:
        _Line.open = False
        print(file=_Line.stream)
    print(text, file=_Line.stream, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Show `text`, a dot for every few seconds of waiting, and the seconds when it is done."""
    if _Line.open:
        print(file=_Line.stream)
    print(f"{text} ", end="", file=_Line.stream, flush=True)
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
            print(".", end="", file=_Line.stream, flush=True)


def _finish(text: str, result: str) -> None:
    print(f" {result}" if _Line.open else f"{text}: {result}", file=_Line.stream, flush=True)
    _Line.open = False
