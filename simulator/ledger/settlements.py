"""Entries of what settles documents: payments, refunds and allocations, with the exchange gains they realise."""

from collections.abc import Iterator

from .. import money
from ..organisation import Organisation
from ..rules import settlement
from ..store import Doc
from .chart import Chart
from .entries import Entry, Posting, shares, total

Applied = dict[str, list[Posting]]


def applications(org: Organisation, kind: str, document_id: str) -> list[Doc]:
    """Live payments and allocations of a document, in the order they happened."""
    rows = list(settlement.live_payments(org, kind, document_id))
    rows += (
        settlement.allocations_to(org, document_id)
        if kind == "Invoice"
        else settlement.allocations_from(org, kind, document_id)
    )
    return sorted(rows, key=lambda row: (row["Date"], _id(row)))


def cut(rows: list[Doc], doc: Doc, postings: list[Posting]) -> Iterator[tuple[str, list[Posting]]]:
    """(payment or allocation, its share of these postings of the document)."""
    parts = shares(postings, [row["Amount"] for row in rows], doc["Total"]) if rows else []
    return zip(map(_id, rows), parts)


def payment(chart: Chart, row: Doc, against: list[Posting]) -> Entry:
    """Money on a bank account against what it settled; the difference is a realised currency gain or loss."""
    sign = -1 if total(against) > 0 else 1
    held_in, base = chart.org.held_in(row["_account"]), chart.org.base_currency
    amount = row["BankAmount"] if held_in == base else money.cents(row["BankAmount"] / row["CurrencyRate"])
    bank = chart.bank(row["_account"], amount * sign, held_in, row["BankAmount"] * sign)
    return Entry("Payment", row["PaymentID"], row["Date"], _closed(chart, [bank, *against]))


def allocation(chart: Chart, row: Doc, against: list[Posting]) -> Entry:
    """A credit against an invoice; at two rates the difference is a realised currency gain or loss."""
    return Entry("Allocation", row["AllocationID"], row["Date"], _closed(chart, against))


def _closed(chart: Chart, postings: list[Posting]) -> tuple[Posting, ...]:
    return (*postings, *chart.base("REALISEDCURRENCYGAIN", -total(postings)))


def _id(row: Doc) -> str:
    return row.get("PaymentID") or row["AllocationID"]
