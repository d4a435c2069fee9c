from odoo.tests import tagged

from .recon_common import ReconCommon
from .ui_common import XeroTourCase


@tagged("post_install", "-at_install")
class TestReconcileTour(XeroTourCase, ReconCommon):
    def test_reconcile(self):
        move = self.document(partner=self.new_partner())
        self.document("in_invoice", partner=self.new_partner())
        self.settle()
        self.edit(move, Reference="Changed in Xero")
        self.person(
            "create_invoice",
            contact=move.partner_id.xero_contact_id,
            Date="2026-03-15",
            InvoiceNumber="NATIVE-1",
            LineItems=[{"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}],
        )
        self.tour("xero_reconcile", self.admin, f"/odoo/xero-connections/{self.connection.id}", timeout=90)
        reports = self.env["xero.reconciliation"].search([], order="id")
        self.assertEqual(reports.mapped("verdict"), ["differ", "agree"])
        self.assertEqual(move.ref, "Changed in Xero")
        self.assertEqual(reports[-1].user_id, self.admin)
