"""Documents with money on them in Xero: what Xero still takes arrives there, anything else is said, never dropped."""

from odoo import Command
from odoo.tests import tagged

from .common.inbound import InboundCommon

SHOWN = ("Description", "AccountCode", "Quantity", "UnitAmount", "LineAmount", "LineItemID")


@tagged("post_install", "-at_install")
class TestPaidEdits(InboundCommon):
    def paid(self, move_type="out_invoice", lines=((2, 50.0), (1, 20.0)), amount=30, **values):
        """Return a document that is paid in part, in Xero only."""
        move = self.pushed(move_type, lines=lines, **values)
        kind = "credit_note" if move_type.endswith("refund") else "invoice"
        self.person("pay", **{kind: move.xero_invoice_id}, amount=amount, account="090")
        self.poll()
        self.simulator.reset_stats()
        return move

    def setUp(self):
        super().setUp()
        self.person("edit_account", code="090", CurrencyCode="USD")

    def lines(self, move):
        return [{name: line.get(name) for name in SHOWN} for line in self.in_xero(move)["LineItems"]]

    def edit_lines(self, move, **values):
        move.button_draft()
        move.write({"invoice_line_ids": [Command.update(move.invoice_line_ids[0].id, values)]})
        move.action_post()
        self.drain()

    def posts(self):
        calls = self.simulator.calls(self.tenant)
        return sum(count for (method, _resource), count in calls.items() if method == "POST")

    def test_texts_and_accounts_of_lines_arrive(self):
        for move_type in ("out_invoice", "in_invoice", "out_refund"):
            with self.subTest(move_type=move_type):
                move = self.paid(move_type)
                before, link = self.lines(move), self.link_of(move)
                self.edit_lines(move, name="Another text")
                self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
                first, second = self.lines(move)
                self.assertEqual(first, {**before[0], "Description": "Another text"})
                self.assertEqual(second, before[1])
                self.poll()
                self.assertFalse(self.conflict_of(move))
                posts = self.posts()
                move.action_xero_sync()
                self.drain()
                self.assertEqual(self.posts(), posts, "an agreed document is not sent again")
                self.assertEqual(link.base_state["lines"][0]["description"], "Another text")

    def test_another_account_arrives(self):
        move = self.paid()
        account = self.company_data["default_account_revenue"].copy({"code": "400999"})
        mapping = self.env["xero.mapping.account"].create(
            {
                "connection_id": self.connection.id,
                "account_id": account.id,
                "xero_account_id": self.env["xero.account"]
                .search([("connection_id", "=", self.connection.id), ("code", "=", "260")])
                .id,
                "state": "confirmed",
            }
        )
        self.assertTrue(mapping.xero_account_id)
        self.edit_lines(move, account_id=account.id)
        self.assertEqual([line["AccountCode"] for line in self.lines(move)], ["260", "200"])
        self.assertEqual(self.in_xero(move)["Total"], self.link_of(move).xero_total)

    def test_amounts_are_told_and_not_agreed(self):
        for move_type in ("out_invoice", "in_invoice"):
            with self.subTest(move_type=move_type):
                move = self.paid(move_type)
                before, digest = self.lines(move), self.link_of(move).digest
                self.edit_lines(move, price_unit=40.0)
                job = self.job_of(move)
                self.assertEqual((job.state, job.failure_type), ("failed", "closed"))
                self.assertIn("Line 1 of", job.failure_detail)
                self.assertEqual(self.posts(), 0)
                self.assertEqual((self.lines(move), self.link_of(move).digest), (before, digest))
                self.edit_lines(move, price_unit=50.0)
                self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)

    def test_the_same_total_from_other_lines_is_told(self):
        move = self.paid()
        for values in ({"quantity": 4, "price_unit": 25.0}, {"tax_ids": [Command.clear()]}):
            self.edit_lines(move, **values)
            self.assertEqual(self.job_of(move).failure_type, "closed", values)
            self.assertIn("Line 1 of", self.job_of(move).failure_detail)
        move.button_draft()
        move.write({"invoice_line_ids": [Command.create({"name": "Nothing", "price_unit": 0.0})]})
        move.action_post()
        self.drain()
        self.assertIn("has 3 lines in Odoo and 2 in Xero", self.job_of(move).failure_detail)
        self.assertEqual(self.posts(), 0)

    def test_another_day_is_told(self):
        move = self.paid()
        move.button_draft()
        move.invoice_date = "2026-03-11"
        move.action_post()
        self.drain()
        self.assertIn("is dated 2026-03-11 in Odoo and 2026-03-10 in Xero", self.job_of(move).failure_detail)

    def test_when_the_payment_goes_all_is_sent(self):
        move = self.paid()
        self.edit_lines(move, price_unit=40.0)
        self.person("undo_payment", invoice=move.xero_invoice_id)
        self.poll()
        move.action_xero_sync()
        self.drain()
        self.assertInXero(move)

    def test_unchanged_lines_stay_out_of_the_way(self):
        note = {"display_type": "line_note", "name": "Note", "account_id": False}
        move = self.paid(lines=((3, 33.33), {"quantity": 1.5, "price_unit": 7.777}, note))
        before = self.lines(move)
        move.ref = "After"
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        self.assertEqual((self.in_xero(move)["Reference"], self.lines(move)), ("After", before))

    def test_lost_answer(self):
        move = self.paid()
        self.simulator.fault("error", status=500, saved=True, method="POST", resource="Invoices")
        self.edit_lines(move, name="Another text")
        self.resume()
        self.drain()
        self.poll()
        self.assertEqual(self.lines(move)[0]["Description"], "Another text")
        self.assertFalse(self.conflict_of(move) or self.open_jobs().filtered(lambda job: job.operation == "push"))
        self.assertEqual(move.xero_sync_state, "synced")
