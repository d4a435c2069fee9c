"""What is sent of a document that Xero has: what Odoo changed since both last agreed, and nothing else. Pure.

Three sides meet by field, and by field of each line: what Odoo *said* at the last agreement, what it says now, and what
Xero holds. The first is kept in short (:func:`said`), because Odoo may say a thing otherwise than Xero: 24.98 without
tax for 3 x 9.99 with it. So a field that Odoo says as before stays in Xero as people have it there, whatever that is.
"""

import hashlib
from collections import defaultdict, deque
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from ...xero_api import codec
from ...xero_api.money import cents, included_tax, line_amount, line_tax, unit
from ..values import amount, lower, number, words
from .canonical import DocumentState, LineState, tracking_of
from .line_ids import paired

# Of an update Xero wants the status each time; where the record is to be found is told only where it moved.
ALWAYS = ("Status", "Url")
LINES = ("LineItems", "LineAmountTypes")
AMOUNTS = ("Quantity", "UnitAmount", "DiscountRate")
TAXES = ("TaxType", "TaxAmount")
# What Xero lets change of a line with money on its document (Xero: Invoices, updating paid invoices).
DETAILS = ("Description", "AccountCode", "Tracking")
# Where canonical forms keep a field of a line.
FIELDS = {
    "Description": "description",
    "AccountCode": "account",
    "Quantity": "quantity",
    "UnitAmount": "price",
    "DiscountRate": "discount",
    "TaxType": "tax_type",
    "TaxAmount": "tax",
}
MONEY = frozenset({"quantity", "price", "discount", "tax_type", "net", "tax"})
HUNDRED, ONE, ZERO = Decimal(100), Decimal(1), Decimal(0)
# In place of the place of a line that Xero does not have.
NEW = object()


# === WHAT ODOO SAID === #


def said(payload: dict, line_ids: list) -> dict:
    """Return in short what ``payload`` says of each field and line.

    :param payload: whole, as ``Outgoing`` has it
    :param line_ids: ids of Odoo's lines in the order of its ``LineItems``; 0 for what is no line there
    :return: ``{"head": {field: short}, "lines": [[Odoo's id, Xero's id, {field: short}]]}``, Xero's ids empty; what is
        agreed may also have ``"held"``, Xero's ids in the order of its lines
    """
    ids = [*line_ids, *([0] * len(payload["LineItems"]))]
    return {
        "head": {name: _short(value) for name, value in payload.items() if name not in ("LineItems", *ALWAYS)},
        "lines": [
            [line_id or 0, "", {name: _short(value) for name, value in line.items()}]
            for line_id, line in zip(ids, payload["LineItems"])
        ],
    }


def _short(value) -> str:
    if not isinstance(value, str):
        is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
        value = number(value) if is_number else codec.digest(value)
    return hashlib.blake2s(value.encode(), digest_size=4).hexdigest()


def agreed(state: dict, element: dict, before: dict | None = None, payload: dict | None = None) -> dict:
    """Return ``state``, what Odoo says now, with the ids of its lines in Xero.

    :param state: as of :func:`said`
    :param element: what Xero holds now
    :param before: what was said at the agreement before
    :param payload: whole, where its lines may be other ones than Xero's: then they are looked for
    """
    held = element.get("LineItems") or []
    ids, mine = [line.get("LineItemID") or "" for line in held], state["lines"]
    kept = [xero_id for _id, xero_id, _parts in before["lines"]] if before else []
    if before and not lines_changed(state, before) and {*kept} <= {*ids, ""}:
        found = ids if not any(kept) and _says(mine, held) else kept
    elif payload is None and len(ids) == len(mine) or payload is not None and _is_alike(payload["LineItems"], held):
        found = ids
    else:
        known = known_lines(mine, before, ids)
        pairs = paired(payload["LineItems"], held, _is_inclusive(element), known) if payload else known
        places = [pairs.get(place) for place in range(len(mine))]
        found = ["" if place is None else ids[place] for place in places]
    lines = [[line_id, xero_id, parts] for (line_id, _id, parts), xero_id in zip(mine, found)]
    # In which order Xero has them, where that is another one.
    held_there = {"held": ids} if ids != found else {}
    return {"head": state["head"], "lines": lines, **held_there}


