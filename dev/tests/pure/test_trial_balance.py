"""Xero's trial balance, whoever answers."""

import copy
from decimal import Decimal

import pytest

from xero_api import trial_balance
from xero_api.trial_balance import Unreadable, balances

SALES, BANK = "5a3a6a6c-9b0e-4b8e-8f5f-0123456789ab", "7C3A6A6C-9B0E-4B8E-8F5F-0123456789AB"


def cell(value, account=None, **more):
    found = {} if value is None else {"Value": value}
    return {**found, **({"Attributes": [{"Id": "account", "Value": account}]} if account else {}), **more}


def row(account, *values):
    return {"RowType": "Row", "Cells": [cell("Any title", account), *(cell(value, account) for value in values)]}


def report(*rows):
    head = {"RowType": "Header", "Cells": [cell(title) for title in ("Konto", "Soll", "Haben", "Soll", "Haben")]}
    total = {"RowType": "SummaryRow", "Cells": [cell("Total"), *(cell("9.00") for _number in range(4))]}
    sections = [{"RowType": "Section", "Title": "Anything", "Rows": list(rows)}]
    sections.append({"RowType": "Section", "Rows": [total]})
    return {"Reports": [{"ReportID": "TrialBalance", "Rows": [head, *sections]}]}


def test_the_year_counts_and_accounts_are_known_by_their_id():
    answer = report(row(SALES, None, "1.00", "", "120.50"), row(BANK, "1.00", None, "120.50", None))
    assert balances(answer) == {SALES: Decimal("-120.50"), BANK.lower(): Decimal("120.50")}


def test_currency_accounts_in_one_row():
    answer = report(row("FXGROUPID", "0", "0", "-3.10", ""), row(SALES, "0", "0", "3.10", ""))
    assert balances(answer)[trial_balance.CURRENCY_GROUP] == Decimal("-3.10")


def test_an_organisation_without_entries():
    assert not balances(report())


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        {"Reports": []},
        {"Reports": [7]},
        {"Reports": [{"Rows": "none"}]},
        {"Reports": [{"Rows": [7]}]},
        report(row(SALES, "0", "0", "1.00", "")),
        report(row("no id", "0", "0", "1.00", "1.00")),
        report(row(SALES, "0", "0", "1,000.00", "1000.00")),
        report(row(SALES, "0", "0", "NaN", "")),
        report(row(SALES, "0", "0", "1e400", "1e400")),
        report({"RowType": "Row", "Cells": [cell("Sales", SALES)]}),
        report({"RowType": "Row", "Cells": 5}),
    ],
)
def test_what_is_no_trial_balance_is_not_believed(answer):
    with pytest.raises(Unreadable):
        balances(answer)


def test_no_depth_and_no_length_without_an_end():
    deep = row(SALES, "0", "0", "", "")
    for _level in range(2_000):
        deep = {"RowType": "Section", "Rows": [deep]}
    with pytest.raises(Unreadable):
        balances(report(deep))
    many = [row(f"{number:08x}-9b0e-4b8e-8f5f-0123456789ab", "0", "0", "", "") for number in range(20_002)]
    with pytest.raises(Unreadable):
        balances(report(*many))


def test_what_is_read_stays_as_it_is():
    answer = report(row(SALES, "0", "0", "1.00", "1.00"))
    before = copy.deepcopy(answer)
    balances(answer)
    assert answer == before
