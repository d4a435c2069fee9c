"""/ManualJournals."""

from werkzeug.wrappers import Response

from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing
from ..api.writing import Writer
from ..errors import not_found, refused, text
from ..rules import manual_journals
from ..store import Doc
from .document_fields import direct
from .sub_resources import sub_resource

HEAD = ("Date", "Status", "LineAmountTypes", "UpdatedDateUTC", "ManualJournalID", "Narration", "Url",
        "ShowOnCashBasisReports", "HasAttachments")  # fmt: skip
LINE = ("Description", "TaxType", "LineAmount", "TaxAmount", "AccountCode", "AccountID", "Tracking")


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A manual journal. It has no twin of its date; an unpaged list has no lines."""
    shown = {name: doc[name] for name in HEAD if doc.get(name) is not None}
    rows = doc["JournalLines"] if full else []
    shown["JournalLines"] = [
        {name: row[name] for name in LINE if row.get(name) is not None} | {"IsBlank": False} for row in rows
    ]
    return shown


LISTING = Listing(
    "ManualJournals", lambda call: call.org.manual_journals, render, {"Narration": direct("Narration")},
    {"ManualJournalID": "ManualJournalID", "UpdatedDateUTC": "UpdatedDateUTC", "Date": "Date"},
)  # fmt: skip
WRITER = Writer("ManualJournals", "ManualJournalID", "HasErrors", manual_journals.save, render)


def serve(call: Call) -> Response:
    """Everything under /ManualJournals."""
    found = call.org.manual_journals.get(call.path[0]) if call.path else None
    if call.path and found is None:
        raise not_found()
    if len(call.path) >= 2:
        return sub_resource(call, found, "ManualJournalID")
    if call.method == "GET":
        return answer(call, "ManualJournals", [render(call, found)]) if found else LISTING.serve(call)
    if call.method in ("PUT", "POST"):
        if not call.org.actions.get("CreateManualJournal", True):
            raise refused(403, "The user may not make manual journals")
        return WRITER.write(call, found["ManualJournalID"] if found else None)
    raise text(501, "Not implemented")
