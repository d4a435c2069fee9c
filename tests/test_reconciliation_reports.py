import re
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.queue import drain as xero_drain
from ..models.reconciliation.kinds import KINDS, REPAIRS, SECTIONS
from .common.reconciliation import ReconCommon

ADDON = Path(__file__).resolve().parent.parent


@tagged("post_install", "-at_install")
class TestReconcileReports(ReconCommon):
    def make_user(self, login, groups="xero_connector.group_xero_accountant", company=None):
        company = company or self.company
        return new_test_user(
            self.env, login, groups, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    def disturbed(self):
        """Return a document whose total differs."""
        move = self.document()
        self.settle()
        self.edit(move, Reference="Another")
        return move

    # === ASKING === #

    def test_a_user_asks_and_waits_for_nothing(self):
        self.document()
        self.settle()
        self.simulator.reset_stats()
        user = self.make_user("accountant", "account.group_account_manager")
        action = self.connection.with_user(user).action_reconcile()
        self.assertEqual(self.simulator.calls(self.tenant), {}, "the worker calls, not the person")
        report = self.env["xero.reconciliation"].with_user(user).browse(action["res_id"])
        self.assertEqual((report.state, report.user_id), ("reading", user))
        again = self.connection.with_user(user).action_reconcile()
        self.assertEqual(again["res_id"], report.id, "one at a time")
        self.drain()
        self.assertEqual((report.state, report.verdict), ("done", "agree"))
        calls = self.simulator.calls(self.tenant)
        self.assertEqual({resource for _method, resource in calls}, {
            "Contacts", "Invoices", "CreditNotes", "Payments", "Prepayments", "Overpayments"})  # fmt: skip
        self.assertTrue(report.message_ids)
        self.assertIn(report.verdict_text, str(self.connection.message_ids.mapped("body")))

    def test_people_without_the_group_and_of_other_companies_see_nothing(self):
        self.disturbed()
        report = self.reconcile()
        stranger = self.make_user("stranger", "base.group_user")
        with self.assertRaises(AccessError):
            self.connection.with_user(stranger).action_reconcile()
        with self.assertRaises(AccessError):
            report.difference_ids.with_user(stranger).action_fetch()
        other = self.setup_other_company(name="Second")["company"]
        foreign = self.make_user("foreign", company=other)
        for name in ("xero.reconciliation", "xero.reconciliation.difference", "xero.reconciliation.total"):
            self.assertFalse(self.env[name].with_user(foreign).search([]), name)
        with self.assertRaises(AccessError):
            report.with_user(foreign).action_repair_all()

    def test_nobody_changes_a_report(self):
        self.disturbed()
        report = self.reconcile()
        manager = self.make_user("manager", "xero_connector.group_xero_manager")
        for records, values in (
            (report, {"verdict": "agree"}),
            (report.difference_ids, {"odoo_value": "0"}),
            (report.total_ids, {"odoo_amount": 0}),
        ):
            with self.assertRaises(UserError):
                records.with_user(manager).write(values)
            with self.assertRaises(AccessError):
                records.with_user(manager).unlink()
        with self.assertRaises(UserError):
            report.difference_ids.write({"odoo_value": "0"})
        found = self.env["xero.reconciliation.health"]._facts(self.connection)[self.connection.id]
        self.assertEqual((found["differences"], found["reconciled_at"]), (report.open_count, report.finished_at))
        self.assertTrue(report.open_count)
        health = self.env["xero.health"].with_user(manager)
        self.assertEqual(health.action_open_reconciliation(self.connection.ids)["res_id"], report.id)

    def test_not_connected(self):
        self.connection.state = "reauth"
        with self.assertRaisesRegex(UserError, "connect"):
            self.connection.action_reconcile()

    def test_weekly_and_only_once_a_week(self):
        reports, cron = self.env["xero.reconciliation"], self.env.ref("xero_connector.ir_cron_xero_reconcile")
        self.assertGreater(cron.nextcall, cron.create_date, "not right after the installation")
        reports._cron_reconcile()
        self.assertFalse(reports.search([]), "the first one is a week after connecting")
        self.connection.connected_at -= timedelta(days=7)
        self.connection.hold_until_matched = True
        reports._cron_reconcile()
        self.assertFalse(reports.search([]), "what is being matched is not accused")
        self.connection.hold_until_matched = False
        reports._cron_reconcile()
        self.drain()
        report = reports.search([])
        self.assertEqual((len(report), report.state), (1, "done"))
        self.assertFalse(report.user_id)
        self.assertFalse(report.snapshot_id.by_person, "it leaves the day's last calls to people")
        reports._cron_reconcile()
        self.assertEqual(reports.search([]), report)
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_reconciliation SET create_date = create_date - interval '7 days'")
        self.env.invalidate_all()
        reports._cron_reconcile()
        self.assertEqual(len(reports.search([])), 2)

    def test_two_companies(self):
        other = self.setup_other_company(name="Second")["company"]
        connection = self.env["xero.connection"].create(
            {"company_id": other.id, "credential_id": self.credential.id, "sync_from": "2019-01-01"}
        )
        self.connect(connection, self.add_organisation(**{**self.organisation, "Name": "Totara"}))
        self.disturbed()
        theirs = self.env["xero.reconciliation"]._request(connection)
        mine = self.reconcile()
        self.assertEqual((mine.verdict, theirs.verdict), ("differ", "agree"))

    # === FAILING === #

    def test_reading_that_fails_says_why(self):
        self.simulator.fault("error", resource="Payments", status=403)
        report = self.env["xero.reconciliation"]._request(self.connection)
        self.drain()
        self.assertEqual(report.state, "failed")
        self.assertIn("Xero does not allow", report.reason)
        self.simulator.clear_faults()
        self.assertEqual(self.reconcile().verdict, "agree")

    def test_comparing_goes_on_piece_by_piece(self):
        moves = [self.document() for _number in range(5)]
        self.settle()
        self.edit(moves[4], Reference="Another")
        for module in ("documents", "settlements", "contacts"):
            name = f"odoo.addons.xero_connector.models.reconciliation.step_{module}"
            self.patch(import_module(name), "CHUNK", 2)
        self.patch(xero_drain, "SLICE_SECONDS", 0)
        report = self.env["xero.reconciliation"]._request(self.connection)
        steps = []
        original = type(report)._step

        def step(this):
            steps.append(this.work["step"])
            return original(this)

        self.patch(type(report), "_step", step)
        self.drain()
        self.assertEqual(report.state, "done", report.reason)
        self.assertEqual(report.difference_ids.mapped("kind"), ["reference"])
        self.assertEqual(report.compared_count, 5 + 1)
        self.assertGreater(len(steps), 9)

    def test_stop(self):
        report = self.env["xero.reconciliation"]._request(self.connection)
        report.action_stop()
        self.drain()
        self.assertEqual(report.state, "failed")
        self.assertIn("Stopped by", report.reason)

    # === ON THE WAY === #

    def test_what_is_queued_is_no_difference(self):
        move, other = self.document(), self.document()
        self.settle()
        move.ref = "Changed in Odoo"
        report = self.env["xero.reconciliation"]._request(self.connection)
        with self.subTest("the job waits"):
            self.sql_hold(move)
            self.drain()
            self.assertEqual(report.verdict, "agree", report.difference_ids.mapped("kind"))
            self.assertEqual(report.on_the_way_count, 1)
        self.assertTrue(other)

    def sql_hold(self, move):
        """Let the job of ``move`` wait until tomorrow."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE xero_sync_job SET run_after = now() + interval '1 day' WHERE res_id = %s", [move.id]
        )
        self.env.invalidate_all()

    def test_what_failed_is_a_difference_with_its_reason(self):
        self.document()
        self.settle()
        self.simulator.control(f"/organisations/{self.tenant}/act/set_lock_date", period="2026-12-31")
        self.connection.period_lock_date = "2026-12-31"
        move = self.document()
        self.drain()
        self.assertEqual(self.job_of(move).state, "failed")
        report = self.reconcile()
        row = report.difference_ids
        self.assertEqual((row.kind, row.res_id), ("missing_in_xero", move.id))
        self.assertIn("locked", row.note)
        totals = report.total_ids.filtered("difference")
        self.assertEqual(set(totals.mapped("section")), {"document", "month", "contact", "tax"})
        for total in totals:
            action = total.action_open_differences()
            self.assertEqual(self.env[action["res_model"]].search(action["domain"]), row, total.section)
        self.simulator.control(f"/organisations/{self.tenant}/act/set_lock_date", period=None)
        self.connection.period_lock_date = False
        report.action_repair_all()
        self.assertEqual((row.state, row.repair, row.acted_by_id), ("repairing", "send", self.env.user))
        self.assertEqual((row.repair_state, row.proposed), ("under_way", False))
        self.settle()
        self.assertInXero(move)
        row.invalidate_recordset()
        self.assertEqual((row.repair_state, row.repair_failure), ("ended", False))
        found = self.env["xero.reconciliation.health"]._facts(self.connection)[self.connection.id]
        self.assertEqual(found["differences"], 1, "only the next report proves it")

    def test_what_was_sent_after_the_reading_is_read_again(self):
        move = self.document()
        self.settle()
        report = self.env["xero.reconciliation"]._request(self.connection)
        ready = type(report)._on_snapshot_ready

        def sent_meanwhile(this, snapshot):
            """The worker sends a change between the reading and the comparison."""
            ready(this, snapshot)
            self.edit(this.env["account.move"].browse(move.id), Reference="Meanwhile")
            this.env.cr.execute("UPDATE account_move SET ref = 'Meanwhile' WHERE id = %s", [move.id])
            this.env.cr.execute(
                "UPDATE xero_link SET synced_at = now() at time zone 'UTC' + interval '1 hour' WHERE res_id = %s",
                [move.id],
            )
            this.env.invalidate_all()

        self.patch(type(report), "_on_snapshot_ready", sent_meanwhile)
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(report.state, "done", report.reason)
        self.assertGreater(self.simulator.calls(self.tenant)["GET", "Invoices"], 1)
        self.assertEqual(report.difference_ids.mapped("kind"), [])

    def test_opening_documents_are_out_of_scope(self):
        self.document()
        self.settle()
        self.connection.sync_from = "2026-02-01"
        before = self.document(invoice_date="2026-01-10")
        self.person(
            "create_invoice",
            contact=self.partner_a.xero_contact_id,
            Date="2026-01-15",
            LineItems=[{"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}],
        )
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(report.out_of_scope_count, 2)
        self.assertFalse(before.xero_invoice_id)

    # === ACCEPTING === #

    def test_what_was_accepted_stays_so_until_it_changes(self):
        move = self.disturbed()
        report = self.reconcile()
        user = self.make_user("accountant")
        row = report.difference_ids.with_user(user)
        action = row.action_ignore()
        wizard = self.env[action["res_model"]].with_user(user).with_context(**action["context"])
        wizard.create({"reason": "The customer wants it so"}).action_ignore()
        self.assertEqual((row.state, row.acted_by_id, row.ignore_reason), ("ignored", user, "The customer wants it so"))
        second = self.reconcile()
        self.assertEqual((second.verdict, second.ignored_count), ("agree", 1))
        self.assertIn("accepted", second.verdict_text)
        self.edit(move, Reference="Changed again")
        third = self.reconcile()
        self.assertEqual((third.verdict, third.ignored_count), ("differ", 0))
        second.difference_ids.with_user(user).action_unignore()
        self.edit(move, Reference="Another")
        self.assertEqual(self.reconcile().verdict, "differ")

    # === SIZE === #

    def test_queries_do_not_depend_on_the_number_of_documents(self):
        counts = []
        for size in (4, 24):
            for _number in range(size):
                self.document(partner=self.partner_a)
            self.settle()
            for move in self.env["account.move"].search([("xero_invoice_id", "!=", False)], limit=2):
                self.pay_in_xero(move, amount=1)
            self.settle()
            report = self.env["xero.reconciliation"]._request(self.connection)
            with patch.object(type(report), "_step", self.counting(type(report)._step)):
                self.drain()
            self.assertEqual(report.verdict, "agree")
            counts.append(self.spent)
        self.assertLess(counts[1], counts[0] + 10, counts)

    def counting(self, step):
        """Return ``step`` so that it adds its queries to ``self.spent``, but for those of a further round.

        What was written in the second in which the reading began is looked at once more: the clock decides about that.
        """
        self.spent = 0

        def counted(report):
            self.env.invalidate_all()
            again, before = report.work["round"] > 1 and report.work["step"] == 0, report.env.cr.sql_log_count
            result = step(report)
            if not again:
                self.spent += report.env.cr.sql_log_count - before
            return result

        return counted

    # === SCREENS === #

    def test_report_prints(self):
        self.disturbed()
        report = self.reconcile()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "xero_connector.report_xero_reconciliation", report.ids
        )
        self.assertIn(b"Reference differs", html)
        self.assertIn(report.verdict_text.encode(), html)
        self.assertNotIn(b"Printed are", html)
        row = report.difference_ids[0].copy_data()[0]
        report.difference_ids.create([{**row, "record_name": f"More {number}"} for number in range(1000)])
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "xero_connector.report_xero_reconciliation", report.ids
        )
        self.assertRegex(html.decode(), r"Printed are\s+1000")
        self.assertIn(html.count(b">More "), range(900, 1000))

    def test_reference_has_the_table_of_the_code(self):
        text = (ADDON / "docs/reference/reconciliation.md").read_text()
        found = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
        wanted = [
            (
                name,
                SECTIONS[kind.section],
                kind.label,
                self.env._(kind.explanation),
                ", ".join(REPAIRS[repair] for repair in kind.repairs) or "a person",
            )
            for name, kind in KINDS.items()
        ]
        self.assertEqual(found, wanted)
