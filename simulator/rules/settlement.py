"""Money applied to documents: what is paid, credited and still due, and the status that follows from it."""

from datetime import date
from decimal import Decimal

from .. import money
from ..organisation import Organisation
from ..store import Doc, Table

# kind of document -> (attribute of Organisation, field of its id)
KINDS = {
    "Invoice": ("invoices", "InvoiceID"),
    "CreditNote": ("credit_notes", "CreditNoteID"),
    "Overpayment": ("overpayments", "OverpaymentID"),
    "Prepayment": ("prepayments", "PrepaymentID"),
}


def table_of(org: Organisation, kind: str) -> Table:
    """The table that holds documents of this kind."""
    return getattr(org, KINDS[kind][0])


def live_payments(org: Organisation, kind: str, document_id: str) -> list[Doc]:
    """Payments on a document that were not deleted, by date."""
    rows = [row for row in org.payments.find("target", (kind, document_id)) if row["Status"] == "AUTHORISED"]
    return sorted(rows, key=lambda row: (row["Date"], row["PaymentID"]))


def allocations_to(org: Organisation, invoice_id: str) -> list[Doc]:
    """Credits allocated to an invoice or bill."""
    return [row for row in org.allocations.find("invoice", invoice_id) if not row["IsDeleted"]]


def allocations_from(org: Organisation, kind: str, document_id: str) -> list[Doc]:
    """Where a credit was allocated to."""
    return [row for row in org.allocations.find("source", (kind, document_id)) if not row["IsDeleted"]]


def is_settled_in_part(org: Organisation, kind: str, doc: Doc) -> bool:
    """Whether any money or credit is applied to the document."""
    document_id = doc[KINDS[kind][1]]
    if live_payments(org, kind, document_id):
        return True
    applied = allocations_to(org, document_id) if kind == "Invoice" else allocations_from(org, kind, document_id)
    return bool(applied)


def open_amount(org: Organisation, kind: str, doc: Doc) -> Decimal:
    """What is still due on an invoice, or still free on a credit."""
    return doc["AmountDue"] if kind == "Invoice" else doc["RemainingCredit"]


def settle(org: Organisation, kind: str, document_id: str, zero_is_paid: bool, touch: bool = True) -> Doc:
    """Recompute and store a document after something was applied to it or taken away."""
    table = table_of(org, kind)
    return org.save(table, settled(org, kind, table.get(document_id), zero_is_paid), touch)


def settled(org: Organisation, kind: str, doc: Doc, zero_is_paid: bool) -> Doc:
    """The document with its amounts and status as they follow from what is applied.

    AUTHORISED becomes PAID when nothing is left, PAID becomes AUTHORISED when something is again (Xero sets PAID,
    never the client).
    """
    doc = doc | amounts(org, kind, doc)
    if doc["Status"] in ("AUTHORISED", "PAID"):
        doc |= _status(org, kind, doc, zero_is_paid)
    return doc


def amounts(org: Organisation, kind: str, doc: Doc) -> Doc:
    """AmountPaid, AmountCredited and AmountDue of an invoice; RemainingCredit of a credit."""
    document_id = doc[KINDS[kind][1]]
    paid = sum((row["Amount"] for row in live_payments(org, kind, document_id)), money.ZERO)
    if kind != "Invoice":
        used = sum((row["Amount"] for row in allocations_from(org, kind, document_id)), money.ZERO)
        return {"RemainingCredit": doc["Total"] - paid - used}
    credited = sum((row["Amount"] for row in allocations_to(org, document_id)), money.ZERO)
    return {"AmountPaid": paid, "AmountCredited": credited, "AmountDue": doc["Total"] - paid - credited}


def _status(org: Organisation, kind: str, doc: Doc, zero_is_paid: bool) -> Doc:
    left = open_amount(org, kind, doc)
    paid = left == 0 and (doc["Total"] != 0 or zero_is_paid)
    if not paid:
        return {"Status": "AUTHORISED", "FullyPaidOnDate": None}
    return {"Status": "PAID", "FullyPaidOnDate": _last_day(org, kind, doc)}


def _last_day(org: Organisation, kind: str, doc: Doc) -> date:
    document_id = doc[KINDS[kind][1]]
    days = [row["Date"] for row in live_payments(org, kind, document_id)]
    applied = allocations_to(org, document_id) if kind == "Invoice" else allocations_from(org, kind, document_id)
    days += [row["Date"] for row in applied]
    return max(days, default=doc["Date"])
