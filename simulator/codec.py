"""JSON with exact decimals both ways. Dates become Xero's ``/Date(ms+0000)/``."""

import json
from datetime import date, datetime
from decimal import Decimal
from json.encoder import encode_basestring_ascii
from typing import Any

from .dates import json_date


def loads(raw: bytes | str) -> Any:
    """Parse JSON; every number with a fraction is a Decimal. Raises ValueError."""
    return json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)


def dumps(value: Any) -> bytes:
    """Serialise dicts, lists, texts, numbers, dates; keys that start with an underscore are left out."""
    parts: list[str] = []
    _encode(value, parts.append)
    return "".join(parts).encode("ascii")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _encode(value: Any, out) -> None:
    _WRITERS.get(type(value), _unknown)(value, out)


def _unknown(value: Any, out) -> None:
    for kind, writer in _WRITERS.items():
        if isinstance(value, kind):
            writer(value, out)
            return
    raise TypeError(f"{type(value).__name__} is not JSON")


def _write_dict(value: dict, out) -> None:
    out("{")
    first = True
    for key, item in value.items():
        if key[:1] == "_":
            continue
        out(encode_basestring_ascii(key) + ":" if first else "," + encode_basestring_ascii(key) + ":")
        first = False
        _encode(item, out)
    out("}")


def _write_list(value: list, out) -> None:
    out("[")
    for position, item in enumerate(value):
        if position:
            out(",")
        _encode(item, out)
    out("]")


_WRITERS = {
    str: lambda value, out: out(encode_basestring_ascii(value)),
    bool: lambda value, out: out("true" if value else "false"),
    type(None): lambda value, out: out("null"),
    Decimal: lambda value, out: out(f"{value:f}"),
    int: lambda value, out: out(str(value)),
    float: lambda value, out: out(repr(value)),
    dict: _write_dict,
    list: _write_list,
    tuple: _write_list,
    datetime: lambda value, out: out(f'"{json_date(value)}"'),
    date: lambda value, out: out(f'"{json_date(value)}"'),
}
