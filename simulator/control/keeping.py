"""Taking the whole state out and putting it back in, perhaps months later: what a stored database was connected to."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..oauth.registry import App, Connection
from ..oauth.tokens import AccessToken, Grant, RefreshToken
from ..organisation import Organisation
from ..seeding import make_organisation
from ..store import Table
from ..world import World
from .rewind import KEPT

Body = dict[str, Any]
RECORDS = {kind.__name__: kind for kind in (App, Connection, Grant, AccessToken, RefreshToken)}
PACK: dict[type, Callable[[Any], Any]] = {
    list: lambda value: [pack(item) for item in value],
    tuple: lambda value: [pack(item) for item in value],
    set: lambda value: [pack(item) for item in sorted(value)],
    dict: lambda value: [[pack(key), pack(item)] for key, item in value.items()],
    Decimal: str,
    float: repr,
    datetime: datetime.isoformat,
    date: date.isoformat,
    bytes: bytes.hex,
}
UNPACK: dict[str, Callable[[Any], Any]] = {
    "list": lambda value: [unpack(item) for item in value],
    "tuple": lambda value: tuple(unpack(item) for item in value),
    "set": lambda value: {unpack(item) for item in value},
    "dict": lambda value: {unpack(key): unpack(item) for key, item in value},
    "Decimal": Decimal,
    "float": float,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "bytes": bytes.fromhex,
}


def pack(value: Any) -> Any:
    """A value as JSON: plain ones as they are, the others as a pair of type and content."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    name = type(value).__name__
    return [name, pack(vars(value)) if name in RECORDS else PACK[type(value)](value)]


def unpack(value: Any) -> Any:
    """What `pack` was given."""
    if not isinstance(value, list):
        return value
    name, content = value
    return RECORDS[name](**unpack(content)) if name in RECORDS else UNPACK[name](content)


def take(world: World, body: Body) -> Body:
    """Organisations with their books, apps, connections and tokens; no faults, figures or webhooks."""
    with world.lock:
        tokens = world.registry.tokens
        state = {
            "time": world.clock.now(),
            "organisations": [_of_organisation(org) for org in world.organisations.values()],
            "apps": world.registry.apps,
            "connections": world.registry.connections,
            "granted": world.registry.granted,
            "access": list(tokens._access.values()),
            "refresh": list(tokens._refresh.values()),
        }
        return {"state": pack(state)}


def _of_organisation(org: Organisation) -> dict[str, Any]:
    with org.lock:
        rows = {name: list(table.rows.values()) for name, table in vars(org).items() if isinstance(table, Table)}
        return {"rows": rows, **{name: getattr(org, name) for name in KEPT}}


def put(world: World, body: Body) -> Body:
    """Everything as it was taken; tokens have as much of their life left as then."""
    state = unpack(body["state"])
    with world.lock:
        world.reset()
        world.organisations = {}
        for values in state["organisations"]:
            org = _to_organisation(world, values)
            world.organisations[org.id] = org
        registry = world.registry
        registry.apps, registry.connections, registry.granted = state["apps"], state["connections"], state["granted"]
        gone = world.clock.now() - state["time"]
        for token in (*state["access"], *state["refresh"]):
            token.expires += gone
        registry.tokens._access = {token.value: token for token in state["access"]}
        registry.tokens._refresh = {token.value: token for token in state["refresh"]}
    return {"organisations": len(world.organisations)}


def _to_organisation(world: World, values: dict[str, Any]) -> Organisation:
    org = make_organisation(values["settings"]["seed"], world.clock)
    org.id = values["profile"]["OrganisationID"]
    for name in KEPT:
        setattr(org, name, values[name])
    for name, rows in values["rows"].items():
        table = getattr(org, name)
        for row_id in list(table.rows):
            table.remove(row_id)
        for row in rows:
            table.put(row)
    return org
