"""Attachments and history of any document."""

import re

from werkzeug.wrappers import Response

from ..api import fields
from ..api.call import Call, elements_of
from ..api.envelope import answer
from ..api.writing import read_json
from ..errors import not_found, problem, text
from ..organisation import new_id
from ..store import Doc
from . import views

MAX_ATTACHMENTS = 10
MAX_NOTE = 2500
MEGABYTE = 1024 * 1024
BIG_ATTACHMENTS = {"Invoices", "CreditNotes", "Contacts"}
ATTACHABLE = {"Invoices", "CreditNotes", "Contacts", "Accounts", "BankTransactions", "BankTransfers", "ManualJournals"}
ONLINE_TYPES = {"ACCREC", "ACCRECCREDIT"}
# Refused in file names; the space too, by the stricter of two sources.
_BAD_NAME = re.compile(r'[<>:"/\\|?*+\0 ]')


def sub_resource(call: Call, doc: Doc | None, id_field: str) -> Response:
    """…/{id}/Attachments[/{name}] or …/{id}/History; anything else is 404."""
    if doc is None or len(call.path) < 2:
        raise not_found()
    if call.path[1] == "History":
        return _history(call, doc[id_field])
    if call.path[1] == "Attachments" and call.resource in ATTACHABLE:
        return _attachments(call, doc, id_field)
    raise not_found()


def _history(call: Call, document_id: str) -> Response:
    """GET, or PUT of notes; a note cannot be edited or removed."""
    if call.method == "PUT":
        notes = [_note(element) for element in elements_of(read_json(call), "HistoryRecords")]
        for note in notes:
            call.org.note(document_id, "Note", note, call.app.name)
        rows = call.org.history[document_id][-len(notes) :]
    elif call.method == "GET":
        rows = list(reversed(call.org.history.get(document_id, [])))
    else:
        raise text(501, "Not implemented")
    return answer(call, "HistoryRecords", rows)


def _note(element: Doc) -> str:
    details = fields.text(element, "Details") or ""
    if not details or len(details) > MAX_NOTE:
        message = f"Details is required, with at most {MAX_NOTE} characters"
        raise problem(10, "ValidationException", "A validation exception occurred",
                      [element | {"ValidationErrors": [{"Message": message}]}])  # fmt: skip
    return details


def _attachments(call: Call, doc: Doc, id_field: str) -> Response:
    if len(call.path) == 2:
        return answer(call, "Attachments", views.attachments(call.org, doc[id_field]))
    name = "/".join(call.path[2:])
    if call.method == "GET":
        return _content(call, doc[id_field], name)
    if call.method in ("PUT", "POST"):
        return _attach(call, doc, id_field, name)
    raise text(501, "Not implemented")


def _content(call: Call, document_id: str, key: str) -> Response:
    for row in call.org.attachments.get(document_id, []):
        if key in (row["AttachmentID"], row["FileName"]):
            return Response(row["_content"], content_type=row["MimeType"])
    raise not_found()


def _attach(call: Call, doc: Doc, id_field: str, name: str) -> Response:
    """Add a file, or replace the one of that name."""
    content = call.request.get_data()
    kept = [row for row in call.org.attachments.get(doc[id_field], []) if row["FileName"] != name]
    _check(call, doc, name, content, kept)
    row = {
        "AttachmentID": new_id(),
        "FileName": name,
        "Url": f"https://api.xero.com{call.request.path}",
        "MimeType": call.request.content_type or "application/octet-stream",
        "ContentLength": len(content),
        "IncludeOnline": call.flag("IncludeOnline"),
        "_content": content,
    }
    call.org.attachments[doc[id_field]] = [*kept, row]
    table = next(table for table in _tables(call) if table.id_field == id_field)
    call.org.save(table, doc | {"HasAttachments": True}, touch=False)
    call.org.note(doc[id_field], "Attached a file", f"Attached the file {name} through the Xero API")
    return answer(call, "Attachments", [{key: value for key, value in row.items() if key != "_content"}])


def _tables(call: Call) -> list:
    org = call.org
    return [org.invoices, org.credit_notes, org.contacts, org.accounts, org.bank_transactions, org.bank_transfers,
            org.manual_journals]  # fmt: skip


def _check(call: Call, doc: Doc, name: str, content: bytes, others: list[Doc]) -> None:
    limit = (10 if call.resource in BIG_ATTACHMENTS else 3) * MEGABYTE
    message = None
    if _BAD_NAME.search(name):
        message = "The file name contains characters that are not allowed"
    elif not content:
        message = "The file is empty"
    elif len(content) > limit:
        message = f"The file is larger than {limit // MEGABYTE} MB"
    elif len(others) >= MAX_ATTACHMENTS:
        message = f"A document can have at most {MAX_ATTACHMENTS} attachments"
    elif call.flag("IncludeOnline") and doc.get("Type") not in ONLINE_TYPES:
        message = "IncludeOnline can only be set on sales invoices and credit notes"
    if message:
        raise problem(10, "ValidationException", message, [])
