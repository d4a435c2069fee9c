"""What field rules make of a payload."""

from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from ..models.field_rule.xero_field_target import PROTECTED, PROTECTED_ON_SALES
from .common.field_rule import RulesMixin
from .common.mapper import MapperCase


@tagged("post_install", "-at_install")
class TestRulesFill(RulesMixin, MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna = new_test_user(cls.env, "anna", groups="base.group_user", name="Anna Long")
        cls.goods = cls.env["product.category"].create({"name": "Goods"})
        cls.chairs = cls.env["product.category"].create({"name": "Chairs", "parent_id": cls.goods.id})
        cls.chair = cls.env["product.product"].create({"name": "Chair", "categ_id": cls.chairs.id})
        desks = cls.env["product.category"].create({"name": "Desks"})
        cls.desk = cls.env["product.product"].create({"name": "Desk", "categ_id": desks.id})

    def invoice(self, move_type="out_invoice", **values):
        lines = [
            {"name": "A", "quantity": 1, "price_unit": 10, "product_id": self.chair.id, "tax_ids": None},
            {"name": "B", "quantity": 2, "price_unit": 20, "product_id": self.desk.id, "tax_ids": None},
        ]
        return self.move(lines, move_type, **{"invoice_user_id": self.anna.id, "ref": "PO 1", **values})

    def head(self, move):
        return self.sent(move).payload

    def problems(self, move):
        return [(problem.message, problem.model, problem.res_id) for problem in self.prepare(move).problems]

    # === SOURCES === #

    def test_field(self):
        move = self.invoice()
        before = self.head(move)
        self.rule("invoice_reference", "invoice_user_id.name")
        self.assertEqual(self.head(move), {**before, "Reference": "Anna Long"})
        self.assertEqual(set(self.prepare(move).ruled), {"Reference"})

    def test_constant_text_and_table(self):
        move = self.invoice(invoice_origin="S0042")
        self.rule("invoice_reference", source="text", text="Order {invoice_origin} by {invoice_user_id.name}")
        self.assertEqual(self.head(move)["Reference"], "Order S0042 by Anna Long")
        self.rule("invoice_reference", constant_text="Fixed", sequence=1)
        self.assertEqual(self.head(move)["Reference"], "Fixed", "the first rule that gives a value decides")
        self.rule(
            "invoice_reference",
            "move_type",
            sequence=0,
            table=[{"key_text": "Customer Invoice", "value_text": "By label"}],
        )
        self.assertEqual(self.head(move)["Reference"], "By label")

    def test_text_without_any_value_gives_nothing(self):
        move = self.invoice()
        self.rule("invoice_reference", source="text", text="Order {invoice_origin}")
        self.assertEqual(self.head(move)["Reference"], "PO 1")

    def test_account_by_category_of_each_line_with_parents(self):
        move = self.invoice()
        self.rule(
            "invoice_line_account",
            "product_id.categ_id",
            table=[{"key_id": self.goods.id, "value_account_id": self.xero_account("260").id}],
        )
        self.assertEqual([line["AccountCode"] for line in self.head(move)["LineItems"]], ["260", "200"])
        self.assertEqual(set(self.prepare(move).ruled), {"LineItems.AccountCode"})

    def test_account_of_the_odoo_account_it_is_mapped_to(self):
        move = self.invoice()
        self.rule("invoice_line_account", "company_id.default_cash_difference_income_account_id")
        self.company.default_cash_difference_income_account_id = self.expense
        self.assertEqual(self.head(move)["LineItems"][0]["AccountCode"], "429")

    def test_theme(self):
        wholesale = self.theme("Wholesale")
        move = self.invoice()
        self.rule(
            "invoice_theme",
            "invoice_user_id",
            table=[{"key_id": self.anna.id, "value_theme_id": wholesale.id}],
            constant_theme_id=self.theme("Standard").id,
        )
        self.assertEqual(self.head(move)["BrandingThemeID"], wholesale.xero_id)
        other = self.invoice(invoice_user_id=self.env.user.id)
        self.assertEqual(self.head(other)["BrandingThemeID"], self.theme("Standard").xero_id, "all others")

    def test_dates(self):
        move = self.invoice()
        self.rule("invoice_expected_date", "invoice_date_due", days=7)
        self.assertEqual(self.head(move)["ExpectedPaymentDate"], "2026-04-11")
        bill = self.invoice("in_invoice")
        self.rule("bill_planned_date", "create_date")
        self.env.cr.execute("UPDATE account_move SET create_date = '2026-03-05 23:30' WHERE id = %s", [bill.id])
        bill.invalidate_recordset()
        self.company.partner_id.tz = "Pacific/Auckland"
        self.assertEqual(self.head(bill)["PlannedPaymentDate"], "2026-03-06", "the day where the company is")

    def test_flag_only_on_approved_documents(self):
        rule = self.rule("invoice_sent", constant_text="Yes")
        self.assertIs(self.head(self.invoice())["SentToContact"], True)
        for text, value in (("0", False), ("FALSE", False), ("No", False), ("1", True), ("true", True)):
            rule.sudo().write({"constant_text": text, "state": "active"})
            self.assertIs(self.head(self.invoice())["SentToContact"], value, text)
        rule.sudo().write({"constant_text": "Oui", "state": "active"})
        self.assertIn("neither Yes nor No", self.problems(self.invoice())[0][0])
        self.env["res.lang"]._activate_lang("fr_FR")
        self.assertIs(self.head(self.invoice())["SentToContact"], True, "a language that people here use")
        self.connection.sync_when = "draft"
        draft = self.invoice(post=False)
        self.assertNotIn("SentToContact", self.prepare(draft).payload)

    def test_tracking(self):
        region, channel = self.category("Region", "Anna Long", "East"), self.category("Channel", "Web", "Never")
        web, never = channel.option_ids.sorted("name", reverse=True)
        tracked = {"tracking_category_id": channel.id}
        self.rule(
            "invoice_line_tracking", "move_id.invoice_user_id.name", tracking_category_id=region.id, name="One"
        )
        self.rule("invoice_line_tracking", constant_option_id=web.id, **tracked, name="Two")
        self.rule("invoice_line_tracking", constant_option_id=never.id, **tracked, name="Three")
        [line, _other] = self.head(self.invoice())["LineItems"]
        self.assertEqual(
            [part["TrackingOptionID"] for part in line["Tracking"]], ["Region Anna Long", "Channel Web"]
        )

    def test_tracking_that_xero_lacks(self):
        """When saved, when tried and when sent: the sentence says which category has no such option."""
        region, channel = self.category("Region", "East"), self.category("Channel", "Web")
        gone = self.category("Gone", "A", status="ARCHIVED")
        for values in (
            {"tracking_category_id": False, "constant_option_id": channel.option_ids.id},
            {"tracking_category_id": gone.id, "constant_option_id": gone.option_ids.id},
            {"tracking_category_id": region.id, "constant_option_id": channel.option_ids.id},
        ):
            with self.assertRaisesRegex(ValidationError, "tracking category"), self.env.cr.savepoint():
                self.rule("invoice_line_tracking", **values)
        rule = self.rule("invoice_line_tracking", "move_id.invoice_user_id.name", tracking_category_id=region.id)
        [problem] = {message for message, _model, _id in self.problems(self.invoice())}
        self.assertIn("tracking category Region has no active option “Anna Long”", problem)
        rule.write({"path": None, "source": "constant", "constant_option_id": region.option_ids.id})
        rule.sudo().state = "active"
        region.sudo().status = "GONE"
        [problem] = {message for message, _model, _id in self.problems(self.invoice())}
        self.assertIn("no active tracking category “Region”", problem)

    def test_tracking_by_analytic_plan(self):
        """The accounts of several plans are on a line: the one that is an option of the category counts."""
        region = self.category("Region", "East", "West")
        plans = self.env["account.analytic.plan"].create([{"name": "Regions"}, {"name": "Projects"}])
        east, site = self.env["account.analytic.account"].create(
            [{"name": "East", "plan_id": plans[0].id}, {"name": "Site", "plan_id": plans[1].id}]
        )
        move = self.invoice()
        move.invoice_line_ids.analytic_distribution = {f"{east.id},{site.id}": 100}
        path, tracked = "distribution_analytic_account_ids", {"tracking_category_id": region.id}
        by_name = self.rule("invoice_line_tracking", f"{path}.name", **tracked)
        self.assertEqual(self.head(move)["LineItems"][0]["Tracking"][0]["TrackingOptionID"], "Region East")
        by_name.action_archive()
        west = region.option_ids.filtered(lambda option: option.name == "West")
        self.rule(
            "invoice_line_tracking", path, **tracked, table=[{"key_id": east.id, "value_option_id": west.id}]
        )
        self.assertEqual(self.head(move)["LineItems"][0]["Tracking"][0]["TrackingOptionID"], "Region West")

    def test_number_of_a_bill(self):
        self.rule("bill_number", source="text", text="{ref}/{name}")
        bill = self.invoice("in_invoice", name="BILL/1")
        out = self.sent(bill)
        self.assertEqual((out.payload["InvoiceNumber"], out.number), ("PO 1/BILL/1", "PO 1/BILL/1"))

    def test_contact(self):
        self.partner_a.write({"ref": "C-1", "comment": "<p>Bank <b>12-3</b></p>"})
        self.rule("contact_account_number", "id")
        self.rule("contact_sales_account", constant_account_id=self.xero_account("260").id)
        self.rule("contact_bank", "comment")
        payload = self.prepare(self.partner_a).payload
        self.assertEqual(payload["AccountNumber"], str(self.partner_a.id))
        self.assertEqual(payload["SalesDefaultAccountCode"], "260")
        self.assertIn("12-3", payload["BankAccountDetails"])

    # === WHEN === #

    def test_condition(self):
        self.rule("invoice_reference", constant_text="Big", domain="[('amount_total', '>', 100)]")
        self.assertEqual(self.head(self.invoice())["Reference"], "PO 1")
        big = self.move([(1, 500, None)])
        self.assertEqual(self.head(big)["Reference"], "Big")

    def test_condition_of_lines(self):
        self.rule("invoice_line_description", constant_text="Seat", domain=f"[('product_id', '=', {self.chair.id})]")
        self.assertEqual([line["Description"] for line in self.head(self.invoice())["LineItems"]], ["Seat", "B"])

    def test_only_when_empty(self):
        self.rule("invoice_reference", constant_text="Filler", only_empty=True)
        self.assertEqual(self.head(self.invoice())["Reference"], "PO 1")
        self.assertEqual(self.head(self.invoice(ref=False))["Reference"], "Filler")

    def test_an_empty_value_leaves_what_is_sent_anyway(self):
        self.rule("invoice_reference", "narration")
        self.assertEqual(self.head(self.invoice())["Reference"], "PO 1")

    def test_only_the_documents_it_is_for(self):
        self.rule("invoice_reference", constant_text="Sale")
        self.assertNotIn("Reference", self.head(self.invoice("in_invoice")))
        self.assertEqual(self.head(self.invoice("out_refund"))["Reference"], "PO 1")
        self.assertEqual(self.head(self.invoice("out_receipt"))["Reference"], "Sale", "a receipt goes as an invoice")

    def test_not_in_use_does_nothing(self):
        rule = self.rule("invoice_reference", constant_text="Sale", in_use=False)
        move = self.invoice()
        self.assertEqual(self.head(move)["Reference"], "PO 1")
        rule.sudo().state = "active"
        self.assertEqual(self.head(move)["Reference"], "Sale")
        rule.action_archive()
        self.assertEqual(self.head(move)["Reference"], "PO 1")

    def test_of_another_organisation_does_nothing(self):
        other = self.setup_other_company()["company"]
        second = self.connection.sudo().copy({"company_id": other.id})
        self.rule("invoice_reference", constant_text="Sale", connection_id=second.id)
        self.assertEqual(self.head(self.invoice())["Reference"], "PO 1")

    # === WHAT XERO TAKES === #

    def test_too_long(self):
        rule = self.rule("invoice_reference", constant_text="x" * 300)
        move = self.invoice()
        out = self.sent(move)
        self.assertEqual(len(out.payload["Reference"]), 255)
        self.assertIn("cut", out.notices[0])
        rule.too_long = "problem"
        rule.sudo().state = "active"
        [[message, model, res_id]] = self.problems(move)
        self.assertIn("255", message)
        self.assertEqual((model, res_id), ("xero.field.rule", rule.id))

    def test_unknown_values_name_the_rule(self):
        move = self.invoice()
        for target in ("invoice_line_account", "invoice_theme", "invoice_sent"):
            rule = self.rule(target, "name" if target == "invoice_line_account" else "ref")
            message, model, res_id = self.problems(move)[0]
            self.assertIn(rule.name, message)
            self.assertEqual((model, res_id), ("xero.field.rule", rule.id))
            rule.action_archive()

    def test_archived_account_and_theme(self):
        move, account, theme = self.invoice(), self.xero_account("260"), self.theme("Wholesale").sudo()
        self.rule("invoice_line_account", constant_account_id=account.id)
        self.rule("invoice_theme", constant_theme_id=theme.id)
        self.assertFalse(self.problems(move))
        account.status, theme.status = "ARCHIVED", "GONE"
        self.assertEqual(len(self.problems(move)), 2)

    def test_account_that_takes_no_lines_or_not_the_tax(self):
        tax = self.tax(10)
        self.env["xero.tax.rate"].sudo().search([("tax_type", "=", "S10")]).can_apply_to_expenses = False
        move = self.move([(1, 10, tax)])
        rule = self.rule("invoice_line_account", constant_account_id=self.xero_account("429").id)
        self.assertIn("tax", self.problems(move)[0][0])
        rule.constant_account_id = self.xero_account("610")
        rule.sudo().state = "active"
        self.assertIn("no document lines", self.problems(move)[0][0])

    def test_a_field_that_is_gone_stops_its_documents_only(self):
        rule = self.rule("invoice_reference", "ref")
        self.env.cr.execute("UPDATE xero_field_rule SET path = 'x_gone' WHERE id = %s", [rule.id])
        self.env.registry.clear_cache()
        rule.invalidate_recordset()
        self.assertIn("x_gone", self.problems(self.invoice())[0][0])
        self.assertFalse(self.problems(self.invoice("in_invoice")))

    def test_money_is_never_touched(self):
        """Whatever rules there are, amounts, taxes, identity and marks are the same."""
        taxes = {"ou": self.tax(15), "in": self.tax(15, "purchase")}
        for move_type in ("out_invoice", "in_invoice", "out_refund", "in_refund"):
            tax = taxes[move_type[:2]]
            move = self.move([(3, 9.99, tax), (1, 0.33, tax)], move_type)
            before = self.head(move)
            targets = self.env["xero.field.target"].search([("document", "=", move_type)])
            category = self.category(f"B {move_type}", "A")
            tracked = {"tracking_category_id": category.id, "constant_option_id": category.option_ids.id}
            for target in targets:
                values = {
                    "account": {"constant_account_id": self.xero_account("260").id},
                    "theme": {"constant_theme_id": self.theme("Standard").id},
                    "date": {"constant_text": "2026-05-01"},
                    "flag": {"constant_text": "Yes"},
                    "tracking": tracked,
                }.get(target.kind, {"constant_text": "Changed"})
                self.rule(target.get_external_id()[target.id].partition("target_")[2], **values)
            after = self.head(move)
            protected = {*PROTECTED, *(PROTECTED_ON_SALES if move_type.startswith("out_") else ())}
            for name in protected:
                self.assertEqual(before.get(name), after.get(name), name)
                for old, new in zip(before["LineItems"], after["LineItems"]):
                    self.assertEqual(old.get(name), new.get(name), name)
            changed = {name for name in after if after[name] != before.get(name)} - {"LineItems"}
            self.assertEqual(changed, set(targets.filtered(lambda found: found.level == "document").mapped("name")))

    def test_the_list_has_no_protected_field(self):
        with self.assertRaisesRegex(ValidationError, "to the cent"), self.env.cr.savepoint():
            self.env["xero.field.target"].sudo().create(
                {"document": "out_invoice", "level": "line", "name": "UnitAmount", "label": "Price", "kind": "text"}
            )
        self.env["xero.field.target"].search([])._check_protected()

    # === COST === #

    def test_number_of_queries_does_not_grow(self):
        self.rule("invoice_reference", "invoice_user_id.partner_id.name", domain="[('partner_id.ref', '!=', 'x')]")
        self.rule("invoice_line_description", "product_id.categ_id.display_name")
        self.rule(
            "invoice_line_account",
            "product_id.categ_id",
            table=[{"key_id": self.goods.id, "value_account_id": self.xero_account("260").id}],
        )
        moves = self.env["account.move"].union(*(self._of_its_own(number) for number in range(20)))
        costs = []
        for batch in (moves, moves[:3], moves):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self.mapper["Invoice"]._prepare(batch, self.connection)
            costs.append(self.cr.sql_log_count - start)
        self.assertEqual(costs[1], costs[2])

    def test_without_rules_there_is_no_query_more(self):
        move = self.invoice()
        self.env["xero.field.rule"]._rules(self.connection)
        with self.assertQueryCount(0):
            self.assertFalse(self.env["xero.field.rule"]._rules(self.connection))
        self.assertFalse(self.prepare(move).ruled)

    def _of_its_own(self, number):
        partner = self.env["res.partner"].create({"name": f"P{number}", "ref": f"R{number}"})
        self.link(partner, f"c1000000-0000-0000-0000-{partner.id:012d}")
        user = new_test_user(self.env, f"seller{number}", groups="base.group_user")
        category = self.env["product.category"].create({"name": f"C{number}", "parent_id": self.goods.id})
        product = self.env["product.product"].create({"name": f"P{number}", "categ_id": category.id})
        line = {"quantity": 1, "price_unit": 5, "product_id": product.id, "tax_ids": None}
        return self.move([line], partner_id=partner.id, invoice_user_id=user.id)
