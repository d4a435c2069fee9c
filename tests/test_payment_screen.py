from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .test_payment_out import OutgoingCommon


@tagged("post_install", "-at_install")
class TestPaymentScreen(OutgoingCommon):
    def person_of(self, login, *groups):
        return new_test_user(
            self.env,
            login,
            ",".join(groups or ("base.group_user",)),
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_a_payment_of_several_parts(self):
        moves = self.pushed() | self.pushed(lines=[(1, 50.0)])
        payment = self.register(moves, group_payment=True)
        self.assertEqual((payment.xero_sync_state, payment.xero_can_sync), ("queued", True))
        self.drain()
        ids = {row["PaymentID"] for row in self.paid_in_xero()}
        self.assertEqual(payment.xero_sync_state, "synced")
        self.assertEqual(set(payment.xero_payment_id.split(", ")), ids)
        self.assertEqual(set(payment.xero_part_ids.mapped("xero_id")), ids)
        self.assertIn("AccountsReceivable", payment.xero_url)
        self.assertEqual(payment.action_xero_open()["url"], payment.xero_url)
        history = self.env["xero.log"].search(payment.action_xero_history()["domain"])
        self.assertEqual(history.mapped("summary"), ["Sent to Xero."] * 2)
        self.assertEqual(set(history.mapped("res_id")), set(payment.xero_part_ids.ids))

    def test_a_failure_is_said_and_tried_again_by_the_button(self):
        move = self.pushed()
        self.connection.period_lock_date = "2026-03-31"
        payment = self.register(move)
        self.drain()
        self.assertEqual(payment.xero_sync_state, "failed")
        self.assertIn("locked up to 2026-03-31", payment.xero_sync_message)
        self.connection.period_lock_date = False
        user = self.person_of("sender", "account.group_account_invoice")
        payment.with_user(user).action_xero_sync()
        self.drain()
        self.assertEqual(payment.xero_sync_state, "synced")
        self.assertSameDue(move)

    def test_taken_back_is_removed_and_of_no_interest_any_more(self):
        payment = self.register(self.pushed())
        self.drain()
        payment.move_id.line_ids.remove_move_reconcile()
        self.assertEqual(payment.xero_sync_state, "queued")
        self.drain()
        self.assertEqual(payment.xero_sync_state, "gone")
        self.assertFalse(payment.xero_part_ids)
        with self.assertRaisesRegex(UserError, "reconcile it"):
            payment.action_xero_sync()

    def label_of(self, payment):
        payment.invalidate_recordset()
        return dict(payment._fields["xero_sync_state"]._description_selection(self.env))[payment.xero_sync_state]

    def test_removed_in_xero_until_it_pays_something_again(self):
        """What is over says no more than what a payment stands for now."""
        move = self.pushed()
        payment = self.register(move)
        self.drain()
        self.person("undo_payment", payment=self.paid_in_xero()[0]["PaymentID"])
        self.poll()
        self.drain()
        self.conflict_of(self.parts_of(payment)).action_take_xero()
        self.drain()
        self.assertEqual(self.label_of(payment), "Removed in Xero")
        lines = (payment.move_id | move).line_ids.filtered(lambda line: line.account_type == "asset_receivable")
        lines.reconcile()
        self.drain()
        self.assertEqual(self.label_of(payment), "In Xero", payment.xero_sync_message)

    def test_what_came_from_xero_and_was_undone_there_is_removed(self):
        self.row.direction = "xero_to_odoo"
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.poll()
        payment = self.payment_of(element)
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll()
        self.assertEqual((payment.state, self.label_of(payment)), ("canceled", "Removed in Xero"))

    def test_a_payment_that_came_from_xero(self):
        self.row.direction = "xero_to_odoo"
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.poll()
        payment = self.payment_of(element)
        self.assertEqual((payment.xero_sync_state, payment.xero_can_sync), ("synced", False))
        self.assertEqual(payment.xero_payment_id, element["PaymentID"])
        self.assertEqual(payment.xero_url, move.xero_url)
        with self.assertRaisesRegex(UserError, "not sent"):
            payment.action_xero_sync()

    def test_only_xero_users_send(self):
        payment = self.register(self.pushed())
        with self.assertRaises(AccessError):
            payment.with_user(self.person_of("employee")).action_xero_sync()

    def test_the_form_shows_it(self):
        payment = self.register(self.pushed())
        arch = payment.get_view(view_type="form")["arch"]
        self.assertIn("xero_part_ids", arch)
        user = self.person_of("looker", "account.group_account_invoice")
        shown = payment.with_user(user).read(["xero_sync_state", "xero_sync_message", "xero_part_ids", "xero_url"])
        self.assertEqual(shown[0]["xero_sync_state"], "queued")
