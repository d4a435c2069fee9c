from odoo.tests import tagged

from .common.payment import PaymentCommon


@tagged("post_install", "-at_install")
class TestCredits(PaymentCommon):
    def allocate(self, move, amount=None, **credit):
        values = {"amount": str(amount)} if amount else {}
        return self.person("allocate", invoice=move.xero_invoice_id, **credit, **values)

    def pair(self, kind="out", lines=((1, 200.0),), credit_lines=((1, 100.0),)):
        move = self.pushed(f"{kind}_invoice", list(lines))
        note = self.pushed(f"{kind}_refund", list(credit_lines))
        return move, note

    def last_note(self, record):
        """Return the newest text in the chatter: changes of fields stand there without one."""
        return next(message.body for message in record.message_ids if message.body)

    # === CREDIT NOTES === #

    def test_a_credit_note_applied_in_xero_is_reconciled(self):
        for kind in ("out", "in"):
            move, note = self.pair(kind)
            self.allocate(move, credit_note=note.xero_invoice_id)
            self.poll()
            self.assertResidual(note, 0)
            self.assertResidual(move, move.amount_total - note.amount_total, "partial")
            self.assertSameDue(move, note)
        self.assertFalse(self.open_jobs())

    def test_only_as_much_as_was_applied_is_reconciled(self):
        first, note = self.pair(credit_lines=[(1, 150.0)])
        second = self.pushed()
        self.allocate(first, 30, credit_note=note.xero_invoice_id)
        self.poll()
        self.assertResidual(first, first.amount_total - 30)
        self.assertResidual(note, note.amount_total - 30)
        self.allocate(second, 45.5, credit_note=note.xero_invoice_id)
        self.allocate(first, 20, credit_note=note.xero_invoice_id)
        self.poll()
        self.assertResidual(first, first.amount_total - 50)
        self.assertResidual(second, second.amount_total - 45.5)
        self.assertSameDue(first, second, note)

    def test_the_order_of_reading_does_not_matter(self):
        for types in (("CreditNote",), ("Invoice",), ("CreditNote", "Invoice", "CreditNote")):
            move, note = self.pair()
            self.allocate(move, 40, credit_note=note.xero_invoice_id)
            self.poll(*types)
            self.assertSameDue(move, note)
            self.poll()
            self.assertSameDue(move, note)

    def test_taken_back_in_xero_is_taken_back_in_odoo(self):
        move, note = self.pair()
        row = self.allocate(move, 60, credit_note=note.xero_invoice_id)
        self.poll()
        self.assertSameDue(move, note)
        for one in move | note:
            self.assertIn("Applied in Xero: ", self.last_note(one))
            self.assertIn("60.00", self.last_note(one))
        self.person("undo_allocation", allocation=row["AllocationID"])
        self.poll()
        for one in move | note:
            self.assertIn("Undone in Xero: ", self.last_note(one))
        self.assertResidual(move, move.amount_total, "not_paid")
        self.assertResidual(note, note.amount_total)
        self.allocate(move, 10, credit_note=note.xero_invoice_id)
        self.poll()
        self.assertSameDue(move, note)

    def test_what_people_reconciled_in_odoo_stays(self):
        move, note = self.pair()
        (move | note).line_ids.filtered(lambda line: line.account_id.account_type == "asset_receivable").reconcile()
        self.allocate(move, 10, credit_note=note.xero_invoice_id)
        self.poll()
        self.assertResidual(note, 0)
        self.assertFalse(self.failed_fetch())

    def test_too_little_open_in_odoo_is_said_and_tried_again(self):
        move, note = self.pair()
        self.pay(note)
        self.allocate(move, credit_note=note.xero_invoice_id)
        self.simulator.reset_stats()
        self.poll()
        jobs = self.failed_fetch()
        self.assertEqual(set(jobs.mapped("failure_type")), {"closed"})
        self.assertFalse(self.open_jobs() - jobs, "what failed waits for a change, not for its own reading")
        self.assertLess(sum(self.simulator.calls(self.tenant).values()), 20)
        self.assertResidual(move, move.amount_total, "not_paid")
        payment = self.env["account.payment"].search([("company_id", "=", self.company.id)])
        payment.move_id.line_ids.remove_move_reconcile()
        jobs.action_retry()
        self.drain()
        self.assertSameDue(move, note)
        self.assertFalse(self.failed_fetch())

    def test_payment_and_credit_together(self):
        move, note = self.pair()
        self.allocate(move, credit_note=note.xero_invoice_id)
        self.pay_in_xero(move)
        self.poll()
        self.assertResidual(move, 0)
        self.assertResidual(note, 0)

    # === OVERPAYMENTS AND PREPAYMENTS === #

    def test_overpaid_leaves_an_open_credit(self):
        move = self.pushed()
        self.person("overpay", invoice=move.xero_invoice_id, excess="25")
        self.poll()
        self.assertResidual(move, 0)
        credit = self.credit_of("Overpayment")
        self.assertRecordValues(credit, [{"amount": 25.0, "payment_type": "inbound", "partner_type": "customer"}])
        self.assertEqual(self.open_of(credit), 25)
        self.assertFalse(self.open_jobs())

    def test_an_overpayment_applied_refunded_and_taken_back(self):
        first, second = self.pushed(), self.pushed()
        self.person("overpay", invoice=first.xero_invoice_id, excess="80")
        self.poll()
        credit = self.credit_of("Overpayment")
        found = self.simulator.documents(self.tenant, "Overpayments")[0]
        row = self.allocate(second, 50, overpayment=found["OverpaymentID"])
        self.poll()
        self.assertResidual(second, second.amount_total - 50, "partial")
        self.assertEqual(self.open_of(credit), 30)
        self.assertSameDue(first, second)
        self.person("undo_allocation", allocation=row["AllocationID"])
        self.poll()
        self.assertResidual(second, second.amount_total, "not_paid")
        self.assertEqual(self.open_of(credit), 80)

    def test_a_credit_met_on_an_invoice_first_is_read(self):
        first, second = self.pushed(), self.pushed()
        self.person("overpay", invoice=first.xero_invoice_id, excess="80")
        found = self.simulator.documents(self.tenant, "Overpayments")[0]
        self.allocate(second, 50, overpayment=found["OverpaymentID"])
        self.poll("Invoice")
        self.assertSameDue(first, second)

    def test_a_refunded_overpayment(self):
        move = self.pushed("in_invoice")
        self.person("overpay", invoice=move.xero_invoice_id, excess="40")
        found = self.simulator.documents(self.tenant, "Overpayments")[0]
        self.poll()
        self.refund("Overpayment", found["OverpaymentID"], "15")
        self.poll()
        self.assertEqual(self.open_of(self.credit_of("Overpayment")), -25)

    def test_a_prepayment_is_a_credit_and_goes_when_voided(self):
        move = self.pushed()
        contact = self.env["xero.link"]._map(self.connection, "Contact", "res.partner", move.partner_id.ids)
        made = self.write_in_xero(
            "BankTransactions",
            {
                "Type": "RECEIVE-PREPAYMENT",
                "Contact": {"ContactID": contact[move.partner_id.id].xero_id},
                "BankAccount": {"Code": "090"},
                "LineAmountTypes": "Inclusive",
                "LineItems": [{"Description": "Deposit", "UnitAmount": 60, "Quantity": 1, "AccountCode": "200"}],
            },
        )
        self.poll()
        credit = self.credit_of("Prepayment")
        self.assertEqual(self.open_of(credit), 60)
        row = self.allocate(move, 60, prepayment=made["PrepaymentID"])
        self.poll()
        self.assertSameDue(move)
        self.person("undo_allocation", allocation=row["AllocationID"])
        self.person("delete_bank_money", bank_transaction=made["BankTransactionID"])
        self.poll()
        self.assertEqual(credit.state, "canceled")
        self.assertResidual(move, move.amount_total, "not_paid")

    def test_several_journals_need_a_choice(self):
        move = self.pushed()
        self.map_bank(self.connection, "091", journal_id=self.bank.copy().id)
        self.person("overpay", invoice=move.xero_invoice_id, excess="25")
        self.poll()
        self.assertRecordValues(self.failed_fetch(), [{"failure_type": "mapping", "xero_type": "Overpayment"}])
        self.assertResidual(move, 0)
        self.connection.credit_journal_id = self.bank
        self.drain()
        self.assertEqual(self.open_of(self.credit_of("Overpayment")), 25)

    # === HELPERS === #

    def credit_of(self, kind):
        link = self.env["xero.link"].search([("connection_id", "=", self.connection.id), ("xero_type", "=", kind)])
        return self.env["account.payment"].browse(link.res_id)

    def open_of(self, payment):
        """Return what is open of a payment, positive for a customer's credit."""
        payment.move_id.line_ids.invalidate_recordset()
        lines = payment.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type in ("asset_receivable", "liability_payable")
        )
        return -sum(lines.mapped("amount_residual_currency"))
