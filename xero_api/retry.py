"""First tier of retry: a few quick repeats of what cannot have been saved. The only sleep there is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import tenacity

from . import deadline
from .errors import RateLimited, Unavailable

TRIES = 3
SECONDS = 20.0
LONGEST_WAIT = 5.0

T = TypeVar("T")


def pause(seconds: float) -> None:
    """Sleep; give another callable to :func:`call` to avoid it."""
    time.sleep(seconds)


def worth_repeating(error: BaseException) -> bool:
    """Say whether ``error`` proves that nothing was saved and may pass within seconds.

    A wait longer than ``LONGEST_WAIT`` and a day limit are the queue's business, not ours. A minute limit
    without ``Retry-After`` may last a minute, a concurrency limit without one passes as soon as another call ends.
    """
    if isinstance(error, Unavailable):
        # What stands in the way does not leave within seconds.
        return not error.intercepted and (error.retry_after is None or error.retry_after <= LONGEST_WAIT)
    if isinstance(error, RateLimited):
        if error.scope == "day":
            return False
        if error.retry_after is None:
            return error.scope == "concurrent"
        return error.retry_after <= LONGEST_WAIT
    return False


_backoff = tenacity.wait_exponential(multiplier=0.5, max=LONGEST_WAIT)
_jitter = tenacity.wait_random(0, 0.5)


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    told = getattr(error, "retry_after", None)
    # Jitter is added, never subtracted: calling before Retry-After has passed costs another refusal.
    return (_backoff(state) if told is None else told) + _jitter(state)


def _is_over(state: tenacity.RetryCallState) -> bool:
    """Whether the time of everything around would be over before the next try."""
    left = deadline.left()
    return left is not None and left <= getattr(state, "upcoming_sleep", 0)


def call(operation: Callable[[], T], *, sleep: Callable[[float], None] | None = None) -> T:
    """Run ``operation`` up to three times within about 20 seconds and return its result.

    :param sleep: called with seconds between tries; :func:`pause` when None.
    :raise Exception: the last error itself, unwrapped, once it is not worth repeating.
    """
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(worth_repeating),
        stop=tenacity.stop_any(tenacity.stop_after_attempt(TRIES), tenacity.stop_after_delay(SECONDS), _is_over),
        wait=_wait,
        sleep=sleep or pause,
        reraise=True,
    )
    return retrying(operation)
