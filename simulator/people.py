"""What a person does in Xero's own screens: the same rules as the API, without the API's own restrictions."""

from datetime import date
from typing import Any

from .api.call import Call
from .errors import Invalid
from .oauth.registry import App
from .organisation import Organisation, fold
from .readings import DEFAULTS
from .rules import (
    bank_transactions,
    bank_transfers,
    batch_payments,
    contacts,
    crediting,
    documents,
    manual_journals,
    payments,
    settlement,
)
from .rules.documents import CREDIT_NOTE, INVOICE, Kind
from .store import Doc
from .world import World

Body = dict[str, Any]
PERSON = App("", "", "A person in Xero", [])
# What binds the API only.
FREE = dict.fromkeys(
    ("update_needs_status", "no_unarchive", "paid_bill_amounts_dropped", "rate_reset_without_currency_rate",
     "batch_payment_delete_refused", "contact_lists_replaced", "credit_transactions_closed",
     "reference_on_credits_dropped"), False,
)  # fmt: skip
OWN_WORDS = {"invoice", "credit_note", "contact", "amount", "date", "account", "rate", "reference", "payment"}


class Person(Call):
    """Stands in for an API call: the rules ask it for organisation, switches and method."""

    def __init__(self, world: World, org: Organisation, method: str = "POST") -> None:
        super().__init__(world, None, PERSON, org, "")  # type: ignore[arg-type]
        self._method = method

    @property
    def method(self) -> str:
        """PUT to create, POST to change."""
        return self._method

    @property
    def unit_places(self) -> int:
        """People type four decimals."""
        return 4

    @property
    def readings(self) -> dict[str, bool]:
        """The world's switches, without those about the API."""
        return DEFAULTS | self.world.readings | FREE


def act(world: World, org: Organisation, action: str, body: Body) -> Body:
    """Do one thing and keep it. Raises Invalid when Xero refuses it, KeyError for what is unknown."""
    doing = ACTIONS[action]
    with org.lock:
        try:
            result = doing(world, org, body)
        except BaseException:
            org.journal.rollback()
            raise
        world.keep(org)
    return {name: value for name, value in result.items() if not name.startswith("_")}


# === Finding things ===


def _document(org: Organisation, body: Body) -> tuple[Kind, Doc]:
    for name, kind in (("invoice", INVOICE), ("credit_note", CREDIT_NOTE)):
        if body.get(name):
            found = documents.find(org, kind, str(body[name]))
            if found is None:
                raise KeyError(f"{name} {body[name]}")
            return kind, found
    raise KeyError("invoice or credit_note")


def _contact(org: Organisation, key: Any) -> Doc:
    found = org.contacts.get(key) or org.contacts.first("name", fold(key)) or org.contacts.first("number", fold(key))
    if found is None:
        raise KeyError(f"contact {key}")
    return found


def _bank(org: Organisation, body: Body, currency: str) -> Doc:
    if body.get("account"):
        return org.account(body["account"]) or org.account(account_id=body["account"]) or {}
    banks = [row for row in org.accounts if row["Type"] == "BANK" and row["Status"] == "ACTIVE"]
    fitting = [row for row in banks if row.get("CurrencyCode") == currency]
    return (fitting or [row for row in banks if row.get("CurrencyCode") == org.base_currency])[0]


# === Money ===


def pay(world: World, org: Organisation, body: Body) -> Doc:
    """Pay or refund: invoice or credit_note, amount (default all that is open), date, account, rate, reference."""
    kind, doc = _document(org, body)
    account = _bank(org, body, doc["CurrencyCode"])
    element = {
        kind.name: {kind.id_field: doc[kind.id_field]},
        "Account": {"AccountID": account.get("AccountID")},
        "Amount": body.get("amount", settlement.open_amount(org, kind.name, doc)),
        "Date": body.get("date"),
        "CurrencyRate": body.get("rate"),
        "Reference": body.get("reference", ""),
    }
    return payments.create(Person(world, org, "PUT"), element)


def undo_payment(world: World, org: Organisation, body: Body) -> Doc:
    """Remove a payment: by id, or the last one of invoice or credit_note."""
    if body.get("payment"):
        row = org.payments.get(body["payment"])
    else:
        kind, doc = _document(org, body)
        row = (settlement.live_payments(org, kind.name, doc[kind.id_field]) or [None])[-1]
    if row is None or row["Status"] == "DELETED":
        raise KeyError("payment")
    payments.check_single(row)
    return payments.delete(Person(world, org), row)


