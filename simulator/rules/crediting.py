"""Allocating credits (credit notes, overpayments, prepayments) to invoices and bills."""

from decimal import Decimal

from .. import money
from ..api.call import Call
from ..errors import Invalid
from ..organisation import fold, new_id
from ..store import Doc
from . import settlement
from .common import check_lock

SALES_CREDITS = {"ACCRECCREDIT", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT"}
EVENTS = {"Invoice": "INVOICE", "CreditNote": "CREDITNOTE", "Prepayment": "PREPAYMENT", "Overpayment": "OVERPAYMENT"}


def id_field(kind: str) -> str:
    """Name of the id of this kind of document."""
    return settlement.KINDS[kind][1]


def allocate(call: Call, kind: str, source_id: str, invoice_ref: Doc, amount: Decimal | None) -> Doc:
    """Apply part of a credit to an invoice. The date is the later of both documents'. Raises Invalid."""
    org = call.org
    source = settlement.table_of(org, kind).get(source_id)
    invoice = org.invoices.get(invoice_ref.get("InvoiceID")) or _by_number(call, invoice_ref, source)
    if invoice is None:
        raise Invalid("The Invoice to allocate to could not be found")
    _check(call, kind, source, invoice, amount)
    row = {
        "AllocationID": new_id(),
        "_source": (kind, source_id),
        "_invoice": invoice["InvoiceID"],
        "Amount": money.cents(amount),
        "Date": max(source["Date"], invoice["Date"]),
        "IsDeleted": False,
    }
    check_lock(org, row["Date"])
    org.journal.put(org.allocations, row)
    _settle_both(call, row)
    return row


def undo(call: Call, row: Doc) -> Doc:
    """Take an allocation back; the answer says IsDeleted."""
    check_lock(call.org, row["Date"])
    gone = call.org.journal.put(call.org.allocations, row | {"IsDeleted": True})
    _settle_both(call, gone)
    return gone


def _by_number(call: Call, invoice_ref: Doc, source: Doc) -> Doc | None:
    number = fold(invoice_ref.get("InvoiceNumber"))
    wanted = "ACCREC" if source["Type"] in SALES_CREDITS else "ACCPAY"
    found = call.org.invoices.find("number", number) if number else []
    return next((doc for doc in found if doc["Type"] == wanted), None)


def _check(call: Call, kind: str, source: Doc, invoice: Doc, amount: Decimal | None) -> None:
    if source["Status"] != "AUTHORISED":
        raise Invalid(f"The {kind.lower()} is not of valid status to be allocated")
    if invoice["Status"] != "AUTHORISED":
        raise Invalid("Invoice not of valid status for allocation")
    if (source["Type"] in SALES_CREDITS) != (invoice["Type"] == "ACCREC"):
        raise Invalid("A sales credit can only be allocated to sales invoices, a purchase credit to bills")
    if source["_contact"] != invoice["_contact"] and call.readings["allocation_same_contact"]:
        raise Invalid("The credit and the invoice must be of the same contact")
    if source["CurrencyCode"] != invoice["CurrencyCode"]:
        raise Invalid("The credit and the invoice must be in the same currency")
    if amount is None or amount <= 0:
        raise Invalid("The Amount must be greater than zero")
    if amount > invoice["AmountDue"]:
        raise Invalid("The amount allocated exceeds the amount outstanding on this document")
    if amount > source["RemainingCredit"]:
        raise Invalid("The amount allocated exceeds the remaining credit")


def _settle_both(call: Call, row: Doc) -> None:
    kind, source_id = row["_source"]
    zero = call.readings["zero_total_is_paid"]
    settlement.settle(call.org, kind, source_id, zero)
    settlement.settle(call.org, "Invoice", row["_invoice"], zero)
    call.org.journal.event("INVOICE", row["_invoice"], "UPDATE")
    call.org.journal.event(EVENTS[kind], source_id, "UPDATE")
