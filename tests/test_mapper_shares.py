"""Shares of lines, without any books: nothing is lost by dividing, whatever the percentages."""

import os
from decimal import Decimal as D

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..mappers.document.both_sides import LINE, agreed_rows, met_lines, steps, taken_there
from ..mappers.document.canonical import DocumentState, LineState
from ..mappers.document.merge import lines_changed, said
from ..mappers.document.money import ONE, Row, carry, choose_shape, fold_where_taxed_above_price, smallest
from ..mappers.document.parts import divided, in_pieces
from ..mappers.document.payload import payload_lines
from ..mappers.document.sheet import Sheet
from ..mappers.document.together import Sides, shares_of, shares_text, together
from ..mappers.shares import MOST_CELLS, Unclear, cells, distribution_of, divide, keys_of, suffix, without_suffix
from ..mappers.values import amount, decimal
from ..xero_api.money import predict_total

EXAMPLES = int(os.environ.get("XERO_SHARES_EXAMPLES", "1000"))
# Three accounts of either plan, and of a plan that Xero does not know.
PLAN_OF = {1: 10, 2: 10, 3: 10, 4: 20, 5: 20, 6: 20, 7: 30}
percents = st.integers(1, 10000).map(lambda value: value / 100)
one_plan = st.sampled_from(((1, 2, 3), (4, 5, 6)))


@st.composite
def distributions(draw):
    """Distributions as people type them: shares of one plan or two, apart or together, whole or not."""
    keys = draw(
        st.lists(
            st.sampled_from(["1", "2", "3", "4", "5", "6", "1,4", "2,5", "3,6", "1,5", "1,7", "7"]),
            min_size=1,
            max_size=8,
            unique=True,
        )
    )
    weights = [draw(st.integers(1, 100)) for _key in keys]
    whole = draw(st.sampled_from((100, 100, 100, 60, 99.99)))
    if draw(st.booleans()):
        # Each plan for itself.
        found = {}
        for accounts in ("123", "456"):
            mine = [(key, weight) for key, weight in zip(keys, weights) if key in accounts]
            total = sum(weight for _key, weight in mine)
            found |= {key: round(whole * weight / total, 2) for key, weight in mine}
        return found
    total = sum(weights)
    return {key: round(whole * weight / total, 2) for key, weight in zip(keys, weights)}


lines = st.fixed_dictionaries(
    {
        "steps": st.integers(-(10**8), 10**8).filter(bool),
        "percent": st.sampled_from((0, 5, 10, 15, 20, 21, D("8.25"))),
        "decimals": st.sampled_from((0, 2, 2, 3)),
        "off": st.integers(-3, 3),
        "quantity": st.sampled_from((1, 3, 7, D("2.5"))),
    }
)


def row_of(line, found):
    """Return a completed row, as it is before it is divided; its tax may be off as document rounding makes it."""
    step = smallest(line["decimals"])
    net = line["steps"] * step / (1 if abs(line["steps"]) < 10**6 else 100) // step * step or step
    row = Row("Rent", 1, (9,) if line["percent"] else (), net, D(line["quantity"]), net / line["quantity"])
    row.account_code, row.tax_type, row.percent = "429", f"T{line['percent']}", D(line["percent"])
    row.line_id = 5
    choose_shape(row, True)
    tax = (net * row.percent / 100).quantize(step)
    off = line["off"] * step if line["percent"] and abs(tax) > 5 * step and abs(net) > abs(tax) + 5 * step else 0
    carry([row], tax + off, line["decimals"])
    row.shares = [
        (cell.percent, [{"TrackingOptionID": str(account)} for account in cell.accounts if account]) for cell in found
    ]
    return row


