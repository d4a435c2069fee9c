"""`make bench`: measures the connector against Odoo itself and prints one JSON object."""

import json
import shlex
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.demo.books import Books
from dev.demo.connect import connect, consent, decide
from dev.machine import paths, progress, scratch
from dev.machine.odoo import Server, Site
from dev.machine.process import wait_for
from dev.machine.progress import Stop, step
from dev.machine.rpc import Session
from dev.machine.stack import Stack, one_stack
from dev.machine.xero import Simulator
from dev.testing import shell, templates

LOCALIZATION = "l10n_au"
ORGANISATION = "au"


@dataclass
class Bench:
    """Two installations with the same books: one with the addon, connected, and one without."""

    stack: Stack
    connection: int
    plain: Site

    def inside(self, place: str, site: Site | None = None, **params: Any) -> Any:
        """Run a function of `dev.inside` on a site, the connected one if none is named."""
        return shell.call(site or self.stack.site, place, **params)

    def postmaster(self, site: Site | None = None) -> int:
        """Process id of the site's PostgreSQL."""
        return (site or self.stack.site).cluster.child.pid

    def invoices(self, count: int, customers: list[int], site: Site | None = None, sync: bool = True) -> dict[str, Any]:
        """Create and post `count` invoices; what `dev.inside.books.make_invoices` returns."""
        options = {"customers": customers, "count": count, "sync": sync, "postmaster": self.postmaster(site)}
        return self.inside("books.make_invoices", site, **options)

    def customers(self, prefix: str, count: int, site: Site | None = None) -> list[int]:
        """Create `count` customers."""
        return self.inside("books.make_customers", site, prefix=prefix, count=count)

    def drain(self, record: Path | None = None) -> dict[str, float]:
        """Work the queue off in a process of its own. Raises Stop when something is left."""
        result = self.inside("drain.drain", postmaster=self.postmaster(), record=str(record or ""))
        if result["left"]:
            raise Stop(f"{result['left']:.0f} jobs were left after the queue was worked off.")
        return result


def run(arguments: str = "") -> int:
    """Measure the figures named in `arguments`, all without; print one JSON object on standard output."""
    from dev.bench import chaos as bench_chaos
    from dev.bench import figures as bench_figures
    from dev.bench import inbound as bench_inbound
    from dev.bench import ledger as bench_ledger
    from dev.bench import preview as bench_preview
    from dev.bench import reconcile as bench_reconcile
    from dev.bench import screens as bench_screens
    from dev.bench import storage as bench_storage

    progress.to_stderr()
    figures = bench_figures.FIGURES | bench_inbound.FIGURES | bench_preview.FIGURES
    figures |= bench_reconcile.FIGURES | bench_storage.FIGURES | bench_chaos.FIGURES | bench_screens.FIGURES
    figures |= bench_ledger.FIGURES
    wanted = shlex.split(arguments) or list(figures)
    unknown = set(wanted) - set(figures)
    if unknown:
        raise Stop(f"Unknown figures {sorted(unknown)}; there are: {', '.join(figures)}")
    with _bench() as bench:
        print(json.dumps(_measure(bench, wanted, figures), indent=2))
    return 0


def _measure(
    bench: Bench, wanted: list[str], figures: dict[str, Callable[[Bench], dict[str, float]]]
) -> dict[str, float]:
    """Run each measurement once, also where several of the wanted figures come from it."""
    found: dict[str, float] = {}
    for name in wanted:
        if name not in found:
            measure = figures[name]
            with step(f"Measuring {name}"):
                figures_of_it = measure(bench)
            # What was found is not lost when a later measurement fails.
            progress.say(f"  {figures_of_it}")
            found |= figures_of_it
    return {name: round(value, 4) for name, value in found.items()}


@contextmanager
def _bench() -> Iterator[Bench]:
    with one_stack((paths.ADDON, LOCALIZATION), limits=False) as stack, _plain_site() as plain:
        with step("Making the same company in both installations"):
            with Server(plain, "setup", max_cron_threads=0) as server:
                _company(Session(server.url, plain.database).login())
            connection = connected(stack)
        yield Bench(stack, connection, plain)


def connected(stack: Stack) -> int:
    """Make the company on a stack without servers and connect it, with every mapping confirmed; return the id."""
    server = stack.start_server(max_cron_threads=0)
    odoo = stack.session()
    _company(odoo)
    connection = connect(stack, odoo, ORGANISATION)
    # What is measured besides documents needs permissions that not every consent has.
    odoo.call("xero.connection", "write", [connection], {"sync_journals": True})
    consent(stack, odoo, connection, [ORGANISATION])
    decide(odoo, connection)
    server.stop()
    stack.servers.clear()
    return connection


@contextmanager
def _plain_site() -> Iterator[Site]:
    template = templates.addon_template(templates.prepare()[0], (LOCALIZATION,))
    with scratch.folder() as folder, templates.cluster_from(template, folder) as cluster:
        yield templates.new_site(cluster, template, folder, "plain")


def _company(odoo: Session) -> None:
    books = Books(odoo)
    books.set_up_company()
    books.prepare()


def median_seconds(action: Callable[[], None], times: int) -> float:
    """Median wall seconds of an action done several times."""
    spent = []
    for _ in range(times):
        started = time.monotonic()
        action()
        spent.append(time.monotonic() - started)
    return statistics.median(spent)


@contextmanager
def serving(bench: Bench, **settings: object) -> Iterator[tuple[Server, Session]]:
    """An Odoo server on the connected installation, and the administrator's session."""
    with Server(bench.stack.site, "bench", **settings) as server:
        yield server, Session(server.url, bench.stack.site.database).login()


def until_idle(bench: Bench, seconds: float = 900) -> None:
    """Wait until no job is open."""
    sql = "SELECT count(*) FROM xero_sync_job WHERE state IN ('pending', 'running')"
    if not wait_for(lambda: bench.stack.query(sql) == [["0"]], seconds):
        raise Stop(f"The queue did not empty in {seconds:.0f} s.")


def fresh_simulator(folder: Path) -> Simulator:
    """A second simulated Xero with the same organisations and nothing in them."""
    folder.mkdir(parents=True, exist_ok=True)
    return Simulator(folder, limits=False)