def overpay(world: World, org: Organisation, body: Body) -> Doc:
    """Pay an invoice in full and ``excess`` more, which becomes an overpayment of the contact."""
    _kind, doc = _document(org, body)
    pay(world, org, {**body, "amount": doc["AmountDue"]})
    way = "RECEIVE" if doc["Type"] == "ACCREC" else "SPEND"
    element = {
        "Type": f"{way}-OVERPAYMENT",
        "Contact": {"ContactID": doc["_contact"]},
        "BankAccount": {"AccountID": _bank(org, body, doc["CurrencyCode"])["AccountID"]},
        "CurrencyCode": doc["CurrencyCode"],
        "Date": body.get("date"),
        "LineItems": [{"Description": f"Overpayment of {doc['InvoiceNumber']}", "LineAmount": body["excess"]}],
    }
    return bank_transactions.save(Person(world, org, "PUT"), element)[0]


def bank_money(world: World, org: Organisation, body: Body) -> Doc:
    """Spend or receive money without an invoice: Type (SPEND, RECEIVE-PREPAYMENT …), contact, account, and fields as in
    the API.
    """
    element = {"BankAccount": {"AccountID": _bank(org, body, org.base_currency).get("AccountID")},
               **_with_contact(org, body)}  # fmt: skip
    return bank_transactions.save(Person(world, org, "PUT"), element)[0]


def delete_bank_money(world: World, org: Organisation, body: Body) -> Doc:
    """Delete a ``bank_transaction`` (id); an over- or prepayment that it made is voided."""
    found = org.bank_transactions.get(body["bank_transaction"])
    if found is None:
        raise KeyError(f"bank transaction {body['bank_transaction']}")
    element = {"BankTransactionID": found["BankTransactionID"], "Status": "DELETED"}
    return bank_transactions.save(Person(world, org), element)[0]


def transfer(world: World, org: Organisation, body: Body) -> Doc:
    """Move ``amount`` between the bank accounts ``from`` and ``to`` (code or id); ``to_amount`` if that is in another
    currency; date, reference, FromTracking, ToTracking.
    """
    sides = {f"{side}BankAccount": {"AccountID": _bank(org, {"account": body[side.lower()]}, "").get("AccountID")}
             for side in ("From", "To")}  # fmt: skip
    words = {"Amount": body.get("amount"), "Date": body.get("date"), "Reference": body.get("reference")}
    kept = {name: body[name] for name in ("FromTracking", "ToTracking") if name in body}
    arrived = documents.fields.number(body, "to_amount")
    return bank_transfers.create(Person(world, org, "PUT"), sides | words | kept, arrived)


def undo_transfer(world: World, org: Organisation, body: Body) -> Doc:
    """Delete a ``transfer`` (id)."""
    found = org.bank_transfers.get(body["transfer"])
    if found is None:
        raise KeyError(f"transfer {body['transfer']}")
    return bank_transfers.delete(Person(world, org), found)


def batch(world: World, org: Organisation, body: Body) -> Doc:
    """Pay ``invoices`` (ids or numbers) in full with one amount on the bank account: account, date, reference."""
    found = [_document(org, {"invoice": key})[1] for key in body["invoices"]]
    rows = [{"Invoice": {"InvoiceID": doc["InvoiceID"]}, "Amount": doc["AmountDue"]} for doc in found]
    account = {"AccountID": _bank(org, body, org.base_currency).get("AccountID")}
    element = {"Account": account, "Date": body.get("date"), "Reference": body.get("reference"), "Payments": rows}
    return batch_payments.save(Person(world, org, "PUT"), element)[0]


def undo_batch(world: World, org: Organisation, body: Body) -> Doc:
    """Delete a ``batch`` (id) with its payments."""
    return batch_payments.save(Person(world, org), {"BatchPaymentID": body["batch"], "Status": "DELETED"})[0]


def allocate(world: World, org: Organisation, body: Body) -> Doc:
    """Apply a credit_note, overpayment or prepayment (id) to an invoice: amount (default as much as fits)."""
    invoice = documents.find(org, INVOICE, str(body["invoice"])) or {}
    kind, source = _credit(org, body)
    most = min(source["RemainingCredit"], invoice.get("AmountDue", 0))
    amount = documents.fields.number({"Amount": body.get("amount", most)}, "Amount")
    return crediting.allocate(Person(world, org), kind, source[crediting.id_field(kind)], invoice, amount)


