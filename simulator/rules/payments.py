"""Payments and refunds: exactly one target, never edited, only made and deleted."""

from decimal import Decimal

from .. import money
from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import Organisation, fold, new_id
from ..store import Doc
from . import settlement
from .common import check_lock, check_text
from .crediting import EVENTS

TARGETS = ("Invoice", "CreditNote", "Prepayment", "Overpayment")
TYPES = {
    "ACCREC": "ACCRECPAYMENT", "ACCPAY": "ACCPAYPAYMENT", "ACCRECCREDIT": "ARCREDITPAYMENT",
    "ACCPAYCREDIT": "APCREDITPAYMENT", "RECEIVE-PREPAYMENT": "ARPREPAYMENTPAYMENT",
    "SPEND-PREPAYMENT": "APPREPAYMENTPAYMENT", "RECEIVE-OVERPAYMENT": "AROVERPAYMENTPAYMENT",
    "SPEND-OVERPAYMENT": "APOVERPAYMENTPAYMENT",
}  # fmt: skip
EXCEEDS = "Payment amount exceeds the amount outstanding on this document"


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """PUT or POST of a payment, or its deletion with Status DELETED."""
    payment_id = fields.text(element, "PaymentID")
    if payment_id and payment_id.strip("0-"):
        return _delete_only(call, element, payment_id), False
    return create(call, element), True


def create(call: Call, element: Doc, batch: Doc | None = None) -> Doc:
    """A payment on an approved document. Raises Invalid."""
    org = call.org
    kind, target = _target(org, element)
    if target["Status"] not in ("AUTHORISED", "PAID"):
        raise Invalid(f"{kind} not of valid status for payment")
    amount = money.cents(fields.number(element, "Amount") or Decimal(0))
    if amount <= 0:
        raise Invalid("The payment Amount must be greater than zero")
    if amount > settlement.open_amount(org, kind, target):
        raise Invalid(EXCEEDS)
    account = payment_account(org, fields.part(element, "Account"))
    row = _row(call, element, kind, target, account, amount)
    if batch:
        row |= {"BatchPaymentID": batch["BatchPaymentID"], "_batch": batch["BatchPaymentID"]}
    check_lock(org, row["Date"])
    _raise_for(check_text("Reference", row["Reference"], 255))
    org.save(org.payments, row)
    _after(call, row, "CREATE")
    return row


def delete(call: Call, row: Doc) -> Doc:
    """Undo a payment; the document is open again."""
    check_lock(call.org, row["Date"])
    gone = call.org.save(call.org.payments, row | {"Status": "DELETED"})
    _after(call, gone, "UPDATE")
    return gone


def payment_account(org: Organisation, sent: Doc | None) -> Doc:
    """A bank account, or one that payments are enabled for; by AccountID or Code. Raises Invalid."""
    account = org.account(fields.text(sent or {}, "Code"), fields.text(sent or {}, "AccountID"))
    if account is None or account["Status"] != "ACTIVE":
        raise Invalid("Account is not valid for this payment: it could not be found or is archived")
    if account["Type"] != "BANK" and not account["EnablePaymentsToAccount"]:
        raise Invalid("Account is not valid for this payment: payments to it are not enabled")
    return account


def _delete_only(call: Call, element: Doc, payment_id: str) -> Doc:
    row = call.org.payments.get(payment_id)
    if row is None:
        raise Invalid("The payment with the supplied PaymentID could not be found")
    if call.method == "PUT" or element.get("Status") != "DELETED":
        raise Invalid("Payments cannot be edited; a payment can only be deleted")
    if row["Status"] == "DELETED":
        raise Invalid("The payment has already been deleted")
    check_single(row)
    return delete(call, row)


def check_single(row: Doc) -> None:
    """A payment of a batch goes with the batch only. Raises Invalid."""
    if row.get("_batch"):
        raise Invalid("Payments that are part of a batch payment cannot be deleted on their own")


def _target(org: Organisation, element: Doc) -> tuple[str, Doc]:
    given = [kind for kind in TARGETS if fields.part(element, kind)]
    by_number = {"InvoiceNumber": "Invoice", "CreditNoteNumber": "CreditNote"}
    numbers = [name for name in by_number if not given and fields.text(element, name)]
    if len(given) + len(numbers) != 1:
        raise Invalid("A payment must be for exactly one Invoice, CreditNote, Prepayment or Overpayment")
    kind = given[0] if given else by_number[numbers[0]]
    sent = fields.part(element, kind) or {numbers[0]: element[numbers[0]]}
    table, id_field = settlement.table_of(org, kind), settlement.KINDS[kind][1]
    found = table.get(sent.get(id_field))
    number = fold(fields.text(sent, f"{kind}Number"))
    if found is None and not sent.get(id_field) and number and kind in ("Invoice", "CreditNote"):
        found = table.first("number", number)
    if found is None:
        raise Invalid(f"The {kind} to pay could not be found")
    return kind, found


def _row(call: Call, element: Doc, kind: str, target: Doc, account: Doc, amount: Decimal) -> Doc:
    rate, bank_amount = _bank_side(call.org, element, target, account, amount)
    return {
        "PaymentID": new_id(),
        "Date": fields.day(element, "Date") or call.org.today(),
        "Amount": amount,
        "BankAmount": bank_amount,
        "CurrencyRate": rate,
        "Reference": fields.text(element, "Reference") or "",
        "IsReconciled": bool(fields.boolean(element, "IsReconciled")),
        "PaymentType": TYPES[target["Type"]],
        "Status": "AUTHORISED",
        "_target": (kind, target[settlement.KINDS[kind][1]]),
        "_account": account["AccountID"],
        "_batch": None,
    }


def _bank_side(
    org: Organisation, element: Doc, target: Doc, account: Doc, amount: Decimal
) -> tuple[Decimal, Decimal]:
    """(CurrencyRate, BankAmount). Amount is in the document's currency; BankAmount = Amount / CurrencyRate."""
    currency, base = target["CurrencyCode"], org.base_currency
    held_in = account.get("CurrencyCode") or base
    if held_in not in (currency, base):
        raise Invalid("The bank account must be in the currency of the document or in the base currency")
    if currency == base and held_in == base:
        return Decimal(1), amount
    rate, bank_amount = fields.number(element, "CurrencyRate"), fields.number(element, "BankAmount")
    if rate is not None and rate <= 0:
        raise Invalid("The CurrencyRate must be greater than 0")
    if rate is None:
        rate = amount / bank_amount if bank_amount and held_in == base else org.day_rate(currency)
    rate = money.rate(rate)
    return rate, amount if held_in == currency else money.cents(amount / rate)


def _after(call: Call, row: Doc, kind_of_event: str) -> None:
    kind, target_id = row["_target"]
    settlement.settle(call.org, kind, target_id, call.readings["zero_total_is_paid"])
    if call.readings["payment_raises_document_event"]:
        call.org.journal.event(EVENTS[kind], target_id, "UPDATE")
    if call.readings["payment_events"]:
        call.org.journal.event("PAYMENT", row["PaymentID"], kind_of_event)
    word = "Payment Made" if row["Status"] == "AUTHORISED" else "Payment Deleted"
    call.org.note(target_id, word, f"Payment of {row['Amount']} on {row['Date'].isoformat()}")


def _raise_for(messages: list[str]) -> None:
    if messages:
        raise Invalid(*messages)