def candidates(payload: dict, base: DocumentState, number_field: str):
    """Yield what ``payload`` may have been at the agreement ``base``, of which only a digest is known: fewest fields of
    the head changed first, all lines as they are.

    :param number_field: as of ``DocumentState.from_element``
    """
    then = {
        "Reference": base.reference,
        "DueDate": base.due_date,
        number_field: base.number,
        "Date": base.date,
        "Contact": {"ContactID": base.contact},
    }
    names = [name for name, value in then.items() if payload.get(name) != value and (value or name in payload)]
    for count in range(len(names) + 1):
        for changed in combinations(names, count):
            former = {name: then[name] for name in changed if then[name]}
            yield {**{name: value for name, value in payload.items() if name not in changed}, **former}


def _says(lines, held) -> bool:
    """Whether Odoo's ``lines``, in short, have the texts of those of Xero, in their order."""
    texts = [_short(line.get("Description") or "") for line in held]
    return [parts.get("Description", _short("")) for _line_id, _xero_id, parts in lines] == texts


def _is_alike(rows, held) -> bool:
    """Whether the lines stand in the same order: by text, the one thing that is written alike on both sides."""
    return len(rows) == len(held) and all(
        words(row.get("Description")) == words(line.get("Description")) for row, line in zip(rows, held)
    )


def lines_changed(state: dict, before: dict) -> bool:
    """Whether Odoo says otherwise of its lines, or orders them otherwise, than at the agreement ``before``."""
    told, agreed_on = ([(line_id, parts) for line_id, _id, parts in side["lines"]] for side in (state, before))
    return told != agreed_on


def head_changed(state: dict, before: dict) -> set[str]:
    """Return the fields of the head of which Odoo says otherwise than at the agreement ``before``."""
    mine, agreed_on = state["head"], before["head"]
    return {name for name in {*mine, *agreed_on} if mine.get(name) != agreed_on.get(name)}


def changed_payload(payload: dict, state: dict, before: dict) -> dict:
    """Return what of ``payload`` Odoo changed since the agreement ``before``: with all lines where one of them did,
    or the currency that they are in; without ``Type`` where none.

    :param state: what ``payload`` says, as of :func:`said`
    """
    changed = head_changed(state, before)
    head = {name: value for name, value in payload.items() if name in changed or name in ALWAYS}
    if not lines_changed(state, before) and "CurrencyCode" not in changed:
        return {name: value for name, value in head.items() if name not in LINES}
    # Lines that are sent without a rate may get that of the day.
    needed = ("Type", "CurrencyCode", "CurrencyRate", *LINES)
    return {name: value for name, value in payload.items() if name in head or name in needed}


# === LINES === #


@dataclass(frozen=True)
class LineRules:
    """What merging lines takes to know of the organisation.

    :ivar percents: effective rate in percent by Xero's TaxType
    :ivar own_categories: ids, in small letters, of the tracking categories that stand for plans of Odoo
    :ivar places: decimals that Xero keeps of unit prices
    """

    percents: dict
    own_categories: frozenset
    places: int = 4


