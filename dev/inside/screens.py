"""Measures what the lists of documents cost, in books of any size."""

import statistics
import time
from typing import Any

from psycopg2 import sql

FILTERS = {
    "failed": ("failed",),
    "queued": ("queued", "sending"),
    "conflict": ("conflict",),
}
ROUNDS = 7
PAGE = 80


def grow(env: Any, move: int, documents: int) -> int:
    """Copy a document that is in Xero, with its link, until there are `documents` of its kind; return their number."""
    kind = env["account.move"].browse(move).move_type
    there = env["account.move"].search_count([("move_type", "=", kind)])
    ids = _copy(env, "account_move", "id", move, max(0, documents - there), {"name": f"m.name || '/{there}/' || n"})
    link = env["xero.link"].search([("res_model", "=", "account.move"), ("res_id", "=", move)], limit=1)
    own = {"xero_id": "gen_random_uuid()::text", "res_id": "%s + n" % (min(ids) - 1 if ids else 0)}
    _copy(env, "xero_link", "id", link.id, len(ids), own)
    env.cr.commit()
    env.cr.execute("ANALYZE account_move, xero_link, xero_sync_job")
    return env["account.move"].search_count([("move_type", "=", kind)])


def _copy(env: Any, table: str, key: str, row: int, count: int, changed: dict[str, str]) -> list[int]:
    env.cr.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name != %s", [table, key]
    )
    columns = [name for [name] in env.cr.fetchall()]
    values = [sql.SQL(changed[name]) if name in changed else sql.Identifier("m", name) for name in columns]
    copying = "INSERT INTO {0} ({1}) SELECT {2} FROM {0} m, generate_series(1, %s) n WHERE m.id = %s RETURNING id"
    comma = sql.SQL(", ")
    into = comma.join(map(sql.Identifier, columns))
    env.cr.execute(sql.SQL(copying).format(sql.Identifier(table), into, comma.join(values)), [count, row])
    return [made for [made] in env.cr.fetchall()]


def times(env: Any, connection: int) -> dict[str, float]:
    """Seconds, medians, of opening a list with each filter, with *Not synced*, and grouped, as the company's clerk."""
    company = env["xero.connection"].browse(connection).company_id
    moves = env["account.move"].with_user(env.ref("base.user_admin")).with_company(company)
    domain = [("move_type", "=", "out_invoice"), ("company_id", "=", company.id)]
    found = {
        name: _median(lambda states=states: _open(moves, [*domain, ("xero_sync_state", "in", states)]))
        for name, states in {**FILTERS, "not_synced": ("not_synced",)}.items()
    }
    return found | {
        "group": _median(lambda: moves.formatted_read_group(domain, ["xero_sync_state"], ["__count"])),
        "plain_group": _median(lambda: moves.formatted_read_group(domain, ["state"], ["__count"])),
    }


def _open(moves: Any, domain: list[Any]) -> None:
    moves.web_search_read(domain, {"name": {}, "xero_sync_state": {}}, limit=PAGE)


def _median(action: Any) -> float:
    seconds = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)
