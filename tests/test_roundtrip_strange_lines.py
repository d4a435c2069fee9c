"""Odd lines of documents that are edited on both sides: notes, nothing, negative amounts, long texts, another order."""

from odoo import Command
from odoo.tests import tagged

from .common.kept import KeptCommon


@tagged("post_install", "-at_install")
class TestStrangeLines(KeptCommon):
    def own(self, move):
        return move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))

    def rest(self, move):
        for _turn in range(2):
            self.drain()
            self.poll()
        self.drain()
        about = (move.xero_sync_message, self.open_jobs().read(["state", "failure_detail"]))
        self.assertFalse(self.conflict_of(move), self.conflict_of(move).line_ids.mapped("label"))
        self.assertFalse(self.open_jobs(), about)
        self.assertInXero(move)
        self.assertEqual(self.here(move), self.there(move))

    def here(self, move):
        return [
            ((line.name or "").replace("\r\n", "\n").strip(), round(line.price_subtotal, 2)) for line in self.own(move)
        ]

    def there(self, move):
        element = self.in_xero(move)
        inclusive = element["LineAmountTypes"] == "Inclusive"
        return [
            (
                line["Description"].replace("\r\n", "\n").strip(),
                round(float(line.get("LineAmount") or 0) - (float(line.get("TaxAmount") or 0) if inclusive else 0), 2),
            )
            for line in element["LineItems"]
        ]

    def write(self, move, *commands):
        move.button_draft()
        move.write({"invoice_line_ids": list(commands)})
        move.action_post()

    # === BOTH SIDES === #

    ODD = {
        "note": {"display_type": "line_note", "name": "Thank you for your order"},
        "section": {"display_type": "line_section", "name": "Hardware"},
        "no price": {"name": "Free of charge", "quantity": 2, "price_unit": 0.0},
        "no quantity": {"name": "Not delivered", "quantity": 0, "price_unit": 12.0},
        "negative": {"name": "Rebate", "quantity": 1, "price_unit": -7.5},
        "back": {"name": "Taken back", "quantity": -2, "price_unit": 3.0},
        "free": {"name": "A gift", "quantity": 1, "price_unit": 40.0, "discount": 100.0},
        "long": {"name": "Long " + "text, " * 640 + "end", "quantity": 1, "price_unit": 1.0},
        "emoji": {"name": "☕ für Zoë\nline two\n\nline four 🎉", "quantity": 3, "price_unit": 0.3333},
    }

    def odd(self, name):
        values = {"tax_ids": [Command.set(self.tax_sale_a.ids)], **self.ODD[name]}
        if "display_type" in values:
            values |= {"account_id": False, "tax_ids": [Command.clear()]}
        return values

    def test_an_odd_line_among_others(self):
        """The odd line stays what it is, whoever edits the others."""
        for name in self.ODD:
            with self.subTest(name):
                taxes = {"tax_ids": [Command.set(self.tax_sale_a.ids)]}
                first = {"name": "First", "quantity": 2, "price_unit": 50.0, **taxes}
                move = self.pushed(lines=[first, self.odd(name), {**first, "name": "Third"}])
                before = self.held(move)
                odd = [*before[1]][1]
                self.edit_line(move, 0, UnitAmount=51)
                self.write(move, self.update(move, 2, price_unit=52.0))
                self.rest(move)
                self.assertEqual(self.held(move)[1][odd], before[1][odd])
                self.assertEqual([line.price_unit for line in self.own(move)][::2], [51, 52])

    def test_an_odd_line_that_is_edited_itself(self):
        """Its text in Xero, another line in Odoo; and the other way round."""
        for name in self.ODD:
            for side in ("odoo", "xero"):
                with self.subTest(name, side=side):
                    first = {
                        "name": "First",
                        "quantity": 2,
                        "price_unit": 50.0,
                        "tax_ids": [Command.set(self.tax_sale_a.ids)],
                    }
                    move = self.pushed(lines=[first, self.odd(name)])
                    if side == "xero":
                        self.edit_line(move, 1, Description="Edited\r\nthere ✏️")
                        self.write(move, self.update(move, 0, price_unit=52.0))
                    else:
                        self.edit_line(move, 0, UnitAmount=52)
                        self.write(move, self.update(move, 1, name="Edited\nthere ✏️"))
                    self.rest(move)
                    self.assertEqual(self.here(move)[0], ("First", 104.0))
                    self.assertEqual(self.here(move)[1][0], "Edited\nthere ✏️")

    def test_a_line_that_comes_to_nothing_in_xero(self):
        """And back: it stays the line that it is."""
        for values in ({"UnitAmount": 0}, {"DiscountRate": 100}):
            with self.subTest(values=values):
                move = self.pushed(lines=[(1, 10.0), (2, 20.0)])
                records = self.own(move)
                self.edit_line(move, 1, **values)
                self.rest(move)
                self.assertEqual(self.here(move), [("Line 1", 10), ("Line 2", 0)])
                self.edit_line(move, 1, UnitAmount=21, DiscountRate=0)
                self.write(move, self.update(move, 0, price_unit=11.0))
                self.rest(move)
                self.assertEqual(self.here(move), [("Line 1", 11), ("Line 2", 42)])
                self.assertEqual(self.own(move), records)

    def test_a_note_that_becomes_a_line_in_xero(self):
        move = self.pushed(lines=[(1, 10.0), self.odd("note")])
        [row] = self.in_xero_lines("out_invoice", {"Quantity": 2, "UnitAmount": 4, "Description": "Thank you"})
        self.edit_line(move, 1, **row)
        self.rest(move)
        self.assertEqual(self.here(move), [("Line 1", 10), ("Thank you", 8)])

    # === ANOTHER ORDER === #

    def test_order_changed_in_xero(self):
        for edits in (False, True):
            with self.subTest(edits=edits):
                move = self.pushed(lines=[(1, 10.0), (1, 20.0), (1, 30.0)])
                records, ids = self.own(move), list(self.held(move)[1])
                self.edit(move, LineItems=[{"LineItemID": ids[place]} for place in (2, 0, 1)])
                if edits:
                    self.write(move, self.update(move, 1, price_unit=22.0))
                self.rest(move)
                self.assertEqual(self.here(move), [("Line 3", 30), ("Line 1", 10), ("Line 2", 22 if edits else 20)])
                self.assertEqual(list(self.held(move)[1]), [ids[2], ids[0], ids[1]])
                if edits:
                    self.assertEqual(self.own(move), records[2] | records[0] | records[1], "they are the same lines")

    def test_two_lines_alike(self):
        taxes = {"tax_ids": [Command.set(self.tax_sale_a.ids)]}
        same = {"name": "Same", "quantity": 1, "price_unit": 10.0, **taxes}
        move = self.pushed(lines=[same, dict(same), dict(same)])
        ids = list(self.held(move)[1])
        self.edit_line(move, 1, UnitAmount=11)
        self.write(move, self.update(move, 2, price_unit=12.0))
        self.rest(move)
        self.assertEqual(self.here(move), [("Same", 10), ("Same", 11), ("Same", 12)])
        self.assertEqual(list(self.held(move)[1]), ids)

    def test_texts_that_are_exchanged_in_xero(self):
        move = self.pushed(lines=[(1, 10.0), (1, 20.0)])
        ids = list(self.held(move)[1])
        rows = [{"LineItemID": ids[0], "Description": "Line 2"}, {"LineItemID": ids[1], "Description": "Line 1"}]
        self.edit(move, LineItems=rows)
        self.write(move, self.update(move, 0, price_unit=11.0))
        self.rest(move)
        self.assertEqual(self.here(move), [("Line 2", 11), ("Line 1", 20)])

    def test_with_and_without_tax(self):
        """Xero's prices are shown with tax from now on: nobody changed an amount."""
        for made_in in ("odoo", "xero"):
            with self.subTest(made_in=made_in):
                if made_in == "odoo":
                    move = self.pushed(lines=[(1, 10.0), (1, 20.0)])
                    lines = [
                        {"LineItemID": one, "UnitAmount": price} for one, price in zip(self.held(move)[1], (11.5, 23))
                    ]
                    self.edit(move, LineAmountTypes="Inclusive", LineItems=lines)
                else:
                    one = {"Quantity": 1, "UnitAmount": 11.5}
                    move = self.imported("out_invoice", one, {**one, "UnitAmount": 23})
                    lines = [
                        {"LineItemID": one, "UnitAmount": price} for one, price in zip(self.held(move)[1], (10, 20))
                    ]
                    self.edit(move, LineAmountTypes="Exclusive", LineItems=lines)
                form = self.in_xero(move)["LineAmountTypes"]
                self.write(move, self.update(move, 1, price_unit=30.0))
                self.rest(move)
                self.assertEqual([net for _text, net in self.here(move)], [10, 30])
                self.assertEqual(self.in_xero(move)["LineAmountTypes"], form)

    def test_what_xero_adds_to_a_line(self):
        move = self.pushed(lines=[(1, 10.0), (1, 20.0)])
        ids = list(self.held(move)[1])
        [new] = self.in_xero_lines("out_invoice", {"Description": "Freight", "Quantity": 1, "UnitAmount": 5})
        options = [{"Name": "Department", "Option": "Sales"}]
        rows = [{"LineItemID": ids[0], "ItemCode": "WIDGET", "Tracking": options}, {"LineItemID": ids[1]}, new]
        self.edit(move, LineItems=rows)
        self.write(
            move,
            self.update(move, 0, price_unit=11.0),
            Command.create({"name": "Thanks", "display_type": "line_note"}),
        )
        self.rest(move)
        held = self.in_xero(move)["LineItems"]
        self.assertEqual((held[0]["ItemCode"], len(held[0]["Tracking"]), len(held)), ("WIDGET", 1, 4))

    def test_lines_that_a_program_writes_anew(self):
        """Without ids, as many do: what is the same line stays the same record."""
        move = self.pushed(lines=[(1, 10.0), (1, 20.0)])
        records = self.own(move)
        kept = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType")
        rows = [{name: line[name] for name in kept} for line in self.in_xero(move)["LineItems"]]
        rows[1]["UnitAmount"] = 25
        self.edit(move, LineItems=rows)
        self.write(move, self.update(move, 0, price_unit=11.0))
        self.rest(move)
        self.assertEqual(self.here(move), [("Line 1", 11), ("Line 2", 25)])
        self.assertEqual(self.own(move), records)

    def test_a_product_stays_on_its_line(self):
        product = self.env["product.product"].create({"name": "Chair", "default_code": "CHAIR"})
        taxes = {"tax_ids": [Command.set(self.tax_sale_a.ids)]}
        lines = [{"name": "Chair", "product_id": product.id, "quantity": 1, "price_unit": 10.0, **taxes}, (1, 20.0)]
        move = self.pushed(lines=lines)
        ids = list(self.held(move)[1])
        self.edit(move, LineItems=[{"LineItemID": ids[1]}, {"LineItemID": ids[0], "Description": "Chair, red"}])
        self.write(move, self.update(move, 1, price_unit=22.0))
        self.rest(move)
        self.assertEqual(self.own(move).mapped("product_id"), product)
        self.assertEqual(self.here(move), [("Line 2", 22), ("Chair, red", 10)])
