"""How surely a document of Odoo and one of Xero are one. Pure: plain values in, evidence and verdict out.

Contacts come first: a document is compared by the contact that its partner is linked to.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from . import keys
from .assign import TOO_MANY, Proposal, assign
from .match_contact import DOUBTFUL, LIKELY, SURE, Evidence, Pair

GONE = ("VOIDED", "DELETED")
DRAFTS = ("DRAFT", "SUBMITTED")
WEIGHTS = {
    "number": 45,
    "number_tail": 25,
    "reference": 15,
    "contact": 20,
    "total": 25,
    "date": 10,
    "date_near": 5,
    "number_differs": -10,
    "contact_differs": -30,
    "currency_differs": -40,
    "total_differs": -25,
    "date_differs": -10,
}
NEAR, SAME_NUMBER_WITHIN = 5, 31
DOUBTFUL_FROM = 40


@dataclass
class DocumentFacts:
    """A document, as far as it tells which it is.

    :ivar key: id in Odoo or Xero
    :ivar contact: Xero's id of the contact; empty where Odoo's partner is not linked
    :ivar known: whether that contact is linked to a partner, so that another one is another contact
    :ivar numbers: what it is called, the main number first
    :ivar total: in its currency
    """

    key: object
    contact: str
    known: bool
    numbers: tuple[str, ...]
    reference: str
    day: date | None
    currency: str
    total: Decimal
    status: str = ""

    def __post_init__(self):
        self.codes = tuple(dict.fromkeys(filter(None, map(keys.code, self.numbers))))
        self.tails = tuple(dict.fromkeys(filter(None, map(tail, self.numbers))))


def tail(number: str) -> str:
    """Return the running number at the end of a document number: INV/2025/00012 and INV-00012 both end with 12."""
    found = re.search(r"(\d+)\D*$", number or "")
    return found[1].lstrip("0") if found else ""


def match_documents(ours: list[DocumentFacts], theirs: list[DocumentFacts]) -> list[Proposal]:
    """Return proposals for documents of one kind; each is in at most one pair, those without follow alone."""
    judge = _Judge(ours, theirs)
    pairs = [pair for one, other in _candidates(ours, theirs) if (pair := judge.compare(one, other))]
    return assign(
        [(paper.key, False) for paper in ours],
        [(paper.key, paper.status in GONE) for paper in theirs],
        pairs,
    )


def _keys_of(paper: DocumentFacts):
    for code in paper.codes:
        yield "number", code
    if paper.contact:
        yield "sum", paper.contact, paper.currency, paper.total
    for end in paper.tails:
        yield "tail", end, paper.currency, paper.total
    if paper.reference:
        yield "reference", paper.reference, paper.currency, paper.total


def _candidates(ours, theirs):
    index = defaultdict(list)
    for paper in theirs:
        for key in _keys_of(paper):
            index[key].append(paper)
    for paper in ours:
        found = {}
        for key in _keys_of(paper):
            near = index.get(key, ())
            if len(near) > TOO_MANY:
                # Rent, every month the same: only those of about the day.
                near = [other for other in near if _days(paper, other) <= SAME_NUMBER_WITHIN]
            found.update((other.key, other) for other in near)
        for other in found.values():
            yield paper, other


def _days(one: DocumentFacts, other: DocumentFacts) -> int:
    return abs((one.day - other.day).days) if one.day and other.day else 9999


class _Judge:
    """Compares papers, and knows which of their values only one has.

    Where a contact has many documents of one sum, a slip of the pen makes the number of one that of another. What gives
    it away is one of that sum and time whose number the other side does not know.
    """

    def __init__(self, ours, theirs):
        self._amounts = [Counter(map(_amount, side)) for side in (ours, theirs)]
        self._sums = [Counter(map(_whole, side)) for side in (ours, theirs)]
        self._numbers = [
            Counter((paper.contact, code) for paper in side for code in paper.codes) for side in (ours, theirs)
        ]
        self._strays = [self._stray_days(ours, self._numbers[1]), self._stray_days(theirs, self._numbers[0])]

    def _stray_days(self, papers, numbers) -> dict:
        """Return the days, in order, of those of each sum whose number the other side does not know."""
        days = defaultdict(list)
        for paper in papers:
            known = any(numbers[paper.contact, code] for code in paper.codes)
            if paper.day and paper.status not in GONE and not known:
                days[_amount(paper)].append(paper.day)
        return {amount: sorted(found) for amount, found in days.items()}

    def compare(self, one: DocumentFacts, other: DocumentFacts) -> Pair | None:
        """Return how two documents go together; ``None`` when nothing worth telling speaks for it."""
        found = [
            *self._number(one, other),
            *self._contact(one, other),
            *self._money(one, other),
            *self._day(one, other),
        ]
        if other.status in GONE:
            found.append(Evidence("gone_there"))
        elif other.status in DRAFTS:
            found.append(Evidence("draft_there"))
        codes = {evidence.code for evidence in found}
        score = max(0, min(100, sum(WEIGHTS.get(code, 0) for code in codes)))
        grade = self._grade(one, other, codes, score)
        return Pair(one.key, other.key, score, grade, tuple(found)) if grade else None

    def _number(self, one, other):
        shared = set(one.codes) & set(other.codes)
        if shared:
            yield Evidence("number", other.numbers[0])
        elif set(one.tails) & set(other.tails):
            yield Evidence("number_tail", f"{one.numbers[0]} / {other.numbers[0]}")
        elif one.codes and other.codes:
            yield Evidence("number_differs", f"{one.numbers[0]} / {other.numbers[0]}")
        if one.reference and one.reference == other.reference:
            yield Evidence("reference", one.reference)

    def _contact(self, one, other):
        if one.contact and one.contact == other.contact:
            yield Evidence("contact")
        elif one.contact or other.known:
            yield Evidence("contact_differs")

    def _money(self, one, other):
        if one.currency != other.currency:
            yield Evidence("currency_differs", f"{one.currency} / {other.currency}")
        elif one.total == other.total:
            yield Evidence("total", f"{one.total} {one.currency}")
        else:
            yield Evidence("total_differs", f"{one.total} / {other.total} {one.currency}")

    def _day(self, one, other):
        days = _days(one, other)
        if days <= NEAR:
            yield Evidence("date" if not days else "date_near", f"{one.day} / {other.day}" if days else f"{one.day}")
        elif days > SAME_NUMBER_WITHIN:
            yield Evidence("date_differs", f"{one.day or '?'} / {other.day or '?'}")

    def _grade(self, one, other, codes, score) -> str | None:
        if "gone_there" in codes:
            return DOUBTFUL if {"number", "contact"} <= codes else None
        agreed = {"contact", "total"} <= codes
        number = "number" in codes
        if not agreed:
            if codes & {"contact_differs", "currency_differs", "total_differs"}:
                # The same number is what makes these worth a look.
                return DOUBTFUL if number and not {"contact_differs", "total_differs"} <= codes else None
            return (LIKELY if number and "date" in codes else DOUBTFUL) if score >= DOUBTFUL_FROM else None
        if self._is_sure(one, other, codes):
            return LIKELY if "draft_there" in codes else SURE
        if number or ("number_tail" in codes and codes & {"date", "date_near"}):
            return LIKELY
        if "number_differs" in codes:
            return DOUBTFUL if codes & {"date", "reference"} else None
        return LIKELY if "date" in codes and self._only_sum(one, other) else DOUBTFUL

    def _is_sure(self, one, other, codes) -> bool:
        if "number" in codes:
            return self._is_about_the_day(one, other, codes) and self._only_number(one, other)
        return {"number_tail", "date"} <= codes and self._only_sum(one, other)

    def _is_about_the_day(self, one, other, codes) -> bool:
        """Whether the day fits the number: near, with no stray of that sum about; or no other has that sum at all."""
        if codes & {"date", "date_near"}:
            return not any(_has_near(days.get(_amount(one), ()), one.day) for days in self._strays)
        return "date_differs" not in codes and all(counts[_amount(one)] == 1 for counts in self._amounts)

    def _only_number(self, one, other) -> bool:
        shared = set(one.codes) & set(other.codes)
        return any(
            self._numbers[0][one.contact, code] == 1 and self._numbers[1][other.contact, code] == 1 for code in shared
        )

    def _only_sum(self, one, other) -> bool:
        return self._sums[0][_whole(one)] == 1 and self._sums[1][_whole(other)] == 1


def _amount(paper: DocumentFacts) -> tuple:
    return paper.contact, paper.currency, paper.total


def _has_near(days, day) -> bool:
    """Whether one of ``days``, in order, is about ``day``."""
    reach = timedelta(days=2 * NEAR)
    at = bisect_left(days, day - reach)
    return at < len(days) and days[at] <= day + reach


def _whole(paper: DocumentFacts) -> tuple:
    return paper.contact, paper.currency, paper.total, paper.day
