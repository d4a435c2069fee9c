"""The client: what goes out, what comes back, what each answer means."""

from __future__ import annotations

import dataclasses
import logging
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from pure_harness import Harness
from pure_servers import Reply, ScriptedServer

from xero_api import codec, errors
from xero_api.client import Answer, CallRecord, XeroClient
from xero_api.endpoints import Endpoints
from xero_api.limits import Limits
from xero_api.transport import RestClient

BODY = codec.dumps({"Invoices": [{"Reference": "é ☃", "LineItems": [{"UnitAmount": Decimal("1.2300")}]}]})
EXPIRED = Reply(401, {"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired: token expired at 01/01/2026"})
REFUSED_TOKEN = Reply(401, {"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"})
TEXT = {"Content-Type": "text/html"}


def put(harness: Harness, resource: str = "Invoices") -> Answer:
    return harness.client.put(resource, BODY, idempotency_key="key-1")


def fails(harness: Harness, write: bool) -> errors.XeroError:
    with pytest.raises(errors.XeroError) as caught:
        put(harness) if write else harness.client.get("Invoices")
    return caught.value


# === What goes out === #


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
        ("Payments/123", {"summarizeErrors": "false"}),
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
        response._content = b"{}"
        return response

    monkeypatch.setattr(requests.Session, "send", guard)
    put(harness)
    harness.client.get("Invoices")
    harness.client.delete("Invoices/1")
    assert sent == [("PUT", 2.0, False), ("GET", 2.0, False), ("DELETE", 2.0, False)]
    assert all(type(item[1]) is float for item in sent)


# === What comes back === #


def test_answer(server: ScriptedServer, harness: Harness) -> None:
    headers = {
        "X-MinLimit-Remaining": "58",
        "X-DayLimit-Remaining": "4321",
        "X-AppMinLimit-Remaining": "9998",
        "Xero-Correlation-Id": "theirs",
    }
    server.replies(Reply(200, '{"Invoices": [{"Total": 10.10, "Status": "UNHEARD-OF"}]}', headers))
    answer = harness.client.get("Invoices")
    assert answer.status == 200
    assert repr(answer.data["Invoices"][0]["Total"]) == "Decimal('10.10')"
    assert answer.limits == Limits(58, 4321, 9998)
    assert answer.server_time is not None
    assert abs((answer.server_time.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)).total_seconds()) < 60
    assert (answer.correlation_id, answer.xero_correlation_id) == ("corr-1", "theirs")


def test_record(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(200, '{"Contacts": []}', {"X-DayLimit-Remaining": "7"}))
    harness.client.get("Contacts", xero_id="abc", params={"where": 'EmailAddress=="jo@example.com"'})
    put(harness)
    read, write = harness.records
    assert dataclasses.replace(read, duration_ms=0) == CallRecord(
        "GET", "/Contacts/abc", 200, 0, 0, 16, Limits(None, 7, None), "corr-1", None, 1
    )
    assert (write.method, write.sent_bytes, write.attempt) == ("PUT", len(BODY), 1)
    assert read.duration_ms >= 0
    assert "example.com" not in repr(harness.records)
    assert "token" not in repr(harness.records)


