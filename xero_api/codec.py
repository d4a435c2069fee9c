"""JSON with exact decimals, both ways."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from . import bounds

_BOUNDS = {"parse_float": bounds.decimal, "parse_int": bounds.integer, "parse_constant": bounds.constant}


def _number(value: Decimal, canonical: bool) -> str:
    if not value.is_finite():
        raise ValueError("not a finite number")
    if abs(value.adjusted()) > bounds.MAX_EXPONENT and value:
        raise ValueError("number out of range")
    if not value:
        return "0"
    text = format(value, "f")
    if canonical and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text


def _object(value: dict[str, Any], canonical: bool) -> str:
    parts = []
    for key in sorted(value):
        item = value[key]
        try:
            # Most of what there is are texts: a call for each would double the time.
            text = encode_basestring(item) if type(item) is str else _write(item, canonical)
            parts.append(f"{encode_basestring(key)}:{text}")
        except (TypeError, ValueError) as error:
            raise type(error)(f"{key}: {error}") from None
    return "{" + ",".join(parts) + "}"


def _write(value: Any, canonical: bool) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is Decimal:
        return _number(value, canonical)
    if kind is dict:
        return _object(value, canonical)
    if kind in (list, tuple):
        return "[" + ",".join([_write(item, canonical) for item in value]) + "]"
    return _write_rare(value, canonical)


def _write_rare(value: Any, canonical: bool) -> str:
    if isinstance(value, dict):
        return _object(value, canonical)
    if isinstance(value, Decimal):
        return _number(value, canonical)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    if isinstance(value, str):
        return encode_basestring(str(value))
    raise TypeError(f"{type(value).__name__} cannot be sent; numbers with a fraction must be Decimal")


def dumps(payload: dict[str, Any]) -> bytes:
    """Serialise ``payload`` to UTF-8 JSON; equal payloads built in any order give equal bytes.

    Decimals are written digit by digit, so nothing is lost here. A reader that keeps numbers as binary
    doubles (Xero's fields are declared so) keeps 15 significant digits of them and rounds the rest.
    Dates and datetimes become ``YYYY-MM-DD``; None becomes ``null`` (leave the key out to send nothing).

    :raise TypeError: for floats and other types without an exact JSON form; the path is in the message.
    :raise ValueError: for NaN and infinities.
    """
    return _write(payload, canonical=False).encode("utf-8")


def loads(body: bytes | str) -> Any:
    """Parse JSON with numbers that have a fraction as Decimal; what is out of bounds is ``bounds.UNREADABLE``.

    :raise ValueError: when ``body`` is not JSON (bad UTF-8 included).
    """
    try:
        return json.loads(body, **_BOUNDS)
    except RecursionError:
        return json.loads(bounds.flattened(body), **_BOUNDS)


def digest(payload: Any) -> str:
    """Return the SHA-256 (hex) of the content: ``1.10`` and ``1.1``, or another key order, make no difference.

    :raise TypeError: as :func:`dumps`.
    :raise ValueError: as :func:`dumps`.
    """
    return hashlib.sha256(_write(payload, canonical=True).encode("utf-8")).hexdigest()
