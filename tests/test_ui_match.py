"""The matching as an administrator goes through it, in a browser."""

from odoo.tests import tagged

from .match_common import MatchCommon
from .ui_common import XeroTourCase


@tagged("post_install", "-at_install")
class TestMatchTour(MatchCommon, XeroTourCase):
    def messy_books(self):
        """Two sure contacts, one whose name belongs to somebody else in Xero, one on either side alone, an invoice."""
        sure, contact = self.both("Alpine Timber Ltd", "123456789")
        self.both("Blue Harbour Consulting Ltd", "555666777")
        doubtful = self.customer("Harbour Foods Ltd", vat="111222333")
        self.contact("Harbour Foods Limited", TaxNumber="999888777")
        self.contact("Harbour Seafoods Ltd")
        self.customer("Quartz Engineering Ltd")
        self.contact("Pelican Yachts Ltd")
        move = self.move(sure, 120.0)
        self.invoice(contact, move.name, 120.0)
        return doubtful, move

    def test_match(self):
        doubtful, move = self.messy_books()
        self.tour("xero_match", self.admin, f"/odoo/xero-connections/{self.connection.id}", timeout=150)
        match = self.env["xero.match"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual((match.state, match.linked_count), ("done", 4))
        self.assertEqual(self.link_of(doubtful).xero_number, "Harbour Seafoods Ltd")
        self.assertTrue(move.xero_invoice_id)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 1)
