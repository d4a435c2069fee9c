"""Lines of a document that people edited on both sides: who changed what, where they meet, what comes of it. Pure.

A line is known by its LineItemID, else by its content. Each side is compared with what it said at the last agreement,
so that what Odoo and Xero only write differently is changed by nobody.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from ...xero_api.money import cents, line_tax
from ..values import amount, decimal, lower, words
from .canonical import DocumentState, LineState
from .merge import FIELDS, held_ids, known_lines, places_again

# A line that is there or not; and amounts that are one thing, as the sides write them differently.
LINE, AMOUNT = "line", "amount"
SHAPE = ("quantity", "price", "discount")
PARTS = {AMOUNT: (*SHAPE, "tax")}
MONEY = frozenset({*SHAPE, "tax", AMOUNT, "tax_type"})
NAMES = {**FIELDS, "Tracking": "tracking"}
PREFIX = "lines."
# In place of the id of a line that Odoo does not have.
NOBODY = -1


@dataclass(frozen=True)
class MetLine:
    """A line as three sides have it.

    :ivar key: its LineItemID; Odoo's id, or place, of one that Xero does not have
    :ivar former: its LineItemID at the last agreement, in small letters; empty for one that is new
    :ivar mine: its place among Odoo's lines, and in ``theirs`` among Xero's; ``None`` where it is not
    :ivar here: fields that Odoo changed since the last agreement, and in ``there`` Xero: :data:`LINE` for a line that
        was added or removed
    :ivar disputed: fields that both changed, each to something else
    :ivar sides: what was agreed, Odoo's and Xero's: ``(LineState, tracking)`` each, ``None`` where it is not
    """

    key: str
    former: str
    mine: int | None
    theirs: int | None
    here: frozenset
    there: frozenset
    disputed: frozenset
    sides: tuple


@dataclass(frozen=True)
class Step:
    """What becomes of a line in Odoo.

    :ivar line: what it shall say there, with ``tracking``; ``None`` for a line that is to be no more
    :ivar fields: those that are written
    :ivar waits: Odoo's own that are still to be sent
    """

    met: MetLine
    line: LineState | None
    tracking: str = ""
    fields: frozenset = frozenset()
    waits: frozenset = frozenset()


# === WHO CHANGED WHAT === #


def met_lines(now, before, base: DocumentState, ours: DocumentState, theirs: DocumentState, ids) -> list | None:
    """Return the ``MetLine`` of each line of either side, in the order that the document shall have; ``None`` where it
    cannot be told which line is which.

    :param now: what Odoo says, as of ``merge.said``
    :param before: what it said at the last agreement
    :param base: what was agreed, and in ``ours`` and ``theirs`` what Odoo and Xero hold
    :param ids: LineItemIDs of Xero's lines, in their order
    """
    had, rows = held_ids(before), {lower(row[1]): row for row in before["lines"]}
    is_whole = len(had) == len(base.lines) and len(now["lines"]) == len(ours.lines) and len(ids) == len(theirs.lines)
    if not is_whole or {*rows} != {*had} or len(rows) != len(before["lines"]) or "" in {*had, *ids}:
        return None
    there = places_again(had, base, list(map(lower, ids)), theirs)
    if there is None:
        return None
    known = known_lines(now["lines"], before, had)
    here = {had[theirs_then]: place for place, theirs_then in known.items() if theirs_then is not None}
    pairs = [(xero_id, here.get(xero_id), there.get(xero_id)) for xero_id in had]
    pairs += _added(now, ours, theirs, {*here.values()}, {*there.values()})
    meeting = _Meeting(now, rows, had, base, ours, theirs, ids)
    found = meeting.without_rounding([meeting.line(*pair) for pair in pairs])
    return _in_order(found, [had.index(one) for one in had if one in here], here, had)


def _added(now, ours, theirs, mine, taken) -> list[tuple]:
    """Return lines that are new on either side; what says the same is the same line."""
    new = [place for place in range(len(ours.lines)) if place not in mine]
    free = deque(place for place in range(len(theirs.lines)) if place not in taken)
    pairs = []
    for place in new:
        text = ours.lines[place].description
        other = next((one for one in free if text and theirs.lines[one].description == text), None)
        if other is not None:
            free.remove(other)
        pairs.append((None, place, other))
    return pairs + [(None, None, place) for place in free]


class _Meeting:
    def __init__(self, now, rows, had, base, ours, theirs, ids):
        self.now, self.rows, self.had, self.ids = now["lines"], rows, had, ids
        self.told = [_told(side) for side in (base, ours, theirs)]

    def line(self, xero_id, mine, theirs) -> MetLine:
        places = None if xero_id is None else self.had.index(xero_id), mine, theirs
        sides = tuple(None if place is None else told[place] for told, place in zip(self.told, places))
        if theirs is not None:
            key = self.ids[theirs]
        else:
            key = xero_id or str(self.now[mine][0] or f"new{mine}")
        here, there = self._here(xero_id, mine, sides), _there(sides)
        return _disputed(MetLine(key, xero_id or "", mine, theirs, here, there, frozenset(), sides))

    def _here(self, xero_id, mine, sides) -> frozenset:
        if xero_id is None or mine is None:
            return frozenset({LINE}) if (xero_id is None) != (mine is None) else frozenset()
        was, is_now = self.rows[xero_id][2], self.now[mine][2]
        return frozenset(field for name, field in NAMES.items() if was.get(name) != is_now.get(name))

    def without_rounding(self, found) -> list[MetLine]:
        """Return ``found`` without what is only the tax of a document that was rounded anew, for other lines of it."""
        if not any(met.here & (MONEY - {"tax"}) or LINE in met.here for met in found):
            return found
        return [_disputed(replace(met, here=frozenset())) if met.here == {"tax"} else met for met in found]


def _told(state: DocumentState) -> list[tuple]:
    return list(zip(state.lines, state.tracking or [""] * len(state.lines)))


def _there(sides) -> frozenset:
    base, _ours, held = sides
    if base is None or held is None:
        return frozenset({LINE}) if (base is None) != (held is None) else frozenset()
    (was, options), (line, options_now) = base, held
    changed = line.changed_from(was)
    if not changed & {"net", "quantity", "discount"}:
        # Xero's prices with and without tax are of one amount.
        changed -= {"price"}
    if "net" in changed and not changed & {*SHAPE}:
        changed |= {"price"}
    if changed & (MONEY - {"tax"}):
        changed -= {"tax"}
    return frozenset(changed - {"net"}) | (frozenset({"tracking"}) if options != options_now else frozenset())


def _disputed(met: MetLine) -> MetLine:
    """Return ``met`` with what is disputed in it; amounts that can only be taken whole are one field."""
    base, ours, held = met.sides
    if LINE in met.here | met.there:
        both = met.here and met.there and ours != held
        return replace(met, disputed=frozenset({LINE}) if both else frozenset())
    if ours is None or held is None:
        return met
    if base is None:
        differing = _differing(ours, held)
        met = replace(met, here=differing, there=differing)
    if not _is_by_field(met):
        met = replace(met, here=_whole(met.here), there=_whole(met.there))
    disputed = met.here & met.there & _differing(*met.sides[1:], _is_by_field(met))
    typed = "tax" in met.here | met.there or AMOUNT in met.here & met.there
    if typed and met.here & MONEY and met.there & MONEY and _differing(ours, held, by_field=False) & MONEY:
        met = replace(met, here=_with_rate(met.here), there=_with_rate(met.there))
        disputed |= {AMOUNT}
    return replace(met, disputed=frozenset(disputed))


def _whole(fields) -> frozenset:
    return (fields - {*PARTS[AMOUNT]}) | {AMOUNT} if fields & {*PARTS[AMOUNT]} else fields


def _with_rate(fields) -> frozenset:
    return _whole(fields - {"tax_type"} | {"tax"}) if fields & MONEY else fields


def _differing(ours, held, by_field=True) -> frozenset:
    (mine, options), (theirs, other) = ours, held
    texts = ("description", "account", "tax_type")
    found = {name for name in texts if words(getattr(mine, name)) != words(getattr(theirs, name))}
    shape = {name for name in SHAPE if getattr(mine, name) != getattr(theirs, name)}
    if not by_field:
        shape = {AMOUNT} if (mine.net, mine.tax) != (theirs.net, theirs.tax) else set()
    return frozenset(found | shape | ({"tracking"} if options != other else set()))


def _is_by_field(met: MetLine) -> bool:
    """Whether quantity, price and discount are the same thing on all sides, and may come from one each."""
    lines = [side[0] for side in met.sides if side]
    if met.sides[0] is None or "tax" in met.here | met.there:
        return met.sides[0] is None and all(map(_is_plain, lines))
    base, ours = met.sides[0][0], met.sides[1][0]
    alike = all(getattr(base, name) == getattr(ours, name) for name in SHAPE if name not in met.here)
    return alike and all(map(_is_plain, lines))


def _is_plain(line: LineState) -> bool:
    return bool(line.quantity) and _net(*(decimal(getattr(line, name)) for name in SHAPE)) == decimal(line.net)


def _net(quantity, price, discount) -> Decimal:
    return cents(quantity * price * (100 - discount) / 100)


def _in_order(found, were, here, had) -> list[MetLine]:
    """Return ``found`` in Odoo's order where that was changed, else in Xero's; what is on one side follows what it
    follows there.
    """
    is_moved = [here[xero_id] for xero_id in had if xero_id in here] != sorted(here.values())
    first, second = ("mine", "theirs") if is_moved else ("theirs", "mine")
    ordered = sorted((met for met in found if getattr(met, first) is not None), key=lambda met: getattr(met, first))
    rest = [met for met in found if getattr(met, first) is None and getattr(met, second) is not None]
    for met in sorted(rest, key=lambda met: getattr(met, second)):
        ordered.insert(_behind(ordered, second, getattr(met, second)), met)
    return ordered + [met for met in found if met.mine is None and met.theirs is None]


def _behind(ordered, side, place) -> int:
    """Return where in ``ordered`` the line stands that comes after what is before ``place`` on ``side``."""
    before = [(getattr(met, side), at) for at, met in enumerate(ordered) if getattr(met, side) is not None]
    before = [pair for pair in before if pair[0] < place]
    return max(before)[1] + 1 if before else 0


# === WHAT COMES OF IT === #


def taken_there(met: MetLine) -> frozenset:
    """Return the fields that Xero alone changed: Odoo takes them unless somebody decides otherwise."""
    return frozenset(met.there - met.here - met.disputed)


def steps(found: list[MetLine], taken: Callable, percents: dict) -> list[Step]:
    """Return what becomes of each line in Odoo.

    :param found: as of :func:`met_lines`
    :param taken: the fields of a ``MetLine`` in which Odoo takes Xero's side; in the others it keeps its own
    :param percents: effective rate in percent by Xero's TaxType
    """
    return [_step(met, frozenset(taken(met)), percents) for met in found]


def _step(met, taken, percents) -> Step:
    _base, ours, held = met.sides
    waits = (met.here | met.there) - taken
    if LINE in met.here | met.there:
        side = held if LINE in taken else ours
        if side is None:
            return Step(met, None, waits=waits)
        is_new = ours is None
        fields = frozenset({LINE}) if is_new else _differing(ours, side, by_field=False)
        return Step(met, *side, fields, frozenset({LINE}) & waits)
    if ours is None or held is None:
        return Step(met, None)
    if not taken:
        return Step(met, *ours, waits=waits)
    line = _mixed(met, taken, percents)
    tracking = held[1] if "tracking" in taken else ours[1]
    return Step(met, line, tracking, taken, waits)


def _mixed(met, taken, percents) -> LineState:
    line, theirs = met.sides[1][0], met.sides[2][0]
    line = _with(line, theirs, taken & {"description", "account", "tax_type"})
    own = (met.here | met.there) - taken
    if not taken & MONEY:
        return line
    if not own & MONEY:
        return _with(line, theirs, (*SHAPE, "net", "tax", "tax_type"))
    if AMOUNT in taken:
        line = _with(line, theirs, (*SHAPE, "net"))
    elif taken & {*SHAPE}:
        line = _with(line, theirs, taken & {*SHAPE})
        line = replace(line, net=amount(_net(*(decimal(getattr(line, name)) for name in SHAPE))))
    percent = percents.get(line.tax_type, Decimal(0))
    return replace(line, tax=amount(line_tax(decimal(line.net), percent)))


def _with(line, other, names) -> LineState:
    return replace(line, **{name: getattr(other, name) for name in names})


def wanted(state: DocumentState, plan: list[Step]) -> DocumentState:
    """Return ``state``, Xero's, with the lines of ``plan`` and what they come to."""
    kept = [step for step in plan if step.line is not None]
    # Where nothing of Odoo's is left, all of it is Xero's, in Xero's form.
    is_theirs = not any(step.waits for step in plan)
    sides = [step.met.sides[2] if is_theirs else (step.line, step.tracking) for step in kept]
    lines, tracking = tuple(line for line, _options in sides), tuple(options for _line, options in sides)
    state = replace(state, lines=lines, tracking=tracking if any(tracking) else ())
    if not any(step.waits & (MONEY | {LINE}) for step in plan):
        return state
    tax = sum((decimal(line.tax) for line in lines), Decimal(0))
    net = sum((decimal(line.net) for line in lines), Decimal(0))
    return replace(state, tax=amount(tax), total=amount(net + tax))


