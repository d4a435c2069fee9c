"""The tax of one document in both books: what Odoo's journal items say, against Xero's lines. Pure: no ORM, no calls.

Nothing here comes from what the connector would send: a mapper that is wrong agrees with itself, and not with this.
"""

from collections import defaultdict, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal

from .compare_document import CENT_A_LINE, NOT_CHOSEN, ZERO

# Where an amount stands in Odoo: the account (``None`` for what is no tax) and the tax grids, as ``Grid``.
Place = namedtuple("Place", "account_id grids")
# A grid of Odoo's tax return. It adds up balances (debits positive), or their opposite.
Grid = namedtuple("Grid", "name is_negated")
NOWHERE = Place(None, ())
# Xero keeps six decimals of a rate.
RATE_STEP = Decimal("0.000001")
# Pairs of what to add to the sums of one place: Odoo's worth, Xero's, and what of the difference is explained.
Shown = namedtuple("Shown", "tax_type place odoo xero explained")


@dataclass
class TaxLedger:
    """What the journal items of one document say about tax; positive in the direction of the document.

    :ivar day: of accounting, ``YYYY-MM-DD``
    :ivar direction: 1 where debits are positive in the direction of the document, else -1
    :ivar step: the smallest amount of the currency that Xero can hold too
    :ivar bases: ``{tax type: {place: [amount in the document's currency, in the company's]}}``
    :ivar taxes: ``{frozenset of tax types: {place: [...]}}``: tax of which it cannot be told whose it is, where several
        rates share one of Odoo's taxes, belongs to all of them
    :ivar counts: ``{tax type: number of journal items with it}``
    """

    day: str
    direction: int = 1
    step: Decimal = CENT_A_LINE
    bases: dict = field(default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [ZERO, ZERO])))
    taxes: dict = field(default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [ZERO, ZERO])))
    counts: dict = field(default_factory=lambda: defaultdict(int))

    @property
    def month(self) -> str:
        return self.day[:7]

    @property
    def is_known(self) -> bool:
        """Whether a Xero rate is chosen for every tax."""
        return NOT_CHOSEN not in self.bases and not any(NOT_CHOSEN in pool for pool in self.taxes)

    def pools(self, others) -> list:
        """Return the sets of tax types whose tax can only be compared together, of here and of ``others``."""
        pools = []
        for types in [*self.taxes, *(frozenset([tax_type]) for tax_type in others)]:
            shared = [pool for pool in pools if pool & types]
            pools = [pool for pool in pools if pool not in shared] + [types.union(*shared)]
        return sorted(pools, key=sorted)

    def tax_of(self, pool) -> dict:
        """Return ``{place: [amount, worth]}`` of the tax of a pool."""
        return _sum_places(places for types, places in self.taxes.items() if types <= pool)


def _sum_places(many) -> dict:
    sums = defaultdict(lambda: [ZERO, ZERO])
    for places in many:
        for place, (amount, worth) in places.items():
            sums[place][0] += amount
            sums[place][1] += worth
    return sums


@dataclass
class TaxComparison:
    """One document, or one side of it.

    :ivar tax: ``Shown`` by account and grid, in the organisation's currency
    :ivar base: the same of what the tax is taken of
    :ivar tax_gaps: ``(pool, Odoo's tax, Xero's)`` of what nothing explains, in the currency of the document
    :ivar base_gaps: ``(tax type, Odoo's base, Xero's)``, likewise
    :ivar months: of Odoo and of Xero, where they differ and nothing explains it
    """

    tax: list = field(default_factory=list)
    base: list = field(default_factory=list)
    tax_gaps: list = field(default_factory=list)
    base_gaps: list = field(default_factory=list)
    months: tuple = ()

    @property
    def is_open(self) -> bool:
        return bool(self.tax_gaps or self.base_gaps or self.months)


