"""What it costs to prove that the books agree, and how it grows with the books."""

from dataclasses import replace

from dev.bench.runner import LOCALIZATION, Bench, connected
from dev.machine import paths
from dev.machine.progress import Stop
from dev.machine.stack import one_stack

DOCUMENTS, CUSTOMERS = 500, 150
TIMES = 4
"""How much larger the larger books are."""


def reconciling(bench: Bench) -> dict[str, float]:
    """CPU of reconciling 500 invoices of 150 customers, and four times as many; books of their own, nothing else in
    them.
    """
    with one_stack((paths.ADDON, LOCALIZATION), limits=False) as stack:
        own = replace(bench, stack=stack, connection=connected(stack))
        _send(own, "Small", 1)
        small = _reconcile(own, 1)
        sent = _send(own, "Large", TIMES - 1)
        large = _reconcile(own, TIMES)
    a_document = large["cpu"] / (DOCUMENTS * TIMES)
    return {
        "reconcile_cost_ratio": a_document / (sent / (DOCUMENTS * (TIMES - 1))),
        "reconcile_growth_ratio": large["cpu"] / small["cpu"],
        "reconcile_ms_per_document": a_document * 1000,
        "reconcile_statements_per_250": large["statements"] / (large["compared"] / 250),
    }


def _send(bench: Bench, prefix: str, times: int) -> float:
    """Make documents and send them; return the CPU seconds of sending."""
    customers = bench.customers(prefix, CUSTOMERS * times)
    bench.invoices(DOCUMENTS * times, customers)
    return bench.drain()["cpu"]


def _reconcile(bench: Bench, times: int) -> dict[str, float]:
    found = bench.inside("reconcile.reconcile", connection=bench.connection, postmaster=bench.postmaster())
    if (found["verdict"], found["compared"]) != ("agree", (DOCUMENTS + CUSTOMERS) * times):
        raise Stop(f"The books were to agree: {found}")
    return found


FIGURES = dict.fromkeys(
    (
        "reconcile_cost_ratio",
        "reconcile_growth_ratio",
        "reconcile_ms_per_document",
        "reconcile_statements_per_250",
    ),
    reconciling,
)
