"""Who is told of what, how often, and when it is over."""

from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import SUPERUSER_ID, fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .test_health_page import HealthCommon


class AlertCommon(HealthCommon):
    def setUp(self):
        super().setUp()
        self.chief = self.person("chief")
        self.connection.alert_user_ids = self.chief
        self.connection.alert_silent_hours = 720

    def cron(self):
        self.env["xero.alert"].with_user(SUPERUSER_ID)._cron_alert()

    def look(self):
        """Let the cron look, and return what it left: (open alerts, to-dos, e-mails)."""
        self.env.flush_all()
        self.cron()
        self.env.invalidate_all()
        return len(self.open_alerts()), len(self.todos()), len(self.mails())

    def open_alerts(self, connection=None):
        connection = connection or self.connection
        return self.env["xero.alert"].search([("connection_id", "=", connection.id), ("state", "=", "open")])

    def todos(self, connection=None):
        return (connection or self.connection).activity_ids

    def mails(self):
        return self.env["mail.mail"].search([("model", "=", "xero.alert")])

    def pass_time(self, **span):
        """Let what was told have been told so long ago."""
        for alert in self.env["xero.alert"].sudo().search([]):
            alert.told_at -= timedelta(**span)


@tagged("post_install", "-at_install")
class TestAlerts(AlertCommon):
    def test_a_healthy_connection_tells_nobody(self):
        self.assertEqual(self.look(), (0, 0, 0))
        self.assertEqual(self.simulator.calls(), {}, "The cron calls Xero")

    def test_the_threshold_is_crossed_once(self):
        self.connection.alert_failed_percent = 0
        self.fail_jobs(9)
        self.assertEqual(self.look(), (0, 0, 0))
        self.fail_jobs(1)
        self.assertEqual(self.look(), (1, 1, 1))
        todo = self.todos()
        self.assertEqual(todo.user_id, self.chief)
        self.assertIn("10", todo.note)

    def test_a_thousand_failures_are_one_incident(self):
        self.fail_jobs(10)
        self.look()
        self.fail_jobs(990)
        self.assertEqual([self.look() for _times in range(3)], [(1, 1, 1)] * 3)

    def test_it_is_said_again_after_a_day_only(self):
        self.fail_jobs(20)
        self.look()
        self.pass_time(hours=23)
        self.assertEqual(self.look(), (1, 1, 1))
        self.pass_time(hours=2)
        self.assertEqual(self.look(), (1, 1, 2))
        self.assertEqual(self.open_alerts().told_count, 2)

    def test_it_closes_by_itself_with_a_note_and_not_at_the_edge(self):
        self.connection.alert_failed_percent = 0
        self.fail_jobs(10)
        self.look()
        failed = self.env["xero.sync.job"].sudo().search([("state", "=", "failed")])
        failed[:4].write({"state": "done"})
        self.assertEqual(self.look()[0], 1, "Six of ten are no recovery")
        failed.write({"state": "done"})
        self.assertEqual(self.look(), (0, 0, 1))
        self.assertIn("healthy again", str(self.connection.message_ids.mapped("body")))
        alert = self.env["xero.alert"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual((alert.state, bool(alert.closed_at)), ("closed", True))
        self.fail_jobs(10)
        self.assertEqual(self.look(), (1, 1, 2), "A new incident is told anew")

    def test_a_todo_ticked_off_is_not_opened_again_the_same_day(self):
        self.fail_jobs(20)
        self.look()
        self.todos().action_feedback()
        self.assertEqual(self.look(), (1, 0, 1))
        self.pass_time(hours=25)
        self.assertEqual(self.look(), (1, 1, 2))

    def test_each_kind_of_incident_is_found(self):
        now = fields.Datetime.now()
        self.connection.alert_silent_hours = 3
        self.env["xero.sync.cursor"].sudo()._of(self.connection, "Contact").polled_at = now - timedelta(hours=5)
        self.env["xero.sync.cursor"].sudo()._of(self.connection, "Invoice").write(
            {"polled_at": now - timedelta(hours=5), "last_changes": 2}
        )
        self.credential.write(
            {
                "refresh_expires_at": now + timedelta(days=3),
                "webhook_key_set": True,
                "webhook_seen_at": now - timedelta(days=3),
            }
        )
        for number in range(1, 6):
            self.env.ref(f"xero_connector.ir_cron_xero_worker_{number}").lastcall = now - timedelta(hours=1)
        self.make_move()
        self.env["xero.sync.job"].sudo().search([("state", "=", "pending")]).run_after = now - timedelta(hours=2)
        self.look()
        self.assertEqual(set(self.open_alerts().mapped("topic")), {"silence", "consent", "webhook", "workers", "queue"})
        self.connection.write({"state": "reauth", "reason": "The consent has ended."})
        self.look()
        self.assertIn("connection", self.open_alerts().mapped("topic"))
        self.assertNotIn("silence", self.open_alerts().mapped("topic"), "What is parked is not silent, too")

    def report(self, state, kinds=(), **values):
        """Return a weekly report that has ended, with a difference of each of ``kinds``."""
        now = fields.Datetime.now()
        values = {"connection_id": self.connection.id, "company_id": self.company.id, "finished_at": now, **values}
        report = self.env["xero.reconciliation"].sudo().create({**values, "state": state})
        for kind in kinds:
            report.difference_ids.create({"reconciliation_id": report.id, "section": "document", "kind": kind})
        return report

    def test_books_that_differ_are_one_incident(self):
        self.report("done", ["total", "tax"], user_id=self.chief.id)
        self.assertEqual(self.look(), (0, 0, 0), "who asked looks at it")
        weekly = self.report("done", ["total", "tax"])
        self.assertEqual([self.look() for _times in range(2)], [(1, 1, 1)] * 2)
        self.assertEqual(self.open_alerts().mapped("topic"), ["books"])
        self.assertIn("2 differences", self.open_alerts().message)
        weekly.difference_ids[0]._act("repairing", repair="send")
        self.pass_time(days=2)
        self.assertEqual(self.look(), (1, 1, 1), "a repair that is queued proves nothing")
        self.pass_time(days=6)
        self.report("done", ["total"], user_id=self.chief.id)
        self.assertEqual(self.look(), (1, 1, 2), "it lasts")
        self.report("done", user_id=self.chief.id)
        self.assertEqual(self.look(), (0, 0, 2))

    def test_a_weekly_report_that_fails_is_told(self):
        self.report("failed", user_id=self.chief.id, reason="Stopped")
        self.assertEqual(self.look(), (0, 0, 0))
        self.report("failed", reason="Xero does not answer")
        self.assertEqual(self.look(), (1, 1, 1))
        self.assertIn("Xero does not answer", self.open_alerts().message)
        self.report("done")
        self.assertEqual(self.look(), (0, 0, 1))

    def test_a_day_without_calls_is_told(self):
        self.connection.write({"day_limit": 1000, "day_remaining": 0, "limits_at": fields.Datetime.now()})
        self.look()
        self.assertEqual(self.open_alerts().mapped("topic"), ["calls"])

    def test_the_page_is_cheap_while_nothing_changes(self):
        self.fail_jobs(20)
        self.look()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.cron()
        self.assertLessEqual(self.env.cr.sql_log_count - before, 29)

    def test_the_digest_counts_what_was_sent(self):
        self.make_move()
        self.drain()
        digest = self.env["digest.digest"].create(
            {"name": "D", "kpi_xero_documents": True, "company_id": self.company.id}
        )
        now = fields.Datetime.now()
        period = {"start_datetime": now - timedelta(days=1), "end_datetime": now + timedelta(minutes=1)}
        values = digest.with_user(self.chief).with_context(**period)
        self.assertEqual(values.kpi_xero_documents_value, 1)
        self.assertIn(
            "action_xero_health", digest._compute_kpis_actions(self.company, self.chief)["kpi_xero_documents"]
        )

    def test_metrics_tell_of_incidents(self):
        self.fail_jobs(20)
        self.look()
        self.env.flush_all()
        lines = self.env["xero.metrics"].sudo()._lines()
        mine = f'connection="{self.connection.id}"'
        self.assertIn(f'xero_failed_jobs{{{mine},reason="validation"}} 20', lines)
        self.assertIn(f'xero_alert_open{{{mine},topic="failures"}} 1', lines)
        self.assertIn(f"xero_connection_up{{{mine}}} 1", lines)
        self.assertTrue(any(line.startswith(f"xero_consent_ends_seconds{{{mine}}} 5") for line in lines))

    def test_one_broken_connection_does_not_silence_the_others(self):
        other = self.second()
        self.fail_jobs(20)
        self.fail_jobs(20, connection=other)
        update = type(self.env["xero.alert"])._update

        def fails_for_one(alerts, connection, facts, open_alerts):
            if connection == self.connection:
                raise ValueError("Broken")
            return update(alerts, connection, facts, open_alerts)

        self.patch(type(self.env["xero.alert"]), "_update", fails_for_one)
        with self.assertLogs("odoo.addons.xero_connector.models.health.xero_alert", "ERROR"):
            self.look()
        self.assertEqual((len(self.open_alerts()), len(self.open_alerts(other))), (0, 1))

    def fail_with(self, error):
        def fail(*_args):
            raise error

        self.patch(type(self.env["xero.alert"]), "_update", fail)

    def test_a_lost_race_is_the_callers(self):
        for error in (pg_errors.SerializationFailure, pg_errors.DeadlockDetected):
            with self.subTest(error.__name__):
                self.fail_with(error())
                with self.assertRaises(error):
                    self.env["xero.alert"].sudo()._refresh_alerts(self.connection)

    def test_an_incident_that_another_worker_opened_is_no_error(self):
        self.fail_with(pg_errors.UniqueViolation())
        with self.assertNoLogs("odoo.addons.xero_connector", "WARNING"):
            self.env["xero.alert"].sudo()._refresh_alerts(self.connection)
        self.assertEqual(len(self.open_alerts()), 0)

    def second(self):
        company = self.env["res.company"].create({"name": "Second"})
        uuid = self.env["ir.config_parameter"].get_param("database.uuid")
        return self.env["xero.connection"].sudo().create(
            {
                "company_id": company.id,
                "credential_id": self.credential.id,
                "state": "connected",
                "database_uuid": uuid,
                "tenant_id": "second",
                "alert_silent_hours": 720,
            }
        )

    def test_two_companies_tell_their_own_people(self):
        other = self.second()
        keeper = self.person("keeper", companies=other.company_id)
        other.alert_user_ids = keeper
        self.fail_jobs(20, connection=other)
        self.look()
        self.assertFalse(self.open_alerts())
        self.assertEqual(self.todos(other).user_id, keeper)
        self.assertEqual(self.mails().recipient_ids, keeper.partner_id)
        with self.assertRaises(AccessError):
            self.open_alerts(other).with_user(self.chief).read(["code"])

    def test_a_copy_and_an_archived_connection_tell_nobody(self):
        self.fail_jobs(20)
        self.env["ir.config_parameter"].set_param("database.uuid", "a copy")
        self.assertEqual(self.look(), (0, 0, 0))
        self.env["ir.config_parameter"].set_param("database.uuid", self.connection.database_uuid)
        self.assertEqual(self.look(), (1, 1, 1))
        self.connection.active = False
        self.look()
        self.assertFalse(self.open_alerts())


@tagged("post_install", "-at_install")
class TestAlertPeople(AlertCommon):
    def test_whoever_connects_is_told(self):
        self.connection.alert_user_ids = False
        manager = self.person("boss", "account.group_account_invoice,xero_connector.group_xero_manager")
        own = self.connection.with_user(manager).sudo()
        organisation = {"tenantId": self.tenant, "id": "x", "tenantName": "Kauri Trading"}
        own.env["xero.consent"]._link(own, organisation)
        self.assertEqual(self.connection.alert_user_ids, manager)

    def test_who_has_left_or_has_no_rights_is_passed_over(self):
        gone, outsider, employee = (
            self.person("gone"),
            self.person("outsider", companies=self.env["res.company"].create({"name": "Elsewhere"})),
            self.person("worker", "base.group_user"),
        )
        self.connection.alert_user_ids = gone + outsider + employee + self.chief
        gone.active = False
        self.assertEqual(self.env["xero.alert"]._people(self.connection), self.chief)
        self.connection.alert_user_ids = gone + outsider + employee
        people = self.env["xero.alert"]._people(self.connection)
        self.assertTrue(people, "Administrators are told when nobody else is left")
        self.assertFalse(people & (gone + outsider + employee))
        self.assertTrue(all(user.has_group("xero_connector.group_xero_manager") for user in people))

    def test_two_people_get_one_todo_and_an_e_mail_each(self):
        deputy = self.person("deputy")
        self.connection.alert_user_ids = self.chief + deputy
        self.fail_jobs(20)
        self.assertEqual(self.look(), (1, 1, 2))
        self.assertEqual(self.mails().recipient_ids, (self.chief + deputy).partner_id)
        self.assertFalse(
            self.env["mail.mail"].search([("model", "=", "xero.connection")]), "Odoo mailed the to-do, too"
        )

    def test_the_e_mail_says_what_to_do_and_nothing_personal(self):
        self.fail_jobs(20)
        self.look()
        mail = self.mails()
        self.assertEqual(mail.subject, "Xero: Kauri Trading: Failed jobs")
        self.assertIn("Failed jobs that wait for a person: 20", mail.body_html)
        self.assertIn("/odoo/xero-health", mail.body_html)
        for text in ("Mr. Secret", self.chief.name, self.partner_a.name):
            self.assertNotIn(text, f"{mail.subject} {mail.body_html}")

    def test_each_reads_it_in_the_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.chief.lang = "fr_FR"
        template = self.env.ref("xero_connector.mail_template_xero_alert")
        template.with_context(lang="fr_FR").subject = "Alerte: {{ object.title }}"
        self.connection.alert_user_ids = self.chief + self.person("english")
        self.fail_jobs(20)
        self.look()
        subjects = {mail.recipient_ids.email: mail.subject.split(":")[0] for mail in self.mails()}
        self.assertEqual(subjects, {"chief@example.com": "Alerte", "english@example.com": "Xero"})

    def test_only_administrators_choose_who_is_told(self):
        with self.assertRaises(AccessError):
            self.connection.with_user(self.chief).alert_user_ids = [Command.clear()]
        with self.assertRaises(AccessError):
            self.env["xero.alert"].with_user(self.chief).create({})
