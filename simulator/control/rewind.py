"""Remembering what an organisation's books hold, and going back to it: tests share books that were costly to make."""

from copy import copy
from typing import Any

from ..organisation import Organisation
from ..store import Table
from ..world import World
from .setup import find

Body = dict[str, Any]
KEPT = ("profile", "settings", "actions", "day_rates", "history", "attachments", "_counters")


def mark(world: World, body: Body, org: str) -> Body:
    """Remember the books as they are now; the mark before is forgotten."""
    found = find(world, org)
    with found.lock:
        rows = {name: dict(table.rows) for name, table in _tables(found).items()}
        found.marked = {"rows": rows, **{name: _copy(getattr(found, name)) for name in KEPT}}
    return {"documents": sum(map(len, rows.values()))}


def rewind(world: World, body: Body, org: str) -> Body:
    """Go back to the mark; stored documents are never changed in place, so their rows are enough."""
    found = find(world, org)
    kept = found.marked
    if kept is None:
        raise KeyError("mark")
    with found.lock:
        for name, table in _tables(found).items():
            _restore(table, kept["rows"][name])
        for name in KEPT:
            setattr(found, name, _copy(kept[name]))
    return {"documents": sum(map(len, kept["rows"].values()))}


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
