"""Profit and loss: income and expenses of a span of time, compared with earlier ones or by tracking."""

from decimal import Decimal

from .. import money
from ..api.call import Call
from ..ledger.books import Books
from ..store import Doc
from . import asking
from .layout import Layout, header, plain, report, short, words

INCOME = {"SALES", "REVENUE"}
COST_OF_SALES = {"DIRECTCOSTS"}
OTHER_INCOME = {"OTHERINCOME"}
EXPENSES = {"EXPENSE", "OVERHEADS", "DEPRECIATN", "WAGESEXPENSE", "SUPERANNUATIONEXPENSE"}
CURRENCY_GAINS = {"BANKCURRENCYGAIN", "UNREALISEDCURRENCYGAIN", "REALISEDCURRENCYGAIN"}
FX_GROUP = "FXGROUPID"
Columns = list[dict[str, Decimal]]


def make(call: Call, books: Books) -> Doc:
    """fromDate, toDate, periods, timeframe, tracking categories and options, standardLayout, paymentsOnly."""
    first, last = asking.span(call)
    if call.readings["profit_and_loss_one_year"] and (last - first).days > 365:
        raise asking.refusal("The report cannot cover more than 365 days")
    titles, columns = [], []
    further, step = asking.periods(call)
    for number in range(further + 1):
        start, end = asking.earlier_span(first, last, number * step, call.readings["periods_repeat_days"])
        for title, matches in asking.tracking_columns(call):
            titles.append(" ".join(part for part in (title, short(end, "%y")) if part) if further else
                          title or short(end, "%y"))  # fmt: skip
            columns.append(books.movements(start, end, matches))
    rows = [header("", *titles), *_sections(call, Layout.of(call), columns)]
    return report(call, "ProfitAndLoss", "Profit and Loss", f"{words(first)} to {words(last)}", rows)


def _sections(call: Call, layout: Layout, columns: Columns) -> list[Doc]:
    income = _Section(call, layout, columns, INCOME, -1)
    costs = _Section(call, layout, columns, COST_OF_SALES, 1)
    other = _Section(call, layout, columns, OTHER_INCOME, -1)
    expenses = _Section(call, layout, columns, EXPENSES, 1)
    gross = [left - right for left, right in zip(income.totals, costs.totals)]
    net = [left + more - right for left, more, right in zip(gross, other.totals, expenses.totals)]
    return [
        *income.shown("Income", "Total Income"),
        *costs.shown("Less Cost of Sales", "Total Cost of Sales"),
        layout.section("", [plain("Row", "Gross Profit", gross)]),
        *other.shown("Plus Other Income", "Total Other Income"),
        *expenses.shown("Less Operating Expenses", "Total Operating Expenses"),
        layout.section("", [plain("Row", "Net Profit", net)]),
    ]


class _Section:
    """Accounts of some types with their amounts in each column; ``sign`` makes what is usual positive."""

    def __init__(self, call: Call, layout: Layout, columns: Columns, types: set[str], sign: int) -> None:
        self._layout = layout
        self._rows: list[tuple[str, str, list[Decimal]]] = []
        gains = [money.ZERO] * len(columns)
        grouped = call.readings["currency_gains_in_one_line"] and call.org.profile["CountryCode"] not in ("AU", "US")
        for account in sorted(call.org.accounts, key=lambda row: row["Name"]):
            values = [sign * column.get(account["AccountID"], money.ZERO) for column in columns]
            if account["Type"] not in types or not any(values):
                continue
            if grouped and account["SystemAccount"] in CURRENCY_GAINS:
                gains = [left + right for left, right in zip(gains, values)]
            else:
                self._rows.append((account["Name"], account["AccountID"], values))
        if any(gains):
            self._rows.append(("Foreign Currency Gains and Losses", FX_GROUP, gains))
        self.totals = [sum((values[at] for _name, _id, values in self._rows), money.ZERO) for at in range(len(columns))]

    def shown(self, title: str, total: str) -> list[Doc]:
        """The section with its sum; none without accounts."""
        rows = [self._layout.account(*row) for row in self._rows]
        return [self._layout.section(title, [*rows, plain("SummaryRow", total, self.totals)])] if rows else []
