import html
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, HttpCase, TransactionCase, new_test_user, tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import gate as xero_gate
from ..xero_api import errors, oauth
from ..xero_api.client import XeroClient
from .common import Simulator, XeroCommon, xero_at


@tagged("post_install", "-at_install")
class TestConnect(XeroCommon):
    connect_first = False

    def begin(self, connection=None):
        return (connection or self.connection).action_connect()["url"]

    def finish(self, back, connection=None):
        connection = connection or self.connection
        payload = self.env["xero.credential"]._read_state(back["state"])
        event = xero_gate.complete_consent(connection.credential_id, back["code"], payload["nonce"])
        return connection.env["xero.consent"]._offer_organisations(connection, event)

    def test_consent_asks_for_the_minimal_granular_scopes_with_pkce(self):
        query = dict(parse_qsl(urlsplit(self.begin()).query))
        self.assertEqual(query["code_challenge_method"], "S256")
        self.assertEqual(query["redirect_uri"], "http://localhost:8069/xero/oauth/callback")
        self.assertEqual(
            set(query["scope"].split()),
            {
                "offline_access",
                "accounting.invoices",
                "accounting.payments",
                "accounting.contacts",
                "accounting.settings.read",
            },
        )

    def test_single_organisation_is_linked_and_read(self):
        self.connect()
        self.assertEqual((self.connection.state, self.connection.tenant_name), ("connected", "Kauri Trading"))
        self.assertEqual(self.connection.currency_code, "USD")
        self.assertFalse(self.connection.warning)
        self.assertEqual(self.connection.connected_by_id, self.env.user)
        self.assertTrue(self.env["xero.account"].search_count([("connection_id", "=", self.connection.id)]))
        self.assertTrue(self.env["xero.tax.rate"].search_count([("connection_id", "=", self.connection.id)]))

    def test_several_organisations_are_chosen_by_name(self):
        other = self.add_organisation(**{**self.organisation, "Name": "Rimu Limited"})
        action = self.finish(self.simulator.consent(self.begin(), self.tenant, other))
        self.assertEqual((action["res_model"], self.connection.state), ("xero.connect.wizard", "choose"))
        self.assertFalse(self.connection.tenant_id, "never the first one")
        wizard = self.env["xero.connect.wizard"].browse(action["res_id"])
        self.assertEqual(set(wizard.line_ids.mapped("name")), {"Kauri Trading", "Rimu Limited"})
        with self.assertRaises(UserError):
            wizard.action_link()
        wizard.line_ids.filtered(lambda line: line.name == "Rimu Limited").action_choose()
        self.assertEqual((self.connection.tenant_id, self.connection.state), (other, "connected"))

    def test_the_choice_shows_what_tells_organisations_apart(self):
        """Country, currency, demo company and what does not fit: one call each, and only where there is a choice."""
        uk = self.add_organisation(seed="uk", Name="Same Name")
        demo = self.add_organisation(**{**self.organisation, "Name": "Same Name", "IsDemoCompany": True})
        self.simulator.reset_stats()
        action = self.finish(self.simulator.consent(self.begin(), self.tenant, uk, demo))
        lines = {line.tenant_id: line for line in self.env["xero.connect.wizard"].browse(action["res_id"]).line_ids}
        self.assertEqual((lines[uk].country_name, lines[uk].currency_code), ("United Kingdom", "GBP"))
        self.assertEqual((lines[demo].currency_code, lines[demo].is_demo_company), ("USD", True))
        self.assertFalse(lines[uk].is_demo_company or lines[self.tenant].is_demo_company)
        self.assertIn("GBP", lines[uk].mismatch)
        self.assertFalse(lines[self.tenant].mismatch)
        for tenant in lines:
            self.assertEqual(self.simulator.calls(tenant), {("GET", "Organisation"): 1})

    def test_an_organisation_that_does_not_answer_can_be_chosen(self):
        other = self.add_organisation(**{**self.organisation, "Name": "Rimu Limited"})
        self.simulator.fault("error", resource="Organisation", status=503, count=None)
        action = self.finish(self.simulator.consent(self.begin(), self.tenant, other))
        self.simulator.clear_faults()
        lines = self.env["xero.connect.wizard"].browse(action["res_id"]).line_ids
        self.assertEqual(set(lines.mapped("currency_code")), {False}, "unknown, and nothing is made up")
        lines.filtered(lambda line: line.tenant_id == other).action_choose()
        self.assertEqual((self.connection.tenant_id, self.connection.state), (other, "connected"))

    def test_what_is_odd_in_an_organisation_is_left_out_of_the_choice(self):
        other = self.add_organisation(**{**self.organisation, "Name": "Rimu Limited"})
        body = {"Organisations": [{"Name": "Rimu Limited", "CountryCode": ["AU"], "BaseCurrency": "U" * 5000}]}
        with patch.object(XeroClient, "get", lambda *_args, **_options: SimpleNamespace(data=body)):
            action = self.finish(self.simulator.consent(self.begin(), self.tenant, other))
        lines = self.env["xero.connect.wizard"].browse(action["res_id"]).line_ids
        self.assertEqual(set(lines.mapped("country_name")) | set(lines.mapped("currency_code")), {False})

    def test_mismatch_is_said(self):
        foreign = self.add_organisation(seed="uk", Name="London Books")
        self.finish(self.simulator.consent(self.begin(), foreign))
        self.assertIn("GBP", self.connection.warning)
        self.assertIn("GB", self.connection.warning)

    def test_one_consent_serves_two_companies(self):
        other_tenant = self.add_organisation(**{**self.organisation, "Name": "Second Org"})
        second = self.env["xero.connection"].create(
            {
                "company_id": self.env["res.company"].create({"name": "Second"}).id,
                "credential_id": self.credential.id,
            }
        )
        self.finish(self.simulator.consent(self.begin(), self.tenant, other_tenant))
        self.connection.action_choose(self.tenant)
        second.action_choose()
        wizard = self.env["xero.connect.wizard"].search([("connection_id", "=", second.id)])
        self.assertNotIn(self.tenant, wizard.line_ids.mapped("tenant_id"), "a taken organisation is not offered")
        wizard.line_ids.filtered(lambda line: line.tenant_id == other_tenant).action_choose()
        self.assertEqual(second.tenant_id, other_tenant)
        self.assertEqual(len(set((self.connection | second).mapped("credential_id.id"))), 1)

    def test_consent_of_another_person_says_whom_it_does_not_reach(self):
        other_tenant = self.add_organisation(**{**self.organisation, "Name": "Second Org"})
        company = self.env["res.company"].create({"name": "Second"})
        second = self.env["xero.connection"].create({"company_id": company.id, "credential_id": self.credential.id})
        self.finish(self.simulator.consent(self.begin(), self.tenant, other_tenant, user="alice"))
        self.connection.action_choose(self.tenant)
        second.action_choose(other_tenant)
        self.env.flush_all()
        with self.assertRaises(errors.XeroError):
            self.finish(self.simulator.consent(self.begin(), self.tenant, user="bob"))
        self.assertEqual((self.connection.state, second.state), ("connected", "connected"))
        self.credential.accepts_narrower = True
        self.env.flush_all()
        self.finish(self.simulator.consent(self.begin(), self.tenant, user="bob"))
        self.assertEqual((self.connection.state, second.state), ("connected", "reauth"))
        self.assertIn("Second Org", second.reason)
        self.finish(self.simulator.consent(self.begin(), self.tenant, other_tenant, user="alice"))
        self.assertEqual({self.connection.state, second.state}, {"connected"})

    def test_a_consent_given_anew_is_good_while_xero_is_busy(self):
        self.connect()
        self.connection.sudo().write({"state": "reauth", "reason": "Ended"})
        self.simulator.fault("rate_limit", resource="TaxRates", limit="minute", count=1)
        self.finish(self.simulator.consent(self.begin(), self.tenant))
        self.assertEqual((self.connection.state, self.connection.tenant_name), ("connected", "Kauri Trading"))
        self.assertTrue(self.env["xero.inbound.schedule"]._are_facts_due(self.connection))

    def test_a_first_consent_waits_for_the_lists(self):
        self.simulator.fault("rate_limit", resource="TaxRates", limit="minute", count=1)
        with self.assertRaises(errors.RateLimited):
            self.finish(self.simulator.consent(self.begin(), self.tenant))
        self.assertNotEqual(self.connection.state, "connected")

    def test_code_and_state_work_once(self):
        back = self.simulator.consent(self.begin(), self.tenant)
        self.finish(back)
        self.env.cr.postcommit.run()
        with patch.object(oauth, "exchange_code") as exchange, self.assertRaises(errors.XeroError):
            self.finish(back)
        exchange.assert_not_called()

    def test_foreign_and_forged_states_are_refused(self):
        back = self.simulator.consent(self.begin(), self.tenant)
        other = new_test_user(self.env, "other_manager", groups="xero_connector.group_xero_manager")
        Credential = self.env["xero.credential"]
        self.assertTrue(Credential._read_state(back["state"]))
        self.assertIsNone(Credential.with_user(other)._read_state(back["state"]))
        for forged in ("", "x", back["state"][:-2] + "AA", "e30", None):
            self.assertFalse(Credential._read_state(forged))

    def test_a_state_ends(self):
        self.patch(xero_gate, "CONSENT_LIFETIME", timedelta(seconds=-1))
        back = self.simulator.consent(self.begin(), self.tenant)
        self.assertIsNone(self.env["xero.credential"]._read_state(back["state"]))

    def test_custom_connection_needs_no_consent(self):
        app = self.simulator.control("/apps", name="Custom", custom_organisation=self.tenant)
        self.connection.credential_id = self.env["xero.credential"].create(
            {
                "name": "Custom",
                "grant_type": "client_credentials",
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
            }
        )
        self.connection.action_connect()
        self.map_everything(self.connection)
        self.assertEqual(self.connection.state, "connected")
        move = self.make_move()
        self.drain()
        self.assertInXero(move)

    def test_wrong_secret_is_a_clear_refusal(self):
        self.credential.client_secret = "wrong"
        with self.assertRaises(errors.AppMisconfigured):
            self.finish(self.simulator.consent(self.begin(), self.tenant))

    def test_disconnect_ends_it_in_xero_too(self):
        self.connect()
        move = self.make_move()
        self.drain()
        self.connection.action_disconnect()
        self.assertEqual((self.connection.state, self.credential.state), ("disconnected", "new"))
        self.assertNotIn("refresh_token", xero_secrets.read(self.credential))
        self.assertFalse(self.make_move().xero_can_sync)
        self.connect()
        move.action_xero_sync()
        self.simulator.reset_stats()
        self.drain()
        self.assertNotIn(("PUT", "Invoices"), self.simulator.calls(self.tenant), "links outlive a disconnection")

    def test_check_tells_what_is_wrong(self):
        self.connect()
        self.assertIn("Kauri", str(self.connection.action_check()))
        self.simulator.control("/disconnect", tenant=self.tenant)
        move = self.make_move()
        for click in ("action_check", "action_pull"):
            self.connection.state = "connected"
            shown = getattr(self.connection, click)()["params"]
            self.assertEqual(shown["type"], "danger")
            self.assertIn("Reconnect", shown["title"])
            self.assertIn("disconnected in Xero", shown["message"])
            self.assertEqual(self.connection.state, "reauth", click)
            self.assertIn("disconnected in Xero", self.connection.reason)
        self.assertIn("reconnected", move.xero_sync_message)
        alerts = self.env["xero.alert"].search([("connection_id", "=", self.connection.id)])
        self.assertTrue(alerts, "people are told at once")
        self.connect()
        self.assertEqual(self.connection.state, "connected")

    def test_what_passes_by_itself_cuts_nothing(self):
        self.connect()
        for fault in ({"status": 503}, {"status": 429}):
            self.simulator.fault("error", path="/api.xro/", count=None, **fault)
            self.assertRaises(UserError, self.connection.action_check)
            self.assertEqual(self.connection.state, "connected", fault)
            self.simulator.clear_faults()

    def test_a_wrong_app_can_be_corrected_until_the_first_success(self):
        """The id and the secret, as often as it takes, from wherever people come back to."""
        right = self.simulator.control("")["apps"][0]
        settings = self.env["res.config.settings"].create({"company_id": self.company.id})
        self.credential.write({"client_id": "WRONG", "client_secret": "wrong"})
        self.begin()
        for action in (self.env["xero.setup"].action_open(), settings.action_xero_setup()):
            self.assertEqual(action["res_model"], "xero.setup.wizard")
        with Form(self.env["xero.setup.wizard"].with_context(default_company_id=self.company.id)) as form:
            self.assertTrue(form.was_tried and form.is_first_try)
            self.assertEqual((form.credential_id, form.client_id), (self.credential, "WRONG"))
            form.client_id = right["client_id"]
        back = self.simulator.consent(form.record.action_connect()["url"], self.tenant)
        with self.assertRaises(errors.AppMisconfigured):
            self.finish(back)
        with Form(self.env["xero.setup.wizard"].with_context(default_company_id=self.company.id)) as form:
            self.assertEqual(form.client_id, right["client_id"], "what was right stays")
            form.client_secret = right["client_secret"]
        self.finish(self.simulator.consent(form.record.action_connect()["url"], self.tenant))
        self.assertEqual(self.connection.state, "connected")
        self.assertEqual(self.env["xero.credential"].search_count([("client_id", "=", right["client_id"])]), 1)
        wizard = self.env["xero.setup.wizard"].create({"credential_id": self.credential.id})
        self.assertFalse(wizard.was_tried or wizard.is_first_try, "it is proven: nobody overwrites it here")
        wizard.client_id = "OTHER"
        wizard.action_connect()
        self.assertEqual(self.credential.client_id, right["client_id"])
        self.assertNotEqual(self.env["xero.setup"].action_open()["res_model"], "xero.setup.wizard")

    def test_the_dialog_says_what_is_asked_and_why(self):
        wizard = self.env["xero.setup.wizard"].create({"company_id": self.company.id})
        for words in ("Contacts", "Payments", "to read only", "Offline access"):
            self.assertIn(words, wizard.permissions)
        self.assertNotIn("accounting.", wizard.permissions, "in words")
        self.credential.requested_scopes += " accounting.attachments"
        wizard.invalidate_recordset()
        self.assertIn("accounting.attachments", wizard.permissions, "whatever else is asked for is not hidden")
        arch = wizard.get_view(view_type="form")["arch"]
        self.assertIn("takes none with the word", arch)

    def test_keepalive_renews_what_nothing_used(self):
        self.connect()
        self.env.cr.execute(
            "UPDATE xero_credential SET access_expires_at = now() - interval '3 days', refresh_expires_at = "
            "now() + interval '10 days'"
        )
        xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
        self.env.invalidate_all()
        self.env["xero.credential"]._cron_keepalive()
        self.env.invalidate_all()
        left = self.credential.refresh_expires_at - fields.Datetime.now()
        self.assertGreater(left.days, 58, "a renewed consent ends in 60 days again")
        self.simulator.fault("error", path="/connect/token", status=503, count=None)
        self.env.cr.execute("UPDATE xero_credential SET access_expires_at = now() - interval '3 days'")
        xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
        self.env.invalidate_all()
        self.env["xero.credential"]._cron_keepalive()
        self.assertEqual(self.credential.state, "authorised", "a fault of the network parks nothing")

    def test_an_answer_without_a_refresh_token_takes_none_away(self):
        self.connect()
        stored = xero_secrets.read(self.credential)["refresh_token"]
        ends = self.credential.refresh_expires_at
        tokens = oauth.TokenSet("another", None, fields.Datetime.now(), None, [], None)
        with patch.object(oauth, "refresh", lambda *_args, **_options: tokens):
            xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
            self.assertEqual(xero_gate.credential_token(self.credential)[0], "another")
        self.assertEqual(xero_secrets.read(self.credential)["refresh_token"], stored)
        self.env.invalidate_all()
        self.assertEqual(self.credential.refresh_expires_at, ends)
        self.make_move()
        self.drain()
        self.assertEqual(self.connection.state, "connected")

    def test_tokens_of_short_life_are_not_renewed_at_each_call(self):
        self.connect()
        calls, renew = [], oauth.refresh

        def short(*args, **options):
            calls.append(1)
            return replace(renew(*args, **options), expires_at=fields.Datetime.now() + timedelta(seconds=60))

        xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
        with patch.object(oauth, "refresh", short), closing(xero_gate.open_client(self.connection)) as client:
            for _time in range(5):
                client.get("Organisation")
        self.assertEqual(len(calls), 1)

    def test_neutralised_copy_has_no_secret_and_sends_nothing(self):
        from odoo.modules.neutralize import neutralize_database

        self.connect()
        self.make_move()
        self.env.flush_all()
        neutralize_database(self.env.cr)
        self.env.invalidate_all()
        self.assertEqual(xero_secrets.read(self.credential), {})
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(self.simulator.calls(), {})
        self.assertFalse(self.env.ref("xero_connector.ir_cron_xero_worker_1").active)