def _credit(org: Organisation, body: Body) -> tuple[str, Doc]:
    if body.get("credit_note"):
        kind, found = _document(org, {"credit_note": body["credit_note"]})
        return kind.name, found
    for name, kind_name in (("overpayment", "Overpayment"), ("prepayment", "Prepayment")):
        found = settlement.table_of(org, kind_name).get(body.get(name))
        if found:
            return kind_name, found
    raise KeyError("credit_note, overpayment or prepayment")


def undo_allocation(world: World, org: Organisation, body: Body) -> Doc:
    """Take back an allocation (id)."""
    row = org.allocations.get(body["allocation"])
    if row is None or row["IsDeleted"]:
        raise KeyError(f"allocation {body['allocation']}")
    return crediting.undo(Person(world, org), row)


# === Documents ===


def void(world: World, org: Organisation, body: Body) -> Doc:
    """Void an approved document, delete a draft."""
    kind, doc = _document(org, body)
    if doc["Status"] in ("VOIDED", "DELETED"):
        raise Invalid(f"It is {doc['Status'].lower()} already")
    target = "VOIDED" if doc["Status"] in ("AUTHORISED", "PAID") else "DELETED"
    return documents.save(Person(world, org), {kind.id_field: doc[kind.id_field], "Status": target}, kind)[0]


def approve(world: World, org: Organisation, body: Body) -> Doc:
    """Approve a draft."""
    return edit(world, org, {**body, "Status": "AUTHORISED"})


def edit(world: World, org: Organisation, body: Body) -> Doc:
    """Change a document: any field as in the API (Reference, DueDate, LineItems …)."""
    kind, doc = _document(org, body)
    sent = {name: value for name, value in body.items() if name not in OWN_WORDS}
    return documents.save(Person(world, org), {**sent, kind.id_field: doc[kind.id_field]}, kind)[0]


def create_invoice(world: World, org: Organisation, body: Body) -> Doc:
    """A new invoice or bill, fields as in the API; approved and due in 30 days unless said otherwise."""
    today = org.today()
    due = date.fromordinal(today.toordinal() + 30).isoformat()
    element = {"Type": "ACCREC", "Status": "AUTHORISED", "DueDate": due, **_with_contact(org, body)}
    return documents.save(Person(world, org, "PUT"), element, INVOICE)[0]


def create_credit_note(world: World, org: Organisation, body: Body) -> Doc:
    """A new credit note, fields as in the API; approved unless said otherwise."""
    element = {"Type": "ACCRECCREDIT", "Status": "AUTHORISED", **_with_contact(org, body)}
    return documents.save(Person(world, org, "PUT"), element, CREDIT_NOTE)[0]


def _with_contact(org: Organisation, body: Body) -> Body:
    if "contact" not in body:
        return body
    rest = {name: value for name, value in body.items() if name != "contact"}
    return rest | {"Contact": {"ContactID": _contact(org, body["contact"])["ContactID"]}}


def journal(world: World, org: Organisation, body: Body) -> Doc:
    """A manual journal, fields as in the API; posted unless said otherwise. With ``journal`` (id) change that one."""
    sent = {name: value for name, value in body.items() if name != "journal"}
    if "journal" in body:
        return manual_journals.save(Person(world, org), {**sent, manual_journals.ID: body["journal"]})[0]
    return manual_journals.save(Person(world, org, "PUT"), {"Status": "POSTED", **sent})[0]


def void_journal(world: World, org: Organisation, body: Body) -> Doc:
    """Void a posted ``journal`` (id), delete a draft."""
    found = org.manual_journals.get(body["journal"])
    if found is None:
        raise KeyError(f"journal {body['journal']}")
    target = "VOIDED" if found["Status"] == "POSTED" else "DELETED"
    return journal(world, org, {"journal": body["journal"], "Status": target})


# === Contacts ===


def create_contact(world: World, org: Organisation, body: Body) -> Doc:
    """A new contact, fields as in the API."""
    return contacts.save(Person(world, org, "PUT"), body)[0]


