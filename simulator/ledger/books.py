"""The general ledger of an organisation: all entries, and what the accounts hold on a day."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from weakref import WeakKeyDictionary

from .. import money
from ..organisation import Organisation
from ..store import Doc
from . import documents, settlements
from .chart import Chart
from .entries import Entry, Posting, reversed_

Balances = dict[str, Decimal]
Matches = Callable[[tuple[tuple[str, str], ...]], bool]
SOURCES = ("accounts", "invoices", "credit_notes", "payments", "allocations", "bank_transactions", "bank_transfers",
           "overpayments", "prepayments", "manual_journals")  # fmt: skip
RESULT = {"REVENUE", "EXPENSE"}
ONE_DAY = timedelta(days=1)


def anything(tracking: tuple[tuple[str, str], ...]) -> bool:
    """Matches all, tracked or not."""
    return True


def entries(org: Organisation, readings: dict[str, bool], cash: bool = False) -> Iterator[Entry]:
    """Every entry that follows from the documents; each is in balance.

    :param cash: as money comes and goes: a document counts as it is settled, and journals only if they say so.
    """
    chart, apart = Chart(org), readings["conversion_difference_to_rounding"]
    against: settlements.Applied = defaultdict(list)
    for table, kind in ((org.invoices, "Invoice"), (org.credit_notes, "CreditNote")):
        for doc in table:
            if doc["Status"] in documents.POSTED:
                entry = documents.invoice(chart, doc, table.id_field, apart)
                rows = settlements.applications(org, kind, entry.id)
                _collect(against, settlements.cut(rows, doc, reversed_(list(entry.postings[:1]))))
                if cash:
                    _collect(against, settlements.cut(rows, doc, list(entry.postings)))
                else:
                    yield entry
    for doc in org.bank_transactions:
        if doc["Status"] == "AUTHORISED" and not doc["Type"].endswith("TRANSFER"):
            entry = documents.bank_transaction(chart, doc, apart)
            _collect(against, _credit_used(org, doc, entry))
            yield entry
    yield from _settled(chart, against)
    yield from (documents.bank_transfer(chart, doc) for doc in org.bank_transfers if doc["Status"] == "AUTHORISED")
    for doc in org.manual_journals:
        if doc["Status"] == "POSTED" and (doc["ShowOnCashBasisReports"] or not cash):
            yield documents.manual_journal(chart, doc)


def _collect(against: settlements.Applied, cuts: Iterator[tuple[str, list[Posting]]]) -> None:
    for application, postings in cuts:
        against[application].extend(postings)


def _credit_used(org: Organisation, doc: Doc, entry: Entry) -> Iterator[tuple[str, list[Posting]]]:
    """What the transaction posted against the bank is taken back as the over- or prepayment it made is used."""
    for kind in ("Overpayment", "Prepayment"):
        if doc.get(f"{kind}ID"):
            rows = settlements.applications(org, kind, doc[f"{kind}ID"])
            return settlements.cut(rows, doc, reversed_(list(entry.postings[1:])))
    return iter(())


def _settled(chart: Chart, against: settlements.Applied) -> Iterator[Entry]:
    for application, postings in against.items():
        row = chart.org.payments.get(application)
        if row:
            yield settlements.payment(chart, row, postings)
        else:
            yield settlements.allocation(chart, chart.org.allocations.get(application), postings)


class Books:
    """What the accounts hold on any day, in base currency; a debit is positive."""

    def __init__(self, org: Organisation, readings: dict[str, bool], cash: bool = False) -> None:
        self.org = org
        self.chart = Chart(org)
        self.entries = sorted(entries(org, readings, cash), key=lambda entry: entry.date)
        self._revalued = readings["unrealised_gains_in_reports"]
        self._sums: dict[tuple, _Sums] = defaultdict(_Sums)
        self._foreign: dict[tuple[str, str], tuple[_Sums, _Sums]] = defaultdict(lambda: (_Sums(), _Sums()))
        revalued = {self.chart.control(True), self.chart.control(False)}
        revalued |= {row["AccountID"] for row in org.accounts if row["Type"] == "BANK"}
        for entry in self.entries:
            for posting in entry.postings:
                self._sums[(posting.account, posting.tracking)].add(entry.date, posting.amount)
                if posting.currency != org.base_currency and posting.account in revalued:
                    base, own = self._foreign[(posting.account, posting.currency)]
                    base.add(entry.date, posting.amount)
                    own.add(entry.date, posting.own)

    def balances(self, day: date, matches: Matches = anything) -> Balances:
        """Everything posted up to and on ``day``, by AccountID; what is open in foreign currency at the day's rate.

        :param matches: only what is tracked so; what is gained by the rate of the day is not tracked.
        """
        result: Balances = defaultdict(lambda: money.ZERO)
        for (account, tracking), sums in self._sums.items():
            if matches(tracking):
                result[account] += sums.upto(day)
        if matches(()):
            for account, amount in self.revaluation(day).items():
                result[account] += amount
        return result

    def revaluation(self, day: date) -> Balances:
        """Unrealised gains on what is open in foreign currency, and on foreign bank accounts: in reports only."""
        result: Balances = defaultdict(lambda: money.ZERO)
        for (account, currency), (base, own) in self._foreign.items() if self._revalued else ():
            gain = money.cents(own.upto(day) / self.org.day_rate(currency)) - base.upto(day)
            bank = self.org.accounts.get(account)["Type"] == "BANK"
            result[account] += gain
            result[self.chart.system("BANKCURRENCYGAIN" if bank else "UNREALISEDCURRENCYGAIN")] -= gain
        return result

    def movements(self, first: date, last: date, matches: Matches = anything) -> Balances:
        """What the accounts gained from ``first`` to ``last``, both included."""
        before, after = self.balances(first - ONE_DAY, matches), self.balances(last, matches)
        return {account: after[account] - before[account] for account in list({**before, **after})}

    def closing(self, day: date, matches: Matches = anything) -> Balances:
        """Balances as a trial balance has them: income and expenses of the financial year only, those of earlier years
        in retained earnings.
        """
        result, before = self.balances(day, matches), self.balances(self.year_start(day) - ONE_DAY, matches)
        for account, amount in before.items():
            if self.org.accounts.get(account)["Class"] in RESULT:
                result[account] -= amount
                result[self.chart.system("RETAINEDEARNINGS")] += amount
        return result

    def year_start(self, day: date) -> date:
        """First day of the financial year that ``day`` is in."""
        month, last = self.org.profile["FinancialYearEndMonth"], self.org.profile["FinancialYearEndDay"]
        starts = (_safe_day(year, month, last) + ONE_DAY for year in (day.year, day.year - 1, day.year - 2))
        return next(start for start in starts if start <= day)

    def bank_movements(self, first: date, last: date) -> dict[str, tuple[Decimal, Decimal]]:
        """(received, spent) of each bank account, without gains."""
        result: dict[str, tuple[Decimal, Decimal]] = defaultdict(lambda: (money.ZERO, money.ZERO))
        for entry in self.entries:
            if not first <= entry.date <= last:
                continue
            for posting in entry.postings:
                received, spent = result[posting.account]
                result[posting.account] = (
                    received + max(posting.amount, money.ZERO), spent - min(posting.amount, money.ZERO)
                )  # fmt: skip
        return result


def _safe_day(year: int, month: int, day: int) -> date:
    """29 February and the like: the last day of the month where the month is shorter."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, min(day, 28)) + timedelta(days=max(0, day - 28)), following - ONE_DAY)


class _Sums:
    """Running sums by day; days come in order."""

    def __init__(self) -> None:
        self._days: list[date] = []
        self._sums: list[Decimal] = []

    def add(self, day: date, amount: Decimal) -> None:
        last = self._sums[-1] if self._sums else money.ZERO
        if self._days and self._days[-1] == day:
            self._sums[-1] = last + amount
        else:
            self._days.append(day)
            self._sums.append(last + amount)

    def upto(self, day: date) -> Decimal:
        at = bisect_right(self._days, day)
        return self._sums[at - 1] if at else money.ZERO


_kept: WeakKeyDictionary[Organisation, dict[bool, tuple[tuple, Books]]] = WeakKeyDictionary()


def books_of(org: Organisation, readings: dict[str, bool], cash: bool = False) -> Books:
    """The books as they are now, counted again only after a change."""
    versions = tuple(getattr(org, name).version for name in SOURCES)
    state = (versions, tuple(sorted(readings.items())), tuple(sorted(org.day_rates.items())), org.base_currency)
    kept = _kept.setdefault(org, {})
    if cash not in kept or kept[cash][0] != state:
        kept[cash] = (state, Books(org, readings, cash))
    return kept[cash][1]