@tagged("post_install", "-at_install")
class TestCompanies(XeroCommon):
    def test_two_companies_two_organisations(self):
        other = self.setup_other_company(name="Other Company")
        company = other["company"]
        company.currency_id = self.company.currency_id
        tenant = self.add_organisation(**{**self.organisation, "Name": "Other Org"})
        connection = self.env["xero.connection"].create(
            {
                "company_id": company.id,
                "credential_id": self.credential.id,
                "sync_from": "2019-01-01",
            }
        )
        self.connect(connection, tenant)
        mine = self.make_move()
        self.env.user.company_ids |= company
        theirs = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_b.id,
                    "invoice_date": "2026-03-10",
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Line",
                                "quantity": 1,
                                "price_unit": 70,
                                "account_id": other["default_account_revenue"].id,
                                "tax_ids": False,
                            }
                        )
                    ],
                }
            )
        )
        theirs.action_post()
        self.drain()
        self.assertEqual((mine.xero_sync_state, theirs.xero_sync_state), ("synced", "synced"), theirs.xero_sync_message)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 1)
        self.assertEqual(len(self.simulator.documents(tenant, "Invoices")), 1)

    def test_branch_uses_the_parents_organisation(self):
        branch = self.env["res.company"].create(
            {"name": "Branch", "parent_id": self.company.id, "country_id": self.company.country_id.id}
        )
        self.env.user.company_ids |= branch
        self.partner_a.with_company(branch).property_account_receivable_id = self.company_data[
            "default_account_receivable"
        ]
        move = (
            self.env["account.move"]
            .with_company(branch)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.partner_a.id,
                    "invoice_date": "2026-03-10",
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Line",
                                "quantity": 1,
                                "price_unit": 70,
                                "account_id": self.company_data["default_account_revenue"].id,
                                "tax_ids": [Command.set(self.tax_sale_a.ids)],
                            }
                        )
                    ],
                }
            )
        )
        move.action_post()
        self.assertEqual(move.company_id, branch)
        self.drain()
        self.assertInXero(move)

    def test_unconnected_company_costs_nothing(self):
        company = self.setup_other_company(name="Not Connected")["company"]
        self.assertIsNone(self.env["xero.connection"]._scope(company.id))

    def test_shared_contact_is_sent_to_both(self):
        tenant = self.add_organisation(**{**self.organisation, "Name": "Org Two"})
        company = self.env["res.company"].create({"name": "Two", "currency_id": self.company.currency_id.id})
        connection = self.env["xero.connection"].create({"company_id": company.id, "credential_id": self.credential.id})
        self.connect(connection, tenant)
        self.env.user.company_ids |= company
        partner = self.env["res.partner"].create({"name": "Shared"})
        partner.action_xero_sync()
        partner.with_company(company).action_xero_sync()
        self.drain()
        self.assertEqual(len(self.link_of(partner)), 2)
        partner.email = "new@example.com"
        self.drain()
        for organisation in (self.tenant, tenant):
            self.assertEqual(self.simulator.documents(organisation, "Contacts")[0]["EmailAddress"], "new@example.com")


