"""What the exchange rates of one day's documents come to, and whether they can be true. Pure.

Rates are ``Decimal``: units of the currency for one of the company's, as Xero and Odoo's ``company_rate`` count them.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from decimal import Decimal
from statistics import median
from typing import NamedTuple

# Xero keeps six decimals of a rate (Xero: Invoices, CurrencyRate).
PLACES = Decimal("0.000001")
LARGEST = Decimal(10) ** 9
# Documents of one day that are further apart show no rate of the day.
SPREAD = Decimal("0.005")
# No currency moves so far from one day to the next without somebody looking.
JUMP = Decimal("0.20")
INVERTED = Decimal("0.05")
# As many days around it a rate is held against: one wrong day among them proves nothing.
AROUND = 5
ONE = Decimal(1)


class Day(NamedTuple):
    """What was seen on one day.

    :ivar rate: the one that most documents have, of several the newest
    :ivar lowest: of all, as ``highest``
    :ivar count: of documents
    :ivar source: the key of the newest document that has ``rate``
    """

    rate: Decimal
    lowest: Decimal
    highest: Decimal
    count: int
    source: object


def is_rate(rate) -> bool:
    """Whether ``rate``, whatever Xero gave, can be one."""
    return isinstance(rate, (int, Decimal)) and not isinstance(rate, bool) and 0 < rate < LARGEST and rate >= PLACES


def of_day(seen: list[tuple]) -> Day:
    """Return what ``seen`` comes to. A rate of exactly one counts only where there is no other: it is what a document
    has to which nobody gave one.

    :param seen: ``(rate, when it was changed, key)`` of each document, at least one
    """
    told = [one for one in seen if one[0] != ONE] or seen
    counts = Counter(rate for rate, _at, _key in told)
    rate, at, source = max(told, key=lambda one: (counts[one[0]], one[1], str(one[2])))
    rates = [one[0] for one in told]
    return Day(rate, min(rates), max(rates), len(told), source)


def fault_of(day: Day, around: list[Decimal]) -> str:
    """Return why a person has to look at ``day``; empty where its rate can be true.

    :param around: rates of the days next to it, in any order
    :return: ``one``, ``spread``, ``inverted`` or ``jump``
    """
    if day.highest > day.lowest * (1 + SPREAD):
        return "spread"
    near = median(around) if around else None
    if near and _apart(day.rate, near) > JUMP:
        if day.rate == ONE:
            return "one"
        return "inverted" if _apart(day.rate, 1 / near) < INVERTED else "jump"
    return "one" if near is None and day.rate == ONE else ""


def _apart(rate: Decimal, other: Decimal) -> Decimal:
    return abs(rate - other) / other


class Series:
    """The rates of one currency by day."""

    def __init__(self, rates: dict):
        """:param rates: rate by day (``date``); those of exactly one count only where there is no other"""
        told = {day: rate for day, rate in rates.items() if rate != ONE} or rates
        self.days = sorted(told)
        self.rates = [told[day] for day in self.days]

    def around(self, day) -> list[Decimal]:
        """Return the rates of the days nearest to ``day``, five at most; its own is not among them."""
        before, after = bisect_left(self.days, day) - 1, bisect_right(self.days, day)
        found = []
        while len(found) < AROUND and (before >= 0 or after < len(self.days)):
            is_after = before < 0 or after < len(self.days) and self.days[after] - day < day - self.days[before]
            found.append(self.rates[after if is_after else before])
            before, after = before - (not is_after), after + is_after
        return found
