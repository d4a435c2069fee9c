"""Random edits in Odoo of a document that Xero has: of each line changes what Odoo changed, and totals agree."""

import os
import sys
from decimal import Decimal as D
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..mappers.document.merge import LineRules, agreed, changed_payload, merged, said
from ..xero_api.money import cents, included_tax, line_amount, line_tax

# Appended: the repository's other packages must not hide installed ones.
sys.path.append(str(Path(__file__).resolve().parent.parent))

from simulator.clock import Clock
from simulator.rules.lines import LineContext, build, totals
from simulator.seeding import make_organisation

EXAMPLES = int(os.environ.get("XERO_MERGE_EXAMPLES", "150"))
RATES = {"OUTPUT2": D(15), "NONE": D(0), "ZERORATED": D(0)}
# What follows from other fields of a line.
COMPUTED = ("LineAmount", "TaxAmount", "AccountID", "Item", "_discount")
TEXTS = st.sampled_from(("Tea", "Milk", "Tea, green", "Work", "-"))
ORGANISATION = make_organisation("nz", Clock())
ORGANISATION.items.put({"ItemID": "00000000-0000-0000-0000-0000000000a1", "Code": "WIDGET", "Name": "Widget"})

in_xero = st.fixed_dictionaries(
    {
        "Description": TEXTS,
        "Quantity": st.sampled_from((D(1), D(3), D("0.25"), D(7))),
        "UnitAmount": st.decimals(D("0.01"), D(400), places=2),
        "AccountCode": st.sampled_from(("200", "260")),
        "TaxType": st.sampled_from(tuple(RATES)),
    },
    optional={
        "ItemCode": st.just("WIDGET"),
        "DiscountRate": st.sampled_from((D(10), D("33.33"))),
        "Tracking": st.just([{"Name": "Department", "Option": "Sales"}]),
    },
)
in_odoo = st.one_of(
    st.tuples(st.just("text"), st.integers(0, 9), TEXTS.map(lambda text: f"{text}, edited")),
    st.tuples(st.just("price"), st.integers(0, 9), st.decimals(D("0.01"), D(900), places=2)),
    st.tuples(st.just("quantity"), st.integers(0, 9), st.sampled_from((D(2), D(5)))),
    st.tuples(st.just("account"), st.integers(0, 9), st.sampled_from(("200", "260"))),
    st.tuples(st.just("tax"), st.integers(0, 9), st.sampled_from(tuple(RATES))),
    st.tuples(st.just("remove"), st.integers(0, 9), st.none()),
    st.tuples(st.just("add"), st.integers(0, 9), TEXTS),
    st.tuples(st.just("move"), st.integers(0, 9), st.integers(0, 9)),
)
NAMES = {
    "text": "Description",
    "price": "UnitAmount",
    "quantity": "Quantity",
    "account": "AccountCode",
    "tax": "TaxType",
}


def context(form):
    return LineContext(ORGANISATION, form, approved=True, places=4, discounts=True)


def row_of(line, form, own_text):
    """Return Odoo's line for one of Xero's: as one piece where its amount includes tax, as it was imported."""
    net = line["LineAmount"] - (line["TaxAmount"] if form == "Inclusive" else 0)
    row = {
        "Description": own_text or line["Description"],
        "Quantity": line["Quantity"],
        "UnitAmount": line["UnitAmount"],
        "AccountCode": line["AccountCode"],
        "TaxType": line["TaxType"],
    }
    if form == "Inclusive" or line.get("DiscountRate"):
        row |= {"Quantity": D(1), "UnitAmount": net}
    if line_tax(net, RATES[line["TaxType"]]) != line["TaxAmount"]:
        row["TaxAmount"] = line["TaxAmount"]
    return row


def worth(rows):
    """Return what Odoo comes to."""
    nets = [(line_amount(row), row) for row in rows]
    return sum((net + row.get("TaxAmount", line_tax(net, RATES[row["TaxType"]])) for net, row in nets), D("0.00"))


def edited(rows, ids, edits):
    """Return rows and ids after ``edits``, and which fields were edited by id of the line."""
    rows, ids, touched, new = [dict(row) for row in rows], list(ids), {}, 1000
    for what, number, value in edits:
        place = number % len(rows)
        if what in NAMES:
            if rows[place][NAMES[what]] != value:
                rows[place][NAMES[what]] = value
                touched.setdefault(ids[place], set()).add(NAMES[what])
            if what in ("price", "quantity", "tax"):
                rows[place].pop("TaxAmount", None)
        elif what == "remove" and len(rows) > 1:
            del rows[place], ids[place]
        elif what == "add":
            new += 1
            row = {"Description": f"{value}, new", "Quantity": D(1), "UnitAmount": D("12.34"), "AccountCode": "200"}
            rows.insert(place, {**row, "TaxType": "OUTPUT2"})
            ids.insert(place, new)
        elif what == "move":
            other = value % len(rows)
            rows.insert(other, rows.pop(place))
            ids.insert(other, ids.pop(place))
    return rows, ids, touched


