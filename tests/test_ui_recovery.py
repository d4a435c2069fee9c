"""Yesterday's backup, in a browser: the page says what is to be done next, and goes on by itself."""

from odoo.tests import tagged

from .common.ui import XeroTourCase
from .test_recovery import RecoveryCommon


@tagged("post_install", "-at_install")
class TestRecoveryTour(RecoveryCommon, XeroTourCase):
    def test_from_the_question_to_the_release(self):
        kept = self.pushed()
        partner = self.env["res.partner"].create({"name": "Lost Ltd", "is_company": True})
        lost = self.make_move(partner=partner, lines=((1, 111.0),))
        self.drain()
        number = lost.name
        self.lose(lost, partners=[partner])
        self.poll("Contact")
        recovery = self.env["xero.recovery"].search([("connection_id", "=", self.connection.id)], limit=1)
        self.assertEqual(recovery.state, "ask")
        self.tour("xero_recovery", self.admin, f"/odoo/action-xero_connector.action_xero_recovery/{recovery.id}")
        self.assertEqual((recovery.state, self.connection.state), ("released", "connected"))
        again = self.env["account.move"].search([("name", "=", number)])
        self.assertEqual(again.partner_id.name, "Lost Ltd")
        self.assertInXero(again | kept)
