"""Drains the queue in this process and measures it, and replays the same bytes without Odoo."""

import os
import time
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
BACKGROUND = 1000
"""Priority of jobs that only stand for a backlog."""


def drain(env: Any, *, postmaster: int, record: str = "") -> dict[str, float]:
    """Work the queue off.

    :param postmaster: process id of PostgreSQL, whose CPU time counts too
    :param record: a folder to write each request's body to, for `replay`
    :return: CPU and wall seconds, and the number of jobs handled
    """
    runner = env["xero.sync.runner"]
    if record:
        _record_requests(env, Path(record))
    cpu, wall, handled = cpu_seconds(postmaster), time.monotonic(), 0
    while done := runner._work():
        handled += done
    result = {"cpu": cpu_seconds(postmaster) - cpu, "wall": time.monotonic() - wall, "handled": handled}
    env.cr.rollback()
    left = env["xero.sync.job"].search_count([("state", "not in", ("done", "cancelled"))])
    return {**result, "left": left}


def cpu_seconds(postmaster: int) -> float:
    """CPU seconds of this process and of PostgreSQL so far."""
    own = os.times()
    return own.user + own.system + postgres_seconds(postmaster)


def postgres_seconds(postmaster: int) -> float:
    """CPU seconds of PostgreSQL so far."""
    total = _ticks(postmaster, children=True)
    for folder in Path("/proc").glob("[0-9]*"):
        if _parent(folder) == postmaster:
            total += _ticks(int(folder.name), children=False)
    return total / TICKS


def _fields(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return []


def _parent(folder: Path) -> int:
    fields = _fields(folder)
    return int(fields[1]) if fields else 0


def _ticks(pid: int, *, children: bool) -> int:
    fields = _fields(Path(f"/proc/{pid}"))
    return sum(map(int, fields[11 : 15 if children else 13]))


def _record_requests(env: Any, folder: Path) -> None:
    """Keep every body the client writes to Xero, in the order of sending."""
    from odoo.addons.xero_connector.xero_api.client import XeroClient

    folder.mkdir(parents=True, exist_ok=True)
    original = XeroClient.put

    def put(self, resource, body, **options):
        (folder / f"{len(list(folder.iterdir())):06d}-{resource}").write_bytes(body)
        return original(self, resource, body, **options)

    XeroClient.put = put


def queue_backlog(env: Any, *, connection: int, count: int) -> int:
    """Put `count` jobs for contacts into the queue behind everything else; return how many wait."""
    rows = [{"name": f"Waiting {number}", "customer_rank": 1} for number in range(count)]
    quiet = env(context={**env.context, "xero_no_sync": True, "tracking_disable": True})
    mapper = env["xero.mapper"]._for_type("Contact")
    for start in range(0, count, 1000):
        partners = quiet["res.partner"].create(rows[start : start + 1000])
        pairs = [(partner, 1) for partner in partners.ids]
        env["xero.sync.job"]._enqueue(connection, mapper, pairs, priority=BACKGROUND)
        env.cr.commit()
        env.invalidate_all()
    return env["xero.sync.job"].search_count([("state", "=", "pending")])


def time_first(env: Any, *, documents: int) -> float:
    """Work off the first `documents` jobs in one go, leaving the rest; return wall seconds per document."""
    runner = env["xero.sync.runner"]
    claim, handled = type(runner)._claim, [0]

    def limited(self, connection):
        jobs = claim(self, connection) if handled[0] < documents else self.env["xero.sync.job"]
        handled[0] += len(jobs)
        return jobs

    type(runner)._claim = limited
    started = time.monotonic()
    runner._work()
    return (time.monotonic() - started) / handled[0]
