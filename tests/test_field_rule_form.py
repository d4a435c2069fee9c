"""Making, trying and using field rules: who may, what is refused, what is shown."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from .common.field_rule import RulesMixin
from .common.mapper import MapperCase


@tagged("post_install", "-at_install")
class TestRulesForm(RulesMixin, MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.write({"state": "connected", "tenant_id": "t0000000-0000-0000-0000-000000000001"})
        groups = "account.group_account_manager,xero_connector.group_xero_manager"
        cls.admin = cls._user("rules_admin", groups)
        cls.accountant = cls._user("rules_accountant", "account.group_account_invoice")

    @classmethod
    def _user(cls, login, groups):
        return new_test_user(
            cls.env, login, groups=groups, company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)]
        )

    def draft(self, target="invoice_reference", path="partner_id.name", **values):
        return self.rule(target, path, in_use=False, **values).with_user(self.admin)

    def tried(self, rule, record):
        field = "trial_partner_id" if record._name == "res.partner" else "trial_move_id"
        rule[field] = record
        rule.action_try()
        return rule

    # === TRY AND USE === #

    def test_from_draft_to_use(self):
        rule = self.draft()
        move = self.move([(1, 10, None)], ref="PO 9")
        with self.assertRaisesRegex(UserError, "Try"):
            rule.action_use()
        self.tried(rule, move)
        self.assertEqual((rule.state, rule.trial_ok), ("tested", True))
        self.assertEqual((rule.trial_before, rule.trial_after), ("PO 9", self.partner_a.name))
        self.assertEqual(rule.trial_found, self.partner_a.name)
        rule.action_use()
        self.assertEqual(self.sent(move).payload["Reference"], self.partner_a.name)
        rule.action_stop()
        self.assertEqual((rule.state, self.sent(move).payload["Reference"]), ("tested", "PO 9"))

    def test_a_connection_that_sent_nothing_goes_with_its_rules(self):
        category = self.category("Region", "North")
        rule = self.rule(
            "invoice_line_tracking", tracking_category_id=category.id, constant_option_id=category.option_ids.id
        )
        self.env["xero.link"].sudo().search([("connection_id", "=", self.connection.id)]).unlink()
        self.connection.unlink()
        self.env.flush_all()
        self.assertFalse(rule.exists() or category.exists())

    def test_a_trial_changes_nothing_but_the_rule(self):
        rule, move = self.draft(), self.move([(1, 10, None)])
        jobs, links = self.env["xero.sync.job"].search_count([]), self.env["xero.link"].search_count([])
        stamp = move.write_date
        self.tried(rule, move)
        self.assertEqual(self.env["xero.sync.job"].search_count([]), jobs)
        self.assertEqual(self.env["xero.link"].search_count([]), links)
        self.assertEqual(move.write_date, stamp)

    def test_every_change_of_what_it_does_asks_for_another_trial(self):
        rule = self.tried(self.draft(), self.move([(1, 10, None)]))
        for values in (
            {"path": "partner_id.ref"},
            {"domain": "[('ref', '!=', False)]"},
            {"only_empty": True},
            {"source": "constant", "constant_text": "A"},
        ):
            rule.sudo().state = "active"
            rule.write(values)
            self.assertEqual((rule.state, rule.trial_done), ("draft", False), values)
        rule.sudo().state = "active"
        rule.write({"name": "Another name", "sequence": 3})
        self.assertEqual(rule.state, "active", "neither changes what the rule gives")

    def test_a_row_of_the_table_asks_for_another_trial(self):
        rule = self.draft("invoice_reference", "ref", table=[{"key_text": "a", "value_text": "b"}])
        for change in (
            lambda: rule.value_ids.write({"value_text": "c"}),
            lambda: rule.value_ids.create({"rule_id": rule.id, "key_text": "d", "value_text": "e"}),
            lambda: rule.value_ids[:1].unlink(),
        ):
            rule.sudo().state = "active"
            change()
            self.assertEqual(rule.state, "draft")

    def test_trials_that_do_not_count(self):
        move = self.move([(1, 10, None)], ref=False)
        rule = self.tried(self.draft(domain="[('amount_total', '>', 100)]"), move)
        self.assertIn("condition", rule.trial_message)
        self.assertEqual((rule.state, rule.trial_ok), ("draft", False))
        rule = self.tried(self.draft(path="ref"), move)
        self.assertIn("no value", rule.trial_message)
        self.rule("invoice_reference", constant_text="First", sequence=1)
        rule = self.tried(self.draft(), move)
        self.assertIn("before it", rule.trial_message)
        rule = self.tried(self.draft("invoice_theme", "name"), move)
        self.assertIn("branding theme", rule.trial_message)
        self.assertFalse(rule.trial_ok)

    def test_try_on_lines_and_contacts(self):
        move = self.move([(1, 10, None), (1, 20, None)])
        rule = self.draft("invoice_line_account", None, constant_account_id=self.xero_account("260").id)
        self.tried(rule, move)
        self.assertEqual(rule.trial_before, "1. 200 Sales\n2. 200 Sales")
        self.assertEqual(rule.trial_after, "1. 260 Other Revenue\n2. 260 Other Revenue")
        rule = self.tried(self.draft("contact_account_number", "id"), self.partner_a)
        self.assertEqual(rule.trial_after, str(self.partner_a.id))
        self.assertTrue(rule.trial_ok)

    def test_try_on_something_else_is_refused(self):
        rule = self.draft()
        with self.assertRaisesRegex(UserError, "Choose"):
            rule.action_try()
        with self.assertRaisesRegex(UserError, "kind"):
            self.tried(rule, self.move([(1, 10, None)], "in_invoice"))
        with self.assertRaisesRegex(UserError, "posted"):
            self.tried(rule, self.move([(1, 10, None)], post=False))

    # === WHAT IS REFUSED === #

    def test_status_cannot_be_written(self):
        rule = self.draft()
        for values in ({"state": "active"}, {"state": "tested"}, {"author_id": 1}, {"was_used": False}):
            with self.assertRaises(AccessError):
                rule.write(values)
        with self.assertRaises(AccessError):
            rule.copy({"state": "active"})
        self.assertEqual(rule.copy().state, "draft")

    def test_paths_that_lead_nowhere(self):
        for path in ("nothing", "partner_id.nothing", "name.id", "partner_id.image_1920", "partner_id."):
            with self.assertRaises(ValidationError, msg=path):
                self.draft(path=path)
        with self.assertRaises(ValidationError):
            self.draft(path=None, source="text", text="{partner_id.image_1920}")

    def test_secrets_are_out_of_reach(self):
        """Not even for who may read everything."""
        for path in ("invoice_user_id.password", "partner_id.signup_token", "access_token"):
            self.assertIsNone(self._made_by(self.admin, path), path)
            self.assertIsNone(self._made_by(self.env.ref("base.user_root"), path), path)

    def test_fields_of_other_groups_are_out_of_reach(self):
        """What the author may not read, the rule does not read, in values as in conditions."""
        field = self.env["res.partner"]._fields["comment"]
        self.patch(field, "groups", "base.group_system")
        self.assertIsNone(self._made_by(self.admin, "partner_id.comment"))
        self.assertIsNone(self._made_by(self.admin, "partner_id.name", domain="[('partner_id.comment', '!=', False)]"))
        within = "[('partner_id', 'any', [('comment', '!=', False)])]"
        self.assertIsNone(self._made_by(self.admin, "partner_id.name", domain=within))
        within = "[('partner_id', 'any', [('user_ids', 'not any', [('password', '=like', 'a%')])])]"
        self.assertIsNone(self._made_by(self.admin, "partner_id.name", domain=within))
        system = self._user("rules_system", "base.group_system,account.group_account_manager")
        self.assertTrue(self._made_by(system, "partner_id.comment"))

    def test_records_of_other_companies_are_out_of_reach(self):
        """A partner is shared; what another company has with it is not."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.env["res.partner"].create(
            {"name": "Their contact", "parent_id": self.partner_a.id, "company_id": other.id}
        )
        mine = self.env["res.partner"].create({"name": "Our contact", "parent_id": self.partner_a.id})
        self.assertEqual(self.partner_a.child_ids, theirs | mine)
        rule = self.tried(self.draft(path="partner_id.child_ids.name"), self.move([(1, 10, None)]))
        self.assertEqual(rule.trial_found, "Our contact")
        # Whom no record rule binds, as the author of what comes with a module.
        rule.with_user(self.env.ref("base.user_root")).action_try()
        self.assertEqual((rule.trial_found, rule.author_id), ("Our contact", self.env.ref("base.user_root")))

    def test_what_people_write_to_each_other_is_out_of_reach(self):
        """Odoo lets everybody read the model and hides the records: rules follow no such relation, whoever asks."""
        paths = (
            "invoice_user_id.partner_id.channel_ids.message_ids.body",
            "invoice_user_id.partner_id.channel_ids.name",
            "partner_id.message_ids.body",
            "message_ids.subject",
            "activity_ids.summary",
            "attachment_ids.name",
            "partner_id.user_ids.login",
            "invoice_user_id.login",
            "invoice_user_id.groups_id.name",
            "create_uid.partner_id.activity_ids.note",
            "company_id.xero_connection_id.tenant_name",
        )
        for path in paths:
            for user in (self.admin, self.env.ref("base.user_root")):
                self.assertIsNone(self._made_by(user, path), path)
                condition = f"[({path!r}, '!=', False)]"
                self.assertIsNone(self._made_by(user, "partner_id.name", domain=condition), path)
        self.assertIsNone(self._made_by(self.admin, None, source="text", text="{partner_id.message_ids.body}"))
        self.assertTrue(self._made_by(self.admin, "invoice_user_id.name"))

    def hide(self, partner):
        """Have record rules hide ``partner`` from people with the invoicing rights of ``self.admin``."""
        self.env["ir.rule"].create(
            {
                "name": "Hidden",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": f"[('id', '!=', {partner.id})]",
            }
        )

    def test_records_that_the_person_does_not_see_are_not_shown_in_a_trial(self):
        hidden, seen = self.env["res.partner"].create(
            [{"name": name, "parent_id": self.partner_a.id} for name in ("SECRET", "Seen")]
        )
        self.hide(hidden)
        move = self.move([(1, 10, None)])
        for values in ({"path": "partner_id.child_ids.name"}, {"path": "partner_id.child_ids"},
                       {"path": None, "source": "text", "text": "To {partner_id.child_ids.name}"}):  # fmt: skip
            rule = self.tried(self.draft(**values), move)
            self.assertIn("Seen", rule.trial_found)
            self.assertNotIn("SECRET", f"{rule.trial_found}{rule.trial_after}{rule.trial_message}")
        hidden_is_there = "[('partner_id.child_ids.name', '=', 'SECRET')]"
        rule = self.tried(self.draft(path="partner_id.name", domain=hidden_is_there), move)
        self.assertIn("does not hold", rule.trial_message)

    def test_records_that_the_author_does_not_see_are_not_sent(self):
        hidden = self.env["res.partner"].create({"name": "SECRET", "parent_id": self.partner_a.id})
        rule = self.tried(self.draft(path="partner_id.child_ids.name", only_empty=True), self.move([(1, 10, None)]))
        rule.action_use()
        move = self.move([(1, 10, None)])
        self.assertEqual(self.sent(move).payload["Reference"], "SECRET")
        self.hide(hidden)
        self.env.invalidate_all()
        self.assertNotIn("Reference", self.sent(move).payload)

    def test_an_author_who_lost_the_right_stops_the_rule_in_words(self):
        move = self.move([(1, 10, None)])
        rule = self.tried(self.draft(path="partner_id.comment"), move)
        self.assertFalse(rule.trial_ok)
        self.partner_a.comment = "A note"
        self.tried(rule, move).action_use()
        self.assertEqual(self.sent(move).payload["Reference"], "A note")
        self.patch(self.env["res.partner"]._fields["comment"], "groups", "base.group_system")
        [problem] = self.prepare(move).problems
        self.assertRegex(problem.message, "rules_admin.*may not read.*comment.*try it again")
        self.assertEqual((problem.model, problem.res_id), ("xero.field.rule", rule.id))
        system = self._user("rules_system", "base.group_system,account.group_account_manager")
        rule.with_user(system).action_try()
        self.assertEqual(rule.author_id, system)
        self.assertEqual(self.sent(move).payload["Reference"], "A note")

    def test_an_author_who_left_stops_the_rule_in_words(self):
        move = self.move([(1, 10, None)], ref="PO 9")
        rule = self.tried(self.draft(), move)
        rule.action_use()
        self.admin.active = False
        self.assertRegex(self.prepare(move).problems[0].message, "gone or archived")
        self.admin.active = True
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.admin.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        self.assertRegex(self.prepare(move).problems[0].message, "has no access to")

    def test_a_trial_shows_what_the_person_sees_and_not_what_the_author_sees(self):
        hidden = self.env["res.partner"].create({"name": "SECRET", "parent_id": self.partner_a.id})
        rule = self._made_by(self.env.ref("base.user_root"), "partner_id.child_ids.name")
        self.hide(hidden)
        rule = self.tried(rule.with_user(self.admin), self.move([(1, 10, None)]))
        self.assertFalse(rule.trial_found)
        self.assertNotIn("SECRET", rule.trial_after or "")

    def test_models_out_of_reach(self):
        with self.assertRaises(AccessError):
            self.env["ir.cron"].with_user(self.admin).search([])
        self.env["ir.model.access"].search([("model_id.model", "=", "account.payment.term")]).perm_read = False
        self.assertIsNone(self._made_by(self.admin, "invoice_payment_term_id.name"))

    def _made_by(self, user, path, **values):
        Rule = self.env["xero.field.rule"].with_user(user)
        try:
            with self.env.cr.savepoint():
                return Rule.create(
                    {
                        "name": "R",
                        "connection_id": self.connection.id,
                        "document": "out_invoice",
                        "target_id": self.env.ref("xero_connector.target_invoice_reference").id,
                        "path": path,
                        **values,
                    }
                )
        except ValidationError:
            return None

    def test_conditions_that_are_none(self):
        wrong = ("nothing", "[('nothing', '=', 1)]", "[('name', '=', __import__('os'))]", "[('name', 'is', 1)]")
        for domain in wrong:
            with self.assertRaises(ValidationError, msg=domain):
                self.draft(domain=domain)

    def test_a_field_of_another_document(self):
        with self.assertRaises(ValidationError):
            self.draft(document="in_invoice")

    def test_used_rules_are_archived_not_deleted(self):
        rule = self.draft()
        rule.copy().unlink()
        rule.sudo().was_used = True
        with self.assertRaisesRegex(UserError, "archive"):
            rule.unlink()

    # === ACCESS === #

    def test_accountants_read_only(self):
        rule = self.draft().with_user(self.accountant)
        self.assertTrue(rule.summary)
        for action in (
            lambda: rule.write({"name": "X"}),
            rule.unlink,
            rule.action_try,
            rule.action_use,
            rule.action_stop,
            rule.action_apply,
            rule.action_example_theme,
            lambda: rule.value_ids.create({"rule_id": rule.id}),
        ):
            with self.assertRaises(AccessError):
                action()

    def test_other_companies_rules_are_not_seen(self):
        self.draft()
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env, "rules_stranger", groups="account.group_account_manager,xero_connector.group_xero_manager",
            company_id=other.id, company_ids=[Command.set(other.ids)],
        )  # fmt: skip
        self.assertFalse(self.env["xero.field.rule"].with_user(stranger).search([]))

    # === SCREEN === #

    def test_form(self):
        with Form(self.env["xero.field.rule"].with_user(self.admin)) as form:
            form.name = "Theme"
            form.document = "out_invoice"
            form.target_id = self.env.ref("xero_connector.target_invoice_theme")
            form.source = "table"
            form.path = "invoice_user_id"
            with form.value_ids.new() as row:
                row.key_id = self.admin.id
                row.value_theme_id = self.theme("Wholesale")
        rule = form.record
        self.assertEqual(rule._spec().table, {str(self.admin.id): self.theme("Wholesale").xero_id})
        self.assertEqual(rule.key_model, "res.users")

    def test_words(self):
        rule = self.draft(path="invoice_user_id.name", only_empty=True, domain="[('ref', '!=', False)]")
        self.assertEqual(
            rule.summary,
            "Reference of customer invoices is taken from Salesperson › Name, only when it would be empty, "
            "for those that match the condition.",
        )
        rule = self.draft("invoice_line_account", None, constant_account_id=self.xero_account("260").id)
        self.assertEqual(rule.summary, "Account of each line of customer invoices is always 260 Other Revenue.")

    def test_examples(self):
        Rule = self.env["xero.field.rule"].with_user(self.admin)
        for make in (Rule.action_example_salesperson, Rule.action_example_category, Rule.action_example_theme):
            action = make()
            rule = Rule.browse(action["res_id"])
            self.assertEqual((rule.state, rule.connection_id), ("draft", self.connection))
            self.assertTrue(rule.path)

    def test_what_people_want_from_rules_is_tried_and_used(self):
        """Reference, theme, due date, tracking from an analytic plan, and an account for a product category, each with
        a condition, on one real invoice.
        """
        category = self.env["product.category"].create({"name": "Goods"})
        chair = self.env["product.product"].create({"name": "Chair", "categ_id": category.id})
        plan = self.env["account.analytic.plan"].create({"name": "Regions"})
        east = self.env["account.analytic.account"].create({"name": "East", "plan_id": plan.id})
        region = self.category("Region", "East")
        line = {"product_id": chair.id, "price_unit": 10, "tax_ids": None, "analytic_distribution": {str(east.id): 100}}
        move = self.move([line], invoice_user_id=self.admin.id)
        when, of_chairs = "[('amount_total', '<', 50)]", f"[('product_id', '=', {chair.id})]"
        account = {"key_id": category.id, "value_account_id": self.xero_account("260").id}
        rules = [
            self.draft(path="invoice_user_id.name", domain=when),
            self.draft("invoice_theme", None, constant_theme_id=self.theme("Wholesale").id, domain=when),
            self.draft("invoice_due_date", "invoice_date", days=14, domain=when),
            self.draft(
                "invoice_line_tracking", "distribution_analytic_account_ids.name", tracking_category_id=region.id,
                domain=of_chairs,
            ),
            self.draft("invoice_line_account", "product_id.categ_id", table=[account], domain=of_chairs),
        ]  # fmt: skip
        for rule in rules:
            self.assertTrue(self.tried(rule, move).trial_ok, rule.trial_message)
            self.assertNotEqual(rule.trial_before, rule.trial_after, rule.name)
            rule.action_use()
        payload = self.sent(move).payload
        self.assertEqual(payload["Reference"], self.admin.name)
        self.assertEqual(payload["BrandingThemeID"], self.theme("Wholesale").xero_id)
        self.assertEqual(payload["DueDate"][:10], str(fields.Date.add(move.invoice_date, days=14)))
        [sent] = payload["LineItems"]
        self.assertEqual((sent["AccountCode"], sent["Tracking"][0]["TrackingOptionID"]), ("260", "Region East"))

    def test_what_is_read_behind_relations(self):
        """Each record on the way counts, the one a field is taken over from too; not what a table only looks up."""
        rule = self.draft(path="partner_id.country_id.code", domain="[('invoice_user_id', '!=', False)]")
        self.assertEqual(
            set(rule._watched_stamps()),
            {"partner_id.write_date", "partner_id.country_id.write_date", "invoice_user_id.write_date"},
        )
        rule = self.draft("invoice_line_account", "product_id.categ_id", table=[{"key_id": 1}])
        self.assertEqual(
            set(rule._watched_stamps()), {"product_id.write_date", "product_id.product_tmpl_id.write_date"}
        )
        own = self.draft(path="invoice_origin")
        self.assertFalse(own.reads_related)
        typed = own.new({"path": "partner_id.ref", "domain": "[('ref', '=', "}, origin=own)
        self.assertFalse(typed.reads_related, "no crash on a condition that is being typed")

    # === EVENTS === #

    def test_what_rules_read_is_watched(self):
        tracked = self.env["xero.mapper"]._tracked("account.move")
        self.assertNotIn("invoice_user_id", tracked[0])
        rule = self.rule("invoice_reference", "invoice_user_id.name", domain="[('narration', '!=', False)]")
        self.rule("invoice_line_description", "move_id.invoice_incoterm_id.code", domain="[('ref', '!=', 'x')]")
        tracked = self.env["xero.mapper"]._tracked("account.move")
        self.assertLessEqual({"invoice_user_id", "narration", "invoice_incoterm_id"}, tracked[0])
        self.assertIn("ref", tracked[1])
        rule.action_stop()
        self.assertNotIn("invoice_user_id", self.env["xero.mapper"]._tracked("account.move")[0])
