"""What Xero does not permit stops one kind of record, and nothing else."""

from odoo.tests import tagged

from .test_pay_out import OutgoingCommon


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
