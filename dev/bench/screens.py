"""How much longer lists take in large books: filters by the status in Xero, and groups of it."""

from dataclasses import replace

from dev.bench.runner import LOCALIZATION, Bench, connected
from dev.machine import paths
from dev.machine.stack import one_stack

FEW, MANY = 200, 100_000
CUSTOMERS = 10


def growing(bench: Bench) -> dict[str, float]:
    """Seconds to open lists of documents, and how they grow from 200 to 100,000 of them; books of their own."""
    with one_stack((paths.ADDON, LOCALIZATION), limits=False) as stack:
        own = replace(bench, stack=stack, connection=connected(stack))
        ids = own.invoices(FEW // 2, own.customers("Screen", CUSTOMERS))["ids"]
        own.drain()
        own.inside("screens.grow", move=ids[0], documents=FEW)
        few = own.inside("screens.times", connection=own.connection)
        own.inside("screens.grow", move=ids[0], documents=MANY)
        many = own.inside("screens.times", connection=own.connection)
    return {
        "filter_growth_ratio": max(many[name] / few[name] for name in ("failed", "queued", "conflict")),
        "filter_s": max(many[name] for name in ("failed", "queued", "conflict")),
        "not_synced_s": many["not_synced"],
        "group_s": many["group"],
        "plain_group_s": many["plain_group"],
    }


FIGURES = dict.fromkeys(("filter_growth_ratio", "group_s"), growing)
