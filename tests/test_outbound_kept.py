"""What nobody changed survives: of a document that Xero has, only what Odoo changed is sent, field by field."""

from odoo import Command
from odoo.tests import tagged

from .common.kept import KeptCommon
from .common.matching import MatchCommon

KINDS = ("out_invoice", "in_invoice", "out_refund", "in_refund")


@tagged("post_install", "-at_install")
class TestKept(KeptCommon):
    # === THE HEAD === #

    def head_edits(self, move_type):
        """Yield what an accountant changes of a head, and the field of Xero that it is."""
        number = "CreditNoteNumber" if move_type.endswith("refund") else "InvoiceNumber"
        yield {"ref": "ours"}, "Reference" if move_type.startswith("out_") else number
        if not move_type.endswith("refund"):
            yield {"invoice_date_due": "2026-05-20", "invoice_payment_term_id": False}, "DueDate"

    def test_a_head_edit_sends_the_head(self):
        """Item, inclusive prices, quantities, discount, text and what else Xero alone knows stay, and so do ids."""
        for move_type in KINDS:
            discount = {"DiscountRate": 10} if move_type == "out_invoice" else {}
            lines = (
                {"ItemCode": "WIDGET", "Tracking": [{"Name": "Department", "Option": "Sales"}]},
                "A note only",
                {"Description": "Odd", "Quantity": 7, "UnitAmount": 0.3333, **discount},
            )
            for values, field in self.head_edits(move_type):
                with self.subTest(move_type=move_type, field=field):
                    move = self.imported(move_type, *lines)
                    before = self.held(move)
                    if "ref" in values:
                        move.write(values)
                        self.drain()
                    else:
                        self.rework(move, **values)
                    self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
                    self.assertChanged(before, self.held(move), {field, f"{field}String"} & {*before[0]})

    def test_what_a_person_set_in_xero_stays(self):
        move = self.pushed(lines=[(2, 50.0), (1, 20.0)])
        first = self.edit_line(move, 0, ItemCode="GADGET")
        self.poll()
        before = self.held(move)
        self.assertEqual(before[1][first]["ItemCode"], "GADGET")
        move.ref = "after"
        self.drain()
        self.assertChanged(before, self.held(move), {"Reference"})
        self.rework(move, self.update(move, 0, price_unit=60.0))
        self.assertChanged(before, self.held(move), {"Reference"}, {first: {"UnitAmount"}})
        self.assertInXero(move)

    def test_the_link_of_another_app_stays(self):
        move = self.imported(Url="https://shop.example.com/orders/7")
        move.ref = "ours"
        self.drain()
        self.assertEqual(self.in_xero(move)["Url"], "https://shop.example.com/orders/7")

    def test_the_first_update_of_a_link_that_is_older(self):
        """What Odoo said of each field was not kept before: it is found again, or told by what was agreed."""
        for move_type in KINDS:
            lines = {"ItemCode": "WIDGET"}, "A note only", {"Description": "Two", "UnitAmount": 11.5}
            for values, field in self.head_edits(move_type):
                with self.subTest(move_type=move_type, field=field):
                    move = self.imported(move_type, *lines)
                    self.link_of(move).sudo().odoo_state = False
                    before = self.held(move)
                    self.rework(move, **values)
                    self.assertChanged(before, self.held(move), {field, f"{field}String"} & {*before[0]})
                    self.assertTrue(all(row[1] for row in self.link_of(move).odoo_state["lines"]))
                    second = [*before[1]][2]
                    self.rework(move, self.update(move, 2, name="Another text"))
                    after = self.held(move)
                    head = {name for name in before[0] if before[0][name] != after[0].get(name)}
                    self.assertChanged(before, after, head, {second: {"Description"}})
            with self.subTest(move_type=move_type, lines="changed"):
                move = self.imported(move_type, *lines)
                self.edit(move, **({"DueDate": "2026-07-31"} if move_type.endswith("invoice") else {}))
                self.poll()
                self.link_of(move).sudo().odoo_state = False
                before = self.held(move)
                self.rework(move, self.update(move, 2, name="Another text"))
                self.assertChanged(before, self.held(move), (), {[*before[1]][2]: {"Description"}})

    def test_both_sides_of_a_link_that_is_older(self):
        for move_type in KINDS:
            with self.subTest(move_type=move_type):
                move = self.imported(move_type, {"ItemCode": "WIDGET"})
                self.link_of(move).sudo().odoo_state = False
                self.edit_line(move, 0, Description="By Xero")
                move.ref = "by Odoo"
                self.drain()
                self.poll()
                self.assertFalse(self.conflict_of(move), self.conflict_of(move).line_ids.mapped("label"))
                found = self.in_xero(move)
                name = "Reference" if move_type.startswith("out_") else "InvoiceNumber"
                self.assertEqual(found[name if move_type != "in_refund" else "CreditNoteNumber"], "by Odoo")
                self.assertEqual((move.ref, move.invoice_line_ids.name), ("by Odoo", "By Xero"))
                self.assertEqual(found["LineItems"][0]["ItemCode"], "WIDGET")

    # === LINES === #

    def test_of_lines_only_what_odoo_changed(self):
        for move_type in KINDS:
            with self.subTest(move_type=move_type):
                move = self.imported(move_type, {"ItemCode": "WIDGET"}, {"Description": "Two", "UnitAmount": 11.5})
                before = self.held(move)
                first, second = before[1]
                self.rework(move, self.update(move, 1, name="Another text"))
                self.assertChanged(before, self.held(move), (), {second: {"Description"}})
                self.rework(move, self.update(move, 0, price_unit=60.0))
                found = self.held(move)
                self.assertInXero(move)
                self.assertChanged(before, found, (), {first: {"UnitAmount"}, second: {"Description"}})
                self.assertEqual((found[0]["LineAmountTypes"], found[1][first]["Quantity"]), ("Inclusive", 3))

    def test_amounts_that_xeros_form_cannot_hold(self):
        """Totals agree first: the line becomes one piece, and stays the line."""
        move = self.imported("out_invoice", {"ItemCode": "WIDGET"}, {"Description": "Two"})
        before = self.held(move)
        first = next(iter(before[1]))
        self.rework(move, self.update(move, 0, quantity=1, price_unit=33.34))
        self.assertInXero(move)
        found = self.held(move)[1]
        self.assertEqual(list(found), list(before[1]))
        self.assertEqual((found[first]["ItemCode"], found[first]["Description"]), ("WIDGET", "Widgets"))

    def test_a_tax_a_discount_and_an_amount_off(self):
        move = self.imported("out_invoice", {"DiscountAmount": 2.0}, {"Description": "Two"}, {"Description": "Three"})
        _first, second, third = self.held(move)[1]
        self.rework(move, self.update(move, 1, tax_ids=[Command.clear()]), self.update(move, 2, discount=50))
        self.assertInXero(move)
        found = self.held(move)[1]
        self.assertEqual(found[second]["TaxType"], "NONE")
        self.assertEqual(list(found), [_first, second, third])
        self.assertEqual(found[_first]["DiscountAmount"], 2)
        self.rework(move, self.update(move, 0, price_unit=10))
        self.assertInXero(move)

    def test_lines_are_added_removed_and_moved(self):
        move = self.imported("out_invoice", {"ItemCode": "WIDGET"}, {"Description": "Two"}, {"Description": "Three"})
        before = self.held(move)
        first, second, third = before[1]
        one, _two, three = move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
        self.rework(
            move,
            Command.update(one.id, {"sequence": 900}),
            Command.update(three.id, {"sequence": 1}),
            Command.create(
                {"name": "New", "price_unit": 5, "sequence": 950, "tax_ids": [Command.set(one.tax_ids.ids)]}
            ),
        )
        self.assertInXero(move)
        found = self.held(move)[1]
        self.assertEqual(list(found)[:3], [third, second, first])
        self.assertChanged(before, self.held(move))
        self.assertEqual((len(found), list(found.values())[-1]["Description"]), (4, "New"))
        self.rework(move, Command.delete(one.id))
        self.assertNotIn(first, self.held(move)[1])
        self.assertChanged(before, self.held(move))

    def test_another_line_takes_no_item(self):
        """Who removes a line and adds another does not sell the item of the first."""
        move = self.imported("out_invoice", {"ItemCode": "WIDGET"})
        [first] = self.held(move)[1]
        line = move.invoice_line_ids
        values = {"name": "Consulting", "price_unit": 80, "tax_ids": [Command.set(line.tax_ids.ids)]}
        self.rework(move, Command.delete(line.id), Command.create(values))
        [(line_id, found)] = self.held(move)[1].items()
        self.assertNotEqual(line_id, first)
        self.assertFalse(found.get("ItemCode"))
        self.assertInXero(move)

    def test_moved_lines_of_a_document_of_odoo(self):
        for move_type in KINDS:
            with self.subTest(move_type=move_type):
                move = self.pushed(move_type, [(1, 10.0), (1, 10.0), (1, 30.0)], ref=f"M-{move_type}")
                first, second, third = self.held(move)[1]
                lines = move.invoice_line_ids.sorted(lambda line: (line.sequence, line.id))
                self.rework(move, Command.update(lines[0].id, {"sequence": 999, "price_unit": 11}))
                self.assertEqual(list(self.held(move)[1]), [second, third, first])
                self.assertInXero(move)

    def test_a_foreign_document_keeps_its_rate(self):
        currency = self.env.ref("base.AUD")
        currency.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": currency.id, "company_id": self.company.id, "name": "2020-01-01", "rate": 1.5}
        )
        move = self.pushed(lines=[(1, 10.0), (1, 20.0)], currency_id=currency.id)
        self.edit(move, CurrencyRate=1.234567)
        before = self.in_xero(move)["CurrencyRate"]
        self.poll()
        self.rework(move, self.update(move, 0, price_unit=12.0))
        self.assertEqual(self.in_xero(move)["CurrencyRate"], before)
        self.assertInXero(move)

    # === AGREED ON OTHERWISE === #

    def test_a_due_date_agreed_in_xero_stays(self):
        """Where Odoo could take it, and where it pays in instalments and could not."""
        terms = self.env["account.payment.term"].create(
            {
                "name": "Half and half",
                "line_ids": [
                    Command.create({"value": "percent", "value_amount": 50, "nb_days": days}) for days in (10, 40)
                ],
            }
        )
        for term in (self.env.ref("account.account_payment_term_30days"), terms):
            with self.subTest(term=term.name):
                move = self.pushed(invoice_payment_term_id=term.id)
                self.edit(move, DueDate="2026-07-31")
                self.poll()
                before = self.held(move)
                self.rework(move, self.update(move, 0, price_unit=120.0))
                found = self.held(move)
                self.assertEqual(found[0]["DueDate"], before[0]["DueDate"])
                self.assertChanged(before, found, (), {next(iter(found[1])): {"UnitAmount"}})
                self.assertInXero(move)

    def test_a_document_that_waits_for_approval(self):
        """Odoo's draft is no reason to take it back from who shall approve it."""
        self.connection.sync_when = "draft"
        move = self.pushed(post=False)
        self.edit(move, Status="SUBMITTED")
        self.poll()
        move.ref = "ours"
        self.drain()
        found = self.in_xero(move)
        self.assertEqual((found["Status"], found["Reference"]), ("SUBMITTED", "ours"))

    def test_paid_documents_keep_the_texts_of_other_lines(self):
        self.person("edit_account", code="090", CurrencyCode="USD")
        move = self.imported("out_invoice", {"ItemCode": "WIDGET"}, {"Description": "Two", "UnitAmount": 11.5})
        before = self.held(move)
        second = [*before[1]][1]
        self.person("pay", invoice=move.xero_invoice_id, amount=5, account="090")
        self.poll()
        self.rework(move, self.update(move, 1, name="Another"))
        self.assertChanged(
            before, self.held(move), {"Payments", "AmountPaid"} & {*before[0]}, {second: {"Description"}}
        )

    # === LOST ANSWERS === #

    def test_an_answer_that_was_lost(self):
        for values, place in (({"price_unit": 60.0}, 0), ({"name": "Other"}, 1), ({"tax_ids": [Command.clear()]}, 1)):
            for kind, options in (("drop_after", {}), ("error", {"status": 500, "saved": True})):
                with self.subTest(values=values, kind=kind):
                    move = self.imported("out_invoice", {"ItemCode": "WIDGET"}, {"Description": "Two"})
                    before = self.held(move)
                    self.simulator.fault(kind, method="POST", resource="Invoices", **options)
                    move.button_draft()
                    move.write({"invoice_line_ids": [self.update(move, place, **values)]})
                    move.action_post()
                    self.drain()
                    self.resume()
                    self.drain()
                    self.poll()
                    self.assertFalse(self.conflict_of(move))
                    self.assertInXero(move)
                    changed = self.held(move)
                    self.assertEqual(list(changed[1]), list(before[1]))
                    other = [*before[1]][1 - place]
                    self.assertEqual(changed[1][other], before[1][other])

    # === BOTH SIDES === #

    def test_different_fields_do_not_meet(self):
        """Each goes to the other side, whoever looks first; nobody is asked."""
        for seen_by in ("push", "poll"):
            with self.subTest(seen_by=seen_by):
                move = self.imported("out_invoice", {"ItemCode": "WIDGET"}, {"Description": "Two"})
                before = self.held(move)
                self.edit(move, DueDate="2026-06-30")
                self.edit_line(move, 1, Description="By Xero")
                move.ref = "by Odoo"
                if seen_by == "poll":
                    self.fetch("Invoice", move.xero_invoice_id)
                self.drain()
                self.poll()
                self.assertFalse(self.conflict_of(move), self.conflict_of(move).reason)
                self.assertEqual((move.ref, str(move.invoice_date_due)), ("by Odoo", "2026-06-30"))
                self.assertEqual(move.invoice_line_ids.mapped("name")[1], "By Xero")
                second = [*before[1]][1]
                head = {"Reference", "DueDate", "DueDateString"} & {*before[0]}
                self.assertChanged(before, self.held(move), head, {second: {"Description"}})
                self.assertEqual(move.xero_sync_state, "synced")

    def test_the_same_field_is_asked_about(self):
        move = self.imported()
        self.edit(move, Reference="by Xero", DueDate="2026-06-30")
        move.ref = "by Odoo"
        self.drain()
        conflict = self.conflict_of(move)
        self.assertEqual(conflict.state, "open")
        self.assertEqual({*conflict.line_ids.mapped("name")}, {"reference", "due_date"})
        before = self.held(move)
        conflict.action_take_odoo()
        self.drain()
        self.assertEqual(self.in_xero(move)["Reference"], "by Odoo")
        self.assertEqual(self.held(move)[1], before[1])


