"""What existed before is sent in the background: forecast, slices, pause, budget, crash, and the sweep."""

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.run import history as xero_run_history
from .common.preview import PreviewCase


@tagged("post_install", "-at_install")
class TestHistory(PreviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.sync_from = False

    def olds(self, count, **values):
        """Return documents from before the connection."""
        moves = self.env["account.move"]
        for number in range(count):
            moves += self.silent(invoice_date=f"2024-01-{number % 28 + 1:02}", ref=f"Old {number}", **values)
        return moves

    def history(self, **values):
        return self.env["xero.run"].create(
            {"connection_id": self.connection.id, "date_from": "2024-01-01", "date_to": "2024-12-31", **values}
        )

    def test_a_plan_without_a_day_names_none(self):
        run = self.env["xero.run"].new({"connection_id": self.connection.id, "kind": "history"})
        self.assertEqual(run.display_name, "New history")
        run.date_from = "2024-01-01"
        self.assertIn("2024", run.display_name)

    def test_forecast(self):
        self.olds(3)
        self.olds(2, move_type="out_refund")
        done = self.olds(1)
        done.action_xero_sync()
        self.drain()
        run = self.history()
        self.assertEqual((run.forecast_documents, run.forecast_contacts), (5, 0))
        self.assertEqual(run.forecast_calls, 2, "invoices and credit notes")
        self.assertEqual(run.forecast_days, 1)
        self.env.cr.execute(
            "UPDATE xero_connection SET day_limit = 1000, day_remaining = 201, limits_at = now() at time zone 'UTC'"
            " WHERE id = %s",
            [self.connection.id],
        )
        self.env.invalidate_all()
        self.assertEqual(run.forecast_days, 2, "the last fifth is for people, one call is left today")
        self.assertIn("may make 1 more calls today", run.forecast)
        kinds = [inbound for inbound in self.env["xero.inbound"]._all() if inbound._is_polled(self.connection)]
        polling = 48 * len(kinds) + 1
        self.assertEqual(run._daily_calls(), (1, 800 - polling), "readings every half hour are not the history's")
        event = {"connection_id": self.connection.id, "company_id": self.company.id, "category": "INVOICE"}
        events = self.env["xero.webhook.event"].sudo()
        events.create([{**event, "digest": str(number), "state": "known"} for number in range(70)])
        self.assertEqual(run._daily_calls(), (1, 800 - polling - 10), "nor is what webhooks make it read")
        run.with_credit_notes = False
        self.assertEqual(run.forecast_documents, 3)

    def test_runs_to_its_end_oldest_first(self):
        self.patch(xero_run_history, "SLICE", 2)
        moves = self.olds(5)
        linked = self.olds(1)
        linked.action_xero_sync()
        self.drain()
        before = self.link_of(linked).xero_updated_at
        run = self.history()
        self.simulator.reset_stats()
        run.action_start()
        self.assertEqual(len(run.job_ids), 2, "a slice, not all at once")
        self.assertEqual(set(run.job_ids.mapped("res_id")), set(moves[:2].ids))
        self.assertEqual(set(run.job_ids.mapped("priority")), {30})
        self.drain()
        self.assertInXero(moves)
        self.assertEqual((run.state, run.progress, run.failed_count), ("done", 100.0, 0))
        self.assertEqual(run.created_count, 5)
        self.assertEqual(self.link_of(linked).xero_updated_at, before, "what is linked is left alone")
        self.assertEqual(self.simulator.calls(self.tenant), {("PUT", "Invoices"): 3})

    def test_contacts_are_part_of_it(self):
        partner = self.env["res.partner"].create({"name": "Old Customer", "is_company": True})
        self.olds(1, partner=partner)
        run = self.history()
        self.assertEqual(run.forecast_contacts, 1)
        run.action_start()
        self.drain()
        self.assertEqual(self.link_of(partner).run_id, run)
        self.assertEqual((run.state, run.created_count), ("done", 2))

    def test_pause_while_jobs_run_and_resume(self):
        moves = self.olds(3)
        run = self.history()
        run.action_start()
        running = run.sudo().job_ids[-1]
        running.state = "running"
        running.flush_recordset()
        run.action_pause()
        self.assertIn(
            "paused", moves[2].xero_sync_message if running.res_id != moves[2].id else moves[1].xero_sync_message
        )
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(sum(self.simulator.calls(self.tenant).values()), 2, "the one in hand, and its contact")
        self.assertEqual(run.state, "paused")
        self.assertEqual(run.done_count, 2)
        clicked = moves.filtered(lambda move: move.xero_sync_state == "queued")[0]
        clicked.action_xero_sync()
        self.drain()
        self.assertEqual(clicked.xero_sync_state, "synced", "a click goes all the same")
        self.env["xero.sync.runner"].sudo()._sweep()
        self.drain()
        self.assertEqual(run.open_count, 1, "the sweep leaves it alone")
        run.action_resume()
        self.drain()
        self.assertInXero(moves)
        self.assertEqual(run.state, "done")

    def test_daily_budget_is_held(self):
        moves = self.olds(2)
        self.drain()
        self.env.cr.execute(
            "UPDATE xero_connection SET day_limit = 1000, day_remaining = 100, limits_at = now() at time zone 'UTC'"
            " WHERE id = %s",
            [self.connection.id],
        )
        run = self.history()
        run.action_start()
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(self.simulator.calls(self.tenant), {})
        self.assertEqual((run.state, set(moves.mapped("xero_sync_state"))), ("running", {"queued"}))

    def test_failures_do_not_hold_it_up_and_are_tried_again(self):
        account = self.company_data["default_account_revenue"].copy({"code": "499003", "name": "Odd Income"})
        good, bad = self.olds(1), self.olds(1, lines=[{"quantity": 1, "price_unit": 9.0, "account_id": account.id}])
        run = self.history()
        run.action_start()
        self.drain()
        self.assertInXero(good)
        self.assertEqual((run.state, run.failed_count, run.done_count), ("done", 1, 2))
        failed = run.job_ids.filtered(lambda job: job.state == "failed")
        waiting = (run.job_ids - failed)[0].sudo()
        waiting.state = "blocked"
        self.assertEqual(self.env["xero.sync.job"].search(run.action_open_failed()["domain"]), failed)
        waiting.state = "done"
        run.sudo().state = "paused"
        row = self.env["xero.mapping.account"].search([("account_id", "=", account.id)])
        row.sudo().with_context(no_retry=True).write(
            {
                "xero_account_id": self.env["xero.account"]
                .search([("connection_id", "=", self.connection.id), ("code", "=", "200")])
                .id,
                "state": "confirmed",
            }
        )
        self.drain()
        self.assertEqual((failed.state, failed.priority), ("pending", 30), "mended, but the run is paused")
        run.action_resume()
        self.drain()
        self.assertInXero(bad)
        self.env["xero.run"].sudo()._cron_advance()
        self.assertEqual((run.state, run.failed_count), ("done", 0))

    def test_bills_that_xero_has_are_not_sent_a_second_time(self):
        """Xero takes a vendor's number as often as it is sent, so the history looks first: forty bills a call."""
        first = self.olds(1, move_type="in_invoice", partner=self.partner_b)
        first.action_xero_sync()
        self.drain()
        same, other, credit = (
            self.silent("in_invoice", partner=self.partner_b, ref="V 1", invoice_date="2024-02-01"),
            self.silent("in_invoice", partner=self.partner_b, ref="V 2", invoice_date="2024-02-02"),
            self.silent("in_refund", partner=self.partner_b, ref="C 1", invoice_date="2024-02-03"),
        )
        line = {"Description": "Goods", "Quantity": 1, "UnitAmount": 90, "AccountCode": "400", "TaxType": "NONE"}
        there = {"contact": self.link_of(self.partner_b).xero_id, "Date": "2024-02-01", "LineItems": [line]}
        act = f"/organisations/{self.tenant}/act"
        bill = {"Type": "ACCPAY", "InvoiceNumber": "v 1", "DueDate": "2024-03-01"}
        refund = {"Type": "ACCPAYCREDIT", "CreditNoteNumber": "C 1", "Date": "2024-02-03"}
        self.simulator.control(f"{act}/create_invoice", **there | bill)
        self.simulator.control(f"{act}/create_credit_note", **there | refund)
        run = self.history(date_from="2024-02-01")
        self.assertEqual(run.forecast_calls, 4, "bills, credits, and looking for both")
        self.simulator.reset_stats()
        run.action_start()
        self.drain()
        self.assertInXero(other)
        self.assertEqual((run.state, run.failed_count), ("done", 2))
        self.assertEqual({same.xero_sync_state, credit.xero_sync_state}, {"failed"})
        self.assertIn("Match Records", same.xero_sync_message)
        self.assertEqual(self.simulator.calls(self.tenant)["GET", "Invoices"], 1)
        run.action_retry_failed()
        self.drain()
        self.assertEqual({same.xero_sync_state, credit.xero_sync_state}, {"failed"}, "trying again is no decision")
        (same + credit).action_xero_sync_selected()
        self.drain()
        self.assertEqual({same.xero_sync_state, credit.xero_sync_state}, {"failed"}, "nor is choosing many in a list")
        for move in same + credit:
            move.action_xero_sync()
        self.drain()
        self.assertEqual({same.xero_sync_state, credit.xero_sync_state}, {"synced"}, "a person says: send it")

    def test_bills_whose_links_were_lost_are_linked_again(self):
        moves = self.olds(1, move_type="in_invoice") + self.olds(1, move_type="in_refund")
        for move in moves:
            move.action_xero_sync()
        self.drain()
        self.assertInXero(moves)
        known = moves.mapped("xero_invoice_id")
        self.env.cr.execute("DELETE FROM xero_link WHERE res_model = 'account.move' AND res_id = ANY(%s)", [moves.ids])
        self.env.invalidate_all()
        run = self.history()
        run.action_start()
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual((run.state, run.failed_count, run.created_count), ("done", 0, 0))
        self.assertEqual(moves.mapped("xero_invoice_id"), known)
        self.assertFalse([call for call in self.simulator.calls(self.tenant) if call[0] == "PUT"])
        self.assertInXero(moves)

    def test_goes_on_after_a_crash(self):
        """A worker dies with jobs in hand, and nothing wakes the lane but the next cron."""
        self.patch(xero_run_history, "SLICE", 2)
        moves = self.olds(4)
        run = self.history()
        run.action_start()
        run.sudo().job_ids.state = "running"
        self.env.flush_all()
        self.drain()
        self.env["xero.run"].sudo()._cron_advance()
        self.drain()
        self.assertInXero(moves)
        self.assertEqual(run.state, "done")

    def test_end(self):
        moves = self.olds(2)
        run = self.history()
        run.action_start()
        run.action_cancel()
        self.drain()
        self.assertEqual((run.state, set(moves.mapped("xero_sync_state"))), ("cancelled", {"not_synced"}))
        self.connection.sync_from = "2024-01-01"
        self.env["xero.sync.runner"].sudo()._sweep()
        self.assertEqual(set(moves.mapped("xero_sync_state")), {"not_synced"}, "a person ended it")
        moves.action_xero_sync()
        self.drain()
        self.assertInXero(moves)

    def test_from_date_starts_one_history(self):
        """The sweep sends what is from before the connection as a run, once for each Sync From."""
        self.env.cr.execute("UPDATE xero_connection SET connected_at = now() + interval '1 hour'")
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        moves = self.olds(2)
        self.connection.sync_from = "2024-01-02"
        sweep = self.env["xero.sync.runner"].sudo()._sweep
        sweep()
        run = self.env["xero.run"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual((len(run), run.automatic, run.state), (1, True, "running"))
        self.assertEqual(moves.mapped("xero_sync_state"), ["not_synced", "queued"])
        sweep()
        self.drain()
        sweep()
        self.assertEqual(self.env["xero.run"].search([("connection_id", "=", self.connection.id)]), run)
        self.assertEqual(run.state, "done")

    def test_the_night_starts_no_history_before_the_books_are_matched(self):
        """Neither while documents wait, nor while the guide of an organisation in use is open."""
        self.env.cr.execute("UPDATE xero_connection SET connected_at = now() + interval '1 hour'")
        self.env.registry.clear_cache()
        self.env.invalidate_all()
        moves = self.olds(2)
        self.connection.sync_from = "2024-01-01"
        guide = self.env["xero.setup"]._of(self.connection)
        guide.sudo().write({"counted_at": fields.Datetime.now(), "xero_contact_count": 7})
        sweep = self.env["xero.sync.runner"].sudo()._sweep
        sweep()
        self.assertEqual(moves.mapped("xero_sync_state"), ["not_synced", "not_synced"], "the guide is open")
        guide.action_next()
        guide.action_finish_waiting()
        sweep()
        self.assertEqual(moves.mapped("xero_sync_state"), ["not_synced", "not_synced"], "they wait for the matching")
        self.connection.action_release()
        sweep()
        self.assertEqual(moves.mapped("xero_sync_state"), ["queued", "queued"])
        self.assertTrue(self.env["xero.run"].search([("connection_id", "=", self.connection.id)]).automatic)

    def test_preview_before_it_starts(self):
        moves = self.olds(2)
        run = self.history()
        with self.assertNoTrace():
            action = run.action_preview()
        preview = self.env["xero.preview"].browse(action["res_id"])
        self.assertEqual((preview.kind, preview.state), ("history", "ready"))
        self.assertEqual({line.res_id for line in preview.line_ids if line.res_model == "account.move"}, set(moves.ids))
        self.assertEqual(run.state, "draft")

    def test_one_at_a_time(self):
        self.olds(1)
        self.history().action_start()
        with self.assertRaises(UserError):
            self.history().action_start()

    def test_several_chosen_documents_are_a_run(self):
        moves = self.olds(2)
        moves.action_xero_sync_selected()
        run = self.env["xero.run"].search([("connection_id", "=", self.connection.id)])
        self.assertEqual((run.kind, run.state, set(run.job_ids.mapped("priority"))), ("resync", "running", {5}))
        self.drain()
        self.assertEqual((run.state, run.created_count), ("done", 2 + bool(self.link_of(self.partner_a).run_id)))
        self.olds(1).action_xero_sync_selected()
        self.assertEqual(len(self.env["xero.run"].search([("connection_id", "=", self.connection.id)])), 1)

    def test_access(self):
        self.olds(1)
        run = self.history()
        company = self.company
        accountant = new_test_user(
            self.env,
            "run_acc",
            groups="account.group_account_invoice",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            "run_far",
            groups="xero_connector.group_xero_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        manager = new_test_user(
            self.env,
            "run_mgr",
            groups="xero_connector.group_xero_manager,account.group_account_invoice",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        for action in ("action_start", "action_preview", "action_cancel"):
            with self.assertRaises(AccessError):
                getattr(run.with_user(accountant), action)()
            with self.assertRaises(AccessError):
                getattr(run.with_user(stranger), action)()
        self.assertEqual(run.with_user(accountant).forecast_documents, 1)
        with self.assertRaises(AccessError):
            run.with_user(manager).write({"state": "done"})
        run.with_user(manager).action_start()
        with self.assertRaises(UserError):
            run.with_user(manager).write({"date_from": "2023-01-01"})
        self.drain()
        self.assertEqual(run.state, "done")
