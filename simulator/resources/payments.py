"""/Payments and /BatchPayments."""

from werkzeug.wrappers import Response

from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing
from ..api.where import Field
from ..api.writing import Writer
from ..errors import not_found, text
from ..organisation import Organisation
from ..rules import batch_payments, payments, settlement
from ..store import Doc
from . import views
from .document_fields import direct
from .sub_resources import sub_resource

FIELDS = ("PaymentID", "BatchPaymentID", "BankAmount", "Amount", "Reference", "CurrencyRate", "PaymentType", "Status")


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A payment; the document inside is a skeleton."""
    kind, target_id = doc["_target"]
    shown = {name: doc[name] for name in FIELDS if doc.get(name) is not None}
    shown |= views.dated("Date", doc["Date"]) | views.stamped(doc)
    shown |= {"HasAccount": True, "IsReconciled": doc["IsReconciled"]}
    shown["Account"] = views.account(call.org, doc["_account"])
    shown[kind] = _skeleton(call.org, kind, settlement.table_of(call.org, kind).get(target_id))
    return shown | {"HasValidationErrors": False}


EMPTY = {"Invoice": ("Payments", "CreditNotes", "Prepayments", "Overpayments", "LineItems")} | dict.fromkeys(
    ("CreditNote", "Overpayment", "Prepayment"), ("Payments", "Allocations", "LineItems")
)


def _skeleton(org: Organisation, kind: str, doc: Doc) -> Doc:
    contact = org.contacts.get(doc["_contact"])
    names = (settlement.KINDS[kind][1], f"{kind}Number", "Type", "CurrencyCode")
    shown = {name: doc[name] for name in names if doc.get(name) is not None}
    empty = {name: [] for name in EMPTY[kind]}
    flags = {"HasErrors": False, "IsDiscounted": False} if kind == "Invoice" else {}
    return shown | empty | flags | {"Contact": {"ContactID": contact["ContactID"], "Name": contact["Name"]}}


def _fields(call: Call) -> dict[str, Field]:
    return {
        **{name: direct(name) for name in ("PaymentType", "Status", "Reference", "PaymentID")},
        "Invoice.InvoiceID": Field(lambda doc: doc["_target"][1] if doc["_target"][0] == "Invoice" else None),
        "Date": direct("Date", ranges=True),
    }


LISTING = Listing(
    "Payments", lambda call: call.org.payments, render, _fields,
    {"PaymentID": "PaymentID", "UpdatedDateUTC": "UpdatedDateUTC", "Date": "Date"},
)  # fmt: skip
WRITER = Writer("Payments", "PaymentID", "HasValidationErrors", payments.save, render)


def serve(call: Call) -> Response:
    """Everything under /Payments: no edit, POST /Payments/{id} deletes."""
    table = call.org.payments
    if len(call.path) >= 2:
        return sub_resource(call, table.get(call.path[0]), "PaymentID")
    found = table.get(call.path[0]) if call.path else None
    if call.path and found is None:
        raise not_found()
    if call.method == "GET":
        return answer(call, "Payments", [render(call, found)]) if found else LISTING.serve(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, found["PaymentID"] if found else None)
    raise text(501, "Not implemented")


BATCH_TEXTS = ("Particulars", "Code", "Details", "Narrative")


def render_batch(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A batch with its payments in short."""
    names = ("BatchPaymentID", "Type", "Status", "TotalAmount", "Reference", "IsReconciled")
    shown = {name: doc[name] for name in names} | views.dated("Date", doc["Date"])
    shown |= {name: doc[name] for name in BATCH_TEXTS if doc.get(name)}
    shown |= {"UpdatedDateUTC": doc["UpdatedDateUTC"], "Account": views.account(call.org, doc["_account"])}
    rows = [call.org.payments.get(payment_id) for payment_id in doc["_payments"]]
    shown["Payments"] = [
        {"PaymentID": row["PaymentID"], "Amount": row["Amount"], "BankAmount": row["BankAmount"],
         row["_target"][0]: {settlement.KINDS[row["_target"][0]][1]: row["_target"][1]}}
        for row in rows
    ]  # fmt: skip
    return shown


BATCHES = Listing(
    "BatchPayments", lambda call: call.org.batch_payments, render_batch,
    {name: direct(name) for name in ("Status", "Type", "BatchPaymentID")}
    | {"Date": direct("Date", ranges=True), "Account.AccountID": Field(lambda doc: doc["_account"])},
    {"BatchPaymentID": "BatchPaymentID", "UpdatedDateUTC": "UpdatedDateUTC", "Date": "Date"}, paged=False,
)  # fmt: skip
BATCH_WRITER = Writer("BatchPayments", "BatchPaymentID", "HasErrors", batch_payments.save, render_batch)


def serve_batches(call: Call) -> Response:
    """Everything under /BatchPayments."""
    table = call.org.batch_payments
    if len(call.path) >= 2:
        return sub_resource(call, table.get(call.path[0]), "BatchPaymentID")
    found = table.get(call.path[0]) if call.path else None
    if call.path and found is None:
        raise not_found()
    if call.method == "GET":
        return answer(call, "BatchPayments", [render_batch(call, found)]) if found else BATCHES.serve(call)
    if call.method in ("PUT", "POST"):
        return BATCH_WRITER.write(call, found["BatchPaymentID"] if found else None)
    raise text(501, "Not implemented")
