"""Lines of a completed sheet divided into their shares. Pure.

The line is completed first, with its tax: whatever a document's other lines say, the parts come to its amount and tax.
"""

from dataclasses import replace
from decimal import Decimal

from ..shares import divide, suffix
from .money import ONE, ZERO, carry, choose_shape, fold, smallest
from .payload import description, with_end


def divided(lines: list, decimals: int, claimed, with_suffix: bool) -> list:
    """Return the ``lines`` of a sheet with its parts in place of each row that has ``shares``.

    A part is one piece, without discount, which the amount is net of; the first tells quantity and price.

    :param lines: :class:`~.money.Row`, completed, and ``str``
    :param decimals: of the document's currency
    :param claimed: called with a set of taxes: what part of their nominal tax is booked as tax
    :param with_suffix: whether the text of a part tells its share
    """
    found = []
    for line in lines:
        shares = [] if isinstance(line, str) else line.shares
        found += _parts(line, decimals, claimed, with_suffix) if shares else [line]
    return found


def divided_nets(rows: list, decimals: int, with_suffix: bool) -> list:
    """Return ``rows`` with its parts in place of each that has ``shares``, where Xero computes all tax itself.

    Lines of a journal are so: the parts of each come to its amount, so that it still balances.

    :param rows: :class:`~.money.Row`
    :param decimals: of the currency
    :param with_suffix: whether the text of a part tells its share
    """
    found = []
    for row in rows:
        parts = _by_options(row, decimals, with_suffix) if row.shares else [row]
        found += [replace(part, text=with_end(part.text, part.suffix), suffix="") for part in parts]
    return found


def _parts(row, decimals, claimed, with_suffix) -> list:
    parts = _by_options(row, decimals, with_suffix)
    if len(parts) < 2:
        return parts
    for part in parts:
        fold(part)
    if carry(parts, row.tax, decimals, claimed(row.taxes)):
        return [replace(row, shares=[])]
    return parts


def _by_options(row, decimals, with_suffix) -> list:
    """Return a row for each set of options that has a share of ``row``; what is nobody's comes last."""
    weights = [weight for weight, _tracking in row.shares]
    found, whole = {}, sum(weights, ZERO)
    for (weight, tracking), amount in zip(row.shares, divide(row.net, weights, smallest(decimals))):
        key = tuple(one["TrackingOptionID"] for one in tracking)
        _tracking, net, share = found.get(key, (tracking, ZERO, ZERO))
        found[key] = tracking, net + amount, share + weight
    told = sorted((one for one in found.values() if one[1]), key=lambda one: not one[0])
    if len(told) < 2:
        # All of so little that one share has it.
        return [replace(row, tracking=told[0][0] if told else [], shares=[])]
    return [
        replace(
            row,
            net=net,
            tracking=tracking,
            shares=[],
            price=row.price if number == 0 else None,
            suffix=suffix(share * 100 / whole) if with_suffix else "",
        )
        for number, (tracking, net, share) in enumerate(told)
    ]


def in_pieces(rows: list, lines: list[dict], places: int) -> None:
    """Give payload lines of the parts of one row, whose item Xero counts, quantities that come to that of the row.

    They stay one piece each where Xero would not come to their amounts.

    :param rows: the parts
    :param lines: their payload lines, written in place
    :param places: decimals that Xero keeps of unit prices
    """
    quantity, price = rows[0].quantity, rows[0].price
    if price is None or quantity in (ZERO, ONE) or quantity != round(quantity, 4):
        return
    nets = [abs(row.net) for row in rows]
    shapes = []
    for row, count in zip(rows, divide(quantity, nets, Decimal("0.0001"))):
        part = replace(row, quantity=count, price=price, discount=rows[0].discount)
        choose_shape(part, False, places)
        if part.shape[0] == ONE != count or not count or (row.told and abs(row.tax) > abs(part.shape[1])):
            return
        shapes.append(part.shape)
    for row, line, (count, unit_price, _discount) in zip(rows, lines, shapes):
        line |= {"Quantity": count, "UnitAmount": unit_price}
        if line["Description"] == description(row):
            line["Description"] = description(replace(row, folded=False))
