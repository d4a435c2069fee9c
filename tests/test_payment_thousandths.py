"""Payments and credits in currencies whose smallest amounts Xero does not have."""

from odoo.tests import tagged

from .test_payment_credits_out import CreditsOutCommon
from .test_payment_out import OutgoingCommon


class ThousandthsCommon(OutgoingCommon):
    def setUp(self):
        super().setUp()
        self.fine = {}
        for code, rounding in (("KWD", 0.001), ("TND", 0.001), ("JPY", 1.0)):
            self.write_in_xero("Currencies", {"Code": code})
            currency = self.setup_other_currency(code, rates=[("2016-01-01", 0.3)])
            currency.rounding = rounding
            self.fine[code] = currency
        self.connection.action_pull()
        self.drain()

    def document(self, amount, kind="out_invoice", code="KWD"):
        move = self.pushed(kind, [(1, amount)], tax=False, currency_id=self.fine[code].id)
        self.assertEqual(move.amount_total, amount)
        return move

    def pay_here(self, move, amount):
        self.register(move, amount=amount, currency_id=move.currency_id.id)

    def due(self, move):
        element = self.in_xero(move)
        return float(element["RemainingCredit"] if move.move_type.endswith("refund") else element["AmountDue"])


@tagged("post_install", "-at_install")
class TestThousandths(ThousandthsCommon):
    def test_what_is_paid_in_odoo_is_paid_in_xero(self):
        for code, total, parts in (
            ("KWD", 1.005, [1.005]),
            ("KWD", 2.675, [2.675]),
            ("TND", 1.115, [1.115]),
            ("KWD", 9.075, [8.89, 0.185]),
            ("TND", 9.075, [0.005, 0.005, 9.065]),
            ("KWD", 10.0, [3.333, 3.333, 3.334]),
            ("JPY", 1001.0, [333.0, 668.0]),
        ):
            for kind in ("out_invoice", "in_invoice", "in_refund"):
                with self.subTest(total=total, parts=parts, kind=kind):
                    move = self.document(total, kind, code)
                    for part in parts:
                        self.pay_here(move, part)
                    self.drain()
                    self.assertEqual(move.amount_residual, 0)
                    self.assertEqual((self.due(move), self.in_xero(move)["Status"]), (0, "PAID"))
        self.assertQuiet()

    def test_what_is_open_in_odoo_is_open_in_xero(self):
        move = self.document(9.075)
        self.pay_here(move, 8.89)
        self.drain()
        self.assertEqual(self.due(move), 0.19)
        self.assertQuiet()

    def test_the_first_of_two_is_undone(self):
        move = self.document(2.01)
        self.pay_here(move, 1.005)
        self.pay_here(move, 1.005)
        self.drain()
        self.assertEqual(self.due(move), 0)
        first = min(move._get_reconciled_payments(), key=lambda payment: payment.id)
        first.move_id.line_ids.remove_move_reconcile()
        self.drain()
        self.assertEqual((move.amount_residual, self.due(move)), (1.005, 1.01))
        self.assertQuiet()

    def test_what_is_paid_in_xero_is_paid_in_odoo(self):
        self.row.direction = "xero_to_odoo"
        for total, amounts in ((1.005, ["1.01"]), (9.075, ["8.89", "0.19"]), (1.004, ["0.50", "0.50"])):
            for kind in ("out_invoice", "in_invoice"):
                move = self.document(total, kind)
                for amount in amounts:
                    self.pay_in_xero(move, amount=amount)
                    self.poll("Invoice", "Payment")
                self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
                self.assertResidual(move, 0)


@tagged("post_install", "-at_install")
class TestCreditsInThousandths(ThousandthsCommon, CreditsOutCommon):
    def test_credits_settle_what_they_settle_in_odoo(self):
        for total, credits in ((1.005, [1.005]), (9.075, [8.89, 0.185]), (2.675, [2.675])):
            move = self.document(total)
            notes = [self.document(credit, "out_refund") for credit in credits]
            for note in notes:
                self.apply(move, note)
            self.drain()
            self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
            self.assertEqual([self.due(found) for found in (move, *notes)], [0] * (1 + len(notes)))
        CreditsOutCommon.assertQuiet(self)

    def test_no_more_is_applied_than_a_credit_has(self):
        """5.01 and 1.00 in Xero: 5.005 less 1.004 would be a credit of 1.01."""
        move, note = self.document(5.005), self.document(1.004, "out_refund")
        self.apply(move, note)
        self.drain()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertEqual((self.due(move), self.due(note)), (4.01, 0))
