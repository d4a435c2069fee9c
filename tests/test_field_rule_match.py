"""Account rules: one account in Odoo that is several in Xero, by what a line has to do with."""

from psycopg2.errors import ForeignKeyViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common.field_rule import RulesMixin
from .common.mapper import MapperCase


@tagged("post_install", "-at_install")
class TestAccountRules(RulesMixin, MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.write({"state": "connected", "tenant_id": "t0000000-0000-0000-0000-000000000001"})
        cls.goods = cls.env["product.category"].create({"name": "Goods"})
        cls.chairs = cls.env["product.category"].create({"name": "Chairs", "parent_id": cls.goods.id})
        cls.chair = cls.env["product.product"].create({"name": "Chair", "categ_id": cls.chairs.id})
        cls.service = cls.env["product.product"].create(
            {"name": "Advice", "categ_id": cls.env["product.category"].create({"name": "Work"}).id}
        )
        cls.abroad = cls.env["account.fiscal.position"].create({"name": "Abroad"})
        cls.accountant = cls._user("match_accountant", "account.group_account_manager")
        cls.clerk = cls._user("match_clerk", "account.group_account_invoice")

    @classmethod
    def _user(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env, login, groups=groups, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    def invoice(self, move_type="out_invoice", **values):
        lines = [
            {"name": "A", "quantity": 1, "price_unit": 10, "product_id": self.chair.id, "tax_ids": None},
            {"name": "B", "quantity": 2, "price_unit": 20, "product_id": self.service.id, "tax_ids": None},
        ]
        account = self.revenue if move_type.startswith("out") else self.expense
        return self.move([{**line, "account_id": account.id} for line in lines], move_type, **values)

    def account_rule(self, code="260", document="invoice", **values):
        """Make a rule; records among ``values`` are what its columns name."""
        records = {name: values.pop(name) for name, value in list(values.items()) if hasattr(value, "ids")}
        matches = {f"match_{name}_ids": [Command.set(found.ids)] for name, found in records.items()}
        account = {"constant_account_id": self.xero_account(code).id} if code else {}
        return self.rule(f"{document}_line_account", **account, **matches, **values)

    def codes(self, move):
        return [line.get("AccountCode") for line in self.sent(move).payload["LineItems"]]

    def problems(self, move):
        return self.prepare(move).problems

    # === WHICH LINES === #

    def test_each_column(self):
        """A row of each kind, and the lines that it is for; a category holds for those below it."""
        europe = self.env["res.country.group"].create(
            {"name": "Some of Europe", "country_ids": [Command.set(self.env.ref("base.fr").ids)]}
        )
        self.partner_a.country_id = self.env.ref("base.fr")
        other_journal = self.company_data["default_journal_sale"].copy({"code": "SHOP", "name": "Shop"})
        move = self.invoice(fiscal_position_id=self.abroad.id)
        for matches, expected in (
            ({"category": self.goods}, ["260", "200"]),
            ({"category": self.chairs}, ["260", "200"]),
            ({"category": self.service.categ_id}, ["200", "260"]),
            ({"account": self.revenue}, ["260", "260"]),
            ({"account": self.expense}, ["200", "200"]),
            ({"journal": move.journal_id}, ["260", "260"]),
            ({"journal": other_journal}, ["200", "200"]),
            ({"fiscal_position": self.abroad}, ["260", "260"]),
            ({"fiscal_position": self.abroad.copy()}, ["200", "200"]),
            ({"country": self.env.ref("base.fr")}, ["260", "260"]),
            ({"country": self.env.ref("base.de")}, ["200", "200"]),
            ({"country_group": europe}, ["260", "260"]),
            ({"category": self.goods, "fiscal_position": self.abroad}, ["260", "200"]),
            ({"category": self.goods, "country": self.env.ref("base.de")}, ["200", "200"]),
            ({"category": self.goods + self.service.categ_id}, ["260", "260"]),
            ({}, ["260", "260"]),
        ):
            rule = self.account_rule(**matches)
            self.assertEqual(self.codes(move), expected, rule.summary)
            self.assertEqual(set(self.prepare(move).ruled), {"LineItems.AccountCode"} if "260" in expected else set())
            rule.action_archive()

    def test_the_first_that_matches_decides(self):
        move = self.invoice()
        wide = self.account_rule("260", sequence=1)
        self.account_rule("310", category=self.goods, sequence=2)
        self.assertEqual(self.codes(move), ["260", "260"], "the narrower one is not preferred by itself")
        wide.sequence = 3
        self.assertEqual(self.codes(move), ["310", "260"])
        lines = self.prepare(move).ruled_lines
        self.assertEqual([len(lines[line.id]) for line in move.invoice_line_ids], [1, 1])

    def test_credit_notes_too(self):
        invoice, credit = self.invoice(), self.invoice("out_refund")
        rule = self.account_rule()
        self.assertEqual((self.codes(invoice), self.codes(credit)), (["260"] * 2, ["200"] * 2))
        rule.also_refunds = True
        self.assertEqual((rule.state, self.codes(credit)), ("active", ["260"] * 2))
        self.assertEqual(self.codes(self.invoice("in_refund")), ["429"] * 2)
        self.assertIn("out_refund", rule.trial_move_types)
        self.assertIn("credit notes", rule.summary)
        with self.assertRaisesRegex(ValidationError, "credit notes"):
            self.rule("invoice_due_date", constant_text="2026-01-01", also_refunds=True)

    def test_account_and_tracking_option_in_one_row(self):
        option = self.category("Region", "North").option_ids
        move = self.invoice()
        self.account_rule(category=self.goods, also_option_id=option.id)
        self.account_rule(None, also_option_id=self.category("Shop", "Web").option_ids.id, sequence=1)
        first, second = self.sent(move).payload["LineItems"]
        self.assertEqual((first["AccountCode"], second["AccountCode"]), ("260", "200"))
        self.assertEqual([len(line["Tracking"]) for line in (first, second)], [2, 1])
        self.assertEqual(set(self.prepare(move).ruled), {"LineItems.AccountCode", "LineItems.Tracking"})
        self.assertIn(
            "LineItems.Tracking", self.env["xero.inbound"]._for_type("Invoice")._fields_ever_ruled(self.connection)
        )

    def test_bills(self):
        self.account_rule("310", "bill", category=self.goods)
        self.assertEqual(self.codes(self.invoice("in_invoice")), ["310", "429"])

    def test_an_account_without_mapping_is_no_problem_where_a_rule_decides(self):
        unmapped = self.revenue.copy({"code": "UNMAPPED"})
        move = self.invoice()
        move.button_draft()
        move.invoice_line_ids.account_id = unmapped
        move.action_post()
        rule = self.account_rule(category=self.goods)
        [problem] = self.problems(move)
        self.assertEqual((problem.code, problem.missing), ("mapping", ("account", unmapped.id)), "for the other line")
        rule.match_category_ids = [Command.clear()]
        self.assertEqual(self.codes(move), ["260", "260"])

    # === WHAT XERO WOULD REFUSE === #

    def test_a_tax_that_the_account_does_not_take(self):
        tax = self.tax(10)
        self.env["xero.tax.rate"].sudo().search([("tax_type", "=", "S10")]).can_apply_to_expenses = False
        move = self.move([(1, 10, tax)])
        rule = self.account_rule("429")
        [problem] = self.problems(move)
        self.assertIn("S10", problem.message)
        self.assertIn("429", problem.message)
        self.assertEqual((problem.model, problem.res_id, problem.topic), ("xero.field.rule", rule.id, "tax_account"))

    def test_only_the_account_that_is_used_has_to_take_the_tax(self):
        tax = self.tax(10)
        self.env["xero.tax.rate"].sudo().search([("tax_type", "=", "S10")]).can_apply_to_revenue = False
        move = self.move([(1, 10, tax)])
        self.assertEqual([problem.topic for problem in self.problems(move)], ["tax_account"])
        self.account_rule("429")
        self.assertEqual(self.codes(move), ["429"])

    def test_an_archived_account(self):
        rule = self.account_rule(category=self.goods)
        self.xero_account("260").status = "ARCHIVED"
        [problem] = self.problems(self.invoice())
        self.assertIn("260", problem.message)
        fix = problem.model, problem.res_id, problem.topic
        self.assertEqual(fix, ("xero.field.rule", rule.id, "archived_account"))
        self.assertTrue(problem.waits, "it goes once the lists say otherwise")

    # === THE TABLE === #

    def test_a_row_is_made_used_changed_and_stopped(self):
        """As an accountant does it in the list: without a trial, as nothing is read that could be wrong."""
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_account_rule")
        self.assertEqual(action["views"][0][1], "list")
        rules = self.env["xero.field.rule"].with_user(self.accountant)
        with Form(
            rules.with_context(
                default_document="out_invoice",
                default_source="constant",
                default_also_refunds=True,
                default_target_id=self.env.ref("xero_connector.target_invoice_line_account").id,
            ),
            view="xero_connector.xero_field_rule_view_list_account",
        ) as form:
            form.match_category_ids.add(self.goods)
            form.constant_account_id = self.xero_account("260")
        rule = form.record
        self.assertIn("Goods", rule.name)
        self.assertEqual((rule.state, rule.is_plain, rule.connection_id), ("draft", True, self.connection))
        move = self.invoice()
        self.assertEqual(self.codes(move), ["200", "200"])
        rule.action_use()
        self.assertEqual(self.codes(move), ["260", "200"])
        rule.constant_account_id = self.xero_account("310")
        self.assertEqual((rule.state, self.codes(move)), ("active", ["310", "200"]))
        rule.domain = "[('quantity', '>', 1)]"
        self.assertEqual((rule.state, rule.is_plain), ("draft", False), "what reads fields has to be tried")
        with self.assertRaisesRegex(UserError, "Try"):
            rule.action_use()
        rule.domain = "[]"
        rule.action_use()
        rule.action_stop()
        self.assertEqual(self.codes(move), ["200", "200"])

    def test_a_trial_says_what_the_row_does(self):
        rule = self.account_rule(category=self.goods, in_use=False).with_user(self.accountant)
        rule.trial_move_id = self.invoice()
        rule.action_try()
        self.assertTrue(rule.trial_ok, rule.trial_message)
        self.assertEqual(rule.trial_after, "1. 260 Other Revenue\n2. 200 Sales")

    def test_people_without_the_right_change_nothing(self):
        rule = self.account_rule(in_use=False).with_user(self.clerk)
        self.assertTrue(rule.summary)
        clear = {"match_category_ids": [Command.clear()]}
        for action in (rule.action_use, rule.action_preview, lambda: rule.write(clear)):
            with self.assertRaises(AccessError):
                action()

    def test_records_of_another_company_are_refused(self):
        other = self.setup_other_company()["company"]
        journal = self.env["account.journal"].search([("company_id", "=", other.id), ("type", "=", "sale")], limit=1)
        with self.assertRaisesRegex(ValidationError, "another company"):
            self.account_rule(journal=journal)

    def test_records_that_the_person_does_not_see_are_refused(self):
        """Else a trial would tell of what they are on."""
        rule = self.account_rule(category=self.goods, in_use=False).with_user(self.accountant)
        hidden = self.env["ir.rule"].create(
            {
                "name": "No work",
                "model_id": self.env["ir.model"]._get_id("product.category"),
                "domain_force": [("name", "!=", "Work")],
            }
        )
        with self.assertRaises(AccessError):
            rule.match_category_ids = self.service.categ_id
        hidden.unlink()
        rule.match_category_ids = self.service.categ_id

    def test_columns_are_for_lines(self):
        with self.assertRaisesRegex(ValidationError, "lines"):
            self.rule("invoice_reference", "ref", match_category_ids=[Command.set(self.goods.ids)])

    def test_a_record_that_a_row_names_cannot_be_lost(self):
        """Else the row would be for everything."""
        self.account_rule(category=self.goods)
        with self.assertRaises(ForeignKeyViolation), self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
            self.goods.unlink()

    def test_what_columns_look_at_is_watched(self):
        rules = self.env["xero.field.rule"]
        self.assertEqual(rules._tracked_fields("account.move"), (frozenset(), frozenset()))
        rule = self.account_rule(fiscal_position=self.abroad, category=self.goods)
        self.assertEqual(rules._tracked_fields("account.move"), ({"fiscal_position_id"}, {"product_id"}))
        self.assertIn("product_id.product_tmpl_id.write_date", rule._watched_stamps(), "another category")

    # === COST === #

    def test_a_hundred_rows_make_no_query_more(self):
        moves = self.env["account.move"].union(*(self._of_its_own(number) for number in range(12)))
        prepare = self.mapper["Invoice"]._prepare

        def cost(batch):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            prepare(batch, self.connection)
            return self.cr.sql_log_count - start

        cost(moves)
        without = cost(moves)
        self._many_rules(3)
        cost(moves)
        few = [cost(moves[:3]), cost(moves)]
        self._many_rules(97)
        cost(moves)
        many = [cost(moves[:3]), cost(moves)]
        self.assertEqual(few[0], few[1])
        self.assertEqual(many, few, "one for each kind of record that columns look at, however many rows there are")
        self.assertLessEqual(few[0] - without, 8)

    def _many_rules(self, number):
        categories = self.env["product.category"].create([{"name": f"C{n}"} for n in range(number)])
        for category in categories:
            self.account_rule(category=category, fiscal_position=self.abroad, country=self.env.ref("base.fr"))

    def _of_its_own(self, number):
        partner = self.env["res.partner"].create({"name": f"P{number}", "country_id": self.env.ref("base.fr").id})
        self.link(partner, f"c1000000-0000-0000-0000-{partner.id:012d}")
        category = self.env["product.category"].create({"name": f"C{number}", "parent_id": self.goods.id})
        product = self.env["product.product"].create({"name": f"P{number}", "categ_id": category.id})
        line = {"price_unit": 10, "tax_ids": None, "product_id": product.id}
        return self.move([line], partner_id=partner.id, fiscal_position_id=self.abroad.id)
