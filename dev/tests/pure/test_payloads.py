"""What we send, held against the SDK's models and Xero's OpenAPI file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import payload_lint
import pytest
from pure_harness import ROOT

from dev.tests.openapi import OpenApi, load
from xero_api import codec

GOLDEN = Path(__file__).parent / "golden"
# Recorded by the mappers' tests: real payloads of real records.
ADDONS = (ROOT / "addons", ROOT / "dev" / "tests" / "addons")
RECORDED = (ROOT / "tests" / "golden", *sorted(path for folder in ADDONS for path in folder.glob("*/tests/golden")))


def requests_in(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (kind, element) for each list of elements in ``node``, at whatever depth it lies."""
    if isinstance(node, list):
        for item in node:
            yield from requests_in(item)
    elif isinstance(node, dict):
        for key, item in node.items():
            kind = payload_lint.element_of(key)
            if kind and isinstance(item, list):
                yield from ((kind, element) for element in item)
            else:
                yield from requests_in(item)


def cases() -> Iterator[Any]:
    for folder in (GOLDEN, *RECORDED):
        for path in sorted(folder.rglob("*.json")):
            for number, (kind, element) in enumerate(requests_in(codec.loads(path.read_bytes()))):
                yield pytest.param(kind, element, id=f"{path.relative_to(ROOT)}-{number}")


CASES = list(cases())


def test_each_kind_is_covered() -> None:
    types = {(kind, element.get("Type")) for kind, element in (case.values for case in CASES)}
    assert {("Contact", None), ("Invoice", "ACCREC"), ("Invoice", "ACCPAY"), ("Payment", None)} <= types
    assert ("CreditNote", "ACCRECCREDIT") in types


@pytest.mark.parametrize(("kind", "element"), CASES)
def test_sdk_models_take_it(kind: str, element: dict[str, Any]) -> None:
    assert list(payload_lint.unknown_keys(kind, element)) == []
    assert list(payload_lint.differences(element, payload_lint.through_the_sdk(kind, element))) == []


@pytest.mark.parametrize(("kind", "element"), CASES)
def test_codec_keeps_it(kind: str, element: dict[str, Any]) -> None:
    assert codec.loads(codec.dumps(element)) == element


@pytest.fixture(scope="session")
def openapi() -> OpenApi:
    found = load()
    if found is None:
        pytest.skip("XERO_OPENAPI_SPEC names no OpenAPI file")
    return found


@pytest.mark.parametrize(("kind", "element"), CASES)
def test_keys_are_declared(openapi: OpenApi, kind: str, element: dict[str, Any]) -> None:
    assert openapi.undeclared(kind, element) == []


def test_openapi_check_finds_what_is_wrong(openapi: OpenApi) -> None:
    wrong = {"Type": "ACCREC", "Contakt": {}, "LineItems": [{"UnitPrice": 1, "Tracking": [{"Nome": "x"}]}]}
    assert openapi.undeclared("Invoice", wrong) == [
        ".Contakt",
        ".LineItems[0].UnitPrice",
        ".LineItems[0].Tracking[0].Nome",
    ]


# === The check itself must be able to fail === #


def test_misspelt_keys_are_found() -> None:
    wrong = {"Type": "ACCREC", "Contakt": {}, "LineItems": [{}, {"UnitPrice": 1, "Tracking": [{"Nome": "x"}]}]}
    assert list(payload_lint.unknown_keys("Invoice", wrong)) == [
        ".Contakt",
        ".LineItems[1].UnitPrice",
        ".LineItems[1].Tracking[0].Nome",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Type": "SALE"},
        {"Status": "POSTED"},
        {"LineAmountTypes": "exclusive of tax"},
        {"CurrencyCode": "EURO"},
        {"Date": "22/11/2026"},
        {"Contact": {"AccountNumber": "x" * 51}},
    ],
)
def test_wrong_values_are_found(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        payload_lint.through_the_sdk("Invoice", wrong)


def test_changed_values_are_found() -> None:
    sent = {"Total": Decimal("123456789012345.678"), "Reference": 5, "Date": "2026-11-22", "Url": "x"}
    returned = payload_lint.through_the_sdk("Invoice", sent)
    assert list(payload_lint.differences(sent, returned)) == [
        ".Total: Decimal('123456789012345.678') became 123456789012345.67",
        ".Reference: 5 became '5'",
    ]
    assert list(payload_lint.differences({"Date": "2026-11-21"}, returned)) != []
