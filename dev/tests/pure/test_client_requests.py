"""What the client sends."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import urllib3
from pure_harness import BODY, Harness, put
from pure_servers import Reply, ScriptedServer

from xero_api.endpoints import Endpoints
from xero_api.transport import RestClient


def test_create(server: ScriptedServer, harness: Harness) -> None:
    put(harness)
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("PUT", "/api.xro/2.0/Invoices")
    assert seen.query == {"summarizeErrors": "false", "unitdp": "4"}
    assert seen.body == BODY
    assert {name: seen.headers[name] for name in ("authorization", "xero-tenant-id", "accept", "content-type")} == {
        "authorization": "Bearer token-0",
        "xero-tenant-id": "tenant-1",
        "accept": "application/json",
        "content-type": "application/json",
    }
    assert seen.headers["idempotency-key"] == "key-1"
    assert seen.headers["x-correlation-id"] == "corr-1"
    assert seen.headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("resource", "query"),
    [
        ("Invoices", {"summarizeErrors": "false", "unitdp": "4"}),
        ("CreditNotes", {"summarizeErrors": "false", "unitdp": "4"}),
        ("Contacts", {"summarizeErrors": "false"}),
        ("Payments", {"summarizeErrors": "false"}),
        ("Payments/123", {}),
        ("CreditNotes/123/Allocations", {"summarizeErrors": "false"}),
        ("NewThings", {"summarizeErrors": "false"}),
    ],
)
@pytest.mark.parametrize("method", ["put", "post"])
def test_writes(server: ScriptedServer, harness: Harness, method: str, resource: str, query: dict) -> None:
    getattr(harness.client, method)(resource, BODY, idempotency_key="key-1")
    (seen,) = server.seen
    assert (seen.method, seen.path) == (method.upper(), f"/api.xro/2.0/{resource}")
    assert seen.query == query
    assert seen.body == BODY
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["idempotency-key"] == "key-1"


def test_body_is_never_looked_into(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very bytes object reaches the transport: nothing parses, walks or writes it again."""
    passed: list[Any] = []
    original = RestClient._request

    def spy(self: RestClient, *args: Any, **options: Any) -> Any:
        passed.append(options["body"])
        return original(self, *args, **options)

    monkeypatch.setattr(RestClient, "_request", spy)
    put(harness)
    harness.client.post("Somethings", BODY, idempotency_key="k")
    assert [item is BODY for item in passed] == [True, True]


@pytest.mark.parametrize("body", [{"Invoices": []}, "text", None])
def test_body_must_be_bytes(server: ScriptedServer, harness: Harness, body: Any) -> None:
    with pytest.raises(TypeError):
        harness.client.put("Invoices", body, idempotency_key="k")
    assert server.seen == []


@pytest.mark.parametrize("key", ["", "x" * 129])
def test_idempotency_key_length(server: ScriptedServer, harness: Harness, key: str) -> None:
    with pytest.raises(ValueError, match="128"):
        harness.client.put("Invoices", BODY, idempotency_key=key)
    assert server.seen == []


def test_parameters(server: ScriptedServer, harness: Harness) -> None:
    where = 'Status=="AUTHORISED" AND Contact.Name=="A & B, +Ü"'
    params = {
        "IDs": ["a", "b"],
        "Statuses": "DRAFT,PAID",
        "where": where,
        "includeArchived": True,
        "summaryOnly": False,
        "page": 2,
        "order": "InvoiceID",
    }
    harness.client.get("Invoices", params=params)
    (seen,) = server.seen
    assert seen.query == {
        "IDs": "a,b",
        "Statuses": "DRAFT,PAID",
        "where": where,
        "includeArchived": "true",
        "summaryOnly": "false",
        "page": "2",
        "order": "InvoiceID",
        "unitdp": "4",
    }
    assert "+" not in seen.target.split("?")[1].replace("%2B", "")
    assert "content-type" not in seen.headers
    assert "idempotency-key" not in seen.headers


def test_parameters_that_the_sdk_does_not_know(server: ScriptedServer, harness: Harness) -> None:
    harness.client.get("Invoices", params={"IDs": ["a", "b"], "newFlag": True, "none": None})
    (seen,) = server.seen
    assert seen.path == "/api.xro/2.0/Invoices"
    assert seen.query == {"IDs": "a,b", "newFlag": "true", "unitdp": "4"}
    assert seen.headers["xero-tenant-id"] == "tenant-1"
    assert seen.headers["accept"] == "application/json"


