"""Who may set up what: real people of each group, two companies and a branch."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from ..models.connection import gate as xero_gate
from .common.setup import SetupCommon


@tagged("post_install", "-at_install")
class TestGuideAccess(SetupCommon):
    def test_only_administrators_of_xero(self):
        guide = self.guide()
        for number, groups in enumerate(("account.group_account_manager", "account.group_account_invoice")):
            person = self.person(f"no_admin{number}", groups)
            with self.assertRaises(AccessError):
                self.connection.with_user(person).action_setup()
            with self.assertRaises(AccessError):
                guide.with_user(person).read(["step"])
            for name in ("action_start", "action_finish", "action_next", "action_hold", "action_confirm_sure"):
                with self.assertRaises(AccessError):
                    getattr(guide.with_user(person), name)()
            with self.assertRaises(AccessError):
                self.env["xero.setup"].with_user(person).action_open()
        with self.assertRaises(AccessError):
            self.env["xero.mapping.account"].with_user(person).load(["account_id", "xero_account_id"], [["1", "2"]])

    def test_a_xero_administrator_who_is_no_accountant_goes_through_it(self):
        """Whoever connects need not see the books."""
        guide = self.guide(self.person("only_xero", "xero_connector.group_xero_manager"))
        self.drain()
        for _step in range(9):
            guide.web_read({name: {} for name in guide._fields if name not in ("journal_mapping_ids",)})
            guide.action_next()
        guide.action_finish()

    def test_two_companies_do_not_see_each_other(self):
        other = self.company_data_2["company"]
        guide = self.guide()
        stranger = self.person("other_company", companies=other)
        with self.assertRaises(AccessError):
            guide.with_user(stranger).read(["step"])
        with self.assertRaises(AccessError):
            guide.with_user(stranger).action_finish()
        self.assertFalse(self.env["xero.setup"].with_user(stranger).search([]))
        action = self.env["xero.setup"].with_user(stranger).action_open()
        self.assertEqual(action["res_model"], "xero.setup.wizard", "its company is not connected")

    def test_a_branch_is_told_where_its_connection_is_set_up(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        person = self.person("branch_admin", companies=branch)
        with self.assertRaisesRegex(UserError, "switch to that company"):
            self.env["xero.setup"].with_user(person).action_open()
        with self.assertRaisesRegex(UserError, "switch to that company"):
            self.connection.with_user(person).action_setup()

    def test_saving_settings_in_a_branch_leaves_the_parents_connection(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        person = self.person("branch_system", "base.group_system", companies=branch)
        settings = self.env["res.config.settings"].with_user(person).with_company(branch)
        with Form(settings) as form:
            self.assertTrue(form.xero_is_inherited)
        before = self.connection.sync_bills
        form.record.execute()
        self.assertEqual(self.connection.sync_bills, before)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_data_2 = cls.setup_other_company()


@tagged("post_install", "-at_install")
class TestGuideOpensByItself(SetupCommon, HttpCase):
    connect_first = False
    organisation = {**SetupCommon.organisation, "Name": "Callback Org"}

    def come_back(self, user, connection):
        self.authenticate(user.login, user.login)
        action = connection.with_user(user).with_company(connection.company_id).action_connect()
        back = self.simulator.consent(action["url"], self.tenant)
        return self.url_open("/xero/oauth/callback", params=back, allow_redirects=False)

    def test_after_the_consent(self):
        answer = self.come_back(self.person("comes_back"), self.connection)
        guide = self.env["xero.setup"].search([("connection_id", "=", self.connection.id)])
        self.assertIn(f"/odoo/xero-setup/{guide.id}", answer.headers["Location"])

    def test_after_the_consent_for_a_company_that_is_not_the_main_one(self):
        other = self.setup_other_company()["company"]
        connection = self.env["xero.connection"].create({"company_id": other.id, "credential_id": self.credential.id})
        answer = self.come_back(self.person("has_two", companies=self.company + other), connection)
        self.assertEqual((answer.status_code, connection.state), (303, "connected"))
        self.assertIn("/odoo/xero-setup/", answer.headers["Location"])

    def test_after_choosing_the_organisation(self):
        self.add_organisation(**{**self.organisation, "Name": "Another Org"})
        action = self.connection.action_connect()
        back = self.simulator.consent(action["url"], "all")
        payload = self.env["xero.credential"]._read_state(back["state"])
        event = xero_gate.complete_consent(self.credential, back["code"], payload["nonce"])
        choice = self.connection.env["xero.consent"]._offer_organisations(self.connection, event)
        wizard = self.env["xero.connect.wizard"].browse(choice["res_id"])
        line = wizard.line_ids.filtered(lambda line: line.name == "Another Org")
        self.assertEqual(line.action_choose()["res_model"], "xero.setup")
