"""What each bank account held at first, received, spent and holds, in base currency."""

from .. import money
from ..api.call import Call
from ..ledger.books import ONE_DAY, Books
from ..store import Doc
from . import asking
from .layout import Layout, attributes, header, plain, report, words


def make(call: Call, books: Books) -> Doc:
    """fromDate, toDate: the current month by default. With several currencies what the rates gained has a column."""
    first, last = asking.span(call)
    layout = Layout.of(call)
    foreign = any(row.get("CurrencyCode", call.org.base_currency) != call.org.base_currency for row in _banks(call))
    titles = ["Opening Balance", "Cash Received", "Cash Spent", *(["FX Gain"] if foreign else []), "Closing Balance"]
    opening, closing = books.balances(first - ONE_DAY), books.balances(last)
    moved = books.bank_movements(first, last)
    rows, totals = [], [money.ZERO] * len(titles)
    for account in _banks(call):
        key = account["AccountID"]
        received, spent = moved.get(key, (money.ZERO, money.ZERO))
        gain = closing[key] - opening[key] - received + spent
        values = [opening[key], received, spent, *([gain] if foreign else []), closing[key]]
        if not any(values):
            continue
        totals = [left + right for left, right in zip(totals, values)]
        rows.append(_row(layout, account, values))
    total = plain("SummaryRow", "Total", totals)
    shown = [header("Bank Accounts", *titles), layout.section("", [*rows, total])]
    return report(call, "BankSummary", "Bank Summary", f"From {words(first)} to {words(last)}", shown)


def _banks(call: Call) -> list[Doc]:
    return sorted((row for row in call.org.accounts if row["Type"] == "BANK"), key=lambda row: row["Name"])


def _row(layout: Layout, account: Doc, values: list) -> Doc:
    """The name bears ``accountID``; what came and went bears ``account``."""
    mark = attributes(account=account["AccountID"])
    cells = [layout.amount(value, mark if at in (1, 2) else []) for at, value in enumerate(values)]
    name = {"Value": account["Name"], "Attributes": attributes(accountID=account["AccountID"])}
    return {"RowType": "Row", "Cells": [name, *cells]}
