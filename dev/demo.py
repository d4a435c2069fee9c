"""`make demo` and `make demo-check`: from nothing to documents that are in Xero to the cent."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from dev import demo_report, odoo_log, paths, serve
from dev.connect import connect
from dev.demo_books import Books
from dev.process import wait_for
from dev.progress import Stop, say, step
from dev.rpc import Session
from dev.stack import Stack, one_stack

MODULES = (paths.ADDON, "l10n_au")
ORGANISATION = "au"
DRAIN_SECONDS = 180
LEVY_RATE = {
    "Name": "GST with marine park levy",
    "ReportTaxType": "OUTPUT",
    "TaxComponents": [
        {"Name": "GST", "Rate": 10, "IsCompound": False},
        {"Name": "Levy", "Rate": 2, "IsCompound": False},
    ],
}
"""A rate the Xero organisation has for a set of two Odoo taxes."""


def demo() -> int:
    """Run the demo and stay up until Ctrl-C."""
    with demonstration() as (stack, report):
        _show(report)
        serve.show(stack)
        serve.wait_for_interrupt()
    return 0


def check() -> int:
    """Run the demo unattended; 0 only if every document is in Xero with no difference."""
    with demonstration() as (_stack, report):
        _show(report)
    return 1 if report.problems else 0


def _show(report: demo_report.Report) -> None:
    say("\n" + demo_report.table(report))
    for problem in report.problems:
        say(f"  ! {problem}")
    say("" if report.problems else "Every document is in Xero, to the cent.")


@contextmanager
def demonstration() -> Iterator[tuple[Stack, demo_report.Report]]:
    """An Odoo with the demo's books, connected and sent, and what came of it; all of it is gone at the end."""
    with one_stack(MODULES) as stack:
        with step("Starting Odoo and logging in"):
            stack.start_server()
            odoo = stack.session()
        yield stack, _play(stack, odoo)


def _play(stack: Stack, odoo: Session) -> demo_report.Report:
    books = Books(odoo)
    with step("Making an Australian company with its chart of accounts"):
        books.set_up_company()
        books.prepare()
    with step("Connecting it to Xero through the consent page"):
        _add_levy_rate(stack)
        connection = connect(stack, odoo, ORGANISATION)
        odoo.call("xero.connection", "action_accept_suggestions", [connection])
    with step("Creating and posting documents"):
        ids = books.make_documents()
        books.post(ids)
    with step("Waiting for Odoo's cron workers to send them"):
        _drain(odoo, connection)
    report = demo_report.compare(odoo, stack.simulator, ORGANISATION, ids)
    report.problems += _failures(odoo) + odoo_log.complaints(stack.server.read_log())
    return report


def _add_levy_rate(stack: Stack) -> None:
    """Create a tax rate in Xero, as its user would have done long ago."""
    token = stack.simulator.post("token", organisations=[ORGANISATION])
    headers = {
        "Authorization": f"Bearer {token['access_token']}",
        "xero-tenant-id": token["tenants"][0],
        "Content-Type": "application/json",
    }
    body = json.dumps({"TaxRates": [LEVY_RATE]}).encode()
    request = urllib.request.Request(f"{stack.simulator.url}/api.xro/2.0/TaxRates", body, headers, method="PUT")
    with urllib.request.urlopen(request, timeout=60) as response:
        response.read()
    stack.simulator.post("stats/reset")


def _drain(odoo: Session, connection: int) -> None:
    """Wait until no job is left to do, accepting the mappings that were suggested for the documents meanwhile."""

    def settled() -> bool:
        open_jobs = odoo.call("xero.sync.job", "search_count", [("state", "in", ("pending", "running"))])
        return not open_jobs

    if not wait_for(settled, DRAIN_SECONDS):
        raise Stop(f"The queue did not empty in {DRAIN_SECONDS} s.\n" + "\n".join(_failures(odoo)))


def _failures(odoo: Session) -> list[str]:
    jobs = odoo.read(
        "xero.sync.job",
        [("state", "not in", ("done", "cancelled"))],
        ["record_name", "state", "failure_type", "failure_detail"],
    )
    return [f"{job['record_name']}: {job['state']}, {job['failure_type']}, {job['failure_detail']}" for job in jobs]
