"""OAuth 2.0 with Xero's identity server: consent, tokens, connections."""

from __future__ import annotations

import base64
import hashlib
import math
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlencode

from . import codec, dates, deadline, faults, limits, retry, transport
from .endpoints import Endpoints
from .errors import AppMisconfigured, NotFound, RateLimited, ReauthRequired, Unavailable, XeroError
from .transport import RawAnswer, keep_authorization, new_session

# The granular scopes (apps made since March 2026 have no others) for contacts, invoices, bills, credit notes,
# payments and reading the settings: what is sent or read today, nothing for later.
DEFAULT_SCOPES = [
    "offline_access",
    "accounting.invoices",
    "accounting.payments",
    "accounting.contacts",
    "accounting.settings.read",
]

# What the broad permissions of older apps give, until 13 September 2027 (Xero: Scopes).
_TRANSACTIONS = ("invoices", "payments", "banktransactions", "manualjournals")
_REPORTS = (
    *("aged", "balancesheet", "banksummary", "budgetsummary", "executivesummary", "profitandloss"),
    *("taxreports", "trialbalance"),
)
BROAD_SCOPES = {
    "accounting.transactions": frozenset(f"accounting.{name}" for name in _TRANSACTIONS),
    "accounting.transactions.read": frozenset(f"accounting.{name}.read" for name in _TRANSACTIONS),
    "accounting.reports.read": frozenset(f"accounting.reports.{name}.read" for name in _REPORTS),
}

# Seconds an access token lives when the answer does not say.
ACCESS_TOKEN_LIFE = 1800
# What an answer may say of it at all. Less would renew at every call, more would never notice a dead token.
SHORTEST_LIFE, LONGEST_LIFE = 60, 86_400
# Xero's tokens have some 1,500 characters.
LONGEST_TOKEN = 16_000
MOST_SCOPES, LONGEST_SCOPE = 100, 100
# Xero does not tell when a refresh token ends; each refresh starts 60 days anew.
REFRESH_TOKEN_LIFE = timedelta(days=60)
TIMEOUT = 30.0

_SETTINGS_ERRORS = ("invalid_client", "unauthorized_client", "invalid_scope")
# Practices and other kinds of tenant have no books to sync with.
_ORGANISATION = "ORGANISATION"
_JSON = {"Accept": "application/json"}


def missing_scopes(needed: Iterable[str], granted: Iterable[str]) -> list[str]:
    """Return those of ``needed`` that a consent lacks: what may be written may be read, and broad ones give many.

    :param granted: nothing is missed where it is empty: such a consent is not known.
    """
    held = set(granted)
    held = held.union(*(BROAD_SCOPES[scope] for scope in held if scope in BROAD_SCOPES))
    return [scope for scope in needed if held and not {scope, scope.removesuffix(".read")} & held]


@dataclass(frozen=True)
class TokenSet:
    """What a token call gave; moments are naive UTC by our clock.

    :param refresh_token: None for client credentials or without ``offline_access``, and when a renewal brought none:
        then the one sent stays good. Otherwise it replaces the one sent: store it in its own committed transaction
        before using the access token.
    :param auth_event_id: names this consent; :func:`list_connections` takes it as a filter.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: datetime
    refresh_expires_at: datetime | None
    scopes: list[str]
    auth_event_id: str | None


def _now() -> datetime:
    return datetime.now(timezone.utc).replace(tzinfo=None)


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge for a PKCE verifier (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def pkce_pair() -> tuple[str, str]:
    """Return a fresh (verifier, challenge); keep the verifier until :func:`exchange_code`."""
    verifier = secrets.token_urlsafe(64)
    return verifier, challenge_of(verifier)


def authorize_url(
    endpoints: Endpoints,
    client_id: str,
    redirect_uri: str,
    scopes: list[str] | tuple[str, ...] | str,
    state: str,
    challenge: str | None = None,
) -> str:
    """Return the address of the consent page.

    :param redirect_uri: as registered for the app, to the letter; https, but for ``http://localhost`` (Xero: OAuth 2.0,
        authorization code).
    :param scopes: list, or one text with blanks between.
    :param state: ours to check on return; Xero gives it back unchanged.
    :param challenge: second half of :func:`pkce_pair`.
    """
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": scopes if isinstance(scopes, str) else " ".join(scopes),
        "state": state,
    }
    if challenge:
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{endpoints.authorize_url}?{urlencode(query, quote_via=quote)}"


def exchange_code(
    endpoints: Endpoints,
    client_id: str,
    client_secret: str,
    code: str,
    redirect_uri: str,
    verifier: str | None = None,
    *,
    timeout: float = TIMEOUT,
) -> TokenSet:
    """Trade the code of a consent (5 minutes, once) for tokens.

    :param code: of Xero's redirect (Xero: OAuth 2.0, authorization code).
    :param redirect_uri: exactly as given to :func:`authorize_url`.
    :param verifier: first half of :func:`pkce_pair`; None without a challenge.
    :param timeout: seconds in all.
    :raise ReauthRequired: when the code is used or too old.
    :raise AppMisconfigured: when id, secret or scopes are wrong.
    :raise Unavailable: when the outcome is not known; the person starts again.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    if verifier:
        form["code_verifier"] = verifier
    return _token_call(endpoints, client_id, client_secret, form, timeout)


