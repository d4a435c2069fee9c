"""What Xero permits nobody to do with payments, and what it does not permit this person."""

from odoo.tests import tagged

from .test_payment_out import OutgoingCommon


@tagged("post_install", "-at_install")
class TestPaymentsStay(OutgoingCommon):
    def test_a_payment_in_xero_is_left_as_it_is(self):
        """Xero changes no payment, and a lock date that came later concerns none that it has."""
        payment = self.register(self.pushed())
        self.drain()
        [before] = self.paid_in_xero()
        payment.move_id.ref = "Corrected text"
        self.connection.period_lock_date = "2026-03-31"
        self.simulator.reset_stats()
        payment.action_xero_sync()
        self.drain()
        self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
        self.assertFalse([call for call in self.simulator.calls(self.tenant) if call[0] != "GET"])
        self.assertEqual(self.paid_in_xero(), [before])
        self.assertEqual(payment.xero_sync_state, "synced")


@tagged("post_install", "-at_install")
class TestPermission(OutgoingCommon):
    """The consent, or the role of the person who gave it, does not cover payments."""

    def setUp(self):
        super().setUp()
        self.simulator.fault("error", method="PUT", resource="Payments", status=403, count=None)
        self.moves = self.pushed() | self.pushed()
        self.first, self.second = (self.register(move) for move in self.moves)
        self.first.action_xero_sync()
        self.simulator.reset_stats()

    def test_only_what_is_not_permitted_waits(self):
        other = self.make_move()
        self.drain()
        self.assertInXero(other)
        self.assertEqual(self.connection.state, "connected")
        self.assertEqual((self.first.xero_sync_state, self.second.xero_sync_state), ("failed", "queued"))
        self.assertIn("role in Xero", self.first.xero_sync_message)
        self.assertEqual(self.simulator.calls(self.tenant)["PUT", "Payments"], 1, "the others rest")
        self.drain()
        self.assertEqual(self.simulator.calls(self.tenant)["PUT", "Payments"], 1)

    def test_permitted_again_they_are_sent(self):
        self.drain()
        self.simulator.clear_faults()
        self.connection.action_check()
        self.drain()
        self.assertEqual(len(self.paid_in_xero()), 2)
        self.assertSameDue(*self.moves)
        self.assertQuiet()
