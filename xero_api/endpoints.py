"""Where Xero lives: three base addresses, replaceable by those of a simulator or a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

LOGIN_URL = "https://login.xero.com"
IDENTITY_URL = "https://identity.xero.com"
API_URL = "https://api.xero.com"

_AUTHORIZE_PATH = "/identity/connect/authorize"
_TOKEN_PATH = "/connect/token"
_REVOCATION_PATH = "/connect/revocation"
_CONNECTIONS_PATH = "/connections"
_ACCOUNTING_PATH = "/api.xro/2.0"


def _normalise(address: str | None, default: str, known_paths: tuple[str, ...]) -> str:
    base = (address or "").strip().rstrip("/") or default
    for path in known_paths:
        if base.lower().endswith(path):
            base = base[: -len(path)].rstrip("/")
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(f"Not a usable base address: {base!r}")
    return base


@dataclass(frozen=True)
class Endpoints:
    """The three base addresses, without a trailing slash.

    An empty value means Xero's own address. A trailing slash or a full known path (for example
    ``https://api.xero.com/api.xro/2.0/``) is cut back to its base.

    :raise ValueError: when an address is no plain http(s) address.
    """

    login_url: str = LOGIN_URL
    identity_url: str = IDENTITY_URL
    api_url: str = API_URL

    def __post_init__(self) -> None:
        self._set("login_url", LOGIN_URL, (_AUTHORIZE_PATH,))
        self._set("identity_url", IDENTITY_URL, (_TOKEN_PATH, _REVOCATION_PATH))
        self._set("api_url", API_URL, (_ACCOUNTING_PATH, _CONNECTIONS_PATH))

    def _set(self, name: str, default: str, known_paths: tuple[str, ...]) -> None:
        object.__setattr__(self, name, _normalise(getattr(self, name), default, known_paths))

    @property
    def authorize_url(self) -> str:
        """Page on which a person consents."""
        return self.login_url + _AUTHORIZE_PATH

    @property
    def token_url(self) -> str:
        """Code exchange, refresh and client credentials."""
        return self.identity_url + _TOKEN_PATH

    @property
    def revocation_url(self) -> str:
        """Kills a refresh token and every connection of its user to the app."""
        return self.identity_url + _REVOCATION_PATH

    @property
    def connections_url(self) -> str:
        """Organisations that an access token can reach."""
        return self.api_url + _CONNECTIONS_PATH

    @property
    def accounting_url(self) -> str:
        """Base of the Accounting API."""
        return self.api_url + _ACCOUNTING_PATH
