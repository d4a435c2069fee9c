"""Nothing is sent before the two books are matched, where a person chose so; and nothing is lost by waiting."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestHold(XeroCommon):
    def test_documents_flow_unless_a_person_chose_to_match_first(self):
        self.assertFalse(self.connection.hold_until_matched)
        move = self.make_move()
        self.drain()
        self.assertInXero(move)

    def test_documents_wait_say_why_and_go_when_the_hold_ends(self):
        self.connection.hold_until_matched = True
        moves = self.make_move() + self.make_move("in_invoice", ref="B-1")
        moves[0].action_xero_sync()
        self.drain()
        self.assertFalse([call for call in self.simulator.calls(self.tenant) if call[0] != "GET"])
        self.assertEqual(set(moves.mapped("xero_sync_state")), {"queued"})
        self.assertIn("matched", moves[0].xero_sync_message)
        self.connection.action_release()
        self.drain()
        self.assertInXero(moves)

    def test_what_only_looks_goes_on_and_what_books_waits(self):
        self.connection.hold_until_matched = True
        self.connection.inbound_contacts = "create"
        self.env["xero.task.organisation"]._enqueue(self.connection)
        self.env["xero.sync.job"]._enqueue_poll(self.connection, "Contact")
        snapshot = self.env["xero.snapshot"]._request(self.connection, ["Contact"])
        self.drain()
        self.assertEqual(snapshot.state, "ready")
        jobs = self.env["xero.sync.job"].search([("operation", "in", ("pull", "task"))])
        states = {job.xero_type or job.task: job.state for job in jobs}
        self.assertEqual(states, {"Organisation": "done", "Snapshot": "done", "Contact": "pending"})

    def test_a_held_lane_has_no_work(self):
        """Else its worker would be woken, and would find nothing, without end."""
        self.make_move()
        self.connection.hold_until_matched = True
        self.env.flush_all()
        self.assertNotIn(self.connection.lane_id.id, self.env["xero.sync.runner"]._lanes_with_work([]))
        self.connection.hold_until_matched = False
        self.env.flush_all()
        self.assertIn(self.connection.lane_id.id, self.env["xero.sync.runner"]._lanes_with_work([]))

    def test_the_end_of_the_hold_wakes_the_worker(self):
        self.connection.hold_until_matched = True
        self.env.cr.precommit.data.pop("xero_connector.woken", None)
        triggers = self.env["ir.cron.trigger"].search_count([])
        self.connection.hold_until_matched = False
        self.assertGreater(self.env["ir.cron.trigger"].search_count([]), triggers)

    def test_the_end_of_the_guide_does_not_send_what_is_being_matched(self):
        setup = self.env["xero.setup"]._of(self.connection)
        match = self.env["xero.match"]._start(self.connection)
        setup.action_finish()
        self.assertTrue(self.connection.hold_until_matched)
        match.action_abandon()
        self.connection.hold_until_matched = True
        setup.action_finish()
        self.assertFalse(self.connection.hold_until_matched)

    def test_jobs_gather_while_they_wait(self):
        self.connection.hold_until_matched = True
        self.assertTrue(self.env["xero.connection"]._scope(self.company.id))

    def test_only_administrators_end_it(self):
        self.connection.hold_until_matched = True
        accountant = new_test_user(
            self.env, "hold_acc", groups="account.group_account_manager", company_id=self.company.id
        )
        with self.assertRaises(AccessError):
            self.connection.with_user(accountant).action_release()
        self.assertTrue(self.connection.hold_until_matched)
