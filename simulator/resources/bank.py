"""/BankTransactions, /Overpayments and /Prepayments."""

from collections.abc import Callable

from werkzeug.wrappers import Response

from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing
from ..api.where import Field
from ..api.writing import Writer
from ..errors import not_found, text
from ..rules import bank_transactions
from ..store import Doc
from . import allocations, views
from .document_fields import contact_fields, direct
from .sub_resources import sub_resource

MONEY = ("SubTotal", "TotalTax", "Total", "CurrencyCode", "CurrencyRate")


def _body(call: Call, doc: Doc, full: bool) -> Doc:
    """What bank transactions, over- and prepayments have in common."""
    shown = views.dated("Date", doc["Date"]) | {name: doc[name] for name in ("Type", "Status", "LineAmountTypes")}
    shown |= {name: doc[name] for name in MONEY} | views.stamped(doc)
    shown |= {"Reference": doc["Reference"], "HasAttachments": doc["HasAttachments"]}
    if doc["_contact"]:
        shown["Contact"] = views.contact_stub(call.org, doc["_contact"])
    shown["LineItems"] = [views.line(row, call.unit_places) for row in doc["LineItems"]] if full else []
    return shown


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A bank transaction; a deleted one shows IsReconciled false."""
    names = ("BankTransactionID", "OverpaymentID", "PrepaymentID", "Url")
    shown = {name: doc[name] for name in names if doc.get(name)}
    shown["BankAccount"] = views.account(call.org, doc["_account"])
    shown["IsReconciled"] = doc["IsReconciled"] and doc["Status"] != "DELETED"
    return shown | _body(call, doc, full)


def _fields(call: Call) -> dict[str, Field]:
    return {
        **{name: direct(name) for name in ("Status", "Type", "Reference", "BankTransactionID", "OverpaymentID",
                                           "PrepaymentID", "IsReconciled")},
        "Date": direct("Date", ranges=True),
        "BankAccount.AccountID": Field(lambda doc: doc["_account"]),
        **contact_fields(call.org),
    }  # fmt: skip


def _orders(id_field: str) -> dict[str, str]:
    return {id_field: id_field, "UpdatedDateUTC": "UpdatedDateUTC", "Date": "Date"}


def _narrow(call: Call, rows: list[Doc]) -> list[Doc]:
    """References; halves of transfers are listed or not, by the reading."""
    if not call.readings["transfers_in_bank_transactions"]:
        rows = [row for row in rows if "_transfer" not in row]
    return _by_references(call, rows)


TRANSACTIONS = Listing(
    "BankTransactions", lambda call: call.org.bank_transactions, render, _fields, _orders("BankTransactionID"),
    narrow=_narrow,
)  # fmt: skip
WRITER = Writer("BankTransactions", "BankTransactionID", "HasErrors", bank_transactions.save, render)


def serve_transactions(call: Call) -> Response:
    """Everything under /BankTransactions."""
    table = call.org.bank_transactions
    found = table.get(call.path[0]) if call.path else None
    if call.path and found is None:
        raise not_found()
    if len(call.path) >= 2:
        return sub_resource(call, found, "BankTransactionID")
    if call.method == "GET":
        return answer(call, "BankTransactions", [render(call, found)]) if found else TRANSACTIONS.serve(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, found["BankTransactionID"] if found else None)
    raise text(501, "Not implemented")


def _credits(kind: str, attribute: str) -> Callable[[Call], Response]:
    """Over- or prepayments: read, allocate; they are made as bank transactions."""
    id_field, plural = f"{kind}ID", f"{kind}s"

    def render_credit(call: Call, doc: Doc, full: bool = True) -> Doc:
        credit_id = doc[id_field]
        shown = {id_field: credit_id, "ID": credit_id, "RemainingCredit": doc["RemainingCredit"]}
        shown |= _body(call, doc, full)
        shown["Allocations"] = views.allocations(call.org, kind, credit_id)
        shown["Payments"] = views.payment_stubs(call.org, kind, credit_id)
        return shown

    listing = Listing(
        plural, lambda call: getattr(call.org, attribute), render_credit, _fields, _orders(id_field),
        narrow=_by_references,
    )  # fmt: skip

    def serve(call: Call) -> Response:
        found = getattr(call.org, attribute).get(call.path[0]) if call.path else None
        if call.path and found is None:
            raise not_found()
        if len(call.path) >= 2 and call.path[1] == "Allocations":
            return allocations.serve(call, kind, found)
        if len(call.path) >= 2:
            return sub_resource(call, found, id_field)
        if call.method != "GET":
            raise text(501, "Not implemented")
        return answer(call, plural, [render_credit(call, found)]) if found else listing.serve(call)

    return serve


def _by_references(call: Call, rows: list[Doc]) -> list[Doc]:
    wanted = call.names("References")
    return rows if wanted is None else [row for row in rows if row["Reference"] in wanted]


serve_overpayments = _credits("Overpayment", "overpayments")
serve_prepayments = _credits("Prepayment", "prepayments")
