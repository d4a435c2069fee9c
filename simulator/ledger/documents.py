"""Entries of documents: invoices, bills, credit notes, bank transactions, transfers and manual journals."""

from decimal import Decimal

from .. import money
from ..store import Doc
from .chart import Chart, tracking_of
from .entries import Entry, Posting, reversed_, total

POSTED = ("AUTHORISED", "PAID")
# Whether the control account, or the bank account, is debited.
DEBITED = {"ACCREC", "ACCPAYCREDIT", "RECEIVE", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT"}
SALES = {"ACCREC", "ACCRECCREDIT"}


def invoice(chart: Chart, doc: Doc, id_field: str, apart: bool) -> Entry:
    """An approved invoice, bill or credit note: lines without tax, tax, and the control account.

    :param apart: what converting each line loses goes to the Rounding account; else the control account takes it.
    """
    lines = _lines(chart, doc)
    amount = money.cents(doc["Total"] / doc["CurrencyRate"]) if apart else -total(lines)
    sign = 1 if doc["Type"] in DEBITED else -1
    lines = lines if sign == 1 else reversed_(lines)
    control = Posting(chart.control(doc["Type"] in SALES), amount * sign, doc["CurrencyCode"], doc["Total"] * sign)
    rounding = chart.base("ROUNDING", -total([control, *lines]))
    return Entry(id_field.removesuffix("ID"), doc[id_field], doc["Date"], (control, *lines, *rounding))


def bank_transaction(chart: Chart, doc: Doc, apart: bool) -> Entry:
    """Spend or receive money, over- and prepayments among it: an overpayment's only line is the control account."""
    lines = _lines(chart, doc)
    amount = money.cents(doc["Total"] / doc["CurrencyRate"]) if apart else -total(lines)
    sign = 1 if doc["Type"] in DEBITED else -1
    lines = lines if sign == 1 else reversed_(lines)
    bank = chart.bank(doc["_account"], amount * sign, doc["CurrencyCode"], doc["Total"] * sign)
    rounding = chart.base("ROUNDING", -total([bank, *lines]))
    return Entry("BankTransaction", doc["BankTransactionID"], doc["Date"], (bank, *lines, *rounding))


def bank_transfer(chart: Chart, doc: Doc) -> Entry:
    """Money from one bank account to another: the same value in base currency on both sides."""
    sides = []
    for side, sign, own in (("from", -1, doc["Amount"]), ("to", 1, doc["_to_amount"])):
        account, tracking = doc[f"_{side}"], tracking_of(doc, f"_{side}_tracking")
        currency = chart.org.held_in(account)
        sides.append(chart.bank(account, doc["_base"] * sign, currency, own * sign, tracking))
    return Entry("BankTransfer", doc["BankTransferID"], doc["Date"], tuple(sides))


def manual_journal(chart: Chart, doc: Doc) -> Entry:
    """A posted manual journal, in base currency: a debit is positive already."""
    postings = reversed_(_net(chart, doc, doc["JournalLines"], Decimal(1)))
    return Entry("ManualJournal", doc["ManualJournalID"], doc["Date"], tuple(postings))


def _lines(chart: Chart, doc: Doc) -> list[Posting]:
    """What stands against the control or bank account when that is debited: credits."""
    return _net(chart, doc, doc["LineItems"], doc["CurrencyRate"])


def _net(chart: Chart, doc: Doc, lines: list[Doc], rate: Decimal) -> list[Posting]:
    currency, tax, result = doc.get("CurrencyCode") or chart.org.base_currency, money.ZERO, []
    for line in lines:
        lost = line.get("_unclaimable", money.ZERO)
        net = line["LineAmount"] - (line["TaxAmount"] if doc["LineAmountTypes"] == "Inclusive" else 0) + lost
        tax += line["TaxAmount"] - lost
        if net:
            result.append(
                Posting(line["AccountID"], -money.cents(net / rate), currency, -net, tracking_of(line))
            )
    if tax:
        result.append(Posting(chart.system("GST"), -money.cents(tax / rate), currency, -tax))
    return result
