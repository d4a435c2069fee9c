"""Who sees and sends stock journals."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .stock_common import StockCommon


@tagged("post_install", "-at_install")
class TestStockAccess(StockCommon):
    def test_people_see_their_companies_and_change_nothing(self):
        self.paper("out_invoice", self.products["average", "real_time"], 1, 25.0, day="2026-03-05")
        self.collect()
        [journal] = self.journals()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        roles = {
            "user": "xero_connector.group_xero_user",
            "accountant": "xero_connector.group_xero_accountant",
            "manager": "xero_connector.group_xero_manager",
        }
        for role, group in roles.items():
            with self.subTest(role):
                groups = f"base.group_user,account.group_account_invoice,{group}"
                inside = new_test_user(
                    self.env, f"stock_{role}", groups,
                    company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
                )  # fmt: skip
                mine = journal.with_user(inside)
                self.assertEqual(mine.read(["debit", "state", "xero_sync_state"])[0]["debit"], 10)
                self.assertEqual(sorted(mine.total_ids.mapped("balance")), [-10, 10])
                mine.action_open_lines()
                mine.action_xero_sync()
                self.env["xero.period.journal"].with_user(inside).action_collect()
                for record in (mine, mine.line_ids[0]):
                    with self.assertRaises(AccessError):
                        record.write({"company_id": self.company.id})
                    with self.assertRaises(AccessError):
                        record.unlink()
                    with self.assertRaises(AccessError):
                        record.create({})
                outside = new_test_user(
                    self.env, f"other_{role}", groups, company_id=other.id, company_ids=[Command.set(other.ids)]
                )
                theirs = self.env["xero.period.journal"].with_user(outside).search([])
                self.assertFalse(theirs)
                for model in ("xero.period.line", "xero.period.total"):
                    self.assertFalse(self.env[model].with_user(outside).search([]))
                with self.assertRaises(AccessError):
                    journal.with_user(outside).action_open_lines()
        clerk = new_test_user(self.env, "stock_clerk", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["xero.period.journal"].with_user(clerk).search([])
        with self.assertRaises(AccessError):
            self.env["xero.period.journal"].with_user(clerk).action_collect()
