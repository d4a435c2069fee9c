"""Where Xero lives: three base addresses, replaceable by those of a simulator or a proxy."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
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
    if reason := _unusable(base):
        # Not the address itself: it may hold a password.
        raise ValueError(f"Not a usable base address: {reason}")
    return base


def _unusable(base: str) -> str | None:
    """Return why secrets may not be sent to ``base``, None when they may."""
    if any(ord(sign) <= 32 or ord(sign) >= 127 for sign in base) or "\\" in base:
        return "it has characters that no address has"
    try:
        parts = urlsplit(base)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "it cannot be read"
    if "@" in parts.netloc:
        return "it must not hold a name or a password"
    if "?" in base or "#" in base:
        return "it must not hold a query"
    if parts.scheme not in ("http", "https") or not host:
        return "it must begin with https:// and a host"
    number = _ip_address(host)
    if number is None and host.rstrip(".").rpartition(".")[2][:1].isdigit():
        return "its host is no name and no address"
    if number and (number.is_link_local or number.is_unspecified or number.is_multicast):
        return "its host is no server of Xero"
    if parts.scheme == "http" and not (host == "localhost" or (number and number.is_loopback)):
        return "only https is allowed, but for this machine itself"
    return None


def _ip_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        number = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(number, "ipv4_mapped", None) or number


@dataclass(frozen=True)
class Endpoints:
    """The three base addresses, without a trailing slash.

    An empty value means Xero's own address. A trailing slash or a full known path (for example
    ``https://api.xero.com/api.xro/2.0/``) is cut back to its base.

    :raise ValueError: when an address is none that secrets may be sent to: https only, but for this machine itself; no
        name, password or query; no link-local host. Its text says why, never what the address was.
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