def refresh(
    endpoints: Endpoints, client_id: str, client_secret: str, refresh_token: str, *, timeout: float = TIMEOUT
) -> TokenSet:
    """Trade a refresh token for a new pair. One at a time for each token: the caller holds a lock.

    :param refresh_token: as stored; each renewal replaces it (Xero: OAuth 2.0, token types).
    :param timeout: seconds in all.
    :raise ReauthRequired: when the token is dead (``invalid_grant``); before believing it, the caller should look
        whether another process has stored a newer one.
    :raise Unavailable: the same token may be sent again: Xero accepts it for 30 minutes after its replacement.
    :raise AppMisconfigured: when id or secret are wrong.
    """
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _token_call(endpoints, client_id, client_secret, form, timeout)


def client_credentials(
    endpoints: Endpoints,
    client_id: str,
    client_secret: str,
    scopes: list[str] | tuple[str, ...] | str | None = None,
    *,
    timeout: float = TIMEOUT,
) -> TokenSet:
    """Get a token for a custom connection (no person, no refresh token: ask again when it ends).

    :param scopes: None for all that the connection was given; ``offline_access`` is left out, it has no meaning here.
    :param timeout: seconds in all.
    :raise AppMisconfigured: when id, secret or scopes are wrong.
    :raise Unavailable: Xero's identity server does not answer.
    """
    wanted = scopes.split() if isinstance(scopes, str) else list(scopes or [])
    form = {"grant_type": "client_credentials"}
    if wanted:
        form["scope"] = " ".join(scope for scope in wanted if scope != "offline_access")
    return _token_call(endpoints, client_id, client_secret, form, timeout)


def revoke(
    endpoints: Endpoints, client_id: str, client_secret: str, refresh_token: str, *, timeout: float = TIMEOUT
) -> None:
    """Kill a refresh token, and with it every connection of its user to this app.

    A token that is dead already is fine.

    :param timeout: seconds in all.
    :raise Unavailable: when it may not have been done; doing it again is safe.
    """
    try:
        _post(endpoints.revocation_url, client_id, client_secret, {"token": refresh_token}, timeout)
    except ReauthRequired:
        return