def agreed_rows(plan: list[Step], now: list, before: dict) -> list[list]:
    """Return what was said of each line as if that were agreed of which Odoo has nothing to send.

    :param now: lines of what Odoo says after ``plan`` was carried out, as of ``merge.said``
    :param before: what it said at the last agreement
    """
    was = {lower(xero_id): (line_id, parts) for line_id, xero_id, parts in before["lines"]}
    kept, rows = [step for step in plan if step.line is not None], []
    for step, of_line in zip(kept, _by_line(now)):
        # A line that Xero does not have is sent as a new one.
        if step.met.theirs is None:
            continue
        if len(of_line) > 1:
            rows += [[line_id, xero_id, _waiting_part(step, parts)] for line_id, xero_id, parts in of_line if xero_id]
            continue
        [[line_id, _id, parts]] = of_line
        old = was.get(step.met.former, (0, {}))[1]
        rows.append([line_id, step.met.key, {**parts, **_waiting(step, parts, old)}])
    # What Odoo removed, or does not want, is there still.
    gone = [step.met for step in plan if step.line is None and step.met.theirs is not None]
    return rows + [[was.get(met.former, (NOBODY, {}))[0], met.key, {}] for met in gone]


def _by_line(now) -> list[list]:
    """Return the lines ``now``, the parts of each together."""
    found, before = [], 0
    for row in now:
        if row[0] and row[0] == before:
            found[-1].append(row)
        else:
            found.append([row])
        before = row[0]
    return found


