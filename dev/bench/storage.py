"""How much the database grows with the books: what is kept of documents that were sent, and of one reading of Xero."""

from dataclasses import replace

from dev.bench.runner import LOCALIZATION, Bench, connected
from dev.machine import paths
from dev.machine.stack import one_stack

WARM_UP, DOCUMENTS, CUSTOMERS = 500, 1000, 150
PER = 100_000


def storing(bench: Bench) -> dict[str, float]:
    """Megabytes of all tables of the connector, indexes too, for 100,000 invoices sent and for one reading of as many;
    books of their own.
    """
    with one_stack((paths.ADDON, LOCALIZATION), limits=False) as stack:
        own = replace(bench, stack=stack, connection=connected(stack))
        _send(own, "Warm", WARM_UP)
        before = own.inside("storage.sizes")
        _send(own, "Stored", DOCUMENTS)
        sent = own.inside("storage.sizes")
        own.inside("reconcile.reconcile", connection=own.connection, postmaster=own.postmaster())
        read = own.inside("storage.sizes")
        elements = own.inside("storage.stored_elements")
    return {
        "storage_mb_per_100000": _grown(before, sent) / DOCUMENTS * PER,
        "snapshot_mb_per_100000": _grown(sent, read, "xero_snapshot") / elements * PER,
    } | {
        f"{table}_mb_per_100000": (sent[table] - before[table]) / DOCUMENTS * PER
        for table in ("xero_sync_job", "xero_link", "xero_log", "xero_log_job_rel", "xero_sync_batch")
    }


def _send(bench: Bench, prefix: str, count: int) -> None:
    bench.invoices(count, bench.customers(prefix, CUSTOMERS))
    bench.drain()


def _grown(before: dict[str, float], after: dict[str, float], prefix: str = "xero_") -> float:
    return sum(size - before.get(table, 0) for table, size in after.items() if table.startswith(prefix))


FIGURES = dict.fromkeys(("storage_mb_per_100000", "snapshot_mb_per_100000"), storing)
