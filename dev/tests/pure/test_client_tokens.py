"""Tokens: refused, renewed, not allowed, kept apart."""

from __future__ import annotations

from typing import Any

import pytest
from pure_harness import BODY, TEXT, Harness, fails, put
from pure_servers import Reply, ScriptedServer

from xero_api import errors
from xero_api.client import XeroClient
from xero_api.endpoints import Endpoints

EXPIRED = Reply(401, {"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired: token expired at 01/01/2026"})
REFUSED_TOKEN = Reply(401, {"Title": "Unauthorized", "Status": 401, "Detail": "AuthenticationUnsuccessful"})


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
    assert (error.scope, error.status) == (scope, 401)
    assert harness.forced == [False]
    assert len(server.seen) == 1


def test_tenant_disconnected(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(403, {"Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}))
    error = fails(harness, write=True)
    assert type(error) is errors.TenantDisconnected
    assert isinstance(error, errors.ReauthRequired)
    assert (error.reason, error.status) == ("tenant_disconnected", 403)
    assert harness.forced == [False]


def test_other_403(server: ScriptedServer, harness: Harness) -> None:
    server.replies(Reply(403, {"Title": "Forbidden", "Status": 403, "Detail": "No permission"}))
    error = fails(harness, write=False)
    assert type(error) is errors.Forbidden
    assert (error.scope, error.status) == (None, 403)


@pytest.mark.parametrize("body", [{"error": "blocked"}, "<html>", "", "[]", '{"Detail": null}', "[" * 100_000])
@pytest.mark.parametrize("status", [401, 403])
def test_a_gateway_parks_nobody(server: ScriptedServer, harness: Harness, body: Any, status: int) -> None:
    """Only what Xero says in its own form is about the consent."""
    server.replies(Reply(status, body))
    for write, kind in ((False, errors.Unavailable), (True, errors.OutcomeUnknown)):
        error = fails(harness, write)
        assert type(error) is kind
        assert error.intercepted


@pytest.mark.parametrize("status", [None, 400, 401])
def test_token_that_cannot_be_had(server: ScriptedServer, endpoints: Endpoints, status: int | None) -> None:
    """The identity server's refusal is not to be taken for the API's."""
    asked: list[bool] = []

    def no_token(force: bool) -> str:
        asked.append(force)
        raise errors.ReauthRequired("invalid_grant", status=status)

    with pytest.raises(errors.ReauthRequired):
        XeroClient(endpoints, "t", no_token).get("Invoices")
    assert server.seen == []
    assert asked == [False]


def test_refresh_that_fails_in_the_middle(server: ScriptedServer, endpoints: Endpoints) -> None:
    """Nothing was saved by the 401, so the write is merely unavailable, and repeated."""
    server.replies(EXPIRED, Reply(200, {"Invoices": []}))
    asked: list[bool] = []

    def token(force: bool) -> str:
        asked.append(force)
        if force:
            raise errors.Unavailable("identity server is down")
        return "token"

    client = XeroClient(endpoints, "t", token, sleep=lambda seconds: None)
    assert client.put("Invoices", BODY, idempotency_key="k").status == 200
    assert asked == [False, True, False]


def test_clients_do_not_mix(server: ScriptedServer, endpoints: Endpoints) -> None:
    """Two organisations in one process: the SDK's process-wide configuration must not leak."""
    clients = [XeroClient(endpoints, f"tenant-{n}", lambda force, n=n: f"token-{n}") for n in range(3)]
    for client in clients + clients[::-1]:
        client.get("Organisation")
    pairs = [(seen.headers["xero-tenant-id"][-1], seen.headers["authorization"][-1]) for seen in server.seen]
    assert pairs == [(n, n) for n in "012210"]
