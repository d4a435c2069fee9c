"""The guide as people use it, on books that were in use before."""

from odoo.tests import tagged

from .ui_common import XeroTourCase


@tagged("post_install", "-at_install")
class TestGuideTours(XeroTourCase):
    def setUp(self):
        super().setUp()
        for name in ("Held One", "Held Two"):
            self.simulator.control(f"/organisations/{self.tenant}/act/create_contact", Name=name)
        row = self.connection.account_mapping_ids[:1]
        target = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", "200")])
        row.write({"xero_account_id": target.id, "state": "suggested", "confidence": 30})
        self.row = row
        self.open_guide = f"/odoo/action-{self.env.ref('xero_connector.action_xero_setup_open').id}"

    def test_every_step(self):
        self.tour("xero_guide", self.admin, self.open_guide, timeout=120)
        guide = self.connection.setup_ids
        self.assertEqual((guide.step, guide.finished_by_id), ("done", self.admin))
        self.assertEqual((self.row.state, self.row.xero_account_id.code), ("confirmed", "260"))
        self.assertFalse(self.connection.sync_bills)
        self.assertFalse(self.connection.hold_until_matched)

    def test_match_first(self):
        self.connection.action_setup()
        self.drain()
        move = self.make_move()
        self.tour("xero_guide_hold", self.admin, self.open_guide, timeout=120)
        self.assertFalse(self.connection.hold_until_matched)
        self.drain()
        self.assertInXero(move)
