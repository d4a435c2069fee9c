"""Invoices, bills and credit notes: creating, updating, and their status moves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import money
from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import Organisation, fold, new_id
from ..store import Doc, Table
from . import closed_documents, lines, settlement
from .common import check_lock, check_text, check_total, check_url, currency_of, find_contact, rate_of
from .contacts import contact_from_document

BAD_STATUS = "{word} not of valid status for modification"
NEW_STATUSES = ("DRAFT", "SUBMITTED", "AUTHORISED")
MOVES = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"SUBMITTED", "DRAFT", "AUTHORISED", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED"},
    "PAID": {"PAID", "AUTHORISED", "VOIDED"},
}


@dataclass(frozen=True)
class Kind:
    """What differs between invoices and credit notes."""

    name: str
    word: str
    id_field: str
    number_field: str
    sales_type: str
    purchase_type: str
    table: Callable[[Organisation], Table]
    unique_message: str
    event: str
    prefix: str
    discounts: bool
    due_date_needed: bool


INVOICE = Kind(
    "Invoice", "Invoice", "InvoiceID", "InvoiceNumber", "ACCREC", "ACCPAY", lambda org: org.invoices,
    "Invoice # must be unique.", "INVOICE", "number_prefix", True, True,
)  # fmt: skip
CREDIT_NOTE = Kind(
    "CreditNote", "Credit note", "CreditNoteID", "CreditNoteNumber", "ACCRECCREDIT", "ACCPAYCREDIT",
    lambda org: org.credit_notes, "Credit Note # must be unique.", "CREDITNOTE", "note_prefix", False, False,
)  # fmt: skip


def save(call: Call, element: Doc, kind: Kind) -> tuple[Doc, bool]:
    """Create or update one document; returns (document, whether it is new).

    PUT creates only. POST with an id updates; POST of a sales document with a number that exists updates that one.
    """
    old = _existing(call, element, kind)
    if old is None:
        return _create(call, element, kind), True
    return _update(call, element, kind, old), False


def _existing(call: Call, element: Doc, kind: Kind) -> Doc | None:
    sent_id = fields.text(element, kind.id_field)
    if sent_id and sent_id.strip("0-"):
        old = kind.table(call.org).get(sent_id)
        if old is None:
            raise Invalid("The document with the supplied id was not found for this endpoint.")
        if call.method == "PUT":
            raise Invalid(f"The {kind.id_field} already exists; use POST to update it")
        return old
    if call.method == "PUT" or element.get("Type") == kind.purchase_type:
        return None
    number = fold(fields.text(element, kind.number_field))
    return _sales_document(call.org, kind, number) if number else None


def _sales_document(org: Organisation, kind: Kind, number: str | None, but: str | None = None) -> Doc | None:
    for doc in kind.table(org).find("number", number):
        if doc["Type"] == kind.sales_type and doc[kind.id_field] != but:
            return doc
    return None


def _create(call: Call, element: Doc, kind: Kind) -> Doc:
    doc = _new(call, element, kind)
    if doc["Status"] not in NEW_STATUSES:
        raise Invalid(f"{kind.word} not of valid status for creation")
    if not fields.rows(element, "LineItems"):
        raise Invalid("One or more line items must be specified")
    _apply_all(call, element, kind, doc, None)
    return _store(call, kind, doc, "CREATE")


def _new(call: Call, element: Doc, kind: Kind) -> Doc:
    doc_type = fields.text(element, "Type")
    if doc_type not in (kind.sales_type, kind.purchase_type):
        raise Invalid(f"{kind.word} type is not valid")
    return {
        "Type": doc_type,
        kind.id_field: new_id(),
        "Status": (fields.text(element, "Status") or "DRAFT").upper(),
        "LineItems": [],
        "SentToContact": False,
        "HasAttachments": False,
        "FullyPaidOnDate": None,
        "_app": call.app.client_id,
    }


def _update(call: Call, element: Doc, kind: Kind, old: Doc) -> Doc:
    target = _target_status(call, element, kind, old)
    check_lock(call.org, old["Date"])
    if target in ("VOIDED", "DELETED"):
        return end(call.org, kind, old, target)
    if settlement.is_settled_in_part(call.org, kind.name, old):
        return closed_documents.update(call, element, kind, old)
    doc = dict(old)
    doc["Status"] = target
    _apply_all(call, element, kind, doc, old)
    return _store(call, kind, doc, "UPDATE")


def _target_status(call: Call, element: Doc, kind: Kind, old: Doc) -> str:
    bad = Invalid(BAD_STATUS.format(word=kind.word))
    if element.get("Type") not in (None, old["Type"]):
        raise Invalid(f"The Type of {kind.word.lower()} cannot be changed")
    if old["Status"] not in MOVES:
        raise bad
    sent = fields.text(element, "Status")
    if sent is None and call.readings["update_needs_status"] and old["Status"] in ("AUTHORISED", "PAID"):
        raise bad
    target = (sent or old["Status"]).upper()
    if target not in MOVES[old["Status"]]:
        raise bad
    return target


def end(org: Organisation, kind: Kind, old: Doc, target: str) -> Doc:
    """Void or delete. Void is for approved documents with nothing applied, delete for the others. Raises Invalid."""
    if settlement.is_settled_in_part(org, kind.name, old):
        raise Invalid(
            f"The status {target} cannot be applied to the {kind.word.lower()} because it has payments or credit notes"
            " allocated to it."
        )
    doc = old | {"Status": target, "FullyPaidOnDate": None}
    doc["RemainingCredit" if kind is CREDIT_NOTE else "AmountDue"] = money.ZERO
    org.note(doc[kind.id_field], "Voided" if target == "VOIDED" else "Deleted", f"{kind.word} {target.lower()}")
    org.journal.event(kind.event, doc[kind.id_field], "UPDATE")
    return org.save(kind.table(org), doc)


def _apply_all(call: Call, element: Doc, kind: Kind, doc: Doc, old: Doc | None) -> None:
    """Every field that was sent, onto ``doc``. Raises Invalid with what is wrong first."""
    _apply_contact(call, element, doc)
    _apply_dates(call, element, kind, doc)
    apply_number_and_texts(call, element, kind, doc)
    _apply_money(call, element, kind, doc, old)
    _check_approval(call, kind, doc, old)


def _apply_contact(call: Call, element: Doc, doc: Doc) -> None:
    contact = fields.part(element, "Contact")
    if contact is None and doc.get("_contact"):
        return
    if not contact:
        raise Invalid("A Contact must be specified for this type of transaction")
    found = find_contact(call.org, contact) or contact_from_document(call, contact)
    doc["_contact"] = found["ContactID"]


def _apply_dates(call: Call, element: Doc, kind: Kind, doc: Doc) -> None:
    doc["Date"] = fields.day(element, "Date") or doc.get("Date") or call.org.today()
    doc["DueDate"] = fields.day(element, "DueDate") or doc.get("DueDate")
    extra = "ExpectedPaymentDate" if doc["Type"] == "ACCREC" else "PlannedPaymentDate"
    if kind is INVOICE and fields.day(element, extra):
        doc[extra] = fields.day(element, extra)
    check_lock(call.org, doc["Date"])
    if kind.due_date_needed and doc["Status"] != "DRAFT" and doc["DueDate"] is None:
        raise Invalid("The document DueDate field must be specified")


def apply_number_and_texts(call: Call, element: Doc, kind: Kind, doc: Doc) -> None:
    """What may change at any time: number, Reference, Url, branding theme, SentToContact."""
    _apply_number(call, element, kind, doc)
    _apply_texts(call, element, kind, doc)


def _apply_number(call: Call, element: Doc, kind: Kind, doc: Doc) -> None:
    """Sales numbers are unique and given automatically; purchase numbers are free text, shown as Reference."""
    sent = fields.text(element, kind.number_field)
    sales = doc["Type"] == kind.sales_type
    messages = check_text(kind.number_field, sent, 255, ascii_only=sales)
    if messages:
        raise Invalid(*messages)
    number = sent or doc.get(kind.number_field)
    if sales and not number:
        number = call.org.next_number(call.org.settings[kind.prefix], kind.table(call.org))
    if sales and sent and _number_taken(call, kind, doc, sent):
        raise Invalid(kind.unique_message)
    doc[kind.number_field] = number or ""


def _number_taken(call: Call, kind: Kind, doc: Doc, number: str) -> bool:
    other = _sales_document(call.org, kind, fold(number), but=doc[kind.id_field])
    if other is None:
        return False
    return call.readings["number_taken_after_void"] or other["Status"] not in ("VOIDED", "DELETED")


def _apply_texts(call: Call, element: Doc, kind: Kind, doc: Doc) -> None:
    messages = []
    if doc["Type"] == kind.sales_type and "Reference" in element:
        doc["Reference"] = fields.text(element, "Reference") or ""
        messages += check_text("Reference", doc["Reference"], 255)
    if "Url" in element and kind is INVOICE:
        doc["Url"] = check_url(call, fields.text(element, "Url"))
    theme = fields.text(element, "BrandingThemeID")
    if theme:
        doc["BrandingThemeID"] = theme.lower()
        messages += [] if call.org.branding.get(theme) else ["The BrandingThemeID could not be found"]
    if fields.boolean(element, "SentToContact") is not None:
        doc["SentToContact"] = fields.boolean(element, "SentToContact")
        if doc["SentToContact"] and doc["Status"] not in ("AUTHORISED", "PAID"):
            messages.append("SentToContact can only be set on approved documents")
    if messages:
        raise Invalid(*messages)


def _apply_money(call: Call, element: Doc, kind: Kind, doc: Doc, old: Doc | None) -> None:
    sent_types = fields.text(element, "LineAmountTypes")
    doc["LineAmountTypes"] = lines.amount_types(sent_types) if sent_types else doc.get("LineAmountTypes", "Exclusive")
    context = line_context(call, kind, doc)
    sent = fields.rows(element, "LineItems")
    if sent is not None:
        if not sent:
            raise Invalid("One or more line items must be specified")
        doc["LineItems"] = lines.build(context, sent, doc["LineItems"])
    elif old and old["LineAmountTypes"] != doc["LineAmountTypes"]:
        doc["LineItems"] = lines.retaxed(context, doc["LineItems"])
    if context.approved:
        lines.check_approvable(context, doc["LineItems"])
    _apply_currency(call, element, doc, sent is not None)
    doc |= lines.totals(doc["LineItems"], doc["LineAmountTypes"])
    if doc["Total"] < 0:
        raise Invalid("The Total of the document must not be negative")
    check_total(fields.number(element, "Total"), doc["Total"], call.readings["wrong_total_refused"])


def line_context(call: Call, kind: Kind, doc: Doc) -> lines.LineContext:
    """What the lines need to know about this document."""
    sales = doc["Type"] == kind.sales_type
    return lines.LineContext(
        org=call.org,
        amount_types=doc["LineAmountTypes"],
        approved=doc["Status"] in ("SUBMITTED", "AUTHORISED", "PAID"),
        places=call.unit_places,
        discounts=kind.discounts and sales,
        cap_tax=call.readings["tax_amount_capped_by_unit_amount"],
        sales=sales,
    )


def _apply_currency(call: Call, element: Doc, doc: Doc, lines_sent: bool) -> None:
    """A foreign document whose lines are sent again without CurrencyRate falls back to the rate of the day."""
    currency = currency_of(call.org, fields.text(element, "CurrencyCode") or doc.get("CurrencyCode"))
    sent = fields.number(element, "CurrencyRate")
    same = currency == doc.get("CurrencyCode")
    reset = lines_sent and call.readings["rate_reset_without_currency_rate"]
    if sent is None and same and not reset:
        return
    doc["CurrencyCode"] = currency
    doc["CurrencyRate"] = rate_of(call.org, currency, sent)


def _check_approval(call: Call, kind: Kind, doc: Doc, old: Doc | None) -> None:
    """Low plans cap how many invoices or bills of a month can be approved."""
    limit = call.org.settings["approval_limit"]
    if limit is None or kind is not INVOICE or doc["Status"] != "AUTHORISED":
        return
    if old is not None and old["Status"] in ("AUTHORISED", "PAID"):
        return
    month = (doc["Date"].year, doc["Date"].month)
    approved = sum(
        row["Type"] == doc["Type"] and row["Status"] in ("AUTHORISED", "PAID")
        and (row["Date"].year, row["Date"].month) == month
        for row in call.org.invoices
    )  # fmt: skip
    if approved >= limit:
        raise Invalid("You have reached the limit of invoices you can approve.")


def _store(call: Call, kind: Kind, doc: Doc, event: str) -> Doc:
    org = call.org
    doc["IsDiscounted"] = doc["TotalDiscount"] != 0
    doc = settlement.settled(org, kind.name, doc, call.readings["zero_total_is_paid"])
    stored = org.save(kind.table(org), doc)
    _mark_contact(org, kind, stored)
    org.journal.event(kind.event, stored[kind.id_field], event)
    word = "Created" if event == "CREATE" else "Edited"
    org.note(stored[kind.id_field], word, f"{word} through the Xero API using {call.app.name}")
    return stored


def _mark_contact(org: Organisation, kind: Kind, doc: Doc) -> None:
    """IsCustomer / IsSupplier are set by the first document, without moving UpdatedDateUTC (a blind spot)."""
    contact = org.contacts.get(doc["_contact"])
    flag = "IsCustomer" if doc["Type"] == kind.sales_type else "IsSupplier"
    if not contact[flag]:
        org.save(org.contacts, contact | {flag: True}, touch=False)


def find(org: Organisation, kind: Kind, key: str) -> Doc | None:
    """A document by id or by number (a sales one first)."""
    found = kind.table(org).get(key)
    if found:
        return found
    candidates: list[Any] = kind.table(org).find("number", fold(key))
    return next((doc for doc in candidates if doc["Type"] == kind.sales_type), candidates[0] if candidates else None)
