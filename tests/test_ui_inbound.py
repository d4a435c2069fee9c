"""What happens in Xero while somebody looks at it in Odoo, and a conflict settled, in a browser."""

import base64
import hashlib
import hmac
import json
from functools import partial

import requests

from odoo.tests import tagged
from odoo.tests.common import TEST_CURSOR_COOKIE_NAME

from .common.payment import PaymentCommon
from .common.ui import XeroTourCase

INVOICES = "/odoo/action-account.action_move_out_invoice"
KEY = "the key that signs webhooks"


@tagged("post_install", "-at_install")
class TestInboundTours(PaymentCommon, XeroTourCase):
    def setUp(self):
        super().setUp()
        self.credential.webhook_key = KEY
        self.address = f"{self.base_url()}/xero/webhook/{self.credential.webhook_token}"

    def invoice(self, **values):
        """Return an invoice that is in Xero and whose echo is read."""
        partner = self.env["res.partner"].create({"name": "Tour Customer", "is_company": True})
        return self.pushed(partner=partner, **values)

    def announce(self, xero_id):
        """Deliver a webhook as Xero does; a test's server takes none without the test's cookie."""
        event = {"tenantId": self.tenant, "resourceId": xero_id, "eventCategory": "INVOICE", "eventType": "UPDATE"}
        body = json.dumps({"events": [event]}).encode()
        signature = base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
        answer = requests.post(
            self.address,
            data=body,
            headers={"x-xero-signature": signature},
            cookies={TEST_CURSOR_COOKIE_NAME: self.http_request_key},
            timeout=30.0,
        )
        self.assertEqual((answer.status_code, answer.content), (200, b""))

    def told_tour(self, name, move, act):
        """Run the tour ``name``, in which somebody does ``act`` in Xero, and Xero tells Odoo."""
        xero_id = move.xero_invoice_id

        def person():
            act()
            self.announce(xero_id)

        self.tour(name, self.accountant, INVOICES, act=person)

    def test_payment_in_xero_shows_on_the_open_invoice(self):
        move = self.invoice()
        self.told_tour("xero_paid_in_xero", move, partial(self.person, "pay", invoice=move.xero_invoice_id))
        self.assertResidual(move, 0, "paid")

    def test_payment_shows_under_edits_that_are_not_saved(self):
        move = self.invoice()
        self.told_tour("xero_paid_while_editing", move, partial(self.person, "pay", invoice=move.xero_invoice_id))
        self.assertEqual(move.ref, "PO 4711")
        self.assertResidual(move, 0, "paid")

    def test_edit_in_xero_shows_on_the_open_invoice(self):
        move = self.invoice(lines=[(1, 100.0)])
        line = {"Description": "Renamed in Xero", "Quantity": 2, "UnitAmount": 75, "AccountCode": "200"}
        edit = partial(self.person, "edit", invoice=move.xero_invoice_id, Reference="From Xero", LineItems=[line])
        self.told_tour("xero_edited_in_xero", move, edit)
        self.assertEqual(move.ref, "From Xero")
