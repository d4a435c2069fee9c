"""Transfers between two bank accounts, and the two halves that they show among the bank transactions."""

from decimal import Decimal

from .. import money
from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import Organisation, new_id
from ..store import Doc
from . import lines
from .common import check_lock, check_text

ID = "BankTransferID"
SIDES = {"From": "SPEND-TRANSFER", "To": "RECEIVE-TRANSFER"}


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """PUT makes a transfer, POST with Status DELETED undoes one; nothing edits it."""
    sent_id = fields.text(element, ID)
    if call.method == "PUT":
        return create(call, element, None), True
    old = call.org.bank_transfers.get(sent_id)
    if old is None:
        raise Invalid("The bank transfer with the supplied id was not found.")
    if element.get("Status") != "DELETED":
        raise Invalid("Bank transfers cannot be edited; a transfer can only be deleted")
    return delete(call, old), False


def create(call: Call, element: Doc, to_amount: Decimal | None) -> Doc:
    """A transfer and its two halves.

    :param to_amount: what arrives, if that is in another currency: in Xero's own screens only
    """
    org = call.org
    doc: Doc = {
        ID: new_id(), "Amount": money.cents(fields.number(element, "Amount") or Decimal(0)), "Status": "AUTHORISED",
        "Date": fields.day(element, "Date") or org.today(), "Reference": fields.text(element, "Reference") or "",
        "HasAttachments": False, "CreatedDateUTC": org.now(),
    }  # fmt: skip
    for side in SIDES:
        doc |= _side(org, element, side)
    if doc["_from"] == doc["_to"]:
        raise Invalid("A transfer needs two different bank accounts")
    currencies = org.held_in(doc["_from"]), org.held_in(doc["_to"])
    if currencies[0] != currencies[1] and to_amount is None:
        raise Invalid("You cannot transfer between accounts in different currencies")
    if doc["Amount"] <= 0:
        raise Invalid("The Amount must be greater than zero")
    messages = check_text("Reference", doc["Reference"], 255)
    if messages:
        raise Invalid(*messages)
    check_lock(org, doc["Date"])
    doc |= _values(org, doc["Amount"], doc["Amount"] if to_amount is None else money.cents(to_amount), *currencies)
    for side, kind in SIDES.items():
        doc[f"{side}BankTransactionID"] = _half(call, doc, side, kind, fields.boolean(element, f"{side}IsReconciled"))
    return org.save(org.bank_transfers, doc)


def delete(call: Call, old: Doc) -> Doc:
    """Undo a transfer, both halves; one that is reconciled stays."""
    org = call.org
    if old["Status"] == "DELETED":
        raise Invalid("The bank transfer has already been deleted")
    check_lock(org, old["Date"])
    halves = [org.bank_transactions.get(old[f"{side}BankTransactionID"]) for side in SIDES]
    if any(half["IsReconciled"] for half in halves):
        raise Invalid("This Bank Transfer cannot be deleted as it has been reconciled with a Bank Statement.")
    for half in halves:
        org.save(org.bank_transactions, half | {"Status": "DELETED"})
    # No date says when a transfer changed, only when it was made.
    return org.save(org.bank_transfers, old | {"Status": "DELETED"}, touch=not call.readings["transfers_dated_once"])


def _side(org: Organisation, element: Doc, side: str) -> Doc:
    sent = fields.part(element, f"{side}BankAccount") or {}
    account = org.account(fields.text(sent, "Code"), fields.text(sent, "AccountID"))
    if account is None or account["Type"] != "BANK" or account["Status"] != "ACTIVE":
        raise Invalid(f"The {side}BankAccount is not valid: it must be an active account of type BANK")
    tracking = lines.tracking(org, fields.rows(element, f"{side}Tracking") or [])
    return {f"_{side.lower()}": account["AccountID"], f"_{side.lower()}_tracking": tracking}


def _values(org: Organisation, sent: Decimal, arrived: Decimal, from_currency: str, to_currency: str) -> Doc:
    """Both sides have one value in base currency; a side in base currency says which, else the day's rate does."""
    if from_currency == org.base_currency:
        base = sent
    elif to_currency == org.base_currency:
        base = arrived
    else:
        base = money.cents(sent / org.day_rate(from_currency))
    if arrived <= 0 or base <= 0:
        raise Invalid("The Amount must be greater than zero")
    foreign = arrived if from_currency == org.base_currency else sent
    return {"_to_amount": arrived, "_base": base, "CurrencyRate": money.rate(foreign / base)}


def _half(call: Call, doc: Doc, side: str, kind: str, reconciled: bool | None) -> str:
    org, account = call.org, doc[f"_{side.lower()}"]
    amount = doc["Amount"] if side == "From" else doc["_to_amount"]
    half = {
        "BankTransactionID": new_id(), "Type": kind, "Status": "AUTHORISED", "IsReconciled": bool(reconciled),
        "HasAttachments": False, "LineItems": [], "LineAmountTypes": "NoTax", "Date": doc["Date"],
        "Reference": doc["Reference"], "Url": "", "SubTotal": amount, "TotalTax": money.ZERO, "Total": amount,
        "TotalDiscount": money.ZERO, "CurrencyCode": org.held_in(account),
        "CurrencyRate": money.rate(amount / doc["_base"]),
        "_account": account, "_contact": None, "_app": call.app.client_id, "_transfer": doc[ID],
    }  # fmt: skip
    return org.save(org.bank_transactions, half)["BankTransactionID"]
