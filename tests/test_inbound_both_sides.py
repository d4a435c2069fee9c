"""Lines that are edited in Odoo and in Xero: each edit reaches the other side, or exactly it is asked about."""

from odoo import Command
from odoo.tests import tagged

from .common.kept import KeptCommon

KINDS = ("out_invoice", "in_invoice", "out_refund", "in_refund")


@tagged("post_install", "-at_install")
class TestBothSides(KeptCommon):
    def rest(self, move, seen_by="push"):
        if seen_by == "poll":
            self.fetch("CreditNote" if move.move_type.endswith("refund") else "Invoice", move.xero_invoice_id)
        self.drain()
        self.poll()
        self.drain()

    def write(self, move, *commands, **values):
        move.button_draft()
        move.write({**values, "invoice_line_ids": list(commands)} if commands else values)
        move.action_post()

    def lines(self, move):
        return move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))

    def assertMerged(self, move):
        self.assertFalse(self.conflict_of(move), self.conflict_of(move).line_ids.mapped("label"))
        self.assertFalse(self.open_jobs(), self.open_jobs().read(["state", "failure_detail"]))
        self.assertInXero(move)
        here = [(line.name, round(line.price_subtotal, 2)) for line in self.lines(move)]
        there = [
            (
                line["Description"],
                round(
                    float(line["LineAmount"])
                    - (float(line["TaxAmount"]) if self.in_xero(move)["LineAmountTypes"] == "Inclusive" else 0),
                    2,
                ),
            )
            for line in self.in_xero(move)["LineItems"]
        ]
        self.assertEqual(here, there)

    def test_different_lines(self):
        for move_type in KINDS:
            for made_in in ("odoo", "xero"):
                for seen_by in ("push", "poll"):
                    with self.subTest(move_type=move_type, made_in=made_in, seen_by=seen_by):
                        if made_in == "xero":
                            move = self.imported(move_type, {"ItemCode": "WIDGET"}, {"Description": "Two"})
                        else:
                            self.number += 1
                            move = self.pushed(move_type, [(2, 10.0), (1, 20.0)], ref=f"B-{self.number}")
                        before = self.held(move)
                        first, second = before[1]
                        self.edit_line(move, 1, Description="By Xero", UnitAmount=23.0, Quantity=1)
                        self.write(move, self.update(move, 0, price_unit=60.0))
                        self.rest(move, seen_by)
                        self.assertMerged(move)
                        after = self.held(move)[1]
                        self.assertEqual(list(after), [first, second])
                        self.assertEqual(after[second]["Description"], "By Xero")
                        self.assertEqual(after[second]["UnitAmount"], 23)
                        self.assertEqual(after[first].get("ItemCode"), before[1][first].get("ItemCode"))
                        self.assertEqual(self.lines(move).mapped("name")[1], "By Xero")

    def test_different_fields_of_one_line(self):
        tax = [Command.set([])]
        cases = (
            ({"name": "By Odoo"}, {"UnitAmount": 77}),
            ({"price_unit": 77}, {"Description": "By Xero"}),
            ({"price_unit": 77}, {"Quantity": 5}),
            ({"quantity": 5}, {"UnitAmount": 77}),
            ({"quantity": 5}, {"TaxType": "NONE"}),
            ({"tax_ids": tax}, {"UnitAmount": 77}),
            ({"discount": 10}, {"UnitAmount": 77}),
            ({"price_unit": 77}, {"Tracking": [{"Name": "Department", "Option": "Sales"}]}),
            ({"price_unit": 77}, {"ItemCode": "GADGET"}),
        )
        for values, theirs in cases:
            with self.subTest(values=values, theirs=theirs):
                move = self.pushed(lines=[(2, 10.0), (1, 20.0)])
                self.edit_line(move, 0, **theirs)
                self.write(move, self.update(move, 0, **values))
                self.rest(move)
                self.assertMerged(move)
                line, held = self.lines(move)[0], self.in_xero(move)["LineItems"][0]
                for name, value in values.items():
                    self.assertEqual([Command.set(line[name].ids)] if name == "tax_ids" else line[name], value)
                for name, value in theirs.items():
                    if name != "Tracking":
                        self.assertEqual(held[name], value, name)
                self.assertEqual(len(held["Tracking"]), 1 if "Tracking" in theirs else 0)

    def test_lines_that_come_and_go(self):
        for what in ("xero adds", "xero removes", "odoo adds", "odoo removes", "both add", "both add the same"):
            with self.subTest(what):
                move = self.pushed(lines=[(2, 10.0), (1, 20.0), (3, 30.0)])
                ids = list(self.held(move)[1])
                rows = [{"LineItemID": one} for one in ids]
                [new] = self.in_xero_lines("out_invoice", {"Description": "New there", "Quantity": 1, "UnitAmount": 5})
                taxes = {"tax_ids": [Command.set(self.tax_sale_a.ids)]}
                mine = Command.create({"name": "New here", "price_unit": 7, **taxes})
                same = Command.create({"name": "New there", "price_unit": 5, **taxes})
                edit_here = self.update(move, 0, price_unit=60.0)
                edit_there = [{"LineItemID": ids[0], "Description": "By Xero"}, *rows[1:]]
                if what == "xero adds":
                    self.edit(move, LineItems=[rows[0], new, *rows[1:]])
                    self.write(move, edit_here)
                elif what == "xero removes":
                    self.edit(move, LineItems=rows[:2])
                    self.write(move, edit_here)
                elif what == "odoo adds":
                    self.edit(move, LineItems=edit_there)
                    self.write(move, mine)
                elif what == "odoo removes":
                    self.edit(move, LineItems=edit_there)
                    self.write(move, Command.delete(self.lines(move)[2].id))
                else:
                    self.edit(move, LineItems=[*rows, new])
                    self.write(move, same if "same" in what else mine)
                self.rest(move)
                self.assertMerged(move)
                count = {"xero removes": 2, "odoo removes": 2, "both add": 5}.get(what, 4)
                self.assertEqual(len(self.lines(move)), count)
                kept = ids[:2] if "removes" in what else ids
                self.assertEqual([one for one in self.held(move)[1] if one in ids], kept)

    def test_the_same_field_of_a_line_is_asked_about(self):
        """Just that is: what else either side changed comes together, whoever wins."""
        for side in ("odoo", "xero"):
            for by in ("person", "policy"):
                with self.subTest(side=side, by=by):
                    self.connection.conflict_documents = "ask" if by == "person" else side
                    move = self.pushed(lines=[(2, 10.0), (1, 20.0), (3, 30.0)])
                    ids = list(self.held(move)[1])
                    self.edit(
                        move,
                        DueDate="2026-08-01",
                        LineItems=[
                            {"LineItemID": ids[0], "Description": "By Xero"},
                            {"LineItemID": ids[1], "UnitAmount": 25},
                            {"LineItemID": ids[2]},
                        ],
                    )
                    self.write(
                        move,
                        self.update(move, 0, name="By Odoo"),
                        self.update(move, 2, price_unit=33.0),
                    )
                    self.rest(move)
                    conflict = self.conflict_of(move)
                    found = {line.label: (line.base, line.odoo, line.xero) for line in conflict.line_ids}
                    self.assertEqual(found["Line 1: Description"], ("Line 1", "By Odoo", "By Xero"))
                    self.assertEqual(
                        {*found}, {"Line 1: Description", "Line 2: Unit price", "Line 3: Unit price", "Due date"}
                    )
                    if by == "person":
                        self.assertEqual(conflict.state, "open")
                        disputed = conflict.line_ids.filtered(lambda line: line.label == "Line 1: Description")
                        disputed.choice = side
                        conflict.action_settle()
                        self.rest(move)
                    self.assertEqual(conflict.state, "settled")
                    self.assertInXero(move)
                    self.assertFalse(self.open_jobs())
                    text = "By Odoo" if side == "odoo" else "By Xero"
                    here = [(line.name, line.price_unit) for line in self.lines(move)]
                    there = [(line["Description"], line["UnitAmount"]) for line in self.in_xero(move)["LineItems"]]
                    self.assertEqual(here, [(text, 10), ("Line 2", 25), ("Line 3", 33)])
                    self.assertEqual(there, here)
                    self.assertEqual(str(move.invoice_date_due), "2026-08-01")
                    self.assertEqual(list(self.held(move)[1]), ids)

    def test_odoos_side_waits_while_xero_changes_again(self):
        """What a person kept is sent, or asked about anew; it is never dropped for what Xero changed meanwhile."""
        elsewhere = {"DueDate": "2026-08-01"}
        for again, asks in ((elsewhere, False), ({"Description": "By Xero again"}, True)):
            for seen_by in ("push", "poll"):
                with self.subTest(again=again, seen_by=seen_by):
                    move = self.pushed(lines=[(2, 10.0), (1, 20.0)])
                    self.edit_line(move, 0, Description="By Xero", UnitAmount=11)
                    self.write(move, self.update(move, 0, name="By Odoo", price_unit=12.0))
                    self.rest(move)
                    self.conflict_of(move).action_take_odoo()
                    if asks:
                        self.edit_line(move, 0, **again)
                    else:
                        self.edit(move, **again)
                    self.rest(move, seen_by)
                    if asks:
                        self.assertEqual(self.conflict_of(move).state, "open")
                        self.conflict_of(move).action_take_odoo()
                        self.rest(move)
                    else:
                        self.assertEqual(str(move.invoice_date_due), elsewhere["DueDate"])
                    self.assertEqual(self.conflict_of(move).state, "settled")
                    held = self.in_xero(move)["LineItems"][0]
                    self.assertEqual((held["Description"], held["UnitAmount"]), ("By Odoo", 12))
                    self.assertEqual(self.lines(move)[0].name, "By Odoo")
                    self.assertInXero(move)
                    self.assertFalse(self.open_jobs())

    def test_a_whole_side_of_lines(self):
        for side in ("odoo", "xero"):
            with self.subTest(side):
                self.connection.conflict_documents = "ask"
                move = self.pushed(lines=[(2, 10.0), (1, 20.0), (3, 30.0)])
                ids = list(self.held(move)[1])
                self.edit(move, LineItems=[{"LineItemID": ids[0], "UnitAmount": 11}, {"LineItemID": ids[1]}])
                self.write(move, self.update(move, 0, price_unit=12.0), self.update(move, 1, name="By Odoo"))
                self.rest(move)
                conflict = self.conflict_of(move)
                self.assertEqual(conflict.state, "open")
                getattr(conflict, f"action_take_{side}")()
                self.rest(move)
                wanted = [("Line 1", 12), ("By Odoo", 20), ("Line 3", 30)]
                wanted = wanted if side == "odoo" else [("Line 1", 11), ("Line 2", 20)]
                self.assertEqual([(line.name, line.price_unit) for line in self.lines(move)], wanted)
                there = [(line["Description"], line["UnitAmount"]) for line in self.in_xero(move)["LineItems"]]
                self.assertEqual(there, wanted)
                self.assertInXero(move)

    def test_removed_here_and_edited_there(self):
        for side in ("odoo", "xero"):
            for removed_in in ("odoo", "xero"):
                with self.subTest(side=side, removed_in=removed_in):
                    move = self.pushed(lines=[(2, 10.0), (1, 20.0)])
                    ids = list(self.held(move)[1])
                    if removed_in == "xero":
                        self.edit(move, LineItems=[{"LineItemID": ids[0]}])
                        self.write(move, self.update(move, 1, price_unit=33.0))
                    else:
                        self.edit_line(move, 1, UnitAmount=33.0)
                        self.write(move, Command.delete(self.lines(move)[1].id))
                    self.rest(move)
                    conflict = self.conflict_of(move)
                    self.assertEqual(conflict.line_ids.mapped("label"), ["Line 2: Whole line"])
                    getattr(conflict, f"action_take_{side}")()
                    self.rest(move)
                    wanted = [("Line 1", 10)] + ([("Line 2", 33)] if side != removed_in else [])
                    self.assertEqual([(line.name, line.price_unit) for line in self.lines(move)], wanted)
                    there = [(line["Description"], line["UnitAmount"]) for line in self.in_xero(move)["LineItems"]]
                    self.assertEqual(there, wanted)
                    self.assertInXero(move)

    def test_answers_that_are_lost(self):
        for kind, options in (("drop_after", {}), ("error", {"status": 500, "saved": True}), ("drop_before", {})):
            with self.subTest(kind):
                move = self.pushed(lines=[(2, 10.0), (1, 20.0)])
                self.edit_line(move, 1, UnitAmount=25)
                self.write(move, self.update(move, 0, price_unit=11.0))
                self.simulator.fault(kind, method="POST", resource="Invoices", **options)
                self.drain()
                for _turn in range(3):
                    self.resume()
                    self.rest(move)
                self.assertMerged(move)
                self.assertEqual(self.lines(move).mapped("price_unit"), [11, 25])

    def test_a_draft_again_takes_what_xero_changed(self):
        move = self.pushed(lines=[(2, 10.0), (1, 20.0)])
        move.button_draft()
        move.write({"invoice_line_ids": [self.update(move, 0, price_unit=11.0)]})
        self.edit_line(move, 1, UnitAmount=25)
        self.rest(move)
        self.assertEqual((move.state, self.lines(move).mapped("price_unit")), ("draft", [11, 25]))
        move.action_post()
        self.rest(move)
        self.assertMerged(move)
