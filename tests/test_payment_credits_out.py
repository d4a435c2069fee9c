from odoo import fields
from odoo.tests import tagged

from .common.payment import PaymentCommon


class CreditsOutCommon(PaymentCommon):
    def pair(self, kind="out", lines=((1, 200.0),), credit_lines=((1, 100.0),), **values):
        """Return a document and a credit note, both in Xero."""
        move = self.pushed(f"{kind}_invoice", list(lines), **values)
        note = self.pushed(f"{kind}_refund", list(credit_lines), **values)
        return move, note

    def settled_lines(self, moves):
        return moves.line_ids.filtered(
            lambda line: line.account_id.account_type in ("asset_receivable", "liability_payable")
        )

    def apply(self, *moves):
        """A person reconciles ``moves`` in Odoo."""
        self.settled_lines(self.env["account.move"].union(*moves)).reconcile()

    def unapply(self, move, note):
        self.env["xero.payment.ledger"]._partials(move, note).unlink()

    def applied_in_xero(self):
        """Return the amounts that are applied in Xero, of all credits."""
        rows = []
        for kind in ("CreditNotes", "Overpayments", "Prepayments"):
            for element in self.read(kind):
                rows += [float(row["Amount"]) for row in element.get("Allocations") or [] if not row.get("IsDeleted")]
        return sorted(rows)

    def calls_to(self, method):
        calls = self.simulator.calls(self.tenant)
        return sum(count for (name, resource), count in calls.items() if name == method)

    def assertQuiet(self):
        """Nothing is left to do, and reading everything back makes nothing of it."""
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        before, partials = self.applied_in_xero(), self.env["account.partial.reconcile"].search([])
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.poll()
        self.simulator.reset_stats()
        self.poll()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertEqual(self.calls_to("PUT") + self.calls_to("DELETE") + self.calls_to("POST"), 0)
        self.assertEqual(self.applied_in_xero(), before)
        self.assertEqual(self.env["account.partial.reconcile"].search([]), partials)


