"""The balance sheet at the end of a month, and of earlier ones."""

from datetime import date
from decimal import Decimal

from .. import money
from ..api.call import Call
from ..ledger.books import ONE_DAY, RESULT, Balances, Books
from ..store import Doc
from . import asking
from .layout import NO_ACCOUNT, Layout, attributes, header, plain, report, short, slashes, words

ASSETS = {"Bank": {"BANK"}, "Current Assets": {"CURRENT", "INVENTORY", "PREPAYMENT"}, "Fixed Assets": {"FIXED"},
          "Non-current Assets": {"NONCURRENT"}}  # fmt: skip
LIABILITIES = {
    "Current Liabilities": {"CURRLIAB", "PAYG", "PAYGLIABILITY", "SUPERANNUATIONLIABILITY"},
    "Non-Current Liabilities": {"TERMLIAB", "LIABILITY"},
}
EQUITY = {"EQUITY"}


def make(call: Call, books: Books) -> Doc:
    """``date`` (the end of its month counts), periods, timeframe, trackingOptionID1 and 2, standardLayout,
    paymentsOnly.
    """
    further, step = asking.periods(call)
    day = asking.month_end(asking.last_day(call, "date") or call.org.today())
    days = [asking.month_end(asking.earlier(day, number * step)) for number in range(further + 1)]
    sheet = _Sheet(call, books, days)
    assets, total_assets = sheet.side("Assets", ASSETS, 1)
    liabilities, total_liabilities = sheet.side("Liabilities", LIABILITIES, -1)
    net = [left - right for left, right in zip(total_assets, total_liabilities)]
    rows = [
        header("", *map(short, days)), *assets, *liabilities,
        sheet.layout.section("", [plain("Row", "Net Assets", net)]), sheet.equity(),
    ]  # fmt: skip
    return report(call, "BalanceSheet", "Balance Sheet", f"As at {words(day)}", rows)


class _Sheet:
    def __init__(self, call: Call, books: Books, days: list[date]) -> None:
        self.call, self.books, self.days = call, books, days
        self.layout = Layout.of(call)
        matches = asking.with_options(call, "trackingOptionID1", "trackingOptionID2")
        self.columns: list[Balances] = [books.closing(day, matches) for day in days]
        if call.readings["tracking_transfers_balance_sheets"]:
            for column in self.columns:
                column[books.chart.system("TRACKINGTRANSFERS")] -= sum(column.values(), money.ZERO)

    def side(self, title: str, sections: dict[str, set[str]], sign: int) -> tuple[list[Doc], list[Decimal]]:
        """(sections of assets or of liabilities, their sums)."""
        rows, totals = [self.layout.section(title, [])], [money.ZERO] * len(self.days)
        for name, types in sections.items():
            accounts = self._accounts(types, sign)
            if accounts:
                sums = _sums(accounts, len(self.days))
                totals = [left + right for left, right in zip(totals, sums)]
                shown = [self.layout.account(*row) for row in accounts]
                rows.append(self.layout.section(name, [*shown, plain("SummaryRow", f"Total {name}", sums)]))
        rows.append(self.layout.section("", [plain("SummaryRow", f"Total {title}", totals)]))
        return rows, totals

    def equity(self) -> Doc:
        """Equity accounts, retained earnings among them, and what this year earned."""
        earned = [-sum((amount for account, amount in column.items() if self._class(account) in RESULT), money.ZERO)
                  for column in self.columns]  # fmt: skip
        accounts = self._accounts(EQUITY, -1)
        sums = [left + right for left, right in zip(earned, _sums(accounts, len(self.days)))]
        rows = [self._earnings(earned), *(self._equity_row(*row) for row in accounts)]
        return self.layout.section("Equity", [*rows, plain("SummaryRow", "Total Equity", sums)])

    def _earnings(self, earned: list[Decimal]) -> Doc:
        row = self.layout.account("Current Year Earnings", NO_ACCOUNT, earned)
        for cell, day in zip(row["Cells"][1:], self.days):
            first, last = slashes(self.books.year_start(day)), slashes(day)
            cell["Attributes"] = attributes(account=NO_ACCOUNT, fromDate=first, toDate=last)
        return row

    def _equity_row(self, name: str, account: str, values: list[Decimal]) -> Doc:
        row = self.layout.account(name, account, values)
        if account == self.books.chart.system("RETAINEDEARNINGS"):
            for cell, day in zip(row["Cells"][1:], self.days):
                last = slashes(self.books.year_start(day) - ONE_DAY)
                cell["Attributes"] = attributes(account=account, fromDate="", toDate=last)
        return row

    def _class(self, account: str) -> str:
        return self.call.org.accounts.get(account)["Class"]

    def _accounts(self, types: set[str], sign: int) -> list[tuple[str, str, list[Decimal]]]:
        found = []
        for account in sorted(self.call.org.accounts, key=lambda row: row["Name"]):
            values = [sign * column.get(account["AccountID"], money.ZERO) for column in self.columns]
            if account["Type"] in types and any(values):
                found.append((account["Name"], account["AccountID"], values))
        return found


def _sums(accounts: list[tuple[str, str, list[Decimal]]], count: int) -> list[Decimal]:
    return [sum((values[at] for _name, _id, values in accounts), money.ZERO) for at in range(count)]
