"""Xero's OpenAPI file, where the environment names one: what it declares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SPEC = os.environ.get("XERO_OPENAPI_SPEC", "")


def load() -> OpenApi | None:
    """Return what XERO_OPENAPI_SPEC names; None when it names nothing, or nothing can read it."""
    try:
        import yaml
    except ImportError:
        return None
    if not SPEC:
        return None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return OpenApi(yaml.load(Path(SPEC).read_text(encoding="utf-8"), loader))


class OpenApi:
    """Xero's OpenAPI file, loaded.

    :param document: its content as a dict.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.schemas: dict[str, Any] = document["components"]["schemas"]

    def undeclared(self, name: str, value: dict[str, Any]) -> list[str]:
        """Return the path of every key of ``value`` that schema ``name`` does not declare."""
        return list(self._undeclared({"$ref": f"#/components/schemas/{name}"}, value, ""))

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].rpartition("/")[2]]
        return schema

    def _properties(self, schema: dict[str, Any]) -> dict[str, Any]:
        schema = self._resolved(schema)
        found = dict(schema.get("properties") or {})
        for part in [*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])]:
            found |= self._properties(part)
        return found

    def _undeclared(self, schema: dict[str, Any], value: Any, path: str) -> Iterator[str]:
        schema = self._resolved(schema)
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._undeclared(schema.get("items") or {}, item, f"{path}[{number}]")
        elif isinstance(value, dict):
            properties = self._properties(schema)
            for key, item in value.items():
                if key not in properties:
                    yield f"{path}.{key}"
                else:
                    yield from self._undeclared(properties[key], item, f"{path}.{key}")
