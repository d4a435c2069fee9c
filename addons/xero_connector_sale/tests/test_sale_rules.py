"""Accounts by sales team, deposits before anything is sent, and what people of each role see."""

import json
import os
from pathlib import Path

from odoo import Command
from odoo.addons.xero_connector.tests.common.field_rule import RulesMixin
from odoo.addons.xero_connector.tests.common.mapper import MapperCase
from odoo.addons.xero_connector.xero_api import codec
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..hooks import uninstall_hook
from .sale_common import SaleCommon

GOLDEN = Path(__file__).parent / "golden"


@tagged("post_install", "-at_install")
class TestSaleRules(SaleCommon, RulesMixin, MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.write({"state": "connected", "tenant_id": "t0000000-0000-0000-0000-000000000001"})
        cls.full, cls.reduced = cls.tax(20), cls.tax(5)
        teams = cls.env["crm.team"].create([{"name": name, "company_id": cls.company.id} for name in ("Shop", "Trade")])
        cls.shop, cls.trade = teams
        cls.deposits = cls.env["account.account"].create(
            {"name": "Customer Deposits", "code": "DEPOSIT", "account_type": "liability_current"}
        )

    def setUp(self):
        super().setUp()
        self.table = self.article("Table", 100, self.full)
        self.book = self.article("Book", 50, self.reduced)

    def team_rule(self, team, code="260", **values):
        return self.rule(
            "invoice_line_account",
            constant_account_id=self.xero_account(code).id,
            match_team_ids=[Command.set(team.ids)],
            **values,
        )

    def codes(self, move):
        return [line["AccountCode"] for line in self.sent(move).payload["LineItems"] if "UnitAmount" in line]

    def login(self, login, *groups):
        return new_test_user(
            self.env, login, groups=",".join(groups), company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip

    # === TEAMS === #

    def test_the_team_of_the_invoice(self):
        self.team_rule(self.shop)
        shop, trade = (self.final(self.order(self.table, team_id=team.id)) for team in (self.shop, self.trade))
        self.assertEqual((self.codes(shop), self.codes(trade)), (["260"], ["200"]))

    def test_orders_of_two_teams_on_one_invoice(self):
        """The invoice has the team of one of them: with the setting each line has that of its order."""
        orders = self.order(self.table, team_id=self.shop.id) + self.order(self.book, team_id=self.trade.id)
        move = self.final(orders)
        self.assertEqual(len(move), 1)
        self.team_rule(self.trade)
        of_document = ["260", "260"] if move.team_id == self.trade else ["200", "200"]
        self.assertEqual(self.codes(move), of_document)
        self.connection.sale_team_source = "order"
        lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
        ordered = lines.sorted(lambda line: (line.sequence, line.id))
        wanted = ["260" if line.product_id == self.book else "200" for line in ordered]
        self.assertEqual(self.codes(move), wanted)
        by_hand = self.move([(1, 10, None)], team_id=self.trade.id)
        self.assertEqual(self.codes(by_hand), ["260"], "what is on no order has the team of its invoice")

    def test_a_change_of_the_team_is_a_change_of_the_document(self):
        tracked = self.env["xero.mapper"]._tracked
        self.assertNotIn("team_id", tracked("account.move")[0])
        self.team_rule(self.shop)
        self.assertIn("team_id", tracked("account.move")[0])
        self.connection.sale_team_source = "order"
        self.assertIn("sale_line_ids", tracked("account.move")[1])

    def test_the_number_of_queries_does_not_grow(self):
        self.connection.sale_team_source = "order"
        self.team_rule(self.shop)
        moves = self.env["account.move"].union(
            *(self.final(self.order(self.table, team_id=(self.shop + self.trade)[n % 2].id)) for n in range(10))
        )
        costs = []
        for batch in (moves, moves[:3], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self.mapper["Invoice"]._prepare(batch, self.connection)
            costs.append(self.cr.sql_log_count - start)
        self.assertEqual(costs[1], costs[2])

    def test_without_the_addon_its_rules_are_for_nothing(self):
        rule, other = self.team_rule(self.shop), self.rule("invoice_reference", constant_text="A")
        uninstall_hook(self.env)
        self.assertEqual((rule.active, rule.state), (False, "draft"), "without its column it would be for every line")
        self.assertEqual((other.active, other.state), (True, "active"))

    def test_a_condition_reaches_the_order(self):
        """What has no column, such as a warehouse or a website, is read by the condition on the rule's form."""
        order = self.order(self.table, client_order_ref="PO 7")
        move = self.final(order)
        self.rule(
            "invoice_line_account",
            constant_account_id=self.xero_account("260").id,
            domain="[('sale_line_ids.order_id.client_order_ref', '=', 'PO 7')]",
        )
        self.assertEqual(self.codes(move), ["260"])

    # === WHAT IS SENT === #

    def test_reference(self):
        own, named = self.final(self.order(self.table)), self.final(self.order(self.table, client_order_ref="PO 7"))
        self.assertEqual(self.sent(own).payload["Reference"], own.invoice_origin)
        self.assertEqual(self.sent(named).payload["Reference"], "PO 7")

    def test_combos_and_rewards(self):
        """The name of a combo is a line of text; a reward is a negative line, no discount rate."""
        reward = self.article("10 % off", -10, self.full)
        combo = self.env["product.combo"].create(
            {"name": "Choice", "combo_item_ids": [Command.create({"product_id": self.book.id})]}
        )
        bundle = self.env["product.product"].create(
            {"name": "Bundle", "type": "combo", "combo_ids": [Command.set(combo.ids)], "taxes_id": []}
        )
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "order_line": [
                    Command.create({"product_id": self.table.id}),
                    Command.create({"product_id": bundle.id}),
                    Command.create({"product_id": reward.id}),
                ],
            }
        )
        head = order.order_line.filtered(lambda line: line.product_id == bundle)
        order.order_line = [
            Command.create(
                {"product_id": self.book.id, "linked_line_id": head.id, "combo_item_id": combo.combo_item_ids.id,
                 "sequence": head.sequence}
            )
        ]  # fmt: skip
        order.action_confirm()
        lines = self.sent(self.final(order)).payload["LineItems"]
        self.assertIn("Bundle x 1", [line["Description"] for line in lines if "UnitAmount" not in line])
        [negative] = [line for line in lines if line.get("UnitAmount", 0) < 0]
        self.assertEqual((negative["UnitAmount"], negative.get("DiscountRate")), (-10, None))

    def test_golden_deposit_and_final_invoice(self):
        self.company.downpayment_account_id = self.deposits
        self.map_account(self.deposits, "850")
        self.rule(
            "invoice_line_account",
            constant_account_id=self.xero_account("260").id,
            match_team_ids=[Command.set(self.shop.ids)],
            match_account_ids=[Command.set(self.revenue.ids)],
            also_refunds=True,
        )
        order = self.order(self.table, self.book, team_id=self.shop.id, client_order_ref="PO 7", name="S-GOLDEN")
        deposit = self.deposit(order)
        bodies = [self.sent(deposit).payload, self.sent(self.final(order)).payload]
        for body in bodies:
            body["InvoiceNumber"] = body.pop("InvoiceNumber") and "INV/NUMBER"
            body.pop("Url", None)
        text = json.dumps(
            codec.loads(codec.dumps({"Invoices": bodies})), indent=2, ensure_ascii=False, sort_keys=True, default=float
        )
        path = GOLDEN / "deposit.json"
        if os.environ.get("XERO_WRITE_GOLDEN"):
            path.write_text(text + "\n", encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), text + "\n")

    # === DEPOSITS === #

    def test_people_hear_that_deposits_are_income(self):
        self.assertFalse(self.connection.deposit_notice, "no deposits")
        self.deposit(self.order(self.table))
        self.connection.invalidate_recordset()
        self.assertIn("income", self.connection.deposit_notice)
        self.company.downpayment_account_id = self.revenue
        self.assertIn(self.revenue.code, self.connection.deposit_notice)
        self.company.downpayment_account_id = self.deposits
        row = self.map_account(self.deposits, "260")
        self.assertIn("260", self.connection.deposit_notice)
        row.xero_account_id = self.xero_account("850")
        self.assertFalse(self.connection.deposit_notice)

    def test_the_preview_says_that_a_deposit_is_income(self):
        self.deposit(order := self.order(self.table, self.book))
        preview = self.env["xero.preview"].browse(order.invoice_ids.action_xero_preview()["res_id"])
        notices = preview.problem_ids.filtered(lambda problem: problem.severity == "notice")
        self.assertEqual(len(notices), 1)
        self.assertIn("200", notices.message)
        self.map_account(self.revenue, "850")
        preview = self.env["xero.preview"].browse(order.invoice_ids.action_xero_preview()["res_id"])
        self.assertFalse(preview.problem_ids.filtered(lambda problem: problem.severity == "notice"))

    def test_what_is_left_of_deposits_is_read_at_once(self):
        orders = self.env["sale.order"].union(*(self.order(self.table) for _number in range(6)))
        for order in orders:
            self.deposit(order)
            self.final(order)
        costs = []
        for batch in (orders, orders[:2], orders):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            deposits = self.env["xero.deposit"]._of(batch)
            costs.append(self.cr.sql_log_count - start)
            self.assertEqual({(deposit.left, deposit.is_deducted) for deposit in deposits.values()}, {(0, True)})
        self.assertLessEqual(costs[2], costs[1])

    # === PEOPLE === #

    def test_a_salesperson_sells_and_sees_nothing_of_xero(self):
        person = self.login("seller", "sales_team.group_sale_salesman_all_leads")
        order = self.order(self.table, team_id=self.shop.id).with_user(person)
        quotation = order.copy()
        quotation.action_confirm()
        move = quotation._create_invoices()
        self.assertEqual(move.amount_total, 120)
        wizard = self.env["sale.advance.payment.inv"].with_user(person)
        wizard = wizard.with_context(active_model="sale.order", active_ids=order.ids)
        wizard.create({"advance_payment_method": "percentage", "amount": 30}).create_invoices()
        for model in ("sale.order", "crm.team"):
            names = self.env[model].with_user(person).fields_get()
            self.assertFalse([name for name in names if name.startswith("xero_")])
            view = self.env[model].with_user(person).get_view(view_type="form")["arch"]
            self.assertNotIn("xero", view.lower())
        for read in (
            lambda: order.xero_deposit_state,
            lambda: order.read(["xero_sync_state"]),
            lambda: self.shop.with_user(person).action_xero_rules(),
            lambda: self.env["xero.field.rule"].with_user(person).search([("match_team_ids", "!=", False)]),
        ):
            with self.assertRaises(AccessError):
                read()

    def test_an_accountant_makes_a_rule_from_the_team(self):
        person = self.login("books", "account.group_account_manager", "sales_team.group_sale_manager")
        team = self.shop.with_user(person)
        self.assertEqual(team.xero_rule_count, 0)
        action = team.action_xero_rules()
        rules = self.env["xero.field.rule"].with_user(person).with_context(**action["context"])
        with Form(rules, view="xero_connector.xero_field_rule_view_list_account") as form:
            form.constant_account_id = self.xero_account("260")
        form.record.action_use()
        team.invalidate_recordset()
        self.assertEqual((form.record.match_team_ids, team.xero_rule_count), (team, 1))
        self.assertIn("Shop", form.record.name)
        self.assertEqual(self.env["xero.field.rule"].search(action["domain"]), form.record)
        move = self.final(self.order(self.table, team_id=self.shop.id))
        self.assertEqual(self.codes(move), ["260"])
