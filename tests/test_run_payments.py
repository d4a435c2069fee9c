"""A history of documents that were paid in Odoo long ago ends with the same amounts due on both sides."""

from datetime import timedelta

from odoo.tests import tagged

from .test_payment_out import OutgoingCommon


@tagged("post_install", "-at_install")
class TestHistoryPayments(OutgoingCommon):
    def setUp(self):
        super().setUp()
        self.row.direction = "none"
        self.connection.sync_from = False

    def old(self, move_type="out_invoice"):
        move = self.make_move(move_type, post=False, invoice_date="2024-03-01")
        move.with_context(xero_no_sync=True).action_post()
        return move

    def matched(self):
        """Return a document that was in Xero before: the connector did not make it there."""
        move = self.old()
        move.action_xero_sync()
        self.drain()
        self.link_of(move).sudo().write({"made_here_at": False, "made_xero_id": False})
        return move

    def age(self, payments):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET create_date = create_date - interval '1 year' WHERE id = ANY(%s)",
            [payments.move_id.ids],
        )
        self.env.invalidate_all()

    def history(self):
        return self.env["xero.run"].create(
            {"connection_id": self.connection.id, "date_from": "2024-01-01", "date_to": "2024-12-31"}
        )

    def test_paid_partly_paid_and_open(self):
        matched, with_mixed = self.matched(), self.matched()
        paid, partly, unpaid, mixed = (self.old() for _number in range(4))
        bill = self.old("in_invoice")
        self.age(
            self.register(paid)
            | self.register(partly, amount=40)
            | self.register(bill)
            | self.register(matched)
            | self.register(mixed | with_mixed, group_payment=True)
        )
        self.row.direction = "odoo_to_xero"
        run = self.history()
        self.assertEqual((run.forecast_documents, run.forecast_payments, run.forecast_unpaid), (5, 4, 0))
        run.action_start()
        self.simulator.reset_stats()
        self.drain()
        self.assertSameDue(paid, partly, unpaid, mixed, bill)
        self.assertEqual(run.state, "done")
        jobs = run.job_ids.filtered(lambda job: job.res_model == "xero.payment.part")
        self.assertEqual(jobs.mapped("priority"), [30] * 4, "behind all other work")
        for move in (matched, with_mixed):
            self.assertEqual(float(self.in_xero(move)["AmountDue"]), move.amount_total, "no second payment")
        self.assertEqual(len(self.paid_in_xero()), 4)
        self.env["xero.sync.runner"]._sweep()
        paid.action_xero_sync()
        self.drain()
        self.assertEqual(len(self.paid_in_xero()), 4)
        self.assertQuiet()

    def test_payments_that_do_not_go_are_told(self):
        move = self.old()
        self.old()
        self.age(self.register(move))
        run = self.history()
        self.assertEqual((run.forecast_payments, run.forecast_unpaid), (0, 1))
        self.assertIn("stand open in Xero", run.forecast)
        self.assertEqual(run.action_open_bank_accounts()["res_model"], "xero.mapping.journal")
        run.action_start()
        self.drain()
        self.assertFalse(self.paid_in_xero())
        self.row.direction = "odoo_to_xero"
        self.link_of(move).sudo().made_here_at = self.row.outgoing_since - timedelta(minutes=1)
        self.env["xero.payment.part"]._refresh(move)
        self.drain()
        self.assertFalse(self.paid_in_xero(), "made before its payments were to go")
