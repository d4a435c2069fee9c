"""Apps, consents and connections: who may read which organisation."""

import secrets
import threading
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from ..clock import Clock
from ..organisation import new_id
from .tokens import Tokens

DEFAULT_CLIENT_ID = "SIMULATORDEMOAPP0000000000000000"
DEFAULT_CLIENT_SECRET = "simulator-demo-secret-not-a-real-one"
DEMO_USER = "d5e0a000-0000-4000-8000-000000000001"


@dataclass
class App:
    """An app registered in the developer portal."""

    client_id: str
    client_secret: str
    name: str
    redirect_uris: list[str]
    any_localhost_redirect: bool = False
    created: date = date(2026, 11, 1)
    tier: str = "starter"
    pkce_only: bool = False
    custom_organisation: str | None = None
    certified: bool = False
    scopes: list[str] = field(default_factory=list)


@dataclass
class Connection:
    """One organisation that one user connected to one app."""

    id: str
    client_id: str
    user_id: str
    tenant_id: str
    auth_event_id: str
    created: datetime
    updated: datetime
    active: bool = True


def redirect_uri_allowed(uri: str) -> bool:
    """https, or http://localhost for development; http://127.0.0.1 is refused."""
    parts = urlsplit(uri)
    if parts.fragment:
        return False
    return (parts.scheme == "https" and bool(parts.hostname)) or (
        parts.scheme == "http" and parts.hostname == "localhost"
    )


class Registry:
    """Apps by client id; connections and granted scopes by (app, user)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.apps: dict[str, App] = {}
        self.connections: list[Connection] = []
        self.granted: dict[tuple[str, str], set[str]] = {}
        self.tokens = Tokens(clock)

    def add_default_app(self) -> App:
        """The app that is there from the start; any http://localhost redirect address is registered for it."""
        return self.add_app(
            client_id=DEFAULT_CLIENT_ID,
            client_secret=DEFAULT_CLIENT_SECRET,
            name="Simulator demo app",
            redirect_uris=[],
            any_localhost_redirect=True,
        )

    def add_app(self, **fields) -> App:
        """Register an app. Raises ValueError for a redirect address Xero would not take."""
        for uri in fields.get("redirect_uris", []):
            if not redirect_uri_allowed(uri):
                raise ValueError(f"Redirect URI must be https or http://localhost: {uri}")
        fields.setdefault("client_id", secrets.token_hex(16).upper())
        fields.setdefault("client_secret", secrets.token_urlsafe(36))
        app = App(**fields)
        self.apps[app.client_id] = app
        if app.custom_organisation:
            self.connect(app, DEMO_USER, [app.custom_organisation], new_id())
        return app

    def redirect_matches(self, app: App, uri: str) -> bool:
        """The address must be one of the registered ones, letter for letter."""
        if not redirect_uri_allowed(uri):
            return False
        if app.any_localhost_redirect and urlsplit(uri).hostname == "localhost":
            return True
        return uri in app.redirect_uris

    def connect(self, app: App, user_id: str, tenant_ids: list[str], auth_event_id: str) -> list[Connection]:
        """Connect organisations; one that was connected before keeps its created date."""
        with self.lock:
            return [self._connect(app, user_id, tenant_id, auth_event_id) for tenant_id in tenant_ids]

    def _connect(self, app: App, user_id: str, tenant_id: str, auth_event_id: str) -> Connection:
        now = self.clock.now()
        for connection in self.connections:
            if (connection.client_id, connection.user_id, connection.tenant_id) == (app.client_id, user_id, tenant_id):
                if not connection.active:
                    connection.id = new_id()
                    connection.updated = max(now, connection.created + timedelta(milliseconds=1))
                connection.active, connection.auth_event_id = True, auth_event_id
                return connection
        connection = Connection(new_id(), app.client_id, user_id, tenant_id, auth_event_id, now, now)
        self.connections.append(connection)
        return connection

    def of(self, client_id: str, user_id: str) -> list[Connection]:
        """Live connections of this user to this app; an empty user id means the app itself: all of its users."""
        return [
            connection
            for connection in self.connections
            if connection.active and connection.client_id == client_id and user_id in ("", connection.user_id)
        ]

    def connected(self, client_id: str, user_id: str, tenant_id: str) -> bool:
        """Whether the token's holder may call this tenant."""
        return any(connection.tenant_id == tenant_id for connection in self.of(client_id, user_id))

    def uncertified_apps(self, tenant_id: str) -> set[str]:
        """Client ids of uncertified apps connected to an organisation (custom connections do not count)."""
        return {
            connection.client_id
            for connection in self.connections
            if connection.active and connection.tenant_id == tenant_id and self._uncertified(connection.client_id)
        }

    def _uncertified(self, client_id: str) -> bool:
        app = self.apps[client_id]
        return not app.certified and not app.custom_organisation

    def grant(self, app: App, user_id: str, scopes: set[str]) -> set[str]:
        """Scopes add up over consents and never shrink (until everything is revoked)."""
        granted = self.granted.setdefault((app.client_id, user_id), set())
        granted |= scopes
        return set(granted)

    def forget(self, client_id: str, user_id: str) -> None:
        """Revocation: all of the user's connections to the app go, and so do the granted scopes."""
        with self.lock:
            for connection in self.of(client_id, user_id):
                connection.active = False
            self.granted.pop((client_id, user_id), None)