def test_hook_that_fails_loses_no_answer(
    server: ScriptedServer, endpoints: Endpoints, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(record: CallRecord) -> None:
        raise RuntimeError("disk full, token=abc123")

    client = XeroClient(endpoints, "t", lambda force: "token", on_call=hook)
    with caplog.at_level(logging.ERROR):
        assert client.put("Invoices", BODY, idempotency_key="k").status == 200
    assert "disk full" in caplog.text
    assert "abc123" not in caplog.text


def test_no_content(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(204))
    assert harness.client.post("Invoices/1/Email", b"{}", idempotency_key="k").data == {}


@pytest.mark.parametrize("content", ["<html>maintenance</html>", "", "{", "[]", "null", '"text"', b"\xff\xfe"])
def test_unreadable_success(server: ScriptedServer, harness: Harness, content: str | bytes) -> None:
    server.replies(Reply(200, content, TEXT))
    error = fails(harness, write=True)
    assert type(error) is errors.OutcomeUnknown
    assert error.status == 200
    assert len(server.seen) == 1


def test_unreadable_success_of_a_read(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(200, "<html>maintenance</html>", TEXT))
    assert type(fails(harness, write=False)) is errors.ProtocolError
    assert len(server.seen) == 1
    server.replies(Reply(200, '{"Invoices": ['), Reply(200, ""), Reply(200, {"Invoices": []}))
    assert harness.client.get("Invoices").data == {"Invoices": []}


# === Tokens === #


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("first", [EXPIRED, REFUSED_TOKEN, Reply(401, "Unauthorized", TEXT)])
def test_token_renewed_once(server: ScriptedServer, harness: Harness, first: Reply, write: bool) -> None:
    server.replies(first, Reply(200, {"Invoices": []}))
    answer = put(harness) if write else harness.client.get("Invoices")
    assert answer.status == 200
    assert harness.forced == [False, True]
    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer token-0", "Bearer token-1"]
    assert [record.attempt for record in harness.records] == [1, 2]
    assert harness.records[0].error is not None
    assert harness.waits == []
    if write:
        assert [seen.headers["idempotency-key"] for seen in server.seen] == ["key-1", "key-1"]
        assert [seen.body for seen in server.seen] == [BODY, BODY]


@pytest.mark.parametrize(("reply", "reason"), [(EXPIRED, "token_expired"), (REFUSED_TOKEN, "unauthorized")])
def test_token_refused_twice(server: ScriptedServer, harness: Harness, reply: Reply, reason: str) -> None:
    server.replies(reply)
    error = fails(harness, write=True)
    assert type(error) is errors.ReauthRequired
    assert (error.reason, error.status, error.correlation_id) == (reason, 401, "corr-1")
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("challenge", "detail", "scope"),
    [
        ('Bearer error="insufficient_scope", scope="accounting.payments"', "", "accounting.payments"),
        ('Bearer error="insufficent_scope", scope="accounting.payments"', "", "accounting.payments"),
        ("insufficient_scope", "AuthorizationUnsuccessful", None),
        ("", "AuthorizationUnsuccessful", None),
    ],
)
def test_missing_scope(
    server: ScriptedServer, harness: Harness, challenge: str, detail: str, scope: str | None
) -> None:
    """No refresh helps: the connection is alive, the consent is too narrow."""
    headers = {"WWW-Authenticate": challenge} if challenge else {}
    server.replies(Reply(401, {"Title": "Unauthorized", "Status": 401, "Detail": detail}, headers))
    error = fails(harness, write=True)
    assert type(error) is errors.Forbidden
    assert error.scope == scope
    assert harness.forced == [False]
    assert len(server.seen) == 1


