"""Batch payments: many payments from or to one bank account."""

from .. import money
from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import new_id
from ..store import Doc
from . import payments, settlement
from .common import check_text

FOREIGN_ACCOUNT = "Bank accounts must use the same currency as the organisations base currency"


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """PUT makes a batch; POST with Status DELETED undoes one (sources disagree whether it can)."""
    batch_id = fields.text(element, "BatchPaymentID")
    if batch_id and batch_id.strip("0-"):
        return _delete(call, element, batch_id), False
    return _create(call, element), True


def _create(call: Call, element: Doc) -> Doc:
    org = call.org
    account = payments.payment_account(org, fields.part(element, "Account"))
    if account.get("CurrencyCode", org.base_currency) != org.base_currency:
        raise Invalid(FOREIGN_ACCOUNT)
    rows = fields.rows(element, "Payments")
    if not rows:
        raise Invalid("A batch payment needs at least one payment")
    _check_texts(org.profile["Version"], element)
    for row in rows:
        _check_row_texts(org.profile["Version"], row)
    batch = {
        "BatchPaymentID": new_id(), "Status": "AUTHORISED", "Date": fields.day(element, "Date") or org.today(),
        "Reference": fields.text(element, "Reference") or "", "IsReconciled": False,
        "_account": account["AccountID"],
        **{name: fields.text(element, name) for name in ("Particulars", "Code", "Details", "Narrative")},
    }  # fmt: skip
    shared = {"Account": {"AccountID": account["AccountID"]}, "Date": batch["Date"].isoformat()}
    made = [_payment(call, row | shared, batch) for row in rows]
    kinds = {row["PaymentType"] for row in made}
    if kinds not in ({"ACCRECPAYMENT"}, {"ACCPAYPAYMENT"}):
        raise Invalid("A batch payment is for sales invoices only or for bills only")
    batch["Type"] = "RECBATCH" if kinds == {"ACCRECPAYMENT"} else "PAYBATCH"
    batch["TotalAmount"] = sum((row["BankAmount"] for row in made), money.ZERO)
    batch["_payments"] = [row["PaymentID"] for row in made]
    return org.save(org.batch_payments, batch)


def _payment(call: Call, element: Doc, batch: Doc) -> Doc:
    made = payments.create(call, element, batch)
    kind, target = made["_target"]
    currency = settlement.table_of(call.org, kind).get(target)["CurrencyCode"]
    if currency != call.org.base_currency and call.readings["batch_in_base_currency_only"]:
        raise Invalid(FOREIGN_ACCOUNT)
    return made


def _check_row_texts(version: str, element: Doc) -> None:
    """What goes to the supplier's bank."""
    limits = {"Particulars": 12, "Code": 12, "Reference": 12} if version == "NZ" else {"Details": 18}
    _raise_for(element, limits)


def _check_texts(version: str, element: Doc) -> None:
    """Reference, Particulars and Code in NZ, Details elsewhere, Narrative in the UK."""
    limits = {"Particulars": 12, "Code": 12, "Reference": 12} if version == "NZ" else {"Details": 18}
    if version == "UK":
        limits["Narrative"] = 18
    _raise_for(element, limits)


def _raise_for(element: Doc, limits: dict[str, int]) -> None:
    messages = [text for name, most in limits.items() for text in check_text(name, fields.text(element, name), most)]
    if messages:
        raise Invalid(*messages)


def _delete(call: Call, element: Doc, batch_id: str) -> Doc:
    org = call.org
    batch = org.batch_payments.get(batch_id)
    if batch is None or batch["Status"] == "DELETED":
        raise Invalid("The batch payment could not be found")
    if element.get("Status") != "DELETED" or call.readings["batch_payment_delete_refused"]:
        raise Invalid("Batch payments cannot be edited or deleted")
    if batch["IsReconciled"]:
        raise Invalid("This batch payment cannot be deleted as it has been reconciled with a Bank Statement.")
    for payment_id in batch["_payments"]:
        payments.delete(call, org.payments.get(payment_id))
    return org.save(org.batch_payments, batch | {"Status": "DELETED"})