@tagged("post_install", "-at_install")
class TestCreditsOut(CreditsOutCommon):
    def test_a_credit_note_reconciled_in_odoo_is_applied_in_xero(self):
        for kind in ("out", "in"):
            move, note = self.pair(kind)
            self.simulator.reset_stats()
            self.apply(move, note)
            self.drain()
            self.assertEqual(self.calls_to("PUT"), 1)
            self.assertEqual(self.calls_to("GET"), 1)
            self.assertSameDue(move, note)
            self.assertResidual(note, 0)
        self.assertQuiet()

    def test_reading_it_back_is_an_echo(self):
        move, note = self.pair()
        self.apply(move, note)
        self.drain()
        self.simulator.reset_stats()
        self.poll("Invoice", "CreditNote")
        self.assertEqual(sum(self.simulator.calls(self.tenant).values()), 2)

    def test_the_button_reverse_settles_both_in_xero(self):
        move = self.pushed()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "date": fields.Date.to_date("2026-03-12")})
        )
        note = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        note.action_post()
        self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "PAID")
        self.assertEqual(self.in_xero(note)["Status"], "PAID")
        self.assertQuiet()

    def test_applied_before_either_is_in_xero(self):
        move, note = self.make_move(), self.make_move("out_refund")
        self.apply(move, note)
        self.drain()
        self.assertSameDue(move, note)
        self.assertResidual(move, 0)
        self.assertQuiet()

    def test_one_credit_note_for_many_invoices_is_one_call(self):
        note = self.pushed("out_refund", [(1, 500.0)])
        moves = [self.pushed(lines=[(1, float(amount))]) for amount in (50, 60, 70)]
        self.simulator.reset_stats()
        self.apply(note, *moves)
        self.drain()
        self.assertEqual((self.calls_to("PUT"), self.calls_to("GET")), (1, 1))
        self.assertSameDue(note, *moves)
        self.assertQuiet()

    def test_many_credit_notes_on_one_invoice(self):
        move = self.pushed(lines=[(1, 500.0)])
        notes = [self.pushed("out_refund", [(1, float(amount))]) for amount in (50, 60)]
        self.apply(move, *notes)
        self.drain()
        self.assertSameDue(move, *notes)
        self.assertQuiet()

    def test_unreconciled_is_taken_back_and_applied_again(self):
        move, note = self.pair()
        self.apply(move, note)
        self.drain()
        self.unapply(move, note)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [])
        self.assertSameDue(move, note)
        self.apply(move, note)
        self.drain()
        self.assertSameDue(move, note)
        self.assertResidual(note, 0)
        self.assertQuiet()

    def test_undone_and_repeated_before_a_worker_comes_is_nothing(self):
        move, note = self.pair()
        self.apply(move, note)
        self.drain()
        self.poll()
        self.simulator.reset_stats()
        self.unapply(move, note)
        self.apply(move, note)
        self.drain()
        self.assertEqual(self.calls_to("PUT") + self.calls_to("DELETE"), 0)
        self.assertQuiet()

    def test_taken_back_before_it_was_sent_never_goes(self):
        move, note = self.pair()
        self.apply(move, note)
        self.unapply(move, note)
        self.simulator.reset_stats()
        self.drain()
        self.assertFalse(self.simulator.calls(self.tenant))
        self.assertFalse(self.env["xero.payment.part"].search([("document_id", "=", move.id)]))

    def test_moved_to_another_invoice(self):
        move, note = self.pair()
        other = self.pushed()
        self.apply(move, note)
        self.drain()
        self.unapply(move, note)
        self.apply(other, note)
        self.drain()
        self.assertSameDue(move, other, note)
        self.assertResidual(note, 0)
        self.assertQuiet()

    def test_part_of_it_is_taken_back(self):
        first, note = self.pair(credit_lines=[(1, 300.0)])
        self.apply(first, note)
        self.drain()
        self.unapply(first, note)
        self.env["xero.payment.ledger"]._allocate(first, note, 50)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [50.0])
        self.assertSameDue(first, note)
        self.assertQuiet()

    def test_it_is_taken_back_before_a_document_is_voided(self):
        move, note = self.pair()
        self.apply(move, note)
        self.drain()
        note.button_draft()
        note.button_cancel()
        self.drain()
        self.assertEqual(self.in_xero(note)["Status"], "VOIDED")
        self.assertSameDue(move)
        self.assertResidual(move, move.amount_total, "not_paid")
        self.assertQuiet()

    def test_it_is_taken_back_before_a_document_is_edited(self):
        move, note = self.pair()
        self.apply(move, note)
        self.drain()
        self.poll()
        move.button_draft()
        move.invoice_line_ids.price_unit = 150
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertSameDue(move, note)
        self.apply(move, note)
        self.drain()
        self.assertSameDue(move, note)
        self.assertQuiet()

    def test_in_a_foreign_currency(self):
        aud = self.setup_other_currency("AUD", rates=[("2016-01-01", 1.6)])
        move, note = self.pair(currency_id=aud.id)
        self.apply(move, note)
        self.drain()
        self.assertSameDue(move, note)
        self.assertQuiet()

    def test_of_two_currencies_is_said_and_nothing_is_sent(self):
        aud = self.setup_other_currency("AUD", rates=[("2016-01-01", 1.6)])
        move, note = self.pushed(lines=[(1, 100.0)], currency_id=aud.id), self.pushed("out_refund", [(1, 20.0)])
        self.simulator.reset_stats()
        self.apply(move, note)
        self.drain()
        job = self.open_jobs()
        self.assertRecordValues(job, [{"state": "failed", "failure_type": "validation", "xero_type": "Allocation"}])
        self.assertIn("own currency", job.failure_detail)
        self.assertEqual(self.calls_to("PUT"), 0)

    def test_a_locked_day_in_xero_is_said_before_sending(self):
        move, note = self.pair()
        self.connection.period_lock_date = "2026-03-31"
        self.apply(move, note)
        self.drain()
        self.assertEqual(self.open_jobs().failure_type, "locked_period")
        self.connection.period_lock_date = False
        self.open_jobs().action_retry()
        self.drain()
        self.assertSameDue(move, note)

    def test_history_is_applied_once_the_documents_are_in_xero(self):
        self.connection.credit_direction = "none"
        move, note = self.pair()
        self.apply(move, note)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [])
        self.connection.credit_direction = "both"
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertSameDue(move, note)
        self.assertQuiet()

    # === OTHER CREDITS === #

    def test_an_overpayment_of_xero_is_applied_in_odoo(self):
        first, second = self.pushed(), self.pushed()
        self.person("overpay", invoice=first.xero_invoice_id, excess="80")
        self.poll()
        link = self.env["xero.link"].search(
            [("connection_id", "=", self.connection.id), ("xero_type", "=", "Overpayment")]
        )
        credit = self.env["account.payment"].browse(link.res_id).move_id
        self.apply(second, credit)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [80.0])
        self.assertSameDue(first, second)
        self.assertQuiet()
        self.unapply(second, credit)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [])
        self.assertSameDue(first, second)
        self.assertQuiet()

    def test_a_payment_made_first_and_matched_later(self):
        self.row.direction = "odoo_to_xero"
        move = self.pushed()
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": move.partner_id.id,
                "amount": 50,
                "journal_id": self.bank.id,
                "date": "2026-03-01",
            }
        )
        payment.action_post()
        self.drain()
        self.apply(move, payment.move_id)
        self.drain()
        self.assertSameDue(move)
        self.assertEqual(self.applied_in_xero(), [])
        self.assertQuiet()

    # === BOTH SIDES === #

    def test_applied_in_xero_is_never_sent_back(self):
        move, note = self.pair()
        self.person("allocate", invoice=move.xero_invoice_id, credit_note=note.xero_invoice_id, amount="40")
        self.simulator.reset_stats()
        self.poll()
        self.assertSameDue(move, note)
        self.assertEqual(self.calls_to("PUT"), 0)
        self.assertQuiet()
        self.unapply(move, note)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [])
        self.assertSameDue(move, note)
        self.assertQuiet()

    def test_the_same_done_on_both_sides_is_done_once(self):
        move, note = self.pair()
        self.person("allocate", invoice=move.xero_invoice_id, credit_note=note.xero_invoice_id)
        self.apply(move, note)
        self.drain()
        self.assertEqual(self.applied_in_xero(), [note.amount_total])
        self.assertSameDue(move, note)
        self.assertQuiet()

    def test_more_on_one_side_than_on_the_other(self):
        for there, here in ((40, 60), (60, 40)):
            move, note = self.pair()
            self.person("allocate", invoice=move.xero_invoice_id, credit_note=note.xero_invoice_id, amount=str(there))
            self.env["xero.payment.ledger"]._allocate(move, note, here)
            self.drain()
            self.poll()
            self.assertSameDue(move, note)
            self.assertResidual(note, note.amount_total - 60)
            self.assertQuiet()

    def test_ours_taken_back_in_xero_is_taken_back_in_odoo(self):
        move, note = self.pair()
        self.apply(move, note)
        self.drain()
        [row] = self.read("CreditNotes")[0]["Allocations"]
        self.person("undo_allocation", allocation=row["AllocationID"])
        self.poll()
        self.assertResidual(move, move.amount_total, "not_paid")
        self.assertSameDue(move, note)
        self.assertQuiet()

    def test_each_direction_alone(self):
        self.connection.credit_direction = "odoo_to_xero"
        move, note = self.pair()
        self.person("allocate", invoice=move.xero_invoice_id, credit_note=note.xero_invoice_id, amount="40")
        self.poll()
        self.assertResidual(move, move.amount_total)
        self.connection.credit_direction = "xero_to_odoo"
        other, second = self.pair()
        self.apply(other, second)
        self.drain()
        self.assertEqual(float(self.in_xero(other)["AmountDue"]), other.amount_total)
