"""The figures of `make bench` about the way in: reading changes, payments taken over, webhooks."""

import statistics
import time

from dev.bench import webhook as bench_webhook
from dev.bench.runner import ORGANISATION, Bench, serving, until_idle
from dev.inside.drain import postgres_seconds
from dev.machine.odoo import Server
from dev.machine.process import wait_for
from dev.machine.progress import Stop
from dev.machine.rpc import Session

READ = 10_000
PAID, COMPARED = 1000, 500
CUSTOMERS = 300
BANK = "090"
PACE, SECONDS = 50, 20
FORGED = 2000
PAYMENTS_SEEN = 9
SETTLE_SECONDS = 60
KEY = "the key that the benchmark's webhooks are signed with"


def reading(bench: Bench) -> dict[str, float]:
    """Calls to read 10,000 invoices that another program made or changed in Xero."""
    _pull(bench, ["Invoice"])
    contact = bench.stack.simulator.write(ORGANISATION, "Contacts", [{"Name": "Another program's customer"}])[0]
    line = {"Description": "Work", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200"}
    shape = {"Type": "ACCREC", "Contact": {"ContactID": contact["ContactID"]}, "Status": "AUTHORISED"}
    shape |= {"Date": "2026-01-31", "DueDate": "2026-02-28", "LineItems": [line]}
    _be_later(bench)
    bench.stack.simulator.write(ORGANISATION, "Invoices", [shape] * READ)
    bench.stack.simulator.post("stats/reset")
    _pull(bench, ["Invoice"])
    return {"pull_calls_per_10000": bench.stack.simulator.get("stats")["total_calls"]}


def _be_later(bench: Bench) -> None:
    """Let Xero's clock go on, so that what was read before is outside the overlap."""
    bench.stack.simulator.post("clock", advance=600)


def _pull(bench: Bench, types: list[str]) -> dict[str, float]:
    pulled = bench.inside("pull.poll", connection=bench.connection, types=types, postmaster=bench.postmaster())
    if pulled["failed"]:
        raise Stop(f"{pulled['failed']:.0f} elements could not be taken over.")
    return pulled


def paying(bench: Bench) -> dict[str, float]:
    """CPU of taking over a payment made in Xero, against that of registering one in Odoo."""
    invoices = bench.invoices(PAID, bench.customers("Paying", CUSTOMERS))["ids"]
    bench.drain()
    _pull(bench, [])
    _be_later(bench)
    _pay_in_xero(bench, invoices)
    bench.stack.simulator.post("stats/reset")
    pulled = _pull(bench, [])
    calls = bench.stack.simulator.get("stats")["total_calls"]
    if (paid := bench.inside("pull.paid", ids=invoices)) != PAID:
        raise Stop(f"{paid} of {PAID} invoices are paid.")
    own = bench.invoices(COMPARED, bench.customers("Paying", CUSTOMERS, bench.plain), bench.plain)["ids"]
    control = bench.inside("pull.pay_each", bench.plain, ids=own, postmaster=bench.postmaster(bench.plain))
    return {
        "pull_cost_ratio": (pulled["cpu"] / PAID) / (control["cpu"] / COMPARED),
        "pull_ms_per_payment": pulled["cpu"] / PAID * 1000,
        "odoo_ms_per_payment": control["cpu"] / COMPARED * 1000,
        "pull_statements_per_payment": pulled["statements"] / PAID,
        "pull_calls_per_1000_payments": calls,
    }


def _pay_in_xero(bench: Bench, invoices: list[int]) -> None:
    payments = [
        {"Invoice": {"InvoiceID": xero_id}, "Account": {"Code": BANK}, "Date": "2026-11-20", "Amount": total}
        for xero_id, total in _links(bench, invoices).values()
    ]
    made = bench.stack.simulator.write(ORGANISATION, "Payments", payments)
    if len(made) != len(invoices):
        raise Stop(f"{len(made)} payments were made in Xero instead of {len(invoices)}.")


def _links(bench: Bench, invoices: list[int]) -> dict[int, tuple[str, float]]:
    """Return Xero's id and the total of each invoice."""
    ids = ",".join(map(str, invoices))
    rows = bench.stack.query(
        "SELECT m.id, l.xero_id, m.amount_total FROM xero_link l JOIN account_move m ON m.id = l.res_id"
        f" WHERE l.res_model = 'account.move' AND l.res_id IN ({ids})"
    )
    return {int(move): (xero_id, float(total)) for move, xero_id, total in rows}


def webhooks(bench: Bench) -> dict[str, float]:
    """Answer times at 50 posts a second with one worker process, alone and among as many forged ones."""
    tenant, ids, path = _prepare_webhooks(bench)

    def genuine(number: int) -> bench_webhook.Post:
        return bench_webhook.genuine(KEY, tenant, ids[number % len(ids)])

    def mixed(number: int) -> bench_webhook.Post:
        return genuine(number) if number % 2 else bench_webhook.forged(tenant, ids[number % len(ids)])

    with serving(bench, workers=1, max_cron_threads=1) as (server, _odoo):
        address = server.url + path
        for number in range(PACE):
            # The worker loads the registry at its first request.
            bench_webhook.send(address, genuine(number))
        spent = _spent(bench, server)
        alone = bench_webhook.at_pace(address, genuine, PACE, PACE * SECONDS)
        spent = _spent(bench, server) - spent
        among = bench_webhook.at_pace(address, mixed, 2 * PACE, 2 * PACE * SECONDS)
        until_idle(bench)
        cost = _cost_of_forged(bench, server, address, tenant, ids[0])
    return {
        "webhook_p99_ms": bench_webhook.p99(alone),
        "webhook_median_ms": statistics.median(alone),
        "webhook_p99_among_forged_ms": bench_webhook.p99(among[1::2]),
        "webhook_post_cpu_ms": spent / len(alone) * 1000,
        "forged_post_cpu_ms": cost,
    }


def _prepare_webhooks(bench: Bench) -> tuple[str, list[str], str]:
    """Return tenant, ids of invoices in Xero, and the path that is delivered to."""
    invoices = bench.invoices(50, bench.customers("Webhook", 10))["ids"]
    bench.drain()
    path = _webhook_path(bench)
    [[tenant]] = bench.stack.query(f"SELECT tenant_id FROM xero_connection WHERE id = {bench.connection}")
    return tenant, [xero_id for xero_id, _total in _links(bench, invoices).values()], path


def _webhook_path(bench: Bench) -> str:
    return bench.inside("company.set_webhook_key", connection_id=bench.connection, key=KEY)


def _cost_of_forged(bench: Bench, server: Server, address: str, tenant: str, xero_id: str) -> float:
    """CPU milliseconds of server and PostgreSQL for one forged post."""
    post, before = bench_webhook.forged(tenant, xero_id), _spent(bench, server)
    for _number in range(FORGED):
        bench_webhook.send(address, post)
    return (_spent(bench, server) - before) / FORGED * 1000


def _spent(bench: Bench, server: Server) -> float:
    """CPU seconds so far of the server with its workers and of PostgreSQL."""
    return postgres_seconds(bench.postmaster()) + bench_webhook.group_cpu_seconds(server.child.pid)


def arriving(bench: Bench) -> dict[str, float]:
    """Seconds from paying in Xero to the invoice paid in Odoo, told by a webhook that the simulator delivers."""
    invoices = bench.invoices(PAYMENTS_SEEN, bench.customers("Arriving", 1))["ids"]
    bench.drain()
    path = _webhook_path(bench)
    xero_ids = {move: xero_id for move, (xero_id, _total) in _links(bench, invoices).items()}
    simulator = bench.stack.simulator
    with serving(bench, max_cron_threads=2) as (server, odoo):
        simulator.post("webhooks", url=server.url + path, key=KEY)
        if (told := simulator.post("webhooks/intent"))["status"] != "OK":
            raise Stop(f"Odoo did not prove itself to Xero: {told}")
        until_idle(bench)
        seconds = [_arrival(bench, odoo, invoice, xero_ids[invoice]) for invoice in invoices]
        simulator.delete("webhooks")
    return {"webhook_to_odoo_s": statistics.median(seconds)}


def _arrival(bench: Bench, odoo: Session, invoice: int, xero_id: str) -> float:
    started = time.monotonic()
    bench.stack.simulator.post(f"organisations/{ORGANISATION}/act/pay", invoice=xero_id)

    def is_paid() -> bool:
        state = odoo.call("account.move", "read", [invoice], ["payment_state"])[0]["payment_state"]
        return state in ("paid", "in_payment")

    if not wait_for(is_paid, SETTLE_SECONDS):
        raise Stop(f"Invoice {invoice} was not paid in Odoo {SETTLE_SECONDS} s after the payment in Xero.")
    return time.monotonic() - started


FIGURES = {
    "pull_calls_per_10000": reading,
    "pull_cost_ratio": paying,
    "webhook_p99_ms": webhooks,
    "webhook_to_odoo_s": arriving,
}