def merged(payload: dict, state: dict, before: dict | None, element: dict, total, rules: LineRules) -> dict:
    """Return ``payload``, an update with all lines, so that it changes of ``element`` what Odoo changed.

    :param payload: with ``LineItems`` and ``Type``; it stays as it is
    :param state: what the whole payload says, as of :func:`said`
    :param before: the same at the last agreement, with Xero's ids; ``None`` where nothing is known of it
    :param element: what Xero holds
    :param total: what Xero must arrive at, ``Decimal`` in the document's currency; ``None`` for anything
    """
    merge = _LineMerge(payload, state, before, element, rules)
    content = dict(payload)
    agreed_rate = before and "CurrencyRate" not in head_changed(state, before) and element.get("CurrencyRate")
    if "CurrencyRate" in content and agreed_rate:
        content["CurrencyRate"] = agreed_rate
    lines = merge.lines(total)
    if lines is None:
        # Xero's own form would not come to Odoo's total.
        return {**content, "LineItems": merge.whole_lines()}
    return {**content, "LineAmountTypes": element.get("LineAmountTypes") or "Exclusive", "LineItems": lines}


def detailed(rows: list[dict], state: dict, before: dict | None, element: dict) -> list[dict]:
    """Return ``rows``, details of all lines of a document with money on it, without what Odoo did not change; empty
    when nothing is left.

    :param rows: ``LineItems`` as ``paid.line_details`` makes them
    """
    held = element.get("LineItems") or []
    if len(held) != len(rows):
        return rows
    ids, lines = [line.get("LineItemID") or "" for line in held], state["lines"]
    known, told = known_lines(lines, before, ids), _told(before)
    if {*known.values()} != {*range(len(ids))} or len(lines) != len(rows):
        known, told = {}, {}
    found = []
    for place, row in enumerate(rows):
        xero_id = ids[known.get(place, place)]
        old = told.get((lines[place][0] or 0, lower(xero_id))) if told else None
        kept = {name: value for name, value in row.items() if not old or lines[place][2].get(name) != old.get(name)}
        found.append({"LineItemID": xero_id, **kept})
    return found if any(len(row) > 1 for row in found) else []


def _told(before) -> dict:
    """Return what was said of each line at the agreement ``before``, by its id in Odoo and that in Xero."""
    return {(line_id or 0, lower(xero_id)): parts for line_id, xero_id, parts in (before or {"lines": ()})["lines"]}


def known_lines(lines, before, ids) -> dict:
    """Return which of Xero's lines the ``lines`` that Odoo says are, by their places, as far as the agreement
    ``before`` knows: ``None`` for a line that is new in Odoo.

    What is no line of Odoo's own, such as a note or a rounding, is known again by what it says.

    :param ids: of Xero's lines, in their order
    """
    if not before:
        return {}
    places = {lower(xero_id): place for place, xero_id in enumerate(ids) if xero_id}
    by_line, by_words, of_line = defaultdict(list), defaultdict(deque), defaultdict(list)
    for line_id, xero_id, parts in before["lines"]:
        place = places.get(lower(xero_id))
        if line_id:
            by_line[line_id].append((place, parts))
        elif place is not None:
            by_words[_key(parts)].append(place)
    found = {}
    for place, (line_id, _id, parts) in enumerate(lines):
        if line_id:
            of_line[line_id].append((place, parts))
        elif same := by_words.get(_key(parts)):
            found[place] = same.popleft()
    for line_id, rows in of_line.items():
        found |= _known_parts(rows, by_line[line_id])
    return found


def _known_parts(rows, before) -> dict:
    """Return which of Xero's lines the parts ``rows`` of one line of Odoo's are: by their options, then in order.

    :param rows: pairs of place and what is said, and in ``before`` the same at the agreement, with Xero's places
    """
    free, waiting, found = list(before), [], {}
    for place, parts in rows:
        same = next((one for one in free if one[1].get("Tracking") == parts.get("Tracking")), None)
        if same is None:
            waiting.append(place)
        else:
            free.remove(same)
            found[place] = same[0]
    for place in waiting:
        found[place] = free.pop(0)[0] if free else NEW
    return {place: None if other is NEW else other for place, other in found.items() if other is not None}


def held_ids(state: dict) -> list[str]:
    """Return the LineItemIDs that Xero held at the agreement ``state``, in their order, in small letters."""
    return [lower(xero_id) for xero_id in state.get("held") or [xero_id for _id, xero_id, _parts in state["lines"]]]


