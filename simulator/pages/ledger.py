"""What the page for people shows of the general ledger: trial balance, entries of accounts and of documents."""

from datetime import date
from decimal import Decimal
from typing import Any

from ..ledger.books import books_of
from ..ledger.entries import Entry
from ..money import ZERO
from ..organisation import Organisation
from ..rules import settlement
from ..store import Doc
from ..world import World

Body = dict[str, Any]
MOST_ENTRIES = 200
# kind of entry -> (attribute of Organisation, what a person calls it, the field that names it)
SHOWN = {
    "Invoice": ("invoices", "Invoice", "InvoiceNumber"),
    "CreditNote": ("credit_notes", "Credit note", "CreditNoteNumber"),
    "Payment": ("payments", "Payment of", "Reference"),
    "Allocation": ("allocations", "Credit applied", ""),
    "BankTransaction": ("bank_transactions", "", "Reference"),
    "BankTransfer": ("bank_transfers", "Transfer", "Reference"),
    "ManualJournal": ("manual_journals", "Journal", "Narration"),
}
TYPES = {"CURRENT": "Current asset", "FIXED": "Fixed asset", "NONCURRENT": "Non-current asset",
         "CURRLIAB": "Current liability", "TERMLIAB": "Non-current liability", "DIRECTCOSTS": "Direct costs",
         "DEPRECIATN": "Depreciation", "OTHERINCOME": "Other income"}  # fmt: skip


def trial_balance(world: World, body: Body, org: str) -> Body:
    """Accounts that hold something today, by code, with a last row of sums; those that contain every word of ``q``."""
    found = world.organisation(org)
    if found is None:
        raise KeyError(org)
    with found.lock:
        balances = books_of(found, world.readings).closing(found.today())
        held = [(found.accounts.get(key), amount) for key, amount in balances.items() if amount]
    held.sort(key=lambda pair: (pair[0].get("Code") or "~", pair[0]["Name"]))
    words = str(body.get("q", "")).casefold().split()
    rows = [row for row in (_account_row(*pair) for pair in held) if _has_all(row, words)]
    total: Body = {name: sum((row[name] or ZERO for row in rows), ZERO) for name in ("debit", "credit")}
    last = {"id": "", "code": "", "name": "Total", "type": "", "updated": "", **total}
    return {"count": len(rows), "sums": {}, "rows": [*rows, last] if rows else []}


def account(world: World, body: Body, org: str, key: str) -> Body:
    """The latest entries of one account, in the form of a document."""
    found = world.organisation(org)
    row = found.accounts.get(key) if found else None
    if found is None or row is None:
        raise KeyError(f"{org}/ledger/{key}")
    with found.lock:
        entries = [entry for entry in books_of(found, world.readings).entries
                   if any(posting.account == key for posting in entry.postings)]  # fmt: skip
        latest = [
            _posting(entry.date, _title(found, entry), posting.amount)
            for entry in reversed(entries[-MOST_ENTRIES:]) for posting in entry.postings if posting.account == key
        ]  # fmt: skip
    head = {"name": row["Name"], "email": row.get("Code"), "status": _type(row)}
    return {"head": head, "lines": [], "totals": {}, "terms": "", "url": None, "applied": [], "postings": latest,
            "history": [], "contact": None}  # fmt: skip


def postings(world: World, org: Organisation, key: str) -> list[Body]:
    """What a document did to the books: the accounts of its entry, and of a transfer's from either half."""
    source = (org.bank_transactions.get(key) or {}).get("_transfer", key)
    return [
        _posting(entry.date, org.accounts.get(posting.account)["Name"], posting.amount)
        for entry in books_of(org, world.readings).entries if entry.id == source for posting in entry.postings
    ]  # fmt: skip


def _account_row(row: Doc, amount: Decimal) -> Body:
    return {"id": row["AccountID"], "code": row.get("Code") or "", "name": row["Name"], "type": _type(row),
            "updated": amount, **_sides(amount)}  # fmt: skip


def _has_all(row: Body, words: list[str]) -> bool:
    text = f"{row['code']} {row['name']} {row['type']} {row['debit'] or ''} {row['credit'] or ''}".casefold()
    return all(word in text for word in words)


def _type(row: Doc) -> str:
    return TYPES.get(row["Type"], row["Type"].capitalize())


def _posting(day: date, text: str, amount: Decimal) -> Body:
    return {"date": day, "text": text, **_sides(amount)}


def _sides(amount: Decimal) -> Body:
    return {"debit": amount if amount > 0 else None, "credit": -amount if amount < 0 else None}


def _title(org: Organisation, entry: Entry) -> str:
    """What an entry comes from, as a person would name it."""
    table, word, field = SHOWN[entry.kind]
    doc = getattr(org, table).get(entry.id)
    if entry.kind == "Payment":
        kind, target = doc["_target"]
        doc = doc | {"Reference": settlement.table_of(org, kind).get(target).get(f"{kind}Number") or kind.lower()}
    if entry.kind == "BankTransaction":
        word = doc["Type"].replace("-", " ").capitalize()
    return f"{word} {doc.get(field) or ''}".strip()
