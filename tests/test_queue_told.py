"""Whoever posted a document hears that it failed, once; whoever looks after the connection hears once a day."""

from odoo import SUPERUSER_ID, Command
from odoo.tests import new_test_user, tagged

from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestTold(XeroCommon):
    def setUp(self):
        super().setUp()
        self.clerk = self.person("told_clerk")
        self.odd = self.company_data["default_account_revenue"].copy({"code": "PECULIAR", "name": "Peculiar income"})

    def person(self, login, groups="account.group_account_invoice", **values):
        return new_test_user(
            self.env,
            login,
            groups=f"base.group_user,{groups}",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            **values,
        )

    def post(self, count=1, person=None):
        """Let ``person`` post invoices that nobody mapped the account of; return them, failed."""
        moves = self.env["account.move"].union(
            *(
                self.make_move(lines=[{"quantity": 1, "price_unit": 100.0, "account_id": self.odd.id}], post=False)
                for _number in range(count)
            )
        )
        moves.with_user(person or self.clerk).action_post()
        self.drain()
        self.assertEqual(set(moves.mapped("xero_sync_state")), {"failed"})
        return moves

    def told(self, person=None):
        """Return the messages of which ``person`` was notified."""
        partner = (person or self.clerk).partner_id
        return (
            self.env["mail.message"]
            .sudo()
            .search([("message_type", "=", "user_notification"), ("partner_ids", "in", partner.ids)], order="id")
        )

    # === AT ONCE === #

    def test_who_posted_hears_of_it_on_the_document(self):
        move = self.post()
        message = self.told()
        self.assertEqual((message.model, message.res_id), (move._name, move.id))
        self.assertEqual(message.subject, f"{move.name} could not be sent to Xero")
        self.assertIn("Peculiar income", message.body)
        self.assertFalse(self.told(self.env.user), "Nobody else asked for it")
        # Once, however often workers pass.
        self.drain()
        self.assertEqual(self.told(), message)

    def test_settings_of_mail_are_respected(self):
        inbox = self.person("told_inbox", notification_type="inbox")
        for person, kind in ((self.clerk, "email"), (inbox, "inbox")):
            self.post(person=person)
            self.assertEqual(self.told(person).notification_ids.notification_type, kind)

    def test_it_is_said_in_the_language_of_the_reader(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.clerk.lang = "de_DE"
        self.env["ir.module.module"]._load_module_terms(["xero_connector"], ["de_DE"])
        self.post()
        self.assertIn("Xero-Konto", self.told().body)

    def test_many_are_one_message(self):
        moves = self.post(12)
        message = self.told()
        self.assertEqual((message.model, message.res_id), ("xero.connection", self.connection.id))
        self.assertIn("12 documents", message.subject)
        self.assertEqual(sum(name in message.body for name in moves.mapped("name")), 10, "The rest is in the list")

    def test_each_hears_of_the_own(self):
        other = self.person("told_other")
        mine, theirs = self.post(), self.post(2, person=other)
        self.assertEqual(self.told().mapped("res_id"), mine.ids)
        self.assertEqual(sorted(self.told(other).mapped("res_id")), sorted(theirs.ids))

    def test_a_new_failure_is_told_anew(self):
        move = self.post()
        self.job_of(move).with_user(self.clerk).action_retry()
        self.drain()
        self.assertEqual(len(self.told()), 2)

    def test_a_run_is_told_when_it_is_over(self):
        moves = self.post(5)
        before = len(self.told())
        moves.with_user(self.clerk).action_xero_sync_selected()
        self.drain()
        self.assertEqual(len(self.told()) - before, 1)

    def test_who_may_not_see_it_hears_nothing(self):
        """Who left, and Odoo itself, in whose name nightly work is queued."""
        gone = self.person("told_gone")
        move = self.post(person=gone)
        before = len(self.told(gone))
        gone.active = False
        self.job_of(move).sudo()._retry()
        self.drain()
        self.assertEqual(len(self.told(gone)), before)
        robot = self.env["res.users"].browse(SUPERUSER_ID)
        self.post(person=robot)
        self.assertFalse(self.told(robot))

    # === DAILY === #

    def test_named_people_hear_daily_what_waits(self):
        chief = self.person("told_chief", "account.group_account_manager")
        self.connection.alert_user_ids = chief
        for kind in self.env["xero.mapping.mixin"]._all():
            kind.sudo().search([("state", "!=", "confirmed")]).unlink()
        daily = self.env["xero.daily"].with_user(SUPERUSER_ID)
        daily._cron_tell()
        self.assertFalse(self.told(chief), "Nothing waits")
        self.post(2)
        daily._cron_tell()
        message = self.told(chief)
        self.assertIn("2 documents wait for you", message.subject)
        self.assertIn("Missing mapping", message.body)
        self.assertIn("/odoo/xero-failed", message.body)
        self.assertNotIn("Peculiar income", message.body, "What is on documents stays in Odoo")
        self.connection.database_uuid = "another database"
        daily._cron_tell()
        self.assertEqual(self.told(chief), message, "A copy tells nobody")
