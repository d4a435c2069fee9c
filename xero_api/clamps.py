"""Bounds of what a stranger's answer says: each value is read in one place, and never comes out larger than this."""

from __future__ import annotations

import math
import re
from typing import Any

# No count of calls, bytes or errors that Xero tells has more digits.
MAX_COUNT = 99_999_999
# Xero's longest window is a day: it opens anew before a longer wait would end.
MAX_WAIT = 24 * 3600.0
# A header is read no further than this; what is longer says nothing.
_MAX_HEADER = 128

_COUNT = re.compile(r"[0-9]{1,8}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ID = re.compile(r"[A-Za-z0-9_.:/=+-]{1,64}")
# Control and format characters, separators of lines, halves of surrogate pairs.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufffe\uffff]+")


def header(value: Any) -> str:
    """Return the text of a header, ``""`` when there is none or it is too long to mean anything."""
    return value.strip() if isinstance(value, str) and len(value) <= _MAX_HEADER else ""


def count(value: Any) -> int | None:
    """Return a whole number of at most eight ASCII digits, from text or number; None for everything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= MAX_COUNT else None
    text = header(value)
    return int(text) if _COUNT.fullmatch(text) else None


def seconds(value: Any) -> float | None:
    """Return a wait in seconds between 0 and a day; None where ``value`` is no finite number in ASCII digits."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(min(max(value, -1), 10 * MAX_WAIT)) if isinstance(value, int) else value
    else:
        text = header(value)
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return min(max(number, 0.0), MAX_WAIT) if math.isfinite(number) else None


def identifier(value: Any) -> str | None:
    """Return an id that is fit to be stored and logged: 1 to 64 plain characters; None for everything else."""
    text = header(value)
    return text if _ID.fullmatch(text) else None


def text(value: str, longest: int, *, lines: bool = False) -> str:
    """Return ``value`` without what cannot be shown or stored, cut to ``longest`` characters.

    :param lines: keep the breaks between lines
    """
    # Cut first, roughly: cleaning ten million characters to show a hundred would take its time.
    raw = value[: 4 * longest]
    parts = [_UNPRINTABLE.sub(" ", part) for part in (raw.splitlines() if lines else [raw])]
    clean = "\n".join(parts).strip()
    return clean if len(clean) <= longest and len(value) == len(raw) else clean[: max(longest - 1, 0)] + "\u2026"
