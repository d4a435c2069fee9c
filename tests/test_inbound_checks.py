"""The way in writes as superuser: what Odoo forbids its people, and what superusers step around, stays forbidden."""

from odoo.tests import tagged

from .common.payment import PaymentCommon

LOCKS = ("fiscalyear_lock_date", "tax_lock_date", "sale_lock_date", "hard_lock_date")


@tagged("post_install", "-at_install")
class TestInboundChecks(PaymentCommon):
    def content_of(self, move):
        self.env.invalidate_all()
        lines = move.line_ids.sorted("id").mapped(lambda line: (line.balance, line.account_id.id, line.tax_ids.ids))
        return move.state, move.amount_total, str(move.date), move.inalterable_hash, lines

    def assertRefused(self, move, act):
        before = self.content_of(move)
        act()
        self.poll()
        self.assertEqual(self.content_of(move), before)
        self.assertEqual(self.conflict_of(move).kind, "refused")
        self.assertFalse(self.open_jobs())

    def lines_for(self, amount):
        return [{"Description": "x", "Quantity": 1, "UnitAmount": amount, "AccountCode": "200", "TaxType": "NONE"}]

    def test_what_is_secured_by_hash_stays(self):
        self.company_data["default_journal_sale"].restrict_mode_hash_table = True
        move, other = self.pushed(), self.pushed()
        self.assertTrue(move.inalterable_hash and other.inalterable_hash)
        self.assertRefused(move, lambda: self.person("void", invoice=move.xero_invoice_id))
        self.assertRefused(other, lambda: self.edit(other, LineItems=self.lines_for(999)))
        with self.subTest("a person does not get round it either"):
            self.conflict_of(other).action_take_odoo()
            self.assertEqual(other.state, "posted")

    def test_every_lock_date_holds(self):
        for lock in LOCKS:
            with self.subTest(lock=lock):
                move = self.pushed()
                edited = self.pushed()
                self.company[lock] = "2026-03-31"
                self.assertRefused(move, lambda move=move: self.person("void", invoice=move.xero_invoice_id))
                self.assertRefused(edited, lambda move=edited: self.edit(move, LineItems=self.lines_for(999)))
                if lock == "hard_lock_date":
                    break
                self.company[lock] = False

    def test_a_payment_that_the_bank_statement_shows_stays(self):
        move = self.pushed()
        element = self.pay_in_xero(move)
        self.poll()
        payment = self.payment_of(element)
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.bank.id, "date": "2026-03-15", "payment_ref": "in", "amount": payment.amount}
        )
        _liquidity, suspense, _other = line._seek_for_lines()
        outstanding = payment.move_id.line_ids.filtered(lambda row: row.account_id == payment.outstanding_account_id)
        suspense.account_id = outstanding.account_id
        (suspense | outstanding).reconcile()
        self.env.invalidate_all()
        self.assertTrue(payment.is_matched)
        self.person("undo_payment", payment=element["PaymentID"])
        self.poll()
        self.assertNotEqual(payment.state, "canceled")
        self.assertEqual(self.conflict_of(payment).kind, "refused")
        self.assertEqual(move.amount_residual, 0)

    def test_bank_accounts_are_never_made_or_trusted(self):
        partner = self.env["res.partner"].create({"name": "Kea Ltd", "customer_rank": 1, "supplier_rank": 1})
        bank = self.env["res.partner.bank"].create({"partner_id": partner.id, "acc_number": "111"})
        bank.allow_out_payment = True
        self.pushed(partner=partner)
        self.person(
            "edit_contact", contact=partner.xero_contact_id, BankAccountDetails="666-THIEF", Name="Kea Limited"
        )
        self.poll()
        self.env.invalidate_all()
        self.assertEqual(partner.name, "Kea Limited")
        self.assertRecordValues(partner.bank_ids, [{"acc_number": "111", "allow_out_payment": True}])
        self.assertFalse(self.env["res.partner.bank"].search([("sanitized_acc_number", "like", "THIEF")]))

    def test_documents_do_not_move_between_companies(self):
        """Neither a journal nor an account of another company is ever booked on."""
        other = self.setup_other_company(name="B Ltd")
        self.connection.inbound_documents = "post"
        self.env.cr.execute(
            "UPDATE xero_connection SET inbound_sale_journal_id = %s WHERE id = %s",
            [other["default_journal_sale"].id, self.connection.id],
        )
        self.env.invalidate_all()
        contact = self.person("create_contact", Name="Made in Xero")
        line = {**self.lines_for(10)[0]}
        self.person("create_invoice", contact=contact["ContactID"], InvoiceNumber="X-9", LineItems=[line])
        self.poll()
        made = self.env["account.move"].search([("invoice_origin", "=", "Xero X-9")])
        self.assertFalse(made)
        self.assertTrue(self.failed_fetch())
