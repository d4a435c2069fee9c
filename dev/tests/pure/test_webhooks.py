"""Deliveries: proof of origin, then content."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xero_api import webhooks
from xero_api.errors import ProtocolError

KEY = "webhook-key"
RAW = b'{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"ABC"}'
# printf '%s' BODY | openssl dgst -sha256 -hmac KEY -binary | base64
SIGNATURE = "KQolMsNfXrxqOWkyvR0vCSRCmBQmCUp6EhtT3wosI1c="


def test_golden_signature() -> None:
    assert webhooks.verify(RAW, SIGNATURE, KEY)
    assert webhooks.verify(RAW, f" {SIGNATURE}\n", KEY)


@pytest.mark.parametrize(
    ("raw", "signature", "key"),
    [
        (RAW + b" ", SIGNATURE, KEY),
        (json.dumps(json.loads(RAW)).encode(), SIGNATURE, KEY),
        (RAW, SIGNATURE[:-2], KEY),
        (RAW, SIGNATURE.lower(), KEY),
        (RAW, SIGNATURE, KEY + "x"),
        (RAW, "", KEY),
        (RAW, None, KEY),
        (RAW, SIGNATURE, ""),
        (RAW, SIGNATURE, None),
        (RAW, "ü\udc80", KEY),
        (b"", SIGNATURE, KEY),
    ],
)
def test_wrong_signature(raw: bytes, signature: str | None, key: str | None) -> None:
    assert not webhooks.verify(raw, signature, key)


def test_no_key_admits_nobody() -> None:
    """The signature that belongs to an empty key is no way in."""
    import base64
    import hashlib
    import hmac

    forged = base64.b64encode(hmac.new(b"", RAW, hashlib.sha256).digest()).decode()
    assert not webhooks.verify(RAW, forged, "")
    assert not webhooks.verify(RAW, forged, None)


@given(st.binary(max_size=300), st.text(max_size=100))
def test_forgeries_never_raise(raw: bytes, signature: str) -> None:
    assert not webhooks.verify(raw, signature, KEY)


def test_intent_to_receive() -> None:
    assert webhooks.parse(RAW) == []


def test_events() -> None:
    event = {
        "resourceUrl": "https://api.xero.com/api.xro/2.0/CreditNotes/55d84274-a3da-4829-a7c0-0cab601b95cc",
        "resourceId": "55d84274-a3da-4829-a7c0-0cab601b95cc",
        "tenantId": "aef86862-2015-4b6b-88bc-d89032cecc50",
        "tenantType": "ORGANISATION",
        "eventCategory": "CREDITNOTE",
        "eventType": "Create",
        "eventDateUtc": "2025-12-02T00:44:09.923",
        "data": {"Type": "ACCPAYCREDIT", "Status": "DRAFT"},
    }
    other = {**event, "eventCategory": "unheard-of", "eventType": 5, "eventDateUtc": "soon", "data": []}
    found = webhooks.parse(json.dumps({"events": [event, other, None]}).encode())
    assert found.odd == 1
    assert found == [
        webhooks.Event(
            tenant_id="aef86862-2015-4b6b-88bc-d89032cecc50",
            category="CREDITNOTE",
            event_type="CREATE",
            resource_id="55d84274-a3da-4829-a7c0-0cab601b95cc",
            event_date=datetime(2025, 12, 2, 0, 44, 9, 923000),
        ),
        webhooks.Event(event["tenantId"], "UNHEARD-OF", "", event["resourceId"], None),
    ]


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"<html>", b'{"events":'])
def test_no_delivery(raw: bytes) -> None:
    with pytest.raises(ProtocolError):
        webhooks.parse(raw)


@pytest.mark.parametrize("raw", [b"{}", b'{"events": null}', b'{"events": {}}', b'{"events": [1, "x"]}'])
def test_odd_deliveries(raw: bytes) -> None:
    assert webhooks.parse(raw) == []


ID = "55d84274-a3da-4829-a7c0-0cab601b95cc"
GOOD = {"tenantId": ID, "eventCategory": "INVOICE", "eventType": "update", "resourceId": ID}


@pytest.mark.parametrize("url", ["https://api.xero.com/api.xro/2.0/Invoices/{}", "x/{}/", "x/{}?page=1"])
def test_id_from_the_address(url: str) -> None:
    event = {**GOOD, "resourceId": None, "resourceUrl": url.format(ID.upper())}
    [found] = webhooks.parse(json.dumps({"events": [event]}).encode())
    assert (found.resource_id, found.event_type, found.event_date) == (ID, "UPDATE", None)


ODD = ["x" * 8000, "", None, 5, True, [], {}, [ID], "\x00", "\ud800", ID + "\n", ID[:-1], 10**40, "0" * 8]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("name", ["tenantId", "resourceId", "eventCategory"])
def test_one_odd_event_takes_no_other_with_it(name: str, value: object) -> None:
    found = webhooks.parse(json.dumps({"events": [GOOD, {**GOOD, name: value}, GOOD]}).encode())
    if name == "eventCategory" and value == ID:
        return
    assert [event.resource_id for event in found] == [ID, ID]
    assert found.odd == 1


@pytest.mark.parametrize("value", [*ODD, "9999-12-31T00:00:00", "0001-01-01", "/Date(99999999999999999)/"])
@pytest.mark.parametrize("name", ["eventDateUtc", "eventType", "tenantType", "data", "resourceUrl"])
def test_what_is_not_needed_spoils_nothing(name: str, value: object) -> None:
    found = webhooks.parse(json.dumps({"events": [{**GOOD, name: value}]}).encode())
    assert [event.resource_id for event in found] == [ID]
    assert found[0].event_date is None or found[0].event_date.year == 9999


@pytest.mark.parametrize("depth", [900, 100_000])
def test_depth_takes_no_event_with_it(depth: int) -> None:
    good = json.dumps(GOOD)
    deep = '{"tenantId": "x", "data": ' + "[" * depth + "]" * depth + "}"
    found = webhooks.parse(f'{{"events": [{good}, {deep}, {good}]}}'.encode())
    assert (len(found), found.odd) == (2, 1)
