"""`make demo` and `make demo-check`: from nothing to documents in Xero, and what happens there back in Odoo."""

from collections.abc import Iterator
from contextlib import contextmanager

from dev.demo import answer as demo_answer
from dev.demo import ledger as demo_ledger
from dev.demo import report as demo_report
from dev.demo import serve
from dev.demo.books import Books
from dev.demo.connect import connect, decide
from dev.machine import paths
from dev.machine.process import wait_for
from dev.machine.progress import Stop, say, step
from dev.machine.rpc import Session
from dev.machine.stack import Stack, one_stack
from dev.testing import odoo_log

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
    """Run the demo unattended; 0 only if all is in Xero and comes back with no difference."""
    with demonstration() as (_stack, report):
        _show(report)
    return 1 if report.problems else 0


def _show(report: demo_report.Report) -> None:
    say("\n" + demo_report.table(report))
    for problem in report.problems:
        say(f"  ! {problem}")
    content = "Every document is in Xero, what happened there is in Odoo, and both ledgers agree, to the cent."
    say("" if report.problems else content)


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
        decide(odoo, connection)
    with step("Creating and posting documents"):
        ids = books.make_documents()
        books.post(ids)
    with step("Waiting for Odoo's cron workers to send them"):
        drain(odoo)
    with step("Deciding what the documents asked for besides"):
        decide(odoo, connection)
        drain(odoo)
    report = demo_report.compare(odoo, stack.simulator, ORGANISATION, ids)
    report.problems += demo_report.wrong_codes(odoo, stack.simulator, ORGANISATION, ids, books.wanted_codes())
    report.answer = _answer(stack, odoo, connection, ids)
    report.problems += [f"{line.name} differs: {line}" for line in report.answer if not line.agrees]
    report.balances = demo_ledger.compare(stack, odoo, connection, ORGANISATION)
    report.problems += demo_ledger.problems(report.balances)
    report.problems += _failures(odoo) + odoo_log.complaints(stack.server.read_log())
    return report


def _answer(stack: Stack, odoo: Session, connection: int, ids: list[int]) -> list[demo_answer.Line]:
    answer = demo_answer.Answer(odoo, stack.simulator, ORGANISATION, connection, ids)
    with step("Switching on webhooks"):
        demo_answer.switch_on_webhooks(odoo, stack.simulator, connection)
    with step("People pay and void in Xero, and Xero's webhooks tell Odoo"):
        answer.act()
    with step("Webhooks get lost, and the next reading of changes makes up for it"):
        answer.act_unheard()
    drain(odoo)
    return answer.lines()


def _add_levy_rate(stack: Stack) -> None:
    """Create a tax rate in Xero, as its user would have done long ago."""
    stack.simulator.write(ORGANISATION, "TaxRates", [LEVY_RATE])
    stack.simulator.post("stats/reset")


def drain(odoo: Session) -> None:
    """Wait until no job is left to do. Raises Stop."""

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
