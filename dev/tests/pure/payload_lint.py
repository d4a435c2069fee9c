"""Say what is wrong with a payload: by the SDK's models, and by Xero's OpenAPI file when there is one.

Neither proves that Xero takes it; both find the misspelt key, the unknown code word and the text too long.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any

from xero_python.accounting import models
from xero_python.api_client import ModelFinder, serialize
from xero_python.api_client.deserializer import deserialize

_LIST = re.compile(r"^list\[(.*)\]$")
_PLAIN_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_FINDER = ModelFinder(models)


def _model(kind: str) -> Any:
    found = getattr(models, kind, None)
    return found if found is not None and hasattr(found, "openapi_types") and not issubclass(found, Enum) else None


def element_of(resource: str) -> str | None:
    """Return what a request for ``resource`` holds, by the SDK's models; None for what is no resource."""
    kind = resource.removesuffix("s")
    return kind if kind != resource and _model(kind) and _model(resource) else None


def _as_xero_writes(kind: str, value: Any) -> Any:
    """Return ``value`` with dates in the form that the SDK's models can read."""
    inner = _LIST.match(kind)
    if inner and isinstance(value, list):
        return [_as_xero_writes(inner.group(1), item) for item in value]
    if kind.endswith("[ms-format]") and isinstance(value, str) and _PLAIN_DATE.match(value):
        day = datetime.datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=datetime.timezone.utc)
        return f"/Date({int(day.timestamp() * 1000)}+0000)/"
    model = _model(kind)
    if model is None or not isinstance(value, dict):
        return value
    kinds = {model.attribute_map[name]: attribute for name, attribute in model.openapi_types.items()}
    return {key: _as_xero_writes(kinds.get(key, "str"), item) for key, item in value.items()}


def unknown_keys(kind: str, value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every key that the SDK's model ``kind`` does not have."""
    inner = _LIST.match(kind)
    if inner:
        for number, item in enumerate(value or []):
            yield from unknown_keys(inner.group(1), item, f"{path}[{number}]")
        return
    model = _model(kind)
    if model is None or not isinstance(value, dict):
        return
    kinds = {model.attribute_map[name]: attribute for name, attribute in model.openapi_types.items()}
    for key, item in value.items():
        if key not in kinds:
            yield f"{path}.{key}"
        else:
            yield from unknown_keys(kinds[key], item, f"{path}.{key}")


def through_the_sdk(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    """Return what the SDK would send after reading ``value`` into its model.

    :raise ValueError: for a code word outside the model's lists, a text too long, a date that is none.
    """
    return serialize(deserialize(kind, _as_xero_writes(kind, value), _FINDER))


def differences(sent: Any, returned: Any, path: str = "") -> Iterator[str]:
    """Yield where the SDK's version of a payload says something else; keys that it adds do not count."""
    if isinstance(sent, dict) and isinstance(returned, dict):
        for key, item in sent.items():
            yield from differences(item, returned.get(key), f"{path}.{key}")
    elif isinstance(sent, list) and isinstance(returned, list) and len(sent) == len(returned):
        for number, (item, other) in enumerate(zip(sent, returned, strict=True)):
            yield from differences(item, other, f"{path}[{number}]")
    elif not _same(sent, returned):
        yield f"{path}: {sent!r} became {returned!r}"


def _same(sent: Any, returned: Any) -> bool:
    if isinstance(sent, str) and isinstance(returned, str) and returned.startswith("/Date("):
        milliseconds = int(re.findall(r"-?\d+", returned)[0])
        return sent == str(datetime.date(1970, 1, 1) + datetime.timedelta(milliseconds=milliseconds))
    if isinstance(sent, (int, Decimal)) and isinstance(returned, float):
        return Decimal(repr(returned)) == sent
    return bool(sent == returned)
