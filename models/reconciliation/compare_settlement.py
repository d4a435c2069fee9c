"""What settles one document on two sides: payments and credits, matched one to one. Pure: no ORM, no calls."""

from dataclasses import dataclass
from decimal import Decimal

from .compare_document import ZERO, Found


@dataclass(frozen=True)
class Item:
    """A payment on a document, or a credit applied to it.

    :ivar key: what both sides call it: the id in Xero, of Odoo's side that of its link; empty without one
    :ivar amount: in the currency of the document
    :ivar date: ``YYYY-MM-DD``; empty for credits
    :ivar account: id of the account in Xero that the money went through; empty when unknown
    :ivar accounts: of Odoo's side, all accounts in Xero that the journal stands for
    :ivar record: model and id in Odoo, of Odoo's side
    :ivar xero: type and id in Xero, of Xero's side
    :ivar credit: whether it is a credit that was applied, and no money
    """

    key: str
    amount: Decimal
    date: str = ""
    account: str = ""
    record: tuple | None = None
    xero: tuple | None = None
    credit: bool = False
    accounts: frozenset = frozenset()

    def told(self) -> str:
        """Return ``50.00 (2026-03-10)``."""
        return f"{self.amount:.2f} ({self.date})" if self.date else f"{self.amount:.2f}"


def compare_settlements(odoo: list[Item], xero: list[Item], later_is_fine=False) -> list[tuple]:
    """Match the items of a document, and say what has no match or differs from it.

    Linked ones match; others by amount, date and account, then by amount and date, then by amount.

    :param later_is_fine: payments may stand on a later day in Odoo: those of closed periods are booked on an open one
    :return: tuples ``(Found, Odoo's item or None, Xero's item or None)``
    """
    pairs, mine, theirs = _match(odoo, xero)
    found = [(difference, one, other) for one, other in pairs for difference in _compare(one, other, later_is_fine)]
    for item in theirs:
        kind = "payment_double" if _is_double(item, [other for _one, other in pairs]) else "missing_odoo"
        found.append((Found(_kind(kind, item), "", item.told(), -item.amount), None, item))
    for item in mine:
        kind = "payment_double" if _is_double(item, [one for one, _other in pairs]) else "missing_xero"
        found.append((Found(_kind(kind, item), item.told(), "", item.amount), item, None))
    return found


def total_of(items: list[Item]) -> Decimal:
    """Return the sum of what ``items`` settle."""
    return sum((item.amount for item in items), ZERO)


def _match(odoo, xero):
    pairs, mine, theirs = [], list(odoo), list(xero)
    for alike in (_linked, _same, _same_day, _same_amount):
        for one in list(mine):
            other = next((item for item in theirs if one.credit == item.credit and alike(one, item)), None)
            if other:
                pairs.append((one, other))
                mine.remove(one)
                theirs.remove(other)
    return pairs, mine, theirs


def _linked(one, other):
    return bool(one.key) and one.key == other.key


def _same(one, other):
    return not one.key and (one.amount, one.date) == (other.amount, other.date) and _is_account(one, other)


def _is_account(one, other):
    return other.account == one.account or other.account in one.accounts


def _same_day(one, other):
    return not one.key and (one.amount, one.date) == (other.amount, other.date)


def _same_amount(one, other):
    return not one.key and one.amount == other.amount


def _compare(one, other, later_is_fine):
    if one.amount != other.amount:
        kind = "credit_amount" if one.credit else "payment_amount"
        yield Found(kind, f"{one.amount:.2f}", f"{other.amount:.2f}", one.amount - other.amount)
    if one.credit or not one.key:
        return
    if one.date != other.date and not (later_is_fine and one.date > other.date):
        yield Found("payment_date", one.date, other.date)
    if one.account and other.account and not _is_account(one, other):
        yield Found("payment_account", one.account, other.account)


def _is_double(item, matched) -> bool:
    return not item.credit and any(
        (item.amount, item.date, item.account) == (other.amount, other.date, other.account) for other in matched
    )


def _kind(kind, item) -> str:
    if kind == "payment_double":
        return kind
    return f"credit_{kind}" if item.credit else f"payment_{kind}"