def _credentials(client_id: str, client_secret: str, form: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """Return (auth, form): HTTP Basic with a secret, the bare id in the form for an app without one."""
    if client_secret:
        return (client_id, client_secret), form
    return keep_authorization, {**form, "client_id": client_id}


def _post(url: str, client_id: str, client_secret: str, form: dict[str, str], timeout: float) -> RawAnswer:
    auth, form = _credentials(client_id, client_secret, form)
    # Even when the answer gets lost the old refresh token lives on, so repeating is safe.
    answer = _call("POST", url, timeout, headers=_JSON, data=form, auth=auth)
    if not 200 <= answer.status <= 299:
        raise _identity_error(answer)
    return answer


def _call(method: str, url: str, timeout: float, **options: Any) -> RawAnswer:
    with new_session() as session:
        try:
            return transport.call(session, method, url, seconds=timeout, **options)
        except faults.NETWORK_ERRORS as cause:
            raise faults.from_exception(cause, write=False) from None


def _identity_error(answer: RawAnswer) -> XeroError:
    """Only an OAuth error says something of the app or its consent; whatever else comes is trouble of the way."""
    status = answer.status
    wait = limits.retry_after(answer.headers)
    if status == 429:
        return RateLimited(limits.scope(answer.headers), wait, status=status)
    word = (faults.body_of(answer.data) or {}).get("error")
    if status in (400, 401) and word == "invalid_grant":
        return ReauthRequired("invalid_grant", status=status)
    if status in (400, 401) and word in _SETTINGS_ERRORS:
        return AppMisconfigured(word, status=status)
    if status >= 500 and status not in (501, 511):
        return Unavailable(f"Xero's identity server is out of order ({status})", retry_after=wait, status=status)
    return faults.intercepted(status, write=False, retry_after=wait)


def _token_call(
    endpoints: Endpoints, client_id: str, client_secret: str, form: dict[str, str], timeout: float
) -> TokenSet:
    asked_at = _now()
    answer = _post(endpoints.token_url, client_id, client_secret, form, timeout)
    data = faults.body_of(answer.data) or {}
    token = _token(data.get("access_token"))
    if not token:
        raise faults.intercepted(answer.status, write=False)
    return _token_set(token, data, asked_at)


def _token_set(token: str, data: dict[str, Any], asked_at: datetime) -> TokenSet:
    claims = _claims(token)
    renewal = _token(data.get("refresh_token"))
    event = claims.get("authentication_event_id")
    return TokenSet(
        access_token=token,
        refresh_token=renewal,
        expires_at=asked_at + timedelta(seconds=_seconds(data.get("expires_in"))),
        refresh_expires_at=asked_at + REFRESH_TOKEN_LIFE if renewal else None,
        scopes=_scopes(data.get("scope") or claims.get("scope")),
        auth_event_id=event if isinstance(event, str) and 0 < len(event) <= LONGEST_SCOPE else None,
    )


def _token(value: Any) -> str | None:
    """Return a token that can stand in a header; None for whatever else an answer holds in its place."""
    fits = isinstance(value, str) and 0 < len(value) <= LONGEST_TOKEN and value.isascii() and value.isprintable()
    return value if fits and " " not in value else None


def _seconds(value: Any) -> int:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return ACCESS_TOKEN_LIFE
    if isinstance(value, bool) or math.isnan(seconds):
        return ACCESS_TOKEN_LIFE
    return int(min(max(seconds, SHORTEST_LIFE), LONGEST_LIFE))


def _scopes(value: Any) -> list[str]:
    found = value.split() if isinstance(value, str) else value
    if not isinstance(found, (list, tuple)):
        return []
    texts = [item for item in found if isinstance(item, str) and 0 < len(item) <= LONGEST_SCOPE and item.isprintable()]
    return texts[:MOST_SCOPES]


def _claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT, unverified: they only describe a token that came from Xero over TLS."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        data = codec.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


# === Connections === #


def list_connections(
    endpoints: Endpoints,
    access_token: str,
    auth_event_id: str | None = None,
    *,
    timeout: float = TIMEOUT,
    sleep: Callable[[float], None] | None = None,
) -> list[dict[str, Any]]:
    """Return the organisations this token reaches; practices and other tenant types are left out.

    :param auth_event_id: only what this consent added.
    :param timeout: seconds in all for one HTTP call.
    :param sleep: as for :func:`retry.call`.
    :return: dicts with Xero's own keys: ``id`` (of the connection, for :func:`delete_connection`), ``tenantId``,
        ``tenantName``, ``tenantType``, ``authEventId`` (texts, never None), ``createdDateUtc`` and ``updatedDateUtc``
        (naive UTC datetimes or None; different when the organisation was disconnected and connected again).
    :raise ReauthRequired: when the token is dead.
    :raise Unavailable: Xero did not say.
    """
    url = endpoints.connections_url
    if auth_event_id:
        url += f"?authEventId={quote(auth_event_id, safe='')}"
    with deadline.within(timeout + retry.SECONDS):
        content = retry.call(lambda: _bearer_call("GET", url, access_token, timeout), sleep=sleep)
    try:
        found = codec.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise faults.intercepted(200, write=False)
    return [_connection(item) for item in found if isinstance(item, dict) and _is_organisation(item)]


def delete_connection(endpoints: Endpoints, access_token: str, connection_id: str, *, timeout: float = TIMEOUT) -> None:
    """Disconnect one organisation; tokens stay good. One that is gone already is fine.

    :param connection_id: ``id`` of :func:`list_connections`, not the tenant id.
    :param timeout: seconds in all.
    :raise Unavailable: when it may not have been done; doing it again is safe.
    """
    try:
        _bearer_call("DELETE", f"{endpoints.connections_url}/{quote(connection_id, safe='')}", access_token, timeout)
    except NotFound:
        return


def _bearer_call(method: str, url: str, access_token: str, timeout: float) -> bytes:
    headers = {**_JSON, "Authorization": f"Bearer {access_token}"}
    answer = _call(method, url, timeout, headers=headers)
    if not 200 <= answer.status <= 299:
        single = method == "DELETE"
        raise faults.from_answer(answer.status, answer.headers, answer.data, write=False, single=single)
    return answer.data


def _is_organisation(item: dict[str, Any]) -> bool:
    return str(item.get("tenantType") or "").upper() == _ORGANISATION


def _connection(item: dict[str, Any]) -> dict[str, Any]:
    texts = {name: str(item.get(name) or "") for name in ("id", "tenantId", "tenantName", "authEventId")}
    moments = {name: dates.believable(item.get(name)) for name in ("createdDateUtc", "updatedDateUtc")}
    return {**texts, "tenantType": _ORGANISATION, **moments}
