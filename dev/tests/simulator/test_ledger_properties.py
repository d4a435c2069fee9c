"""Whatever people do in Xero, the ledger balances, agrees with the documents, and forgets what was undone."""

import random
import time
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest

from simulator import people
from simulator.control.books import KINDS
from simulator.errors import Invalid
from simulator.ledger.books import Books, books_of
from simulator.ledger.entries import total
from simulator.organisation import new_id
from simulator.rules import payments, settlement
from simulator.rules.crediting import SALES_CREDITS
from simulator.world import World

RATES = {"USD": ("0.5", "0.657895", "0.777777"), "EUR": ("0.605263", "0.333333"), "AUD": ("1",)}
SALES_TAX, PURCHASE_TAX = ("OUTPUT", "EXEMPTOUTPUT", "BASEXCLUDED"), ("INPUT", "EXEMPTEXPENSES", "CAPEXINPUT")
INCOME, COSTS = ("200", "260", "270"), ("400", "404", "710", "310")
START = date(2025, 1, 1)


class People:
    """Somebody who does random things, some of which Xero refuses."""

    def __init__(self, seed, currencies=("AUD", "AUD", "USD", "EUR")):
        self.world = World(["au"], limits_on=False)
        self.org = self.world.organisation("au")
        self.random = random.Random(seed)
        self.currencies = currencies
        self.counter = 0
        self.act("create_contact", Name="Ada")
        # A bank account in dollars is there; nothing else that is foreign is needed.
        self.usd = next(row["AccountID"] for row in self.org.accounts if row.get("CurrencyCode") == "USD")

    def act(self, action, **body):
        return people.act(self.world, self.org, action, body)

    def day(self):
        return (START + timedelta(days=self.random.randrange(700))).isoformat()

    def amount(self, most=50000):
        return Decimal(self.random.randrange(1, most)) / 100

    def lines(self, codes, taxes, count=None):
        return [
            {"Description": "x", "Quantity": self.random.choice((1, 3, Decimal("0.25"))), "UnitAmount": self.amount(),
             "AccountCode": self.random.choice(codes), "TaxType": self.random.choice(taxes)}
            for _line in range(count or self.random.randrange(1, 5))
        ]  # fmt: skip

    def one(self, rows):
        rows = sorted(rows, key=lambda row: row["UpdatedDateUTC"])
        return self.random.choice(rows) if rows else None

    def document(self, sales):
        currency = self.random.choice(self.currencies)
        return {
            "contact": "Ada", "Date": self.day(), "CurrencyCode": currency,
            "CurrencyRate": self.random.choice(RATES[currency]),
            "LineAmountTypes": self.random.choice(("Exclusive", "Inclusive", "NoTax")),
            "LineItems": self.lines(INCOME if sales else COSTS, SALES_TAX if sales else PURCHASE_TAX),
        }  # fmt: skip

    def invoice(self):
        sales = self.random.random() < 0.6
        self.counter += 1
        number = f"N-{self.counter}"
        self.act("create_invoice", Type="ACCREC" if sales else "ACCPAY", InvoiceNumber=number, **self.document(sales))

    def note(self):
        sales = self.random.random() < 0.6
        kind = "ACCRECCREDIT" if sales else "ACCPAYCREDIT"
        self.act("create_credit_note", Type=kind, **self.document(sales))

    def open(self, table, kind, like=None):
        """Something with money open; with ``like``, what that credit can be allocated to."""
        rows = [row for row in table if row["Status"] == "AUTHORISED"
                and settlement.open_amount(self.org, kind, row) > 0]  # fmt: skip
        if like:
            wanted = "ACCREC" if like["Type"] in SALES_CREDITS else "ACCPAY"
            rows = [row for row in rows if (row["Type"], row["CurrencyCode"]) == (wanted, like["CurrencyCode"])]
        return self.one(rows)

    def part(self, most):
        """Some of an amount, or all of it."""
        most = int(most * 100)
        return Decimal(self.random.choice((most, self.random.randrange(1, most + 1)))) / 100

    def settle_in_parts(self, row, kind):
        """Pay or refund what is open, in four payments at most."""
        table, key = settlement.table_of(self.org, kind), row[settlement.KINDS[kind][1]]
        for payment in range(4):
            row = table.get(key)
            left = settlement.open_amount(self.org, kind, row)
            if left:
                amount = left if payment == 3 else self.part(left)
                rate = self.random.choice(RATES[row["CurrencyCode"]])
                element = {kind: {f"{kind}ID": key}, "Amount": amount, "Date": self.day(), "CurrencyRate": rate,
                           "Account": {"Code": "090"}}  # fmt: skip
                payments.create(people.Person(self.world, self.org, "PUT"), element)

    def pay(self):
        table, name, kind = self.random.choice(
            ((self.org.invoices, "invoice", "Invoice"), (self.org.credit_notes, "credit_note", "CreditNote"))
        )
        doc = self.open(table, kind)
        if doc:
            amount = self.part(settlement.open_amount(self.org, kind, doc))
            rate = self.random.choice(RATES[doc["CurrencyCode"]])
            account = self.usd if doc["CurrencyCode"] == "USD" and self.random.random() < 0.5 else "090"
            self.act("pay", **{name: doc[table.id_field]}, amount=amount, date=self.day(), rate=rate, account=account)

    def undo_payment(self):
        row = self.one([row for row in self.org.payments if row["Status"] == "AUTHORISED"])
        if row:
            self.act("undo_payment", payment=row["PaymentID"])

    def allocate(self):
        name, table = self.random.choice(
            (("credit_note", self.org.credit_notes), ("overpayment", self.org.overpayments),
             ("prepayment", self.org.prepayments))
        )  # fmt: skip
        credit = self.open(table, "CreditNote")
        invoice = credit and self.open(self.org.invoices, "Invoice", like=credit)
        if credit and invoice:
            amount = self.part(min(credit["RemainingCredit"], invoice["AmountDue"]))
            self.act("allocate", **{name: credit[table.id_field]}, invoice=invoice["InvoiceID"], amount=amount)

    def undo_allocation(self):
        rows = [row for row in self.org.allocations if not row["IsDeleted"]]
        if rows:
            self.act("undo_allocation", allocation=self.random.choice(rows)["AllocationID"])

    def bank_money(self):
        kind = self.random.choice(("", "-PREPAYMENT", "-OVERPAYMENT"))
        sales = self.random.random() < 0.5
        rows = self.lines(INCOME if sales else COSTS, SALES_TAX if sales else PURCHASE_TAX)
        if kind == "-OVERPAYMENT":
            rows = [{"Description": "x", "LineAmount": self.amount()}]
        account = {"account": self.usd} if "USD" in self.currencies and self.random.random() < 0.3 else {}
        if kind == "-OVERPAYMENT" and not account:
            account["CurrencyCode"] = self.random.choice(self.currencies)
            account["CurrencyRate"] = self.random.choice(RATES[account["CurrencyCode"]])
        self.act("bank_money", Type=("RECEIVE" if sales else "SPEND") + kind, contact="Ada", Date=self.day(),
                 LineItems=rows, LineAmountTypes=self.random.choice(("Exclusive", "Inclusive")), **account)  # fmt: skip

    def delete_bank_money(self):
        row = self.one([row for row in self.org.bank_transactions if row["Status"] == "AUTHORISED"])
        if row:
            self.act("delete_bank_money", bank_transaction=row["BankTransactionID"])

    def transfer(self):
        other = {"to": self.usd, "to_amount": self.amount()} if "USD" in self.currencies else {"to": "091"}
        self.act("transfer", **{"from": "090", "amount": self.amount(), "date": self.day()} | other)

    def undo_transfer(self):
        row = self.one([row for row in self.org.bank_transfers if row["Status"] == "AUTHORISED"])
        if row:
            self.act("undo_transfer", transfer=row["BankTransferID"])

    def journal(self):
        amount, other = self.amount(), self.amount()
        rows = [{"LineAmount": amount, "AccountCode": "400"}, {"LineAmount": other, "AccountCode": "200"},
                {"LineAmount": -amount - other, "AccountCode": "850"}]  # fmt: skip
        shown = self.random.random() < 0.5
        self.act("journal", Narration="x", Date=self.day(), JournalLines=rows, ShowOnCashBasisReports=shown)

    def void_journal(self):
        row = self.one([row for row in self.org.manual_journals if row["Status"] == "POSTED"])
        if row:
            self.act("void_journal", journal=row["ManualJournalID"])

    def void(self):
        name, table = self.random.choice((("invoice", self.org.invoices), ("credit_note", self.org.credit_notes)))
        row = self.one([row for row in table if row["Status"] == "AUTHORISED"])
        if row:
            self.act("void", **{name: row[table.id_field]})

    def edit(self):
        row = self.one([row for row in self.org.invoices if row["Status"] == "AUTHORISED"])
        if row:
            sales = row["Type"] == "ACCREC"
            rows = self.lines(INCOME if sales else COSTS, SALES_TAX if sales else PURCHASE_TAX)
            self.act("edit", invoice=row["InvoiceID"], Status="AUTHORISED", LineItems=rows)

    def batch(self):
        rows = [row for row in self.org.invoices if row["Status"] == "AUTHORISED" and row["CurrencyCode"] == "AUD"
                and row["Type"] == "ACCREC"]  # fmt: skip
        if len(rows) > 1:
            self.act("batch", invoices=[row["InvoiceID"] for row in rows[:2]], date=self.day())

    def undo_batch(self):
        row = self.one([row for row in self.org.batch_payments if row["Status"] == "AUTHORISED"])
        if row:
            self.act("undo_batch", batch=row["BatchPaymentID"])

    DOINGS = (invoice, invoice, invoice, note, pay, pay, pay, undo_payment, allocate, allocate, undo_allocation,
              bank_money, bank_money, delete_bank_money, transfer, undo_transfer, journal, void_journal, void, edit,
              batch, undo_batch)  # fmt: skip

    def do_something(self):
        """Whether it was done, or refused."""
        try:
            self.random.choice(self.DOINGS)(self)
        except Invalid:
            return False
        return True

    def books(self, **readings):
        return Books(self.org, self.world.readings | readings)


