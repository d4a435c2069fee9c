"""/Contacts."""

from decimal import Decimal

from werkzeug.wrappers import Response

from .. import money
from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing, by_ids, plain_fields
from ..api.writing import Writer
from ..errors import not_found, text
from ..organisation import Organisation, fold
from ..rules import contacts
from ..store import Doc
from . import views
from .sub_resources import sub_resource

# Left out of a list that is not paged.
PAGED_ONLY = {"PaymentTerms", "SalesDefaultAccountCode", "PurchasesDefaultAccountCode", "SalesTrackingCategories",
              "PurchasesTrackingCategories", "MergedToContactID", "Balances", "ContactPersons",
              "BankAccountDetails", "Website"}  # fmt: skip
# Left out with summaryOnly=true.
NOT_IN_SUMMARY = PAGED_ONLY | {"Addresses", "ContactGroups", "IsCustomer", "IsSupplier"}


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """A contact; an unpaged list lacks terms, defaults, persons, balances and the merge mark."""
    left_out = set() if full else PAGED_ONLY
    if call.method == "GET" and not call.path and call.flag("summaryOnly"):
        left_out = NOT_IN_SUMMARY
    shown = {name: value for name, value in doc.items() if name not in left_out and value not in (None, "")}
    if full and "Balances" not in left_out:
        shown |= _balances(call.org, doc)
    return shown | {"HasValidationErrors": False}


def _balances(org: Organisation, doc: Doc) -> Doc:
    """In base currency; changes of these do not move UpdatedDateUTC. Absent when the contact has no documents."""
    documents = org.invoices.find("contact", doc["ContactID"])
    if not documents:
        return {}
    return {"Balances": {"AccountsReceivable": _side(org, documents, "ACCREC"),
                         "AccountsPayable": _side(org, documents, "ACCPAY")}}  # fmt: skip


def _side(org: Organisation, documents: list[Doc], kind: str) -> dict[str, Decimal]:
    today, outstanding, overdue = org.today(), money.ZERO, money.ZERO
    for doc in documents:
        if doc["Type"] == kind and doc["Status"] == "AUTHORISED":
            due = money.cents(doc["AmountDue"] / doc["CurrencyRate"])
            outstanding += due
            overdue += due if doc["DueDate"] and doc["DueDate"] < today else 0
    return {"Outstanding": outstanding, "Overdue": overdue}


def _select(call: Call) -> list[Doc] | None:
    ids = call.names("IDs")
    return None if ids is None else by_ids(call.org.contacts, ids)


def _narrow(call: Call, rows: list[Doc]) -> list[Doc]:
    """includeArchived, searchTerm."""
    if not call.flag("includeArchived"):
        rows = [row for row in rows if row["ContactStatus"] != "ARCHIVED"]
    term = call.args.get("searchTerm")
    if term:
        names = ("Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress")
        rows = [row for row in rows if views.matches(term, *(row.get(name) for name in names))]
    return rows


LISTING = Listing(
    "Contacts", lambda call: call.org.contacts, render,
    plain_fields("Name", "EmailAddress", "AccountNumber"),
    {"ContactID": "ContactID", "UpdatedDateUTC": "UpdatedDateUTC", "Name": "Name"},
    select=_select, narrow=_narrow, forces_paging=("summaryOnly",),
)  # fmt: skip
WRITER = Writer("Contacts", "ContactID", "HasValidationErrors", contacts.save, render)


def serve(call: Call) -> Response:
    """Everything under /Contacts."""
    if len(call.path) >= 2:
        return sub_resource(call, call.org.contacts.get(call.path[0]), "ContactID")
    if call.method == "GET":
        return answer(call, "Contacts", [render(call, _found(call))]) if call.path else LISTING.serve(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, _found(call)["ContactID"] if call.path else None)
    raise text(501, "Not implemented")


def _found(call: Call) -> Doc:
    """By ContactID or ContactNumber; 404 without JSON when there is none."""
    found = call.org.contacts.get(call.path[0]) or call.org.contacts.first("number", fold(call.path[0]))
    if found is None:
        raise not_found()
    return found
