"""What comes in from outside, within bounds: numbers that can be written out, depth that can be walked, real text.

What is beyond them is not guessed at: :data:`UNREADABLE` stands in its place, and the gate (:mod:`shape`) refuses the
element it matters to. Nothing here can raise.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Any

# Xero nests ten deep at most: payment, invoice, contact, groups.
MAX_DEPTH = 40
# Far beyond any amount: written out digit by digit it would fill the memory.
MAX_EXPONENT = 30
MAX_DIGITS = 60

GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# An unclosed text runs to the end, so that the search never begins anew inside it.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[\[\]{}]', re.DOTALL)
# Objects that Xero writes as an empty list when there is none.
_OBJECTS = frozenset(
    {
        "Account",
        "BankAccount",
        "BatchPayment",
        "Bills",
        "Contact",
        "CreditNote",
        "Invoice",
        "Overpayment",
        "PaymentTerms",
        "Prepayment",
        "Sales",
        "pagination",
    }
)


class Unreadable(str):
    """Stands where a value was that cannot be kept; a text, so that everything that stores JSON takes it."""


UNREADABLE = Unreadable("(unreadable)")


def decimal(text: str) -> Decimal | Unreadable:
    """Read a JSON number with a fraction or an exponent."""
    if len(text) > MAX_DIGITS:
        return UNREADABLE
    try:
        value = Decimal(text)
    except InvalidOperation:
        return UNREADABLE
    if not value:
        return value if abs(value.as_tuple().exponent) <= MAX_DIGITS else Decimal(0)
    return value if abs(value.adjusted()) <= MAX_EXPONENT else UNREADABLE


def integer(text: str) -> int | Unreadable:
    """Read a JSON number without a fraction."""
    return int(text) if len(text) <= MAX_EXPONENT else UNREADABLE


def constant(_name: str) -> Unreadable:
    """Read NaN and the infinities, which are no JSON and no amounts."""
    return UNREADABLE


def flattened(body: bytes | str) -> str:
    """Return the JSON text ``body`` without what lies deeper than :data:`MAX_DEPTH`; ``NaN`` is in its place.

    :raise ValueError: when ``body`` is no text
    """
    text = body if isinstance(body, str) else body.decode(json.detect_encoding(body), "surrogatepass")
    kept: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in ("[", "{"):
            depth += 1
            if depth == MAX_DEPTH + 1:
                kept += [text[start : token.start()], "NaN"]
                start = len(text)
        elif sign in ("]", "}"):
            if depth == MAX_DEPTH + 1:
                start = token.end()
            depth -= 1
    return "".join([*kept, text[start:]])


def clean(text: str) -> str:
    """Return ``text`` as databases and UTF-8 take it: without NUL, halves of characters marked as such."""
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Two halves that were written one by one are a whole character.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "")


def tidy(node: Any, depth: int = 0) -> Any:
    """Bring ``node``, an answer or a part of one, into one form, in place; return it.

    Ids are in lower case, whatever Xero writes, so that they can be compared; an object that is not there is None;
    texts are clean; what is nested too deep is unreadable.
    """
    if isinstance(node, list):
        for place, item in enumerate(node):
            if isinstance(item, (list, dict, str)):
                node[place] = _tidied(item, depth)
    elif isinstance(node, dict):
        keys = "".join(node)
        if not keys.isascii() or "\x00" in keys:
            _clean_keys(node)
        for key, value in node.items():
            kind = type(value)
            if kind is str:
                if not value.isascii() or "\x00" in value or key.endswith("ID"):
                    node[key] = _tidied_text(key, value)
            elif kind is list and not value:
                if key in _OBJECTS:
                    node[key] = None
            elif kind is list or kind is dict:
                node[key] = _tidied(value, depth)
    return node


def _tidied(item: Any, depth: int) -> Any:
    if isinstance(item, str):
        return item if isinstance(item, Unreadable) else clean(item)
    return tidy(item, depth + 1) if depth < MAX_DEPTH else UNREADABLE


def _tidied_text(key: str, value: str) -> str:
    if key.endswith("ID") and not value.islower() and GUID.fullmatch(value):
        return value.lower()
    return clean(value)


def _clean_keys(node: dict[str, Any]) -> None:
    items = [(clean(key), value) for key, value in node.items()]
    node.clear()
    node.update(items)
