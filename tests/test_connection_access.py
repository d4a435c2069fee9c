from types import SimpleNamespace

from odoo.exceptions import AccessError, UserError, ValidationError
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

    def test_nobody_hands_a_connection_to_a_company_that_is_not_theirs(self):
        manager = self.user("mgr_b", "xero_connector.group_xero_manager", [self.company_b])
        with self.assertRaises(AccessError):
            self.connection_b.with_user(manager).write({"company_id": self.branch.id})

    def test_an_app_of_another_company_serves_none(self):
        app = self.env["xero.credential"].create(
            {"name": "A's app", "client_id": "a", "company_id": self.company_a.id}
        )
        manager = self.user("mgr_b", "xero_connector.group_xero_manager", [self.company_b])
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self.connection_b.with_user(manager).write({"credential_id": app.id})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.connection_b.write({"credential_id": app.id})
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self.connection_a.credential_id.company_id = self.company_a
        self.connection_a.credential_id = app

    def test_a_shared_app_is_changed_by_system_administrators_only(self):
        manager = self.user("mgr_b", "xero_connector.group_xero_manager", [self.company_b])
        system = self.user("sys_b", "base.group_system", [self.company_b])
        app = self.connection_b.credential_id
        self.assertTrue(app.with_user(manager).name)
        with self.assertRaises(AccessError):
            app.with_user(manager).write({"client_secret": "theirs"})
        app.with_user(system).write({"name": "Shared app"})

    def test_a_branch_reads_what_its_parent_keeps_and_changes_nothing(self):
        manager = self.user("mgr_branch", "xero_connector.group_xero_manager", [self.branch])
        self.assertEqual(self.connection_a.with_user(manager).company_id, self.company_a)
        run = self.env["xero.run"].create({"connection_id": self.connection_a.id})
        for record, values in ((self.connection_a, {"sync_bills": False}), (run, {"date_from": "2026-01-01"})):
            self.assertTrue(record.with_user(manager).display_name)
            with self.assertRaises(AccessError):
                record.with_user(manager).write(values)
        for action in ("action_disconnect", "action_match", "action_check"):
            with self.assertRaises(AccessError):
                getattr(self.connection_a.with_user(manager), action)()
        with self.assertRaises(AccessError):
            self.env["xero.run"].with_user(manager).create({"connection_id": self.connection_a.id})

    def test_a_branch_spends_no_calls_of_its_parent_and_stops_nothing_of_others(self):
        person = self.user("acc_branch", "account.group_account_invoice", [self.branch])
        cursor = self.env["xero.sync.cursor"]._of(self.connection_a, "Invoice")
        preview = self.env["xero.preview"]._new(self.connection_a, "records")
        run = self.env["xero.run"].create({"connection_id": self.connection_a.id}).with_user(person)
        mine = preview.with_user(person)
        for action in (cursor.with_user(person).action_read_all, mine.action_stop, run.action_retry_failed):
            with self.assertRaisesRegex(AccessError, "switch to that company"):
                action()
        mine = self.env["xero.preview"].with_user(person)._new(self.connection_a, "records")
        mine.with_user(person).action_stop()
        self.assertEqual(mine.state, "stopped")

    def test_what_xero_said_is_for_its_users(self):
        """Messages name other documents and people: not for customers in the portal, nor for employees."""
        partner = self.env["res.partner"].create({"name": "P"})
        for login, groups in (("emp", "base.group_user"), ("portal", "base.group_portal")):
            person = self.user(login, groups, [self.company_a])
            for model, records in (("res.partner", partner | person.partner_id), ("account.move", None)):
                records = records if records is not None else self.env[model]
                shown = set(records.with_user(person).fields_get())
                self.assertFalse(shown & {"xero_sync_message", "xero_url", "xero_sync_state", "xero_number"}, model)

    def test_what_one_asks_of_a_company_is_the_same_for_all(self):
        self.connection_a.write({"state": "connected", "tenant_id": "old"})
        self.connection_a.active = False
        self.env.registry.clear_cache()
        self.assertFalse(self.env["xero.connection"].with_context(active_test=False)._scope(self.company_a.id))

    def test_log_is_append_only_and_private_methods_are_no_rpc(self):
        from odoo.service.model import get_public_method

        log = self.env["xero.log"].create({"connection_id": self.connection_a.id, "company_id": self.company_a.id})
        with self.assertRaises(UserError):
            log.write({"summary": "changed"})
        for model, method in (
            ("xero.credential", "_park"),
            ("xero.sync.runner", "_work"),
            ("xero.consent", "_link"),
        ):
            with self.assertRaises(AccessError):
                get_public_method(self.env[model], method)
