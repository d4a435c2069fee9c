"""Where the day's calls and the queue are heading: plain arithmetic over plain numbers."""

import math
from datetime import timedelta

from .check import DAY, calls_left, day_start

ELEMENTS_A_CALL = 50
# Xero allows 60 calls a minute; each writing call has its reading ones.
CALLS_A_HOUR = 60 * 60
# Look-ups and contacts come on top of the documents themselves.
CALLS_PER_BATCH = 1.5


def day_end(facts, calls_last_hours: float, hours: float) -> dict:
    """Return ``{"used", "limit", "expected", "ends_at"}`` of Xero's present day, ``{}`` before the first answer.

    :param calls_last_hours: calls made in the last ``hours`` hours: the pace that is assumed to go on
    """
    left = calls_left(facts)
    if left is None:
        return {}
    start = day_start(facts)
    remaining = start + DAY - facts.now if start else DAY
    pace = calls_last_hours / hours if hours else 0.0
    used = facts.day_limit - left
    expected = used + round(pace * remaining.total_seconds() / 3600) + backlog_calls(facts)
    return {
        "used": used,
        "limit": facts.day_limit,
        "expected": min(expected, facts.day_limit),
        "exceeds": expected > facts.day_limit,
        "ends_at": start + DAY if start else None,
    }


def backlog_calls(facts) -> int:
    """Return about how many calls the waiting jobs take."""
    return math.ceil(facts.waiting / ELEMENTS_A_CALL * CALLS_PER_BATCH)


def backlog_done_in(facts, done_last_hour: int) -> timedelta | None:
    """Return in how long the queue is empty, ``None`` when nothing waits.

    The day's limit counts first: beyond what background work may use today, the rest waits for the next days.
    """
    if not facts.waiting:
        return None
    needed, left = backlog_calls(facts), calls_left(facts)
    pace = max(done_last_hour / ELEMENTS_A_CALL * CALLS_PER_BATCH, CALLS_A_HOUR / 4)
    working = timedelta(hours=needed / pace)
    if left is None:
        return working
    a_day = max(1, facts.day_limit * (100 - facts.reserve_percent) // 100)
    free = max(0, left - (facts.day_limit - a_day))
    if needed <= free:
        return working
    start = day_start(facts)
    until_next = start + DAY - facts.now if start else DAY
    return until_next + DAY * ((needed - free - 1) // a_day) + timedelta(hours=min(needed - free, a_day) / pace)
