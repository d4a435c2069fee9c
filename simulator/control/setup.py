"""Reset, apps, organisations, and tokens without the consent page."""

from datetime import date
from decimal import Decimal
from typing import Any

from .. import dates
from ..oauth import scopes as scope_rules
from ..oauth.registry import DEMO_USER, App
from ..oauth.tokens import Grant
from ..organisation import Organisation, new_id
from ..seeding import seed_names
from ..world import World

Body = dict[str, Any]
DAY_FIELDS = ("PeriodLockDate", "EndOfYearLockDate")


def overview(world: World, body: Body) -> Body:
    """What is there: time, apps, organisations."""
    return {
        "time": dates.iso(world.clock.now()),
        "apps": list_apps(world, body)["apps"],
        "organisations": list_organisations(world, body)["organisations"],
        "seeds": seed_names(),
    }


def reset(world: World, body: Body) -> Body:
    """Back to the state after start."""
    world.reset()
    return overview(world, body)


def add_app(world: World, body: Body) -> Body:
    """Register an app: name, redirect_uris, created (YYYY-MM-DD), tier, pkce_only, custom_organisation, certified,
    scopes, client_id, client_secret."""
    values = dict(body)
    values.setdefault("name", "An app")
    values.setdefault("redirect_uris", [])
    if "created" in values:
        values["created"] = date.fromisoformat(values["created"])
    if values.get("custom_organisation"):
        values["custom_organisation"] = find(world, values["custom_organisation"]).id
    return _app(world.registry.add_app(**values))


def list_apps(world: World, body: Body) -> Body:
    """All apps, secrets included: none of them is real."""
    return {"apps": [_app(app) for app in world.registry.apps.values()]}


def _app(app: App) -> Body:
    return {**vars(app), "created": app.created.isoformat()}


def add_organisation(world: World, body: Body) -> Body:
    """A further organisation: seed, and fields of the profile such as Name or BaseCurrency."""
    values = dict(body)
    seed = values.pop("seed", "au")
    if seed not in seed_names():
        raise ValueError(f"No seed named {seed}; there are: {', '.join(seed_names())}")
    return describe(world.add_organisation(seed, values))


def list_organisations(world: World, body: Body) -> Body:
    """All organisations in short."""
    return {"organisations": [describe(org) for org in world.organisations.values()]}


def show_organisation(world: World, body: Body, org: str) -> Body:
    """One organisation with profile, settings and actions."""
    found = find(world, org)
    return {**describe(found), "profile": found.profile, "settings": found.settings, "actions": found.actions}


def change_organisation(world: World, body: Body, org: str) -> Body:
    """Change ``profile`` fields (lock dates as YYYY-MM-DD or null), ``settings``, ``actions``, and ``rates`` of the day
    (units of a currency for one of base currency).
    """
    found = find(world, org)
    with found.lock:
        for name, value in body.get("profile", {}).items():
            if name in DAY_FIELDS and value:
                value = date.fromisoformat(value)
            found.profile[name] = value
        found.settings |= body.get("settings", {})
        found.actions |= body.get("actions", {})
        found.day_rates |= {code: Decimal(str(rate)) for code, rate in body.get("rates", {}).items()}
    return show_organisation(world, {}, org)


def describe(org: Organisation) -> Body:
    """An organisation in a few words and figures."""
    return {
        "tenant_id": org.id,
        "seed": org.settings["seed"],
        "name": org.profile["Name"],
        "country": org.profile["CountryCode"],
        "currency": org.base_currency,
        "counts": {
            name: len(getattr(org, name)) for name in ("contacts", "invoices", "credit_notes", "payments")
        },
    }


def give_token(world: World, body: Body) -> Body:
    """A token set without the consent page: client_id (default the demo app), organisations, scopes (all granular)."""
    client_id = body.get("client_id") or next(iter(world.registry.apps))
    app = world.registry.apps[client_id]
    user = body.get("user", DEMO_USER)
    tenants = [find(world, key).id for key in body.get("organisations", list(world.organisations))]
    scopes = set(body.get("scopes", sorted(scope_rules.GRANULAR | {"offline_access"})))
    event = new_id()
    world.registry.connect(app, user, tenants, event)
    return world.registry.tokens.issue(Grant(client_id, user, scopes, event)) | {"tenants": tenants}


def find(world: World, key: str) -> Organisation:
    """By tenant id, seed name or name. Raises KeyError."""
    found = world.organisation(key)
    if found is None:
        raise KeyError(f"organisation {key}")
    return found

