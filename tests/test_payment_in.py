from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..models.connection import gate as xero_gate
from .common.payment import PaymentCommon


@tagged("post_install", "-at_install")
class TestPayIn(PaymentCommon):
    def test_full_payment_is_posted_and_reconciled(self):
        move = self.pushed()
        element = self.pay_in_xero(move, date="2026-03-15", reference="Wire 77")
        self.poll("Payment")
        payment = self.payment_of(element)
        self.assertRecordValues(
            payment,
            [
                {
                    "amount": move.amount_total,
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "journal_id": self.bank.id,
                    "partner_id": move.commercial_partner_id.id,
                    "memo": "Wire 77",
                }
            ],
        )
        self.assertEqual(str(payment.date), "2026-03-15")
        self.assertEqual(payment.move_id.state, "posted")
        self.assertResidual(move, 0, move._get_invoice_in_payment_state())
        self.assertSameDue(move)
        self.assertFalse(self.open_jobs())

    def test_partial_payments_leave_the_rest(self):
        move = self.pushed("in_invoice", [(1, 200.0)])
        first = self.pay_in_xero(move, amount="50")
        self.poll("Payment")
        self.assertResidual(move, move.amount_total - 50, "partial")
        second = self.pay_in_xero(move, amount="70.25")
        third = self.pay_in_xero(move, amount="9.75")
        self.poll("Payment")
        self.assertResidual(move, move.amount_total - 130, "partial")
        self.assertEqual([self.payment_of(found).payment_type for found in (first, second, third)], ["outbound"] * 3)
        self.assertSameDue(move)

    def test_refunds_of_credit_notes(self):
        customers, vendors = self.pushed("out_refund"), self.pushed("in_refund")
        out, back = self.pay_in_xero(customers), self.pay_in_xero(vendors)
        self.poll("Payment")
        self.assertEqual(
            [(self.payment_of(found).payment_type, self.payment_of(found).partner_type) for found in (out, back)],
            [("outbound", "customer"), ("inbound", "supplier")],
        )
        self.assertResidual(customers, 0)
        self.assertResidual(vendors, 0)
        self.assertSameDue(customers, vendors)

    def history_of(self, record):
        """Return the lines of *Xero History* of a record, as a clerk sees them, the newest first."""
        action = record.action_xero_history()
        return self.env[action["res_model"]].search(action["domain"]).mapped("summary")

    def said_of(self, record):
        """Return the notes of a record, the newest first, as text."""
        return [html2plaintext(message.body) for message in record.message_ids if message.body]

    def test_the_document_tells_what_happened_in_xero(self):
        """A line for each payment, undoing and change: the amount, the day, the account."""
        moves = {kind: self.pushed(kind, lines=[(1, 300.0)]) for kind in ("out_invoice", "in_invoice", "out_refund")}
        elements = {
            kind: [self.pay_in_xero(move, amount=amount) for amount in ("60", "40")] for kind, move in moves.items()
        }
        self.poll("Payment")
        for kind, move in moves.items():
            word = "Paid back in Xero" if kind == "out_refund" else "Paid in Xero"
            told = [line for line in self.said_of(move) if line.startswith(word)]
            self.assertEqual(len(told), 2, (kind, self.said_of(move)))
            for line, amount in zip(sorted(told), ("40", "60")):
                self.assertIn(move.currency_id.format(float(amount)), line)
                self.assertIn("090", line)
        move = moves["out_invoice"]
        self.person("undo_payment", payment=elements["out_invoice"][0]["PaymentID"])
        self.poll("Payment")
        self.assertTrue(self.said_of(move)[0].startswith("A payment was undone in Xero"), self.said_of(move))
        self.assertIn(move.currency_id.format(60.0), self.said_of(move)[0])
        before = len(move.message_ids)
        history = self.history_of(move)
        undone = f"A payment was undone in Xero: {move.currency_id.format(60.0)}"
        self.assertTrue(history[0].startswith(undone), history)
        self.assertEqual([line[:14] for line in history[1:3]], ["Paid in Xero: "] * 2)
        self.assertEqual(history[3:], [f"Sent to Xero as {move.name}."])
        self.poll("Payment")
        self.assertEqual(len(move.message_ids), before, "it is told once")
        self.assertEqual(self.history_of(move), history)

    def test_undone_in_xero_is_undone_in_odoo(self):
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.poll("Payment")
        payment = self.payment_of(element)
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll("Payment")
        self.assertRecordValues(payment, [{"state": "canceled"}])
        self.assertEqual(payment.move_id.state, "cancel")
        self.assertResidual(move, move.amount_total, "not_paid")
        self.assertFalse(self.open_jobs())
        self.pay_in_xero(move)
        self.poll("Payment")
        self.assertResidual(move, 0)

    def test_replays_and_wrong_order_change_nothing(self):
        move = self.pushed(lines=[(1, 300.0)])
        kept, gone = self.pay_in_xero(move, amount="100"), self.pay_in_xero(move, amount="20")
        self.poll("Payment")
        old = [dict(found) for found in self.shown()]
        self.person("undo_payment", payment=gone["PaymentID"])
        inbound = self.env["xero.inbound"]._for_type("Payment")
        inbound._apply(self.connection, self.shown())
        payments = self.payment_of(kept) | self.payment_of(gone)
        before = self.writes_of(payments), self.writes_of(move)
        results = [inbound._apply(self.connection, self.shown()) for _time in range(2)]
        self.assertEqual({result.outcome for found in results for result in found.values()}, {"echo"})
        self.assertEqual((self.writes_of(payments), self.writes_of(move)), before)
        self.assertSameDue(move)
        self.assertEqual(len(old), 2)

    def shown(self):
        """Return the payments as a reading shows them."""
        client = xero_gate.open_client(self.connection)
        try:
            return client.get("Payments", params={"page": 1}).data["Payments"]
        finally:
            client.close()

    def test_deleted_before_it_was_ever_read(self):
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll("Payment")
        self.assertIsNone(self.payment_of(element))
        self.assertResidual(move, move.amount_total, "not_paid")

    def test_payments_on_documents_that_are_not_ours_are_left_alone(self):
        contact = self.person("create_contact", Name="Somebody else")
        invoice = self.person(
            "create_invoice",
            contact=contact["ContactID"],
            LineAmountTypes="Exclusive",
            LineItems=[{"Description": "Thing", "UnitAmount": "10", "Quantity": "1", "AccountCode": "200"}],
        )
        self.person("pay", invoice=invoice["InvoiceID"])
        self.poll("Payment")
        self.assertFalse(self.env["account.payment"].search([("company_id", "=", self.company.id)]))
        self.assertFalse(self.open_jobs())

    def test_payments_of_a_journal_that_goes_the_other_way_are_left_alone(self):
        move = self.pushed()
        self.row.direction = "none"
        self.pay_in_xero(move)
        self.poll("Payment")
        self.assertResidual(move, move.amount_total, "not_paid")
        self.row.direction = "xero_to_odoo"
        self.poll("Payment")
        self.assertResidual(move, 0)

    def test_without_a_journal_nothing_is_written_until_one_is_chosen(self):
        move = self.pushed()
        self.row.journal_id = False
        element = self.pay_in_xero(move)
        self.poll("Payment")
        job = self.failed_fetch()
        self.assertRecordValues(job, [{"failure_type": "mapping", "xero_id": element["PaymentID"].lower()}])
        self.assertEqual(job.fix_action, {"model": "xero.mapping.journal", "res_id": self.row.id})
        self.assertIn(self.row.xero_account_id.name, job.failure_detail)
        self.assertFalse(self.env["account.payment"].search([("company_id", "=", self.company.id)]))
        self.row.journal_id = self.bank
        self.drain()
        self.assertResidual(move, 0)
        self.assertFalse(self.open_jobs())

    def test_a_payment_registered_in_odoo_too_is_recognised(self):
        move = self.pushed()
        self.pay(move)
        own = self.env["account.payment"].search([("company_id", "=", self.company.id)])
        element = self.pay_in_xero(move)
        self.poll("Payment")
        self.assertEqual(self.payment_of(element), own)
        self.assertEqual(self.env["account.payment"].search([("company_id", "=", self.company.id)]), own)

    def test_more_paid_than_open_in_odoo_is_said(self):
        move = self.pushed()
        self.pay(move, amount=10)
        self.pay_in_xero(move)
        self.poll("Payment")
        self.assertRecordValues(self.failed_fetch(), [{"failure_type": "closed"}])
        self.assertResidual(move, move.amount_total - 10, "partial")

    def test_a_locked_period_is_refused_or_moved_by_policy(self):
        move = self.pushed()
        self.company.fiscalyear_lock_date = "2026-03-31"
        self.pay_in_xero(move, date="2026-03-15")
        self.poll("Payment")
        job = self.failed_fetch()
        self.assertEqual(job.failure_type, "locked_period")
        self.connection.odoo_lock_policy = "move"
        job.action_retry()
        self.drain()
        self.assertResidual(move, 0)
        self.assertEqual(
            str(self.env["account.payment"].search([("company_id", "=", self.company.id)]).date), "2026-04-01"
        )

    def test_undoing_what_odoo_has_locked_is_refused_in_words(self):
        move = self.pushed()
        element = self.pay_in_xero(move, date="2026-03-15")
        self.poll("Payment")
        payment = self.payment_of(element)
        self.company.fiscalyear_lock_date = "2026-03-31"
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll("Payment")
        self.assertNotEqual(payment.state, "canceled")
        self.assertResidual(move, 0)
        self.assertIn(payment.name, self.conflict_of(payment).reason)

    def test_payment_undone_and_document_voided_in_one_round(self):
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.poll()
        self.person("undo_payment", payment=element["PaymentID"])
        self.person("void", invoice=move.xero_invoice_id)
        self.poll()
        self.assertEqual(self.payment_of(element).state, "canceled")
        self.assertEqual(move.state, "cancel")
        self.assertFalse(self.env["xero.conflict"].search([("state", "=", "open")]))
        self.assertFalse(self.open_jobs())

    def test_an_edited_payment_is_booked_anew_and_a_new_reference_only_noted(self):
        first, second = self.pushed(), self.pushed(lines=[(1, 500.0)])
        element = self.pay_in_xero(first)
        self.poll()
        old = self.payment_of(element)
        inbound = self.env["xero.inbound"]._for_type("Payment")
        [shown] = self.shown()
        inbound._apply(self.connection, [{**shown, "Reference": "Corrected"}])
        self.assertEqual((self.payment_of(element), old.memo), (old, "Corrected"))
        changed = {**shown, "Amount": 90, "Invoice": {"InvoiceID": second.xero_invoice_id}}
        results = inbound._apply(self.connection, [changed])
        self.assertEqual([result.outcome for result in results.values()], ["updated"])
        self.assertEqual(old.state, "canceled")
        self.assertEqual(self.payment_of(element).amount, 90)
        self.assertResidual(first, first.amount_total, "not_paid")
        self.assertResidual(second, second.amount_total - 90, "partial")

    def test_judging_a_page_takes_the_same_queries_whatever_its_size(self):
        moves = self.env["account.move"]
        for number in range(14):
            moves += self.make_move(lines=[(1, 10.0 + number)])
        self.drain()
        self.row.direction = "none"
        for move in moves:
            self.pay_in_xero(move)
        shown, inbound = self.shown(), self.env["xero.inbound"]._for_type("Payment")
        inbound._apply(self.connection, shown)
        counts = []
        for size in (2, 14):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            inbound._apply(self.connection, shown[:size])
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)

    def test_a_reading_of_the_invoice_alone_brings_its_payment(self):
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.fetch("Invoice", move.xero_invoice_id)
        self.assertTrue(self.payment_of(element))
        self.assertResidual(move, 0)
        self.person("undo_payment", payment=element["PaymentID"])
        self.fetch("Invoice", move.xero_invoice_id)
        self.assertResidual(move, move.amount_total, "not_paid")

    def test_a_draft_is_paid_after_it_is_posted(self):
        move = self.pushed()
        element = self.pay_in_xero(move)
        move.with_context(xero_no_sync=True).button_draft()
        self.poll("Payment")
        job = self.failed_fetch()
        self.assertEqual(job.failure_type, "dependency")
        move.with_context(xero_no_sync=True).action_post()
        job.action_retry()
        self.drain()
        self.assertTrue(self.payment_of(element))
        self.assertResidual(move, 0)

    def test_a_page_of_payments_is_read_with_one_call(self):
        moves = self.env["account.move"]
        for number in range(12):
            moves += self.make_move(lines=[(1, 10.0 + number)])
        self.drain()
        self.poll()
        for move in moves:
            self.pay_in_xero(move)
        self.simulator.reset_stats()
        self.poll("Invoice", "Payment")
        self.assertEqual(self.simulator.calls(self.tenant), {("GET", "Invoices"): 1, ("GET", "Payments"): 1})
        for move in moves:
            self.assertResidual(move, 0)