@tagged("post_install", "-at_install")
class TestCallback(HttpCase, TransactionCase):
    """The way back from the consent page, over real HTTP, as real users."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulator = Simulator()
        cls.addClassCleanup(cls.simulator.stop)
        cls.enterClassContext(xero_at(cls.simulator.url))
        parameters = cls.env["ir.config_parameter"]
        parameters.set_param("web.base.url", cls.base_url())
        parameters.set_param("web.base.url", cls.base_url().replace("127.0.0.1", "localhost"))
        app = cls.simulator.control("")["apps"][0]
        cls.manager = new_test_user(cls.env, "manager", groups="base.group_system,xero_connector.group_xero_manager")
        cls.clerk = new_test_user(cls.env, "clerk", groups="account.group_account_manager")
        cls.tenant = cls.simulator.control("/organisations", seed="us", Name="Callback Org")["tenant_id"]
        credential = cls.env["xero.credential"].create(
            {
                "name": "App",
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
            }
        )
        cls.connection = cls.env["xero.connection"].create(
            {"company_id": cls.env.company.id, "credential_id": credential.id}
        )

    def back(self, user=None):
        url = self.connection.with_user(user or self.manager).action_connect()["url"]
        return self.simulator.consent(url, self.tenant)

    def call(self, **params):
        return self.url_open("/xero/oauth/callback", params=params, allow_redirects=False)

    def test_administrator_comes_back_connected(self):
        self.authenticate("manager", "manager")
        answer = self.call(**self.back())
        self.assertEqual(answer.status_code, 303)
        guide = self.env["xero.setup"].search([("connection_id", "=", self.connection.id)])
        self.assertIn(f"/odoo/xero-setup/{guide.id}", answer.headers["Location"])
        self.assertEqual((self.connection.state, self.connection.tenant_name), ("connected", "Callback Org"))

    def test_others_cannot_use_the_state(self):
        back = self.back()
        self.authenticate("clerk", "clerk")
        self.assertEqual(self.call(**back).status_code, 400)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.call(**back).headers["Location"])
        self.assertEqual(self.connection.state, "new")

    def test_forged_state(self):
        self.authenticate("manager", "manager")
        self.assertEqual(self.call(code="x", state="forged").status_code, 400)
        self.assertEqual(self.call().status_code, 400)

    def test_denied_consent_is_said_in_words(self):
        self.authenticate("manager", "manager")
        answer = self.call(error="access_denied", state=self.back()["state"])
        self.assertEqual(answer.status_code, 200)
        self.assertIn("not given", html.unescape(answer.text))

    def test_who_lost_the_right_meanwhile_connects_nothing(self):
        back = self.back()
        self.manager.group_ids = [Command.set(self.env.ref("base.group_user").ids)]
        self.authenticate("manager", "manager")
        self.assertEqual(self.call(**back).status_code, 403)
        self.assertEqual(self.connection.state, "new")

    def test_what_stands_in_the_address_is_shown_as_text(self):
        self.authenticate("manager", "manager")
        answer = self.call(error="<img src=x onerror=alert(1)>", state=self.back()["state"])
        self.assertNotIn("<img src=x", answer.text)
        self.assertIn("<img src=x", html.unescape(answer.text))

    def test_metrics_need_their_token(self):
        self.assertEqual(self.url_open("/xero/metrics").status_code, 404)
        self.env["ir.config_parameter"].set_param("xero_connector.metrics_token", "a-token")
        self.assertEqual(self.url_open("/xero/metrics").status_code, 401)
        answer = self.url_open("/xero/metrics", headers={"Authorization": "Bearer a-token"})
        self.assertEqual(answer.status_code, 200)
        self.assertIn("xero_oldest_job_seconds", answer.text)
        self.assertNotIn("session_id", answer.cookies)
