from odoo.exceptions import UserError
from odoo.tests import tagged

from .common.matching import MatchCommon


@tagged("post_install", "-at_install")
class TestMatchDocumentFlow(MatchCommon):
    def setUp(self):
        super().setUp()
        self.acme, self.contact_id = self.both("Acme Ltd", "123456789")

    def linked(self, match):
        """Link what is sure and likely in the documents."""
        match.action_confirm_sure()
        match.action_confirm_likely()
        self.drain()
        self.finish(match)

    def test_matched_documents_are_not_sent_again(self):
        one, two = self.move(self.acme, 100.0), self.move(self.acme, 250.0)
        first = self.invoice(self.contact_id, one.name)
        second = self.invoice(self.contact_id, "INV-0" + two.name.rpartition("/")[2], 250.0)
        match = self.to_documents(self.start())
        self.assertEqual((match.sure_count, match.doubtful_count), (2, 0), match.line_ids.mapped("reason_text"))
        before = self.writes_of(one | two)
        match.action_confirm_sure()
        self.drain()
        self.assertEqual((one.xero_invoice_id, two.xero_invoice_id), (first, second))
        self.finish(match)
        self.assertQuiet()
        self.assertEqual(self.writes_of(one | two), before)
        (one | two).action_xero_sync()
        self.assertQuiet()
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 2)

    def test_the_number_that_people_know_in_xero_stays(self):
        move = self.move(self.acme, 100.0)
        number = "INV-0" + move.name.rpartition("/")[2]
        self.invoice(self.contact_id, number)
        match = self.to_documents(self.start())
        match.action_confirm_sure()
        self.drain()
        self.finish(match)
        move.ref = "PO 4711"
        self.drain()
        found = self.in_xero(move)
        self.assertEqual((found["InvoiceNumber"], found["Reference"]), (number, "PO 4711"))

    def test_jobs_that_waited_say_nothing_new_any_more(self):
        """The document was posted before the matching and waits to be sent: Xero has it, so it is not sent."""
        move = self.make_move(partner=self.acme, tax=False)
        self.assertEqual(self.job_of(move).state, "pending")
        self.invoice(self.contact_id, move.name)
        match = self.to_documents(self.start())
        self.assertEqual(self.job_of(move).state, "pending")
        match.action_confirm_sure()
        self.drain()
        self.assertEqual(self.job_of(move).state, "cancelled")
        self.assertEqual(move.xero_sync_state, "synced")
        self.finish(match)
        self.assertQuiet()

    def test_bills_and_credit_notes(self):
        bill = self.move(self.acme, 80.0, "in_invoice", ref="V-77")
        note = self.move(self.acme, 30.0, "out_refund")
        there = self.invoice(self.contact_id, "V-77", 80.0, Type="ACCPAY")
        line = {"Description": "Back", "Quantity": 1, "UnitAmount": 30, "AccountCode": "200", "TaxType": "NONE"}
        credit = self.person(
            "create_credit_note",
            contact=self.contact_id,
            CreditNoteNumber=note.name,
            Date="2026-03-10",
            LineItems=[line],
        )["CreditNoteID"]
        match = self.to_documents(self.start())
        match.action_confirm_sure()
        self.drain()
        self.assertEqual((bill.xero_invoice_id, note.xero_invoice_id), (there, credit))
        self.finish(match)
        self.assertQuiet()

    def test_another_total_is_for_a_person(self):
        move = self.move(self.acme, 100.0)
        self.invoice(self.contact_id, move.name, 110.0)
        match = self.to_documents(self.start())
        line = self.line_of(match, move)
        self.assertEqual(line.verdict, "doubtful")
        self.assertIn("totals differ", line.reason_text)
        self.assertIn("110", line.comparison)
        line.action_link()
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced")
        self.finish(match)
        self.assertQuiet()

    def test_a_voided_number_is_told(self):
        move = self.move(self.acme, 100.0)
        self.person("void", invoice=self.invoice(self.contact_id, move.name))
        match = self.to_documents(self.start())
        self.assertEqual(self.line_of(match, move).verdict, "doubtful")
        self.assertIn("Voided in Xero", self.line_of(match, move).reason_text)

    # === PAYMENTS === #

    def test_equal_payments_are_linked_and_never_booked_again(self):
        """In part too: there nothing but the link keeps the poll from booking it a second time."""
        whole, part = self.move(self.acme, 100.0), self.move(self.acme, 200.0)
        ids = [self.invoice(self.contact_id, move.name, price) for move, price in ((whole, 100.0), (part, 200.0))]
        self.paid_here(whole, 100.0)
        self.paid_here(part, 50.0)
        there = [self.paid_there(ids[0], 100.0, "2026-03-13"), self.paid_there(ids[1], 50.0)]
        match = self.to_documents(self.start())
        lines = self.line_of(match, whole) | self.line_of(match, part)
        self.assertEqual(lines.payment_ids.mapped("verdict"), ["sure", "sure"])
        self.linked(match)
        links = self.env["xero.link"].search([("xero_type", "=", "Payment")])
        self.assertEqual(sorted(links.mapped("xero_id")), sorted(there))
        self.assertEqual(set(links.mapped("res_model")), {"account.payment"})
        self.assertQuiet()
        self.assertResidual(whole, 0.0)
        self.assertResidual(part, 150.0)

    def test_an_equal_payment_is_not_sent_either(self):
        self.row.direction = "odoo_to_xero"
        move = self.move(self.acme, 100.0)
        xero_id = self.invoice(self.contact_id, move.name)
        self.paid_here(move, 40.0)
        self.paid_there(xero_id, 40.0)
        match = self.to_documents(self.start())
        self.linked(match)
        self.env["xero.payment.part"]._refresh(move)
        self.assertQuiet()
        self.assertEqual(len(self.simulator.documents(self.tenant, "Payments")), 1)

    def test_an_undone_payment_is_undone(self):
        move = self.move(self.acme, 100.0)
        xero_id = self.invoice(self.contact_id, move.name)
        self.paid_here(move, 40.0)
        payment = self.paid_there(xero_id, 40.0)
        match = self.to_documents(self.start())
        self.linked(match)
        self.person("undo_payment", payment=payment)
        self.poll()
        self.assertResidual(move, 100.0)

    def test_a_payment_that_only_xero_has_is_booked(self):
        move = self.move(self.acme, 100.0)
        xero_id = self.invoice(self.contact_id, move.name)
        self.paid_there(xero_id, 40.0)
        match = self.to_documents(self.start())
        [payment] = self.line_of(match, move).payment_ids
        self.assertEqual((payment.verdict, payment.choice), ("xero_only", "book"))
        self.assertResidual(move, 100.0)
        self.linked(match)
        self.assertResidual(move, 60.0)
        self.assertQuiet()

    def test_a_payment_that_only_xero_has_is_left_where_a_person_says_so(self):
        move = self.move(self.acme, 100.0)
        self.paid_there(self.invoice(self.contact_id, move.name), 40.0)
        match = self.to_documents(self.start())
        self.line_of(match, move).payment_ids.action_leave()
        self.linked(match)
        self.assertQuiet()
        self.assertResidual(move, 100.0)

    def test_differing_payments_are_flagged_and_left_alone(self):
        move = self.move(self.acme, 100.0)
        xero_id = self.invoice(self.contact_id, move.name)
        cash = self.company_data["default_journal_cash"]
        self.paid_here(move, 40.0, journal=cash)
        self.paid_there(xero_id, 40.0)
        self.paid_there(xero_id, 10.0)
        match = self.to_documents(self.start())
        payments = self.line_of(match, move).payment_ids
        self.assertEqual(sorted(payments.mapped("verdict")), ["doubtful", "xero_only"])
        self.assertEqual(set(payments.mapped("choice")), {"open"})
        doubtful = payments.filtered(lambda line: line.verdict == "doubtful")
        self.assertIn("Another bank account", doubtful.reason_text)
        doubtful.action_same_money()
        self.linked(match)
        self.assertResidual(move, 60.0)
        self.assertQuiet()
        self.assertResidual(move, 60.0)

    def test_one_payment_of_odoo_for_several_documents(self):
        """In Xero they are several payments; none is booked again."""
        moves = self.move(self.acme, 100.0) | self.move(self.acme, 60.0)
        ids = [self.invoice(self.contact_id, move.name, move.amount_total) for move in moves]
        wizard = (
            self.quiet["account.payment.register"]
            .with_context(active_model="account.move", active_ids=moves.ids, force_payment_move=True)
            .create({"payment_date": "2026-03-12", "journal_id": self.bank.id, "group_payment": True})
        )
        wizard._create_payments()
        for xero_id, amount in zip(ids, (100.0, 60.0)):
            self.paid_there(xero_id, amount)
        match = self.to_documents(self.start())
        self.linked(match)
        self.assertQuiet()
        for move in moves:
            self.assertResidual(move, 0.0)

    # === UNDO === #

    def test_undo_of_documents_and_payments(self):
        move, used = self.move(self.acme, 100.0), self.move(self.acme, 70.0)
        for document in (move, used):
            xero_id = self.invoice(self.contact_id, document.name, document.amount_total)
            self.paid_here(document, 40.0)
            self.paid_there(xero_id, 40.0)
        match = self.to_documents(self.start())
        self.linked(match)
        used.ref = "PO 1"
        self.drain()
        match.action_undo()
        self.drain()
        self.assertFalse(self.link_of(move))
        self.assertTrue(self.link_of(used))
        self.assertEqual(len(self.env["xero.link"].search([("xero_type", "=", "Payment")])), 1)
        self.assertTrue(self.link_of(self.acme), "a document of it is linked still")
        self.assertEqual(match.kept_count, 2)
        self.assertResidual(move, 60.0)

    def test_undo_leaves_nothing_where_nothing_was_used(self):
        move = self.move(self.acme, 100.0)
        xero_id = self.invoice(self.contact_id, move.name)
        self.paid_here(move, 40.0)
        self.paid_there(xero_id, 40.0)
        match = self.to_documents(self.start())
        self.linked(match)
        match.action_undo()
        self.drain()
        self.assertEqual((match.state, match.kept_count, match.linked_count), ("undone", 0, 0))
        self.assertFalse(self.env["xero.link"].search([("connection_id", "=", self.connection.id)]))
        self.assertResidual(move, 60.0)
        again = self.to_documents(self.start())
        self.assertEqual(again.sure_count, 1, "it can be matched anew")

    def test_likely_is_not_linked_by_the_button_for_sure_ones(self):
        move = self.move(self.acme, 100.0)
        self.invoice(self.contact_id, "INV-0" + move.name.rpartition("/")[2], 100.0, Date="2026-03-12")
        match = self.to_documents(self.start())
        self.assertEqual((match.sure_count, match.likely_count), (0, 1))
        match.action_confirm_sure()
        self.drain()
        self.assertFalse(self.link_of(move))

    def test_what_is_being_linked_cannot_be_changed(self):
        move = self.move(self.acme, 100.0)
        self.invoice(self.contact_id, move.name)
        match = self.to_documents(self.start())
        match.action_confirm_sure()
        with self.assertRaises(UserError):
            self.line_of(match, move).action_apart()
        with self.assertRaises(UserError):
            match.action_done()