@tagged("post_install", "-at_install")
class TestShares(BaseCase):
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(distributions(), st.lists(lines, min_size=1, max_size=5), st.booleans())
    def test_parts_come_to_the_line(self, distribution, wanted, with_suffix):
        try:
            found = cells(distribution, PLAN_OF, (10, 20))
        except Unclear:
            self.assertTrue(any(sum(self.of_plan(distribution, plan)) > 100 for plan in (10, 20)), distribution)
            return
        self.assertAlmostEqual(sum(cell.percent for cell in found), 100, delta=D("0.02"))
        for place, plan in enumerate((10, 20)):
            for account in (one for one, of_plan in PLAN_OF.items() if of_plan == plan):
                told = sum(cell.percent for cell in found if cell.accounts[place] == account)
                mine = sum(percent for ids, percent in keys_of(distribution) if account in ids)
                self.assertAlmostEqual(told, mine, delta=D("0.02"))
        for line in wanted:
            row = row_of(line, found)
            parts = divided([row], line["decimals"], lambda _taxes: ONE, with_suffix)
            self.assertEqual(sum(part.net for part in parts), row.net)
            self.assertEqual(sum(part.tax for part in parts), row.tax)
            self.assertTrue(all(part.net * row.net > 0 for part in parts))
            options = [tuple(one["TrackingOptionID"] for one in part.tracking) for part in parts]
            self.assertEqual(len({*options}), len(options))
            # What Xero makes of the lines is what it makes of the one.
            fold_where_taxed_above_price(parts)
            payload = payload_lines(Sheet(lines=parts))
            net, tax, _total = predict_total(payload, lambda tax_type: D(tax_type[1:]))
            self.assertEqual((net, tax), (row.net, row.tax))
            texts = {without_suffix(part["Description"]) for part in payload}
            if with_suffix and len(parts) > 1:
                self.assertTrue(all(part["Description"] not in texts for part in payload))
            self.assertTrue(all(text.startswith("Rent") for text in texts))

    def of_plan(self, distribution, plan):
        return [
            percent for ids, percent in keys_of(distribution) for account in ids if PLAN_OF[account] == plan
        ]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(one_plan, st.lists(st.integers(1, 10**7), min_size=1, max_size=3), st.booleans())
    def test_amounts_back_to_percentages(self, accounts, amounts, others):
        """Percentages that are worked out of parts divide the line into just these."""
        total = sum(amounts)
        if others:
            present = {"7": 100.0}
        else:
            present = {str(accounts[0]): 100.0}
        parts = [((account,), D(amount) / 100) for account, amount in zip(accounts, amounts)]
        found = distribution_of(parts, present, {one: of for one, of in PLAN_OF.items() if of != 30}, 8)
        self.assertAlmostEqual(sum(found.values()), 100, 6)
        self.assertEqual(all("7" in key.split(",") for key in found), others)
        told = cells(found, PLAN_OF, (10, 20))
        again = divide(D(total) / 100, [cell.percent for cell in told], D("0.01"))
        mine = {cell.accounts: share for cell, share in zip(told, again)}
        for (account,), share in parts:
            place = (account, 0) if PLAN_OF[account] == 10 else (0, account)
            self.assertAlmostEqual(mine.get(place, 0), share, delta=D("0.011"))

    def test_as_odoo_divides_it(self):
        """Run on Odoo 19: ``account.move.line._prepare_analytic_lines``."""
        for total, weights, told in (
            ("0.05", ("33.33", "33.33", "33.34"), ("0.01", "0.02", "0.02")),
            ("99.99", ("60", "40"), ("59.99", "40.00")),
            ("-99.99", ("60", "40"), ("-59.99", "-40.00")),
            ("0.01", ("33.33", "33.33", "33.34"), ("0", "0", "0.01")),
            ("0.01", ("50", "50"), ("0", "0.01")),
        ):
            found = divide(D(total), list(map(D, weights)), D("0.01"))
            self.assertEqual(found, list(map(D, told)))

    def test_cells(self):
        told = [(one.accounts, one.percent) for one in cells({"1": 60, "2": 40, "4": 50, "5": 50}, PLAN_OF, (10, 20))]
        self.assertEqual(told, [((1, 4), 30), ((1, 5), 30), ((2, 4), 20), ((2, 5), 20)])
        told = [(one.accounts, one.percent) for one in cells({"1,4": 50, "2": 50, "5": 50}, PLAN_OF, (10, 20))]
        self.assertEqual(told, [((1, 4), 50), ((2, 5), 50)], "what is together stays, the rest has the rest")
        told = [(one.accounts, one.percent) for one in cells({"1": 60, "99": 40, "__update__": 7}, PLAN_OF, (10,))]
        self.assertEqual(told, [((1,), 60), ((0,), 40)])
        for distribution, why in (
            ({"1": 60, "2": 41}, "over"),
            ({"1,4": 60, "5": 41}, "over"),
            ({"1,2": 100}, "over"),
            ({"1": 120, "2": -20}, "negative"),
        ):
            with self.assertRaises(Unclear) as caught:
                cells(distribution, PLAN_OF, (10, 20))
            self.assertEqual(caught.exception.why, why)
        many = dict.fromkeys(range(1, MOST_CELLS + 2), 10)
        with self.assertRaises(Unclear) as caught:
            cells({str(one): 3 for one in many}, many, (10,))
        self.assertEqual(caught.exception.why, "many")

    def test_texts(self):
        self.assertEqual(suffix(D("33.33")), " (33.33 %)")
        self.assertEqual(suffix(D(100) / 3), " (33.33 %)")
        self.assertEqual(suffix(D(20)), " (20 %)")
        self.assertEqual(without_suffix("Rent (60 %) (20 %)"), "Rent (60 %)")
        text = shares_text([("b a", "60"), ("", "30"), ("a b", "10")])
        self.assertEqual(text, "- 30 + a b 70")
        self.assertEqual(shares_of(text), [([], D(30)), (["a", "b"], D(70))])
        self.assertEqual(shares_of(shares_text([("a", "5")])), [])

    def test_items_are_counted(self):
        """Of an item that Xero has in stock as many go as Odoo sold."""
        shares = [(D(60), [{"TrackingOptionID": "n"}]), (D(40), [{"TrackingOptionID": "s"}])]
        row = Row("Chair", 1, (), D("99.99"), D(3), D("33.33"), line_id=5, shares=shares)
        parts = divided([row], 2, lambda _taxes: ONE, True)
        lines = payload_lines(Sheet(lines=parts))
        self.assertEqual([line["Quantity"] for line in lines], [1, 1])
        in_pieces(parts, lines, 4)
        self.assertEqual(sum(line["Quantity"] for line in lines), 3)
        self.assertEqual([line["Description"] for line in lines], ["Chair (60 %)", "Chair (40 %)"])
        self.assertEqual([round(line["Quantity"] * line["UnitAmount"], 2) for line in lines], [D("59.99"), D("40.00")])

    # === BOTH SIDES === #

    def document(self, wanted):
        """Return what Odoo says of lines with parts, and the state that Xero has of it.

        :param wanted: for each line amounts of its parts in cents
        """
        rows, line_ids = [], []
        for line_id, amounts in enumerate(wanted, 1):
            for number, steps_of in enumerate(amounts):
                end = f" ({number + 1} %)" if len(amounts) > 1 else ""
                row = {"Description": f"Line {line_id}{end}", "AccountCode": "200", "TaxType": "NONE"}
                row |= {"Quantity": D(1), "UnitAmount": D(steps_of) / 100}
                row["Tracking"] = [{"TrackingCategoryID": "c", "TrackingOptionID": f"o{number}"}]
                rows.append(row)
                line_ids.append(line_id)
        return said({"LineItems": rows}, line_ids), self.state(rows)

    def state(self, rows):
        lines = tuple(
            LineState(
                description=row["Description"],
                quantity="1",
                price=amount(row["UnitAmount"]),
                account=row["AccountCode"],
                tax_type=row["TaxType"],
                net=amount(row["UnitAmount"]),
            )
            for row in rows
        )
        total = amount(sum((row["UnitAmount"] for row in rows), D(0)))
        options = tuple(" ".join(one["TrackingOptionID"] for one in row["Tracking"]) for row in rows)
        return DocumentState(lines=lines, tracking=options, total=total)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(st.lists(st.integers(2, 5000), min_size=1, max_size=4), min_size=1, max_size=4),
        st.data(),
    )
    def test_edits_of_parts_meet_whole_lines(self, wanted, data):
        """Whatever people do with the parts of a line in Xero, that keeps its sum, is one line's shares."""
        now, base = self.document(wanted)
        ids = [f"id-{place}" for place in range(len(base.lines))]
        before = {**now, "lines": [[row[0], key, row[2]] for row, key in zip(now["lines"], ids)]}
        held = list(zip(ids, base.lines, base.tracking, [row[0] for row in now["lines"]]))
        touched = self.edited(held, wanted, data)
        total = amount(sum((decimal(line.net) for _key, line, _options, _line_id in held), D(0)))
        theirs = DocumentState(
            lines=tuple(one[1] for one in held), tracking=tuple(one[2] for one in held), total=total
        )
        sides = Sides(now, before, base, base, theirs, [one[0] for one in held])
        found = together(sides, {}, 2, True)
        if touched and any(one[0].startswith("new") for one in held):
            # The new line has the text that the others had.
            return
        self.assertEqual(len(found.theirs.lines), len(wanted))
        by_line = {row[0]: line for row, line in zip(found.before["lines"], found.base.lines)}
        self.assertEqual(
            {line_id: decimal(line.net) * 100 for line_id, line in by_line.items()},
            {line_id: sum(amounts) for line_id, amounts in enumerate(wanted, 1)},
        )
        self.assertFalse(lines_changed(found.now, found.before), "Odoo changed nothing")
        met = met_lines(found.now, found.before, found.base, found.ours, found.theirs, found.ids)
        self.assertIsNotNone(met)
        for one in met:
            self.assertFalse(one.here | one.disputed)
            self.assertLessEqual(one.there, {"tracking", "description"})
            self.assertNotIn(LINE, one.there)
            nets = self.nets_there(held, found.now["lines"][one.mine][0])
            told = shares_of(one.sides[2][1]) or [(one.sides[2][1].split(), sum(nets.values(), D(0)))]
            self.assertEqual({" ".join(options): net for options, net in told}, nets)
        plan = steps(met, taken_there, {})
        self.assertFalse(any(step.waits for step in plan))
        after = [[row[0], key, row[2]] for row, key in zip(now["lines"], ids)]
        self.assertEqual(len(agreed_rows(plan, self.in_order(plan, found, after), before)), len(after))

    def edited(self, held, wanted, data) -> bool:
        """Change the lines ``held`` in Xero as people do; return whether a text was changed."""
        touched = False
        for number in range(data.draw(st.integers(0, 4))):
            place = data.draw(st.integers(0, len(held) - 1))
            key, line, options, line_id = held[place]
            same = [one for one in range(len(held)) if held[one][3] == line_id and one != place]
            action = data.draw(st.sampled_from(("move", "option", "merge", "divide", "text", "reorder")))
            net = decimal(line.net)
            if action == "option":
                held[place] = key, line, data.draw(st.sampled_from(("o0", "o9", ""))), line_id
            elif action in ("move", "merge") and same and held[same[0]][0].startswith("id-"):
                other = held[same[0]]
                moved = net if action == "merge" else D(data.draw(st.integers(0, max(int(net * 100) - 1, 0)))) / 100
                held[same[0]] = other[0], self.priced(other[1], decimal(other[1].net) + moved), *other[2:]
                held[place] = key, self.priced(line, net - moved), options, line_id
                if action == "merge":
                    del held[place]
            elif action == "divide" and net >= D("0.02"):
                held[place] = key, self.priced(line, net - D("0.01")), options, line_id
                held.append((f"new-{number}", self.priced(line, D("0.01")), "o7", line_id))
            elif action == "text" and len(wanted[line_id - 1]) > 1:
                touched = True
                held[place] = key, self.priced(line, net, "By Xero (7 %)"), options, line_id
            elif action == "reorder":
                held.insert(0, held.pop(place))
        return touched

    def in_order(self, plan, found, rows):
        """Return ``rows`` of Odoo's lines in the order of ``plan``."""
        order = [found.now["lines"][step.met.mine][0] for step in plan]
        return sorted(rows, key=lambda row: order.index(row[0]))

    def nets_there(self, held, line_id):
        nets = {}
        for _key, line, options, of_line in held:
            if of_line == line_id and decimal(line.net):
                nets[options] = nets.get(options, D(0)) + decimal(line.net)
        return nets

    def priced(self, line, net, text=None):
        return LineState(
            description=text or line.description,
            quantity="1",
            price=amount(net),
            account=line.account,
            tax_type=line.tax_type,
            net=amount(net) or "0",
        )
