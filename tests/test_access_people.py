"""What each kind of person decides, spends and says."""

from datetime import timedelta
from functools import partial

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.link.own_context import own_value
from .common.access import AccessCase


@tagged("post_install", "-at_install")
class TestAccessPeople(AccessCase):
    def setUp(self):
        super().setUp()
        self.clerk, self.accountant = self.person("clerk"), self.person("accountant")
        self.connection = self.connection_a
        self.connection.write({"state": "connected", "tenant_id": "ours"})
        self.record("xero.reconciliation", self.company_a).state = "done"

    def of(self, person, name, company=None):
        record = self.record(name, company or self.company_a).with_user(person)
        return record.with_context(allowed_company_ids=person.company_ids.ids)

    def polls(self):
        domain = [("connection_id", "=", self.connection.id), ("operation", "=", "pull"), ("state", "=", "pending")]
        return self.env["xero.sync.job"].search_count(domain)

    # === DECIDING === #

    def test_clerks_look_and_accountants_decide(self):
        conflict = self.of(self.clerk, "xero.conflict")
        difference = self.of(self.clerk, "xero.reconciliation.difference")
        report = self.of(self.clerk, "xero.reconciliation")
        self.assertTrue(conflict.display_name)
        self.assertTrue(report.display_name)
        calls = [getattr(conflict, f"action_{name}") for name in ("take_odoo", "take_xero", "settle", "undo_payments")]
        calls += [getattr(difference, f"action_{name}") for name in ("send", "fetch", "link", "import", "remove")]
        calls += [difference.action_ignore, difference.action_unignore, report.action_repair_all, report.action_stop]
        calls += [self.connection.with_user(self.clerk).action_reconcile, report.action_again]
        calls += [self.of(self.clerk, "xero.conflict.line").action_choose_xero]
        for call in calls:
            with self.assertRaisesRegex(AccessError, "Accountants decide"):
                call()
        action = self.connection.with_user(self.accountant).action_reconcile()
        self.assertEqual(self.env["xero.reconciliation"].browse(action["res_id"]).user_id, self.accountant)
        self.of(self.accountant, "xero.conflict.line").action_choose_xero()
        self.assertEqual(self.record("xero.conflict.line", self.company_a).choice, "xero")

    @mute_logger("odoo.models", "odoo.orm.models")
    def test_whole_elements_are_for_those_who_decide(self):
        with self.assertRaises(AccessError):
            self.of(self.clerk, "xero.snapshot.element").read(["data"])
        with self.assertRaises(AccessError):
            self.of(self.clerk, "xero.conflict").read(["xero_view"])
        self.assertTrue(self.of(self.accountant, "xero.snapshot.element").read(["data"]))

    def test_who_acted_is_who_is_logged_in(self):
        difference = self.of(self.accountant, "xero.reconciliation.difference")
        difference.with_context(xero_person=self.env.ref("base.user_admin").id)._ignore("As agreed")
        self.assertEqual(self.record("xero.reconciliation.difference", self.company_a).acted_by_id, self.accountant)
        difference.with_context(xero_person=self.env.ref("base.user_admin").id).action_unignore()
        self.assertEqual(self.record("xero.reconciliation.difference", self.company_a).acted_by_id, self.accountant)

    def test_what_a_client_puts_into_the_context_is_not_believed(self):
        rule = self.record("xero.field.rule", self.company_a)
        context = {"xero_trial_rule": rule.id, "xero_trial_without": False}
        rules = self.env["xero.field.rule"].with_user(self.person("manager")).with_context(**context)
        self.assertEqual(rules._rules(self.connection), (), "the rule is not in use")
        for name in ("xero_at_most", "xero_asked", "xero_follows", "xero_match_changed"):
            self.assertIsNone(own_value(self.env(context={name: 5}), name))
        quiet = self.env["res.partner"].with_context(xero_no_sync=True)
        self.assertFalse(quiet.with_user(self.clerk)._xero_is_quiet())
        self.assertTrue(quiet.with_user(self.person("manager"))._xero_is_quiet())

    # === SAYING === #

    @mute_logger("odoo.models", "odoo.orm.models", "odoo.addons.mail.models.mail_message")
    def test_clerks_add_nothing_to_what_was_found(self):
        report = self.of(self.clerk, "xero.reconciliation")
        report.sudo().message_post(body="The books agree.")
        report.sudo().message_subscribe(self.clerk.partner_id.ids)
        parent, before = report.sudo().message_ids[:1], len(report.sudo().message_ids)
        with self.assertRaises(AccessError):
            report.message_post(body="They do not.", parent_id=parent.id)
        message = {"model": report._name, "res_id": report.id, "body": "They do not.", "parent_id": parent.id}
        with self.assertRaises(AccessError):
            self.env["mail.message"].with_user(self.clerk).create(message)
        model_id = self.env["ir.model"]._get_id(report._name)
        to_do = {"res_model_id": model_id, "res_id": report.id, "summary": "They do not."}
        with self.assertRaises(AccessError):
            self.env["mail.activity"].with_user(self.clerk).create(to_do).action_feedback("They do not.")
        for mode in ("comment", "mass_mail"):
            letter = {"composition_mode": mode, "model": report._name, "res_ids": report.ids, "body": "They do not."}
            with self.assertRaises(AccessError):
                self.env["mail.compose.message"].with_user(self.clerk).create(letter).action_send_mail()
        self.assertEqual(len(report.sudo().message_ids), before)
        report.sudo().message_subscribe(self.accountant.partner_id.ids)
        self.assertTrue(self.of(self.accountant, "xero.reconciliation").message_post(body="Seen."))
        letter = {"composition_mode": "mass_mail", "model": report._name, "res_ids": report.ids, "body": "Seen."}
        self.env["mail.compose.message"].with_user(self.accountant).create(letter).action_send_mail()

    # === SPENDING === #

    def of_health(self, person):
        """Return ``xero.health`` as ``person`` has it, in the own companies."""
        return self.env["xero.health"].with_user(person).with_context(allowed_company_ids=person.company_ids.ids)

    def test_a_branch_reads_nothing_of_its_parents_xero(self):
        person, manager = self.person("clerk", self.branch), self.person("manager", self.branch)
        connection = self.of(person, "xero.connection")
        cursor = self.of(person, "xero.sync.cursor")
        read_again = partial(self.of_health(person).action_read_again, connection.ids)
        for call in (read_again, connection.action_preview_queue, cursor.action_read_all):
            with self.assertRaisesRegex(AccessError, "switch to that company"):
                call()
        for name in ("action_reconcile", "action_match", "action_pull", "action_check"):
            with self.assertRaises(AccessError):
                getattr(self.of(manager, "xero.connection"), name)()
        self.assertFalse(self.polls())

    def test_a_reading_of_a_kind_a_minute(self):
        connection, clerk = self.connection, self.of_health(self.clerk)
        clerk.action_read_again(connection.ids)
        before = self.polls()
        self.assertTrue(before)
        for person in (clerk, self.of_health(self.accountant)):
            with self.assertRaisesRegex(UserError, "less than a minute ago"):
                person.action_read_again(connection.ids)
        self.assertEqual(self.polls(), before)
        cursor = self.of(self.clerk, "xero.sync.cursor")
        cursor.action_read_all()
        with self.assertRaisesRegex(UserError, "less than a minute ago"):
            cursor.action_read_all()
        click = self.env["xero.click"].search([("kind", "=", "changes"), ("connection_id", "=", connection.id)])
        click.clicked_at = fields.Datetime.now() - timedelta(seconds=61)
        click.flush_recordset()
        clerk.action_read_again(connection.ids)

    def test_odd_elements_are_read_again_once_a_minute(self):
        odd = self.of(self.clerk, "xero.quarantine")
        odd.sudo().write({"xero_id": "11111111-1111-4111-8111-111111111111", "xero_type": "Invoice"})
        odd.action_retry()
        self.assertEqual(self.polls(), 1)
        self.env["xero.sync.job"].search([("connection_id", "=", self.connection.id)]).state = "done"
        with self.assertRaisesRegex(UserError, "less than a minute ago"):
            odd.action_retry()
        self.assertFalse(self.polls())

    def test_the_days_last_calls_are_for_sending(self):
        left = {"day_limit": 1000, "day_remaining": 99, "limits_at": fields.Datetime.now()}
        self.connection.write(left)
        self.record("xero.quarantine", self.company_a).xero_id = "11111111-1111-4111-8111-111111111111"
        for call in (
            partial(self.of_health(self.clerk).action_read_again, self.connection.ids),
            self.connection.with_user(self.accountant).action_reconcile,
            self.of(self.clerk, "xero.sync.cursor").action_read_all,
            self.of(self.clerk, "xero.quarantine").action_retry,
        ):
            with self.assertRaisesRegex(UserError, "kept for what is sent"):
                call()
        self.connection.limits_at = fields.Datetime.now() - timedelta(days=2)
        self.of_health(self.clerk).action_read_again(self.connection.ids)

    # === WHAT BELONGS TOGETHER === #

    def test_a_counterpart_is_of_the_same_matching(self):
        manager = self.person("manager", self.company_a, self.company_b)
        line = self.of(manager, "xero.match.line")
        line.match_id.sudo().write({"state": "review"})
        theirs = self.of(manager, "xero.match.line", self.company_b)
        theirs.match_id.sudo().write({"state": "review"})
        line.sudo().write({"element_id": self.record("xero.snapshot.element", self.company_a).id})
        with self.assertRaises(UserError):
            theirs.with_context(xero_match_line=line.id).action_take()
        element = self.of(manager, "xero.snapshot.element", self.company_b)
        with self.assertRaises(UserError):
            element.with_context(xero_match_line=line.id).action_match_choose()

    def test_lanes_and_dialogs_are_ones_own(self):
        lanes = self.env["xero.lane"].with_user(self.person("manager")).search([])
        self.assertEqual(lanes.connection_id, self.connection)
        wizard = self.env["xero.setup.wizard"].with_user(self.person("manager")).create({})
        self.assertEqual(wizard.company_id, self.company_a)
        colleague = self.env["xero.setup.wizard"].with_user(self.person("manager", self.company_b))
        self.assertNotIn(wizard, colleague.search([]))
