"""``/identity/connect/authorize``: the consent page and what its form does."""

from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from ..organisation import Organisation, new_id
from ..world import World
from . import consent_page
from .registry import DEMO_USER, App
from .scopes import refusal
from .tokens import Grant

UNCERTIFIED_APPS_PER_ORGANISATION = 2


class Stop(Exception):
    """The request to authorize is wrong: a page says why, and nobody is sent back to the app."""

    def __init__(self, error: str, message: str) -> None:
        super().__init__(error)
        self.error = error
        self.message = message


def authorize(world: World, request: Request) -> Response:
    """GET shows the consent page; POST (its form, or a script) decides.

    A script posts the same parameters as the query plus ``decision`` (allow or deny) and, for allow, one or more
    ``organisation`` (tenant id, seed name or exact name; ``all`` for every one).
    """
    values = request.values
    try:
        app = _checked_app(world, values)
    except Stop as stop:
        world.stats.oauth(f"authorize_refused_{stop.error}")
        return Response(consent_page.error(stop.error, stop.message), status=400, mimetype="text/html")
    if request.method == "GET":
        return Response(consent_page.page(app, list(world.organisations.values()), values), mimetype="text/html")
    if values.get("decision") != "allow":
        return _back(values, {"error": "access_denied", "error_description": "The user denied the request."})
    return _allow(world, app, values, request.form.getlist("organisation"))


def _checked_app(world: World, values) -> App:
    app = world.registry.apps.get(values.get("client_id", ""))
    if app is None:
        raise Stop("unauthorized_client", "Unknown client or client not enabled")
    if app.custom_organisation:
        raise Stop("unauthorized_client", "Invalid grant type for client")
    if not world.registry.redirect_matches(app, values.get("redirect_uri", "")):
        raise Stop("unauthorized_client", "Invalid redirect_uri")
    if values.get("response_type") != "code":
        raise Stop("unsupported_response_type", "Response type not supported")
    error = refusal(values.get("scope", "").split(), app.created)
    if error:
        raise Stop(error, "Invalid scope for client" if error == "unauthorized_client" else "Invalid scope")
    _check_pkce(app, values)
    return app


def _check_pkce(app: App, values) -> None:
    challenge = values.get("code_challenge")
    if challenge and values.get("code_challenge_method") != "S256":
        raise Stop("invalid_request", "Transform algorithm not supported")
    if app.pkce_only and not challenge:
        raise Stop("invalid_request", "code challenge required")


def _allow(world: World, app: App, values, wanted: list[str]) -> Response:
    organisations = _organisations(world, wanted)
    if not organisations:
        return _back(values, {"error": "access_denied", "error_description": "No organisation was chosen."})
    full = next((org for org in organisations if _is_full(world, app, org)), None)
    if full:
        message = f"{full.profile['Name']} already has {UNCERTIFIED_APPS_PER_ORGANISATION} uncertified apps connected."
        return Response(consent_page.error("access_denied", message), status=400, mimetype="text/html")
    user = values.get("user") or DEMO_USER
    event = new_id()
    world.registry.connect(app, user, [org.id for org in organisations], event)
    scopes = world.registry.grant(app, user, set(values.get("scope", "").split()))
    grant = Grant(app.client_id, user, scopes, event)
    code = world.registry.tokens.make_code(grant, values["redirect_uri"], values.get("code_challenge") or None)
    world.stats.oauth("consent")
    return _back(values, {"code": code, "scope": " ".join(sorted(scopes))})


def _organisations(world: World, wanted: list[str]) -> list[Organisation]:
    if wanted == ["all"]:
        return list(world.organisations.values())
    found = [world.organisation(key) for key in wanted]
    return [org for org in found if org]


def _is_full(world: World, app: App, org: Organisation) -> bool:
    """At most two uncertified apps per organisation; only when the limit is switched on for the organisation."""
    if not org.settings.get("limit_uncertified_apps") or app.certified:
        return False
    others = world.registry.uncertified_apps(org.id) - {app.client_id}
    return len(others) >= UNCERTIFIED_APPS_PER_ORGANISATION


def _back(values, answer: dict[str, str]) -> Response:
    if "state" in values:
        answer["state"] = values["state"]
    uri = values["redirect_uri"]
    return redirect(uri + ("&" if "?" in uri else "?") + urlencode(answer), code=302)
