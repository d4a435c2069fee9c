"""What the page for people shows: figures, searchable lists, one document. Newest change first."""

import heapq
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from weakref import WeakKeyDictionary

from ..ledger.books import SOURCES
from ..money import ZERO, cents
from ..organisation import Organisation
from ..rules import settlement
from ..store import Doc
from ..world import World
from . import ledger

Body = dict[str, Any]
MOST_ROWS = 200
ENDED = ("VOIDED", "DELETED")


def overview(world: World, body: Body) -> Body:
    """The organisations with what is owed to and by them, in base currency."""
    return {"organisations": [_card(org) for org in world.organisations.values()]}


def _card(org: Organisation) -> Body:
    """Counted again only after a change, since the page asks every two seconds."""
    with org.lock:
        version = sum(getattr(org, name).version for name in ("contacts", *SOURCES))
        known = _cards.get(org)
        if known is None or known["version"] != version:
            known = _cards[org] = _counted(org, version)
        return known | {"lock": dict(org.lock_dates), "name": org.profile["Name"]}


_cards: WeakKeyDictionary[Organisation, Body] = WeakKeyDictionary()


def _counted(org: Organisation, version: int) -> Body:
    due = {"ACCREC": ZERO, "ACCPAY": ZERO}
    for doc in org.invoices:
        if doc["Status"] == "AUTHORISED":
            due[doc["Type"]] += cents(doc["AmountDue"] / doc["CurrencyRate"])
    return {
        "id": org.id,
        "country": org.profile["CountryCode"],
        "currency": org.base_currency,
        "receivable": due["ACCREC"],
        "payable": due["ACCPAY"],
        "counts": {kind: sum(1 for _row in rows(org)) for kind, (rows, _show) in KINDS.items()},
        "version": version,
    }


def listing(world: World, body: Body, org: str, kind: str) -> Body:
    """Rows of a kind that contain every word of ``q``, with sums per currency over all that match."""
    found = world.organisation(org)
    if found is None or kind not in KINDS:
        raise KeyError(f"{org}/{kind}")
    rows, show = KINDS[kind]
    words = str(body.get("q", "")).casefold().split()
    with found.lock:
        docs = list(rows(found))
        if words:
            docs = [doc for doc in docs if _has_all(_text(show(found, doc)), words)]
        newest = heapq.nlargest(MOST_ROWS, docs, key=lambda doc: doc["UpdatedDateUTC"])
        return {"count": len(docs), "sums": _sums(docs), "rows": [show(found, doc) for doc in newest]}


def _has_all(text: str, words: list[str]) -> bool:
    return all(word in text for word in words)


def document(world: World, body: Body, org: str, kind: str, key: str) -> Body:
    """One document with its lines, payments, credits and history."""
    found = world.organisation(org)
    if found is None or kind not in KINDS:
        raise KeyError(f"{org}/{kind}")
    with found.lock:
        doc = _by_id(found, kind, key)
        shown = KINDS[kind][1](found, doc)
        lines = doc.get("LineItems", doc.get("JournalLines", []))
        names = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "TaxAmount", "LineAmount")
        return {
            "head": shown,
            "lines": [{name: line.get(name) for name in names} for line in lines],
            "totals": {name: doc[name] for name in ("SubTotal", "TotalTax", "Total") if name in doc},
            "terms": doc.get("LineAmountTypes", ""),
            "url": doc.get("Url"),
            "applied": _applied(found, kind, key),
            "postings": ledger.postings(world, found, key),
            "history": list(reversed(found.history.get(key, [])))[:20],
            "contact": _details(doc) if kind == "contacts" else None,
        }


def _by_id(org: Organisation, kind: str, key: str) -> Doc:
    tables = {"notes": org.credit_notes, "contacts": org.contacts, "payments": org.payments,
              "bank": org.bank_transactions, "journals": org.manual_journals}  # fmt: skip
    found = tables.get(kind, org.invoices).get(key)
    if found is None:
        raise KeyError(f"{kind} {key}")
    return found


def _applied(org: Organisation, kind: str, key: str) -> list[Body]:
    """Payments and credits on a document, as sentences of date, text and amount."""
    name = {"sales": "Invoice", "bills": "Invoice", "notes": "CreditNote"}.get(kind)
    if name is None:
        return []
    rows = [
        {"date": row["Date"], "text": f"Payment {row['Reference']}".strip(), "amount": row["Amount"]}
        for row in settlement.live_payments(org, name, key)
    ]
    credits = settlement.allocations_to(org, key) if name == "Invoice" else settlement.allocations_from(org, name, key)
    for row in credits:
        source = settlement.table_of(org, row["_source"][0]).get(row["_source"][1])
        number = source.get("CreditNoteNumber") or row["_source"][0]
        target = org.invoices.get(row["_invoice"])["InvoiceNumber"]
        label = f"Credit {number}" if name == "Invoice" else f"Applied to {target}"
        rows.append({"date": row["Date"], "text": label, "amount": row["Amount"]})
    return rows


