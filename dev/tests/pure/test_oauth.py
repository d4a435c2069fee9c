"""Consent, tokens and connections against a scripted identity server."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import socket
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pure_servers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pure_servers import Reply, ScriptedServer

from xero_api import errors, oauth
from xero_api.endpoints import Endpoints


def jwt(**claims: Any) -> str:
    parts = [{"alg": "RS256", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def tokens(**fields: Any) -> Reply:
    body = {"access_token": "opaque", "expires_in": 1800, "token_type": "Bearer", "refresh_token": "renewal"}
    return Reply(200, {**body, **fields})


def basic(identity: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{identity}:{secret}".encode()).decode()


def calls(endpoints: Endpoints) -> list[Callable[[], Any]]:
    """Return every call to the token address, ready to make."""
    return [
        lambda: oauth.exchange_code(endpoints, "id", "secret", "code", "https://odoo.example/cb", "verifier"),
        lambda: oauth.refresh(endpoints, "id", "secret", "old-renewal"),
        lambda: oauth.client_credentials(endpoints, "id", "secret"),
    ]


# === Consent === #


def test_pkce_vector() -> None:
    """Appendix B of RFC 7636."""
    challenge = oauth.challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_pkce_pair() -> None:
    pairs = {oauth.pkce_pair() for _ in range(20)}
    assert len(pairs) == 20
    for verifier, challenge in pairs:
        assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier)
        assert challenge == oauth.challenge_of(verifier)
        assert "=" not in challenge


def test_authorize_url() -> None:
    url = oauth.authorize_url(
        Endpoints(), "id", "https://odoo.example/xero/oauth/callback?db=a b", oauth.DEFAULT_SCOPES, "st&te=1", "chall"
    )
    parts = urlsplit(url)
    assert parts._replace(query="").geturl() == "https://login.xero.com/identity/connect/authorize"
    assert {name: values[0] for name, values in parse_qs(parts.query).items()} == {
        "response_type": "code",
        "client_id": "id",
        "redirect_uri": "https://odoo.example/xero/oauth/callback?db=a b",
        "scope": "offline_access accounting.invoices accounting.payments accounting.contacts "
        "accounting.settings.read",
        "state": "st&te=1",
        "code_challenge": "chall",
        "code_challenge_method": "S256",
    }
    assert "scope=offline_access%20accounting" in url


def test_authorize_url_without_challenge() -> None:
    url = oauth.authorize_url(Endpoints(), "id", "https://x", "openid  profile", "s")
    assert "code_challenge" not in url
    assert parse_qs(urlsplit(url).query)["scope"] == ["openid  profile"]


def test_least_privilege() -> None:
    """Broad scopes and reports are refused by apps made since March 2026, or not needed."""
    assert len(oauth.DEFAULT_SCOPES) == len(set(oauth.DEFAULT_SCOPES)) == 5
    assert not {"accounting.transactions", "accounting.reports.read", "accounting.settings"} & set(oauth.DEFAULT_SCOPES)
    assert not any("report" in scope or "attachment" in scope for scope in oauth.DEFAULT_SCOPES)


# === Token calls === #


def test_exchange(server: ScriptedServer, endpoints: Endpoints) -> None:
    token = jwt(authentication_event_id="event-1", scope=["offline_access", "accounting.invoices"], exp=1)
    server.replies(tokens(access_token=token))
    before = datetime.now(timezone.utc).replace(tzinfo=None)
    got = oauth.exchange_code(endpoints, "id", "s:ecret/ü", "c0de", "https://odoo.example/cb", "verif")
    after = datetime.now(timezone.utc).replace(tzinfo=None)
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("POST", "/connect/token")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.form == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": "https://odoo.example/cb",
        "code_verifier": "verif",
    }
    assert (got.access_token, got.refresh_token, got.auth_event_id) == (token, "renewal", "event-1")
    assert got.scopes == ["offline_access", "accounting.invoices"]
    assert timedelta() <= got.expires_at - before - timedelta(seconds=1800) <= after - before
    assert got.refresh_expires_at is not None
    assert got.refresh_expires_at - got.expires_at == timedelta(days=60) - timedelta(seconds=1800)


def test_secret_goes_into_the_header_only(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(tokens())
    for call in calls(endpoints):
        call()
    assert {seen.headers["authorization"] for seen in server.seen} == {basic("id", "secret")}
    assert all(b"secret" not in seen.body and "secret" not in seen.target for seen in server.seen)


def test_app_without_secret(server: ScriptedServer, endpoints: Endpoints) -> None:
    """PKCE alone: the id travels in the form, no Basic header, also not from a .netrc."""
    server.replies(tokens())
    oauth.exchange_code(endpoints, "id", "", "c", "https://x", "v")
    oauth.refresh(endpoints, "id", "", "r")
    oauth.revoke(endpoints, "id", "", "r")
    assert [seen.form["client_id"] for seen in server.seen] == ["id"] * 3
    assert all("authorization" not in seen.headers for seen in server.seen)


def test_refresh(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(tokens(refresh_token="renewal-2", scope="offline_access accounting.contacts"))
    got = oauth.refresh(endpoints, "id", "secret", "renewal-1")
    assert server.seen[0].form == {"grant_type": "refresh_token", "refresh_token": "renewal-1"}
    assert got.refresh_token == "renewal-2"
    assert got.scopes == ["offline_access", "accounting.contacts"]


@pytest.mark.parametrize(
    ("scopes", "sent"),
    [
        (None, None),
        ([], None),
        (["accounting.contacts", "offline_access"], "accounting.contacts"),
        ("offline_access accounting.contacts", "accounting.contacts"),
    ],
)
def test_client_credentials(
    server: ScriptedServer, endpoints: Endpoints, scopes: list[str] | str | None, sent: str | None
) -> None:
    server.replies(Reply(200, {"access_token": "opaque", "expires_in": 1800, "token_type": "Bearer"}))
    got = oauth.client_credentials(endpoints, "id", "secret", scopes)
    form = {"grant_type": "client_credentials"} | ({"scope": sent} if sent else {})
    assert server.seen[0].form == form
    assert (got.refresh_token, got.refresh_expires_at, got.scopes, got.auth_event_id) == (None, None, [], None)


@pytest.mark.parametrize(
    "token", ["opaque", "", "a.b", "a.b.c", "a.!!!.c", f"a.{base64.b64encode(b'[1]').decode()}.c", "ü.ü.ü", "a.ew.c"]
)
def test_tokens_that_are_no_jwt(token: str) -> None:
    assert oauth._claims(token) == {}


@given(st.text(max_size=200))
def test_any_token_text(token: str) -> None:
    assert isinstance(oauth._claims(token), dict)


LIVES = [
    *((60, 60), ("60", 60), (None, 1800), ("soon", 1800), (60.9, 60), (True, 1800), ([], 1800), ({}, 1800)),
    *((0, 60), (-5, 60), (10**18, 86400), ("1e400", 86400), (-(10**18), 60), ("NaN", 1800), ("Infinity", 86400)),
    *(("9" * 6000, 86400), (86401, 86400), (3600, 3600)),
]


@pytest.mark.parametrize(("value", "seconds"), LIVES)
def test_life_of_a_token(server: ScriptedServer, endpoints: Endpoints, value: Any, seconds: int) -> None:
    server.replies(tokens(expires_in=value))
    got = oauth.refresh(endpoints, "id", "secret", "r")
    left = got.expires_at - datetime.now(timezone.utc).replace(tzinfo=None)
    assert timedelta(seconds=seconds - 5) < left <= timedelta(seconds=seconds)


@pytest.mark.parametrize("odd", [None, "", 5, ["t"], {"a": 1}, True, "a b", "a\r\nX: y", "\x00", "é", "x" * 16_001])
def test_odd_tokens_are_none(server: ScriptedServer, endpoints: Endpoints, odd: Any) -> None:
    server.replies(tokens(access_token=odd))
    with pytest.raises(errors.Unavailable, match="in Xero.s place"):
        oauth.refresh(endpoints, "id", "secret", "r")
    server.replies(tokens(refresh_token=odd))
    got = oauth.refresh(endpoints, "id", "secret", "r")
    assert (got.refresh_token, got.refresh_expires_at) == (None, None)


@pytest.mark.parametrize("odd", [5, {"a": 1}, True, [1, None, ["x"], "", "x" * 101], "x" * 101, "y" * 5000])
def test_odd_scopes_are_left_out(server: ScriptedServer, endpoints: Endpoints, odd: Any) -> None:
    server.replies(tokens(access_token="plain", scope=odd))
    assert oauth.refresh(endpoints, "id", "secret", "r").scopes == []


def test_scopes_have_an_end(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(tokens(scope=" ".join(f"s{number}" for number in range(10_000))))
    assert len(oauth.refresh(endpoints, "id", "secret", "r").scopes) == oauth.MOST_SCOPES


@pytest.mark.parametrize("event", [5, ["x"], "", "x" * 101, None])
def test_odd_events_are_none(server: ScriptedServer, endpoints: Endpoints, event: Any) -> None:
    server.replies(tokens(access_token=jwt(authentication_event_id=event)))
    assert oauth.refresh(endpoints, "id", "secret", "r").auth_event_id is None


def test_tokens_do_not_show(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(tokens(access_token="hush", refresh_token="quiet"))
    assert not re.search("hush|quiet", repr(oauth.refresh(endpoints, "id", "secret", "r")))


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("invalid_grant", errors.ReauthRequired),
        ("invalid_client", errors.AppMisconfigured),
        ("unauthorized_client", errors.AppMisconfigured),
        ("invalid_scope", errors.AppMisconfigured),
        ("unsupported_grant_type", errors.Unavailable),
        ("", errors.Unavailable),
    ],
)
def test_refusals(
    server: ScriptedServer, endpoints: Endpoints, word: str, kind: type[errors.XeroError], status: int
) -> None:
    server.replies(Reply(status, {"error": word, "error_description": "for jo@example.com"}))
    for call in calls(endpoints):
        with pytest.raises(kind) as caught:
            call()
        assert type(caught.value) is kind
        assert caught.value.status == status
        assert "example" not in str(caught.value)
        if kind is not errors.Unavailable:
            assert word in (getattr(caught.value, "error", ""), getattr(caught.value, "reason", ""))


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, "oops"),
        Reply(503, "", {"Retry-After": "7"}),
        Reply(200, "<html>proxy</html>"),
        Reply(200, ""),
        Reply(200, "[]"),
        Reply(200, {"token_type": "Bearer"}),
        Reply(200, {"access_token": ""}),
    ],
)
def test_try_again_later(server: ScriptedServer, endpoints: Endpoints, reply: Reply) -> None:
    """None of these proves that the refresh token is dead, so nobody is asked to connect again."""
    server.replies(reply)
    for call in calls(endpoints):
        with pytest.raises(errors.Unavailable) as caught:
            call()
        assert caught.value.retry_after == (7.0 if reply.status == 503 else None)


def test_identity_server_limits(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(Reply(429, "slow down", {"Retry-After": "9"}))
    with pytest.raises(errors.RateLimited) as caught:
        oauth.refresh(endpoints, "id", "secret", "r")
    assert caught.value.retry_after == 9.0
    assert len(server.seen) == 1


def test_html_refusal_is_no_verdict_on_the_token(server: ScriptedServer, endpoints: Endpoints) -> None:
    for status in (400, 401, 403, 404, 405, 407, 413, 511):
        for body in ("<html>blocked by proxy</html>", "", {"message": "no"}, [], {"error": {"code": 7}}):
            server.replies(Reply(status, body))
            for call in calls(endpoints):
                with pytest.raises(errors.Unavailable) as caught:
                    call()
                assert caught.value.intercepted


def test_a_word_with_another_status_is_no_verdict(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(Reply(403, {"error": "invalid_grant"}))
    with pytest.raises(errors.Unavailable):
        oauth.refresh(endpoints, "id", "secret", "r")


def test_network_trouble() -> None:
    with pytest.raises(errors.Unavailable):
        oauth.refresh(Endpoints(identity_url=f"http://127.0.0.1:{pure_servers.closed_port()}"), "id", "secret", "r")

    def silent(connection: socket.socket) -> None:
        connection.settimeout(2)
        with contextlib.suppress(OSError):
            connection.recv(1)

    with pure_servers.RawServer(socket.socket.close, silent) as raw:
        raw.behaviours[1] = raw.reading(silent)
        for _ in range(2):
            with pytest.raises(errors.Unavailable):
                oauth.refresh(Endpoints(identity_url=raw.url), "id", "secret", "r", timeout=0.3)
        assert raw.connections == 2  # one call, one request: repeating is for whoever holds the lock


def test_redirects_do_not_carry_the_secret(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(Reply(307, "", {"Location": f"{server.url}/elsewhere"}))
    with pytest.raises(errors.Unavailable):
        oauth.refresh(endpoints, "id", "secret", "r")
    assert [seen.path for seen in server.seen] == ["/connect/token"]


def test_revoke(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(Reply(200, ""))
    oauth.revoke(endpoints, "id", "secret", "renewal")
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.form) == ("POST", "/connect/revocation", {"token": "renewal"})
    assert seen.headers["authorization"] == basic("id", "secret")


def test_revoke_what_is_dead(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(Reply(400, {"error": "invalid_grant"}))
    oauth.revoke(endpoints, "id", "secret", "renewal")
    server.replies(Reply(400, {"error": "invalid_client"}))
    with pytest.raises(errors.AppMisconfigured):
        oauth.revoke(endpoints, "id", "secret", "renewal")


# === Connections === #

CONNECTION = {
    "id": "7cb59f93-2964-421d-bb5e-a0f7a4572a44",
    "authEventId": "event-1",
    "tenantId": "fe79f7dd-b6d4-4a92-ba7b-538af6289c58",
    "tenantName": "Demo Company (NZ)",
    "tenantType": "ORGANISATION",
    "createdDateUtc": "2019-12-07T18:46:19.5165400",
    "updatedDateUtc": "2019-12-08T18:46:19.5187840",
}


def test_connections(server: ScriptedServer, endpoints: Endpoints) -> None:
    practice = {**CONNECTION, "tenantType": "PRACTICE"}
    bare = {"id": "x", "tenantId": "y", "tenantType": "organisation", "tenantName": None}
    server.replies(Reply(200, [practice, CONNECTION, None, bare, {**CONNECTION, "tenantType": None}]))
    found = oauth.list_connections(endpoints, "token-1", "event 1/é")
    assert found == [
        {
            **CONNECTION,
            "createdDateUtc": datetime(2019, 12, 7, 18, 46, 19, 516540),
            "updatedDateUtc": datetime(2019, 12, 8, 18, 46, 19, 518784),
        },
        {
            "id": "x",
            "tenantId": "y",
            "tenantName": "",
            "tenantType": "ORGANISATION",
            "authEventId": "",
            "createdDateUtc": None,
            "updatedDateUtc": None,
        },
    ]
    (seen,) = server.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/connections", {"authEventId": "event 1/é"})
    assert seen.headers["authorization"] == "Bearer token-1"
    assert "xero-tenant-id" not in seen.headers


def test_no_connections(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(Reply(200, []))
    assert oauth.list_connections(endpoints, "t") == []
    assert server.seen[0].query == {}


@pytest.mark.parametrize("body", ["<html>", "", {"connections": []}])
def test_unreadable_connections(server: ScriptedServer, endpoints: Endpoints, body: Any) -> None:
    server.replies(Reply(200, body))
    with pytest.raises(errors.Unavailable) as caught:
        oauth.list_connections(endpoints, "t")
    assert caught.value.intercepted


def test_connections_are_asked_for_again(server: ScriptedServer, endpoints: Endpoints) -> None:
    server.replies(Reply(503), Reply(200, [CONNECTION]))
    waits: list[float] = []
    assert len(oauth.list_connections(endpoints, "t", sleep=waits.append)) == 1
    assert len(waits) == 1


@pytest.mark.parametrize(("status", "kind"), [(401, errors.ReauthRequired), (403, errors.Forbidden)])
def test_connections_refused(
    server: ScriptedServer, endpoints: Endpoints, status: int, kind: type[errors.XeroError]
) -> None:
    server.replies(Reply(status, {"Title": "Refused", "Detail": "TokenExpired"}))
    with pytest.raises(kind):
        oauth.list_connections(endpoints, "t")


@pytest.mark.parametrize("status", [204, 200, 404])
def test_disconnect(server: ScriptedServer, endpoints: Endpoints, status: int) -> None:
    server.replies(Reply(status, "" if status != 204 else b""))
    oauth.delete_connection(endpoints, "token-1", "7cb59f93/..")
    (seen,) = server.seen
    assert (seen.method, seen.path) == ("DELETE", "/connections/7cb59f93%2F..")
    assert seen.headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize(("status", "kind"), [(500, errors.Unavailable), (401, errors.ReauthRequired)])
def test_disconnect_that_fails(
    server: ScriptedServer, endpoints: Endpoints, status: int, kind: type[errors.XeroError]
) -> None:
    server.replies(Reply(status))
    with pytest.raises(kind):
        oauth.delete_connection(endpoints, "t", "x")
    assert len(server.seen) == 1
