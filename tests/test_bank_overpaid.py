"""What is paid too much in Odoo, as overpayments in Xero."""

from odoo import Command
from odoo.tests import tagged

from .test_payment_out import OutgoingCommon


@tagged("post_install", "-at_install")
class TestBankOverpaid(OutgoingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.send_overpayments = True

    def overpay(self, move, excess):
        """Register a payment of ``move`` that is ``excess`` too much, which stays open."""
        payment = self.register(move, amount=move.amount_residual + excess, payment_difference_handling="open")
        self.assertEqual(self.rest(payment), excess)
        return payment

    def rest(self, payment):
        kinds = ("asset_receivable", "liability_payable")
        lines = payment.move_id.line_ids.filtered(lambda line: line.account_id.account_type in kinds)
        lines.invalidate_recordset()
        return round(abs(sum(lines.mapped("amount_residual_currency"))), 2)

    def credits_in_xero(self):
        return self.simulator.documents(self.tenant, "Overpayments")

    def apply(self, payment, move):
        account = payment.move_id.line_ids.account_id & move.line_ids.account_id
        lines = (payment.move_id | move).line_ids.filtered(
            lambda line: line.account_id == account and not line.reconciled
        )
        lines.reconcile()

    def test_the_rest_is_an_overpayment_that_can_be_applied_on_either_side(self):
        move, later, last = self.pushed(), self.pushed(lines=[(1, 30.0)]), self.pushed(lines=[(1, 20.0)])
        payment = self.overpay(move, 100.0)
        self.drain()
        self.assertSameDue(move)
        [credit] = self.credits_in_xero()
        self.assertEqual((float(credit["Total"]), credit["Type"]), (100.0, "RECEIVE-OVERPAYMENT"))
        self.assertEqual(self.amounts_in_xero(), [move.amount_total])
        self.assertQuiet()
        self.assertEqual(self.rest(payment), 100.0, "reading it back undoes nothing")
        self.apply(payment, later)
        self.drain()
        self.assertSameDue(move, later)
        self.assertEqual(self.amounts_in_xero(), [move.amount_total], "applied, not paid once more")
        self.assertQuiet()
        self.person("allocate", overpayment=credit["OverpaymentID"], invoice=last.xero_invoice_id)
        self.poll()
        self.assertResidual(last, 0)
        self.assertSameDue(move, later, last)
        self.assertEqual(self.rest(payment), round(100.0 - later.amount_total - last.amount_total, 2))
        self.assertQuiet()

    def test_what_is_undone_beside_an_overpayment_pays_another_document(self):
        """The money that is free again is a payment; only what the overpayment holds is applied."""
        move, other = self.pushed(), self.pushed(lines=[(1, 104.0)], tax=False)
        payment = self.overpay(move, 10.0)
        self.drain()
        move.line_ids.remove_move_reconcile()
        self.drain()
        self.poll()
        self.assertEqual(self.amounts_in_xero(), [])
        self.assertSameDue(move)
        self.apply(payment, other)
        self.drain()
        self.assertSameDue(move, other)
        self.assertQuiet()
        other.line_ids.remove_move_reconcile()
        self.drain()
        self.apply(payment, move)
        self.drain()
        self.assertSameDue(move, other)
        self.assertEqual(self.amounts_in_xero(), [move.amount_total])
        self.assertEqual([float(row["RemainingCredit"]) for row in self.credits_in_xero()], [self.rest(payment)])
        self.assertQuiet()

    def test_vendors_too_and_never_without_the_setting(self):
        bill = self.pushed("in_invoice")
        self.overpay(bill, 12.5)
        self.drain()
        [credit] = self.credits_in_xero()
        self.assertEqual((float(credit["Total"]), credit["Type"]), (12.5, "SPEND-OVERPAYMENT"))
        self.assertSameDue(bill)
        self.assertQuiet()
        self.connection.send_overpayments = False
        move = self.pushed()
        self.overpay(move, 5.0)
        self.drain()
        self.assertEqual(len(self.credits_in_xero()), 1)
        self.assertQuiet()

    def test_a_lost_answer_makes_no_second_overpayment(self):
        move = self.pushed()
        self.simulator.fault("drop_after", method="PUT", resource="BankTransactions", count=3)
        payment = self.overpay(move, 40.0)
        self.drain()
        # Xero's list is read before it is known what became of it.
        self.poll("Overpayment")
        self.env.cr.execute("UPDATE xero_sync_batch SET started_at = started_at - interval '7 minutes'")
        self.simulator.clear_faults()
        self.resume()
        self.drain()
        [credit] = self.credits_in_xero()
        link = self.env["xero.link"].search([("xero_id", "=", credit["OverpaymentID"])])
        self.assertEqual((link.res_model, link.res_id), ("account.payment", payment.id))
        self.assertSameDue(move)
        self.assertQuiet()

    def test_taken_back_in_odoo_people_hear_what_to_do(self):
        move = self.pushed()
        payment = self.overpay(move, 40.0)
        self.drain()
        [credit] = self.credits_in_xero()
        payment.action_draft()
        payment.action_cancel()
        self.drain()
        failed = self.failed()
        self.assertIn("Void it there", str(failed.failure_detail))
        self.assertEqual(self.credits_in_xero()[0]["Status"], "AUTHORISED")
        self.assertSameDue(move)
        self.simulator.control("/readings", credit_transactions_closed=False)
        self.person("delete_bank_money", bank_transaction=self.transaction_of(credit)["BankTransactionID"])
        self.poll()
        self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
        self.assertQuiet()

    def transaction_of(self, credit):
        [found] = [
            row
            for row in self.simulator.documents(self.tenant, "BankTransactions")
            if row.get("OverpaymentID") == credit["OverpaymentID"]
        ]
        return found

    def test_voided_in_xero_the_payment_stays(self):
        move = self.pushed()
        payment = self.overpay(move, 40.0)
        self.drain()
        self.poll()
        [credit] = self.credits_in_xero()
        self.simulator.control("/readings", credit_transactions_closed=False)
        self.person("delete_bank_money", bank_transaction=self.transaction_of(credit)["BankTransactionID"])
        self.poll()
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertSameDue(move)
        self.assertEqual(self.rest(payment), 40.0)
        self.assertQuiet()

    def test_credits_that_go_one_way_only_are_told_before(self):
        self.connection.credit_direction = "xero_to_odoo"
        move = self.pushed()
        self.overpay(move, 40.0)
        self.drain()
        self.assertFalse(self.credits_in_xero())
        self.assertIn("applied", str(self.failed().failure_detail))
        self.connection.credit_direction = "both"
        self.drain()
        self.assertEqual(len(self.credits_in_xero()), 1)
        self.assertQuiet()

    def test_people_of_a_branch_or_without_rights_on_xero_pay_too_much(self):
        """Who registers a payment needs no rights on Xero, and no connection of his own."""
        clerk = self.env["res.users"].create(
            {
                "name": "Clerk",
                "login": "bank_clerk",
                "company_ids": [Command.set(self.company.ids)],
                "company_id": self.company.id,
                "group_ids": [Command.set(self.env.ref("account.group_account_invoice").ids)],
            }
        )
        move = self.pushed()
        register = self.env["account.payment.register"].with_user(clerk)
        wizard = register.with_context(active_model="account.move", active_ids=move.ids).create(
            {
                "journal_id": self.bank.id,
                "amount": move.amount_residual + 7,
                "payment_difference_handling": "open",
            }
        )
        wizard._create_payments()
        self.drain()
        self.assertEqual([float(row["Total"]) for row in self.credits_in_xero()], [7.0])
