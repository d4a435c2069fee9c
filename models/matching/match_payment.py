"""Which payments of two linked documents are the same money. Pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .match_contact import DOUBTFUL, GRADES, LIKELY, SURE, Evidence

# Money is on its way for a weekend and a holiday.
DAYS = 5


@dataclass
class Coin:
    """A payment on a document, on either side.

    :ivar key: what it is known by on its side
    :ivar amount: in the currency of the document
    :ivar journal: the Odoo journal, on Xero's side that of the bank account; ``None`` where none is chosen yet
    """

    key: object
    amount: Decimal
    day: date | None
    journal: int | None


class Match(NamedTuple):
    """What became of a payment: ``ours`` and ``theirs`` are positions in the two lists, ``None`` for alone."""

    ours: int | None
    theirs: int | None
    grade: str | None
    reasons: tuple[Evidence, ...]


def match_payments(ours: list[Coin], theirs: list[Coin]) -> list[Match]:
    """Return each payment once: with the one that is the same, with the one it might be, or alone."""
    left, rest = set(range(len(ours))), set(range(len(theirs)))
    found = []
    compared = [
        (result, index, other)
        for index, one in enumerate(ours)
        for other, coin in enumerate(theirs)
        if (result := _compare(one, coin))
    ]
    for (grade, _days, reasons), index, other in sorted(
        compared, key=lambda row: (-GRADES[row[0][0]], row[0][1], row[1:])
    ):
        if index in left and other in rest:
            left.remove(index)
            rest.remove(other)
            found.append(Match(index, other, grade, reasons))
    found += [Match(index, None, None, ()) for index in sorted(left)]
    return found + [Match(None, other, None, ()) for other in sorted(rest)]


def _compare(one: Coin, other: Coin):
    if one.amount != other.amount:
        return None
    days = abs((one.day - other.day).days) if one.day and other.day else 9999
    reasons = [Evidence("amount", str(one.amount))]
    reasons.append(
        Evidence("date" if not days else "date_near" if days <= DAYS else "date_differs", f"{one.day} / {other.day}")
    )
    if other.journal is None:
        reasons.append(Evidence("journal_unknown"))
    elif one.journal != other.journal:
        reasons.append(Evidence("journal_differs"))
    if days > DAYS or (other.journal is not None and one.journal != other.journal):
        return DOUBTFUL, days, tuple(reasons)
    return (SURE if other.journal is not None else LIKELY), days, tuple(reasons)
