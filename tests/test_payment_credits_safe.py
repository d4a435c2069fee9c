from unittest.mock import patch

from odoo.tests import tagged

from .test_payment_credits_out import CreditsOutCommon


@tagged("post_install", "-at_install")
class TestCreditsNeverTwice(CreditsOutCommon):
    def test_a_lost_answer_is_looked_up(self):
        for fault in ("drop_after", "drop_before"):
            move, note = self.pair(credit_lines=[(1, 60.0)])
            self.simulator.fault(fault, method="PUT", resource="CreditNotes")
            self.apply(move, note)
            self.drain()
            self.resume()
            self.drain()
            self.assertSameDue(move, note)
            self.assertResidual(note, 0)
            self.simulator.clear_faults()
        self.assertEqual(len(self.applied_in_xero()), 2)
        self.assertQuiet()

    def test_an_error_that_saved_is_no_second_application(self):
        move, note = self.pair(credit_lines=[(1, 60.0)])
        self.simulator.fault("error", status=500, saved=True, method="PUT", resource="CreditNotes")
        self.apply(move, note)
        self.drain()
        self.resume()
        self.drain()
        self.assertEqual(self.applied_in_xero(), [note.amount_total])
        self.assertQuiet()

    def test_a_lost_answer_to_a_deletion(self):
        for fault in ("drop_after", "drop_before"):
            move, note = self.pair()
            self.apply(move, note)
            self.drain()
            self.simulator.fault(fault, method="DELETE", resource="CreditNotes")
            self.unapply(move, note)
            self.drain()
            self.resume()
            self.drain()
            self.assertEqual(self.applied_in_xero(), [])
            self.simulator.clear_faults()
        self.assertQuiet()

    def test_a_worker_that_died_after_the_call(self):
        """The call is stored, Xero has it, and nothing was written down."""
        move, note = self.pair()
        self.apply(move, note)
        exporter = self.env["xero.exporter.allocation"]

        def die(self, *args):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt), patch.object(type(exporter), "_save_answer", die):
            self.drain()
        self.resume()
        self.drain()
        self.assertEqual(self.applied_in_xero(), [note.amount_total])
        self.assertSameDue(move, note)
        self.assertQuiet()

    def test_two_applications_of_a_pair_in_xero_are_both_taken_back(self):
        move, note = self.pair()
        for amount in ("20", "30"):
            self.person("allocate", invoice=move.xero_invoice_id, credit_note=note.xero_invoice_id, amount=amount)
        self.poll()
        self.assertSameDue(move, note)
        self.unapply(move, note)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [])
        self.assertSameDue(move, note)
        self.assertQuiet()