@pytest.mark.parametrize(
    ("resource", "xero_id", "query"),
    [
        ("Prepayments", None, {"unitdp": "4"}),
        ("Prepayments", "123", {}),
        ("Overpayments", "123", {}),
        ("CreditNotes", "123", {"unitdp": "4"}),
        ("Invoices", "123", {"unitdp": "4"}),
        ("Payments", "123", {}),
    ],
)
def test_unitdp_goes_where_the_api_description_has_it(
    server: ScriptedServer, harness: Harness, resource: str, xero_id: str | None, query: dict[str, str]
) -> None:
    harness.client.get(resource, xero_id=xero_id)
    assert server.seen[0].query == query


def test_unitdp_can_be_chosen(server: ScriptedServer, harness: Harness) -> None:
    harness.client.get("Invoices", params={"unitdp": 2})
    assert server.seen[0].query == {"unitdp": "2"}


@pytest.mark.parametrize(
    ("resource", "xero_id", "path"),
    [
        ("Invoices", "abc", "/Invoices/abc"),
        ("Contacts", "odoo-1f-7", "/Contacts/odoo-1f-7"),
        ("Contacts", "a/b ?#ü", "/Contacts/a%2Fb%20%3F%23%C3%BC"),
        ("Organisation", None, "/Organisation"),
        ("Organisation/Actions", None, "/Organisation/Actions"),
        ("Currencies", None, "/Currencies"),
        ("Invoices/abc/History", None, "/Invoices/abc/History"),
        ("Unheard", "abc", "/Unheard/abc"),
    ],
)
def test_paths(server: ScriptedServer, harness: Harness, resource: str, xero_id: str | None, path: str) -> None:
    harness.client.get(resource, xero_id=xero_id)
    assert server.seen[0].path == f"/api.xro/2.0{path}"


@pytest.mark.parametrize("since", [datetime(2026, 1, 31, 10, 11, 12, 999999), "2026-01-31T10:11:12"])
@pytest.mark.parametrize("resource", ["Invoices", "TaxRates", "Unheard"])
def test_modified_since(server: ScriptedServer, harness: Harness, resource: str, since: datetime | str) -> None:
    harness.client.get(resource, modified_since=since)
    assert server.seen[0].headers["if-modified-since"] == "2026-01-31T10:11:12"


def test_custom_connection_has_no_tenant_header(server: ScriptedServer, endpoints: Endpoints) -> None:
    harness = Harness(endpoints, tenant_id="")
    harness.client.get("Organisation")
    harness.client.get("Unheard")
    assert ["xero-tenant-id" in seen.headers for seen in server.seen] == [False, False]


def test_delete(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(200, {"IsDeleted": True}), Reply(204), Reply(200, b""))
    answers = [harness.client.delete("/CreditNotes/1/Allocations/2").data for _ in range(3)]
    assert answers == [{"IsDeleted": True}, {}, {}]
    assert (server.seen[0].method, server.seen[0].path) == ("DELETE", "/api.xro/2.0/CreditNotes/1/Allocations/2")


def test_upload(server: ScriptedServer, harness: Harness) -> None:
    content = bytes(range(256))
    harness.client.upload("Invoices", "abc", 'Fäktura 1/2 "x".PDF', content, "application/pdf", include_online=True)
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("PUT", "/api.xro/2.0/Invoices/abc/Attachments/Faktura-1-2-x.PDF")
    assert seen.query == {"IncludeOnline": "true"}
    assert seen.body == content
    assert seen.headers["content-type"] == "application/pdf"
    assert harness.records[0].path == "/Invoices/abc/Attachments/*"


def test_upload_with_key(server: ScriptedServer, harness: Harness) -> None:
    harness.client.upload("Contacts", "abc", "a.txt", b"x", "", idempotency_key="k")
    assert server.seen[0].headers["idempotency-key"] == "k"
    assert server.seen[0].headers["content-type"] == "application/octet-stream"


def test_netrc_does_not_replace_the_token(
    server: ScriptedServer, harness: Harness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    harness.client.get("Organisation")
    assert server.seen[0].headers["authorization"] == "Bearer token-0"


def test_visible_to_a_network_guard(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything passes through Session.send with one float as timeout, so that test guards see it."""
    sent: list[tuple[str, Any, bool]] = []

    def guard(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent.append((request.method or "", options["timeout"], options["allow_redirects"]))
        response = requests.Response()
        response.status_code = 200
        response.raw = urllib3.HTTPResponse(io.BytesIO(b'{"Invoices": []}'), preload_content=False)
        return response

    monkeypatch.setattr(requests.Session, "send", guard)
    put(harness)
    harness.client.get("Invoices")
    harness.client.delete("Invoices/1")
    assert sent == [("PUT", 2.0, False), ("GET", 2.0, False), ("DELETE", 2.0, False)]
    assert all(type(item[1]) is float for item in sent)
