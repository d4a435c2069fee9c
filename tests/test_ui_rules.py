"""Field rules in a browser."""

from odoo.tests import new_test_user, tagged

from .common.ui import XeroTourCase


@tagged("post_install", "-at_install")
class TestFieldRuleTour(XeroTourCase):
    def test_example_tried_and_used(self):
        seller = new_test_user(self.env, "tour_seller", groups="base.group_user", name="Sam Seller")
        self.make_move(ref="PO 4711", invoice_user_id=seller.id)
        self.tour("xero_field_rule", self.admin, "/odoo/xero-field-rules")
        rule = self.env["xero.field.rule"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual((rule.state, rule.was_used, rule.only_empty), ("draft", True, True))
