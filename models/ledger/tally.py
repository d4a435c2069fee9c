"""Accounts of both books side by side: which belong together, and what each side has of them. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

ZERO, CENT = Decimal(0), Decimal("0.01")
# In place of an Odoo account: results of earlier financial years, which stand on no account of their own in Odoo.
EARNINGS = 0
DAY = timedelta(days=1)


@dataclass
class Row:
    """Accounts that stand for one another.

    :ivar odoo_ids: ids of ``account.account``; ``EARNINGS`` may be among them, and ``(id, journal id)`` of accounts
        that several bank journals share
    :ivar xero_ids: Xero's ids of accounts
    :ivar odoo: what Odoo has, debits positive, in the company's currency
    :ivar xero: what Xero has, likewise
    :ivar causes: ``{cause: what of Odoo's amount Xero does not book}``
    """

    odoo_ids: list[int] = field(default_factory=list)
    xero_ids: list[str] = field(default_factory=list)
    odoo: Decimal = ZERO
    xero: Decimal = ZERO
    causes: dict = field(default_factory=dict)

    @property
    def not_sent(self) -> Decimal:
        return sum(self.causes.values(), ZERO)

    @property
    def unexplained(self) -> Decimal:
        return self.odoo - self.xero - self.not_sent


def side_by_side(odoo: dict, xero: dict, pairs: Iterable[tuple]) -> list[Row]:
    """Return a row for each set of accounts that are connected by ``pairs``; those with nothing on either side, and no
    cause, are left out.

    :param odoo: ``{(account id, cause or None): amount}``; amounts with a cause are among what Odoo has
    :param xero: ``{Xero's account id: amount}``
    :param pairs: ``(account id, Xero's account id)`` of accounts that stand for one another
    """
    sides = _Groups()
    for account_id, xero_id in pairs:
        sides.join(("odoo", account_id), ("xero", xero_id))
    rows = defaultdict(Row)
    for (account_id, cause), amount in odoo.items():
        row = rows[sides.head(("odoo", account_id))]
        row.odoo += amount
        if cause is not None:
            row.causes[cause] = row.causes.get(cause, ZERO) + amount
    for xero_id, amount in xero.items():
        rows[sides.head(("xero", xero_id))].xero += amount
    used = {("odoo", account_id) for account_id, _cause in odoo} | {("xero", xero_id) for xero_id in xero}
    for side, key in sorted(used, key=str):
        row = rows[sides.head((side, key))]
        (row.odoo_ids if side == "odoo" else row.xero_ids).append(key)
    return [row for row in rows.values() if row.odoo or row.xero or any(row.causes.values())]


@dataclass(frozen=True)
class Special:
    """Accounts of Xero, by id, that differ from Odoo's by Xero's own doing.

    :ivar revalued: what is open in other currencies stands there at the rate of the day
    :ivar unrealised: what that makes of gains and losses
    :ivar rounding: takes what rounding leaves
    """

    revalued: frozenset = frozenset()
    unrealised: frozenset = frozenset()
    rounding: frozenset = frozenset()


def explain(rows: list[Row], xero: dict, special: Special, foreign: int) -> None:
    """Put to their causes what Xero books by itself, where the rows add up to it; changes ``rows``.

    Xero shows what is open in other currencies at the rate of the day and the difference as an unrealised gain (Xero:
    Reports, multicurrency); Odoo keeps the rate of the document. A document in another currency may also differ by a
    cent on each account, because each book converts its own lines, and what lines leave to the total is on Xero's
    rounding account.

    :param xero: what Xero has by account, as for :func:`side_by_side`
    :param foreign: how many documents are in another currency than the books
    """
    gains = sum((xero.get(xero_id, ZERO) for xero_id in special.unrealised), ZERO)
    most = CENT * (foreign + sum(-(-abs(xero.get(xero_id, ZERO)) // CENT) for xero_id in special.rounding))
    gain = next((row for row in rows if special.unrealised & set(row.xero_ids)), None)
    open_rows = [row for row in rows if special.revalued & set(row.xero_ids) and row.unexplained]
    rest = sum((row.unexplained for row in open_rows), ZERO)
    if gains and gain and gain not in open_rows and max(abs(gain.unexplained + gains), abs(rest - gains)) <= most:
        for row in (gain, *open_rows):
            row.causes["revaluation", None] = row.unexplained
    small = [row for row in rows if row.unexplained and abs(row.unexplained) <= most]
    # Whole books balance, so what only rounds comes to nothing too, or to what the revaluation was off by.
    others = [row for row in rows if row.unexplained and row not in small]
    if not others or not sum((row.unexplained for row in small), ZERO):
        for row in small:
            row.causes["rounding", None] = row.unexplained


class _Groups:
    """Sets of things that are connected, each known by one of its members."""

    def __init__(self):
        self._above = {}

    def head(self, member):
        while member in self._above:
            member = self._above[member]
        return member

    def join(self, one, other) -> None:
        one, other = self.head(one), self.head(other)
        if one != other:
            self._above[one] = other


def year_start(day: date, end_month: int, end_day: int) -> date:
    """Return the first day of the financial year that ``day`` is in.

    :param end_month: of the last day of financial years (Xero: Organisation, FinancialYearEndMonth)
    :param end_day: FinancialYearEndDay; a day that the month does not have is its last
    """
    this_year = _on(day.year, end_month, end_day) + DAY
    return this_year if this_year <= day else _on(day.year - 1, end_month, end_day) + DAY


def _on(year: int, month: int, day: int) -> date:
    first = date(year, month, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - DAY
    return first.replace(day=min(day, last.day))


def movements(closing: dict, opening: dict, results: set, earnings: str | None, is_new_year: bool) -> dict:
    """Return what accounts of Xero moved between two trial balances.

    :param closing: ``{Xero's account id: amount}`` on the last day
    :param opening: on the day before the first
    :param results: ids of the accounts of income and expenses, which begin anew each financial year
    :param earnings: id of the account that takes the results of earlier years
    :param is_new_year: whether the first day begins a financial year
    """
    before = defaultdict(lambda: ZERO, opening)
    if is_new_year:
        for xero_id in results & opening.keys():
            amount = before.pop(xero_id)
            if earnings:
                before[earnings] += amount
    keys = closing.keys() | before.keys()
    return {key: amount for key in keys if (amount := closing.get(key, ZERO) - before.get(key, ZERO))}
