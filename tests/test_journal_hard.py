"""Journal entries where it is hard: crashes, what Xero refuses, what is no entry for Xero, people and companies."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common.inbound import InboundCommon
from .common.journal import JournalCommon

# Who allows what the consent page of the simulator asks for.
WHO_CONSENTS = "d5e0a000-0000-4000-8000-000000000001"


class HardCommon(JournalCommon, InboundCommon):
    TYPES = ("ManualJournal",)

    def entries(self, count, first=10):
        amounts = range(first, first + count)
        made = (self.make_entry([(self.expense, amount), (self.accrual, -amount)]) for amount in amounts)
        return self.env["account.move"].union(*made)

    def in_xero_now(self):
        return [row for row in self.read("ManualJournals") if row["Status"] in ("POSTED", "DRAFT")]

    def assertOnce(self, entries):
        """Each entry is in Xero once, and nothing else."""
        for entry in entries:
            self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        found = {row["ManualJournalID"].lower() for row in self.in_xero_now()}
        self.assertEqual(found, set(self.link_of(entries[0]).union(*map(self.link_of, entries)).mapped("xero_id")))
        self.assertEqual(len(self.in_xero_now()), len(entries))


@tagged("post_install", "-at_install")
class TestJournalFaults(HardCommon):
    def test_lost_answers_make_nothing_twice(self):
        exporter_class = type(self.env["xero.exporter.journal"])
        for late in (False, True):
            with (
                self.subTest(late=late),
                patch.object(exporter_class, "_may_replay", lambda *_args, late=late: not late),
            ):
                self.simulator.fault("drop_after", method="PUT", resource="ManualJournals")
                entries = self.entries(3)
                for _round in range(3):
                    self.drain()
                    self.resume()
                self.assertTrue(set(entries.mapped("xero_sync_state")) == {"synced"})
                self.simulator.fault("drop_after", method="POST", resource="ManualJournals")
                entries.button_draft()
                for entry in entries:
                    self.set_balances(entry, 99, -99)
                entries.action_post()
                for _round in range(3):
                    self.drain()
                    self.resume()
                for entry in entries:
                    self.assertEqual([float(value) for _code, value in self.lines_in_xero(entry)], [99, -99])
        self.assertOnce(self.env["account.move"].search([("journal_id", "=", self.general.id)]))

    def test_a_worker_is_killed_before_it_hears_the_answer(self):
        """The call stays as it was stored, its jobs under way: the next worker finds what it made."""
        entries, exporter_class = self.entries(2), type(self.env["xero.exporter.journal"])
        self.simulator.fault("drop_after", method="PUT", resource="ManualJournals")
        runner_class = type(self.env["xero.sync.runner"])
        with (
            patch.object(exporter_class, "_mark_unknown", lambda *_args: None),
            patch.object(runner_class, "_resolve_open", lambda *_args: False),
        ):
            self.drain()
        [batch] = self.env["xero.sync.batch"].search([("state", "!=", "done")])
        self.assertEqual((batch.state, set(entries.mapped("xero_sync_state"))), ("sent", {"sending"}))
        for _round in range(2):
            self.resume()
            self.drain()
        self.assertOnce(entries)

    def test_one_bad_among_fifty(self):
        """Xero has archived an account since its list was read: one entry fails, in one call, with what to do."""
        office = self.env["account.account"].create({"name": "Office", "code": "OFF1", "account_type": "expense"})
        self.map_account(office, "453")
        entries = self.entries(49)
        bad = self.make_entry([(office, 5), (self.accrual, -5)])
        self.person("archive_account", code="453")
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(bad.xero_sync_state, "failed")
        self.assertIn("archived", bad.xero_sync_message)
        self.assertEqual(self.simulator.calls()["PUT", "ManualJournals"], 1)
        self.assertOnce(entries)

    def test_who_may_not_see_reports_is_told_so(self):
        self.simulator.control(f"/organisations/{self.tenant}", settings={"no_reports_for": [WHO_CONSENTS]})
        entry, invoice = self.make_entry([(self.expense, 5), (self.accrual, -5)]), self.make_move()
        self.drain()
        self.assertEqual((entry.xero_sync_state, invoice.xero_sync_state), ("failed", "synced"))
        self.assertIn("may see reports", entry.xero_sync_message)
        self.assertEqual(self.connection.state, "connected")

    def test_a_consent_without_the_permission(self):
        """The type is off until the permission is given: nothing is queued, and people are told what is missing."""
        granted = self.credential.scopes
        self.credential.scopes = granted.replace("accounting.manualjournals", "").strip()
        entry = self.make_entry([(self.expense, 5), (self.accrual, -5)])
        self.assertFalse(self.job_of(entry))
        self.assertFalse(entry.xero_can_sync)
        scope = self.env["xero.connection"]._scope(self.company.id)
        self.assertIn("accounting.manualjournals", entry._xero_refusal(scope))
        self.assertIn("accounting.manualjournals", self.credential._scopes_to_ask())
        page = self.env["xero.health"]._in_short(self.connection)[self.connection.id]
        self.assertIn("journal entries", page[1])
        self.credential.scopes = granted
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)

    def test_what_is_locked_in_xero_is_refused_or_moved(self):
        self.simulator.control(f"/organisations/{self.tenant}", profile={"PeriodLockDate": "2026-03-31"})
        self.connection.period_lock_date = "2026-03-31"
        entry = self.make_entry([(self.expense, 5), (self.accrual, -5)])
        self.drain()
        self.assertEqual(entry.xero_sync_state, "failed")
        self.assertIn("locked in Xero", entry.xero_sync_message)
        self.connection.xero_lock_policy = "move"
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        self.assertIn("2026-04-01", entry.xero_sync_message)
        self.assertEqual(str(entry.date), "2026-03-31")


@tagged("post_install", "-at_install")
class TestJournalScope(HardCommon):
    def test_what_xero_books_itself_is_never_sent(self):
        """Payments, statement lines, exchange differences and taxes on payments, whatever journals are chosen."""
        company, journals = self.company, self.env["account.journal"].search([("company_id", "=", self.company.id)])
        self.connection.entry_journal_ids = [Command.set(journals.ids)]
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5), ("2026-03-20", 0.4)])
        transition = self.accrual.copy({"code": "CABA1", "reconcile": True})
        company.tax_exigibility = True
        tax = self.tax_sale_a.copy(
            {"name": "On payment", "tax_exigibility": "on_payment", "cash_basis_transition_account_id": transition.id}
        )
        invoice = self.make_move(lines=[{"price_unit": 100.0, "tax_ids": [Command.set(tax.ids)]}], currency_id=euro.id)
        payment = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"payment_date": "2026-03-25", "journal_id": self.company_data["default_journal_bank"].id})
        payment._create_payments()
        statement = self.env["account.bank.statement.line"].create(
            {"journal_id": self.company_data["default_journal_bank"].id, "amount": 5, "date": "2026-03-25"}
        )
        moves = self.env["account.move"].search([("company_id", "=", company.id), ("move_type", "=", "entry")])
        exchange = moves.filtered("exchange_diff_partial_ids")
        caba = moves.filtered("tax_cash_basis_rec_id")
        self.assertTrue(exchange and caba and statement.move_id in moves and moves.filtered("origin_payment_id"))
        (exchange | caba | statement.move_id)._xero_tell({"state": "posted"})
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertFalse(self.env["xero.sync.job"].search([("xero_type", "=", "ManualJournal")]))
        self.assertFalse(self.in_xero_now())
        scope = self.env["xero.connection"]._scope(company.id)
        for move in exchange | caba | statement.move_id:
            self.assertIn("Xero books these itself", move._xero_refusal(scope))

    def test_a_write_off_is_one_thing_in_xero(self):
        """It is a credit note while it settles an invoice, and a manual journal else; never both."""
        invoice = self.make_move(tax=False)
        self.drain()
        receivable = invoice.line_ids.filtered(lambda line: line.display_type == "payment_term")
        self.map_account(receivable.account_id, "900")
        lines = [
            {"account_id": receivable.account_id.id, "partner_id": self.partner_a.id, "balance": -100},
            {"account_id": self.expense.id, "balance": 100, "tax_ids": [Command.clear()]},
        ]
        entry = self.make_entry(lines)
        self.drain()
        self.assertEqual(self.journal_in_xero(entry)["Status"], "POSTED")
        open_lines = (entry.line_ids | receivable).filtered(lambda line: line.account_id == receivable.account_id)
        open_lines.reconcile()
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        self.assertFalse(self.in_xero_now())
        notes = [row for row in self.read("CreditNotes") if row["Status"] in ("AUTHORISED", "PAID")]
        self.assertEqual([float(row["Total"]) for row in notes], [100])
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertFalse(self.in_xero_now())
        open_lines.remove_move_reconcile()
        self.drain()
        self.assertFalse([row for row in self.read("CreditNotes") if row["Status"] in ("AUTHORISED", "PAID")])
        self.assertEqual(len(self.in_xero_now()), 1)
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)

    def move_to(self, entry, journal):
        """Give a posted entry to another journal, as people do."""
        entry.button_draft()
        entry.write({"name": False, "journal_id": journal.id})
        self.set_balances(entry, 44, -44)
        entry.action_post()

    def test_moved_to_a_journal_that_is_not_sent_it_leaves_xero(self):
        clerk = new_test_user(
            self.env,
            "clerk-moves-entries",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for waits in (False, True):
            with self.subTest(waits=waits):
                entry = self.entries(1)
                if not waits:
                    self.drain()
                self.move_to(entry.with_user(clerk), self.other_journal)
                self.drain()
                self.assertFalse(self.in_xero_now())
                self.env["xero.sync.runner"]._sweep()
                self.drain()
                self.assertFalse(self.in_xero_now())
                self.assertNotEqual(entry.xero_sync_state, "synced")
                self.move_to(entry, self.general)
                self.drain()
                self.assertOnce(entry)
                self.assertEqual([float(value) for _code, value in self.lines_in_xero(entry)], [44, -44])
                self.move_to(entry, self.other_journal)
                self.drain()

    def test_posting_other_entries_costs_nothing(self):
        entry = self.make_entry([(self.expense, 5), (self.accrual, -5)], journal=self.other_journal)
        entry.date, entry.journal_id.type, self.env["xero.connection"]._scope(self.company.id)
        self.env.flush_all()
        with self.assertQueryCount(0):
            entry._xero_tell({"state": "posted"})

    def test_queries_do_not_grow(self):
        entries, mapper = self.entries(20), self.env["xero.mapper"]._for_type("ManualJournal")
        counts = []
        for some in (entries[:4], entries[:4], entries):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(mapper._prepare(some, self.connection)), len(some))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts[1:])

    def test_long_entries(self):
        entry = self.make_entry([*((self.expense, 1) for _number in range(501)), (self.accrual, -501)])
        self.drain()
        self.assertEqual(entry.xero_sync_state, "failed")
        self.assertIn("502 lines", entry.xero_sync_message)
        self.connection.entries_summarised = True
        self.drain()
        self.assertEqual([float(value) for _code, value in self.lines_in_xero(entry)], [501, -501])

    def test_older_entries_are_a_history(self):
        self.connection.sync_from = False
        entry = self.make_entry([(self.expense, 5), (self.accrual, -5)], date="2024-05-31")
        self.env.cr.execute("UPDATE account_move SET create_date = '2024-06-01' WHERE id = %s", [entry.id])
        self.env.invalidate_all()
        self.env["xero.sync.job"].sudo().search([]).unlink()
        self.env["xero.sync.runner"]._sweep()
        self.assertFalse(self.job_of(entry))
        run = self.env["xero.run"].create(
            {"connection_id": self.connection.id, "date_from": "2024-01-01", "with_entries": True}
        )
        self.assertEqual(run.forecast_documents, 1)
        run.with_entries = False
        self.assertEqual(run.forecast_documents, 0)
        run.with_entries = True
        run.action_start()
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)

    def test_the_reconciliation_lists_what_was_not_sent(self):
        sent, lost = self.entries(1), self.make_entry([(self.expense, 7), (self.accrual, -7)])
        self.job_of(lost).sudo().unlink()
        self.make_entry([(self.expense, 8), (self.accrual, -8)], journal=self.other_journal)
        self.drain()
        report = self.env["xero.reconciliation"]._request(self.connection)
        self.drain()
        self.assertEqual(report.state, "done", report.reason)
        self.assertEqual(sent.xero_sync_state, "synced")
        [row] = report.difference_ids
        self.assertEqual((row.kind, row.res_id, row.odoo_value), ("missing_in_xero", lost.id, "7.00"))

    def test_the_preview_shows_it_and_sends_nothing(self):
        receivable = self.company_data["default_account_receivable"]
        entries = self.entries(1) | self.make_entry([(receivable, 50), (self.revenue, -50)])
        self.simulator.reset_stats()
        action = entries.action_xero_preview()
        preview = self.env["xero.preview"].browse(action["res_id"])
        preview._cron_plan()
        self.assertEqual(preview.line_ids.mapped("xero_type"), ["ManualJournal", "ManualJournal"])
        self.assertEqual(set(preview.line_ids.mapped("action")), {"create", "blocked"})
        self.assertFalse({call for call in self.simulator.calls() if call[0] != "GET"})


@tagged("post_install", "-at_install")
class TestJournalPeople(HardCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.person_of("clerk-journal", "account.group_account_invoice")
        cls.accountant = cls.person_of("accountant-journal", "account.group_account_manager")

    @classmethod
    def person_of(cls, login, groups, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env, login, groups=groups, company_id=company.id, company_ids=[Command.set(company.ids)]
        )

    def test_people(self):
        """Whoever posts has it sent, clerks and accountants send it again; neither chooses journals."""
        employee = self.person_of("employee-journal", "base.group_user")
        entry = self.make_entry([(self.expense, 5), (self.accrual, -5)], post=False)
        entry.with_user(self.clerk).action_post()
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        with self.assertRaises(AccessError):
            entry.with_user(employee).action_xero_sync()
        with self.assertRaises(AccessError):
            entry.with_user(employee).read(["xero_sync_message"])
        for person in (self.clerk, self.accountant):
            mine = entry.with_user(person)
            self.assertTrue(mine.xero_can_sync)
            mine.action_xero_sync()
            self.drain()
            self.assertOnce(entry)
            with self.assertRaises(AccessError):
                self.connection.with_user(person).write({"entry_journal_ids": [Command.clear()]})

    def test_the_dashboard_counts_what_failed(self):
        entry = self.make_entry([(self.company_data["default_account_receivable"], 5), (self.revenue, -5)])
        self.drain()
        journal = self.general.with_user(self.accountant)
        self.assertEqual(journal._get_journal_dashboard_data_batched()[journal.id]["xero_failed"], 1)
        action = journal.action_xero_waiting()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), entry)

    def test_each_company_has_its_own_and_a_branch_its_parents(self):
        other = self.setup_other_company(name="Second company")
        journal, company = other["default_journal_misc"], other["company"]
        lines = [(other["default_account_expense"], 7), (other["default_account_revenue"], -7)]
        entry = self.make_entry(lines, journal=journal, company_id=company.id)
        self.drain()
        self.assertFalse(self.job_of(entry))
        groups = "account.group_account_manager,xero_connector.group_xero_user"
        stranger = self.person_of("stranger-journal", groups, company)
        own = self.make_entry([(self.expense, 5), (self.accrual, -5)])
        with self.assertRaises(AccessError):
            own.with_user(stranger).action_xero_sync()
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        inside = self.make_entry(
            [(self.expense, 9), (self.accrual, -9)], company_id=branch.id, journal=self.general.with_company(branch)
        )
        self.drain()
        self.assertEqual(inside.company_id, branch)
        self.assertOnce(own | inside)
