"""One line of the bank account for a payment run: batch payments in Xero."""

from odoo import Command
from odoo.tests import tagged

from .test_payment_out import OutgoingCommon


@tagged("post_install", "-at_install")
class TestPaymentRuns(OutgoingCommon):
    def setUp(self):
        super().setUp()
        self.connection.batch_payments = True

    def bills(self, count, kind="in_invoice"):
        """Return documents that are in Xero, of different amounts."""
        first = self.make_move(kind, [(1, 10.0)])
        values = [
            {
                "move_type": kind,
                "partner_id": first.partner_id.id,
                "invoice_date": first.invoice_date,
                "invoice_line_ids": [
                    Command.create({"name": "Line", "quantity": 1, "price_unit": 10.0 + number, "tax_ids": False})
                ],
            }
            for number in range(1, count)
        ]
        others = first.create(values)
        others.action_post()
        self.drain()
        self.assertEqual(set((first | others).mapped("xero_sync_state")), {"synced"})
        self.poll()
        return first | others

    def runs_in_xero(self, status="AUTHORISED"):
        return [row for row in self.read("BatchPayments") if row["Status"] == status]

    def pay_all(self, moves, **values):
        """Pay each of ``moves`` on its own, as one goes through a list; returns the payments in their order."""
        payments = self.register(moves, group_payment=False, **values)
        self.drain()
        by_move = {payment.reconciled_bill_ids | payment.reconciled_invoice_ids: payment for payment in payments}
        return payments.union(*(by_move[move] for move in moves))

    def let_delete(self):
        """Sources disagree whether Xero deletes a batch payment."""
        self.simulator.control("/readings", batch_payment_delete_refused=False)

    def test_more_than_a_call_takes_otherwise_are_one_line_and_one_call(self):
        moves = self.bills(53)
        self.simulator.reset_stats()
        payments = self.pay_all(moves)
        self.assertEqual(self.simulator.calls(self.tenant).get(("PUT", "BatchPayments")), 1)
        self.assertNotIn(("PUT", "Payments"), self.simulator.calls(self.tenant))
        [run] = self.runs_in_xero()
        self.assertEqual(len(run["Payments"]), 53)
        self.assertEqual(float(run["TotalAmount"]), sum(moves.mapped("amount_total")))
        parts = self.env["xero.payment.part"].search([("entry_id", "in", payments.move_id.ids)])
        self.assertEqual(set(parts.mapped("batch_xero_id")), {run["BatchPaymentID"]})
        links = self.env["xero.link"].search([("xero_type", "=", "Payment"), ("res_id", "in", parts.ids)])
        self.assertEqual(len(set(links.mapped("xero_id"))), 53, "each payment is linked with its own part")
        by_part = {link.res_id: link.xero_id for link in links}
        amounts = {row["PaymentID"]: float(row["Amount"]) for row in run["Payments"]}
        self.assertEqual({amounts[by_part[part.id]] - part.amount for part in parts}, {0.0})
        self.assertSameDue(moves[0], moves[-1])
        self.assertQuiet()

    def test_what_belongs_to_no_run_goes_alone(self):
        bills, invoices = self.bills(2), self.bills(2, "out_invoice")
        refund = self.pushed("in_refund")
        late = self.pushed("in_invoice", [(1, 99.0)])
        for move in bills | invoices | refund:
            self.register(move)
        self.register(late, payment_date="2026-03-13")
        self.drain()
        self.assertEqual(sorted(len(run["Payments"]) for run in self.runs_in_xero()), [2, 2])
        self.assertEqual({run["Type"] for run in self.runs_in_xero()}, {"PAYBATCH", "RECBATCH"})
        self.assertEqual(len(self.paid_in_xero()), 6)
        self.assertSameDue(*bills, *invoices, refund, late)
        self.assertQuiet()

    def test_one_bad_invoice_does_not_cost_the_others_their_line(self):
        moves = self.bills(4)
        bad = moves[2]
        # Paid in Xero too, where nobody told Odoo.
        self.person("pay", invoice=bad.xero_invoice_id, date="2026-03-11")
        payments = self.pay_all(moves)
        [run] = self.runs_in_xero()
        self.assertEqual(len(run["Payments"]), 3)
        self.assertEqual(self.failed().mapped("res_id"), self.parts_of(payments[2]).ids)
        self.assertIn("Xero refused it", str(self.failed().failure_detail))
        self.assertSameDue(*(moves - bad))
        self.assertFalse(self.parts_of(payments[0]).run_refused)

    def test_a_lost_answer_makes_no_second_run(self):
        moves = self.bills(3)
        self.simulator.fault("drop_after", method="PUT", resource="BatchPayments")
        self.pay_all(moves)
        self.resume()
        self.drain()
        self.assertEqual(len(self.runs_in_xero()), 1)
        self.assertSameDue(*moves)
        self.assertQuiet()

    def test_a_crash_between_call_and_answer_is_looked_up(self):
        moves = self.bills(3)
        self.simulator.fault("drop_after", method="PUT", resource="BatchPayments", count=3)
        payments = self.pay_all(moves)
        # So long ago that Xero has forgotten the key.
        self.env.cr.execute("UPDATE xero_sync_batch SET started_at = started_at - interval '7 minutes'")
        self.simulator.clear_faults()
        self.resume()
        self.drain()
        self.assertEqual(len(self.runs_in_xero()), 1)
        [run] = self.runs_in_xero()
        self.assertEqual(set(self.parts_of(payments[0]).mapped("batch_xero_id")), {run["BatchPaymentID"]})
        self.assertSameDue(*moves)
        self.assertQuiet()

    def test_one_that_never_arrived_goes_once_more(self):
        moves = self.bills(3)
        self.simulator.fault("drop_before", method="PUT", resource="BatchPayments")
        self.pay_all(moves)
        self.resume()
        self.drain()
        self.assertEqual(len(self.runs_in_xero()), 1)
        self.assertSameDue(*moves)

    def test_undoing_one_payment_brings_the_others_back(self):
        self.let_delete()
        moves = self.bills(4)
        payments = self.pay_all(moves)
        payments[1].move_id.line_ids.remove_move_reconcile()
        self.drain()
        [gone], [run] = self.runs_in_xero("DELETED"), self.runs_in_xero()
        self.assertEqual((len(gone["Payments"]), len(run["Payments"])), (4, 3))
        self.assertSameDue(*moves)
        self.assertQuiet()
        # A lost answer to the second undoing, found out when the key is forgotten.
        self.simulator.fault("drop_after", method="POST", resource="BatchPayments", count=3)
        payments[0].move_id.line_ids.remove_move_reconcile()
        self.drain()
        self.env.cr.execute("UPDATE xero_sync_batch SET started_at = started_at - interval '7 minutes'")
        self.simulator.clear_faults()
        self.resume()
        self.drain()
        self.assertEqual([len(run["Payments"]) for run in self.runs_in_xero()], [2])
        self.assertSameDue(*moves)
        self.assertQuiet()

    def test_a_reconciled_run_stays_and_says_so(self):
        moves = self.bills(2)
        payments = self.pay_all(moves)
        [run] = self.runs_in_xero()
        payments[0].move_id.line_ids.remove_move_reconcile()
        self.drain()
        self.assertIn("part of a batch payment", str(self.failed().failure_detail))
        self.let_delete()
        self.person("reconcile", batch=run["BatchPaymentID"])
        self.failed().action_retry()
        self.drain()
        self.assertEqual(len(self.runs_in_xero()), 1)
        self.assertIn("reconciled", str(self.failed().failure_detail))
        self.person("reconcile", batch=run["BatchPaymentID"], undo=True)
        self.failed().action_retry()
        self.drain()
        self.assertFalse(self.runs_in_xero())
        self.assertEqual(len(self.paid_in_xero()), 1, "the other one, alone")
        self.assertSameDue(*moves)
