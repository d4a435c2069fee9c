"""Numbers change places in Odoo: the same numbers end on the right documents in Xero, whatever crashes on the way."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged

from .common.payment import PaymentCommon


class Killed(BaseException):
    """The worker is gone."""


@tagged("post_install", "-at_install")
class TestRenumber(PaymentCommon):
    def sent(self, count, move_type="out_invoice", **values):
        """Return ``count`` documents that are in Xero, with the numbers of one sequence."""
        moves = self.env["account.move"].concat(*(self.make_move(move_type, **values) for _number in range(count)))
        self.drain()
        self.poll()
        self.assertInXero(moves)
        self.simulator.reset_stats()
        return moves

    def resequence(self, moves, first=None, order="keep"):
        """What people do with *Resequence*."""
        wizard = (
            self.env["account.resequence.wizard"]
            .with_context(active_ids=moves.ids, active_model="account.move")
            .create({"ordering": order, **({"first_name": first} if first else {})})
        )
        wizard.resequence()

    def exchange(self, one, other):
        names = one.name, other.name
        (one | other).name = False
        (one | other).flush_recordset(["name"])
        one.name, other.name = reversed(names)

    def numbers(self, moves):
        """Return the numbers of ``moves`` in Xero."""
        found = [self.in_xero(move) for move in moves]
        return [element.get("InvoiceNumber") or element.get("CreditNoteNumber") for element in found]

    def writes(self):
        calls = self.simulator.calls(self.tenant)
        return sum(count for (method, _resource), count in calls.items() if method != "GET")

    def assertNumbered(self, moves):
        self.assertInXero(moves)
        self.assertEqual(self.numbers(moves), moves.mapped("name"))
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))

    # === ALL AT ONCE === #

    def test_four_change_places(self):
        for kind in ("out_invoice", "out_refund"):
            with self.subTest(kind=kind):
                moves = self.sent(4, kind)
                before = moves.mapped("name"), moves.mapped("xero_invoice_id")
                for day, move in zip((9, 7, 5, 3), moves, strict=True):
                    self.env.cr.execute("UPDATE account_move SET date = %s WHERE id = %s", (f"2026-03-0{day}", move.id))
                self.env.invalidate_all()
                self.resequence(moves, before[0][0], "date")
                self.assertEqual(moves.mapped("name"), before[0][::-1])
                self.drain()
                self.assertNumbered(moves)
                self.assertEqual(moves.mapped("xero_invoice_id"), before[1])
                self.assertLessEqual(self.writes(), 2)
                self.poll()
                self.assertNumbered(moves)

    def test_shifted_by_one(self):
        moves = self.sent(4)
        first = moves[0].name
        self.resequence(moves, moves[1].name)
        self.assertNotIn(first, moves.mapped("name"))
        self.drain()
        self.assertNumbered(moves)
        self.assertLessEqual(self.writes(), 2)
        # And back.
        self.resequence(moves, first)
        self.drain()
        self.assertNumbered(moves)

    def test_exchanged_by_hand(self):
        one, other = moves = self.sent(2)
        self.exchange(one, other)
        self.drain()
        self.assertNumbered(moves)

    def test_exchanged_one_after_the_other(self):
        """A worker comes in between, and meets a number that Xero still has."""
        one, other = moves = self.sent(2)
        names = moves.mapped("name")
        one.name = "INV/2026/09999"
        self.drain()
        other.name = names[0]
        self.drain()
        one.name = names[1]
        self.drain()
        self.assertNumbered(moves)

    def test_bills_and_vendor_credits(self):
        for kind, named in (("in_invoice", False), ("in_refund", False), ("in_invoice", True)):
            with self.subTest(kind=kind, named=named):
                one, other = moves = self.sent(2, kind)
                if named:
                    one.ref, other.ref = "R-1", "R-2"
                    self.drain()
                    one.ref, other.ref = "R-2", "R-1"
                else:
                    self.exchange(one, other)
                self.drain()
                self.assertInXero(moves)
                self.assertEqual(self.numbers(moves), moves.mapped("ref" if named else "name"))

    def test_paid_ones(self):
        one, other = moves = self.sent(2)
        self.pay_in_xero(one)
        self.poll()
        self.exchange(one, other)
        self.drain()
        self.assertNumbered(moves)
        self.assertEqual(self.in_xero(one)["Status"], "PAID")

    def test_many_cost_two_calls_for_fifty(self):
        moves = self.sent(12)
        self.resequence(moves, moves[1].name)
        self.drain()
        self.assertNumbered(moves)
        self.assertLessEqual(self.writes(), 2)

    # === GIVEN UP === #

    def test_a_new_document_takes_the_number_that_another_has_given_up(self):
        old = self.sent(1)
        number = old.name
        old.name = "INV/2026/08888"
        # Its own sending waits: somebody pauses it, or it fails.
        self.job_of(old).sudo().run_after = "2099-01-01"
        new = self.make_move(name=number)
        self.assertEqual(new.name, number)
        self.drain()
        self.assertEqual(self.numbers(new), [number])
        self.job_of(old).sudo().run_after = "2020-01-01"
        self.drain()
        self.assertNumbered(old | new)

    def test_a_draft_again_has_given_it_up(self):
        old = self.sent(1)
        number = old.name
        old.button_draft()
        old.name = "INV/2026/07777"
        self.drain()
        new = self.make_move(name=number)
        self.drain()
        self.assertNumbered(new)
        self.assertEqual(old.xero_sync_state, "draft")
        old.action_post()
        self.drain()
        self.assertNumbered(old | new)

    def test_one_that_is_being_voided(self):
        old = self.sent(1)
        number = old.name
        old.button_draft()
        old.button_cancel()
        old.name = False
        self.job_of(old).sudo().run_after = "2099-01-01"
        new = self.make_move(name=number)
        self.drain()
        self.assertEqual(new.xero_sync_state, "failed")
        self.assertIn("voided", new.xero_sync_message)
        self.job_of(old).sudo().run_after = "2020-01-01"
        self.drain()
        self.assertInXero(new)
        self.assertEqual(self.numbers(new), [f"{number}-R1"])

    def test_a_gap_of_a_voided_one_is_closed(self):
        moves = self.sent(3)
        gone, number = moves[1], moves[1].name
        gone.button_draft()
        gone.button_cancel()
        self.drain()
        gone.name = False
        gone.flush_recordset()
        moves[2].name = number
        self.drain()
        self.assertInXero(moves[2])
        self.assertEqual(self.numbers(moves[2]), [f"{number}-R1"])

    def test_a_revision_belongs_to_its_number(self):
        move = self.sent(1)
        number = move.name
        for _time in range(2):
            move.button_draft()
            move.button_cancel()
            self.drain()
            move.button_draft()
            move.action_post()
            self.drain()
        self.assertEqual(self.numbers(move), [f"{number}-R2"])
        move.name = "INV/2026/05555"
        self.drain()
        self.assertNumbered(move)
        move.name = number
        self.drain()
        self.assertInXero(move)
        self.assertEqual(self.numbers(move), [f"{number}-R2"])

    def test_made_elsewhere_goes_when_that_one_has_another_number(self):
        self.sent(1)
        element = self.person(
            "create_invoice",
            Type="ACCREC",
            Contact={"ContactID": self.partner_a.xero_contact_id},
            Status="AUTHORISED",
            InvoiceNumber="INV/2026/06666",
            Date="2026-03-10",
            DueDate="2026-04-10",
            LineItems=[{"Description": "Rent", "Quantity": 1, "UnitAmount": 10, "AccountCode": "200"}],
        )
        new = self.make_move(name="INV/2026/06666")
        self.drain()
        self.assertIn("made elsewhere", new.xero_sync_message)
        self.person("edit", invoice=element["InvoiceID"], InvoiceNumber="THEIRS-1")
        self.poll("Invoice")
        self.assertNumbered(new)

    # === WHO CANNOT STEP ASIDE === #

    def test_a_question_about_the_other_is_answered_first(self):
        one, other = moves = self.sent(2)
        self.edit(other, Reference="Theirs")
        other.ref = "Ours"
        self.exchange(one, other)
        self.drain()
        self.assertEqual(other.xero_sync_state, "conflict")
        self.assertEqual(one.xero_sync_state, "failed")
        self.assertIn(other.name, one.xero_sync_message)
        self.conflict_of(other).action_take_odoo()
        self.drain()
        self.assertNumbered(moves)
        self.assertEqual(self.in_xero(other)["Reference"], "Ours")

    def test_what_people_changed_in_xero_meanwhile_stays(self):
        one, other = self.sent(2)
        self.edit(other, Reference="Theirs")
        self.exchange(one, other)
        self.job_of(other).sudo().run_after = "2099-01-01"
        self.drain()
        self.job_of(other).sudo().run_after = "2020-01-01"
        self.drain()
        self.assertEqual((self.in_xero(other)["Reference"], other.ref or "Theirs"), ("Theirs", "Theirs"))

    # === CRASHES === #

    @contextmanager
    def killed_at(self, moment, number):
        """Kill the worker when it comes to ``moment`` for the time ``number``."""
        exporter_class = type(self.env["xero.exporter.document"])
        original, seen = getattr(exporter_class, moment), []

        def killed(exporter, *args, **kwargs):
            seen.append(True)
            if len(seen) == number:
                raise Killed
            return original(exporter, *args, **kwargs)

        with patch.object(exporter_class, moment, killed):
            yield

    def test_killed_between_calls(self):
        for moment in ("_store_and_send", "_send", "_save_answer"):
            for number in (1, 2):
                with self.subTest(moment=moment, number=number):
                    moves = self.sent(3)
                    self.resequence(moves, moves[1].name)
                    with self.killed_at(moment, number), self.assertRaises(Killed):
                        self.drain()
                    self.env.invalidate_all()
                    self.drain()
                    self.assertNumbered(moves)
                    self.poll()
                    self.assertNumbered(moves)

    def test_answers_are_lost(self):
        for late in (False, True):
            for times in (1, 2):
                with self.subTest(late=late, times=times):
                    moves = self.sent(3)
                    self.resequence(moves, moves[1].name)
                    self.simulator.fault("drop_after", method="POST", resource="Invoices", count=times)
                    exporter_class = type(self.env["xero.exporter.document"])
                    with patch.object(exporter_class, "_may_replay", lambda *_args, late=late: not late):
                        for _round in range(6):
                            self.drain()
                            self.resume()
                    self.simulator.clear_faults()
                    self.drain()
                    self.assertNumbered(moves)
