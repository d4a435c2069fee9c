"""What goes wrong on the way: nothing is sent twice, nothing is lost, nobody is blamed who is not to blame."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import gate as xero_gate
from ..xero_api import errors
from .common import XeroCommon

KINDS = ("out_invoice", "in_invoice", "out_refund", "in_refund")


@tagged("post_install", "-at_install")
class TestFaults(XeroCommon):
    def mixed_moves(self):
        """Two documents of each kind; the bills share one number, which Xero allows."""
        moves = self.env["account.move"]
        for move_type in KINDS:
            for number in range(2):
                moves += self.make_move(
                    move_type, [(1, 100 + number)], ref="SAME" if move_type == "in_invoice" and number else f"R{number}"
                )
        return moves

    def drain_to_end(self, rounds=12):
        for _round in range(rounds):
            self.drain()
            self.resume()

    def test_answer_lost_after_saving(self):
        for resource in ("Contacts", "Invoices", "CreditNotes"):
            self.simulator.fault("drop_after", method="PUT", resource=resource)
        moves = self.mixed_moves()
        self.drain_to_end()
        self.assertInXero(moves)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 4)
        self.assertEqual(len(self.simulator.documents(self.tenant, "CreditNotes")), 4)

    def test_lost_answer_is_settled_in_the_same_run(self):
        self.simulator.fault("drop_after", method="PUT", resource="Invoices")
        moves = self.make_move() + self.make_move("in_invoice", ref="B")
        self.drain()
        self.assertInXero(moves)
        self.assertFalse(self.connection.paused_until)

    def test_same_credit_notes_are_not_mistaken_for_each_other(self):
        """Vendor credit notes bear no link back: what is linked already is not adopted a second time."""
        first = self.make_move("in_refund", ref="CN")
        self.drain()
        self.simulator.fault("drop_after", method="PUT", resource="CreditNotes")
        second = self.make_move("in_refund", ref="CN")
        self.drain()
        self.assertEqual((first + second).mapped("xero_sync_state"), ["synced", "synced"])
        self.assertEqual(len(self.simulator.documents(self.tenant, "CreditNotes")), 2)
        self.assertNotEqual(first.xero_invoice_id, second.xero_invoice_id)

    def test_connection_lost_before_saving(self):
        self.simulator.fault("drop_before", method="PUT", count=3)
        moves = self.mixed_moves()
        self.drain_to_end()
        self.assertInXero(moves)

    def test_saved_after_the_caller_gave_up(self):
        """The look-up finds nothing yet; the same bytes under the same key are sent, and saved once."""
        self.simulator.fault("save_late", method="PUT", resource="Invoices", seconds=1, hang_up=True)
        moves = self.make_move("in_invoice", ref="B1") + self.make_move("in_invoice", ref="B1")
        self.drain_to_end(4)
        self.assertInXero(moves)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 2)

    def test_server_error_after_saving_and_without(self):
        self.simulator.fault("error", method="PUT", resource="Invoices", status=500, saved=True)
        self.simulator.fault("error", method="PUT", resource="CreditNotes", status=500, saved=False)
        moves = self.mixed_moves()
        self.drain_to_end(4)
        self.assertInXero(moves)

    def test_unreadable_answer(self):
        self.simulator.fault("garbage", method="PUT", resource="Invoices")
        moves = self.mixed_moves()
        self.drain_to_end()
        self.assertInXero(moves)

    def test_minute_limit_pauses_without_an_attempt(self):
        self.simulator.fault("rate_limit", limit="minute", retry_after=37, method="PUT", resource="Invoices")
        move = self.make_move()
        self.drain()
        job = self.job_of(move)
        self.assertEqual((job.state, job.attempts, move.xero_sync_state), ("pending", 0, "queued"))
        wait = self.connection.paused_until - fields.Datetime.now()
        self.assertTrue(timedelta(seconds=30) < wait <= timedelta(seconds=39), wait)
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(self.simulator.calls(), {}, "a paused lane makes no call")
        alarms = self.env["ir.cron.trigger"].search(
            [("call_at", ">=", self.connection.paused_until - timedelta(seconds=1))]
        )
        self.assertTrue(alarms, "the worker is woken when the pause ends")
        self.resume()
        self.drain()
        self.assertInXero(move)

    def test_day_limit_waits_as_long_as_xero_says(self):
        self.simulator.fault("rate_limit", limit="day", retry_after=30000, method="PUT", resource="Invoices")
        move = self.make_move()
        self.drain()
        self.assertEqual(move.xero_sync_state, "queued")
        self.assertGreater(self.connection.paused_until, fields.Datetime.now() + timedelta(hours=8))
        self.assertIn("Today's Xero calls", self.connection.pause_reason)

    def test_xero_down_backs_off_further_each_time(self):
        self.simulator.fault("error", status=503, count=None)
        self.make_move()
        waits = []
        for _round in range(3):
            self.drain()
            waits.append(self.connection.paused_until - fields.Datetime.now())
            self.env.cr.execute("UPDATE xero_connection SET paused_until = NULL")
            self.env.cr.execute("UPDATE xero_sync_batch SET resolve_after = NULL WHERE state != 'done'")
            self.env.invalidate_all()
        self.assertLess(waits[0], waits[1])
        self.assertLess(waits[1], waits[2])

    def test_expired_token_is_renewed_once_and_the_call_repeated(self):
        self.simulator.fault("expire_token", method="PUT", resource="Invoices")
        move = self.make_move()
        self.drain()
        self.assertInXero(move)

    def test_organisation_cut_off_parks_and_reconnecting_resumes(self):
        move = self.make_move()
        self.simulator.control("/disconnect", tenant=self.tenant)
        self.drain()
        self.assertEqual((self.connection.state, move.xero_sync_state), ("reauth", "queued"))
        self.assertEqual(len(self.connection.activity_ids), 1, "the administrator is told at once")
        later = self.make_move()
        self.assertEqual(later.xero_sync_state, "queued", "jobs gather while the connection is down")
        self.connect()
        self.assertEqual(self.connection.state, "connected")
        self.drain()
        self.assertInXero(move + later)

    def told(self):
        """Return how many to-dos the alerts have made."""
        self.env.flush_all()
        self.env["xero.alert"].sudo()._cron_alert()
        self.env.invalidate_all()
        return len(self.connection.activity_ids)

    def test_dead_consent_parks_the_credential_once(self):
        move = self.make_move()
        self.simulator.control("/tokens/expire", access=True, refresh=True)
        self.drain()
        self.assertEqual((self.credential.state, self.connection.state), ("reauth", "reauth"))
        self.assertEqual(self.job_of(move).state, "pending")
        self.assertIn("another server", self.credential.reason, "it should have lasted longer")
        with self.assertRaises(errors.ReauthRequired):
            xero_gate.credential_token(self.credential)
        self.assertEqual(len(self.connection.activity_ids), 1, "the administrator is told at once")
        self.assertEqual(self.told(), 1, "told once, by one to-do, not at each try")
        self.connect()
        self.drain()
        self.assertInXero(move)

    def test_failed_job_loses_no_token(self):
        """The token is renewed in a transaction of its own; the failure after it takes nothing back."""
        xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
        old = xero_secrets.read(self.credential)["refresh_token"]
        self.simulator.fault("invalid", resource="Invoices", message="No.")
        self.make_move()
        self.drain()
        renewed = xero_secrets.read(self.credential)["refresh_token"]
        self.assertNotEqual(renewed, old)
        self.assertTrue(xero_gate.credential_token(self.credential)[0])

    def test_copied_database_sends_nothing(self):
        move = self.make_move()
        self.env["ir.config_parameter"].set_param("database.uuid", "another-database")
        self.simulator.reset_stats()
        self.drain()
        self.assertEqual(self.simulator.calls(), {})
        self.assertEqual((self.connection.state, self.job_of(move).state), ("held", "pending"))
        self.assertIn("copy", self.connection.reason)

    def test_refused_call_is_taken_apart_to_find_the_culprit(self):
        """A call refused as a whole fails one document, not fifty."""
        self.simulator.fault("error", method="PUT", resource="Invoices", status=400)
        moves = self.make_move() + self.make_move() + self.make_move()
        self.drain_to_end(3)
        self.assertInXero(moves)

    def test_kept_number_of_a_stranger_is_named(self):
        move = self.make_move(post=False)
        stranger = self.make_move(partner=self.partner_b)
        self.drain()
        link = self.link_of(stranger)
        name = stranger.name
        self.env.cr.execute("DELETE FROM xero_link WHERE id = %s", [link.id])
        self.env.cr.execute("UPDATE account_move SET name = 'SOMETHING/ELSE' WHERE id = %s", [stranger.id])
        self.env.invalidate_all()
        move.name = name
        move.action_post()
        self.drain()
        self.assertEqual((move.xero_sync_state, self.job_of(move).failure_type), ("failed", "duplicate"))
        self.assertIn(name, move.xero_sync_message)

    def test_lost_link_is_found_again_not_sent_twice(self):
        """A restored backup forgets what was sent: the number is taken, the mark is ours, the document is adopted."""
        moves = self.make_move() + self.make_move("out_refund")
        self.drain()
        self.env.cr.execute("DELETE FROM xero_link WHERE connection_id = %s", [self.connection.id])
        self.env.invalidate_all()
        moves.action_xero_sync()
        self.drain_to_end(3)
        self.assertInXero(moves)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 1)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Contacts")), 1)

    def test_many_that_xero_has_are_looked_up_together(self):
        """Books that Xero holds already, sent without matching, do not eat up the calls of a day."""
        names = [{"name": f"Customer {number}", "is_company": True} for number in range(12)]
        moves = self.env["account.move"]
        for partner in self.env["res.partner"].create(names):
            moves += self.make_move(partner=partner)
        self.drain()
        self.env.cr.execute("DELETE FROM xero_link WHERE connection_id = %s", [self.connection.id])
        self.env.invalidate_all()
        self.simulator.reset_stats()
        moves.action_xero_sync()
        self.drain_to_end(3)
        self.assertInXero(moves)
        calls = self.simulator.calls()
        self.assertEqual((calls["GET", "Contacts"], calls["GET", "Invoices"]), (1, 1), calls)
