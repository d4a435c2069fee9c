"""The trial balance: what each account moved in the month, and where it stands in the financial year."""

from decimal import Decimal

from .. import money
from ..api.call import Call
from ..ledger.books import ONE_DAY, Books
from ..store import Doc
from . import asking
from .layout import Layout, attributes, header, plain, report, slashes, words

SECTIONS = {"Revenue": "REVENUE", "Expenses": "EXPENSE", "Assets": "ASSET", "Liabilities": "LIABILITY",
            "Equity": "EQUITY"}  # fmt: skip
DEBITS = {"EXPENSE", "ASSET"}


def make(call: Call, books: Books) -> Doc:
    """``date``, today by default. Income and expenses of earlier years stand in retained earnings."""
    org, layout = call.org, Layout.of(call)
    day = asking.last_day(call, "date") or org.today()
    year = books.closing(day)
    month = books.movements(max(day.replace(day=1), books.year_start(day)), day)
    accounts = sorted((row for row in org.accounts if year.get(row["AccountID"]) or month.get(row["AccountID"])),
                      key=lambda row: (row.get("Code") or "", row["Name"]))  # fmt: skip
    rows: list[Doc] = [header("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")]
    totals = [money.ZERO] * 4
    for title, kind in SECTIONS.items():
        shown = []
        for account in accounts:
            if account["Class"] == kind:
                values = _sides(account, month) + _sides(account, year)
                totals = [total + (value or money.ZERO) for total, value in zip(totals, values)]
                shown.append(_row(layout, books, account, values, day))
        rows += [layout.section(title, shown)] if shown else []
    rows.append(layout.section("", [plain("SummaryRow", "Total", totals)]))
    return report(call, "TrialBalance", "Trial Balance", f"As at {words(day)}", rows)


def _row(layout: Layout, books: Books, account: Doc, values: list[Decimal | None], day) -> Doc:
    code = account.get("Code")
    row = layout.account(f"{account['Name']} ({code})" if code else account["Name"], account["AccountID"], values)
    if account["SystemAccount"] == "RETAINEDEARNINGS":
        since = attributes(fromDate="", toDate=slashes(books.year_start(day) - ONE_DAY))
        row["Cells"][1:] = [cell | {"Attributes": cell["Attributes"] + since} for cell in row["Cells"][1:]]
    return row


def _sides(account: Doc, amounts: dict[str, Decimal]) -> list[Decimal | None]:
    """[debit, credit], of which one is blank; nothing at all is nothing on the account's usual side."""
    amount = amounts.get(account["AccountID"], money.ZERO)
    debit = amount > 0 or (not amount and account["Class"] in DEBITS)
    return [amount, None] if debit else [None, -amount]
