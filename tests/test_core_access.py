from types import SimpleNamespace

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user, tagged

CONTACT = SimpleNamespace(_xero_type="Contact", _odoo_model="res.partner", _push_rank=10)


@tagged("post_install", "-at_install")
class TestAccess(TransactionCase):
    """Real users of each group and company; nothing here runs as superuser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_a, cls.company_b = cls.env["res.company"].create([{"name": "A"}, {"name": "B"}])
        cls.branch = cls.env["res.company"].create({"name": "A branch", "parent_id": cls.company_a.id})
        credential = cls.env["xero.credential"].create({"name": "App", "client_id": "client"})
        cls.connection_a, cls.connection_b = cls.env["xero.connection"].create(
            [{"company_id": company.id, "credential_id": credential.id} for company in (cls.company_a, cls.company_b)]
        )
        partner = cls.env["res.partner"].create({"name": "P"})
        for connection in (cls.connection_a, cls.connection_b):
            cls.env["xero.sync.job"]._enqueue(connection.id, CONTACT, [(partner.id, connection.company_id.id)])

    def user(self, login, groups, companies):
        return new_test_user(
            self.env,
            login,
            groups=groups,
            company_id=companies[0].id,
            company_ids=[Command.set([company.id for company in companies])],
        )

    def jobs_of(self, user, companies=None):
        env = self.env(user=user, context={"allowed_company_ids": (companies or user.company_ids).ids})
        return env["xero.sync.job"].search([("connection_id", "in", (self.connection_a + self.connection_b).ids)])

    def test_accountant_sees_jobs_of_the_own_company_only(self):
        accountant = self.user("acc_a", "account.group_account_invoice", [self.company_a])
        self.assertEqual(self.jobs_of(accountant).connection_id.sudo(), self.connection_a)
        other = self.env["xero.sync.job"].search([("connection_id", "=", self.connection_b.id)])
        with self.assertRaises(AccessError):
            other.with_user(accountant).action_retry()

    def test_two_companies_switch_with_the_selector(self):
        accountant = self.user("acc_ab", "account.group_account_invoice", [self.company_a, self.company_b])
        self.assertEqual(len(self.jobs_of(accountant)), 2)
        self.assertEqual(self.jobs_of(accountant, self.company_b).connection_id.sudo(), self.connection_b)

    def test_accountant_cannot_change_what_workers_keep(self):
        accountant = self.user("acc_w", "account.group_account_manager", [self.company_a])
        job = self.jobs_of(accountant)
        for action in (lambda: job.write({"state": "done"}), job.unlink, lambda: job.copy()):
            with self.assertRaises(AccessError):
                action()
        with self.assertRaises(AccessError):
            self.connection_a.with_user(accountant).write({"sync_bills": False})
        with self.assertRaises(AccessError):
            self.connection_a.with_user(accountant).action_connect()
        with self.assertRaises(AccessError):
            self.connection_a.with_user(accountant).action_disconnect()
        with self.assertRaises(AccessError):
            self.connection_a.with_user(accountant).action_resume()

    def test_branch_user_reads_the_parents_connection(self):
        accountant = self.user("acc_branch", "account.group_account_invoice", [self.branch])
        self.assertEqual(self.env["xero.connection"].with_user(accountant).search([]), self.connection_a)

    def test_employee_sees_nothing(self):
        employee = self.user("emp", "base.group_user", [self.company_a])
        for model in (
            "xero.connection",
            "xero.sync.job",
            "xero.log",
            "xero.link",
            "xero.credential",
            "xero.sync.batch",
            "xero.lane",
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(employee).search([])
        with self.assertRaises(AccessError):
            self.env["res.partner"].with_user(employee).create({"name": "New"}).action_xero_sync()

    def test_administrator_of_one_company_cannot_touch_another(self):
        manager = self.user("mgr_a", "xero_connector.group_xero_manager", [self.company_a])
        self.connection_a.with_user(manager).write({"sync_bills": False})
        with self.assertRaises(AccessError):
            self.connection_b.with_user(manager).write({"sync_bills": False})

    def test_log_is_append_only_and_private_methods_are_no_rpc(self):
        from odoo.service.model import get_public_method

        log = self.env["xero.log"].create({"connection_id": self.connection_a.id, "company_id": self.company_a.id})
        with self.assertRaises(UserError):
            log.write({"summary": "changed"})
        for model, method in (
            ("xero.credential", "_access_token"),
            ("xero.credential", "_vault"),
            ("xero.sync.runner", "_work"),
            ("xero.connection", "_client"),
        ):
            with self.assertRaises(AccessError):
                get_public_method(self.env[model], method)