def _details(doc: Doc) -> list[list[str]]:
    rows = [[label, doc.get(name) or ""] for label, name in (
        ("E-mail", "EmailAddress"), ("Tax number", "TaxNumber"), ("Account number", "AccountNumber"),
        ("Contact code", "ContactNumber"), ("Currency", "DefaultCurrency"),
    )]  # fmt: skip
    for address in doc["Addresses"]:
        parts = [value for name, value in address.items() if name != "AddressType" and value]
        rows.append([address["AddressType"].title() + " address", ", ".join(parts)])
    for phone in doc["Phones"]:
        parts = [phone["PhoneCountryCode"], phone["PhoneAreaCode"], phone["PhoneNumber"]]
        rows.append([phone["PhoneType"].title() + " phone", " ".join(part for part in parts if part)])
    for person in doc["ContactPersons"]:
        rows.append(["Person", f"{person['FirstName']} {person['LastName']} {person['EmailAddress']}".strip()])
    return [row for row in rows if row[1]]


def _text(row: Body) -> str:
    return " ".join(str(value) for name, value in row.items() if name not in ("id", "updated")).casefold()


def _sums(docs: list[Doc]) -> Body:
    """Sums per currency of documents that were not voided or deleted."""
    sums: dict[str, dict[str, Decimal]] = {}
    for doc in docs:
        due = doc.get("AmountDue", doc.get("RemainingCredit"))
        if due is None or doc["Status"] in ENDED:
            continue
        group = sums.setdefault(doc["CurrencyCode"], {"total": ZERO, "due": ZERO})
        group["total"] += doc["Total"]
        group["due"] += due
    return sums


# === Rows of each kind ===


def _document_row(org: Organisation, doc: Doc, number: str, due: str) -> Body:
    return {
        "id": doc.get("InvoiceID") or doc["CreditNoteID"],
        "number": doc.get(number) or "",
        "contact": org.contacts.get(doc["_contact"])["Name"],
        "reference": doc.get("Reference", ""),
        "date": doc["Date"],
        "due_date": doc.get("DueDate"),
        "currency": doc["CurrencyCode"],
        "tax": doc["TotalTax"],
        "total": doc["Total"],
        "due": doc[due],
        "status": doc["Status"],
        "type": doc["Type"],
        "updated": doc["UpdatedDateUTC"],
    }


def _invoice_row(org: Organisation, doc: Doc) -> Body:
    return _document_row(org, doc, "InvoiceNumber", "AmountDue")


def _note_row(org: Organisation, doc: Doc) -> Body:
    return _document_row(org, doc, "CreditNoteNumber", "RemainingCredit")


def _contact_row(org: Organisation, doc: Doc) -> Body:
    roles = [role for role, flag in (("Customer", "IsCustomer"), ("Supplier", "IsSupplier")) if doc[flag]]
    return {
        "id": doc["ContactID"],
        "name": doc["Name"],
        "email": doc.get("EmailAddress", ""),
        "tax_number": doc.get("TaxNumber", ""),
        "code": doc.get("ContactNumber", ""),
        "role": " and ".join(roles),
        "status": doc["ContactStatus"],
        "updated": doc["UpdatedDateUTC"],
    }


def _payment_row(org: Organisation, doc: Doc) -> Body:
    kind, target_id = doc["_target"]
    target = settlement.table_of(org, kind).get(target_id)
    account = org.accounts.get(doc["_account"])
    return {
        "id": doc["PaymentID"],
        "number": target.get("InvoiceNumber") or target.get("CreditNoteNumber") or kind,
        "contact": org.contacts.get(target["_contact"])["Name"],
        "account": account["Name"],
        "date": doc["Date"],
        "reference": doc["Reference"],
        "currency": target["CurrencyCode"],
        "total": doc["Amount"],
        "status": doc["Status"],
        "updated": doc["UpdatedDateUTC"],
    }


def _bank_row(org: Organisation, doc: Doc) -> Body:
    contact = org.contacts.get(doc["_contact"])
    return {
        "id": doc["BankTransactionID"],
        "number": doc["Type"].replace("-", " ").capitalize(),
        "contact": contact["Name"] if contact else "",
        "account": org.accounts.get(doc["_account"])["Name"],
        "date": doc["Date"],
        "reference": doc["Reference"],
        "currency": doc["CurrencyCode"],
        "total": doc["Total"],
        "status": doc["Status"],
        "updated": doc["UpdatedDateUTC"],
    }


def _journal_row(org: Organisation, doc: Doc) -> Body:
    return {
        "id": doc["ManualJournalID"],
        "number": doc["Narration"],
        "date": doc["Date"],
        "currency": org.base_currency,
        "total": sum((max(row["LineAmount"], ZERO) for row in doc["JournalLines"]), ZERO),
        "status": doc["Status"],
        "updated": doc["UpdatedDateUTC"],
    }


def _of_type(kind: str) -> Callable[[Organisation], Iterable[Doc]]:
    return lambda org: (doc for doc in org.invoices if doc["Type"] == kind)


KINDS: dict[str, tuple[Callable[[Organisation], Iterable[Doc]], Callable[[Organisation, Doc], Body]]] = {
    "sales": (_of_type("ACCREC"), _invoice_row),
    "bills": (_of_type("ACCPAY"), _invoice_row),
    "notes": (lambda org: org.credit_notes, _note_row),
    "contacts": (lambda org: org.contacts, _contact_row),
    "payments": (lambda org: org.payments, _payment_row),
    "bank": (lambda org: org.bank_transactions, _bank_row),
    "journals": (lambda org: org.manual_journals, _journal_row),
}
