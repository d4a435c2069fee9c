"""The time by which everything that this thread does over the network has to end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_local = threading.local()


def left() -> float | None:
    """Return the seconds that are left, negative when time is over; None without a deadline."""
    ends = getattr(_local, "ends", None)
    return None if ends is None else ends - time.monotonic()


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Have the calls made inside end within ``seconds``, or sooner where a deadline around it is sooner."""
    before = getattr(_local, "ends", None)
    mine = time.monotonic() + seconds
    _local.ends = mine if before is None else min(mine, before)
    try:
        yield
    finally:
        _local.ends = before
