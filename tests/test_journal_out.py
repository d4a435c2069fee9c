"""Journal entries of Odoo as manual journals in Xero, over HTTP."""

from decimal import Decimal

from odoo import Command
from odoo.tests import tagged

from .common.journal import JournalCommon


@tagged("post_install", "-at_install")
class TestJournalOut(JournalCommon):
    def test_an_entry_is_a_manual_journal(self):
        entry = self.make_entry([(self.expense, 120.5), (self.accrual, -120.5)], ref='Accrued "rent"')
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        element = self.journal_in_xero(entry)
        self.assertEqual(element["Status"], "POSTED")
        self.assertTrue(element["Narration"].startswith(f"{entry.name} Accrued 'rent' odoo-"), element["Narration"])
        self.assertEqual(self.lines_in_xero(entry), [("429", Decimal("120.5")), ("850", Decimal("-120.5"))])
        self.assertTrue(element["ShowOnCashBasisReports"])

    def test_an_entry_of_another_journal_stays_here(self):
        entry = self.make_entry([(self.expense, 10), (self.accrual, -10)], journal=self.other_journal)
        self.drain()
        self.assertEqual(entry.xero_sync_state, "not_synced")
        self.assertFalse(self.job_of(entry))
        self.assertFalse(entry.xero_can_sync)
        entry.company_id.with_company(entry.company_id)
        self.connection.entry_journal_ids = [Command.link(self.other_journal.id)]
        entry.invalidate_recordset()
        self.assertTrue(entry.xero_can_sync)

    def test_lines_may_be_summarised(self):
        lines = [(self.expense, 10), (self.expense, 15), (self.accrual, -20), (self.accrual, 20), (self.revenue, -25)]
        entry = self.make_entry(lines)
        self.drain()
        self.assertEqual(len(self.lines_in_xero(entry)), 5)
        self.connection.entries_summarised = True
        other = self.make_entry(lines)
        nothing = self.make_entry([(self.expense, 10), (self.expense, -10)])
        self.drain()
        self.assertEqual(self.lines_in_xero(other), [("429", Decimal(25)), ("200", Decimal(-25))])
        self.assertEqual((nothing.xero_sync_state, self.job_of(nothing).state), ("not_synced", "done"))

    def test_tax_is_computed_by_xero(self):
        """Odoo rounds the tax of three lines together, Xero on each: the cent is a line of its own."""
        self.company.tax_calculation_rounding_method = "round_globally"
        line = {"account_id": self.expense.id, "balance": 33.37, "tax_ids": [Command.set(self.tax_purchase_a.ids)]}
        entry = self.make_entry([line, line, line, (self.accrual, -115.13)])
        tax = entry.line_ids.filtered("tax_repartition_line_id")
        self.assertEqual(sum(tax.mapped("balance")), 15.02)
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        element = self.journal_in_xero(entry)
        self.assertEqual(element["LineAmountTypes"], "Exclusive")
        self.assertEqual(
            [(line["TaxType"], line["LineAmount"], line["TaxAmount"]) for line in element["JournalLines"]],
            [
                ("INPUT2", 33.37, 5.01),
                ("INPUT2", 33.37, 5.01),
                ("INPUT2", 33.37, 5.01),
                ("NONE", -115.13, 0),
                ("NONE", -0.01, 0),
            ],
        )

    def test_what_xero_would_refuse_is_told_before(self):
        receivable = self.company_data["default_account_receivable"]
        bank = self.company_data["default_journal_bank"].default_account_id
        calls = self.simulator.calls()
        for account in (receivable, bank):
            with self.subTest(account.account_type):
                entry = self.make_entry([(account, 50), (self.revenue, -50)])
                self.drain()
                self.assertEqual(entry.xero_sync_state, "failed")
                self.assertIn(account.name, entry.xero_sync_message)
                self.assertIn("clearing account", entry.xero_sync_message)
        self.assertEqual(self.simulator.calls(), calls)
        self.map_account(receivable, "900")
        self.drain()
        cleared = self.env["account.move"].search([("journal_id", "=", self.general.id)]).filtered(
            lambda move: receivable in move.line_ids.account_id
        )
        self.assertEqual(cleared.xero_sync_state, "synced", cleared.xero_sync_message)
        self.assertEqual(self.lines_in_xero(cleared), [("900", Decimal(50)), ("200", Decimal(-50))])

    def test_an_edit_updates_and_a_cancel_voids(self):
        entry = self.make_entry([(self.expense, 80), (self.accrual, -80)])
        self.drain()
        xero_id = self.journal_in_xero(entry)["ManualJournalID"]
        entry.button_draft()
        self.drain()
        self.assertEqual((entry.xero_sync_state, self.journal_in_xero(entry)["Status"]), ("draft", "POSTED"))
        self.set_balances(entry, 90, -90)
        entry.ref = "Corrected"
        entry.action_post()
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        self.assertEqual(self.lines_in_xero(entry), [("429", Decimal(90)), ("850", Decimal(-90))])
        self.assertIn("Corrected", self.journal_in_xero(entry)["Narration"])
        self.assertEqual(self.journal_in_xero(entry)["ManualJournalID"], xero_id)
        back = entry._reverse_moves([{"date": "2026-04-01"}], cancel=False)
        back.action_post()
        self.drain()
        self.assertEqual(self.lines_in_xero(back), [("429", Decimal(-90)), ("850", Decimal(90))])
        entry.button_draft()
        entry.button_cancel()
        self.drain()
        self.assertEqual((entry.xero_sync_state, self.journal_in_xero(entry)["Status"]), ("gone", "VOIDED"))

    def test_drafts_wait_in_xero(self):
        self.connection.entries_as_drafts = True
        entry = self.make_entry([(self.expense, 80), (self.accrual, -80)])
        self.drain()
        self.assertEqual((entry.xero_sync_state, self.journal_in_xero(entry)["Status"]), ("synced", "DRAFT"))
        entry.button_draft()
        entry.button_cancel()
        self.drain()
        self.assertEqual(self.journal_in_xero(entry)["Status"], "DELETED")

    def test_a_foreign_entry_goes_in_base_currency(self):
        euro = self.setup_other_currency("EUR", rates=[("2026-01-01", 0.5)])
        lines = [
            {"account_id": account.id, "currency_id": euro.id, "amount_currency": amount}
            for account, amount in ((self.expense, 50), (self.accrual, -50))
        ]
        entry = self.make_entry(lines, currency_id=euro.id)
        self.drain()
        self.assertEqual(entry.xero_sync_state, "synced", entry.xero_sync_message)
        self.assertEqual(self.lines_in_xero(entry), [("429", Decimal(100)), ("850", Decimal(-100))])
