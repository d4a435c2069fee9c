"""Edits of documents with a payment or credit applied: only a few fields may change."""

from typing import TYPE_CHECKING

from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import Organisation
from ..store import Doc
from . import documents, lines, settlement
from .common import check_lock, find_contact

if TYPE_CHECKING:
    from .documents import Kind

CLOSED = "This document cannot be edited as it has a payment or credit note allocated to it."
NEEDS_LINE_ID = "To update fields on a paid invoice line item, you must supply a LineItemID"
AMOUNT_FIELDS = ("Quantity", "UnitAmount", "LineAmount", "TaxAmount", "DiscountRate", "DiscountAmount")
# Changes of these alone make no journal, so UpdatedDateUTC stays on a document that is paid in part.
BLIND_FIELDS = {"DueDate", "SentToContact", "ExpectedPaymentDate", "PlannedPaymentDate", "LineItems"}


def update(call: Call, element: Doc, kind: "Kind", old: Doc) -> Doc:
    """Apply what may change; refuse what may not. Amounts on a paid bill are dropped without a word.

    A sent CurrencyRate is ignored silently.
    """
    _check_header(element, old)
    doc = dict(old)
    _apply_contact(call.org, element, kind, doc)
    doc["DueDate"] = fields.day(element, "DueDate") or doc["DueDate"]
    if doc["Type"] == "ACCPAY" and fields.day(element, "PlannedPaymentDate"):
        doc["PlannedPaymentDate"] = fields.day(element, "PlannedPaymentDate")
    documents.apply_number_and_texts(call, element, kind, doc)
    if fields.rows(element, "LineItems") is not None:
        doc["LineItems"] = _lines(call, element["LineItems"], kind, doc)
    return _store(call, kind, old, doc)


def _check_header(element: Doc, old: Doc) -> None:
    day = fields.day(element, "Date")
    changed = (
        (day is not None and day != old["Date"])
        or _differs(fields.text(element, "CurrencyCode"), old["CurrencyCode"])
        or _differs(fields.text(element, "LineAmountTypes"), old["LineAmountTypes"])
    )
    if changed:
        raise Invalid(CLOSED)


def _differs(sent: str | None, old: str) -> bool:
    return sent is not None and sent.lower() != old.lower()


def _apply_contact(org: Organisation, element: Doc, kind: "Kind", doc: Doc) -> None:
    """The contact may change, unless a credit note settled the document."""
    contact = find_contact(org, fields.part(element, "Contact"))
    if contact is None or contact["ContactID"] == doc["_contact"]:
        return
    if kind is not documents.INVOICE or settlement.allocations_to(org, doc["InvoiceID"]):
        raise Invalid(CLOSED)
    doc["_contact"] = contact["ContactID"]


def _lines(call: Call, sent: list[Doc], kind: "Kind", doc: Doc) -> list[Doc]:
    known = {line["LineItemID"]: line for line in doc["LineItems"]}
    given = [str(element.get("LineItemID") or "").lower() for element in sent]
    if any(line_id not in known for line_id in given):
        raise Invalid(NEEDS_LINE_ID)
    if set(given) != set(known):
        raise Invalid(CLOSED)
    dropped = doc["Type"] == "ACCPAY" and call.readings["paid_bill_amounts_dropped"]
    return [_line(call, element, known[line_id], kind, doc, dropped) for element, line_id in zip(sent, given)]


def _line(call: Call, element: Doc, old: Doc, kind: "Kind", doc: Doc, dropped: bool) -> Doc:
    if _amounts_changed(element, old) and not dropped:
        raise Invalid(CLOSED)
    allowed = {
        name: element[name] for name in ("Description", "AccountCode", "Tracking") if element.get(name) is not None
    }
    changed = lines.build(documents.line_context(call, kind, doc), [old | allowed | {"AccountID": None}], [old])[0]
    return old | {name: changed[name] for name in ("Description", "AccountCode", "AccountID", "Tracking")
                  if name in changed}  # fmt: skip


def _amounts_changed(element: Doc, old: Doc) -> bool:
    for name in AMOUNT_FIELDS:
        value = fields.number(element, name)
        if value is not None and value != (old.get(name) or 0):
            return True
    return _differs(fields.text(element, "TaxType"), old["TaxType"])


def _store(call: Call, kind: "Kind", old: Doc, doc: Doc) -> Doc:
    check_lock(call.org, doc["Date"])
    changed = {name for name in doc if doc[name] != old.get(name)}
    blind = bool(changed) and changed <= BLIND_FIELDS
    stored = call.org.save(kind.table(call.org), doc, touch=not blind)
    call.org.note(stored[kind.id_field], "Edited", f"Edited through the Xero API using {call.app.name}")
    if not blind:
        call.org.journal.event(kind.event, stored[kind.id_field], "UPDATE")
    return stored
