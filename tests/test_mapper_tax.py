"""Taxes that are costs, in part or whole; private shares; cents that no line can carry."""

import random
from decimal import Decimal as D

from odoo import Command
from odoo.tests import tagged

from .common.mapper import MapperCase, cents, xero_totals


class TaxCase(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax_account = cls.company_data["default_account_tax_purchase"]
        cls.costs = cls.expense.copy({"name": "Tax that is not claimed", "code": "TAXCOST"})
        cls.map_account(cls.costs, "310")
        for use in ("sale", "purchase"):
            cls.map_account(cls.company_data[f"default_account_tax_{use}"], "820")

    @classmethod
    def divided(cls, amount, *parts, use="purchase", **values):
        """Return a tax of which each of ``parts`` (percent, account or None) is booked where it says."""
        lines = [Command.clear(), Command.create({"repartition_type": "base"})]
        lines += [
            Command.create({"repartition_type": "tax", "factor_percent": percent, "account_id": account and account.id})
            for percent, account in parts
        ]
        values.setdefault(
            "name", f"{amount} {use} {[(percent, account and account.code) for percent, account in parts]}"
        )
        repartition = {"invoice_repartition_line_ids": lines, "refund_repartition_line_ids": lines}
        return cls.tax(amount, use, **repartition, **values)

    def on_accounts(self, out):
        """Return ``{account code: net}`` of what is sent."""
        found = {}
        for line in out.payload["LineItems"]:
            net = cents(line["Quantity"] * line["UnitAmount"] * (100 - line.get("DiscountRate", 0)) / 100)
            found[line["AccountCode"]] = found.get(line["AccountCode"], 0) + net
        return found

    def taxes_of(self, out):
        """Return what Xero makes of the tax of each line."""
        percents = self.percents()
        return [xero_totals({"LineItems": [line]}, percents)[1] for line in out.payload["LineItems"]]


@tagged("post_install", "-at_install")
class TestTaxAsCost(TaxCase):
    def test_a_tax_that_is_all_cost_is_no_tax(self):
        for parts in ([(100, None)], [(100, self.costs)], [(50, None), (50, self.costs)]):
            tax = self.divided(10, *parts)
            for kind in ("in_invoice", "in_refund"):
                out = self.sent(self.move([(100, tax), (-1, 40, tax)], kind))
                self.assertEqual(set(self.taxes_of(out)), {0}, (parts, kind))
                self.assertEqual(sum(self.on_accounts(out).values()), D("66.00"))
                cost = sum(D(percent) for percent, account in parts if account) * 6 / 100
                self.assertEqual(self.on_accounts(out).get("310", 0), cost)

    def test_a_cost_included_in_the_price_and_in_another_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2000-01-01", 1.5)])
        tax = self.divided(10, (100, None), price_include_override="tax_included")
        out = self.sent(self.move([(3, 9.99, tax)], "in_invoice", currency_id=euro.id))
        self.assertEqual((self.on_accounts(out), set(self.taxes_of(out))), ({"429": D("29.97")}, {0}))

    def test_a_cost_beside_a_tax_that_is_claimed(self):
        cost, claimed = self.divided(5, (100, None)), self.tax(7, "purchase")
        self.map_taxes(cost + claimed, "purchase", 12, "BOTH")
        out = self.sent(self.move([(100, cost + claimed), (-1, 20, cost + claimed)], "in_invoice"))
        self.assertEqual(self.on_accounts(out), {"429": D("84.00")})
        self.assertEqual([tax for tax in self.taxes_of(out) if tax], [D("7.00"), D("-1.40")])

    def test_a_part_that_is_cost_is_so_on_every_line(self):
        """What is claimed of a credit line goes with that line, not from the others."""
        tax = self.divided(20, (25, self.tax_account), (75, None))
        out = self.sent(self.move([(100, tax), (-1, 40, tax)], "in_invoice"))
        self.assertEqual(self.taxes_of(out), [D("5.00"), D("-2.00"), D("0.00")])
        self.assertEqual(self.on_accounts(out), {"429": D("69.00")})

    def test_in_a_group_of_taxes(self):
        child = self.divided(10, (100, None), type_tax_use="none", mapped=False)
        group = self.env["account.tax"].create(
            {
                "name": "group",
                "amount_type": "group",
                "type_tax_use": "purchase",
                "children_tax_ids": [Command.set(child.ids)],
            }
        )
        self.map_taxes(child, "purchase", 10, "P10")
        out = self.sent(self.move([(100, group)], "in_invoice"))
        self.assertEqual((self.on_accounts(out), set(self.taxes_of(out))), ({"429": D("110.00")}, {0}))

    def test_sales_without_accounts_of_their_taxes_are_taxed(self):
        out = self.sent(self.move([(100, self.divided(10, (100, None), use="sale"))]))
        self.assertEqual(self.taxes_of(out), [D("10.00")])

    def test_a_reverse_charge_without_accounts_is_no_cost(self):
        tax = self.divided(10, (100, None), (-100, None))
        out = self.sent(self.move([(100, tax)], "in_invoice"))
        self.assertEqual((self.on_accounts(out), self.taxes_of(out)), ({"429": D("100.00")}, [0]))


@tagged("post_install", "-at_install")
class TestPrivateShare(TaxCase):
    def setUp(self):
        super().setUp()
        private = self.env["account.account"].create({"name": "Private", "code": "PRIV2", "account_type": "equity"})
        self.company_data["default_journal_purchase"].non_deductible_account_id = private
        self.map_account(private, "970")

    def bill(self, *lines, **values):
        rows = [{"price_unit": price, "tax_ids": tax, "deductible_amount": share} for price, tax, share in lines]
        return self.move(rows, "in_invoice", **values)

    def test_the_share_is_taken_off_net_and_tax(self):
        tax = self.tax(20, "purchase")
        # What an account has by default is proposed to whatever is booked there.
        (self.expense | self.company_data["default_journal_purchase"].non_deductible_account_id).tax_ids = tax
        out = self.sent(self.bill((1000, tax, 60)))
        self.assertEqual(sorted(self.taxes_of(out)), [-80, 0, 0, 200])
        self.assertEqual(self.on_accounts(out), {"429": 600, "970": 480})

    def test_shares_of_several_lines_and_taxes(self):
        low, high = self.tax(5.5, "purchase"), self.tax(20, "purchase")
        self.company_data["default_journal_purchase"].non_deductible_account_id.tax_ids = high
        for method in ("round_globally", "round_per_line"):
            self.company.tax_calculation_rounding_method = method
            move = self.bill((333.33, low, 75), (99.99, high, 33), (10, high, 100), (0.07, low, 0))
            out = self.sent(move)
            claimed = sum(move.line_ids.filtered("tax_line_id").mapped("balance"))
            self.assertEqual(sum(self.taxes_of(out)), cents(D(repr(claimed))))

    def test_a_private_share_of_a_tax_that_is_half_cost(self):
        tax = self.divided(20, (50, self.tax_account), (50, None))
        out = self.sent(self.bill((1000, tax, 60)))
        self.assertEqual([found for found in self.taxes_of(out) if found], [100, -40])
        self.assertEqual(self.on_accounts(out)["429"], 660)


@tagged("post_install", "-at_install")
class TestLastCent(TaxCase):
    def test_the_cent_goes_where_its_sign_fits(self):
        self.company.tax_calculation_rounding_method = "round_globally"
        gst, qst = self.tax(5, name="GST", sequence=1), self.tax(9.975, name="QST", sequence=2)
        self.map_taxes(gst + qst, "sale", 14.975, "CANADA")
        free = self.tax(0)
        for small, large in ((0.03, -529100.52), (-0.03, 529100.52), (0.02, -77.77), (0.01, -10.33)):
            for cent in (-0.01, 0, 0.01):
                move = self.move([(abs(large) * 3, free), (small, gst + qst), (large, gst + qst)], post=False)
                tax_line = max(move.line_ids.filtered("tax_line_id"), key=lambda line: abs(line.balance))
                move.line_ids = [Command.update(tax_line.id, {"amount_currency": tax_line.amount_currency + cent})]
                move.action_post()
                out = self.sent(move)
                booked = -sum(move.line_ids.filtered("tax_line_id").mapped("balance"))
                self.assertEqual(sum(self.taxes_of(out)), cents(D(repr(round(booked, 2)))), (small, large, cent))
                self.assertNotIn("820", self.on_accounts(out))
                for line in out.payload["LineItems"]:
                    net = line["Quantity"] * line["UnitAmount"]
                    self.assertGreaterEqual(line.get("TaxAmount", 0) * net, 0)
                self.assertFalse(out.notices)

    def test_what_no_line_can_carry_leaves_the_rest_in_the_return_and_is_said(self):
        tax = self.tax(20, "purchase")
        move = self.move([(0.01, tax), (100, self.tax(0, "purchase"))], "in_invoice", post=False)
        self.assertFalse(move.line_ids.filtered(lambda line: line.tax_line_id.amount))
        move.line_ids = [
            Command.create(
                {
                    "name": "two cents",
                    "display_type": "tax",
                    "tax_repartition_line_id": tax.invoice_repartition_line_ids[1].id,
                    "account_id": self.tax_account.id,
                    "amount_currency": 0.02,
                    "partner_id": self.partner_a.id,
                }
            )
        ]
        move.action_post()
        out = self.sent(move)
        self.assertEqual(sum(self.taxes_of(out)), D("0.01"))
        self.assertEqual(self.on_accounts(out)["820"], D("0.01"))
        self.assertIn("0.01", out.notices[0])


@tagged("post_install", "-at_install")
class TestTaxRandom(TaxCase):
    DOCUMENTS = 40

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        private = cls.env["account.account"].create({"name": "Private", "code": "PRIV3", "account_type": "equity"})
        cls.company_data["default_journal_purchase"].non_deductible_account_id = private
        cls.map_account(private, "970")
        euro, dinar = (cls.setup_other_currency(code, rates=[("2000-01-01", 1.5)]) for code in ("EUR", "KWD"))
        dinar.rounding = 0.001
        cls.currencies = [cls.company.currency_id] * 3 + [euro, dinar]
        forms = [
            [(100, cls.tax_account)],
            [(100, None)],
            [(100, cls.costs)],
            [(50, cls.tax_account), (50, None)],
            [(30, cls.tax_account), (30, cls.costs), (40, None)],
        ]
        cls.taxes = {}
        for included in ("tax_excluded", "tax_included"):
            cls.taxes[included] = [
                cls.divided(amount, *parts, price_include_override=included, name=f"{amount} {included} {number}")
                for number, parts in enumerate(forms)
                for amount in (5.5, 20)
            ]
        for tax in cls.taxes["tax_excluded"] + cls.taxes["tax_included"]:
            cls.map_taxes(tax, "purchase", tax.amount, f"T{tax.id}")

    def bill(self, chance):
        pick = chance.choice
        taxes, currency = self.taxes[pick(list(self.taxes))], pick(self.currencies)
        lines = [
            {
                "price_unit": round(chance.uniform(0.01, 900), 2),
                "quantity": pick([1, 1, 2, 3, 7, 0.33]),
                "tax_ids": pick(taxes),
                "deductible_amount": pick([100, 100, 100, 60, 33.33, 0]) if currency != self.currencies[-2] else 100,
            }
            for _ in range(pick([1, 2, 4, 8]))
        ]
        if chance.random() < 0.4:
            least = sum(line["price_unit"] * line["quantity"] for line in lines) / 4
            lines.append({"price_unit": -round(least, 2), "quantity": 1, "tax_ids": pick(taxes)})
        kind = pick(["in_invoice", "in_invoice", "in_refund"])
        if kind == "in_refund":
            for line in lines:
                line.pop("deductible_amount", None)
        return self.move(lines, kind, currency_id=currency.id)

    def test_tax_of_each_rate_is_what_odoo_claims(self):
        chance = random.Random(7031)
        for number in range(self.DOCUMENTS):
            self.company.tax_calculation_rounding_method = chance.choice(["round_globally", "round_per_line"])
            move = self.bill(chance)
            with self.subTest(number=number, kind=move.move_type, currency=move.currency_id.name):
                out = self.sent(move)
                in_xero = {}
                for line, tax in zip(out.payload["LineItems"], self.taxes_of(out), strict=True):
                    in_xero[line["TaxType"]] = in_xero.get(line["TaxType"], 0) + tax
                claimed = {}
                for line in move.line_ids.filtered(lambda line: line.account_id == self.tax_account):
                    key = f"T{line.tax_line_id.id}"
                    booked = D(repr(round(move.direction_sign * line.amount_currency, 3)))
                    claimed[key] = claimed.get(key, 0) + booked
                off = D("0.01") * len(out.payload["LineItems"]) if move.currency_id.decimal_places > 2 else 0
                for key in {*in_xero, *claimed}:
                    self.assertLessEqual(abs(in_xero.get(key, 0) - claimed.get(key, 0)), off, key)
                self.assertFalse(out.notices)
