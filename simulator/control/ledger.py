"""Looking into the general ledger: the trial balance, and the entries that it is made of."""

from datetime import date
from typing import Any

from ..ledger.books import Books, books_of
from ..ledger.entries import Entry
from ..organisation import Organisation
from ..world import World
from .setup import find

Body = dict[str, Any]


def trial_balance(world: World, body: Body, org: str) -> Body:
    """Every account that holds something on ``date`` (default today); ``basis`` cash counts what was paid only."""
    found = find(world, org)
    with found.lock:
        day = _day(body, "date") or found.today()
        balances = _books(world, found, body).closing(day)
        rows = [_row(found, account) | {"balance": amount} for account, amount in balances.items() if amount]
    return {
        "date": day, "accounts": sorted(rows, key=lambda row: (row["code"], row["name"])),
        "debit": sum(row["balance"] for row in rows if row["balance"] > 0),
        "credit": -sum(row["balance"] for row in rows if row["balance"] < 0),
    }  # fmt: skip


def entries(world: World, body: Body, org: str) -> Body:
    """Entries by date; ``source`` (id of a document, payment or allocation), ``account`` (code or id), ``from``,
    ``to`` and ``basis`` narrow them.
    """
    found = find(world, org)
    with found.lock:
        wanted = found.account(body.get("account")) or found.accounts.get(body.get("account"))
        first, last = _day(body, "from") or date.min, _day(body, "to") or date.max
        rows = [
            _entry(found, entry) for entry in _books(world, found, body).entries
            if first <= entry.date <= last and body.get("source") in (None, entry.id)
            and (wanted is None or any(posting.account == wanted["AccountID"] for posting in entry.postings))
        ]  # fmt: skip
    return {"count": len(rows), "entries": rows}


def _books(world: World, org: Organisation, body: Body) -> Books:
    basis = body.get("basis", "accrual")
    if basis not in ("accrual", "cash"):
        raise ValueError("basis must be accrual or cash")
    return books_of(org, world.readings, basis == "cash")


def _day(body: Body, name: str) -> date | None:
    return date.fromisoformat(body[name]) if body.get(name) else None


def _row(org: Organisation, account_id: str) -> Body:
    account = org.accounts.get(account_id)
    return {"account_id": account_id, "code": account.get("Code") or "", "name": account["Name"],
            "type": account["Type"]}  # fmt: skip


def _entry(org: Organisation, entry: Entry) -> Body:
    postings = [
        _row(org, posting.account) | {"amount": posting.amount, "currency": posting.currency, "own": posting.own}
        for posting in entry.postings
    ]
    return {"kind": entry.kind, "source": entry.id, "date": entry.date, "postings": postings}