def places_again(had, base, ids, theirs) -> dict | None:
    """Return the places of lines in Xero now by their former ids; ``None`` where it cannot be told.

    Some programs write all lines of a document anew: then they are known by content.
    """
    there = {xero_id: ids.index(xero_id) for xero_id in had if xero_id in ids}
    if there or not ids:
        return there
    for key in (lambda line: line.dump().items(), lambda line: [line.description]):
        free = defaultdict(deque)
        for place, line in enumerate(theirs.lines):
            if place not in there.values() and line.description:
                free[tuple(key(line))].append(place)
        for xero_id, line in zip(had, base.lines):
            if xero_id not in there and free[tuple(key(line))]:
                there[xero_id] = free[tuple(key(line))].popleft()
    is_told = len(there) == len(had) or len(there) == len(ids)
    return there if is_told else None


def _key(parts: dict) -> tuple:
    return tuple(sorted(parts.items()))


def _is_inclusive(element) -> bool:
    return lower(element.get("LineAmountTypes")) == "inclusive"


class _LineMerge:
    """The lines of one document on their way into what Xero holds."""

    def __init__(self, payload, state, before, element, rules):
        self.rows, self.state, self.rules = payload["LineItems"], state, rules
        self.held = [line for line in element.get("LineItems") or [] if line.get("LineItemID")]
        self.inclusive = _is_inclusive(element)
        self.untaxed = lower(element.get("LineAmountTypes")) == "notax"
        ids = [line["LineItemID"] for line in self.held]
        self.pairs = paired(self.rows, self.held, self.inclusive, known_lines(state["lines"], before, ids))
        self.before = _told(before)
        # Places of lines whose amounts Odoo changed.
        self.changed = set()
        # What the lines that differ in rounding alone would be sent with, by their places.
        self.retaxed = {}
        # How much more tax was typed in Xero on lines that stay than Odoo, which knows one tax of a rate, has on them.
        self.typed = {}

    def lines(self, total) -> list[dict] | None:
        """Return the lines to send; ``None`` when Xero would not come to ``total`` with them."""
        found = [self._line(place, row) for place, row in enumerate(self.rows)]
        if None in found:
            return None
        missing = ZERO if total is None else cents(total) - cents(sum((gross for _values, gross in found), ZERO))
        if missing:
            found = self._with_cents(found, missing)
        return found and [values for values, _gross in found]

    def _with_cents(self, found, missing) -> list | None:
        """Return ``found`` with what is ``missing``: cents, which came of rounding the tax anew, or what other lines
        have by hand. It is put on a line whose amounts are sent in any case; cents also on those that Odoo has them on.
        """
        if not self.retaxed and missing != -sum(self.typed.values(), ZERO):
            return None
        types = {self.rows[place].get("TaxType") for place in self.retaxed or self.typed}
        for place, (values, gross) in enumerate(found):
            row = self.rows[place]
            if place in self.changed and row.get("TaxType") in types:
                kept_shape = (values["Quantity"], _decimal(values.get("DiscountRate")))
                shaped = self._shape(row, kept_shape, missing) if self._may_bear(row, missing) else None
                if shaped is not None:
                    kept = {name: value for name, value in values.items() if name not in (*AMOUNTS, *TAXES)}
                    line = self.held[self.pairs[place]] if place in self.pairs else {}
                    found[place] = {**kept, **_undiscounted(line, shaped)}, gross + missing
                    return found
        for place, values in self.retaxed.items():
            if values is None:
                return None
            kept, gross = found[place]
            kept = {name: value for name, value in kept.items() if name not in (*AMOUNTS, *TAXES)}
            net, tax = self._amounts(self.rows[place])
            missing -= net + tax - gross
            found[place] = {**kept, **values}, net + tax
        return None if missing else found

    def _may_bear(self, row, more) -> bool:
        """Whether Xero takes the tax of ``row`` with ``more``: of the direction of the net, and not above it."""
        net, tax = self._amounts(row)
        return (tax + more) * net >= 0 and abs(tax + more) <= abs(net)

    def whole_lines(self) -> list[dict]:
        """Return the lines as Odoo has them, each as the line of Xero's that it is."""
        found = []
        for place, row in enumerate(self.rows):
            line = self.held[self.pairs[place]] if place in self.pairs else None
            values = {name: value for name, value in row.items() if name != "Tracking"}
            if line is None:
                found.append(row)
            elif line_amount(row) is None:
                found.append({"LineItemID": line["LineItemID"], **values})
            else:
                values = {**_undiscounted(line, values), **self._tracking(place, row, line)}
                found.append({"LineItemID": line["LineItemID"], **values})
        return found

    def _line(self, place, row) -> tuple[dict, Decimal] | None:
        """Return what is sent of a row and what Xero makes of the line, tax included."""
        ours = self._amounts(row)
        if place not in self.pairs:
            if ours is None:
                return row, ZERO
            shaped = self._shape(row, ())
            self.changed.add(place)
            rest = {name: value for name, value in row.items() if name not in (*AMOUNTS, *TAXES)}
            return None if shaped is None else ({**rest, **shaped}, sum(ours))
        line = self.held[self.pairs[place]]
        values = {"LineItemID": line["LineItemID"]}
        for name in row:
            if name not in (*AMOUNTS, *TAXES, "Tracking") and self._differs(place, row, line, name):
                values[name] = row[name]
        if ours is None:
            return values, ZERO
        values |= self._tracking(place, row, line)
        money = self._money(place, row, line, ours)
        if money is None:
            return None
        changed, gross = money
        return {**values, **changed}, gross

    def _amounts(self, row) -> tuple[Decimal, Decimal] | None:
        """Return what Odoo has of a row: without tax, and the tax; ``None`` for one that only says something."""
        net = line_amount(row)
        if net is None:
            return None
        if row.get("TaxAmount") is not None:
            return net, cents(row["TaxAmount"])
        return net, line_tax(net, self.rules.percents.get(row.get("TaxType"), ZERO))

    def _held_amounts(self, line) -> tuple[Decimal, Decimal]:
        gross = cents(_decimal(line.get("LineAmount")))
        tax = ZERO if self.untaxed else cents(_decimal(line.get("TaxAmount")))
        return (gross - tax if self.inclusive else gross), tax

    # === WHAT DIFFERS === #

    def _said(self, place, line) -> dict | None:
        line_id = self.state["lines"][place][0] or 0
        return self.before.get((line_id, lower(line["LineItemID"]))) or None

    def _differs(self, place, row, line, name) -> bool:
        """Whether Odoo changed a field of a line; where that is not known, whether it says otherwise than Xero."""
        before = self._said(place, line)
        if before is not None:
            return self.state["lines"][place][2].get(name) != before.get(name)
        if name not in row:
            return False
        mine, theirs = row.get(name), line.get(name)
        if isinstance(mine, str):
            return words(mine) != words(theirs)
        return amount(mine) != amount(theirs)

    def _amounts_differ(self, place, row, line, ours) -> bool:
        if self._said(place, line) is not None:
            return any(self._differs(place, row, line, name) for name in AMOUNTS)
        if ours != self._held_amounts(line):
            return True
        # One piece is what an amount becomes that Odoo and Xero arrive at differently.
        one_piece = _decimal(row.get("Quantity")) == 1 and not _decimal(row.get("DiscountRate"))
        return not one_piece and any(amount(row.get(name)) != amount(line.get(name)) for name in AMOUNTS[::2])

    # === AMOUNTS === #

    def _money(self, place, row, line, ours) -> tuple[dict, Decimal] | None:
        """Return the amounts and taxes to send of a line, and what it comes to."""
        theirs = self._held_amounts(line)
        taxed = self._differs(place, row, line, "TaxType")
        told = self._said(place, line) is not None and self._differs(place, row, line, "TaxAmount")
        if self._amounts_differ(place, row, line, ours) or (taxed and self.inclusive):
            shaped = self._shape(row, self._kept(place, row, line))
            self.changed.add(place)
            return None if shaped is None else (_undiscounted(line, shaped), sum(ours))
        if not taxed and (not told or ours[1] == theirs[1]):
            if ours[0] == theirs[0] and ours[1] != theirs[1]:
                self.typed[place] = theirs[1] - ours[1]
            return self._repeated(line, theirs[1]), sum(theirs)
        values = self._taxes(row, line, ours, theirs, taxed)
        if taxed:
            return None if values is None else (values, sum(ours))
        # The tax of a document is rounded anew with each change: the cents may find another place.
        self.retaxed[place] = values
        return self._repeated(line, theirs[1]), sum(theirs)

    def _repeated(self, line, tax) -> dict:
        """Return the amounts of a line that does not change. Xero keeps what it is not sent; a tax above the price of
        one piece might be refused as if it was sent: there the amounts are, which Xero computes the same tax of.
        """
        own = self._xero_tax(cents(_decimal(line.get("LineAmount"))), line.get("TaxType"))
        if abs(tax) <= abs(_decimal(line.get("UnitAmount"))) or own != tax:
            return {}
        names = ("Quantity", "UnitAmount", "TaxType", "DiscountRate", "DiscountAmount")
        return {name: line[name] for name in names if line.get(name) is not None}

    def _taxes(self, row, line, ours, theirs, taxed) -> dict | None:
        if self.untaxed:
            return None if ours[1] else {}
        if abs(ours[1]) > abs(_decimal(line.get("UnitAmount"))) or self.inclusive or ours[0] != theirs[0]:
            # Xero takes no tax above the price of one piece.
            shaped = self._shape(row, ())
            return None if shaped is None else _undiscounted(line, shaped)
        return {**({"TaxType": row.get("TaxType")} if taxed else {}), "TaxAmount": ours[1]}

    def _kept(self, place, row, line) -> tuple:
        """Return quantity and discount that Xero's line keeps where Odoo changed only the rest."""
        if self._said(place, line) is None:
            return ()
        quantity, discount = (
            row.get(name) if self._differs(place, row, line, name) else line.get(name) for name in AMOUNTS[::2]
        )
        return _decimal(quantity), _decimal(discount)

    def _shape(self, row, kept, more=ZERO) -> dict | None:
        """Return quantity, price and tax with which Xero comes to Odoo's amounts of ``row``, in the form of the
        document: first with what is ``kept`` of Xero's, then as Odoo has it, then as one piece.

        :param more: cents to add to the tax
        """
        net, tax = self._amounts(row)
        tax += more
        worth = net + tax if self.inclusive else net
        own = _decimal(row.get("Quantity")), _decimal(row.get("DiscountRate"))
        for quantity, discount in dict.fromkeys(filter(None, (kept, own, (ONE, ZERO)))):
            price = self._price(row, worth, quantity, discount, own)
            if price is None:
                continue
            values = {"Quantity": quantity, "UnitAmount": price, "TaxType": row.get("TaxType")}
            if discount:
                values["DiscountRate"] = discount
            if self._xero_tax(worth, row.get("TaxType")) != tax:
                if abs(tax) > abs(price) or self.untaxed:
                    continue
                values["TaxAmount"] = tax
            return values
        return None

    def _price(self, row, worth, quantity, discount, own) -> Decimal | None:
        share = quantity * (HUNDRED - discount) / HUNDRED
        if not self.inclusive and (quantity, discount) == own:
            return row["UnitAmount"]
        if not share:
            return None
        price = unit(round(worth / share, self.rules.places))
        return price if cents(quantity * price * (HUNDRED - discount) / HUNDRED) == worth else None

    def _xero_tax(self, worth, tax_type) -> Decimal:
        if self.untaxed:
            return cents(ZERO)
        percent = self.rules.percents.get(tax_type, ZERO)
        return included_tax(worth, percent) if self.inclusive else line_tax(worth, percent)

    # === TRACKING === #

    def _tracking(self, place, row, line) -> dict:
        """Return the tracking to send where Odoo changed it, with the categories that Odoo knows nothing of.

        Xero takes two options a line (Xero: Invoices, Tracking).
        """
        held, own = line.get("Tracking") or [], row.get("Tracking") or []
        foreign = [part for part in held if lower(part.get("TrackingCategoryID")) not in self.rules.own_categories]
        if self._said(place, line) is not None:
            if not self._differs(place, row, line, "Tracking"):
                return {}
        elif not own or _options(own) == _options(part for part in held if part not in foreign):
            return {}
        kept = [
            {name: part[name] for name in ("TrackingCategoryID", "TrackingOptionID") if part.get(name)}
            for part in foreign
            if part.get("TrackingOptionID")
        ]
        return {"Tracking": [*own, *kept][:2]}


