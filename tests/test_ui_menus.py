"""An app of its own whose menus fit a screen, and what the dashboards say."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from .common import XeroCommon

MOST = 7


@tagged("post_install", "-at_install")
class TestMenus(XeroCommon):
    def setUp(self):
        super().setUp()
        self.clerk = self.login("list_clerk", "account.group_account_invoice")

    def login(self, name, groups, companies=None):
        companies = self.company if companies is None else companies
        return new_test_user(
            self.env,
            name,
            groups=f"base.group_user,{groups}",
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    # === DASHBOARDS === #

    def test_the_accounting_dashboard_says_what_waits(self):
        account = self.company_data["default_account_revenue"].copy({"code": "PECULIAR", "name": "Peculiar income"})
        move = self.make_move(lines=[{"quantity": 1, "price_unit": 100.0, "account_id": account.id}])
        self.drain()
        journals = move.journal_id.with_user(self.clerk)
        data = journals._get_journal_dashboard_data_batched()[move.journal_id.id]
        self.assertEqual((data["xero_failed"], data["xero_conflict"]), (1, 0))
        action = journals.action_xero_waiting()
        self.assertEqual(self.env["account.move"].search(action["domain"]), move)
        quiet = self.company_data["default_journal_purchase"].with_user(self.clerk)
        self.assertEqual(quiet._get_journal_dashboard_data_batched()[quiet.id]["xero_failed"], 0)

    def test_a_card_for_each_company(self):
        card = self.connection.with_user(self.clerk)
        self.assertFalse(card.proven_at)
        self.connection.action_reconcile()
        self.drain()
        self.env.invalidate_all()
        report = self.connection.last_reconciliation_id
        self.assertEqual(report.state, "done")
        self.assertEqual((card.proven_at, card.proof_text), (report.as_of, report.verdict_text))
        self.assertEqual((card.receivable_odoo, card.payable_xero), (report.receivable_odoo, report.payable_xero))

    # === MENUS === #

    def tree(self, person, debug=False):
        """Return ``{menu: names below it}`` of all of Xero's menus that ``person`` sees."""
        menus = self.env["ir.ui.menu"].with_user(person)
        visible = menus._visible_menu_ids(debug) - set(menus._load_menus_blacklist())
        root = self.env.ref("xero_connector.menu_xero")
        self.assertFalse(root.parent_id)
        self.assertIn(root.id, visible)
        found = {}
        for menu in menus.search([("id", "child_of", root.id), ("id", "in", list(visible))]):
            found[menu.name] = menu.child_id.filtered(lambda child: child.id in visible).mapped("name")
        return found

    def test_an_app_of_its_own_with_at_most_seven_entries_on_each_level(self):
        accounting = "account.group_account_manager"
        people = [
            self.clerk,
            self.login("list_accountant", accounting),
            self.login("list_admin", f"{accounting},base.group_system,analytic.group_analytic_accounting"),
        ]
        for person in people:
            for debug in (False, True):
                tree = self.tree(person, debug)
                self.assertLessEqual(max(map(len, tree.values())), MOST, tree)
                seen = {name for names in tree.values() for name in names}
                technical = {"Log", "Technical"} & seen
                self.assertEqual(bool(technical), debug, tree)
        self.assertTrue(self.env.ref("xero_connector.menu_xero").web_icon_data)
        top = ["Overview", "Health", "To Do", "Activity", "Reconciliation", "Mapping", "Configuration"]
        self.assertEqual(self.tree(people[2])["Xero"], top)
        self.assertIn("Match Records", self.tree(people[1])["Activity"])
        self.assertNotIn("Match Records", self.tree(people[0])["Activity"])
        self.assertNotIn("Connections", self.tree(people[1])["Configuration"])

    def test_set_up_comes_first_until_a_company_is_connected(self):
        lonely = self.env["res.company"].create({"name": "Lonely"})
        admin = self.login("list_lonely", "account.group_account_manager,base.group_system", lonely)
        clerk = self.login("list_quiet", "account.group_account_invoice", lonely)
        self.assertEqual(self.tree(admin)["Xero"][0], "Set Up")
        self.assertEqual(self.tree(clerk)["Xero"][0], "Health")
        connection = self.env["xero.connection"].sudo().create(
            {"company_id": lonely.id, "credential_id": self.credential.id}
        )
        self.assertEqual(self.tree(admin)["Xero"][0], "Set Up")
        connection.write({"tenant_id": "a0000000-0000-4000-8000-000000000001", "state": "connected"})
        self.assertEqual(self.tree(admin)["Xero"][0], "Overview")
        self.assertEqual(self.tree(clerk)["Xero"][0], "Overview")
