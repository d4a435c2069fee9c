"""Xero's payments, and the credits it applies to documents, as plain values. Pure."""

from collections import defaultdict
from decimal import Decimal

from ...xero_api.money import cents
from ..values import amount, clean, day, decimal, lower, number, words

# What a payment is for, and the id of it. A payment is for exactly one.
TARGETS = {
    "Invoice": "InvoiceID",
    "CreditNote": "CreditNoteID",
    "Overpayment": "OverpaymentID",
    "Prepayment": "PrepaymentID",
}
CREDITS = {"CreditNote": "CreditNotes", "Overpayment": "Overpayments", "Prepayment": "Prepayments"}
GONE = ("DELETED", "VOIDED")


def target_of(element: dict) -> tuple[str, str]:
    """Return type and id of what a payment is for. Xero may write an empty list where there is nothing.

    :param element: a payment in the form of Xero's JSON
    :return: two empty texts where there is none
    """
    for kind, id_field in TARGETS.items():
        part = element.get(kind)
        if isinstance(part, dict) and part.get(id_field):
            return kind, part[id_field]
    return "", ""


def account_of(element: dict) -> str:
    """Return the id of the account a payment went through, or its code.

    :param element: a payment in the form of Xero's JSON
    """
    account = element.get("Account")
    if not isinstance(account, dict):
        return ""
    return account.get("AccountID") or account.get("Code") or ""


def canonical_payment(element: dict) -> dict:
    """Return what Odoo keeps of a payment; the amount in the currency of what it pays.

    :param element: a payment in the form of Xero's JSON, or as it is sent
    """
    kind, xero_id = target_of(element)
    rate = number(element.get("CurrencyRate"))
    return clean(
        {
            "status": element.get("Status") or "AUTHORISED",
            "target": f"{kind} {lower(xero_id)}".strip(),
            "date": day(element.get("DateString") or element.get("Date")),
            "amount": amount(element.get("Amount")),
            "rate": "" if rate in ("0", "1") else rate,
            "account": lower(account_of(element)),
            "reference": words(element.get("Reference")),
        }
    )


def canonical_credit(element: dict) -> dict:
    """Return what Odoo keeps of an overpayment or prepayment.

    :param element: an overpayment or prepayment in the form of Xero's JSON
    :return: amounts in the currency of the credit
    """
    rate = number(element.get("CurrencyRate"))
    return clean(
        {
            "type": element.get("Type"),
            "status": {"PAID": "AUTHORISED"}.get(element.get("Status"), element.get("Status")),
            "contact": lower((element.get("Contact") or {}).get("ContactID")),
            "date": day(element.get("DateString") or element.get("Date")),
            "currency": element.get("CurrencyCode"),
            "rate": "" if rate in ("0", "1") else rate,
            "total": amount(element.get("Total")),
            "reference": words(element.get("Reference")),
            "remaining": amount(element.get("RemainingCredit")),
            "allocations": sorted(
                f"{invoice_id} {number(applied)}" for invoice_id, applied in allocations_of(element).items()
            ),
        }
    )


def allocations_of(element: dict) -> dict[str, Decimal]:
    """Return ``{invoice id: amount}`` of where a credit went, in its currency.

    :param element: a credit note, overpayment or prepayment in the form of Xero's JSON
    :return: ids in small letters
    """
    found = defaultdict(Decimal)
    for part in element.get("Allocations") or []:
        invoice = part.get("Invoice")
        if isinstance(invoice, dict) and invoice.get("InvoiceID") and not part.get("IsDeleted"):
            found[lower(invoice["InvoiceID"])] += _applied(part)
    return dict(found)


def credits_on(element: dict) -> dict[tuple[str, str], Decimal]:
    """Return ``{(type, id): amount}`` of the credits applied to an invoice, in its currency.

    :param element: an invoice in the form of Xero's JSON
    :return: types as of ``CREDITS``, ids in small letters
    """
    found = defaultdict(Decimal)
    for kind, plural in CREDITS.items():
        for part in element.get(plural) or []:
            xero_id = part.get(TARGETS[kind]) or part.get("ID")
            if xero_id:
                found[kind, lower(xero_id)] += _applied(part)
    return dict(found)


def _applied(part: dict) -> Decimal:
    value = part.get("AppliedAmount")
    return cents(value if value is not None else part.get("Amount") or 0)


def is_whole(element: dict, applied: dict) -> bool:
    """Tell whether ``applied`` is all that was applied, by the sums Xero states.

    A list that is missing or empty proves nothing: Xero leaves lists out of some answers.

    :param element: the invoice or the credit
    :param applied: amounts by whatever key, as :func:`credits_on` or :func:`allocations_of` returns them
    """
    stated = element.get("AmountCredited")
    if stated is None:
        if element.get("RemainingCredit") is None or element.get("Total") is None:
            return False
        paid = sum((cents(part.get("Amount") or 0) for part in element.get("Payments") or []), Decimal(0))
        stated = cents(element["Total"]) - cents(element["RemainingCredit"]) - paid
    return cents(stated) == sum(applied.values(), Decimal(0))


def payment_ids(element: dict) -> set[str]:
    """Return the ids of the payments that stand inside a document.

    :param element: a document in the form of Xero's JSON
    """
    return {part["PaymentID"] for part in element.get("Payments") or [] if part.get("PaymentID")}


def base_amount(state: dict) -> Decimal | None:
    """Return a payment's amount in the organisation's base currency; ``None`` when it was made in that currency.

    Xero's rate is units of the document's currency for one of the base currency: divide.

    :param state: the canonical form of a payment or a credit
    """
    rate = decimal(state.get("rate"))
    return cents(decimal(state.get("amount") or state.get("total")) / rate) if rate else None
