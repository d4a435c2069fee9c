"""What a list without rows offers, its reader may do."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestEmptyLists(XeroCommon):
    OFFERS = {
        "action_xero_field_rule": "action_xero_field_rule_theme",
        "action_xero_reconciliation": "action_xero_reconcile_now",
        "action_xero_match": "action_xero_match_now",
    }

    def help_of(self, person, name):
        action = self.env.ref(f"xero_connector.{name}").with_user(person).sudo()
        return action.read(["help", "res_model"])[0]["help"]

    def person(self, login, groups):
        return new_test_user(
            self.env,
            login,
            groups=f"base.group_user,{groups}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_buttons_are_for_those_who_may(self):
        clerk = self.person("empty_clerk", "account.group_account_invoice")
        accountant = self.person("empty_accountant", "account.group_account_manager")
        admin = self.person("empty_admin", "account.group_account_manager,base.group_system")
        for name, offer in self.OFFERS.items():
            button = f'name="{self.env.ref(f"xero_connector.{offer}").id}"'
            self.assertIn(button, self.help_of(accountant, name), name)
            self.assertNotIn(button, self.help_of(clerk, name), name)
            self.assertIn("ccountants", self.help_of(clerk, name), name)
        guide = f'name="{self.env.ref("xero_connector.action_xero_setup_open").id}"'
        for kind in ("account", "tax", "journal"):
            name = f"action_xero_mapping_{kind}"
            self.assertNotIn(guide, self.help_of(accountant, name))
            self.assertIn(guide, self.help_of(admin, name))
        self.assertIn("New", self.help_of(accountant, "action_xero_run"))
        self.assertNotIn("New", self.help_of(clerk, "action_xero_run"))

    def test_the_buttons_work(self):
        accountant = self.person("empty_worker", "account.group_account_manager")
        company = {"allowed_company_ids": self.company.ids}
        for name in ("reconcile", "match"):
            server = self.env.ref(f"xero_connector.action_xero_{name}_now").with_user(accountant)
            action = server.with_context(**company).run()
            record = self.env[action["res_model"]].browse(action["res_id"])
            self.assertEqual(record.connection_id, self.connection)
