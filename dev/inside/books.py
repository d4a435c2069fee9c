"""Makes many documents quickly, through the ORM, as an import would."""

import time
from typing import Any

from dev.inside.drain import cpu_seconds

CHUNK = 100


def make_customers(env: Any, *, prefix: str, count: int) -> list[int]:
    """Create `count` customers and return their ids."""
    country = env.ref("base.au").id
    rows = [
        {"name": f"{prefix} customer {number}", "email": f"{prefix}{number}@customer.example", "city": "Perth",
         "is_company": True, "country_id": country, "customer_rank": 1}
        for number in range(count)
    ]  # fmt: skip
    customers = env["res.partner"].create(rows).ids
    env.cr.commit()
    return customers


def make_invoices(env: Any, *, customers: list[int], count: int, postmaster: int, sync: bool = True) -> dict[str, Any]:
    """Create and post `count` customer invoices for the `customers` in turn.

    :param postmaster: process id of PostgreSQL, whose CPU time counts too
    :param sync: whether the addon, where it is connected, queues them
    :return: the ids, and the CPU and wall seconds it took
    """
    env = env if sync else env(context={**env.context, "xero_no_sync": True})
    cpu, wall, ids = cpu_seconds(postmaster), time.monotonic(), []
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        moves = env["account.move"].create([_values(customers, number) for number in numbers])
        moves.action_post()
        env.cr.commit()
        ids += moves.ids
        env.invalidate_all()
    return {"ids": ids, "cpu": cpu_seconds(postmaster) - cpu, "wall": time.monotonic() - wall}


def make_drafts(env: Any, *, customers: list[int], count: int) -> list[int]:
    """Create `count` draft customer invoices and return their ids."""
    ids = env["account.move"].create([_values(customers, number) for number in range(count)]).ids
    env.cr.commit()
    return ids


def _values(customers: list[int], number: int) -> dict[str, Any]:
    return {
        "move_type": "out_invoice",
        "partner_id": customers[number % len(customers)],
        "ref": f"Order {number}",
        "invoice_line_ids": [
            (0, 0, {"name": f"Service {line}", "quantity": 1 + line, "price_unit": 19.95 + number % 97})
            for line in range(1 + number % 3)
        ],
    }


def change_references(env: Any, *, ids: list[int], text: str) -> None:
    """Change the reference of posted documents, so that they are sent again."""
    env["account.move"].browse(ids).write({"ref": text})
    env.cr.commit()
