"""Shares of a line: Odoo distributes an amount over analytic accounts in percent, Xero tracks whole lines by one option
of each category. So a line becomes as many lines as it has shares. Pure: ids and ``Decimal`` in, amounts out.

Two steps, for lines of documents and of journals alike: :func:`cells` says which shares there are, :func:`divide` what
each of them comes to::

    found = cells({"3": 60.0, "4": 40.0}, {3: 1, 4: 1}, (1,))
    divide(Decimal("99.99"), [cell.percent for cell in found], Decimal("0.01"))  # 59.99 and 40.00
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

HUNDRED, ZERO = Decimal(100), Decimal(0)
# A distribution may be this many percent above the whole, which rounding its percentages makes.
TOLERANCE = Decimal("0.01")
# Less than this is no rest: percentages have two decimals.
NOTHING = Decimal("0.005")
MOST_CELLS = 30
# As Odoo keeps percentages at most ("Percentage Analytic").
PLACES = Decimal("0.00000001")
SUFFIX = re.compile(r" \(\d+(?:\.\d+)? %\)$")


class Unclear(ValueError):
    """The shares of a line mean no amounts.

    :ivar why: ``over``: more than 100 % of a plan; ``negative``; or ``many``: more than :data:`MOST_CELLS`
    """

    def __init__(self, why: str):
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Cell:
    """A share of a line.

    :ivar accounts: id of the analytic account in each of the plans, in their order; 0 for none
    :ivar percent: of the line, more than 0
    """

    accounts: tuple[int, ...]
    percent: Decimal


def keys_of(distribution: Mapping | None) -> list[tuple[tuple[int, ...], Decimal]]:
    """Return the keys of an ``analytic_distribution`` as ids of accounts, with their percentages.

    :param distribution: ``{"3,7": 60.0}``; what is no list of ids, such as Odoo's ``__update__``, is left out
    """
    found = []
    for key, percent in (distribution or {}).items():
        ids = str(key).split(",")
        if all(part.isdigit() for part in ids):
            found.append((tuple(map(int, ids)), Decimal(repr(float(percent))).quantize(PLACES)))
    return found


def cells(distribution: Mapping | None, plan_of: Mapping[int, int], plans: Iterable[int]) -> list[Cell]:
    """Return the shares of a line by the accounts of at most two plans.

    What one key gives to accounts of both plans stays together. Plans in keys of their own combine by product, as Odoo
    combines them itself (``analytic.mixin._merge_distribution``). What a plan does not have is nobody's.

    :param distribution: of the line, as Odoo has it
    :param plan_of: root plan by analytic account; accounts that are not in it, such as deleted ones, have no share
    :param plans: those that are told apart, at most two
    :return: in the order of their accounts' ids, so that no other name moves a cent; nobody's last. They come to 100
        percent, but for rounding; one cell is the whole line
    :raise Unclear: the percentages mean no amounts
    """
    plans = tuple(plans)
    joint, single = defaultdict(Decimal), [defaultdict(Decimal) for _plan in plans]
    for ids, percent in keys_of(distribution):
        found = [[one for one in ids if plan_of.get(one) == plan] for plan in plans]
        if any(len(accounts) > 1 for accounts in found):
            raise Unclear("over")
        accounts = tuple(accounts[0] if accounts else 0 for accounts in found)
        if percent < 0 and any(accounts):
            raise Unclear("negative")
        told = [place for place, account in enumerate(accounts) if account]
        if len(told) > 1:
            joint[accounts] += percent
        elif told:
            single[told[0]][accounts[told[0]]] += percent
    return _ordered(_combined(joint, single))


def _combined(joint: dict, single: list[dict]) -> dict:
    """Return ``{accounts: percent}``: the joint shares, and in what they leave the product of the others."""
    rest = HUNDRED - sum(joint.values(), ZERO)
    for shares in single:
        if sum(shares.values(), ZERO) > rest + TOLERANCE:
            raise Unclear("over")
    if rest < -TOLERANCE:
        raise Unclear("over")
    found = defaultdict(Decimal, joint)
    if rest < NOTHING:
        return found
    product = {(): rest}
    for shares in single:
        missing = rest - sum(shares.values(), ZERO)
        whole = {**shares, **({0: missing} if missing >= NOTHING else {})}
        product = {
            (*accounts, account): percent * share / rest
            for accounts, percent in product.items()
            for account, share in whole.items()
        }
    for accounts, percent in product.items():
        found[accounts] += percent
    return found


def _ordered(found: dict) -> list[Cell]:
    ordered = sorted(found.items(), key=lambda pair: [account or float("inf") for account in pair[0]])
    told = [Cell(accounts, percent) for accounts, percent in ordered if percent > 0]
    if len(told) > MOST_CELLS:
        raise Unclear("many")
    return told


def divide(amount: Decimal, weights: list[Decimal], step: Decimal) -> list[Decimal]:
    """Divide ``amount`` by ``weights`` without losing a ``step``: to the cent as Odoo divides it into analytic items.

    Each share is rounded, and what is too much or missing then comes from or goes to the first ones
    (``account.move.line._round_analytic_distribution_line``). Where all shares round to nothing the largest have it.

    :param amount: a whole number of ``step``, of either sign
    :param weights: positive, in any unit
    :param step: the smallest amount that counts
    :return: in the order of ``weights``; they come to ``amount``, and none is of the other sign
    """
    whole, sign = sum(weights, ZERO), 1 if amount >= 0 else -1
    total = int(abs(amount) / step)
    exact = [total * weight / whole for weight in weights]
    steps = [int(value.quantize(Decimal(1), ROUND_HALF_UP)) for value in exact]
    order = [place for place, count in enumerate(steps) if count]
    order = order or sorted(range(len(weights)), key=lambda place: -weights[place])
    missing, turn = total - sum(steps), 0
    while missing:
        place = order[turn % len(order)]
        change = 1 if missing > 0 else -min(1, steps[place])
        steps[place], missing, turn = steps[place] + change, missing - change, turn + 1
    return [sign * count * step for count in steps]


# === TEXT === #


def suffix(percent: Decimal) -> str:
    """Return what the text of a part ends with, such as `` (33.33 %)``."""
    rounded = percent.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f" ({format(rounded.normalize(), 'f')} %)"


def without_suffix(text: str) -> str:
    """Return the text of a part without the share that :func:`suffix` wrote."""
    return SUFFIX.sub("", text)


# === BACK === #


def distribution_of(
    parts: list[tuple[tuple[int, ...], Decimal]], present: Mapping | None, plan_of: Mapping[int, int], places: int
) -> dict:
    """Return the distribution of a line of which ``parts`` are told apart.

    Accounts of other plans keep the shares that they have: by product, as Odoo combines plans.

    :param parts: the accounts of each part, without zeros, and its amount; the amounts do not come to zero
    :param present: the distribution now
    :param plan_of: the plan of each account that a part may have: of these nothing of ``present`` is kept
    :param places: decimals of a percentage
    :return: ``{"3,7": 60.0}``; the last percentage of the parts makes up for what rounding lost
    """
    kept = defaultdict(Decimal)
    for ids, percent in keys_of(present):
        kept[tuple(one for one in ids if one not in plan_of)] += percent
    others = {ids: percent for ids, percent in kept.items() if ids}
    rest = HUNDRED - sum(others.values(), ZERO)
    if rest >= NOTHING:
        others[()] = rest
    found = defaultdict(Decimal)
    for accounts, share in _percentages(parts, places).items():
        for ids, percent in others.items():
            found[tuple(sorted({*accounts, *ids}))] += share * percent / HUNDRED
    rounded = {ids: round(percent, places) for ids, percent in found.items()}
    rounded[next(reversed(rounded))] += round(sum(others.values(), ZERO), places) - sum(rounded.values(), ZERO)
    return {",".join(map(str, ids)): float(percent) for ids, percent in rounded.items() if ids and percent}


def _percentages(parts, places) -> dict:
    amounts = defaultdict(Decimal)
    for accounts, amount in parts:
        amounts[tuple(sorted(accounts))] += amount
    total, step = sum(amounts.values(), ZERO), Decimal(1).scaleb(-places)
    found = {accounts: (amount / total * HUNDRED).quantize(step, ROUND_HALF_UP) for accounts, amount in amounts.items()}
    last = next(reversed(found))
    found[last] += HUNDRED - sum(found.values(), ZERO)
    return found