def _waiting_part(step, parts) -> dict:
    """Return what is agreed of ``parts`` of a part of a line: nothing of what the line still waits to say."""
    return dict.fromkeys(parts, "") if step.waits else parts


def _waiting(step, parts, old) -> dict:
    """Return of the ``parts`` of a line what is to differ from what Odoo says, so that it is sent."""
    waits = {name for field in step.waits for name in PARTS.get(field, (field,))}
    if LINE in waits:
        return dict.fromkeys(parts, "")
    found = {}
    for name in {*parts, *old}:
        field = NAMES.get(name)
        if field in waits or field == "tax" and waits & MONEY:
            found[name] = old.get(name, "") if old.get(name) != parts.get(name) else ""
        elif field is None and name in old:
            found[name] = old[name]
    return found


# === FOR PEOPLE === #


def names_of(found: list[MetLine]) -> dict:
    """Return ``{name: (MetLine, field)}`` of everything in which the sides differ since the last agreement."""
    named = {}
    for number, met in enumerate(found, 1):
        fields = {LINE} if LINE in met.here | met.there else met.here | met.there
        for field in sorted(fields):
            if met.sides[1] != met.sides[2] or field in met.disputed:
                named[f"{PREFIX}{number}.{field}.{met.key}"] = met, field
    return named
