"""Odoo's amounts in the form that makes Xero's own arithmetic arrive at them. Pure: no ORM, all money is Decimal.

Xero rounds each line to cents, computes tax on each line, rounds it to cents and adds up. Odoo rounds tax over the
whole document by default. The cents between the two travel as ``TaxAmount`` on as few lines as possible.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from ...xero_api.money import cents, line_tax, unit

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
ONE = Decimal(1)
HUNDRED = Decimal(100)
# As many steps a set of few lines may be off and still be a matter of rounding.
FEW = 5
# Xero's limit on the written length of a quantity.
QUANTITY_LENGTH = 13


@dataclass(slots=True)
class Row:
    """One line of a document with an amount.

    :ivar net: what Odoo booked, without tax; in cents once :func:`in_cents` has run
    :ivar taxes: ids of the taxes that Xero is to compute on it, sorted: the key of the tax mapping
    :ivar quantity: as in Odoo, with ``price`` (``None``: the row is just its amount) and ``discount`` in percent
    :ivar account_code: Xero's account, with ``tax_type`` and its effective rate in ``percent``
    :ivar tax: what Xero is to answer as tax of the line
    :ivar analytic: Odoo's analytic distribution, and in ``tracking`` Xero's options that stand for it
    :ivar shares: what the line is to be divided into: weights in the order of the lines, with the options of each
    :ivar suffix: what its text ends with, of a line that was divided: its share
    :ivar told: ``tax`` is sent, because Xero would compute another
    :ivar line_id: id of the invoice line it stands for; 0 for what Odoo added, such as cash rounding
    """

    text: str
    account_id: int
    taxes: tuple
    net: Decimal
    quantity: Decimal = ONE
    price: Decimal | None = None
    discount: Decimal = ZERO
    account_code: str = ""
    tax_type: str = ""
    percent: Decimal = ZERO
    tax: Decimal = ZERO
    told: bool = False
    shape: tuple = (ONE, ZERO, ZERO)
    folded: bool = False
    line_id: int = 0
    analytic: dict | None = None
    tracking: list = field(default_factory=list)
    shares: list[tuple[Decimal, list]] = field(default_factory=list)
    suffix: str = ""


# === SPREADING === #


def smallest(decimals: int) -> Decimal:
    """Return the smallest amount of a currency that Xero can hold too: no fraction of a yen, and no thousandths.

    :param decimals: of the currency: 0 for yen, 3 for dinars
    :return: 1, 0.1 or 0.01
    """
    return Decimal(1).scaleb(-min(decimals, 2))


def settle(values: list[Decimal], total: Decimal, step: Decimal = CENT) -> list[Decimal]:
    """Round ``values`` to ``step`` so that they add up to ``total``; those moved most by rounding give or take one.

    :param values: unrounded amounts
    :param total: a whole number of ``step``
    :param step: the smallest amount that counts
    :return: in the order of ``values``
    """
    rounded = [value.quantize(step, ROUND_HALF_UP) for value in values]
    missing = int((total - sum(rounded)) / step)
    sign = 1 if missing > 0 else -1
    order = sorted(range(len(values)), key=lambda index: (rounded[index] - values[index]) * sign)
    for turn in range(abs(missing)):
        rounded[order[turn % len(order)]] += sign * step
    return rounded


def spread(total: Decimal, weights: list[Decimal], step: Decimal = CENT) -> list[Decimal]:
    """Split ``total`` in proportion to ``weights``, whose sum is not zero, without losing a ``step``.

    :param total: a whole number of ``step``
    :param weights: of either sign
    :param step: the smallest amount that counts
    :return: in the order of ``weights``; they add up to ``total``
    """
    whole = sum(weights)
    return settle([total * weight / whole for weight in weights], total, step)


def in_cents(rows: list[Row], taxes: dict, total: Decimal) -> dict:
    """Round a document in a currency of more than two decimals to cents that add up to the rounded ``total``.

    :param rows: their ``net`` is written
    :param taxes: booked tax by any key; a new dict is returned
    :param total: of the document, with tax
    :return: tax in cents, by the keys of ``taxes``
    """
    amounts = settle([row.net for row in rows] + list(taxes.values()), cents(total))
    for row, net in zip(rows, amounts):
        row.net = net
    return dict(zip(taxes, amounts[len(rows) :]))


# === TAX === #


def tax_targets(rows: Iterable[Row], booked: dict, percents: dict, decimals: int) -> dict:
    """Say how much of each booked tax belongs to the rows of each set of taxes.

    A tax that several sets share is divided in proportion to the nets of their rows.

    :param rows: with ``net`` and ``taxes``
    :param booked: tax by tax id, in the document's currency
    :param percents: percent that is booked as tax, by tax id, for nets that cancel each other out in part
    :param decimals: of the document's currency
    :return: ``{set of taxes: {tax id: amount}}``; taxes without any row are under ``None``
    """
    nets = defaultdict(Decimal)
    for row in rows:
        nets[row.taxes] += row.net
    targets = {taxes: {} for taxes in nets}
    for tax_id, amount in booked.items():
        sets = [taxes for taxes in nets if tax_id in taxes]
        shares = _shares(amount, [nets[taxes] for taxes in sets], percents.get(tax_id), smallest(decimals))
        for taxes, share in zip(sets or [None], shares):
            targets.setdefault(taxes, {})[tax_id] = share
    return targets


def _shares(amount: Decimal, nets: list[Decimal], percent, step: Decimal) -> list[Decimal]:
    if len(nets) < 2:
        return [amount]
    if min(nets) * max(nets) >= 0 and sum(nets):
        return spread(amount, nets, step)
    near = [(net * (percent or ZERO) / HUNDRED).quantize(step, ROUND_HALF_UP) for net in nets]
    missing = amount - sum(near)
    if not any(nets) or not missing:
        return settle(near, amount, step)
    return [share + more for share, more in zip(near, spread(missing, [abs(net) for net in nets], step))]


def carry(rows: list[Row], target: Decimal, decimals: int, claimed: Decimal = ONE) -> Decimal:
    """Give ``rows`` (all of one set of taxes) the taxes that add up to ``target``.

    Xero's own tax is that of each line, rounded to cents. A ``TaxAmount`` overrides it, and may not be above the
    ``UnitAmount`` (Xero: Invoices, TaxAmount), which :func:`fold_where_taxed_above_price` sees to.

    :param rows: their ``tax`` and ``told`` are written
    :param target: tax of all of them, in the document's currency
    :param decimals: of the document's currency
    :param claimed: what part of Xero's tax Odoo books as tax; the rest is a cost
    :return: what of ``target`` no tax that Xero would take on these rows can reach. Where it is more than a matter of
        rounding the rows carry none at all
    """
    step = smallest(decimals)
    own = [line_tax(row.net, row.percent) for row in rows]
    near = [line_tax(row.net, row.percent * claimed) for row in rows]
    taxes = _taxes(rows, near, target, step)
    rest = target - sum(taxes)
    if abs(rest) > step * max(len(rows), FEW) or not all(_acceptable(tax, row.net) for tax, row in zip(taxes, rows)):
        taxes, rest = [ZERO] * len(rows), target
    for row, computed, tax in zip(rows, own, taxes):
        row.tax, row.told = tax, tax != computed or not _certain(row, decimals)
    return rest


def _taxes(rows: list[Row], near: list[Decimal], target: Decimal, step: Decimal) -> list[Decimal]:
    """Return taxes in whole steps of the currency, as near to ``near`` as ``target`` lets them be."""
    near = [tax.quantize(step, ROUND_HALF_UP) for tax in near]
    missing = target - sum(near)
    if not missing or not any(row.percent for row in rows) or not any(row.net for row in rows):
        return near
    nets = [row.net for row in rows]
    if abs(missing) > step * len(rows) and min(nets) * max(nets) >= 0:
        even = spread(target, nets, step)
        if all(map(_acceptable, even, nets)):
            return even
    # Negative lines are left alone where possible: what Xero makes of a given tax on them is not documented.
    for part in ([net if net > 0 else ZERO for net in nets], [-net if net < 0 else ZERO for net in nets]):
        near = _placed(near, nets, part, target - sum(near), step)
    return near


def _placed(taxes: list[Decimal], nets: list[Decimal], weights: list, missing: Decimal, step: Decimal) -> list[Decimal]:
    """Return ``taxes`` with as much of ``missing`` as those of ``weights`` can take, in proportion to these.

    A tax is between nothing and the net of its line.
    """
    taxes = list(taxes)
    while missing and sum(weights):
        shares, added = spread(missing, weights, step), ZERO
        for index, (net, share) in enumerate(zip(nets, shares)):
            lowest, highest = min(net, ZERO), max(net, ZERO)
            if weights[index]:
                bounded = min(max(taxes[index] + share, lowest), highest)
                added, taxes[index] = added + bounded - taxes[index], bounded
            if taxes[index] == (highest if missing > 0 else lowest):
                weights[index] = ZERO
        missing -= added
        if not added:
            break
    return taxes


def _acceptable(tax: Decimal, net: Decimal) -> bool:
    """Whether Xero takes ``tax`` on a line: of the same direction as the net, and not above it."""
    return tax * net >= 0 and abs(tax) <= abs(net)


def _certain(row: Row, decimals: int) -> bool:
    """Whether Xero's own tax on the row does not hang on what its documentation leaves open.

    Open are: whether tax is taken of the rounded or the unrounded line, which way half a cent of a negative line
    goes, and to how many decimals currencies without cents or with thousandths are rounded.
    """
    quantity, price, discount = row.shape
    exact = row.net * row.percent / HUNDRED
    if decimals != 2:
        return exact == exact.quantize(CENT if decimals > 2 else ONE)
    unrounded = quantity * price * (HUNDRED - discount) / HUNDRED
    if unrounded != row.net and line_tax(unrounded, row.percent) != line_tax(row.net, row.percent):
        return False
    return row.net >= 0 or not _is_half(exact)


def _is_half(value: Decimal) -> bool:
    return abs(value * HUNDRED % 1) == Decimal("0.5")


# === SHAPE === #


def choose_shape(row: Row, discounts: bool, places: int = 4) -> None:
    """Set quantity, unit price and discount of ``row`` so that Xero's line amount is the net in cents for certain.

    Tried in turn: Odoo's own price, with its discount where Xero takes one, or less its discount; the price that the
    net and the quantity imply; one piece.

    :param row: its ``shape`` and ``folded`` are written
    :param discounts: whether the document type knows a discount rate (Xero: Invoices, DiscountRate: sales invoices and
        quotes)
    :param places: decimals that Xero keeps of unit prices: 4 with ``unitdp=4``, else 2 (Xero: Invoices, unitdp)
    """
    quantity, price, discount = row.quantity, row.price, row.discount
    if price is None or not quantity or quantity != unit(quantity) or len(format(quantity, "f")) > QUANTITY_LENGTH:
        fold(row)
        return
    step = Decimal(1).scaleb(-places)
    if discounts and discount and price == _rounded(price, step) and _discount_gives(row, step):
        row.shape = quantity, price, discount
        return
    reduced, implied = price * (HUNDRED - discount) / HUNDRED, _rounded(row.net / quantity, step)
    for candidate in ([reduced] if reduced == _rounded(reduced, step) else []) + [implied]:
        if _gives(quantity, candidate, row.net):
            row.shape = quantity, _plain(candidate), ZERO
            return
    fold(row)


def _rounded(value: Decimal, step: Decimal) -> Decimal:
    return value.quantize(step, ROUND_HALF_UP)


def _plain(value: Decimal) -> Decimal:
    """Return ``value`` without trailing zeros and without an exponent."""
    return Decimal(format(value.normalize(), "f"))


def fold(row: Row) -> None:
    """Make the row one piece at its net; the quantity is told in the description."""
    row.shape = ONE, row.net, ZERO
    row.folded = row.price is not None and row.quantity not in (ZERO, ONE)


def _gives(quantity: Decimal, price: Decimal, net: Decimal) -> bool:
    amount = quantity * price
    return cents(amount) == net and not _is_half(amount)


def _discount_gives(row: Row, step: Decimal) -> bool:
    """Whether the discount rate leads to the net in whatever order Xero rounds price, line and discount."""
    quantity, price, discount = row.quantity, row.price, row.discount
    if not 0 < discount <= HUNDRED or discount != cents(discount) or quantity < 0 or price < 0:
        return False
    gross, keep = quantity * price, (HUNDRED - discount) / HUNDRED
    ways = (
        cents(gross * keep),
        cents(cents(gross) * keep),
        cents(gross) - cents(cents(gross) * discount / HUNDRED),
        cents(quantity * _rounded(price * keep, step)),
    )
    return all(way == row.net for way in ways) and not _is_half(gross * keep)


def fold_where_taxed_above_price(rows: Iterable[Row]) -> None:
    """Xero takes no ``TaxAmount`` above the ``UnitAmount``: such lines become one piece.

    A negative line becomes minus one piece, so that its tax stays below its price whichever way the two are compared.

    :param rows: of which ``tax`` is known
    """
    for row in rows:
        if row.told and (row.shape[1] < 0 or abs(row.tax) > row.shape[1]):
            fold(row)
            if row.net < 0:
                row.shape = -ONE, -row.net, ZERO
