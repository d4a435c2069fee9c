"""Manual journals: entries in base currency that balance, tax included."""

from decimal import Decimal

from .. import money
from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import new_id
from ..store import Doc
from . import lines
from .common import MAX_AMOUNT, check_lock, check_url

ID = "ManualJournalID"
MOVES = {"DRAFT": {"DRAFT", "POSTED", "DELETED"}, "POSTED": {"POSTED", "VOIDED"}}
# System accounts that no journal may use, whatever else is read of the others; nor may it use these types.
CONTROL_ACCOUNTS = {"DEBTORS", "CREDITORS", "RETAINEDEARNINGS"}
REFUSED_TYPES = {"BANK", "INVENTORY"}


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """PUT creates, POST creates or, with an id, updates; Status DELETED ends a draft, VOIDED a posted one."""
    sent_id = fields.text(element, ID)
    if not sent_id or not sent_id.strip("0-"):
        return _create(call, element), True
    old = call.org.manual_journals.get(sent_id)
    if old is None or call.method == "PUT":
        raise Invalid("The document with the supplied id was not found for this endpoint.")
    return _update(call, element, old), False


def _create(call: Call, element: Doc) -> Doc:
    doc = {
        ID: new_id(), "Status": (fields.text(element, "Status") or "DRAFT").upper(), "LineAmountTypes": "NoTax",
        "ShowOnCashBasisReports": True, "HasAttachments": False, "JournalLines": [], "Url": None, "Date": None,
    }  # fmt: skip
    if doc["Status"] not in ("DRAFT", "POSTED"):
        raise Invalid("A manual journal can only be created with the status DRAFT or POSTED")
    return _store(call, element, doc, "Created")


def _update(call: Call, element: Doc, old: Doc) -> Doc:
    target = (fields.text(element, "Status") or old["Status"]).upper()
    if target not in MOVES.get(old["Status"], ()):
        raise Invalid("Manual journal not of valid status for modification")
    check_lock(call.org, old["Date"])
    if target in ("DELETED", "VOIDED"):
        call.org.note(old[ID], target.title(), f"Manual journal {target.lower()}")
        return call.org.save(call.org.manual_journals, old | {"Status": target})
    return _store(call, element, old | {"Status": target}, "Edited")


def _store(call: Call, element: Doc, doc: Doc, word: str) -> Doc:
    doc["Narration"] = fields.text(element, "Narration") or doc.get("Narration")
    if not doc["Narration"]:
        raise Invalid("The Narration field is required")
    doc["Date"] = fields.day(element, "Date") or doc["Date"] or call.org.today()
    check_lock(call.org, doc["Date"])
    if "Url" in element:
        doc["Url"] = check_url(call, fields.text(element, "Url"))
    shown = fields.boolean(element, "ShowOnCashBasisReports")
    doc["ShowOnCashBasisReports"] = doc["ShowOnCashBasisReports"] if shown is None else shown
    _apply_lines(call, element, doc)
    stored = call.org.save(call.org.manual_journals, doc)
    call.org.note(stored[ID], word, f"{word} through the Xero API using {call.app.name}")
    return stored


def _apply_lines(call: Call, element: Doc, doc: Doc) -> None:
    """The lines that are sent take the place of all there are."""
    sent_types = fields.text(element, "LineAmountTypes")
    types = lines.amount_types(sent_types) if sent_types else doc["LineAmountTypes"]
    sent = fields.rows(element, "JournalLines")
    if sent is None:
        sent = [{name: row[name] for name in SENT if name in row} for row in doc["JournalLines"]]
    if len(sent) < 2:
        raise Invalid("A manual journal needs at least two journal lines")
    doc |= {"LineAmountTypes": types, "JournalLines": [_line(call, row, types) for row in sent]}
    gross = [row["LineAmount"] + (row["TaxAmount"] if types == "Exclusive" else 0) for row in doc["JournalLines"]]
    debits, credits = sum(max(amount, 0) for amount in gross), sum(min(amount, 0) for amount in gross)
    if debits + credits:
        raise Invalid(f"The total debits ({money.cents(debits)}) must equal total credits ({money.cents(credits)})")


SENT = ("LineAmount", "AccountID", "Description", "TaxType", "Tracking")


def _line(call: Call, element: Doc, types: str) -> Doc:
    org = call.org
    amount = fields.number(element, "LineAmount")
    if amount is None:
        raise Invalid("The LineAmount field is required")
    if abs(amount) > MAX_AMOUNT:
        raise Invalid(f"The line amount {amount} is too large")
    account = _account(call, element)
    tax_type = "NONE" if types == "NoTax" else (fields.text(element, "TaxType") or account["TaxType"]).upper()
    percent = lines.percent_of(org, tax_type, account)
    amount = money.cents(amount)
    tax = money.ZERO if types == "NoTax" else _tax(call, element, amount, percent, types)
    return {
        "LineAmount": amount, "AccountID": account["AccountID"], "AccountCode": account.get("Code"),
        "Description": fields.text(element, "Description") or "", "TaxType": tax_type, "TaxAmount": tax,
        "Tracking": lines.tracking(org, fields.rows(element, "Tracking") or []),
        "_unclaimable": lines.unclaimable(org, tax_type, tax),
    }  # fmt: skip


def _tax(call: Call, element: Doc, amount: Decimal, percent: Decimal, types: str) -> Decimal:
    sent = fields.number(element, "TaxAmount")
    if sent is not None and not call.readings["journal_tax_not_writable"]:
        return money.cents(sent)
    return money.line_tax(amount, percent, types == "Inclusive")


def _account(call: Call, element: Doc) -> Doc:
    code, account_id = fields.text(element, "AccountCode"), fields.text(element, "AccountID")
    account = call.org.account(code, account_id)
    if account is None:
        raise Invalid(f"Account code '{code or account_id or ''}' is not a valid code for this document.")
    shown = account.get("Code") or account["Name"]
    if account["Status"] != "ACTIVE":
        raise Invalid(f"Account code '{shown}' has been archived, or deleted.")
    if not usable(account, call.readings["journals_refuse_system_accounts"]):
        raise Invalid(f"Account code '{shown}' is not a valid code for this document.")
    return account


def usable(account: Doc, strictly: bool) -> bool:
    """Whether a journal may use the account; ``strictly`` refuses every system account."""
    system = account.get("SystemAccount") or ""
    return account["Type"] not in REFUSED_TYPES and system not in CONTROL_ACCOUNTS and not (strictly and system)
