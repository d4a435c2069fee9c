"""Which line of Xero's a line of Odoo's is: an update by its id keeps what Xero alone knows of it. Pure.

A fixed number of walks over both lists finds it, however many lines are alike.
"""

from collections import defaultdict, deque
from decimal import Decimal

from ...xero_api.money import line_amount
from ..values import amount, lower, words


def paired(rows: list[dict], held: list[dict], inclusive: bool = False, known: dict | None = None) -> dict[int, int]:
    """Return which of the lines ``held`` in Xero each of ``rows`` is, by their places; new ones are not in it.

    What is known comes first, wherever the line went; then what is the same in content, in text and amount, in text, in
    amount; at last what stands between the same lines. A line that is new in Odoo takes the place of none.

    :param rows: ``LineItems`` as they are sent, all of the document
    :param held: what Xero holds
    :param inclusive: whether amounts of ``held`` include the tax
    :param known: those of ``held`` that are known already, by the places of ``rows``; ``None`` for a line that is new
        in Odoo. Rows that are not in it may be any
    """
    known = known or {}
    pairs = {mine: theirs for mine, theirs in known.items() if theirs is not None}
    mine = [(_net(row, False), row) for row in rows]
    theirs = [(_net(line, inclusive), line) for line in held]
    for key in (_content, _text_and_amount, _text):
        _pair(mine, theirs, key, pairs, set())
    new = {place for place, found in known.items() if found is None}
    _pair(mine, theirs, _amount, pairs, new)
    _pair_between(mine, theirs, pairs, new)
    return pairs


def _pair(mine, theirs, key, pairs, left_out) -> None:
    """Add to ``pairs`` what is the same by ``key``, in the order of the lines; what has no key is like nothing."""
    waiting, taken = defaultdict(deque), set(pairs.values())
    for place, line in enumerate(theirs):
        if place not in taken and (found := key(*line)):
            waiting[found].append(place)
    for place, row in enumerate(mine):
        if place not in pairs and place not in left_out and waiting.get(found := key(*row)):
            pairs[place] = waiting[found].popleft()


def _pair_between(mine, theirs, pairs, left_out) -> None:
    """Add to ``pairs`` what follows the same line on both sides, one after another; a text becomes no amount."""
    taken, behind, before = set(pairs.values()), defaultdict(deque), None
    for place in range(len(theirs)):
        if place in taken:
            before = place
        else:
            behind[before].append(place)
    before = None
    for place in range(len(mine)):
        if place in pairs:
            before = pairs[place]
        elif place not in left_out and behind[before]:
            other = behind[before].popleft()
            if (mine[place][0] is None) == (theirs[other][0] is None):
                pairs[place] = other


def _net(line: dict, inclusive: bool) -> Decimal | None:
    """Return what ``line`` comes to without tax; ``None`` for one that only says something."""
    net = line_amount(line)
    if net is None or (line.get("UnitAmount") is None and not net):
        return None
    return net - Decimal(str(line.get("TaxAmount") or 0)) if inclusive else net


def _content(net, line: dict) -> tuple:
    numbers = (amount(line.get("Quantity")), amount(line.get("UnitAmount"))) if net is not None else ()
    return net is None, _text(net, line), *numbers, lower(line.get("AccountCode"))


def _text_and_amount(net, line: dict) -> tuple:
    return _text(net, line), net


def _text(net, line: dict) -> tuple:
    return net is None, words(line.get("Description"))


def _amount(net, line: dict) -> Decimal | None:
    return net or None
