"""How documents are shown: the parts that several resources share."""

from datetime import date
from decimal import Decimal
from typing import Any

from .. import dates, money
from ..organisation import Organisation
from ..rules import settlement
from ..store import Doc

LINE_FIELDS = ("ItemCode", "Description", "UnitAmount", "TaxType", "TaxAmount", "LineAmount", "AccountCode",
               "AccountID", "Item", "Tracking", "Quantity", "DiscountRate", "DiscountAmount", "LineItemID")  # fmt: skip


def dated(name: str, value: date | None) -> Doc:
    """A date and its twin string; nothing when there is none."""
    return {} if value is None else {f"{name}String": dates.iso(value), name: value}


def stamped(doc: Doc) -> Doc:
    """UpdatedDateUTC and its twin."""
    return {"UpdatedDateUTC": doc["UpdatedDateUTC"], "UpdatedDateUTCString": dates.iso(doc["UpdatedDateUTC"]) + "Z"}


def line(row: Doc, places: int) -> Doc:
    """A line item; the unit price with the decimals that were asked for."""
    shown = {name: row[name] for name in LINE_FIELDS if row.get(name) is not None}
    if "UnitAmount" in shown:
        shown["UnitAmount"] = money.unit(shown["UnitAmount"], places)
    return shown


def contact_stub(org: Organisation, contact_id: str) -> Doc:
    """The contact as it stands inside a document of a list."""
    contact = org.contacts.get(contact_id)
    return {"ContactID": contact["ContactID"], "Name": contact["Name"], "ContactPersons": [],
            "HasValidationErrors": False}  # fmt: skip


def contact_part(org: Organisation, contact_id: str) -> Doc:
    """The contact as it stands inside one document, or inside those of a page."""
    contact = org.contacts.get(contact_id)
    names = ("ContactID", "ContactNumber", "ContactStatus", "Name", "FirstName", "LastName", "EmailAddress",
             "BankAccountDetails", "TaxNumber", "Addresses", "Phones", "UpdatedDateUTC", "ContactGroups", "IsSupplier",
             "IsCustomer", "ContactPersons")  # fmt: skip
    shown = {name: contact[name] for name in names if contact.get(name) is not None}
    return shown | {"HasValidationErrors": False}


def account(org: Organisation, account_id: str) -> Doc:
    """An account as it stands inside a document; a bank account may have no code."""
    row = org.accounts.get(account_id)
    return {name: row[name] for name in ("AccountID", "Code", "Name") if row.get(name)}


def payment_stubs(org: Organisation, kind: str, document_id: str) -> list[Doc]:
    """Payments as they stand inside the document they are on."""
    names = ("PaymentID", "BatchPaymentID", "Date", "Amount", "Reference", "CurrencyRate")
    rows = settlement.live_payments(org, kind, document_id)
    return [
        {name: row[name] for name in names if row.get(name) is not None} | {"HasAccount": False} for row in rows
    ]


def credits_of(org: Organisation, invoice_id: str) -> dict[str, list[Doc]]:
    """CreditNotes, Prepayments and Overpayments applied to an invoice."""
    lists: dict[str, list[Doc]] = {"CreditNotes": [], "Prepayments": [], "Overpayments": []}
    for row in settlement.allocations_to(org, invoice_id):
        kind, source_id = row["_source"]
        source = settlement.table_of(org, kind).get(source_id)
        id_field = settlement.KINDS[kind][1]
        lists[f"{kind}s"].append(
            {
                id_field: source_id,
                "ID": source_id,
                "AppliedAmount": row["Amount"],
                "Date": row["Date"],
                "Total": source["Total"],
                **({"CreditNoteNumber": source["CreditNoteNumber"]} if kind == "CreditNote" else {}),
            }
        )
    return lists


def allocations(org: Organisation, kind: str, document_id: str) -> list[Doc]:
    """Where a credit went."""
    return [allocation(org, row) for row in settlement.allocations_from(org, kind, document_id)]


def allocation(org: Organisation, row: Doc) -> Doc:
    """One allocation: JSON says Amount."""
    invoice = org.invoices.get(row["_invoice"])
    return {
        "AllocationID": row["AllocationID"],
        "Amount": row["Amount"],
        "Date": row["Date"],
        "Invoice": {"InvoiceID": row["_invoice"], "InvoiceNumber": invoice["InvoiceNumber"]},
        "IsDeleted": row["IsDeleted"],
    }


def attachments(org: Organisation, document_id: str) -> list[Doc]:
    """Attachments of one document without their content."""
    return [
        {name: value for name, value in row.items() if not name.startswith("_")}
        for row in org.attachments.get(document_id, [])
    ]


def matches(term: str, *values: Any) -> bool:
    """searchTerm: found anywhere in one of the texts, without case."""
    wanted = term.casefold()
    return any(wanted in str(value).casefold() for value in values if value)


def percent(value: Decimal) -> Decimal:
    """A rate in percent."""
    return value.quantize(Decimal("0.0001"))