@tagged("post_install", "-at_install")
class TestKeptMatched(MatchCommon, KeptCommon):
    def test_matched_on_the_first_day(self):
        """Odoo's "Line 1" is Xero's "Goods": neither is written over the other."""
        acme, contact = self.both("Acme Ltd", "123456789")
        one = self.move(acme, 100.0)
        line = {"Description": "Goods", "Quantity": 4, "UnitAmount": 25, "AccountCode": "200", "TaxType": "NONE"}
        self.invoice(contact, one.name, LineItems=[{**line, "ItemCode": "GADGET"}], DueDate="2026-04-22")
        match = self.to_documents(self.start())
        match.action_confirm_sure()
        match.action_confirm_likely()
        self.drain()
        self.finish(match)
        self.assertTrue(one.xero_invoice_id)
        before = self.held(one)
        one.ref = "PO 4711"
        self.drain()
        self.assertEqual(one.xero_sync_state, "synced", one.xero_sync_message)
        self.assertChanged(before, self.held(one), {"Reference"} - ({"Reference"} - {*self.held(one)[0]}))
        self.rework(one, self.update(one, 0, price_unit=120.0))
        [(line_id, found)] = self.held(one)[1].items()
        self.assertIn(line_id, before[1])
        self.assertEqual((found["Description"], found["ItemCode"], found["Quantity"]), ("Goods", "GADGET", 4))
        self.assertInXero(one)
