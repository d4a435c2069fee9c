"""What a session of a till becomes in Xero: one document, or two where money went both ways. Pure.

Xero takes payments on an invoice up to its total, and refunds on a credit note up to that (Xero: Payments). On a day
when one method of payment took in money and another gave some back, what was taken in is an invoice and what was given
back a credit note. The one in whose direction the day went has the sales; a line on the clearing account, which is on
both, makes up for the other. It comes to nothing.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

ZERO = Decimal(0)
# What becomes of counted differences: paid to their account, a line on it, or left to a person.
MODES = PAID, LINE, LEFT = "payment", "line", "leave"
INVOICE, CREDIT = "invoice", "credit"


class Difference(NamedTuple):
    """What was counted more, or less where ``amount`` is negative, than there should have been.

    :ivar account_id: of ``account.account``, where Odoo booked it
    """

    journal_id: int
    account_id: int
    amount: Decimal


class Share(NamedTuple):
    """One payment on a document; from or to ``account_id`` where there is one, else the account of the journal."""

    journal_id: int
    account_id: int
    amount: Decimal


@dataclass
class Till:
    """What a closing entry says; amounts in the currency of the till, positive where the till took them.

    :ivar sold: sales with tax and rounding, less what was refunded
    :ivar money: by id of the journal that took it; without what was paid on invoices
    :ivar owed: on customers' accounts
    """

    sold: Decimal = ZERO
    money: dict[int, Decimal] = field(default_factory=dict)
    owed: Decimal = ZERO
    differences: list[Difference] = field(default_factory=list)
    is_empty: bool = False

    @property
    def gap(self) -> Decimal:
        """What was sold more than was paid or is owed: nothing, in books that agree."""
        return self.sold - sum(self.money.values(), ZERO) - self.owed


@dataclass(frozen=True)
class Paper:
    """One document.

    :ivar total: with tax, not negative
    :ivar sells: it has the lines of the entry, and ``added``: ``(account id, amount)`` of differences in its direction
    :ivar cleared: the amount of the line on the clearing account; 0 for none
    """

    total: Decimal
    sells: bool
    added: tuple = ()
    cleared: Decimal = ZERO
    shares: tuple[Share, ...] = ()


def divide(till: Till, differences: str = PAID) -> dict[str, Paper]:
    """Return the documents of ``till`` by ``INVOICE`` and ``CREDIT``; none where nothing happened.

    :param differences: one of ``MODES``. What cannot be paid, such as too much in the drawer, is a line
    """
    money, added = _moved(till, differences)
    sold = till.sold + sum((amount for _account, amount in added), ZERO)
    took = tuple(Share(*key, amount) for key, amount in sorted(money.items()) if amount > 0)
    gave = tuple(Share(*key, -amount) for key, amount in sorted(money.items()) if amount < 0)
    taken = sum((share.amount for share in took), ZERO) + max(till.owed, ZERO)
    given = sum((share.amount for share in gave), ZERO) + max(-till.owed, ZERO)
    found, is_sale = {}, sold >= 0
    if taken or (is_sale and not given and not (till.is_empty and not added)):
        found[INVOICE] = _paper(taken, is_sale, added, given if is_sale else taken, took)
    if given:
        turned = [(account_id, -amount) for account_id, amount in added]
        found[CREDIT] = _paper(given, not is_sale, turned, given if is_sale else taken, gave)
    return found


def _paper(total, sells, added, cleared, shares) -> Paper:
    return Paper(total, sells, tuple(added) if sells else (), cleared, shares)


def _moved(till, differences) -> tuple[dict, list]:
    """Return the money by ``(journal id, account id)``, and lines for what of the differences is not paid."""
    money, added = defaultdict(Decimal), []
    for journal_id, amount in till.money.items():
        money[journal_id, 0] += amount
    for journal_id, account_id, amount in till.differences if differences != LEFT else ():
        money[journal_id, 0] += amount
        if differences == PAID and amount < 0 <= money[journal_id, 0]:
            money[journal_id, account_id] -= amount
        else:
            added.append((account_id, amount))
    return money, added