def held(books, currency_of):
    """What the accounts of each name hold in their own currencies."""
    result = defaultdict(Decimal)
    for entry in books.entries:
        for posting in entry.postings:
            if posting.account in currency_of:
                result[(currency_of[posting.account], posting.currency)] += posting.own
    return {key: amount for key, amount in result.items() if amount}


def owed(org):
    """What the documents say is open: positive what is owed to the organisation."""
    result = defaultdict(Decimal)
    for doc in org.invoices:
        if doc["Status"] == "AUTHORISED":
            sales = doc["Type"] == "ACCREC"
            name, sign = ("receivable", 1) if sales else ("payable", -1)
            result[(name, doc["CurrencyCode"])] += sign * doc["AmountDue"]
    for table in (org.credit_notes, org.overpayments):
        for doc in table:
            if doc["Status"] == "AUTHORISED":
                sales = doc["Type"] in ("ACCRECCREDIT", "RECEIVE-OVERPAYMENT")
                name, sign = ("receivable", -1) if sales else ("payable", 1)
                result[(name, doc["CurrencyCode"])] += sign * doc["RemainingCredit"]
    return {key: amount for key, amount in result.items() if amount}


def banked(org):
    """What the bank accounts hold in their own currencies, by what came and went."""
    result = defaultdict(Decimal)
    for row in org.payments:
        if row["Status"] == "AUTHORISED":
            kind, target = row["_target"]
            doc = settlement.table_of(org, kind).get(target)
            came = doc["Type"] in ("ACCREC", "ACCPAYCREDIT", "SPEND-PREPAYMENT", "SPEND-OVERPAYMENT")
            result[row["_account"]] += row["BankAmount"] if came else -row["BankAmount"]
    for doc in org.bank_transactions:
        if doc["Status"] == "AUTHORISED":
            same = doc["CurrencyCode"] == org.held_in(doc["_account"])
            amount = doc["Total"] if same else round(doc["Total"] / doc["CurrencyRate"] + Decimal("1e-9"), 2)
            result[doc["_account"]] += amount if doc["Type"].startswith("RECEIVE") else -amount
    return {org.accounts.get(key)["Name"]: amount for key, amount in result.items() if amount}


