"""Spend and receive money, and the overpayments and prepayments that are made with them."""

from .. import money
from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import new_id
from ..store import Doc
from . import lines, settlement
from .common import check_lock, check_text, check_url, currency_of, find_contact, rate_of
from .contacts import contact_from_document
from .crediting import EVENTS

TYPES = {f"{way}{kind}" for way in ("SPEND", "RECEIVE") for kind in ("", "-OVERPAYMENT", "-PREPAYMENT")}
RECONCILED = "This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement."


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """Create, update or delete one bank transaction. Status is AUTHORISED or DELETED; there is no draft."""
    sent_id = fields.text(element, "BankTransactionID")
    if not sent_id or not sent_id.strip("0-"):
        return _create(call, element), True
    old = call.org.bank_transactions.get(sent_id)
    if old is None or call.method == "PUT":
        raise Invalid("The document with the supplied id was not found for this endpoint.")
    return _update(call, element, old), False


def _create(call: Call, element: Doc) -> Doc:
    kind = fields.text(element, "Type")
    if kind not in TYPES:
        raise Invalid(f"The bank transaction type '{kind}' cannot be used")
    if fields.text(element, "Status") not in (None, "AUTHORISED"):
        raise Invalid("A bank transaction can only be created with the status AUTHORISED")
    doc = {
        "BankTransactionID": new_id(), "Type": kind, "Status": "AUTHORISED", "IsReconciled": False,
        "HasAttachments": False, "LineItems": [], "_app": call.app.client_id,
    }  # fmt: skip
    _apply(call, element, doc)
    if "-" in kind:
        doc |= _make_credit(call, doc)
    return call.org.save(call.org.bank_transactions, doc)


def _update(call: Call, element: Doc, old: Doc) -> Doc:
    if "_transfer" in old:
        raise Invalid("This Bank Transaction cannot be edited as it is part of a bank transfer.")
    if old["Status"] == "DELETED":
        raise Invalid("This Bank Transaction cannot be edited as it has been deleted.")
    if old["IsReconciled"]:
        raise Invalid(RECONCILED)
    check_lock(call.org, old["Date"])
    credit = _credit_of(call, old)
    if credit and call.readings["credit_transactions_closed"]:
        raise Invalid("Overpayments and prepayments cannot be updated or deleted via the API")
    if credit and settlement.is_settled_in_part(call.org, *credit):
        raise Invalid("This Bank Transaction cannot be edited as it has been allocated or refunded.")
    if element.get("Status") == "DELETED":
        return _delete(call, old, credit)
    if credit:
        raise Invalid("Overpayments and prepayments cannot be edited; delete and make them again")
    doc = dict(old)
    _apply(call, element, doc)
    return call.org.save(call.org.bank_transactions, doc)


def _delete(call: Call, old: Doc, credit: tuple[str, Doc] | None) -> Doc:
    if credit:
        kind, doc = credit
        voided = doc | {"Status": "VOIDED", "RemainingCredit": money.ZERO}
        call.org.save(settlement.table_of(call.org, kind), voided)
        call.org.journal.event(EVENTS[kind], doc[settlement.KINDS[kind][1]], "UPDATE")
    return call.org.save(call.org.bank_transactions, old | {"Status": "DELETED"})


def _apply(call: Call, element: Doc, doc: Doc) -> None:
    org = call.org
    contact = fields.part(element, "Contact")
    if contact:
        doc["_contact"] = (find_contact(org, contact) or contact_from_document(call, contact))["ContactID"]
    if not doc.get("_contact"):
        raise Invalid("A Contact must be specified for this type of transaction")
    account = _bank_account(call, element, doc)
    doc["_account"] = account["AccountID"]
    doc["Date"] = fields.day(element, "Date") or doc.get("Date") or org.today()
    check_lock(org, doc["Date"])
    doc["Url"] = check_url(call, fields.text(element, "Url")) or doc.get("Url")
    doc["Reference"] = _reference(call, element, doc)
    if fields.boolean(element, "IsReconciled") is not None:
        doc["IsReconciled"] = fields.boolean(element, "IsReconciled")
    _apply_currency(call, element, doc, account)
    _apply_lines(call, element, doc)


def _reference(call: Call, element: Doc, doc: Doc) -> str:
    """For money spent or received only; an over- or prepayment loses it without a word."""
    if "-" in doc["Type"] and call.readings["reference_on_credits_dropped"]:
        return ""
    reference = fields.text(element, "Reference") or doc.get("Reference") or ""
    messages = check_text("Reference", reference, 255)
    if messages:
        raise Invalid(*messages)
    return reference


