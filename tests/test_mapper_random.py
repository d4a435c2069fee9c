"""Many documents of every kind: total, accounts and taxes in Xero are Odoo's, to the cent."""

import random
from collections import defaultdict
from decimal import Decimal as D

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common.mapper import MapperCase, Reading, cents, xero_totals

DOCUMENTS = 120
SEED = 20260305


@tagged("post_install", "-at_install")
class TestMapperRandom(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.random = random.Random(SEED)
        cls.tracked = cls._tracked()
        cls.yen = cls._currency("JPY", 1)
        cls.dinar = cls._currency("KWD", 0.001)
        cls.euro = cls._currency("EUR", 0.01)
        cls.env.ref("product.decimal_price").digits = 6
        cls.term = cls.env["account.payment.term"].create(
            {
                "name": "3/7",
                "early_discount": True,
                "discount_percentage": 3,
                "discount_days": 7,
                "early_pay_discount_computation": "mixed",
            }
        )
        for account in cls.cash_rounding_a.profit_account_id | cls.cash_rounding_a.loss_account_id:
            cls.map_account(account, "860")
        for use in ("sale", "purchase"):
            cls.map_account(cls.company_data[f"default_account_tax_{use}"], "820")
        cls.sets = {use: cls._tax_sets(use) for use in ("sale", "purchase")}

    @classmethod
    def _tracked(cls):
        """Return the analytic accounts of two plans, all of them options in Xero but one."""
        plans = cls.env["account.analytic.plan"].create([{"name": "Region"}, {"name": "Department"}])
        categories = [
            {
                "TrackingCategoryID": f"d0000000-0000-0000-0000-00000000000{number}",
                "Name": plan.name,
                "Status": "ACTIVE",
                "Options": [
                    {
                        "TrackingOptionID": f"e{number}000000-0000-0000-0000-00000000000{option}",
                        "Name": f"{plan.name} {option}",
                        "Status": "ACTIVE",
                    }
                    for option in range(1, 4)
                ],
            }
            for number, plan in enumerate(plans)
        ]
        accounts = [
            cls.env["account.analytic.account"].create(
                [{"name": f"{plan.name} {number}", "plan_id": plan.id} for number in range(1, 5)]
            )
            for plan in plans
        ]
        cls.env["xero.mapping.service"]._read_lists(cls.connection, Reading(tracking=categories))
        cls.env["xero.mapping.tracking"]._refresh(cls.connection)
        return [[*of_plan] for of_plan in accounts]

    @classmethod
    def _currency(cls, name, rounding):
        currency = cls.setup_other_currency(name, rates=[("2000-01-01", 1.2345)])
        currency.rounding = rounding
        return currency

    @classmethod
    def _tax_sets(cls, use):
        """Return lists of taxes on a line: priced without tax, and with tax."""
        sets = [[cls.env["account.tax"]], [cls.env["account.tax"]]]
        for included, found in enumerate(sets):
            values = {"price_include_override": "tax_included" if included else "tax_excluded"}
            low, mid, high = (
                cls.tax(amount, use, name=f"{amount} {use} {included}", sequence=5, **values)
                for amount in (5, 8.25, 21)
            )
            parts = [
                Command.clear(),
                Command.create({"repartition_type": "base"}),
                Command.create({"repartition_type": "tax", "account_id": cls.levy_account.id}),
            ]
            levy = cls.tax(
                0.37,
                use,
                amount_type="fixed",
                name=f"levy {use} {included}",
                sequence=1,
                include_base_amount=True,
                invoice_repartition_line_ids=parts,
                refund_repartition_line_ids=parts,
                **values,
            )
            withheld = cls.tax(
                -7,
                use,
                name=f"withheld {use} {included}",
                invoice_repartition_line_ids=parts,
                refund_repartition_line_ids=parts,
                sequence=9,
                **values,
            )
            cls.map_taxes(low + mid, use, 13.25, f"{use}SUM")
            found += [low, mid, high, low + mid, levy + high, high + withheld]
        return sets

    def _document(self, move_type):
        use = "sale" if move_type.startswith("out") else "purchase"
        chance, pick = self.random.random, self.random.choice
        sets = self.sets[use][chance() < 0.4]
        currency = pick([self.company.currency_id] * 3 + [self.euro, self.yen, self.dinar])
        lines = [self._line(sets, currency) for _ in range(pick([1, 2, 3, 3, 8, 20]))]
        if chance() < 0.3:
            lines.append(
                {
                    "price_unit": -round(
                        sum(line["price_unit"] * line["quantity"] for line in lines) * chance() / 3, 2
                    ),
                    "quantity": 1,
                    "discount": 0,
                    "tax_ids": pick(lines)["tax_ids"],
                }
            )
        values = {"currency_id": currency.id}
        if chance() < 0.15 and currency.decimal_places == 2:
            values["invoice_cash_rounding_id"] = pick([self.cash_rounding_a, self.cash_rounding_b]).id
        elif chance() < 0.15:
            values["invoice_payment_term_id"] = self.term.id
        return lines, values

    def _line(self, sets, currency):
        uniform, pick = self.random.uniform, self.random.choice
        scale = 100 if currency == self.yen else 1
        return {
            "quantity": pick([1, 1, 2, 3, 7, 12, 1000, round(uniform(0, 20), 2)]),
            "price_unit": pick(
                [round(uniform(0, 300), 2), round(uniform(0, 5), 4), round(uniform(0, 2), 6), 0.33, 9.99, 99.95]
            )
            * scale,
            "discount": pick([0, 0, 0, 10, 12.5, 33.33, 100]),
            "tax_ids": pick(sets),
            "analytic_distribution": self._shares() if self.random.random() < 0.3 else False,
        }

    def _shares(self):
        """Return shares of one or both tracked plans, in keys of their own or together, whole or not."""
        pick, found = self.random.choice, {}
        for plan in self.random.sample(self.tracked, pick([1, 1, 2])):
            percents = pick([(60, 40), (33.33, 33.33, 33.34), (12.5, 12.5, 25), (99.99, 0.01), (100,)])
            found |= {str(account.id): percent for account, percent in zip(plan, percents)}
        if pick([True, False, False]):
            found = {
                ",".join(str(pick(plan).id) for plan in self.tracked): percent for percent in pick([(100,), (45,)])
            }
        return found

    def _edit_tax(self, move):
        """As on bills whose vendor computed the tax otherwise."""
        line = move.line_ids.filtered(lambda line: line.display_type == "tax" and abs(line.amount_currency) > 1)[:1]
        if line:
            move.line_ids = [
                Command.update(
                    line.id, {"amount_currency": line.amount_currency + self.random.choice([-0.02, 0.01, 0.5])}
                )
            ]

    def test_random_documents(self):
        kinds = ["out_invoice", "out_invoice", "out_refund", "in_invoice", "in_refund", "out_receipt", "in_receipt"]
        given = lines = refused = divided = 0
        for number in range(DOCUMENTS):
            if number in (10, 50):
                # Whether the database was analysed while empty must not decide how long Odoo's own queries take.
                self.env.flush_all()
                self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile")
            self.company.tax_calculation_rounding_method = self.random.choice(["round_globally", "round_per_line"])
            move_type = self.random.choice(kinds)
            wanted, values = self._document(move_type)
            try:
                with self.env.cr.savepoint():
                    move = self.move(wanted, move_type, post=False, **values)
            except UserError:
                # Odoo itself cannot balance it.
                refused += 1
                continue
            if move_type.startswith("in_") and self.random.random() < 0.3:
                self._edit_tax(move)
            if move.amount_total < 0:
                continue
            move.action_post()
            with self.subTest(
                number=number,
                kind=move_type,
                currency=move.currency_id.name,
                lines=[
                    (line["quantity"], line["price_unit"], line["discount"], line["tax_ids"].mapped("name"))
                    for line in wanted
                ],
            ):
                out = self.sent(move)
                self._assert_accounts_agree(move, out)
                divided += self._assert_parts_agree(move, out)
                given += sum("TaxAmount" in line for line in out.payload["LineItems"])
                lines += len(out.payload["LineItems"])
        self.assertLess(refused, DOCUMENTS / 20)
        self.assertGreater(divided, DOCUMENTS / 2)
        self.assertLess(given, lines * 0.6, "Xero's own tax is used wherever it is right")

    def _assert_parts_agree(self, move, out) -> int:
        """The parts of a line come to what the line is without them, tax among it; returns how many were divided."""
        self.connection.line_shares = "untracked"
        whole = self.sent(move)
        self.connection.line_shares = "split"
        self.assertEqual(xero_totals(out.payload, self.percents())[2], xero_totals(whole.payload, self.percents())[2])
        amounts = []
        for one in (out, whole):
            found = defaultdict(lambda: [D(0), D(0)])
            for line_id, line in zip(one.line_ids, one.payload["LineItems"]):
                net, tax, _total = xero_totals({"LineItems": [line]}, self.percents())
                found[line_id] = [found[line_id][0] + net, found[line_id][1] + tax]
            amounts.append(dict(found))
        self.assertEqual(*amounts)
        return len(out.line_ids) - len(whole.line_ids)

    def _assert_accounts_agree(self, move, out):
        """Each Xero account gets what the Odoo accounts mapped to it got; what is left is tax."""
        percents, sign = self.percents(), move.direction_sign
        codes = {row.account_id: row.xero_account_id.code for row in self.connection.account_mapping_ids}
        in_odoo, in_xero = defaultdict(D), defaultdict(D)
        for line in move.line_ids.filtered(lambda line: line.display_type not in ("payment_term", "cogs")):
            if not line.tax_repartition_line_id or line.account_id == self.levy_account:
                in_odoo[codes[line.account_id]] += D(repr(round(sign * line.amount_currency, 6)))
        for line in out.payload["LineItems"]:
            if line["AccountCode"] != "820":
                in_xero[line["AccountCode"]] += cents(
                    line["Quantity"] * line["UnitAmount"] * (100 - line.get("DiscountRate", 0)) / 100
                )
        tolerance = D("0.01") * len(out.payload["LineItems"]) if move.currency_id.decimal_places > 2 else 0
        for code in {*in_odoo, *in_xero}:
            self.assertLessEqual(abs(in_odoo[code] - in_xero[code]), tolerance, code)
        booked = sum(
            D(repr(round(sign * line.amount_currency, 6)))
            for line in move.line_ids.filtered("tax_repartition_line_id")
            if line.account_id != self.levy_account
        )
        on_tax_account = sum(
            line["Quantity"] * line["UnitAmount"] for line in out.payload["LineItems"] if line["AccountCode"] == "820"
        )
        self.assertLessEqual(abs(xero_totals(out.payload, percents)[1] + on_tax_account - booked), tolerance)