@pytest.mark.parametrize("seed", range(6))
def test_the_books_balance_and_agree_with_the_documents(seed):
    people_ = People(seed)
    done = 0
    for step in range(250):
        done += people_.do_something()
        if step % 10:
            continue
        for cash in (False, True):
            books = Books(people_.org, people_.world.readings, cash)
            assert all(total(entry.postings) == 0 for entry in books.entries)
            for days in (0, 180, 400, 800):
                day = START + timedelta(days=days)
                assert sum(books.balances(day).values()) == 0
                assert sum(books.closing(day).values()) == 0
        chart = books_of(people_.org, people_.world.readings).chart
        names = {chart.control(True): "receivable", chart.control(False): "payable"}
        assert held(people_.books(), names) == owed(people_.org)
        banks = {row["AccountID"]: row["Name"] for row in people_.org.accounts if row["Type"] == "BANK"}
        assert {name: amount for (name, _code), amount in held(people_.books(), banks).items()} == banked(people_.org)
    assert done > 150


@pytest.mark.parametrize("seed", range(3))
def test_settled_in_full_leaves_nothing_in_base_currency(seed):
    """However it was settled, and at whatever rates: a control account without open documents is at zero."""
    people_ = People(seed)
    for _step in range(120):
        people_.do_something()
    org = people_.org
    for kind in settlement.KINDS:
        for row in list(settlement.table_of(org, kind)):
            if row["Status"] == "AUTHORISED" and row["Total"]:
                people_.settle_in_parts(row, kind)
    balances = people_.books(unrealised_gains_in_reports=False).balances(date(2030, 1, 1))
    chart = books_of(org, people_.world.readings).chart
    assert (balances[chart.control(True)], balances[chart.control(False)]) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_without_foreign_currency_nothing_is_gained_or_rounded(seed):
    people_ = People(seed, currencies=("AUD",))
    for _step in range(250):
        people_.do_something()
    for row in list(people_.org.prepayments):
        if row["Status"] == "AUTHORISED":
            people_.settle_in_parts(row, "Prepayment")
    names = ("ROUNDING", "REALISEDCURRENCYGAIN", "UNREALISEDCURRENCYGAIN", "BANKCURRENCYGAIN")
    never = {row["AccountID"] for row in people_.org.accounts if row.get("SystemAccount") in names}
    postings = [posting for entry in people_.books().entries for posting in entry.postings]
    assert postings
    assert not any(posting.account in never for posting in postings)
    assert not any(people_.books().revaluation(date(2030, 1, 1)).values())


