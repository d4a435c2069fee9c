"""Xero's bank transactions and transfers as plain values. Pure."""

from dataclasses import replace
from decimal import Decimal

from ...xero_api.money import cents
from ..document.canonical import DocumentState, MoneyState
from ..values import amount, clean, day, lower, number, words

MONEY = ("SPEND", "RECEIVE")
# What a bank transaction brought about besides: that is read under its own name, the bank account stands here only.
CREDITS = {"OverpaymentID": "Overpayment", "PrepaymentID": "Prepayment"}
SIDES = ("From", "To")


def bank_state(element: dict) -> DocumentState:
    """Return what Odoo keeps of a bank transaction; that it was reconciled is none of Odoo's business.

    :param element: in the form of Xero's JSON, or as it is sent
    """
    state = DocumentState.from_element(element, "Reference")
    bank = lower((element.get("BankAccount") or {}).get("AccountID"))
    return replace(state, rate=number(element.get("CurrencyRate")), money=MoneyState(), more=clean({"bank": bank}))


def credit_of(element: dict) -> tuple[str, str]:
    """Return type and id of the over- or prepayment that a bank transaction made; two empty texts for none."""
    for id_field, kind in CREDITS.items():
        if element.get(id_field):
            return kind, element[id_field]
    return "", ""


def is_whole(state: DocumentState) -> bool:
    """Tell whether the lines add up to the total: a list that leaves them out is no transaction to book."""
    booked = sum((cents(Decimal(line.net or 0) + Decimal(line.tax or 0)) for line in state.lines), Decimal(0))
    return bool(state.lines) and booked == cents(state.total or 0)


def canonical_transfer(element: dict) -> dict:
    """Return what Odoo keeps of a transfer between bank accounts: the amount in the currency that it left in."""
    sides = {
        f"{side.lower()}": lower((element.get(f"{side}BankAccount") or {}).get("AccountID")) for side in SIDES
    }
    return clean(
        {
            **sides,
            "status": element.get("Status") or "AUTHORISED",
            "date": day(element.get("DateString") or element.get("Date")),
            "amount": amount(element.get("Amount")),
            "rate": number(element.get("CurrencyRate")),
            "reference": words(element.get("Reference")),
        }
    )
