"""/CreditNotes and their allocations."""

from werkzeug.wrappers import Response

from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing
from ..api.where import Field
from ..api.writing import Writer
from ..errors import Invalid, not_found, text
from ..rules import documents
from ..rules.documents import CREDIT_NOTE
from ..store import Doc
from . import allocations, pdf, views
from .document_fields import contact_fields, direct
from .sub_resources import sub_resource

HEAD = ("CreditNoteID", "CreditNoteNumber", "Type", "Reference", "RemainingCredit", "SentToContact", "CurrencyRate",
        "BrandingThemeID", "HasAttachments")  # fmt: skip
TAIL = ("Status", "LineAmountTypes", "SubTotal", "TotalTax", "Total", "CurrencyCode")


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A credit note. An unpaged list has no line items."""
    org, note_id = call.org, doc["CreditNoteID"]
    shown = {name: doc[name] for name in HEAD if doc.get(name) is not None}
    if doc["Type"] == "ACCPAYCREDIT":
        shown.pop("Reference", None)
    shown |= {"ID": note_id, "HasErrors": False, **views.dated("Date", doc["Date"])}
    shown |= views.dated("DueDate", doc.get("DueDate"))
    if doc.get("FullyPaidOnDate"):
        shown["FullyPaidOnDate"] = doc["FullyPaidOnDate"]
    shown |= {name: doc[name] for name in TAIL} | views.stamped(doc)
    shown["Contact"] = (views.contact_part if full else views.contact_stub)(org, doc["_contact"])
    shown["LineItems"] = [views.line(row, call.unit_places) for row in doc["LineItems"]] if full else []
    shown["Allocations"] = views.allocations(org, "CreditNote", note_id)
    shown["Payments"] = views.payment_stubs(org, "CreditNote", note_id)
    return shown


def _fields(call: Call) -> dict[str, Field]:
    return {
        **{name: direct(name) for name in ("Status", "Reference", "Type", "CreditNoteNumber")},
        "CreditNoteID": direct("CreditNoteID"),
        "Date": direct("Date", ranges=True),
        **contact_fields(call.org),
    }


LISTING = Listing(
    "CreditNotes", lambda call: call.org.credit_notes, render, _fields,
    {"CreditNoteID": "CreditNoteID", "UpdatedDateUTC": "UpdatedDateUTC", "Date": "Date"},
)  # fmt: skip


def _save(call: Call, element: Doc) -> tuple[Doc, bool]:
    if element.get("Allocations"):
        raise Invalid("A credit note cannot be allocated in the call that writes it; use its Allocations endpoint")
    return documents.save(call, element, CREDIT_NOTE)


WRITER = Writer("CreditNotes", "CreditNoteID", "HasErrors", _save, render)


def serve(call: Call) -> Response:
    """Everything under /CreditNotes."""
    if len(call.path) >= 2 and call.path[1] == "Allocations":
        return allocations.serve(call, "CreditNote", _found(call))
    if len(call.path) >= 2:
        return sub_resource(call, _found(call), "CreditNoteID")
    if call.method == "GET":
        return _get(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, _found(call)["CreditNoteID"] if call.path else None)
    raise text(501, "Not implemented")


def _get(call: Call) -> Response:
    if not call.path:
        return LISTING.serve(call)
    doc = _found(call)
    if "application/pdf" in call.request.headers.get("Accept", ""):
        return pdf.response(call.org, doc, doc["CreditNoteNumber"])
    return answer(call, "CreditNotes", [render(call, doc)])


def _found(call: Call) -> Doc:
    found = documents.find(call.org, CREDIT_NOTE, call.path[0])
    if found is None:
        raise not_found()
    return found