def compare_taxes(ledger, xero, accounts: dict, untaxed: frozenset) -> TaxComparison:
    """Compare the two sides of a document.

    A place of Odoo's has no counterpart in Xero, whose rates know no accounts. What both agree about stands where Odoo
    booked it; what they differ by stands at the largest of the places of the rate.

    :param ledger: ``TaxLedger``, or ``None`` without Odoo's side
    :param xero: ``Facts`` of Xero's side, or ``None`` without one
    :param accounts: ``{tax type: id of Odoo's account}`` for tax that only Xero has
    :param untaxed: Xero's types for what has no tax. Costs, levies and rounding stand there too: they have no base
    """
    mine = ledger or TaxLedger("")
    lines = _by_type(xero) if xero else {}
    found = TaxComparison()
    is_pair = bool(ledger and xero)
    for pool in mine.pools(lines):
        places = mine.tax_of(pool)
        theirs = _add(lines.get(tax_type) for tax_type in pool)
        counted = sum(mine.counts[tax_type] for tax_type in pool)
        gap = _Gap(mine, places, (theirs.tax, theirs.tax_worth), theirs.count + counted, xero, is_pair)
        if gap.is_open:
            found.tax_gaps.append((pool, gap.odoo, gap.xero))
        default = Place(next((accounts[name] for name in sorted(pool) if name in accounts), None), ())
        found.tax += gap.shown(", ".join(sorted(pool)), default)
    for tax_type in sorted({*mine.bases, *lines} - untaxed):
        theirs = lines.get(tax_type) or NOTHING
        values = (theirs.net, theirs.net_worth)
        counted = theirs.count + mine.counts[tax_type]
        gap = _Gap(mine, mine.bases.get(tax_type, {}), values, counted, xero, is_pair)
        if gap.is_open:
            found.base_gaps.append((tax_type, gap.odoo, gap.xero))
        found.base += gap.shown(tax_type, NOWHERE)
    return found


_Sums = namedtuple("_Sums", "net tax net_worth tax_worth count")
NOTHING = _Sums(ZERO, ZERO, ZERO, ZERO, 0)


def _add(sums):
    return _Sums(*map(sum, zip(NOTHING, *(row for row in sums if row))))


def _by_type(xero) -> dict:
    """Return ``{tax type: _Sums}`` of Xero's lines; worths add up as under months and accounts."""
    sums = defaultdict(lambda: NOTHING)
    for (_account, tax_type), (net, tax, count) in xero.lines.items():
        sums[tax_type] = _add((sums[tax_type], _Sums(net, tax, ZERO, ZERO, count)))
    for _account, tax_type, net, tax in xero.worths():
        if tax_type:
            sums[tax_type] = _add((sums[tax_type], _Sums(ZERO, ZERO, net, tax, 0)))
    return sums


class _Gap:
    """What the sides of one rate, or of a pool of rates, differ by."""

    def __init__(self, ledger, places, theirs, count, xero, is_pair):
        self.places, self.is_pair = places, is_pair
        self.odoo = sum((amount for amount, _worth in places.values()), ZERO)
        self.odoo_worth = sum((worth for _amount, worth in places.values()), ZERO)
        self.xero, self.xero_worth = theirs
        cents = ledger.step * max(count, 1)
        gap = abs(self.odoo - self.xero)
        # Of a worth: cents of each line's conversion, what Xero cuts off the rate, and the gap itself.
        rate = xero.rate if xero and xero.rate else Decimal(1)
        lost = CENT_A_LINE * max(count, 1) * 2 + abs(self.odoo_worth) * RATE_STEP / rate + gap / rate
        self.is_rounding = gap <= cents and abs(self.odoo_worth - self.xero_worth) <= lost
        self.is_open = is_pair and ledger.is_known and not self.is_rounding
        self.is_explained = is_pair and not self.is_open

    def shown(self, tax_type, default) -> list:
        """Return a ``Shown`` for each place; nothing where neither side has anything."""
        places = {place: worth for place, (_amount, worth) in self.places.items()}
        if not places and not self.xero_worth:
            return []
        largest = max(places, key=lambda place: (abs(places[place]), -(place.account_id or 0)), default=default)
        rest = self.xero_worth - self.odoo_worth
        theirs = {place: worth if self.is_pair else ZERO for place, worth in places.items()}
        if self.is_pair or not places:
            theirs[largest] = theirs.get(largest, ZERO) + rest
        return [
            Shown(
                tax_type,
                place,
                places.get(place, ZERO),
                worth,
                places.get(place, ZERO) - worth if self.is_explained else ZERO,
            )
            for place, worth in theirs.items()
        ]