def _bank_account(call: Call, element: Doc, doc: Doc) -> Doc:
    sent = fields.part(element, "BankAccount") or {"AccountID": doc.get("_account")}
    account = call.org.account(fields.text(sent, "Code"), fields.text(sent, "AccountID"))
    if account is None or account["Type"] != "BANK" or account["Status"] != "ACTIVE":
        raise Invalid("The BankAccount is not valid: it must be an active account of type BANK")
    return account


def _apply_currency(call: Call, element: Doc, doc: Doc, account: Doc) -> None:
    """The bank account's currency; only an overpayment may name another."""
    held_in = account.get("CurrencyCode") or call.org.base_currency
    sent = fields.text(element, "CurrencyCode")
    if sent and sent != held_in and not doc["Type"].endswith("OVERPAYMENT"):
        raise Invalid("CurrencyCode can only be set on overpayments")
    doc["CurrencyCode"] = currency_of(call.org, sent or held_in)
    doc["CurrencyRate"] = rate_of(call.org, doc["CurrencyCode"], fields.number(element, "CurrencyRate"))


def _apply_lines(call: Call, element: Doc, doc: Doc) -> None:
    sent_types = fields.text(element, "LineAmountTypes") or doc.get("LineAmountTypes") or "Inclusive"
    doc["LineAmountTypes"] = lines.amount_types(sent_types)
    sent = fields.rows(element, "LineItems")
    if not sent and not doc["LineItems"]:
        raise Invalid("One or more line items must be specified")
    if sent and doc["Type"].endswith("OVERPAYMENT"):
        doc["LineAmountTypes"], doc["LineItems"] = "NoTax", _overpayment_line(call, sent, doc)
    elif sent:
        context = lines.LineContext(
            call.org, doc["LineAmountTypes"], True, call.unit_places,
            cap_tax=call.readings["tax_amount_capped_by_unit_amount"], sales=doc["Type"].startswith("RECEIVE"),
            own_tax=call.readings["bank_tax_must_match"],
        )  # fmt: skip
        doc["LineItems"] = lines.build(context, sent, doc["LineItems"])
        _check_amounts(doc["LineItems"])
    doc |= lines.totals(doc["LineItems"], doc["LineAmountTypes"])
    if doc["Total"] <= 0:
        raise Invalid("The Total of the document must be greater than zero")


def _check_amounts(rows: list[Doc]) -> None:
    """A line is of something, at a price that is not zero but may be negative."""
    if any(not row["UnitAmount"] or (row["Quantity"] or 0) <= 0 for row in rows):
        raise Invalid("Every line item needs a Quantity above zero and a UnitAmount that is not zero")


def _overpayment_line(call: Call, sent: list[Doc], doc: Doc) -> list[Doc]:
    """One line without tax on the control account (unconfirmed)."""
    control = call.org.system_account("DEBTORS" if doc["Type"].startswith("RECEIVE") else "CREDITORS")
    if len(sent) != 1:
        raise Invalid("An overpayment has exactly one line item")
    code = fields.text(sent[0], "AccountCode")
    if code and code != control["Code"]:
        raise Invalid(f"Account code '{code}' is not a valid code for this document.")
    context = lines.LineContext(call.org, "NoTax", False, call.unit_places)
    bare = {name: value for name, value in sent[0].items() if name not in ("AccountCode", "AccountID", "TaxType")}
    line = lines.build(context, [bare], [])[0]
    return [line | {"AccountCode": control["Code"], "AccountID": control["AccountID"]}]


def _make_credit(call: Call, doc: Doc) -> Doc:
    """The overpayment or prepayment that the transaction brings about."""
    kind = "Overpayment" if doc["Type"].endswith("OVERPAYMENT") else "Prepayment"
    id_field = f"{kind}ID"
    names = ("Type", "Date", "LineAmountTypes", "LineItems", "SubTotal", "TotalTax", "Total", "CurrencyCode",
             "CurrencyRate", "Reference", "_contact", "_app", "_account")  # fmt: skip
    credit = {id_field: new_id(), "Status": "AUTHORISED", "RemainingCredit": doc["Total"], "HasAttachments": False}
    credit |= {name: doc[name] for name in names}
    call.org.save(settlement.table_of(call.org, kind), credit)
    call.org.journal.event(EVENTS[kind], credit[id_field], "CREATE")
    return {id_field: credit[id_field]}


def _credit_of(call: Call, doc: Doc) -> tuple[str, Doc] | None:
    for kind in ("Overpayment", "Prepayment"):
        if doc.get(f"{kind}ID"):
            return kind, settlement.table_of(call.org, kind).get(doc[f"{kind}ID"])
    return None
