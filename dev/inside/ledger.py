"""Makes journal entries and analytic shares quickly, and measures what becomes of them."""

import time
from typing import Any

from dev.inside.drain import cpu_seconds

CHUNK = 200
DOCUMENTS, LINES, PARTS = 40, 20, 4
TURNS = 3


def make_entries(env: Any, *, connection: int, count: int, lines: int) -> None:
    """Post `count` entries of `lines` lines each in a general journal whose entries are sent."""
    row, company = env["xero.connection"].browse(connection), env.company
    journal = env["account.journal"].search([("type", "=", "general"), ("company_id", "=", company.id)], limit=1)
    journal = journal.copy({"code": f"B{count % 997:03}", "name": f"Bench {count}"})
    row.write({"sync_journals": True, "entry_journal_ids": [(4, journal.id)]})
    mapped = env["xero.mapping.account"].search([("connection_id", "=", connection), ("state", "=", "confirmed")])
    accounts = mapped.filtered(lambda one: one.xero_account_id.class_type == "EXPENSE").account_id[:2]
    for start in range(0, count, CHUNK):
        moves = env["account.move"].create(
            [_entry(journal, accounts, number, lines) for number in range(start, min(start + CHUNK, count))]
        )
        moves.action_post()
        env.cr.commit()
        env.invalidate_all()


def _entry(journal: Any, accounts: Any, number: int, lines: int) -> dict[str, Any]:
    amount = 10 + number % 89
    signs = [1 if line % 2 else -1 for line in range(lines)]
    items = [
        (0, 0, {"account_id": accounts[line % len(accounts)].id, "balance": sign * amount, "name": f"Line {line}"})
        for line, sign in enumerate(signs)
    ]
    return {"move_type": "entry", "journal_id": journal.id, "ref": f"Bench {number}", "line_ids": items}


def time_trial_balance(env: Any, *, connection: int, lines: int, postmaster: int) -> float:
    """CPU seconds of reading Odoo's side and pairing the accounts, for at least `lines` posted items."""
    from odoo.addons.xero_connector.models.ledger.tally import side_by_side

    row = env["xero.connection"].browse(connection)
    present = env["account.move.line"].search_count([("parent_state", "=", "posted")])
    if present < lines:
        make_entries(env(context={**env.context, "xero_no_sync": True}), connection=connection,
                     count=(lines - present) // 100 + 1, lines=100)  # fmt: skip
    env.cr.execute("ANALYZE account_move_line")
    ledger, today, spent = env["xero.ledger"], time.strftime("%Y-%m-%d"), []
    for _turn in range(TURNS):
        env.invalidate_all()
        before = cpu_seconds(postmaster)
        odoo = ledger._amounts(row, today)
        side_by_side(odoo, {}, ledger._pairs(row, [account_id for account_id, _cause in odoo]))
        spent.append(cpu_seconds(postmaster) - before)
    return min(spent)


def time_shares(env: Any, *, connection: int) -> float:
    """CPU of preparing documents with four shares a line, over that of the same documents left untracked."""
    row = env["xero.connection"].browse(connection)
    plan = env["account.analytic.plan"].create({"name": "Bench places"})
    places = env["account.analytic.account"].create(
        [{"name": f"Place {number}", "plan_id": plan.id} for number in range(PARTS)]
    )
    category = env["xero.tracking.category"].search([("connection_id", "=", connection)], limit=1)
    options = env["xero.tracking.option"].search([("category_id", "=", category.id)])
    for number, place in enumerate(places):
        env["xero.mapping.tracking"].create(
            {"connection_id": connection, "account_id": place.id, "state": "confirmed",
             "xero_option_id": options[number % len(options)].id}
        )  # fmt: skip
    share = {str(place.id): 100 / PARTS for place in places}
    customer = env["res.partner"].create({"name": "Shares"})
    moves = env["account.move"].with_context(xero_no_sync=True).create(
        [
            {"move_type": "out_invoice", "partner_id": customer.id, "invoice_line_ids": [
                (0, 0, {"name": f"Line {line}", "price_unit": 19.99 + line, "analytic_distribution": share})
                for line in range(LINES)
            ]}
            for _number in range(DOCUMENTS)
        ]
    )  # fmt: skip
    moves.with_context(xero_no_sync=True).action_post()
    spent = {way: min(_cpu(env, moves, row, way) for _turn in range(TURNS)) for way in ("split", "untracked")}
    env.cr.rollback()
    return spent["split"] / spent["untracked"]


def _cpu(env: Any, moves: Any, connection: Any, way: str) -> float:
    connection.line_shares = way
    env.flush_all()
    env.invalidate_all()
    before = time.process_time()
    env["xero.mapper"]._for_type("Invoice")._prepare(moves, connection)
    return time.process_time() - before
