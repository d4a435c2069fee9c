"""What a dry run costs, against doing it."""

from dev.bench.runner import Bench

DOCUMENTS, CUSTOMERS = 1000, 300


def previewing(bench: Bench) -> dict[str, float]:
    """CPU of the preview of 1,000 invoices of 300 new customers, and of the drain that then sends them."""
    bench.drain()
    ids = bench.invoices(DOCUMENTS, bench.customers("Preview", CUSTOMERS), sync=False)["ids"]
    looked = bench.inside("preview.preview", ids=ids, postmaster=bench.postmaster())
    bench.inside("preview.ask", ids=ids)
    drained = bench.drain()
    return {
        "preview_cost_ratio": looked["cpu"] / drained["cpu"],
        "preview_ms_per_document": looked["cpu"] / looked["records"] * 1000,
    }


FIGURES = {"preview_cost_ratio": previewing, "preview_ms_per_document": previewing}
