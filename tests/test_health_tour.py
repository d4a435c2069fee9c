"""The health page in a browser."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_health_page import HealthCommon
from .ui_common import XeroTourCase


class TroubledCase(XeroTourCase, HealthCommon):
    def trouble(self):
        """Leave the connection with something wrong of every kind."""
        self.make_move()
        self.drain()
        now = fields.Datetime.now()
        self.fail_jobs(12)
        self.fail_jobs(2, "mapping")
        self.env["xero.sync.cursor"].sudo()._of(self.connection, "Contact").polled_at = now - timedelta(hours=7)
        self.credential.write(
            {"scopes": "accounting.contacts accounting.settings accounting.invoices", "webhook_key_set": True}
        )
        self.connection.write({"paused_until": now + timedelta(hours=1), "pause_reason": "Xero does not answer."})


@tagged("post_install", "-at_install")
class TestHealthTour(TroubledCase):
    def test_a_troubled_connection(self):
        self.trouble()
        self.tour("xero_health", self.admin, "/odoo/xero-health")
        self.assertFalse(self.connection.paused_until)

    def test_no_connection(self):
        self.connection.active = False
        self.tour("xero_health_empty", self.admin, "/odoo/xero-health")
