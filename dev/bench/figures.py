"""The figures of `make bench`, one function for each group that is measured together."""

import json
import statistics
import time
from dataclasses import replace
from pathlib import Path

from dev.bench import first_day
from dev.bench.runner import LOCALIZATION, ORGANISATION, Bench, connected, fresh_simulator, serving, until_idle
from dev.bench.webhook import group_cpu_seconds
from dev.inside.drain import postgres_seconds
from dev.machine import paths
from dev.machine.odoo import Server
from dev.machine.process import wait_for
from dev.machine.progress import Stop
from dev.machine.rpc import Session
from dev.machine.stack import one_stack

INVOICES, NEW_CONTACTS = 1000, 300
TURNS = 2
"""A busy machine only makes things slower: of several runs the fastest counts."""
POSTED = 500
POST_WARM_UP = 20
COMPARED = 500
BACKLOGS = (500, 50_000)
BACKLOG_DOCUMENTS = 500
CLICKS = 9
SETTLE_SECONDS = 30
WORKER_DOCUMENTS, WARM_UP = 10_000, 1000
MATCHED = 5450
"""So many people and firms make somewhat more than 5,000 contacts on each side."""
MEGABYTE = 1024


def sending(bench: Bench) -> dict[str, float]:
    """Calls, CPU and wall time of sending 1,000 invoices of 300 new customers."""
    calls, cpu, wall = [], [], []
    folder = bench.stack.site.folder / "requests"
    # Another measurement may have left documents in the queue.
    bench.drain()
    for turn in range(TURNS):
        bench.invoices(INVOICES, bench.customers(f"Bench {turn}", NEW_CONTACTS))
        bench.stack.simulator.post("stats/reset")
        drained = bench.drain(record=folder / str(turn))
        calls.append(bench.stack.simulator.get("stats")["total_calls"])
        cpu.append(drained["cpu"])
        wall.append(drained["wall"])
    own = bench.invoices(COMPARED, bench.customers("Plain", NEW_CONTACTS, bench.plain), bench.plain)
    raw = min(_raw(bench, folder / "0") for _ in range(TURNS))
    return {
        "calls_per_1000_invoices": max(calls),
        "drain_cost_ratio": (min(cpu) / INVOICES) / (own["cpu"] / COMPARED),
        "drain_vs_raw_ratio": min(wall) / raw,
        "drain_ms_per_invoice": min(wall) / INVOICES * 1000,
        "raw_ms_per_invoice": raw / INVOICES * 1000,
    }


def _raw(bench: Bench, folder: Path) -> float:
    """Seconds a bare script needs for the same requests to an equal simulator with empty books."""
    contacts = bench.stack.simulator.documents(ORGANISATION, "Contacts")
    numbers = {contact["ContactNumber"]: contact["ContactID"] for contact in contacts if contact.get("ContactNumber")}
    (folder / "contacts.json").write_text(json.dumps(numbers), encoding="utf-8")
    with fresh_simulator(folder.with_name("raw")) as simulator:
        token = simulator.post("token", organisations=[ORGANISATION])
        options = {"token": token["access_token"], "tenant": token["tenants"][0], "simulator": simulator.url}
        return bench.inside("replay.replay", folder=str(folder), **options)


def posting(bench: Bench) -> dict[str, float]:
    """How much longer a user waits for posting one invoice, connected and not, one by one in turn; and how much more
    CPU server and PostgreSQL need for it, which a busy machine changes less.
    """
    sites = [bench.stack.site, bench.plain]
    drafts = [
        bench.inside("books.make_drafts", site, customers=bench.customers("Post", 50, site), count=POSTED)
        for site in sites
    ]
    with Server(sites[0], "post1", max_cron_threads=0) as one, Server(sites[1], "post2", max_cron_threads=0) as two:
        servers = (one, two)
        sessions = [Session(server.url, server.site.database).login() for server in servers]
        spent: list[list[float]] = [[], []]
        before: list[float] = []
        for number in range(POSTED):
            if number == POST_WARM_UP:
                before = _spent_by(bench, servers)
            order = (0, 1) if number % 2 else (1, 0)
            for which in order:
                started = time.monotonic()
                sessions[which].call("account.move", "action_post", [drafts[which][number]])
                spent[which].append(time.monotonic() - started)
        cpu = [after - first for after, first in zip(_spent_by(bench, servers), before)]
    return {
        "post_overhead_ratio": statistics.median(spent[0]) / statistics.median(spent[1]),
        "post_overhead_cpu_ratio": cpu[0] / cpu[1],
    }


