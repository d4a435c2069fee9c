"""What a ledger consists of: entries of postings, each in balance."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .. import money


class Posting(NamedTuple):
    """One line of an entry.

    :param account: AccountID
    :param amount: in base currency, a debit is positive
    :param currency: of ``own``: a bank account's currency, else the document's
    :param own: the same in that currency
    :param tracking: (TrackingCategoryID, TrackingOptionID) of each category, sorted
    """

    account: str
    amount: Decimal
    currency: str
    own: Decimal
    tracking: tuple[tuple[str, str], ...] = ()


class Entry(NamedTuple):
    """What one document, payment or allocation did to the books on a day."""

    kind: str
    id: str
    date: date
    postings: tuple[Posting, ...]


def total(postings: list[Posting] | tuple[Posting, ...]) -> Decimal:
    """Sum in base currency: zero when in balance."""
    return sum((posting.amount for posting in postings), money.ZERO)


def reversed_(postings: list[Posting]) -> list[Posting]:
    """The same with debit and credit exchanged."""
    return [posting._replace(amount=-posting.amount, own=-posting.own) for posting in postings]


def shares(postings: list[Posting], parts: list[Decimal], whole: Decimal) -> list[list[Posting]]:
    """Cut postings into ``parts`` of ``whole``, cent by cent; parts that make up the whole leave nothing over.

    Each part's sum is the rounded share of the sum of all, so that a part of what is in balance with a payment of that
    size is in balance with it too.
    """
    left, result, used = list(postings), [], money.ZERO
    for part in parts:
        used += part
        taken = left if used == whole else _share(postings, part / whole)
        left = [rest._replace(amount=rest.amount - cut.amount, own=rest.own - cut.own)
                for rest, cut in zip(left, taken)]  # fmt: skip
        result.append(taken)
    return result


def _share(postings: list[Posting], share: Decimal) -> list[Posting]:
    """Rounded on the running sums, so that their sum is rounded once."""
    result = []
    amount = own = cut = own_cut = money.ZERO
    for posting in postings:
        amount, own = amount + posting.amount, own + posting.own
        taken, own_taken = money.cents(amount * share) - cut, money.cents(own * share) - own_cut
        cut, own_cut = cut + taken, own_cut + own_taken
        result.append(posting._replace(amount=taken, own=own_taken))
    return result
