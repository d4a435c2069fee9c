"""Refusals: what each means, and whether it is worth a repeat."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pure_harness import BODY, TEXT, Harness, fails, put
from pure_servers import Reply, ScriptedServer

from xero_api import errors
from xero_api.client import XeroClient
from xero_api.endpoints import Endpoints


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
    assert (error.error_number, error.status) == (51, 400)


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
