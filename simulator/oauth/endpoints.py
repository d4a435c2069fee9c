"""The identity server: token, revocation, discovery; and ``/connections`` of the API host."""

import base64
import binascii

from werkzeug.wrappers import Request, Response

from ..dates import long_iso
from ..errors import json_response, refused
from ..organisation import new_id
from ..world import World
from . import scopes as scope_rules
from .registry import DEMO_USER, App, Connection
from .tokens import AccessToken, Grant, Refused


def discovery(request: Request) -> Response:
    """OpenID configuration of the simulator."""
    base = request.host_url.rstrip("/")
    return json_response(
        {
            "issuer": base,
            "authorization_endpoint": f"{base}/identity/connect/authorize",
            "token_endpoint": f"{base}/connect/token",
            "revocation_endpoint": f"{base}/connect/revocation",
            "scopes_supported": sorted(scope_rules.KNOWN),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )


def token(world: World, request: Request) -> Response:
    """POST /connect/token. Errors are 400 with ``error``, as Xero's identity server gives them."""
    grants = {
        "authorization_code": _by_code,
        "refresh_token": _by_refresh,
        "client_credentials": _by_client_credentials,
    }
    kind = request.form.get("grant_type", "")
    try:
        if request.method != "POST" or kind not in grants:
            raise Refused("unsupported_grant_type")
        answer = grants[kind](world, request)
    except Refused as refusal:
        world.stats.oauth(f"{kind or 'token'}_refused_{refusal.error}")
        return _error(refusal)
    world.stats.oauth(kind)
    return json_response(answer, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def revocation(world: World, request: Request) -> Response:
    """POST /connect/revocation: kills the refresh token and all connections of its user to the app; 200, empty."""
    try:
        app = _client(world, request)
    except Refused as refusal:
        return _error(refusal)
    found = world.registry.tokens.find_refresh(request.form.get("token", ""), app.client_id)
    if found:
        world.registry.tokens.revoke(app.client_id, found.grant.user_id)
        world.registry.forget(app.client_id, found.grant.user_id)
    world.stats.oauth("revocation")
    return Response("", status=200)


def connections(world: World, request: Request, connection_id: str | None) -> Response:
    """GET /connections with ``authEventId`` filter, DELETE /connections/{id}."""
    access = bearer(world, request)
    rows = world.registry.of(access.grant.client_id, access.grant.user_id)
    if request.method == "DELETE":
        return _delete_connection(world, rows, connection_id)
    if request.method != "GET" or connection_id:
        return Response("", status=405)
    wanted = request.args.get("authEventId")
    return json_response([_render(world, row) for row in rows if wanted in (None, row.auth_event_id)])


def bearer(world: World, request: Request) -> AccessToken:
    """The live access token of a call. Raises :class:`simulator.errors.Answer` with 401."""
    header = request.headers.get("Authorization", "")
    access = world.registry.tokens.access(header[7:].strip()) if header[:7].lower() == "bearer " else None
    if access is None:
        raise refused(401, "AuthenticationUnsuccessful", {"WWW-Authenticate": "Bearer error=\"invalid_token\""})
    if access.expires <= world.clock.now():
        raise refused(401, token_expired(access), {"WWW-Authenticate": "Bearer error=\"invalid_token\""})
    return access


def token_expired(access: AccessToken) -> str:
    """The Detail of the 401 for a token whose time is over."""
    return f"TokenExpired: token expired at {access.expires.strftime('%m/%d/%Y %H:%M:%S')}"


def _error(refusal: Refused) -> Response:
    body = {"error": refusal.error}
    if refusal.description:
        body["error_description"] = refusal.description
    return json_response(body, 400)


def _credentials(request: Request) -> tuple[str, str | None]:
    header = request.headers.get("Authorization", "")
    if header[:6].lower() == "basic ":
        try:
            client_id, _colon, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refused("invalid_client") from None
        return client_id, secret
    return request.form.get("client_id", ""), request.form.get("client_secret")


def _client(world: World, request: Request) -> App:
    """The calling app. A confidential app without its secret is refused, PKCE or not; a native one has no secret."""
    client_id, secret = _credentials(request)
    app = world.registry.apps.get(client_id)
    if app is None:
        raise Refused("invalid_client")
    if app.pkce_only and not secret:
        return app
    if secret != app.client_secret:
        raise Refused("invalid_client")
    return app


def _by_code(world: World, request: Request) -> dict:
    app = _client(world, request)
    form = request.form
    if app.pkce_only and not form.get("code_verifier"):
        raise Refused("invalid_grant")
    grant = world.registry.tokens.use_code(
        form.get("code", ""), app.client_id, form.get("redirect_uri", ""), form.get("code_verifier")
    )
    return world.registry.tokens.issue(grant)


def _by_refresh(world: World, request: Request) -> dict:
    app = _client(world, request)
    answer, late = world.registry.tokens.refresh(request.form.get("refresh_token", ""), app.client_id)
    if late:
        world.stats.oauth("refresh_token_in_grace")
    return answer


def _by_client_credentials(world: World, request: Request) -> dict:
    """Custom connections (one app, one organisation, no refresh token), or ``app.connections`` for any app."""
    app = _client(world, request)
    asked = request.form.get("scope", "").split()
    if not app.custom_organisation and asked != ["app.connections"]:
        raise Refused("unauthorized_client")
    wanted = asked or app.scopes or sorted(scope_rules.GRANULAR - {"accounting.journals.read"})
    if set(wanted) & scope_rules.IDENTITY or scope_rules.refusal(wanted, app.created):
        raise Refused("invalid_scope")
    if app.scopes and not set(wanted) <= set(app.scopes):
        raise Refused("invalid_scope")
    user = DEMO_USER if app.custom_organisation else ""
    return world.registry.tokens.issue(Grant(app.client_id, user, set(wanted), new_id()))


def _delete_connection(world: World, rows: list[Connection], connection_id: str | None) -> Response:
    """204, or 404 when gone. The id is the connection's, not the tenant's. Tokens stay valid."""
    for row in rows:
        if row.id == connection_id:
            row.active = False
            row.updated = world.clock.now()
            world.stats.oauth("disconnect")
            return Response("", status=204)
    return Response("", status=404)


def _render(world: World, row: Connection) -> dict:
    org = world.organisations[row.tenant_id]
    return {
        "id": row.id,
        "authEventId": row.auth_event_id,
        "tenantId": row.tenant_id,
        "tenantType": "ORGANISATION",
        "tenantName": org.profile["Name"],
        "createdDateUtc": long_iso(row.created),
        "updatedDateUtc": long_iso(row.updated),
    }