@tagged("post_install", "-at_install")
class TestMerge(BaseCase):
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        form=st.sampled_from(("Exclusive", "Inclusive", "NoTax")),
        lines=st.lists(in_xero, min_size=1, max_size=5),
        edits=st.lists(in_odoo, max_size=4),
        matched=st.booleans(),
    )
    def test_random_edits(self, form, lines, edits, matched):
        held = build(context(form), lines, [])
        element = {"LineItems": held, "LineAmountTypes": form, "Type": "ACCREC"}
        before_rows = [row_of(line, form, f"Line {place}" if matched else "") for place, line in enumerate(held)]
        before_ids = list(range(1, len(held) + 1))
        head = {"Type": "ACCREC", "LineAmountTypes": "Exclusive", "CurrencyCode": "NZD", "Status": "AUTHORISED"}
        payload = {**head, "Reference": "one", "LineItems": before_rows}
        before = agreed(said(payload, before_ids), element, payload=payload)
        self.assertEqual([xero_id for _id, xero_id, _parts in before["lines"]], [line["LineItemID"] for line in held])

        rows, ids, touched = edited(before_rows, before_ids, edits)
        payload, state = {**payload, "Reference": "two", "LineItems": rows}, said({**payload, "LineItems": rows}, ids)
        state["head"]["Reference"] = "another"
        content = changed_payload(payload, state, before)
        self.assertEqual(content["Reference"], "two")
        if rows == before_rows and ids == before_ids:
            self.assertEqual({*content}, {"Reference", "Status"}, "a head edit sends the head")
            return
        total = worth(rows)
        sent = merged(content, state, before, element, total, LineRules(RATES, frozenset()))
        now = build(context(sent["LineAmountTypes"]), sent["LineItems"], held)
        self.assertEqual(totals(now, sent["LineAmountTypes"])["Total"], total)
        whole = sent["LineAmountTypes"] != form
        self.assertTrue(not whole or form == "NoTax" or self.is_hard(form, rows), "the form stays")
        self.check_lines(held, now, rows, ids, touched, whole, form == "NoTax" and not whole)

    def is_hard(self, form, rows):
        """Whether there are amounts that Xero's form cannot hold."""
        if form == "Exclusive":
            return False
        for row in rows:
            net = line_amount(row)
            tax = row.get("TaxAmount", line_tax(net, RATES[row["TaxType"]]))
            if included_tax(net + tax, RATES[row["TaxType"]]) != tax:
                return True
        return False

    def check_lines(self, held, now, rows, ids, touched, whole, untaxed):
        """Lines are in Odoo's order by their ids, and each says what Odoo changed and else what it said."""
        old = {place + 1: line for place, line in enumerate(held)}
        self.assertEqual(len(now), len(ids))
        for line_id, row, line in zip(ids, rows, now, strict=True):
            if line_id not in old:
                self.assertNotIn(line["LineItemID"], [other["LineItemID"] for other in held])
                continue
            self.assertEqual(line["LineItemID"], old[line_id]["LineItemID"])
            fields = touched.get(line_id, set())
            for name in ("ItemCode", "Tracking"):
                self.assertEqual(line.get(name), old[line_id].get(name))
            for name in ("Description", "AccountCode", "TaxType"):
                if name in fields:
                    # A document without tax knows no other tax type.
                    self.assertEqual(line[name], "NONE" if untaxed and name == "TaxType" else row[name])
                elif not whole:
                    self.assertEqual(line[name], old[line_id][name])
            if not fields & {"Quantity", "UnitAmount", "TaxType"} and not whole:
                changed = {
                    name
                    for name in {*line, *old[line_id]}
                    if name not in COMPUTED and line.get(name) != old[line_id].get(name)
                }
                self.assertLessEqual(changed, fields)
                self.assertEqual(line["LineAmount"], old[line_id]["LineAmount"])

    def test_the_examples_of_the_issue(self):
        """3 x 9.99 with tax: another price is sent with its tax, and the three pieces stay three."""
        line = {"Description": "W", "Quantity": D(3), "UnitAmount": D("9.99"), "AccountCode": "200"}
        held = build(context("Inclusive"), [{**line, "TaxType": "OUTPUT2", "ItemCode": "WIDGET"}], [])
        element = {"LineItems": held, "LineAmountTypes": "Inclusive"}
        row = row_of(held[0], "Inclusive", "")
        payload = {"Type": "ACCREC", "LineAmountTypes": "Exclusive", "CurrencyCode": "NZD", "LineItems": [row]}
        before = agreed(said(payload, [7]), element, payload=payload)
        payload["LineItems"] = [{**row, "UnitAmount": D("60.00")}]
        sent = merged(payload, said(payload, [7]), before, element, D("69.00"), LineRules(RATES, frozenset()))
        self.assertEqual(
            sent["LineItems"],
            [{"LineItemID": held[0]["LineItemID"], "Quantity": D(3), "UnitAmount": D("23.00"), "TaxType": "OUTPUT2"}],
        )
        self.assertEqual(
            cents(D("69.00")), totals(build(context("Inclusive"), sent["LineItems"], held), "Inclusive")["Total"]
        )
