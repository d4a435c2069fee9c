"""Looking into the books: every document as it is kept, sums, and what stands there twice."""

from collections import defaultdict
from decimal import Decimal
from typing import Any

from ..money import ZERO
from ..organisation import Organisation
from ..stats import duplicates
from ..store import Doc, Table
from ..world import World
from .setup import find

Body = dict[str, Any]
KINDS = {
    "Accounts": "accounts", "TaxRates": "tax_rates", "Currencies": "currencies", "Contacts": "contacts",
    "Invoices": "invoices", "CreditNotes": "credit_notes", "Payments": "payments", "Allocations": "allocations",
    "Overpayments": "overpayments", "Prepayments": "prepayments", "BankTransactions": "bank_transactions",
    "BankTransfers": "bank_transfers", "ManualJournals": "manual_journals",
    "BatchPayments": "batch_payments", "Items": "items", "TrackingCategories": "tracking",
}  # fmt: skip


def list_kinds(world: World, body: Body, org: str) -> Body:
    """How many documents of each kind there are."""
    found = find(world, org)
    return {kind: len(getattr(found, name)) for kind, name in KINDS.items()}


def dump(world: World, body: Body, org: str, kind: str) -> Body:
    """Documents of a kind as they are kept, oldest change first; equality filters by query (``Status=PAID``)."""
    found = find(world, org)
    with found.lock:
        rows = list(table_of(found, kind))
        for name, value in body.items():
            rows = [row for row in rows if str(row.get(name)) == str(value)]
        return {"count": len(rows), kind: [_open(found, row) for row in rows]}


def table_of(org: Organisation, kind: str) -> Table:
    """The table of a kind named as in the API. Raises KeyError."""
    return getattr(org, KINDS[kind])


def _open(org: Organisation, row: Doc) -> Doc:
    """A document with its inner fields visible (``contact_id`` and so on) and its history."""
    shown = {name: value for name, value in row.items() if not name.startswith("_")}
    inner = {name[1:]: value for name, value in row.items() if name.startswith("_") and name != "_content"}
    if inner.get("contact"):
        inner["contact_name"] = org.contacts.get(inner["contact"])["Name"]
    return shown | {"inner": inner}


def list_duplicates(world: World, body: Body, org: str) -> Body:
    """What looks sent twice; ``any`` says whether there is anything."""
    found = find(world, org)
    with found.lock:
        report: Body = duplicates(found)
    return {"any": any(report.values()), **report}


def totals(world: World, body: Body, org: str) -> Body:
    """Counts and sums per type, status and currency, without voided and deleted documents in ``live``."""
    found = find(world, org)
    groups: dict[tuple, list] = defaultdict(lambda: [0, ZERO, ZERO, ZERO])
    with found.lock:
        for table in (found.invoices, found.credit_notes):
            for doc in table:
                group = groups[(doc["Type"], doc["Status"], doc["CurrencyCode"])]
                group[0] += 1
                group[1] += doc["Total"]
                group[2] += doc["TotalTax"]
                group[3] += doc.get("AmountDue", doc.get("RemainingCredit", ZERO))
    rows = [
        {"type": key[0], "status": key[1], "currency": key[2], "count": count, "total": total, "tax": tax, "due": due}
        for key, (count, total, tax, due) in sorted(groups.items())
    ]
    return {"totals": rows, "live": _live(rows)}


def _live(rows: list[Body]) -> Body:
    live: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        if row["status"] not in ("VOIDED", "DELETED"):
            live[f"{row['type']} {row['currency']}"] += row["total"]
    return dict(live)
