"""Xero's trial balance, read from the form that all its reports have (Xero: Reports). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

# Accounts of an organisation are a few hundred.
MOST_ACCOUNTS = 20_000
DEEPEST = 4
# The year's debit and credit are the last two of the columns: Account, Debit, Credit, YTD Debit, YTD Credit.
COLUMNS = 5
# Xero's currency accounts may be one row under this name in place of an id.
CURRENCY_GROUP = "FXGROUPID"
_AMOUNT = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,6})?")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ZERO = Decimal(0)


class Unreadable(ValueError):
    """The report is none, or says what cannot be: nothing of it is believed."""


def balances(answer: Any) -> dict[str, Decimal]:
    """Return what stands on each account on the day of the report: income and expenses since the financial year began.

    Accounts are known by the attribute that cells bear, never by titles, which follow layout and language.

    :param answer: the JSON of ``GET /Reports/TrialBalance``, numbers of any kind
    :return: ``{AccountID in small letters, or CURRENCY_GROUP: amount}`` in the organisation's currency; debits are
        positive
    :raise Unreadable: it has another form, or does not balance
    """
    reports = answer.get("Reports") if isinstance(answer, dict) else None
    report = reports[0] if isinstance(reports, list) and reports else None
    found: dict[str, Decimal] = {}
    for cells in _rows(report.get("Rows") if isinstance(report, dict) else None, 0):
        account = _account(cells)
        if account:
            debit, credit = (_amount(cell) for cell in cells[-2:])
            found[account] = found.get(account, _ZERO) + debit - credit
        if len(found) > MOST_ACCOUNTS:
            raise Unreadable("too many accounts")
    if sum(found.values(), _ZERO):
        raise Unreadable("debits and credits differ")
    return found


def _rows(rows: Any, depth: int) -> Iterator[list[Any]]:
    """Yield the cells of every row with amounts, in sections too."""
    if not isinstance(rows, list) or depth > DEEPEST:
        raise Unreadable("rows")
    for row in rows:
        if not isinstance(row, dict):
            raise Unreadable("row")
        if row.get("RowType") == "Row":
            cells = row.get("Cells")
            if not isinstance(cells, list) or len(cells) < COLUMNS:
                raise Unreadable("cells")
            yield cells
        elif row.get("Rows"):
            yield from _rows(row["Rows"], depth + 1)


def _account(cells: list[Any]) -> str | None:
    """Return the account of a row; sums bear none."""
    for cell in cells:
        attributes = cell.get("Attributes") if isinstance(cell, dict) else None
        for attribute in attributes if isinstance(attributes, list) else ():
            if isinstance(attribute, dict) and attribute.get("Id") == "account":
                value = str(attribute.get("Value") or "")
                if value == CURRENCY_GROUP or _ID.fullmatch(value.lower()):
                    return value if value == CURRENCY_GROUP else value.lower()
                raise Unreadable("account")
    return None


def _amount(cell: Any) -> Decimal:
    """Return the amount of a cell; blank ones have no value, or an empty one."""
    value = cell.get("Value") if isinstance(cell, dict) else None
    text = str("" if value is None else value).strip()
    if text and not _AMOUNT.fullmatch(text):
        raise Unreadable("amount")
    return Decimal(text) if text else _ZERO
