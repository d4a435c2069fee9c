"""Codes, access and refresh tokens: their lives, rotation and grace."""

import base64
import hashlib
import hmac
import json
import re
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from ..clock import Clock
from ..organisation import new_id

_VERIFIER = re.compile(r"^[A-Za-z0-9\-._~]{43,128}$")
LIVES = {"code": 300.0, "access": 1800.0, "refresh": 60 * 86400.0, "grace": 1800.0, "id": 300.0}


@dataclass
class Grant:
    """What a consent gave: to which app, for which user, with which scopes."""

    client_id: str
    user_id: str
    scopes: set[str]
    auth_event_id: str
    family: str = field(default_factory=new_id)


@dataclass
class Code:
    """An authorization code."""

    value: str
    grant: Grant
    redirect_uri: str
    challenge: str | None
    expires: datetime
    used: bool = False


@dataclass
class AccessToken:
    """An access token; the fault that expires tokens moves ``expires``."""

    value: str
    grant: Grant
    expires: datetime


@dataclass
class RefreshToken:
    """A refresh token; after rotation it still works until ``dead_at``."""

    value: str
    grant: Grant
    expires: datetime
    dead_at: datetime | None = None


class Refused(Exception):
    """The token endpoint answers 400 with this error code."""

    def __init__(self, error: str, description: str | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class Tokens:
    """All tokens ever given out. Lives can be changed while running (``lives``)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.lives: dict[str, float] = dict(LIVES)
        self._secret = secrets.token_bytes(32)
        self._codes: dict[str, Code] = {}
        self._access: dict[str, AccessToken] = {}
        self._refresh: dict[str, RefreshToken] = {}

    def make_code(self, grant: Grant, redirect_uri: str, challenge: str | None) -> str:
        """A code that lives 5 minutes and works once."""
        code = Code(secrets.token_urlsafe(32), grant, redirect_uri, challenge, self._after("code"))
        self._codes[code.value] = code
        return code.value

    def use_code(self, value: str, client_id: str, redirect_uri: str, verifier: str | None) -> Grant:
        """Exchange a code. Raises :class:`Refused` (invalid_grant)."""
        with self.lock:
            code = self._codes.get(value)
            if code is None or code.used or code.grant.client_id != client_id or code.expires <= self.clock.now():
                raise Refused("invalid_grant")
            code.used = True
            if code.redirect_uri != redirect_uri or not pkce_matches(code.challenge, verifier):
                raise Refused("invalid_grant")
            return code.grant

    def issue(self, grant: Grant) -> dict:
        """The token endpoint's answer; a refresh token only with offline_access, an id token only with openid."""
        now = self.clock.now()
        access = AccessToken(self._jwt(grant), grant, self._after("access"))
        self._access[access.value] = access
        answer = {
            "access_token": access.value,
            "expires_in": int((access.expires - now).total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(sorted(grant.scopes)),
        }
        if "openid" in grant.scopes:
            answer["id_token"] = self._sign({"sub": grant.user_id, "aud": grant.client_id, **self._times("id")})
        if "offline_access" in grant.scopes:
            refresh = RefreshToken(secrets.token_urlsafe(48), grant, self._after("refresh"))
            self._refresh[refresh.value] = refresh
            answer["refresh_token"] = refresh.value
        return answer

    def refresh(self, value: str, client_id: str) -> tuple[dict, bool]:
        """Rotate: (answer, whether an already rotated token was used inside its grace). Raises :class:`Refused`.

        Every other refresh token of the same consent starts (or goes on with) its 30 minutes of grace.
        """
        with self.lock:
            now = self.clock.now()
            token = self._refresh.get(value)
            if token is None or token.grant.client_id != client_id or token.expires <= now:
                raise Refused("invalid_grant")
            if token.dead_at is not None and token.dead_at <= now:
                raise Refused("invalid_grant")
            late = token.dead_at is not None
            self._start_grace(token.grant.family)
            return self.issue(token.grant), late

    def _start_grace(self, family: str) -> None:
        dead_at = self._after("grace")
        for token in self._refresh.values():
            if token.grant.family == family and token.dead_at is None:
                token.dead_at = dead_at

    def access(self, value: str) -> AccessToken | None:
        """The access token, expired or not."""
        return self._access.get(value)

    def find_refresh(self, value: str, client_id: str) -> RefreshToken | None:
        """A refresh token of this app, for revocation."""
        token = self._refresh.get(value)
        return token if token and token.grant.client_id == client_id else None

    def revoke(self, client_id: str, user_id: str) -> None:
        """No refresh token of this user and app works any more."""
        with self.lock:
            gone = [
                value
                for value, token in self._refresh.items()
                if (token.grant.client_id, token.grant.user_id) == (client_id, user_id)
            ]
            for value in gone:
                del self._refresh[value]

    def expire_access(self, client_id: str | None = None) -> int:
        """End the life of every access token now (of one app, or of all); returns how many."""
        now = self.clock.now()
        live = [
            token
            for token in list(self._access.values())
            if token.expires > now and client_id in (None, token.grant.client_id)
        ]
        for token in live:
            token.expires = now
        return len(live)

    def expire_refresh(self, client_id: str | None = None) -> int:
        """End the life of every refresh token now; returns how many."""
        with self.lock:
            tokens = [token for token in self._refresh.values() if client_id in (None, token.grant.client_id)]
            for token in tokens:
                token.expires = self.clock.now()
            return len(tokens)

    def _after(self, kind: str) -> datetime:
        return self.clock.now() + timedelta(seconds=self.lives[kind])

    def _times(self, kind: str) -> dict:
        def seconds(moment: datetime) -> int:
            return int(moment.replace(tzinfo=timezone.utc).timestamp())

        now = self.clock.now()
        return {"nbf": seconds(now), "iat": seconds(now), "exp": seconds(self._after(kind))}

    def _jwt(self, grant: Grant) -> str:
        claims = {
            **self._times("access"),
            "iss": "https://identity.xero.com",
            "aud": "https://identity.xero.com/resources",
            "client_id": grant.client_id,
            "sub": hashlib.md5(grant.user_id.encode(), usedforsecurity=False).hexdigest(),
            "xero_userid": grant.user_id,
            "authentication_event_id": grant.auth_event_id,
            "jti": secrets.token_hex(16),
            "scope": sorted(grant.scopes),
        }
        return self._sign(claims)

    def _sign(self, claims: dict) -> str:
        head = _b64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
        body = _b64(json.dumps(claims).encode())
        mac = hmac.new(self._secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
        return f"{head}.{body}.{_b64(mac)}"


def pkce_matches(challenge: str | None, verifier: str | None) -> bool:
    """S256 only. A verifier without a challenge, or a challenge without a verifier, does not match."""
    if challenge is None:
        return verifier is None
    if verifier is None or not _VERIFIER.match(verifier):
        return False
    return hmac.compare_digest(_b64(hashlib.sha256(verifier.encode()).digest()), challenge)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
