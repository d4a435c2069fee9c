"""Amounts as people typed them in Xero: taxes that no rate makes, quantities finer than Odoo's."""

import random

from odoo import Command, fields
from odoo.tests import tagged

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestTypedAmounts(InboundCommon):
    def setUp(self):
        super().setUp()
        self.connection.inbound_documents = "post"
        self.contact = self.person("create_contact", Name="Typed in Xero", EmailAddress="typed@example.com")

    def tax_type(self, use):
        tax = self.tax_sale_a if use == "sale" else self.tax_purchase_a
        return self.connection.tax_mapping_ids.filtered(
            lambda row: row.tax_ids == tax and row.type_tax_use == use
        ).xero_tax_rate_id.tax_type

    def code(self, use):
        account = self.company_data[f"default_account_{'revenue' if use == 'sale' else 'expense'}"]
        rows = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == account)
        return rows.xero_account_id.code

    def entered(self, kind, *lines, **values):
        """A person enters a document of ``kind`` in Xero; return it in Odoo.

        :param lines: (quantity, price, tax that was typed or None)
        """
        use, refund = ("sale" if kind.startswith("ACCREC") else "purchase"), kind.endswith("CREDIT")
        items = [
            {
                "Description": f"Line {number}",
                "Quantity": quantity,
                "UnitAmount": price,
                "AccountCode": self.code(use),
                "TaxType": self.tax_type(use),
                **({} if tax is None else {"TaxAmount": tax}),
            }
            for number, (quantity, price, tax) in enumerate(lines, 1)
        ]
        number = f"TYPED-{self.env['account.move'].search_count([])}"
        element = self.person(
            "create_credit_note" if refund else "create_invoice",
            **{
                "contact": self.contact["ContactID"],
                "Type": kind,
                "Date": "2026-03-15",
                "CreditNoteNumber" if refund else "InvoiceNumber": number,
                "LineItems": items,
                **values,
            },
        )
        self.poll()
        move = self.env["account.move"].search([("invoice_origin", "=", f"Xero {number}")])
        self.assertTrue(move, self.failed_fetch().mapped("failure_detail"))
        self.assertSameAmounts(move)
        self.assertEqual(element["Total"], self.in_xero(move)["Total"])
        return move

    def assertSameAmounts(self, move):
        self.env.invalidate_all()
        element = self.in_xero(move)
        self.assertEqual(move.state, "posted")
        self.assertAlmostEqual(move.amount_total, float(element["Total"]), 2)
        self.assertAlmostEqual(move.amount_tax, float(element["TotalTax"]), 2)
        self.assertAlmostEqual(move.amount_untaxed, float(element["SubTotal"]), 2)

    def assertNothingToSay(self, move):
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        links = self.env["xero.link"].search([("res_model", "=", move._name), ("res_id", "in", move.ids)])
        self.assertEqual(set(links.mapped("state")), {"synced"})
        self.simulator.reset_stats()
        self.poll()
        self.assertFalse({key for key in self.simulator.calls(self.tenant) if key[0] != "GET"})

    def test_a_typed_tax_is_the_tax(self):
        for kind in ("ACCPAY", "ACCREC", "ACCPAYCREDIT", "ACCRECCREDIT"):
            for tax in (18.0, 0.0, 31.07):
                with self.subTest(kind=kind, tax=tax):
                    move = self.entered(kind, (1, 100.0, tax))
                    self.assertAlmostEqual(move.amount_total, 100 + tax, 2)
                    self.assertNothingToSay(move)

    def test_a_typed_tax_of_some_lines(self):
        move = self.entered("ACCPAY", (1, 100.0, 18.0), (3, 9.99, None), (1, 0.01, None))
        self.assertEqual(len(move.invoice_line_ids), 3)
        self.assertNothingToSay(move)

    def test_a_typed_tax_on_prices_with_tax(self):
        move = self.entered("ACCPAY", (1, 118.0, 18.0), LineAmountTypes="Inclusive")
        self.assertEqual((move.amount_total, move.amount_tax), (118, 18))
        self.assertNothingToSay(move)

    def test_a_typed_tax_where_odoos_tax_is_in_the_price(self):
        (self.tax_purchase_a | self.tax_sale_a).price_include_override = "tax_included"
        for kind in ("ACCPAY", "ACCREC"):
            move = self.entered(kind, (1, 100.0, 18.0), (2, 33.33, None))
            self.assertNothingToSay(move)

    def test_a_typed_tax_in_another_currency(self):
        aud = self.setup_other_currency("AUD", rates=[("2016-01-01", 1.6)])
        move = self.entered("ACCPAY", (1, 100.0, 18.0), CurrencyCode="AUD", CurrencyRate=1.6)
        self.assertEqual(move.currency_id, aud)
        tax = move.line_ids.filtered("tax_line_id")
        self.assertEqual((tax.amount_currency, tax.balance), (18, 11.25))
        self.assertNothingToSay(move)

    def test_a_tax_typed_where_the_rate_makes_none(self):
        move = self.entered("ACCPAY", (1, 0.03, 0.01), (1, 10.0, 0.0))
        self.assertEqual(move.amount_tax, 0.01)
        self.assertNothingToSay(move)

    def test_a_typed_tax_survives_what_comes_later(self):
        move = self.entered("ACCPAY", (1, 100.0, 18.0))
        self.person("edit", invoice=move.xero_invoice_id, DueDate="2026-05-05")
        self.poll()
        self.assertEqual(str(move.invoice_date_due), "2026-05-05")
        self.assertSameAmounts(move)
        move.invoice_date_due = fields.Date.to_date("2026-06-06")
        self.drain()
        self.assertEqual(self.in_xero(move)["DueDate"][:10], "2026-06-06")
        self.assertSameAmounts(move)
        lines = [
            {key: line[key] for key in ("LineItemID", "Quantity", "UnitAmount", "AccountCode", "TaxType", "TaxAmount")}
            for line in self.in_xero(move)["LineItems"]
        ]
        self.person("edit", invoice=move.xero_invoice_id, LineItems=[{**lines[0], "Description": "Another text"}])
        self.poll()
        self.assertEqual(move.invoice_line_ids.name, "Another text")
        self.assertSameAmounts(move)
        self.person("edit", invoice=move.xero_invoice_id, LineItems=[{**lines[0], "TaxAmount": 19.5}])
        self.poll()
        self.assertEqual(move.amount_total, 119.5)
        self.assertSameAmounts(move)
        self.assertNothingToSay(move)

    def test_each_line_keeps_the_tax_that_was_typed_on_it(self):
        """Two lines of one rate with other taxes than it makes: a third one is changed here."""
        for kind in ("ACCPAY", "ACCREC"):
            for mode in ("Exclusive", "Inclusive"):
                for one, two in ((13.0, 17.0), (11.0, 17.5), (15.0, 18.0)):
                    with self.subTest(kind=kind, mode=mode, one=one, two=two):
                        gross = mode == "Inclusive"
                        lines = ((1, 100.0 + one * gross, one), (1, 100.0 + two * gross, two), (1, 50.0, None))
                        move = self.entered(kind, *lines, LineAmountTypes=mode)
                        move.button_draft()
                        line = move.invoice_line_ids[2]
                        line.price_unit += 10
                        move.action_post()
                        self.drain()
                        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
                        taxes = [float(line["TaxAmount"]) for line in self.in_xero(move)["LineItems"]]
                        self.assertEqual(taxes[:2], [one, two], (taxes, move.amount_tax))
                        self.assertSameAmounts(move)

    def test_whatever_is_edited_the_other_lines_keep_their_taxes(self):
        first = {"price_unit": 110.0}
        for edit, kept in (
            (lambda lines: [Command.update(lines[0].id, first)], {1: 17.0}),
            (lambda lines: [Command.update(lines[0].id, {"quantity": 2})], {1: 17.0}),
            (lambda lines: [Command.update(lines[1].id, {"name": "Another", "price_unit": 90.0})], {0: 13.0}),
            (lambda lines: [Command.delete(lines[2].id)], {0: 13.0, 1: 17.0}),
            (lambda lines: [Command.create({"name": "More", "price_unit": 7.0})], {0: 13.0, 1: 17.0}),
            (lambda lines: [Command.update(lines[2].id, {"tax_ids": [Command.clear()]})], {0: 13.0, 1: 17.0}),
        ):
            for kind in ("ACCPAY", "ACCREC"):
                move = self.entered(kind, (1, 100.0, 13.0), (1, 100.0, 17.0), (1, 50.0, None))
                lines = move.invoice_line_ids
                move.button_draft()
                commands = edit(lines)
                move.write({"invoice_line_ids": commands})
                move.action_post()
                self.drain()
                with self.subTest(kind=kind, commands=commands):
                    self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
                    taxes = [float(line["TaxAmount"]) for line in self.in_xero(move)["LineItems"]]
                    self.assertEqual({place: taxes[place] for place in kept}, kept, (taxes, move.amount_tax))
                    self.assertSameAmounts(move)

    def test_quantities_finer_than_odoos_are_one_piece(self):
        for quantity, price, total in ((1.125, 80.0, 90.0), (6.3333, 75.0, 475.0), (0.002, 400000.0, 800.0)):
            for kind in ("ACCREC", "ACCPAY", "ACCRECCREDIT"):
                move = self.entered(kind, (quantity, price, None))
                self.assertAlmostEqual(move.amount_untaxed, total, 2)
                self.assertEqual(move.invoice_line_ids.quantity, 1)
                self.assertNothingToSay(move)

    def test_quantities_that_odoo_keeps_stay(self):
        self.env["decimal.precision"].search([("name", "=", "Product Unit")]).digits = 4
        move = self.entered("ACCREC", (1.125, 80.0, None))
        self.assertEqual((move.invoice_line_ids.quantity, move.invoice_line_ids.price_unit), (1.125, 80))

    def test_of_several_taxes_of_a_rate_the_one_that_is_claimed_is_taken(self):
        lines = [
            Command.clear(),
            Command.create({"repartition_type": "base"}),
            Command.create({"repartition_type": "tax"}),
        ]
        cost = self.tax_purchase_a.copy({"name": "Private"})
        cost.write({"invoice_repartition_line_ids": lines, "refund_repartition_line_ids": lines})
        known = self.connection.tax_mapping_ids.filtered(lambda row: row.tax_ids == self.tax_purchase_a)
        rate = known[:1].xero_tax_rate_id
        mapped = self.connection.tax_mapping_ids
        mapped.filtered(lambda row: row.xero_tax_rate_id == rate and row.type_tax_use == "purchase").unlink()
        # Whichever was mapped first.
        for tax in (cost, self.tax_purchase_a):
            row = self.env["xero.mapping.tax"]._ensure(self.connection, [((tax.id,), "purchase")])
            row.write({"xero_tax_rate_id": rate.id, "state": "confirmed"})
        move = self.entered("ACCPAY", (1, 100.0, None))
        self.assertEqual(move.invoice_line_ids.tax_ids, self.tax_purchase_a)

    def test_random_documents(self):
        """Whatever people type: the same to the cent here, and still so after Odoo has said something of its own."""
        chance = random.Random(4711)
        made = self.env["account.move"]
        for number in range(16):
            lines = [
                (
                    chance.choice([1, 2, 0.375, 1.125, 12]),
                    round(chance.uniform(0.05, 400), 2),
                    chance.choice([None, None, round(chance.uniform(0, 8), 2)]),
                )
                for _line in range(chance.choice([1, 2, 5]))
            ]
            # Xero takes no tax above the price of a line.
            lines = [(quantity, price, tax and min(tax, price)) for quantity, price, tax in lines]
            kind = chance.choice(["ACCREC", "ACCPAY", "ACCPAYCREDIT", "ACCRECCREDIT"])
            with self.subTest(number=number, kind=kind, lines=lines):
                made |= self.entered(kind, *lines, LineAmountTypes=chance.choice(["Exclusive", "Inclusive"]))
        self.assertNothingToSay(made)
        for move in made:
            move.ref = f"Seen {move.id}"
        self.drain()
        self.poll()
        for move in made:
            self.assertSameAmounts(move)
