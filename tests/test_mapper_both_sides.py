"""Random edits of the lines of a document in Odoo and in Xero: each arrives, exactly what both changed is disputed."""

import os
from decimal import Decimal as D

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..mappers.document.both_sides import agreed_rows, met_lines, names_of, steps, taken_there, wanted
from ..mappers.document.canonical import DocumentState, LineState
from ..mappers.document.merge import head_changed, lines_changed, said
from ..mappers.values import amount, decimal
from ..xero_api.money import cents, line_tax

EXAMPLES = int(os.environ.get("XERO_MERGE_EXAMPLES", "300"))
RATES = {"OUTPUT2": D(15), "NONE": D(0)}
FIELDS = ("description", "account", "tax_type", "quantity", "price")
VALUES = {
    "description": st.sampled_from(("Tea", "Milk", "Work", "Multi\nline", "☕ émoji")),
    "account": st.sampled_from(("200", "260", "400")),
    "tax_type": st.sampled_from(tuple(RATES)),
    "quantity": st.sampled_from(("1", "3", "-2", "0.25")),
    "price": st.integers(1, 40000).map(lambda value: amount(D(value) / 100)),
}
rows = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=5)
edits = st.lists(
    st.one_of(
        *(st.tuples(st.just(name), st.integers(0, 4), values) for name, values in VALUES.items()),
        st.tuples(st.just("remove"), st.integers(0, 4), st.none()),
        st.tuples(st.just("add"), st.integers(0, 4), st.fixed_dictionaries(VALUES)),
    ),
    max_size=4,
)


def line_of(row) -> LineState:
    net = cents(D(row["quantity"]) * D(row["price"]))
    tax = line_tax(net, RATES[row["tax_type"]])
    return LineState(**{name: row[name] for name in FIELDS}, net=amount(net), tax=amount(tax))


def state_of(side) -> DocumentState:
    lines = tuple(line_of(row) for _key, row in side)
    tax = sum((decimal(line.tax) for line in lines), D(0))
    return DocumentState(
        lines=lines, tax=amount(tax), total=amount(tax + sum((decimal(line.net) for line in lines), D(0)))
    )


def said_of(side, keys) -> dict:
    payload = [
        {
            "Description": row["description"],
            "AccountCode": row["account"],
            "TaxType": row["tax_type"],
            "Quantity": D(row["quantity"]),
            "UnitAmount": D(row["price"]),
        }
        for _key, row in side
    ]
    return said({"LineItems": payload}, [keys[key] for key, _row in side])


def edited(side, changes, prefix):
    """Return ``side`` after ``changes``: pairs (key of the line, its fields)."""
    found = [(key, dict(row)) for key, row in side]
    for number, (what, place, value) in enumerate(changes):
        # What is new has a text of its own: alike on both sides it would be one line.
        known = [pair for pair in found if pair[0].startswith("id-")]
        if what == "add":
            found.insert(min(place, len(found)), (f"{prefix}{number}", {**value, "description": f"{prefix} {number}"}))
        elif known and what == "remove":
            found.remove(known[place % len(known)])
        elif known:
            known[place % len(known)][1][what] = value
    return found


@tagged("post_install", "-at_install")
class TestBothSidesOfLines(BaseCase):
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows, edits, edits, st.booleans())
    def test_every_edit_arrives_or_is_asked_about(self, first, here, there, keep):
        base = [(f"id-{place}", row) for place, row in enumerate(first)]
        ours, theirs = edited(base, here, "odoo"), edited(base, there, "xero")
        keys = {key: number for number, key in enumerate({key for key, _row in base + ours}, 1)}
        now, then = said_of(ours, keys), said_of(base, keys)
        before = {**then, "lines": [[row[0], key, row[2]] for row, (key, _row) in zip(then["lines"], base)]}
        ids = [key for key, _row in theirs]
        found = met_lines(now, before, state_of(base), state_of(ours), state_of(theirs), ids)
        if found is None:
            # All lines were taken out there and others put in: programs that write lines anew do the same.
            self.assertFalse({*ids} & {key for key, _row in base})
            return
        was, mine, other = dict(base), dict(ours), dict(theirs)
        disputed = {met.key: met.disputed for met in found if met.disputed}
        self.assertEqual({*disputed}, {key for key in was if self.meet(was[key], mine.get(key), other.get(key))})
        named = {(met.key, field) for met, field in names_of(found).values()}
        self.assertLessEqual({(key, field) for key, fields in disputed.items() for field in fields}, named)

        def taken(met):
            return taken_there(met) | (frozenset() if keep else met.disputed)

        plan = steps(found, taken, RATES)
        result = wanted(state_of(theirs), plan)
        by_key = {}
        for step in plan:
            if step.line:
                key = next((key for key, _row in ours if str(keys[key]) == step.met.key), step.met.key)
                by_key[key] = step.line
        for key in {*was, *mine, *other}:
            sides = was.get(key), mine.get(key), other.get(key)
            told = self.merged(*sides, keep)
            self.assertEqual(by_key.get(key), told and line_of(told), (key, sides))
        self.assertEqual(decimal(result.tax), sum((decimal(line.tax) for line in result.lines), D(0)))
        # What is left to be sent is what Odoo has otherwise than Xero.
        after = said({"LineItems": []}, [])
        after["lines"] = [
            [keys.get(next((key for key in by_key if by_key[key] is step.line), ""), 99), "", {"Description": "x"}]
            for step in plan
            if step.line
        ]
        told = {**before, "lines": agreed_rows(plan, after["lines"], before)}
        is_apart = list(result.lines) != [line_of(row) for _key, row in theirs]
        self.assertTrue(lines_changed(after, told) or not is_apart)
        self.assertFalse(head_changed(after, told))

    def meet(self, was, mine, other) -> bool:
        if was is None or (mine is None and other is None):
            return False
        if mine is None or other is None:
            return (other or mine) != was
        return any(was[name] not in (mine[name], other[name]) and mine[name] != other[name] for name in FIELDS)

    def merged(self, was, mine, other, keep):
        """Return what a line becomes: each field of the side that changed it; where both did, of Odoo if ``keep``."""
        if was is None:
            return mine or other
        if mine is None or other is None:
            changed = (mine or other) not in (None, was)
            return (mine if keep else other) if changed else None
        return {
            name: mine[name]
            if other[name] == was[name] or (keep and mine[name] != was[name])
            else other[name]
            for name in FIELDS
        }
