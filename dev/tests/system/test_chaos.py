"""Two nodes, five workers, people at work in both books, and everything breaking: a short run of `make chaos`."""

import json

from dev.chaos.audit import audit
from dev.chaos.storm import Plan, ground

SEED = 7
KILLS, MINUTES = 12, 1.0
FIGURES = ("duplicates", "losses", "stuck", "cents", "differing")


def test_a_short_storm_leaves_both_books_equal():
    """The long one is `make chaos`. What breaks here is told by its seed and by the logs in `.dev/results/chaos`."""
    plan = Plan(seed=SEED, kills=KILLS, minutes=MINUTES, companies=2, pace=0.5, patience=300.0)
    with ground(plan) as chaos:
        figures = chaos.run()
        assert {name: figures[name] for name in FIGURES} == dict.fromkeys(FIGURES, 0), json.dumps(figures, indent=1)
        assert figures["kills"] >= KILLS // 2, figures
        assert figures["faults"] > KILLS, figures
        assert notices_what_is_wrong(chaos)


def notices_what_is_wrong(chaos) -> bool:
    """Whether the audit, which has found nothing, finds a payment that Odoo lacks and a document that nobody sent."""
    for server in chaos.stack.servers:
        server.stop()
    act = f"organisations/{chaos.companies[0].tenant}/act"
    rows = chaos.stack.simulator.documents(chaos.companies[0].tenant, "Invoices")
    document = next(row for row in rows if row["Status"] == "AUTHORISED" and row["AmountDue"] > 1)
    chaos.stack.simulator.post(f"{act}/pay", invoice=document["InvoiceID"], account="090", amount=0.01)
    chaos.stack.simulator.post(
        f"{act}/create_invoice",
        contact=document["inner"]["contact"],
        LineItems=[{"Description": "Twice", "Quantity": 1, "UnitAmount": 1, "AccountCode": "200"}],
    )
    found = audit(chaos.stack, chaos.companies)
    return found.cents == 1 and len(found.doubled) == 1
