"""Reading a Xero that writes its answers otherwise than the simulator does."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models.inbound import poll as xero_sync_pull
from .common import xero_at
from .common.payment import PaymentCommon
from .common.strange_xero import HABITS, StrangeXero, ids_in_capitals, no_pagination


@tagged("post_install", "-at_install")
class TestStrangeXero(PaymentCommon):
    def setUp(self):
        super().setUp()
        self.strange = StrangeXero(self.simulator.url)
        self.addCleanup(self.strange.stop)
        self.enterContext(xero_at(self.strange.url, "api_url"))

    def story(self):
        """Send, pay, part-pay, edit, apply a credit, void, undo a payment; both sides hold the same after each."""
        paid, part, edited, gone = moves = [self.make_move(lines=[(2, 10.0 + number)]) for number in range(4)]
        note = self.make_move("out_refund", lines=[(1, 5.0)])
        bill = self.make_move("in_invoice", lines=[(1, 50.0)], ref="V-1")
        everything = [*moves, note, bill]
        self.drain()
        self.poll()
        self.assertQuiet(everything)
        payment = self.pay_in_xero(paid)
        self.pay_in_xero(part, amount=7)
        self.pay_in_xero(bill, amount=20)
        self.person("allocate", credit_note=note.xero_invoice_id, invoice=part.xero_invoice_id)
        self.edit(edited, Reference="from Xero", DueDate="2026-08-01")
        self.person("void", invoice=gone.xero_invoice_id)
        self.poll()
        self.poll()
        self.assertEqual((gone.state, edited.ref, paid.amount_residual), ("cancel", "from Xero", 0))
        self.assertSameDue(paid, part, bill, note)
        self.person("undo_payment", payment=payment["PaymentID"])
        self.poll()
        self.assertSameDue(paid)
        edited.ref = "from Odoo"
        self.drain()
        self.assertEqual(self.in_xero(edited)["Reference"], "from Odoo")
        self.poll()
        self.assertQuiet([move for move in everything if move != gone])

    def assertQuiet(self, moves):
        """Nothing is open, nobody is asked, and reading again is a reading of echoes."""
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertFalse(self.env["xero.conflict"].sudo().search([("connection_id", "=", self.connection.id)]))
        for move in moves:
            self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        before = [self.writes_of(move) for move in moves]
        for cursor in self.env["xero.sync.cursor"].sudo().search([("connection_id", "=", self.connection.id)]):
            cursor.full_page = 1
        self.poll()
        self.assertEqual([self.writes_of(move) for move in moves], before)
        self.assertFalse(self.open_jobs())

    def in_xero(self, move):
        kind = "CreditNotes" if move.move_type.endswith("refund") else "Invoices"
        return next(
            found
            for found in self.simulator.documents(self.tenant, kind)
            if move.xero_invoice_id in (found.get("InvoiceID"), found.get("CreditNoteID"))
        )

    def test_every_habit_alone(self):
        for habit in HABITS:
            with self.subTest(habit=habit.__name__):
                self.strange.habits[:] = [habit]
                self.story()

    def test_all_habits_at_once(self):
        self.strange.habits[:] = HABITS
        self.story()

    def test_pages_without_a_count_end(self):
        self.strange.habits[:] = [no_pagination]
        with patch.object(type(self.env["xero.reader"]), "_page_size", lambda runner: 2):
            moves = [self.pushed(ref="before") for _number in range(5)]
            for move in moves:
                self.edit(move, Reference="after")
            self.cursor_of("Invoice").full_page = 1
            self.poll("Invoice")
        self.assertEqual({move.ref for move in moves}, {"after"})
        self.assertEqual(self.cursor_of("Invoice").full_page, 0)

    def test_a_resource_that_knows_no_pages_ends(self):
        move = self.pushed(ref="before")
        self.edit(move, Reference="after")
        self.strange.habits[:] = [no_pagination]
        self.strange.refusals.append(self._without_page)
        self.cursor_of("Invoice").full_page = 1
        self.poll("Invoice")
        self.assertEqual(move.ref, "after")
        self.assertLess(len(self.strange.paths), 20)

    def _without_page(self, request):
        request.path = request.path.replace("page=2", "page=1").replace("page=3", "page=1")

    def limit_at_the_third_page(self):
        self.simulator.fault("rate_limit", resource="Invoices", method="GET", limit="minute", retry_after=30, skip=2)

    def test_a_limit_in_the_middle_of_a_walk(self):
        """429 at the third page: the pages before are kept, the walk goes on after the pause, nothing is missed."""
        moves = [self.pushed(ref="before") for _number in range(6)]
        self.simulator.control("/clock", advance=600)
        for move in moves:
            self.edit(move, Reference="after")
        with patch.object(type(self.env["xero.reader"]), "_page_size", lambda runner: 2):
            self.limit_at_the_third_page()
            self.poll("Invoice")
            self.assertTrue(self.connection.paused_until)
            self.assertEqual([move.ref for move in moves], ["after"] * 4 + ["before"] * 2)
            self.resume()
            self.simulator.reset_stats()
            self.drain()
        self.assertEqual({move.ref for move in moves}, {"after"})
        self.assertFalse(self.open_jobs())

    def test_a_limit_in_the_middle_of_a_full_walk(self):
        """It goes on at the page where it stopped."""
        moves = [self.pushed(ref="before") for _number in range(6)]
        self.cursor_of("Invoice").full_page = 1
        with patch.object(type(self.env["xero.reader"]), "_page_size", lambda runner: 2):
            self.limit_at_the_third_page()
            self.poll("Invoice")
            self.assertEqual(self.cursor_of("Invoice").full_page, 3)
            for move in moves:
                self.edit(move, Reference="after")
            self.resume()
            self.strange.paths.clear()
            self.drain()
        self.assertIn("page=3", self.strange.paths[0])
        self.poll("Invoice")
        self.assertEqual({move.ref for move in moves}, {"after"})

    def test_nothing_changed_is_304(self):
        move = self.pushed(ref="before")
        self.strange.refusals[:] = [
            lambda request: (304, "text/html", b"") if request.headers.get("If-Modified-Since") else None
        ]
        self.poll()
        self.assertFalse(self.open_jobs())
        self.strange.refusals.clear()
        self.edit(move, Reference="after")
        self.poll()
        self.assertEqual(move.ref, "after")

    def test_a_record_that_is_gone_is_404_with_html(self):
        """Alone and in a list of ids: the others arrive, and nothing is left behind."""
        move, other = self.pushed(ref="before"), self.pushed(ref="before")
        note = self.pushed("out_refund")
        for each in (move, other):
            self.edit(each, Reference="after")
        gone = (move.xero_invoice_id, note.xero_invoice_id)
        page = (404, "text/html", b"<html>The resource you're looking for cannot be found</html>")
        self.strange.refusals[:] = [
            lambda request: page if any(xero_id in request.path.lower() for xero_id in gone) else None
        ]
        self.fetch("Invoice", move.xero_invoice_id, other.xero_invoice_id)
        self.fetch("CreditNote", note.xero_invoice_id)
        self.assertEqual((move.ref, other.ref), ("before", "after"))
        self.assertFalse(self.open_jobs())

    def test_ids_in_capitals_in_events(self):
        move = self.pushed(ref="before")
        self.edit(move, Reference="after")
        self.strange.habits[:] = [ids_in_capitals]
        self.fetch("Invoice", move.xero_invoice_id.upper())
        self.assertEqual(move.ref, "after")
        self.assertFalse(self.open_jobs())

    def test_ids_are_read_in_lists_of_forty(self):
        """Longer lists make addresses too long."""
        self.strange.paths.clear()
        self.fetch("Invoice", *(f"11111111-1111-4111-8111-{number:012d}" for number in range(95)))
        asked = [path.count("11111111-1111-4111-8111") for path in self.strange.paths if "IDs=" in path]
        self.assertEqual(sorted(asked), [15, 40, 40])
        self.assertEqual(xero_sync_pull.IDS, 40)