def _spent_by(bench: Bench, servers: tuple[Server, ...]) -> list[float]:
    """CPU seconds so far of each server and its PostgreSQL."""
    return [
        group_cpu_seconds(server.child.pid) + postgres_seconds(bench.postmaster(server.site)) for server in servers
    ]


def backlog(bench: Bench) -> dict[str, float]:
    """Time per document with many waiting jobs and with few; the backlog is behind the documents in the queue."""
    customers = bench.customers("Backlog", 50)
    bench.invoices(50, customers)
    bench.drain()
    times = []
    waiting = 0
    for size in BACKLOGS:
        bench.inside("drain.queue_backlog", connection=bench.connection, count=size - waiting)
        waiting = size
        times.append(_fastest(bench, customers))
    bench.stack.query("DELETE FROM xero_sync_job WHERE state = 'pending'")
    return {"backlog_growth_ratio": times[1] / times[0]}


def _fastest(bench: Bench, customers: list[int]) -> float:
    """Seconds per document of the better of two runs."""
    half = BACKLOG_DOCUMENTS // 2
    spent = []
    for _ in range(2):
        bench.invoices(half, customers)
        spent.append(bench.inside("drain.time_first", documents=half))
    return min(spent)


def click(bench: Bench) -> dict[str, float]:
    """Seconds from the button, pressed over RPC, to the state the user waits for; nothing else is going on."""
    customers = bench.customers("Click", 1)
    ids = bench.invoices(CLICKS, customers, sync=False)["ids"]
    with serving(bench, max_cron_threads=2) as (_server, odoo):
        until_idle(bench)
        seconds = [_click(odoo, invoice) for invoice in ids]
    return {"click_to_synced_s": statistics.median(seconds)}


def _click(odoo: Session, invoice: int) -> float:
    started = time.monotonic()
    odoo.call("account.move", "action_xero_sync", [invoice])

    def synced() -> bool:
        return odoo.call("account.move", "read", [invoice], ["xero_sync_state"])[0]["xero_sync_state"] == "synced"

    if not wait_for(synced, SETTLE_SECONDS):
        raise Stop(f"Invoice {invoice} was not in Xero {SETTLE_SECONDS} s after the click.")
    return time.monotonic() - started


def memory(bench: Bench) -> dict[str, float]:
    """Growth of the peak memory of a worker, from its first 1,000 documents to 10,000."""
    ids = bench.invoices(WARM_UP, bench.customers("Memory", 50), sync=False)["ids"]
    with serving(bench, max_cron_threads=1, limit_memory_soft=0, limit_memory_hard=0) as (server, _odoo):
        _send_again(bench, ids, 0)
        first = _peak(server.child.pid)
        for turn in range(1, WORKER_DOCUMENTS // WARM_UP):
            _send_again(bench, ids, turn)
        return {"peak_rss_growth_mb": (_peak(server.child.pid) - first) / MEGABYTE}


def _send_again(bench: Bench, ids: list[int], turn: int) -> None:
    bench.inside("books.change_references", ids=ids, text=f"Turn {turn}")
    until_idle(bench)


def _peak(pid: int) -> int:
    """The most memory a process ever held, in kB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def matching(bench: Bench) -> dict[str, float]:
    """CPU seconds of matching 5,000 contacts of Odoo with as many of Xero, and how right the verdicts are.

    Nothing else is in the books: what other figures left behind would be compared too.
    """
    with one_stack((paths.ADDON, LOCALIZATION), limits=False) as stack:
        own = replace(bench, stack=stack, connection=connected(stack))
        options = {"connection": own.connection, "count": MATCHED, "seed": 1}
        found = own.inside("matching.match", postmaster=own.postmaster(), **options)
    return {
        "match_5000_cpu_s": found["cpu"],
        "match_precision": found["precision"],
        "match_recall": found["recall"],
        "match_recall_with_likely": found["recall_with_likely"],
    }


FIGURES = {
    "calls_per_1000_invoices": sending,
    "drain_cost_ratio": sending,
    "drain_vs_raw_ratio": sending,
    "post_overhead_ratio": posting,
    "post_overhead_cpu_ratio": posting,
    "backlog_growth_ratio": backlog,
    "click_to_synced_s": click,
    "peak_rss_growth_mb": memory,
    "first_invoice_clicks": first_day.measure,
    "first_invoice_s": first_day.measure,
    "match_5000_cpu_s": matching,
    "match_precision": matching,
    "match_recall": matching,
    "match_recall_with_likely": matching,
}
