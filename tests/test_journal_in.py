"""Manual journals of Xero as journal entries, over HTTP."""

from odoo import Command
from odoo.tests import tagged

from .common.inbound import InboundCommon
from .common.journal import JournalCommon


@tagged("post_install", "-at_install")
class TestJournalIn(JournalCommon, InboundCommon):
    TYPES = ("ManualJournal",)

    def setUp(self):
        super().setUp()
        self.connection.write({"inbound_entries": "post", "inbound_entry_journal_id": self.other_journal.id})

    def act(self, lines, **values):
        """Make a manual journal in Xero, as its accountant; each line is (account code, amount) with more values."""
        rows = [{"AccountCode": code, "LineAmount": value, **(rest[0] if rest else {})} for code, value, *rest in lines]
        told = {"Narration": "Year end", "Date": "2026-03-31", **values}
        return self.person("journal", JournalLines=rows, **told)

    def entry_of(self, element):
        link = self.env["xero.link"].sudo().search([("xero_id", "=", element["ManualJournalID"].lower())])
        return self.env["account.move"].browse(link.res_id)

    def balances(self, entry):
        lines = entry.line_ids.sorted(lambda line: (line.sequence, line.id))
        return [(line.account_id, line.balance) for line in lines]

    def test_the_accountants_journal_comes_in(self):
        element = self.act([("429", 1500, {"Description": "Depreciation"}), ("850", -1500)])
        self.poll()
        entry = self.entry_of(element)
        self.assertEqual((entry.state, entry.journal_id, entry.ref), ("posted", self.other_journal, "Year end"))
        self.assertEqual(str(entry.date), "2026-03-31")
        self.assertEqual(self.balances(entry), [(self.expense, 1500), (self.accrual, -1500)])
        self.assertEqual(entry.line_ids[0].name, "Depreciation")
        self.assertEqual(entry.xero_sync_state, "synced")
        # Nothing goes back, whatever reads or sweeps next.
        self.connection.entry_journal_ids = [Command.link(self.other_journal.id)]
        self.simulator.reset_stats()
        self.poll()
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertNotIn("POST", {method for method, _resource in self.simulator.calls()})
        self.assertEqual(len(self.env["account.move"].search([("journal_id", "=", self.other_journal.id)])), 1)
        # Its lines are changed there, then it is voided.
        self.act([("429", 1400), ("850", -1400)], journal=element["ManualJournalID"])
        self.poll()
        self.assertEqual(self.balances(entry), [(self.expense, 1400), (self.accrual, -1400)])
        self.assertEqual((entry.state, entry.xero_sync_state), ("posted", "synced"))
        self.person("void_journal", journal=element["ManualJournalID"])
        self.poll()
        self.assertEqual((entry.state, entry.xero_sync_state), ("cancel", "gone"))

    def test_tax_comes_in_as_lines_of_its_own(self):
        tax = {"TaxType": "INPUT2", "Description": "Fees"}
        element = self.act([("429", 100, tax), ("850", -115, {"TaxType": "NONE"})], LineAmountTypes="Exclusive")
        self.poll()
        entry = self.entry_of(element)
        account = self.tax_purchase_a.invoice_repartition_line_ids.account_id
        self.assertEqual(self.balances(entry), [(self.expense, 100), (self.accrual, -115), (account, 15)])

    def test_by_setting_it_is_ignored_or_a_draft(self):
        self.connection.inbound_entries = "ignore"
        ignored = self.act([("429", 10), ("850", -10)])
        self.poll()
        self.assertFalse(self.entry_of(ignored))
        self.connection.inbound_entries = "draft"
        element = self.act([("429", 20), ("850", -20)])
        waiting = self.act([("429", 30), ("850", -30)], Status="DRAFT")
        self.poll()
        self.assertEqual(self.entry_of(element).state, "draft")
        self.assertFalse(self.entry_of(waiting))
        self.connection.inbound_entry_journal_id = False
        other = self.act([("429", 40), ("850", -40)])
        self.poll()
        self.assertIn("choose one on the connection", self.failed_fetch().failure_detail)
        self.connection.inbound_entry_journal_id = self.other_journal
        self.drain()
        self.assertEqual(self.entry_of(other).state, "draft")

    def test_an_account_without_a_mapping_waits(self):
        element = self.act([("477", 10), ("850", -10)])
        self.poll()
        job = self.failed_fetch()
        self.assertIn("477", job.failure_detail)
        wages = self.env["account.account"].create({"name": "Wages", "code": "WAGE1", "account_type": "expense"})
        self.map_account(wages, "477")
        self.drain()
        self.assertEqual(self.balances(self.entry_of(element))[0], (wages, 10))

    def test_our_own_are_echoes_until_they_are_edited(self):
        entry = self.make_entry([(self.expense, 80), (self.accrual, -80)])
        self.drain()
        self.poll()
        self.assertEqual(self.balances(entry), [(self.expense, 80), (self.accrual, -80)])
        xero_id = self.journal_in_xero(entry)["ManualJournalID"]
        self.act([("429", 60), ("453", 20), ("850", -80)], journal=xero_id, Narration="Split")
        office = self.env["account.account"].create({"name": "Office", "code": "OFF1", "account_type": "expense"})
        self.map_account(office, "453")
        kept = entry.line_ids.sorted("id")[-1]
        self.poll()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        self.assertEqual(sorted(self.balances(entry), key=lambda row: row[1]), [
            (self.accrual, -80), (office, 20), (self.expense, 60),
        ])  # fmt: skip
        self.assertTrue(kept.exists())
        self.assertFalse(entry.ref)
        self.drain()
        self.assertFalse(self.open_jobs())
        self.assertEqual(self.journal_in_xero(entry)["Narration"], "Split")

    def test_what_both_changed_is_asked(self):
        entry = self.make_entry([(self.expense, 80), (self.accrual, -80)])
        self.drain()
        self.poll()
        self.act([("429", 70), ("850", -70)], journal=self.journal_in_xero(entry)["ManualJournalID"])
        entry.button_draft()
        self.set_balances(entry, 75, -75)
        entry.action_post()
        self.drain()
        self.assertEqual(entry.xero_sync_state, "conflict")
        conflict = self.conflict_of(entry)
        self.assertIn("lines", conflict.line_ids.mapped("name"))
        conflict.with_user(self.env.user).action_take_xero()
        self.drain()
        self.assertEqual(self.balances(entry), [(self.expense, 70), (self.accrual, -70)])
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)

    def test_voided_there_and_changed_here_both_ways_out(self):
        for way in ("action_take_odoo", "action_take_xero"):
            with self.subTest(way=way):
                entry = self.make_entry([(self.expense, 80), (self.accrual, -80)])
                self.drain()
                self.poll()
                self.person("void_journal", journal=self.journal_in_xero(entry)["ManualJournalID"])
                entry.button_draft()
                self.set_balances(entry, 75, -75)
                entry.action_post()
                self.drain()
                self.assertEqual(entry.xero_sync_state, "conflict", entry.xero_sync_message)
                getattr(self.conflict_of(entry).with_user(self.env.user), way)()
                self.drain()
                self.poll()
                living = [row for row in self.read("ManualJournals") if row["Status"] == "POSTED"]
                is_ours = way == "action_take_odoo"
                amounts = [[float(line["LineAmount"]) for line in row["JournalLines"]] for row in living]
                self.assertEqual((entry.state, amounts), ("posted", [[75, -75]]) if is_ours else ("cancel", []))
                self.assertFalse(self.open_jobs())
                if is_ours:
                    self.person("void_journal", journal=self.journal_in_xero(entry)["ManualJournalID"])
                    self.poll()

    def test_a_copy_of_ours_is_xeros_own(self):
        """Whoever copies a manual journal in Xero copies our mark: it stands for nothing."""
        entry = self.make_entry([(self.expense, 80), (self.accrual, -80)])
        self.drain()
        self.poll()
        ours = self.journal_in_xero(entry)
        copies = [
            self.act([("429", 80), ("850", -80)], Narration=ours["Narration"], **values)
            for values in ({"Url": ours["Url"]}, {})
        ]
        self.poll()
        for copy in copies:
            self.assertEqual(self.entry_of(copy).journal_id, self.other_journal)
        entry.button_draft()
        self.set_balances(entry, 50, -50)
        entry.action_post()
        self.drain()
        self.assertEqual([float(value) for _code, value in self.lines_in_xero(entry)], [50, -50])
        self.assertFalse(self.open_jobs())

    def test_a_conflict_settled_for_odoo_sends_again(self):
        self.connection.conflict_documents = "odoo"
        entry = self.make_entry([(self.expense, 80), (self.accrual, -80)])
        self.drain()
        self.poll()
        self.act([("429", 70), ("850", -70)], journal=self.journal_in_xero(entry)["ManualJournalID"])
        entry.button_draft()
        self.set_balances(entry, 75, -75)
        entry.action_post()
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        self.assertEqual([float(value) for _code, value in self.lines_in_xero(entry)], [75, -75])

    def test_what_odoo_has_closed_is_reversed_or_refused(self):
        element = self.act([("429", 10), ("850", -10)])
        other = self.act([("429", 11), ("850", -11)])
        self.poll()
        self.company.fiscalyear_lock_date = "2026-04-30"
        self.person("void_journal", journal=element["ManualJournalID"])
        self.poll()
        entry = self.entry_of(element)
        self.assertEqual((entry.state, entry.xero_sync_state), ("posted", "conflict"))
        self.assertIn("locked in Odoo", entry.xero_sync_message)
        self.connection.odoo_lock_policy = "move"
        self.person("void_journal", journal=other["ManualJournalID"])
        self.poll()
        entry = self.entry_of(other)
        back = self.env["account.move"].search([("reversed_entry_id", "=", entry.id)])
        self.assertEqual((back.state, str(back.date), entry.state), ("posted", "2026-05-01", "posted"))
        self.connection.entry_journal_ids = [Command.link(self.other_journal.id)]
        self.env["xero.sync.runner"]._sweep()
        self.simulator.reset_stats()
        self.drain()
        self.assertNotIn("PUT", {method for method, _resource in self.simulator.calls()})

    def test_reconciled_lines_are_no_ones_to_replace(self):
        self.accrual.reconcile = True
        element = self.act([("429", 10), ("850", -10)])
        back = self.act([("429", -10), ("850", 10)])
        self.poll()
        entry = self.entry_of(element)
        lines = (entry | self.entry_of(back)).line_ids.filtered(lambda line: line.account_id == self.accrual)
        lines.reconcile()
        self.act([("429", 12), ("850", -12)], journal=element["ManualJournalID"])
        self.poll()
        self.assertEqual(self.balances(entry), [(self.expense, 10), (self.accrual, -10)])
        self.assertEqual(entry.xero_sync_state, "conflict")
        self.assertIn("reconciled", entry.xero_sync_message)
