"""The parts of a line told as the one line that they are, on each side: only so Odoo's lines and Xero's can meet. Pure.

A line that analytic accounts have shares of is several lines in Xero. Its parts belong together by what was agreed, and
so does what people made of them there: a part that was divided further, or parts that became one. A part on another
account or with another tax is a line of its own.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal

from ...xero_api.money import cents
from ..shares import without_suffix
from ..values import amount, decimal, lower, number, words
from .canonical import DocumentState, LineState
from .merge import FIELDS, held_ids, places_again

BETWEEN, NOBODYS = " + ", "-"
# What a part says of the whole line that became one piece (:func:`~.payload.description`).
PIECES = re.compile(r"\n-?[\d.]+ x -?[\d.]+(?: - [\d.]+%)?$")


@dataclass(frozen=True)
class Sides:
    """What two sides have of a document and what they agreed on, by whole lines.

    :ivar now: what Odoo says, as of ``merge.said``, and in ``before`` what it said at the agreement; ``None`` for none
    :ivar base: what was agreed, in ``ours`` what Odoo would send, and in ``theirs`` what Xero holds
    :ivar ids: LineItemIDs of Xero's lines, in their order
    :ivar status: that Xero shall hold, of an ``Outgoing``
    :ivar is_together: whether any line has parts on a side
    """

    now: dict | None
    before: dict | None
    base: DocumentState
    ours: DocumentState
    theirs: DocumentState
    ids: list
    status: str = ""
    is_together: bool = False


def together(sides: Sides, shapes: dict, places: int, joins: bool) -> Sides:
    """Return ``sides`` with one line in place of the parts of each.

    :param sides: as each side writes it
    :param shapes: quantity and discount in percent of Odoo's lines, by their ids, ``Decimal``
    :param places: decimals that Odoo keeps of unit prices
    :param joins: whether a whole line that was divided in Xero is still that line
    """
    if not sides.before or not sides.base.lines:
        return sides
    groups = _Groups(sides, joins)
    divided = {line_id for side in groups.all for line_id, found in side.items() if len(found) > 1}
    if not divided or not groups.is_known:
        return sides
    return _Together(sides, groups, divided, shapes, places).sides()


class _Groups:
    """Which lines of each side are of one line of Odoo's: ``{its id: places}``."""

    def __init__(self, sides, joins):
        self.sides, self.had = sides, held_ids(sides.before)
        self.rows = {lower(row[1]): row for row in sides.before["lines"] if row[1]}
        self.base, self.ours, self.theirs = defaultdict(list), defaultdict(list), defaultdict(list)
        self.all = (self.base, self.ours, self.theirs)
        self.is_known = len(self.had) == len(sides.base.lines) and len(sides.ids) == len(sides.theirs.lines)
        if self.is_known and sides.now and sides.ours.lines:
            self.is_known = len(sides.now["lines"]) == len(sides.ours.lines)
        if self.is_known:
            self._find(joins)

    def _find(self, joins) -> None:
        if self.sides.now and self.sides.ours.lines:
            for place, row in enumerate(self.sides.now["lines"]):
                self._add(self.ours, row[0], place)
        order = [xero_id for xero_id in self.rows if xero_id in self.had]
        for xero_id in order:
            self._add(self.base, self.rows[xero_id][0], self.had.index(xero_id))
        for place, xero_id in enumerate(self.had):
            if xero_id not in self.rows:
                self._join(self.sides.base.lines[place], place)
        there = places_again(self.had, self.sides.base, list(map(lower, self.sides.ids)), self.sides.theirs)
        if there is None:
            self.is_known = False
            return
        for line_id, found in self.base.items():
            self._find_there(line_id, [there[self.had[place]] for place in found if self.had[place] in there])
        new = [place for place in range(len(self.sides.theirs.lines)) if place not in there.values()]
        for line_id, found in self.base.items():
            if joins or len(found) > 1:
                self._join_divided(line_id, new)

    def _add(self, side, line_id, place) -> None:
        if line_id and line_id > 0:
            side[line_id].append(place)

    def _join(self, line, place) -> None:
        """What Xero held besides was a part that had been divided there."""
        for found in self.base.values():
            if place not in found and _is_of(line, self.sides.base.lines[found[0]]):
                found.append(place)
                return

    def _find_there(self, line_id, found) -> None:
        """Note the parts of a line in Xero: those with its account and tax, or with other ones, if all have them."""
        if not found:
            return
        lines, was = self.sides.theirs.lines, self.sides.base.lines[self.base[line_id][0]]
        kinds = [_kind(lines[place]) for place in found]
        kind = _kind(was) if _kind(was) in kinds else kinds[0]
        self.theirs[line_id] = [place for place in found if _kind(lines[place]) == kind]

    def _join_divided(self, line_id, new) -> None:
        """Note as parts of a line what is new in Xero and has just what the line has lost."""
        found, lines = self.theirs.get(line_id), self.sides.theirs.lines
        if not found:
            return
        was = self.sides.base.lines[self.base[line_id][0]]
        missing = _net(self.sides.base.lines, self.base[line_id]) - _net(lines, found)
        alike = [place for place in new if _is_of(lines[place], was)]
        if missing and alike and _net(lines, alike) == missing:
            found += alike
            for place in alike:
                new.remove(place)


