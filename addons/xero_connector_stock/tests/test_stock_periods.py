"""What changes after its period was sent: in place, or as an adjustment; never twice, never lost."""

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .stock_common import StockCommon


@tagged("post_install", "-at_install")
class TestStockPeriods(StockCommon):
    def setUp(self):
        super().setUp()
        self.product = self.products["average", "real_time"]
        self.receive(self.product, 100, 10.0)

    def sold(self, quantity=3, day="2026-03-05"):
        invoice = self.paper("out_invoice", self.product, quantity, 25.0, day=day)
        self.collect()
        return invoice

    def posted_again(self, invoice, quantity):
        invoice.button_draft()
        invoice.invoice_line_ids.quantity = quantity
        invoice.action_post()

    def lock_xero(self, day):
        self.simulator.control(f"/organisations/{self.tenant}/act/set_lock_date", period=day, year=None)
        self.connection.write({"period_lock_date": day})

    def test_an_open_period_is_updated_in_place(self):
        invoice = self.sold()
        [journal] = self.journals()
        xero_id = self.in_xero(journal)["ManualJournalID"]
        self.simulator.reset_stats()
        self.posted_again(invoice, 5)
        self.collect()
        self.collect()
        self.assertEqual(self.journals(), journal)
        self.assertEqual(self.sums_in_xero(journal), {"310": 50, "620": -50})
        self.assertEqual(self.in_xero(journal)["ManualJournalID"], xero_id)
        self.assertEqual(self.simulator.calls(self.tenant)["POST", "ManualJournals"], 1)
        self.assertNotIn(("PUT", "ManualJournals"), self.simulator.calls(self.tenant))

    def test_a_draft_again_stays_until_it_is_settled(self):
        invoice = self.sold()
        [journal] = self.journals()
        invoice.button_draft()
        self.collect()
        self.assertEqual(self.sums_in_xero(journal), {"310": 30, "620": -30})
        invoice.button_cancel()
        self.collect()
        self.assertEqual((self.in_xero(journal)["Status"], journal.state), ("VOIDED", "nothing"))
        self.sold(2)
        self.assertEqual(self.sums_in_xero(journal), {"310": 20, "620": -20})
        self.assertEqual(len(self.simulator.documents(self.tenant, "ManualJournals", Status="POSTED")), 1)

    def test_a_period_locked_in_xero_gets_an_adjustment(self):
        invoice = self.sold()
        [journal] = self.journals()
        self.lock_xero("2026-03-31")
        self.posted_again(invoice, 5)
        late = self.sold(1, day="2026-03-20")
        self.collect()
        [adjustment] = self.journals(kind="adjustment")
        self.assertEqual((adjustment.name, str(adjustment.date)), ("STOCK/2026-03/A1", "2026-04-01"))
        self.assertIn("03/2026", self.in_xero(adjustment)["Narration"])
        self.assertEqual(self.sums_in_xero(journal), {"310": 30, "620": -30})
        self.assertEqual(self.sums_in_xero(adjustment), {"310": 30, "620": -30})
        # Once more, while the adjustment is open.
        late.button_draft()
        late.button_cancel()
        self.collect()
        self.assertEqual(self.sums_in_xero(adjustment), {"310": 20, "620": -20})
        # And when that is closed, too.
        self.lock_xero("2026-04-30")
        self.posted_again(invoice, 4)
        self.collect()
        [second] = self.journals(kind="adjustment") - adjustment
        self.assertEqual((second.name, str(second.date)), ("STOCK/2026-03/A2", "2026-05-01"))
        self.assertEqual(self.sums_in_xero(second), {"310": -10, "620": 10})
        self.assertEqual(self.sums_in_xero(self.journals()), {"310": 40, "620": -40})

    def test_a_period_locked_in_odoo_is_not_changed_either(self):
        invoice = self.sold()
        [journal] = self.journals()
        line = invoice.line_ids.filtered(lambda line: line.display_type == "cogs" and line.balance > 0)
        self.company.fiscalyear_lock_date = "2026-03-31"
        self.env.flush_all()
        other = self.loss_account
        self.env.cr.execute("UPDATE account_move_line SET account_id = %s WHERE id = %s", [other.id, line.id])
        self.env.invalidate_all()
        self.collect()
        [adjustment] = self.journals(kind="adjustment")
        self.assertEqual(str(adjustment.date), "2026-04-01")
        self.assertEqual(self.sums_in_xero(journal), {"310": 30, "620": -30})
        self.assertEqual(self.sums_in_xero(adjustment), {"310": -30, "473": 30})

    def test_what_waited_too_long_is_dated_on_the_first_open_day(self):
        row = self.map_account(self.stock_account, "620")
        row.write({"state": "suggested"})
        self.sold()
        [journal] = self.journals()
        self.assertEqual(journal.xero_sync_state, "failed")
        self.lock_xero("2026-03-31")
        row._confirm()
        self.collect()
        self.assertEqual(str(journal.date), "2026-04-01")
        self.assertEqual(self.sums_in_xero(journal), {"310": 30, "620": -30})
        self.assertIn("03/2026", self.in_xero(journal)["Narration"])

    def test_days_and_months(self):
        self.connection.stock_period = "day"
        self.sold(1, "2026-03-05")
        self.sold(2, "2026-03-05")
        self.sold(3, "2026-03-06")
        made = [(one.name, one.debit) for one in self.journals()]
        self.assertEqual(made, [("STOCK/2026-03-05", 30), ("STOCK/2026-03-06", 30)])
        self.connection.stock_period = "month"
        self.sold(1, "2026-03-06")
        self.assertEqual(self.sums_in_xero(self.journals()), {"310": 70, "620": -70})

    def test_today_waits_until_the_day_is_over_or_somebody_asks(self):
        self.connection.stock_period = "day"
        today = self.env["xero.stock.collector"]._today(self.company)
        self.sold(1, today)
        [journal] = self.journals()
        self.assertEqual((journal.state, journal.xero_sync_state), ("collecting", "not_synced"))
        journal.action_xero_sync()
        self.drain()
        self.assertEqual(journal.xero_sync_state, "synced", journal.xero_sync_message)
        self.sold(2, today)
        self.assertEqual(self.sums_in_xero(journal), {"310": 30, "620": -30})

    def test_an_answer_that_is_lost_sends_nothing_twice(self):
        for kind in ("drop_before", "drop_after"):
            with self.subTest(kind):
                self.simulator.fault(kind, resource="ManualJournals", method="PUT,POST", count=1)
                self.sold(1)
                self.resume()
                self.drain()
                self.assertEqual(len(self.simulator.documents(self.tenant, "ManualJournals")), 1)
        self.assertEqual(self.sums_in_xero(self.journals()), {"310": 20, "620": -20})

    def test_what_was_before_stays_out(self):
        self.connection.stock_from = "2026-03-10"
        self.sold(1, "2026-03-05")
        self.sold(2, "2026-03-12")
        self.assertEqual(self.sums_in_xero(self.journals()), {"310": 20, "620": -20})

    def test_tracking_is_kept_apart(self):
        plan = self.env["account.analytic.plan"].create({"name": "Region"})
        region = self.env["account.analytic.account"].create({"name": "North", "plan_id": plan.id})
        invoice = self.paper("out_invoice", self.product, 2, 25.0, day="2026-03-05")
        invoice.button_draft()
        invoice.invoice_line_ids.analytic_distribution = {region.id: 100}
        invoice.action_post()
        self.sold(1)
        [journal] = self.journals()
        self.assertEqual(
            sorted((total.balance, bool(total.analytic_distribution)) for total in journal.total_ids),
            [(-30, False), (10, False), (20, True)],
        )

    def test_the_other_way_begins_on_another_day(self):
        self.sold()
        clearing = self.env["account.account"].create(
            {"name": "Goods received", "code": "GRNI1", "account_type": "liability_current"}
        )
        values = {"stock_journals": "moves", "stock_clearing_account_id": clearing.id}
        with self.assertRaises(ValidationError):
            self.connection.write(values)
        self.connection.write({**values, "stock_from": "2026-04-01"})
        self.collect()
        self.assertEqual(self.sums_in_xero(self.journals(date_from="2026-03-01")), {"310": 30, "620": -30})

    def test_a_branch_has_journals_of_its_own(self):
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})
        self.env.user.company_ids = [Command.link(branch.id)]
        self.sold()
        entry = self.env["account.move"].with_company(branch).create(
            {
                "move_type": "entry",
                "date": "2026-03-07",
                "company_id": branch.id,
                "journal_id": self.stock_journal.id,
                "line_ids": [
                    Command.create({"account_id": self.stock_account.id, "balance": 7}),
                    Command.create({"account_id": self.variation_account.id, "balance": -7}),
                ],
            }
        )
        entry.action_post()
        self.collect()
        self.assertEqual(sorted(self.journals().mapped("debit")), [7, 30])
        self.assertEqual(self.journals().company_id, self.company | branch)
