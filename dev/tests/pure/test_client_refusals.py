"""Refusals: what each means, and whether it is worth a repeat."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from pure_harness import BODY, TEXT, Harness, fails, put
from pure_servers import Reply, ScriptedServer

from xero_api import errors, faults
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
        ({"ValidationErrors": [{"Message": "Top level"}, {}, "plain"]}, ["Top level", "plain"], None),
        ({"Elements": []}, [], None),
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
    ("body", "headers"),
    [
        ("The resource you're looking for cannot be found", {}),
        ("<html>The resource you\u2019re looking for cannot be found</html>", TEXT),
        ("", {"Xero-Correlation-Id": "theirs"}),
    ],
)
def test_not_found(server: ScriptedServer, harness: Harness, body: str, headers: dict, write: bool) -> None:
    """Xero's 404 is about one record, and has no JSON."""
    server.replies(Reply(404, body, headers))
    with pytest.raises(errors.NotFound) as caught:
        if write:
            harness.client.put("CreditNotes/abc/Allocations", BODY, idempotency_key="k")
        else:
            harness.client.get("Invoices", xero_id="abc")
    assert caught.value.status == 404


def test_not_found_without_a_word(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(404, "", TEXT))
    with pytest.raises(errors.NotFound):
        harness.client.get("Invoices", params={"IDs": ["abc"]})


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("body", ["<h1>Not found</h1>", '{"message": "no route"}', {}])
def test_not_found_on_the_way(
    server: ScriptedServer, harness: Harness, body: Any, single: bool, write: bool
) -> None:
    """A page in Xero's place says nothing of a record; a resource is always there."""
    server.replies(Reply(404, body, TEXT))
    resource = "CreditNotes/abc/Allocations" if single else "Invoices"
    with pytest.raises(errors.OutcomeUnknown if write else errors.Unavailable) as caught:
        if write:
            harness.client.put(resource, BODY, idempotency_key="k")
        else:
            harness.client.get(resource)
    assert caught.value.intercepted


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize(
    "status", [400, 402, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 422, 431, 451, 499, 501, 511]
)
@pytest.mark.parametrize("body", ["no json", "", "<html>", {}, {"Title": "Bad", "Detail": "The reason"}, []])
def test_a_gateway_refuses_nothing(
    server: ScriptedServer, harness: Harness, status: int, body: Any, write: bool
) -> None:
    """What is not said in Xero's form is no refusal; and whoever said it may have let the write pass."""
    server.replies(Reply(status, body, TEXT))
    error = fails(harness, write)
    assert type(error) is (errors.OutcomeUnknown if write else errors.Unavailable)
    assert (error.status, error.intercepted) == (status, True)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "number", ["1e99999999", "9" * 4000, "Infinity", "NaN", "-1", "true", '"\u0663"', "[]", "10.5"]
)
def test_error_numbers_are_bounded(server: ScriptedServer, harness: Harness, number: str) -> None:
    server.replies(Reply(400, f'{{"ErrorNumber": {number}, "Elements": []}}'))
    error = fails(harness, write=True)
    assert type(error) is errors.ValidationRejected
    assert error.error_number is None


def test_messages_are_bounded(server: ScriptedServer, harness: Harness) -> None:
    """Their number, length and characters: they are stored, and shown to people."""
    texts = ["x" * 10_000_000, "with\x00 nul and \ud800 half", *map(str, range(1000))]
    deep: Any = [{"ValidationErrors": [{"Message": "too deep"}]}]
    for _level in range(300):
        deep = [deep]
    elements = [{"LineItems": deep, "ValidationErrors": [{"Message": text} for text in texts]}]
    server.replies(Reply(400, {"ErrorNumber": 10, "Elements": elements}))
    messages = fails(harness, write=True).messages  # type: ignore[attr-defined]
    assert len(messages) == faults.MAX_MESSAGES
    assert len(messages[0]) == faults.MAX_MESSAGE
    assert messages[1].split()[:3] == ["with", "nul", "and"]
    assert all(text.isprintable() for text in messages)


def test_redirects_are_not_followed(server: ScriptedServer, harness: Harness) -> None:
    """Following would carry the token elsewhere; after a write a redirect may mean that it was done."""
    server.replies(Reply(302, "", {"Location": f"{server.url}/elsewhere"}))
    assert type(fails(harness, write=True)) is errors.OutcomeUnknown
    assert type(fails(harness, write=False)) is errors.Unavailable
    assert len(server.seen) == 2


def test_every_error_is_marked_and_recorded(server: ScriptedServer, harness: Harness) -> None:
    for status in (400, 403, 404, 418, 429, 500):
        server.replies(Reply(status, "person@example.com"))
        error = fails(harness, write=True)
        assert error.correlation_id == "corr-1"
        assert harness.records[-1].error == f"{type(error).__name__}: {error}"
        assert "example" not in str(error)
    assert {record.status for record in harness.records} == {400, 403, 404, 418, 429, 500}


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
    server.replies(Reply(), Reply(404, "x" * 5000), Reply(500, "y" * 5000), Reply())
    for _ in range(4):
        try:
            put(harness)
        except errors.XeroError as error:
            assert error.status in (404, 500)
    assert len(server.seen) == 4
    assert len({seen.peer for seen in server.seen}) == 1