@pytest.mark.parametrize("seed", range(3))
def test_what_is_undone_is_as_if_it_had_never_been(seed):
    people_ = People(seed)
    for _step in range(80):
        people_.do_something()
    pairs = [
        (people_.pay, "payments", "undo_payment", "payment"),
        (people_.allocate, "allocations", "undo_allocation", "allocation"),
        (people_.transfer, "bank_transfers", "undo_transfer", "transfer"),
        (people_.journal, "manual_journals", "void_journal", "journal"),
        (people_.bank_money, "bank_transactions", "delete_bank_money", "bank_transaction"),
        (people_.batch, "batch_payments", "undo_batch", "batch"),
    ]
    seen = set()
    for do, table, undo, name in pairs * 5:
        before, known = people_.books().entries, set(getattr(people_.org, table).rows)
        try:
            do()
        except Invalid:
            continue
        for row_id in set(getattr(people_.org, table).rows) - known:
            assert people_.books().entries != before
            people_.act(undo, **{name: row_id})
            seen.add(undo)
        assert sorted(people_.books().entries) == sorted(before)
    assert {"undo_payment", "undo_transfer", "void_journal", "delete_bank_money"} <= seen


def test_every_kind_that_is_kept_is_either_in_the_books_or_posts_nothing():
    """A new kind of document must say which."""
    posts = {"Invoices", "CreditNotes", "Payments", "Allocations", "BankTransactions", "BankTransfers",
             "ManualJournals"}  # fmt: skip
    nothing = {"Accounts", "TaxRates", "Currencies", "Contacts", "Overpayments", "Prepayments", "BatchPayments",
               "Items", "TrackingCategories"}  # fmt: skip
    assert set(KINDS) == posts | nothing


def test_ten_thousand_documents_are_counted_in_seconds():
    people_ = People(7)
    for _invoice in range(100):
        people_.invoice()
    rows = list(people_.org.invoices)
    for number in range(9900):
        people_.org.invoices.put(rows[number % 100] | {"InvoiceID": new_id()})
    start = time.monotonic()
    books = people_.books()
    assert len(books.entries) == 10_000
    assert sum(books.closing(date(2030, 1, 1)).values()) == 0
    assert time.monotonic() - start < 15