@tagged("post_install", "-at_install")
class TestPayInCurrency(PaymentCommon):
    def setUp(self):
        super().setUp()
        self.aud = self.setup_other_currency("AUD", rates=[("2016-01-01", 0.8)])

    def test_the_payment_is_worth_what_xero_says(self):
        move = self.pushed(lines=[(1, 100.0)], currency_id=self.aud.id)
        element = self.pay_in_xero(move, rate="0.75", date="2026-03-20")
        self.poll("Payment")
        payment = self.payment_of(element)
        self.assertResidual(move, 0)
        bank = payment.move_id.line_ids.filtered("debit")
        self.assertEqual(payment.currency_id, self.aud)
        self.assertAlmostEqual(bank.balance, round(move.amount_total / 0.75, 2), 2)
        self.assertAlmostEqual(bank.balance, float(element["BankAmount"]), 2)
        self.assertTrue(move.line_ids.full_reconcile_id)
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll("Payment")
        self.assertResidual(move, move.amount_total, "not_paid")

    def test_partial_payments_at_different_rates(self):
        move = self.pushed("in_invoice", [(1, 100.0)], currency_id=self.aud.id)
        self.pay_in_xero(move, amount="40", rate="0.9")
        self.pay_in_xero(move, amount="30", rate="0.7")
        self.poll("Payment")
        self.assertResidual(move, move.amount_total - 70, "partial")
        self.assertSameDue(move)
