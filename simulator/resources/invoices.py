"""/Invoices: sales invoices (ACCREC) and bills (ACCPAY)."""

from werkzeug.wrappers import Response

from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing, by_ids
from ..api.where import Field
from ..api.writing import Writer
from ..errors import not_found, text
from ..organisation import fold
from ..rules import documents
from ..rules.documents import INVOICE
from ..store import Doc
from . import pdf, views
from .document_fields import contact_fields, direct
from .sub_resources import sub_resource

HEAD = ("Type", "InvoiceID", "InvoiceNumber", "Reference", "Url", "AmountDue", "AmountPaid", "AmountCredited",
        "SentToContact", "CurrencyRate", "IsDiscounted", "BrandingThemeID")  # fmt: skip
TAIL = ("Status", "LineAmountTypes", "SubTotal", "TotalTax", "Total", "CurrencyCode")


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """An invoice. ``full`` is False in an unpaged list: then there are no line items."""
    summary = call.method == "GET" and not call.path and call.flag("summaryOnly")
    org, invoice_id = call.org, doc["InvoiceID"]
    shown = {name: doc[name] for name in HEAD if doc.get(name) is not None}
    if doc["Type"] == "ACCPAY":
        shown.pop("Reference", None)
    shown |= {"HasErrors": False, **views.dated("Date", doc["Date"]), **views.dated("DueDate", doc["DueDate"])}
    for name in ("ExpectedPaymentDate", "PlannedPaymentDate", "FullyPaidOnDate"):
        if doc.get(name):
            shown[name] = doc[name]
    shown |= {name: doc[name] for name in TAIL}
    if doc["TotalDiscount"]:
        shown["TotalDiscount"] = doc["TotalDiscount"]
    shown |= views.stamped(doc)
    if summary:
        return shown | {"Contact": views.contact_stub(org, doc["_contact"])}
    shown |= {"HasAttachments": doc["HasAttachments"], "Payments": views.payment_stubs(org, "Invoice", invoice_id)}
    shown |= views.credits_of(org, invoice_id)
    shown["Contact"] = (views.contact_part if full else views.contact_stub)(org, doc["_contact"])
    shown["LineItems"] = [views.line(row, call.unit_places) for row in doc["LineItems"]] if full else []
    return shown


def _narrow(call: Call, rows: list[Doc]) -> list[Doc]:
    """ContactIDs, Statuses, searchTerm, createdByMyApp, includeArchived."""
    contacts = call.org.contacts
    if call.readings["invoices_of_archived_contacts_hidden"] and not call.flag("includeArchived"):
        rows = [row for row in rows if contacts.get(row["_contact"])["ContactStatus"] != "ARCHIVED"]
    contact_ids = call.names("ContactIDs")
    if contact_ids is not None:
        wanted = {contact.lower() for contact in contact_ids}
        rows = [row for row in rows if row["_contact"] in wanted]
    statuses = call.names("Statuses")
    if statuses is not None:
        wanted = {status.upper() for status in statuses}
        rows = [row for row in rows if row["Status"] in wanted]
    if call.flag("createdByMyApp"):
        rows = [row for row in rows if row["_app"] == call.app.client_id]
    term = call.args.get("searchTerm")
    if term:
        rows = [row for row in rows if views.matches(
            term, row["InvoiceNumber"], row.get("Reference"), contacts.get(row["_contact"])["Name"])]  # fmt: skip
    return rows


def _select(call: Call) -> list[Doc] | None:
    """IDs and InvoiceNumbers; both together must hold."""
    table, ids, numbers = call.org.invoices, call.names("IDs"), call.names("InvoiceNumbers")
    chosen = None if ids is None else by_ids(table, ids)
    if numbers is None:
        return chosen
    named = by_ids(table, [doc["InvoiceID"] for number in numbers for doc in table.find("number", fold(number))])
    return named if chosen is None else [doc for doc in named if doc in chosen]


def _fields(call: Call) -> dict[str, Field]:
    return {
        **{name: direct(name) for name in ("Status", "Reference", "InvoiceNumber", "Type", "AmountPaid")},
        **{name: direct(name, ranges=True) for name in ("Date", "DueDate", "AmountDue")},
        "InvoiceID": Field(lambda doc: doc["InvoiceID"], or_allowed=True),
        **contact_fields(call.org),
    }


LISTING = Listing(
    "Invoices", lambda call: call.org.invoices, render, _fields,
    {"InvoiceID": "InvoiceID", "UpdatedDateUTC": "UpdatedDateUTC", "Date": "Date"},
    select=_select, narrow=_narrow, forces_paging=("Statuses", "summaryOnly"),
)  # fmt: skip
WRITER = Writer(
    "Invoices", "InvoiceID", "HasErrors", lambda call, element: documents.save(call, element, INVOICE), render
)


def serve(call: Call) -> Response:
    """Everything under /Invoices."""
    if len(call.path) >= 2:
        return sub_resource(call, _found(call), "InvoiceID")
    if call.method == "GET":
        return _get(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, _found(call)["InvoiceID"] if call.path else None)
    raise text(501, "Not implemented")


def _get(call: Call) -> Response:
    if not call.path:
        return LISTING.serve(call)
    doc = _found(call)
    if "application/pdf" in call.request.headers.get("Accept", ""):
        return pdf.response(call.org, doc, doc["InvoiceNumber"])
    shown = render(call, doc) | {"Attachments": views.attachments(call.org, doc["InvoiceID"])}
    return answer(call, "Invoices", [shown])


def _found(call: Call) -> Doc:
    """By id or number; 404 without JSON when there is none."""
    found = documents.find(call.org, INVOICE, call.path[0])
    if found is None:
        raise not_found()
    return found
