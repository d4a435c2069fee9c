"""A currency is added to Xero by a person who knows that it is for ever."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestRateCurrency(InboundCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.franc = cls.setup_other_currency("CHF", rates=[("2000-01-01", 1.5)])

    def someone(self, login, groups):
        return new_test_user(
            self.env,
            login,
            f"base.group_user,{groups}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def accountant(self):
        return self.someone("adds_currency", "account.group_account_manager,xero_connector.group_xero_accountant")

    def permit(self):
        """Give a consent that lets Odoo change the settings of the organisation."""
        credential = self.connection.credential_id.sudo()
        credential.requested_scopes += " accounting.settings"
        self.connect()

    def told(self, user):
        """Return the messages of which ``user`` was notified."""
        own = [("message_type", "=", "user_notification"), ("partner_ids", "in", user.partner_id.ids)]
        return self.env["mail.message"].sudo().search(own)

    def request(self, user):
        requests = self.env["xero.currency.request"].with_user(user).with_company(self.company)
        return requests.create({"currency_id": self.franc.id})

    def foreign_currency(self):
        return self.env.ref("base.AUD")

    def currencies(self):
        return [row["Code"] for row in self.read("Currencies")]

    def test_added_once_and_what_waited_goes(self):
        move = self.make_move(currency_id=self.franc.id)
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertIn("CHF", move.xero_sync_message)
        self.permit()
        accountant = self.accountant()
        request, again = self.request(accountant), self.request(accountant)
        self.assertFalse(request.is_held)
        request.action_add()
        again.action_add()
        self.drain()
        self.env.invalidate_all()
        self.assertEqual((request.state, again.state), ("added", "new"))
        self.assertEqual(self.currencies().count("CHF"), 1)
        self.assertFalse(self.told(accountant), "what was added is no trouble")
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        with self.assertRaisesRegex(UserError, "already"):
            again.action_add()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            request.currency_id = self.foreign_currency()

    def test_a_plan_of_one_currency_says_so(self):
        self.permit()
        self.simulator.control(f"/organisations/{self.tenant}", actions={"UseMulticurrency": False})
        request = self.request(self.accountant())
        request.action_add()
        self.drain()
        self.env.invalidate_all()
        self.assertEqual(request.state, "refused")
        self.assertIn("multiple currencies", request.reason)
        [told] = self.told(request.create_uid)
        self.assertIn("CHF", told.subject)
        self.assertIn("multiple currencies", told.body)
        self.assertFalse(self.failed_fetch())

    def test_a_consent_that_only_reads_settings(self):
        request = self.request(self.accountant())
        self.assertFalse(request.is_permitted)
        with self.assertRaisesRegex(UserError, "accounting.settings"):
            request.action_add()
        self.assertNotIn("CHF", self.currencies())

    def test_an_answer_that_was_lost(self):
        self.permit()
        request = self.request(self.accountant())
        self.simulator.fault("drop_after", method="PUT", resource="Currencies")
        request.action_add()
        self.drain()
        self.resume()
        self.drain()
        self.env.invalidate_all()
        self.assertEqual(request.state, "added")
        self.assertEqual(self.currencies().count("CHF"), 1)

    def test_clerks_add_none(self):
        request = self.request(self.accountant())
        clerk = self.someone("adds_none", "account.group_account_invoice")
        with self.assertRaises(AccessError):
            self.request(clerk)
        with self.assertRaises(AccessError):
            request.with_user(clerk).action_add()