def test_tenant_disconnected(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(403, {"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}))
    error = fails(harness, write=True)
    assert type(error) is errors.TenantDisconnected
    assert isinstance(error, errors.ReauthRequired)
    assert harness.forced == [False]


@pytest.mark.parametrize("body", [{"Detail": "No permission"}, "<html>", "", "[]", '{"Detail": null}'])
def test_other_403(server: ScriptedServer, harness: Harness, body: Any) -> None:
    server.replies(Reply(403, body))
    error = fails(harness, write=False)
    assert type(error) is errors.Forbidden
    assert error.scope is None


def test_token_that_cannot_be_had(server: ScriptedServer, endpoints: Endpoints) -> None:
    def no_token(force: bool) -> str:
        raise errors.ReauthRequired("invalid_grant")

    with pytest.raises(errors.ReauthRequired):
        XeroClient(endpoints, "t", no_token).get("Invoices")
    assert server.seen == []


def test_clients_do_not_mix(server: ScriptedServer, endpoints: Endpoints) -> None:
    """Two organisations in one process: the SDK's process-wide configuration must not leak."""
    clients = [XeroClient(endpoints, f"tenant-{n}", lambda force, n=n: f"token-{n}") for n in range(3)]
    for client in clients + clients[::-1]:
        client.get("Organisation")
    pairs = [(seen.headers["xero-tenant-id"][-1], seen.headers["authorization"][-1]) for seen in server.seen]
    assert pairs == [(n, n) for n in "012210"]


# === Refusals === #


def limited(scope: str | None, wait: str | None = None, body: Any = "Too many requests") -> Reply:
    headers = {"Content-Type": "text/plain"}
    if scope:
        headers["X-Rate-Limit-Problem"] = scope
    if wait:
        headers["Retry-After"] = wait
    return Reply(429, body, headers)


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("reply", "scope", "wait"),
    [
        (limited("minute", "42"), "minute", 42.0),
        (limited("minute"), "minute", None),
        (limited("day", "30000"), "day", 30000.0),
        (limited("day", "1"), "day", 1.0),
        (limited("Day"), "day", None),
        (limited("app-minute", "6", ""), "appminute", 6.0),
        (limited(None, "70"), "minute", 70.0),
    ],
)
def test_limits_are_handed_on_at_once(
    server: ScriptedServer, harness: Harness, reply: Reply, scope: str, wait: float | None, write: bool
) -> None:
    server.replies(reply)
    error = fails(harness, write)
    assert type(error) is errors.RateLimited
    assert (error.scope, error.retry_after, error.status) == (scope, wait, 429)
    assert len(server.seen) == 1
    assert harness.waits == []


@pytest.mark.parametrize("reply", [limited("minute", "2"), limited("concurrent"), limited("concurrent", "1")])
def test_short_limits_are_sat_out(server: ScriptedServer, harness: Harness, reply: Reply) -> None:
    """A 429 saves nothing, so writes may be repeated too."""
    server.replies(reply, Reply(200, {"Invoices": []}))
    assert put(harness).status == 200
    assert len(harness.waits) == 1
    assert harness.waits[0] >= float(reply.headers.get("Retry-After", 0))
    assert [seen.body for seen in server.seen] == [BODY, BODY]


def test_limits_end_in_an_error(server: ScriptedServer, harness: Harness) -> None:
    server.replies(limited("concurrent"))
    assert type(fails(harness, write=True)) is errors.RateLimited
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 520])
def test_out_of_order(server: ScriptedServer, harness: Harness, status: int) -> None:
    server.replies(Reply(status, "<html>", TEXT), Reply(200, {"Invoices": []}))
    error = fails(harness, write=True)
    assert type(error) is errors.OutcomeUnknown
    assert error.status == status
    assert len(server.seen) == 1
    server.replies(Reply(status, "", TEXT), Reply(200, {"Invoices": []}))
    assert harness.client.get("Invoices").status == 200


def test_out_of_order_for_long(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(503, "organisation offline", {"Retry-After": "300"}))
    error = fails(harness, write=False)
    assert type(error) is errors.Unavailable
    assert error.retry_after == 300.0
    assert len(server.seen) == 1
    assert fails(harness, write=True).retry_after == 300.0  # type: ignore[attr-defined]


