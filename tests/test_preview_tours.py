"""Preview, history and undo as people use them, in a browser."""

from odoo.tests import tagged

from .test_ui_tours import INVOICES
from .ui_common import XeroTourCase


@tagged("post_install", "-at_install")
class TestPreviewTours(XeroTourCase):
    def _unasked(self, customer, **values):
        partner = self.env["res.partner"].create({"name": customer, "is_company": True})
        move = self.make_move(partner=partner, post=False, **values)
        move.with_context(xero_no_sync=True).action_post()
        return move

    def test_preview(self):
        account = self.company_data["default_account_revenue"].copy({"name": "Tour Income", "code": "TOUR2"})
        moves = self._unasked("First Customer") | self._unasked(
            "Second Customer", lines=[{"quantity": 1, "price_unit": 100.0, "account_id": account.id}]
        )
        self.tour("xero_preview", self.admin, INVOICES)
        self.drain()
        self.assertInXero(moves)

    def test_history_and_undo(self):
        self.connection.sync_from = False
        moves = self._unasked("Old Customer", invoice_date="2024-02-03") | self._unasked(
            "Older Customer", invoice_date="2024-01-03"
        )
        self.tour("xero_history", self.admin, "/odoo/xero-runs", timeout=120)
        statuses = [found["Status"] for found in self.simulator.documents(self.tenant, "Invoices")]
        self.assertEqual(statuses, ["VOIDED", "VOIDED"])
        self.assertEqual(set(moves.mapped("xero_sync_state")), {"not_synced"})
