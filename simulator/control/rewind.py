"""Remembering what the books of one organisation, or the whole world, hold, and going back to it: tests share a start
that was costly to make.
"""

from copy import copy, deepcopy
from typing import Any

from ..faults import Faults
from ..idempotency import IdempotencyStore
from ..organisation import Organisation
from ..store import Table
from ..world import World
from .setup import find

Body = dict[str, Any]
KEPT = ("profile", "settings", "actions", "day_rates", "history", "attachments", "_counters")
LASTING = {
    "clock": ("_offset",),
    "registry": ("apps", "connections", "granted"),
    "tokens": ("lives", "_codes", "_access", "_refresh"),
    "limits": ("enabled", "values", "_used"),
    "webhooks": ("settings", "subscriptions", "_fresh", "_due", "sent_events", "log"),
}
"""What a world keeps besides its organisations. Faults, figures and idempotency keys begin anew instead."""


def mark(world: World, body: Body, org: str) -> Body:
    """Remember the books as they are now; the mark before is forgotten."""
    found = find(world, org)
    found.marked = _books(found)
    return {"documents": sum(map(len, found.marked["rows"].values()))}


def rewind(world: World, body: Body, org: str) -> Body:
    """Go back to the mark."""
    found = find(world, org)
    kept = found.marked
    if kept is None:
        raise KeyError("mark")
    _put_back(found, kept)
    return {"documents": sum(map(len, kept["rows"].values()))}


def mark_world(world: World, body: Body) -> Body:
    """Remember everything as it is now: organisations with their books, apps, consents, tokens, limits, webhooks, time;
    the mark before is forgotten.
    """
    with world.lock, world.webhooks._wake:
        books = [(org, org.marked, _books(org)) for org in world.organisations.values()]
        # One copy of all, since a delivery and its webhook, a token and its grant, belong together.
        lasting = deepcopy({name: _picked(owner, name) for name, owner in _owners(world).items()})
        world.marked = {"books": books, "lasting": lasting, "readings": dict(world.readings)}
    return {"organisations": len(books)}


def rewind_world(world: World, body: Body) -> Body:
    """Go back to the mark of the world; organisations that were added since are gone."""
    if world.marked is None:
        raise KeyError("mark")
    world.faults.remove()
    world.faults.release()
    world.stats.reset()
    with world.lock, world.webhooks._wake:
        world.faults, world.idempotency = Faults(), IdempotencyStore(world.clock)
        world.readings = dict(world.marked["readings"])
        world.organisations = {org.id: org for org, _marked, _rows in world.marked["books"]}
        for org, marked, books in world.marked["books"]:
            org.marked = marked
            _put_back(org, books)
        lasting = deepcopy(world.marked["lasting"])
        for name, owner in _owners(world).items():
            vars(owner).update(lasting[name])
    return {"organisations": len(world.organisations)}


def _owners(world: World) -> dict[str, Any]:
    return {name: world.registry.tokens if name == "tokens" else getattr(world, name) for name in LASTING}


def _picked(owner: Any, name: str) -> dict[str, Any]:
    return {field: getattr(owner, field) for field in LASTING[name]}


def _books(org: Organisation) -> dict[str, Any]:
    with org.lock:
        rows = {name: dict(table.rows) for name, table in _tables(org).items()}
        return {"rows": rows, **{name: _copy(getattr(org, name)) for name in KEPT}}


def _put_back(org: Organisation, kept: dict[str, Any]) -> None:
    """Stored documents are never changed in place, so their rows are enough."""
    with org.lock:
        for name, table in _tables(org).items():
            _restore(table, kept["rows"][name])
        for name in KEPT:
            setattr(org, name, _copy(kept[name]))


def _tables(org: Organisation) -> dict[str, Table]:
    return {name: value for name, value in vars(org).items() if isinstance(value, Table)}


def _restore(table: Table, rows: dict[str, Any]) -> None:
    for row_id in list(table.rows):
        if table.rows[row_id] is not rows.get(row_id):
            table.remove(row_id)
    for row_id, doc in rows.items():
        if row_id not in table.rows:
            table.put(doc)


def _copy(value: Any) -> Any:
    """A copy two levels deep: lists of history and of attachments grow in place."""
    if isinstance(value, dict):
        return {key: copy(item) if isinstance(item, list) else item for key, item in value.items()}
    return copy(value)
