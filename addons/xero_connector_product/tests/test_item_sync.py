"""Items in Xero, over real HTTP to the simulator."""

from odoo.addons.xero_connector.tests.common import XeroCommon
from odoo.exceptions import UserError
from odoo.tests import tagged

from .item_common import ItemCommon


@tagged("post_install", "-at_install")
class TestItemSync(ItemCommon, XeroCommon):
    def in_xero(self, record):
        if record._name != "product.product":
            return super().in_xero(record)
        return next((row for row in self.items() if row["ItemID"] == record.xero_item_id), None)

    def invoice(self, *products):
        return self.make_move(
            lines=[{"product_id": found.id, "quantity": 1, "price_unit": 30, "tax_ids": []} for found in products]
        )

    def test_created_changed_and_found_unchanged(self):
        chair = self.make_product()
        self.drain()
        self.assertEqual((chair.xero_sync_state, self.in_xero(chair)["Name"]), ("synced", "Chair"))
        chair.product_tmpl_id.write({"name": "Armchair", "list_price": 60})
        self.drain()
        element = self.in_xero(chair)
        self.assertEqual((element["Name"], float(element["SalesDetails"]["UnitPrice"])), ("Armchair", 60.0))
        self.simulator.reset_stats()
        chair.action_xero_sync()
        self.drain()
        self.assertFalse(self.simulator.calls(self.tenant), "what is agreed is not sent again")

    def test_documents_send_their_items_first(self):
        self.connection.item_policy = "off"
        chair = self.make_product()
        self.connection.item_policy = "first"
        move = self.invoice(chair)
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.in_xero(move)["LineItems"][0]["ItemCode"], "CH-1")
        self.assertEqual(float(self.in_xero(move)["LineItems"][0]["UnitAmount"]), 30.0, "not the item's price")

    def test_shares_of_a_line_count_as_many_items(self):
        plan = self.env["account.analytic.plan"].create({"name": "Region"})
        accounts = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("North", "South")]
        )
        self.env["xero.mapping.tracking"]._refresh(self.connection)
        shares = dict(zip(map(str, accounts.ids), (60, 40)))
        line = {"product_id": self.make_product().id, "tax_ids": [], "analytic_distribution": shares}
        move = self.make_move(
            lines=[{**line, "quantity": 3, "price_unit": 33.33}, {**line, "quantity": 7, "price_unit": 10}]
        )
        self.drain()
        self.assertInXero(move)
        lines = self.in_xero(move)["LineItems"]
        self.assertEqual({row["ItemCode"] for row in lines}, {"CH-1"})
        self.assertEqual([round(float(row["LineAmount"]), 2) for row in lines], [59.99, 40.0, 42.0, 28.0])
        counted = [float(row["Quantity"]) for row in lines]
        self.assertEqual([round(sum(counted[:2]), 4), round(sum(counted[2:]), 4)], [3, 7])

    def test_a_refused_item_holds_only_its_documents(self):
        broken, good = self.make_product("X" * 31, "Long"), self.make_product()
        waiting, sent = self.invoice(broken), self.invoice(good)
        self.drain()
        self.assertEqual((waiting.xero_sync_state, sent.xero_sync_state), ("failed", "synced"))
        self.assertIn("30", self.job_of(broken).failure_detail)
        broken.default_code = "SHORT"
        self.drain()
        self.assertEqual(self.in_xero(waiting)["LineItems"][0]["ItemCode"], "SHORT")

    def test_reasons_are_read_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        job = self.job_of(self.make_product("X" * 31, "Long"))
        self.drain()
        job.invalidate_recordset()
        self.assertIn("characters", job.failure_detail)
        self.assertIn("Zeichen", job.with_context(lang="de_DE").failure_detail)

    def test_an_item_of_the_same_code_is_the_one(self):
        self.item("CH-1", "Made in Xero")
        chair = self.make_product()
        self.drain()
        self.assertEqual(chair.xero_sync_state, "synced", chair.xero_sync_message)
        self.assertEqual([item["Name"] for item in self.items() if item["Code"] == "CH-1"], ["Made in Xero"])

    def test_a_lost_answer_makes_no_second_item(self):
        self.simulator.fault("drop_after", method="PUT", resource="Items")
        chair = self.make_product()
        self.drain()
        self.resume()
        self.drain()
        self.assertEqual(chair.xero_sync_state, "synced", chair.xero_sync_message)
        self.assertEqual(len([item for item in self.items() if item["Code"] == "CH-1"]), 1)

    def test_switched_off(self):
        self.connection.item_policy = "off"
        chair = self.make_product()
        self.assertFalse(self.job_of(chair))
        with self.assertRaisesRegex(UserError, "switched off"):
            chair.action_xero_sync()

    def test_without_the_permission_the_connection_says_so(self):
        self.assertFalse(self.connection.item_scope_missing)
        self.credential.sudo().scopes = "accounting.invoices accounting.settings.read"
        self.connection.invalidate_recordset()
        self.assertTrue(self.connection.item_scope_missing)
        self.credential.requested_scopes = "offline_access accounting.settings.read"
        self.connection.action_allow_items()
        self.assertIn("accounting.settings", self.credential.requested_scopes.split())

    def test_deleted_products_stay_in_xero(self):
        chair = self.make_product()
        self.drain()
        chair.unlink()
        self.drain()
        self.assertTrue([item for item in self.items() if item["Code"] == "CH-1"])