def edit_contact(world: World, org: Organisation, body: Body) -> Doc:
    """Change fields of ``contact`` (id, number or name); rename with Name, archive with ContactStatus."""
    found = _contact(org, body["contact"])
    sent = {name: value for name, value in body.items() if name != "contact"}
    return contacts.save(Person(world, org), {**sent, "ContactID": found["ContactID"]})[0]


def archive_contact(world: World, org: Organisation, body: Body) -> Doc:
    """Archive ``contact``; with ``undo`` make it active again."""
    status = "ACTIVE" if body.get("undo") else "ARCHIVED"
    return edit_contact(world, org, {"contact": body["contact"], "ContactStatus": status})


def merge_contacts(world: World, org: Organisation, body: Body) -> Doc:
    """Merge ``contact`` into ``into``: its documents move, it is archived and keeps answering by id."""
    loser, winner = _contact(org, body["contact"]), _contact(org, body["into"])
    if loser["ContactID"] == winner["ContactID"]:
        raise Invalid("A contact cannot be merged with itself")
    if "ARCHIVED" in (loser["ContactStatus"], winner["ContactStatus"]):
        raise Invalid("Archived contacts cannot be merged")
    for table in (org.invoices, org.credit_notes, org.overpayments, org.prepayments, org.bank_transactions):
        for doc in table.find("contact", loser["ContactID"]):
            org.save(table, doc | {"_contact": winner["ContactID"]}, touch=False)
    for row, event in ((winner, {}), (loser, {"ContactStatus": "ARCHIVED", "MergedToContactID": winner["ContactID"]})):
        org.save(org.contacts, row | event)
        org.journal.event("CONTACT", row["ContactID"], "UPDATE")
    return org.contacts.get(loser["ContactID"])


# === Settings ===


def set_lock_date(world: World, org: Organisation, body: Body) -> Doc:
    """``period`` and ``year``: YYYY-MM-DD, or null to take the lock away."""
    for name, field in (("period", "PeriodLockDate"), ("year", "EndOfYearLockDate")):
        if name in body:
            org.profile[field] = date.fromisoformat(body[name]) if body[name] else None
    return {name: org.profile[name] for name in ("PeriodLockDate", "EndOfYearLockDate")}


def archive_account(world: World, org: Organisation, body: Body) -> Doc:
    """Archive the account with this ``code``; with ``undo`` make it active again."""
    account = org.account(body["code"])
    if account is None:
        raise KeyError(f"account {body['code']}")
    return org.save(org.accounts, account | {"Status": "ACTIVE" if body.get("undo") else "ARCHIVED"})


def edit_account(world: World, org: Organisation, body: Body) -> Doc:
    """Change any field of the account with this ``code``: Name, Code, TaxType, EnablePaymentsToAccount …"""
    account = org.account(body["code"])
    if account is None:
        raise KeyError(f"account {body['code']}")
    return org.save(org.accounts, account | {name: value for name, value in body.items() if name != "code"})


def edit_tax_rate(world: World, org: Organisation, body: Body) -> Doc:
    """Change any field of the tax rate with this ``tax_type``: Name, Status …"""
    rate = org.tax_rates.get(body["tax_type"])
    if rate is None:
        raise KeyError(f"tax rate {body['tax_type']}")
    return org.journal.put(org.tax_rates, rate | {name: value for name, value in body.items() if name != "tax_type"})


def reconcile(world: World, org: Organisation, body: Body) -> Doc:
    """Match a ``payment``, ``batch``, ``bank_transaction`` (a half of a transfer too) to a statement line; ``undo``."""
    for name, table in (("payment", org.payments), ("batch", org.batch_payments),
                        ("bank_transaction", org.bank_transactions)):  # fmt: skip
        row = table.get(body.get(name))
        if row:
            matched = {"IsReconciled": not body.get("undo")}
            for payment in row.get("_payments", ()):
                org.save(org.payments, org.payments.get(payment) | matched)
            return org.save(table, row | matched)
    raise KeyError("payment, batch or bank_transaction")


ACTIONS = {
    action.__name__: action
    for action in (
        pay, undo_payment, overpay, allocate, undo_allocation, void, approve, edit, create_invoice, create_credit_note,
        create_contact, edit_contact, archive_contact, merge_contacts, set_lock_date, archive_account, edit_account,
        edit_tax_rate, reconcile, bank_money, delete_bank_money, transfer, undo_transfer, batch, undo_batch, journal,
        void_journal,
    )
}  # fmt: skip