def test_validation(server: ScriptedServer, harness: Harness) -> None:
    elements = [
        {"InvoiceNumber": "A", "ValidationErrors": [{"Message": "First."}, {"Message": "Second."}]},
        {"Contact": {"Name": "Jo", "ValidationErrors": [{"Message": "Nested."}]}, "ValidationErrors": []},
        {"Payments": [{"ValidationErrors": [{"Message": "Deep."}, {"Message": "First."}]}]},
    ]
    server.replies(
        Reply(400, {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation", "Elements": elements})
    )
    error = fails(harness, write=True)
    assert type(error) is errors.ValidationRejected
    assert error.messages == ["First.", "Second.", "Nested.", "Deep."]
    assert error.elements == elements
    assert (error.error_number, error.status) == (10, 400)
    assert "Jo" not in str(error)
    assert "First" not in str(error)


@pytest.mark.parametrize(
    ("body", "messages", "number"),
    [
        ({"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "Bad date"}, ["Bad date"], 14),
        ({"ErrorNumber": "17", "Message": "Bad JSON", "Elements": None}, ["Bad JSON"], 17),
        ({"Message": "m", "Elements": [None, {"ValidationErrors": None}]}, ["m"], None),
        ({"Title": "Bad", "Detail": "The reason", "ErrorNumber": None}, ["The reason"], None),
        ({"ValidationErrors": [{"Message": "Top level"}, {}, "plain"]}, ["Top level", "plain"], None),
        ({}, [], None),
    ],
)
def test_other_400(
    server: ScriptedServer, harness: Harness, body: Any, messages: list[str], number: int | None
) -> None:
    server.replies(Reply(400, body))
    error = fails(harness, write=True)
    assert type(error) is errors.ValidationRejected
    assert (error.messages, error.error_number) == (messages, number)


def test_bad_query(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(400, {"ErrorNumber": 51, "Type": "HighVolumeException", "Message": "too many"}))
    error = fails(harness, write=False)
    assert type(error) is errors.ProtocolError
    assert error.error_number == 51


@pytest.mark.parametrize(
    "body",
    [
        {"Message": "Idempotency Key: abc is used with a different request."},
        {"Detail": "idempotency key: abc is used\nwith a different request."},
        {
            "ErrorNumber": 10,
            "Message": "A validation exception occurred",
            "Elements": [{"ValidationErrors": [{"Message": "Idempotency Key: k is used with a different request."}]}],
        },
    ],
)
def test_idempotency_conflict(server: ScriptedServer, harness: Harness, body: Any) -> None:
    server.replies(Reply(400, body))
    assert type(fails(harness, write=True)) is errors.OutcomeUnknown


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    ("body", "kind"), [("", "text/html"), ("<h1>Not found</h1>", "text/html"), ("{}", "text/plain")]
)
def test_not_found(server: ScriptedServer, harness: Harness, body: str, kind: str, write: bool) -> None:
    server.replies(Reply(404, body, {"Content-Type": kind}))
    error = fails(harness, write)
    assert type(error) is errors.NotFound
    assert error.status == 404


@pytest.mark.parametrize("status", [400, 405, 412, 413, 415, 501])
def test_our_bugs(server: ScriptedServer, harness: Harness, status: int) -> None:
    server.replies(Reply(status, "no json", TEXT))
    error = fails(harness, write=True)
    assert type(error) is errors.ProtocolError
    assert error.status == status
    assert len(server.seen) == 1


def test_redirects_are_not_followed(server: ScriptedServer, harness: Harness) -> None:
    """Following would carry the token elsewhere; after a write a redirect may mean that it was done."""
    server.replies(Reply(302, "", {"Location": f"{server.url}/elsewhere"}))
    assert type(fails(harness, write=True)) is errors.OutcomeUnknown
    assert type(fails(harness, write=False)) is errors.ProtocolError
    assert len(server.seen) == 2


def test_every_error_is_marked_and_recorded(server: ScriptedServer, harness: Harness) -> None:
    for status in (400, 401, 403, 404, 418, 429, 500):
        server.replies(Reply(status, "person@example.com"))
        error = fails(harness, write=True)
        assert error.correlation_id == "corr-1"
        assert harness.records[-1].error == f"{type(error).__name__}: {error}"
        assert "example" not in str(error)
    assert {record.status for record in harness.records} == {400, 401, 403, 404, 418, 429, 500}


def test_correlation_id_may_change(server: ScriptedServer, harness: Harness) -> None:
    """Each batch has its own, on a client that lives for a whole drain."""
    for correlation_id in ("corr-1", "corr-2", ""):
        harness.client.correlation_id = correlation_id
        assert put(harness).correlation_id == correlation_id
    assert [seen.headers.get("x-correlation-id") for seen in server.seen] == ["corr-1", "corr-2", None]
    assert [record.correlation_id for record in harness.records] == ["corr-1", "corr-2", ""]


def test_given_session_stays_open(server: ScriptedServer, endpoints: Endpoints) -> None:
    session = requests.Session()
    client = XeroClient(endpoints, "t", lambda force: "token", session=session)
    client.get("Organisation")
    client.close()
    assert session.get(server.url, timeout=2).status_code == 200


def test_one_connection_serves_many_calls(server: ScriptedServer, harness: Harness) -> None:
    """No handshake for each call, bodies read to the end."""
    server.replies(Reply(200, {}), Reply(404, "x" * 5000), Reply(500, "y" * 5000), Reply(200, {}))
    for _ in range(4):
        try:
            put(harness)
        except errors.XeroError as error:
            assert error.status in (404, 500)
    assert len(server.seen) == 4
    assert len({seen.peer for seen in server.seen}) == 1
