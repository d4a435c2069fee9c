"""The health page of a company that is not connected, in a browser; see test_messy_tours for a troubled one."""

from odoo.tests import tagged

from .common.ui import XeroTourCase


@tagged("post_install", "-at_install")
class TestHealthTour(XeroTourCase):
    def test_no_connection(self):
        self.connection.active = False
        self.tour("xero_health_empty", self.admin, "/odoo/xero-health")
