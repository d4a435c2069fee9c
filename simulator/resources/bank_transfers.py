"""/BankTransfers."""

from werkzeug.wrappers import Response

from .. import dates
from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing
from ..api.where import Field
from ..api.writing import Writer
from ..errors import not_found, text
from ..rules import bank_transfers
from ..store import Doc
from . import views
from .document_fields import direct
from .sub_resources import sub_resource

HEAD = ("BankTransferID", "Amount", "Status", "Reference", "CurrencyRate", "HasAttachments", "CreatedDateUTC",
        "FromBankTransactionID", "ToBankTransactionID")  # fmt: skip


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A transfer. It has no UpdatedDateUTC."""
    shown = {name: doc[name] for name in HEAD} | views.dated("Date", doc["Date"])
    shown["CreatedDateUTCString"] = dates.iso(doc["CreatedDateUTC"])
    for side in bank_transfers.SIDES:
        shown[f"{side}BankAccount"] = views.account(call.org, doc[f"_{side.lower()}"])
        half = call.org.bank_transactions.get(doc[f"{side}BankTransactionID"])
        shown[f"{side}IsReconciled"] = half["IsReconciled"] and half["Status"] != "DELETED"
        shown[f"{side}Tracking"] = doc[f"_{side.lower()}_tracking"]
    return shown


FIELDS = {
    "BankTransferID": direct("BankTransferID"), "Reference": direct("Reference"), "Status": direct("Status"),
    "Amount": direct("Amount", ranges=True), "Date": direct("Date", ranges=True),
    "FromBankAccount.AccountID": Field(lambda doc: doc["_from"]),
    "ToBankAccount.AccountID": Field(lambda doc: doc["_to"]),
}  # fmt: skip
LISTING = Listing(
    "BankTransfers", lambda call: call.org.bank_transfers, render, FIELDS,
    {name: name for name in ("BankTransferID", "Date", "Amount", "CreatedDateUTC")}, paged=False,
    narrow=lambda call, rows: [
        row for row in rows if row["Status"] != "DELETED" or call.flag("includeDeleted")
    ],
)  # fmt: skip
WRITER = Writer("BankTransfers", "BankTransferID", "HasErrors", bank_transfers.save, render)


def serve(call: Call) -> Response:
    """Everything under /BankTransfers."""
    found = call.org.bank_transfers.get(call.path[0]) if call.path else None
    if call.path and found is None:
        raise not_found()
    if len(call.path) >= 2:
        return sub_resource(call, found, "BankTransferID")
    if call.method == "GET":
        return answer(call, "BankTransfers", [render(call, found)]) if found else LISTING.serve(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, found["BankTransferID"] if found else None)
    raise text(501, "Not implemented")