def _options(parts) -> set:
    return {lower(part.get("TrackingOptionID")) for part in parts}


def _undiscounted(line: dict, values: dict) -> dict:
    """Return ``values`` of a line with its discount in Xero emptied in words: Xero keeps what it is not sent."""
    emptied = {name: 0 for name in ("DiscountRate", "DiscountAmount") if amount(line.get(name)) and name not in values}
    return {**values, **emptied}


def _decimal(value) -> Decimal:
    return Decimal(str(value or 0))


# === WHAT XERO SAVED === #


def lines_saved(rows: list[dict], element: dict, base: DocumentState) -> bool:
    """Whether the lines of ``element`` are what Xero makes of ``rows``, and only of them.

    :param rows: ``LineItems`` as they were sent
    :param base: what Xero held before
    """
    held, inclusive = element.get("LineItems") or [], _is_inclusive(element)
    if len(held) != len(rows):
        return False
    options = tracking_of(held) or [""] * len(held)
    states = [LineState.from_element(line, inclusive) for line in held]
    by_id = {lower(line.get("LineItemID")): place for place, line in enumerate(held)}
    sent = {lower(row["LineItemID"]) for row in rows if row.get("LineItemID")}
    new = deque(place for xero_id, place in by_id.items() if xero_id not in sent)
    before = _Unsent(base)
    for row in rows:
        is_new = not row.get("LineItemID")
        place = (new.popleft() if new else None) if is_new else by_id.get(lower(row["LineItemID"]))
        if place is None or not _is_told(row, states[place], options[place]):
            return False
        if not is_new and not before.has(row, states[place], options[place]):
            return False
    return True


def _is_told(row, state, options) -> bool:
    """Whether a line says what was sent of it."""
    if "Tracking" in row and (tracking_of([row]) or [""])[0] != options:
        return False
    return all(
        (words if name in ("Description", "AccountCode", "TaxType") else amount)(row[name]) == getattr(state, field)
        for name, field in FIELDS.items()
        if row.get(name) is not None
    )


class _Unsent:
    """The lines of an agreement, by what is not sent of a line."""

    def __init__(self, base):
        self._lines = list(zip(base.lines, base.tracking or [""] * len(base.lines)))
        self._known = {}

    def has(self, row, state, options) -> bool:
        """Whether one of them is ``state`` in all that is not sent by ``row``."""
        sent = frozenset(FIELDS[name] for name in row if name in FIELDS)
        names = [name for name in ("description", "account") if name not in sent]
        names += [name for name in MONEY if not sent & MONEY]
        key = (*names, "Tracking" not in row)
        if key not in self._known:
            self._known[key] = {self._unsent(names, line, told, row) for line, told in self._lines}
        return self._unsent(names, state, options, row) in self._known[key]

    def _unsent(self, names, line, options, row) -> tuple:
        return *(getattr(line, name) for name in names), None if "Tracking" in row else options