def _kind(line) -> tuple:
    return line.account, line.tax_type


def _is_of(line, other) -> bool:
    """Whether ``line`` may be a part of what ``other`` is one of."""
    return bool(line.net) and _kind(line) == _kind(other) and text_of(line) == text_of(other)


def _net(lines, places) -> Decimal:
    return sum((decimal(lines[place].net) for place in places), Decimal(0))


def text_of(line: LineState) -> str:
    """Return the text of the line that ``line`` is a part of."""
    return words(PIECES.sub("", without_suffix(line.description)))


class _Together:
    def __init__(self, sides, groups, divided, shapes, places):
        self._sides, self._groups, self._divided = sides, groups, divided
        self._shapes, self._places = shapes, places

    def sides(self) -> Sides:
        sides, groups = self._sides, self._groups
        base = self._state(sides.base, groups.base)
        theirs = self._state(sides.theirs, groups.theirs)
        ours = self._state(sides.ours, groups.ours) if sides.ours.lines else sides.ours
        ids = [
            self._key(line_id) if line_id in self._divided else sides.ids[places[0]]
            for line_id, places in self._order(groups.theirs, len(sides.ids))
        ]
        return Sides(self._now(ours), self._before(base), base, ours, theirs, ids, sides.status, True)

    def _key(self, line_id) -> str:
        """Return the LineItemID that a line is known by: of the first part that is still there."""
        groups, held = self._groups, [lower(xero_id) for xero_id in self._sides.ids]
        there = {held[place] for place in groups.theirs.get(line_id, ())}
        own = [groups.had[place] for place in groups.base[line_id]]
        return next((xero_id for xero_id in own if xero_id in there), own[0])

    def _order(self, group, count) -> list[tuple]:
        """Return ``(line id or None, places)`` of each line of a side, in the order of their first parts."""
        of_place = {place: line_id for line_id, places in group.items() for place in places}
        found = {}
        for place in range(count):
            line_id = of_place.get(place)
            found.setdefault(line_id if line_id in self._divided else (place,), (line_id, []))[1].append(place)
        # As the side has noted them: what is first tells the text.
        return [(line_id, group[line_id] if line_id in self._divided else places) for line_id, places in found.values()]

    def _state(self, state, group) -> DocumentState:
        lines, tracking = [], []
        options = state.tracking or [""] * len(state.lines)
        for line_id, places in self._order(group, len(state.lines)):
            if line_id in self._divided:
                lines.append(self._line(line_id, [state.lines[place] for place in places], state))
                tracking.append(shares_text([(options[place], state.lines[place].net) for place in places]))
            else:
                lines.append(state.lines[places[0]])
                tracking.append(options[places[0]])
        return replace(state, lines=tuple(lines), tracking=tuple(tracking) if any(tracking) else ())

    def _line(self, line_id, parts, state) -> LineState:
        net = sum((decimal(part.net) for part in parts), Decimal(0))
        tax = sum((decimal(part.tax) for part in parts), Decimal(0))
        quantity, price, discount = self._shape(line_id, net)
        text = self._text(line_id) if state is self._sides.theirs else text_of(parts[0])
        return LineState(
            description=text,
            quantity=amount(quantity),
            price=amount(price),
            discount=amount(discount) if discount else "",
            account=parts[0].account,
            tax_type=parts[0].tax_type,
            net=number(net),
            tax=amount(tax),
        )

    def _shape(self, line_id, net) -> tuple:
        """Return quantity, price and discount: as Odoo's line has them, where its price comes to ``net``."""
        quantity, discount = self._shapes.get(line_id, (Decimal(1), Decimal(0)))
        share = quantity * (100 - discount) / 100
        if share:
            price = round(net / share, self._places)
            if cents(price * share) == net:
                return quantity, price, discount
        return Decimal(1), net, Decimal(0)

    def _text(self, line_id) -> str:
        """Return what people made of the text in Xero, of whichever part."""
        groups, base, theirs = self._groups, self._sides.base.lines, self._sides.theirs.lines
        was = text_of(base[groups.base[line_id][0]])
        told = {text_of(base[place]) for place in groups.base[line_id]}
        new = [text_of(theirs[place]) for place in groups.theirs[line_id]]
        return next((text for text in new if text not in told), was)

    # === WHAT ODOO SAYS === #

    def _now(self, ours):
        if not (self._sides.now and self._sides.ours.lines):
            return self._sides.now
        told = self._told(ours, self._sides.ours, self._groups.ours)
        return {**self._sides.now, "lines": self._rows(self._sides.now["lines"], told, lambda _line_id: "")}

    def _before(self, base) -> dict:
        groups, had = self._groups, self._groups.had
        order = self._order(groups.base, len(had))
        held = [self._key(line_id) if line_id in self._divided else had[places[0]] for line_id, places in order]
        rows = [row for row in self._sides.before["lines"] if lower(row[1]) in had]
        told = self._told(base, self._sides.base, groups.base)
        return {**self._sides.before, "lines": self._rows(rows, told, self._key), "held": held}

    def _told(self, state, parts, group) -> dict:
        """Return what ``state``, ``parts`` by whole lines, tells of each line that has parts, by its id."""
        options = state.tracking or [""] * len(state.lines)
        order = self._order(group, len(parts.lines))
        return {
            line_id: {name: getattr(line, field) for name, field in FIELDS.items()} | {"Tracking": told}
            for (line_id, _places), line, told in zip(order, state.lines, options)
            if line_id in self._divided
        }

    def _rows(self, rows, told, key) -> list:
        """Return ``rows`` with one for each line that has parts, where its first stands."""
        found, seen = [], set()
        for row in rows:
            line_id = row[0]
            if line_id not in self._divided:
                found.append(row)
            elif line_id not in seen:
                seen.add(line_id)
                found.append([line_id, key(line_id), told[line_id]])
        return found


# === TRACKING === #


def shares_text(parts: list[tuple[str, str]]) -> str:
    """Return what the parts of a line are tracked by, with their amounts; the options alone of what is one part.

    :param parts: options, as ``DocumentState.tracking`` has them, and net amount of each
    """
    nets = defaultdict(Decimal)
    for options, net in parts:
        nets[" ".join(sorted(options.split()))] += decimal(net)
    told = sorted((options, net) for options, net in nets.items() if net)
    if len(told) < 2:
        return told[0][0] if told else ""
    return BETWEEN.join(f"{options or NOBODYS} {amount(net)}" for options, net in told)


def shares_of(text: str) -> list[tuple[list[str], Decimal]]:
    """Return the options and amounts of what :func:`shares_text` returned of several parts; none of one."""
    if BETWEEN not in text:
        return []
    rows = [part.rpartition(" ") for part in text.split(BETWEEN)]
    return [([] if options == NOBODYS else options.split(), decimal(net)) for options, _space, net in rows]
