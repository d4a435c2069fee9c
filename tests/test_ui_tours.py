"""The product as people use it, in a browser, against a Xero that answers over real HTTP."""

from odoo.tests import tagged

from .common.ui import XeroTourCase

INVOICES = "/odoo/action-account.action_move_out_invoice"


@tagged("post_install", "-at_install")
class TestConnectTour(XeroTourCase):
    connect_first = False

    def test_connect(self):
        """Settings, guide, consent in Xero, choice of the organisation: connected."""
        self.connection.unlink()
        self.credential.unlink()
        self.simulator.control(
            "/apps",
            client_id="TOUR-APP",
            client_secret="tour-app-secret",
            redirect_uris=[f"{self.base_url()}/xero/oauth/callback"],
        )
        self.add_organisation(**{**self.organisation, "Name": "Rimu Limited"})
        self.tour("xero_connect", self.admin, "/odoo/settings")
        connection = self.env["xero.connection"].search([("company_id", "=", self.company.id)])
        self.assertEqual((connection.state, connection.tenant_id), ("connected", self.tenant))
        self.assertEqual(connection.credential_id.client_id, "TOUR-APP")
        self.assertTrue(connection.credential_id.client_secret_set)


@tagged("post_install", "-at_install")
class TestDocumentTours(XeroTourCase):
    def _invoice(self, customer="Tour Customer", **values):
        partner = self.env["res.partner"].create({"name": customer, "is_company": True})
        return self.make_move(partner=partner, **values)

    def _unasked(self, customer="Tour Customer", **values):
        """Return a posted invoice that nobody has queued."""
        move = self._invoice(customer, post=False, **values)
        move.with_context(xero_no_sync=True).action_post()
        return move

    def test_post_and_see_it_in_xero(self):
        move = self._invoice(post=False)
        self.tour("xero_post", self.accountant, INVOICES)
        self.assertInXero(move)

    def test_what_nobody_heard_is_looked_up(self):
        move = self._invoice(post=False)
        bus = type(self.env["bus.bus"])
        send = bus._sendone

        def deaf(self, target, kind, message):
            return None if kind == "xero_connector.status" else send(self, target, kind, message)

        self.patch(bus, "_sendone", deaf)
        self.tour("xero_post_unheard", self.accountant, INVOICES)
        self.assertInXero(move)

    def test_unsaved_edits_survive(self):
        move = self._unasked()
        self.tour("xero_dirty_form", self.accountant, INVOICES)
        self.assertEqual(move.ref, "PO 4711")

    def test_list(self):
        moves = self._unasked(customer="First Customer") + self._unasked(customer="Second Customer")
        self._invoice("Draft Customer", post=False)
        self.tour("xero_list", self.accountant, INVOICES)
        self.assertInXero(moves)

    def test_missing_mapping_is_fixed(self):
        account = self.company_data["default_account_revenue"].copy({"name": "Tour Income", "code": "TOUR1"})
        move = self._unasked(lines=[{"quantity": 1, "price_unit": 100.0, "account_id": account.id}])
        self.tour("xero_map", self.admin, INVOICES)
        self.assertInXero(move)

    def _failed(self):
        """Return an invoice that a suggestion which nobody confirmed keeps from Xero."""
        account = self.company_data["default_account_revenue"].copy({"name": "Tour Income", "code": "TOUR1"})
        move = self._unasked(lines=[{"quantity": 1, "price_unit": 100.0, "account_id": account.id}])
        move.action_xero_sync()
        self.drain()
        row = self.env["xero.mapping.account"].sudo().search([("account_id", "=", account.id)])
        income = self.env["xero.account"].search([("connection_id", "=", self.connection.id), ("code", "=", "200")])
        row.write({"xero_account_id": income.id, "state": "suggested", "confidence": 60})
        self.assertEqual(move.xero_sync_state, "failed")
        return move

    def test_a_failed_document_is_in_xero_within_three_clicks(self):
        """Of the accountant who posted it; of a clerk, who asks; of the accountant who is asked."""
        move = self._failed()
        self.tour("xero_failed_mine", self.accountant, f"{INVOICES}/{move.id}")
        self.assertInXero(move)

    def test_who_may_not_decide_asks_and_who_is_asked_decides_within_three_clicks(self):
        move, clerk = self._failed(), self._person("tour_clerk", "account.group_account_invoice")
        self.connection.alert_user_ids = self.accountant
        self.tour("xero_failed_ask", clerk, f"{INVOICES}/{move.id}")
        self.assertEqual(move.xero_sync_state, "failed")
        self.tour("xero_failed_asked", self.accountant, f"/odoo/xero-connections/{self.connection.id}")
        self.drain()
        self.assertInXero(move)

    def test_refusal_is_shown_and_tried_again(self):
        move = self._unasked()
        self.simulator.fault("invalid", resource="Invoices", method="PUT", message="The tour is refused")
        self.tour("xero_retry", self.accountant, INVOICES)
        self.assertInXero(move)

    def test_contact(self):
        partner = self.env["res.partner"].create({"name": "Tour Customer", "is_company": True})
        self.tour("xero_contact", self.accountant, f"/odoo/res.partner/{partner.id}")
        self.assertEqual(partner.xero_sync_state, "synced")
        contacts = {found["ContactID"]: found["Name"] for found in self.simulator.documents(self.tenant, "Contacts")}
        self.assertEqual(contacts[partner.xero_contact_id], "Tour Customer")

    def test_jobs(self):
        move = self._unasked()
        self.simulator.fault("invalid", resource="Invoices", method="PUT", message="The tour is refused")
        move.action_xero_sync()
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.tour("xero_jobs", self.accountant, "/odoo/xero-jobs")
        self.assertInXero(move)
