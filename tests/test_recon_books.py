from odoo.tests import tagged

from .recon_common import ReconCommon


@tagged("post_install", "-at_install")
class TestReconcileBooks(ReconCommon):
    """Books that agree are said to agree, whatever is in them."""

    def test_plain_books_agree(self):
        partners = [self.new_partner() for _number in range(3)]
        kinds = ("out_invoice", "in_invoice", "out_refund", "in_refund")
        for number in range(12):
            self.document(kinds[number % 4], partner=partners[number % 3])
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(report.compared_count, 12 + 3)
        self.assertEqual(report.on_the_way_count, 0)
        self.assertEqual(
            {(row.document_type, row.odoo_count) for row in report.document_total_ids},
            {("ACCREC", 3), ("ACCPAY", 3), ("ACCRECCREDIT", 3), ("ACCPAYCREDIT", 3)},
        )
        self.assertTrue(report.month_total_ids)
        self.assertFalse(report.contact_total_ids, "contacts that agree are not kept")
        self.assertIn("agree", report.verdict_text)

    def test_settled_books_agree(self):
        moves = [self.document(partner=self.new_partner()) for _number in range(6)]
        bill, note = self.document("in_invoice"), self.document("out_refund", partner=moves[3].partner_id)
        self.settle()
        self.pay_in_xero(moves[0], amount=10)
        self.pay_in_xero(moves[0], amount=20)
        self.pay_in_xero(moves[1])
        self.person("overpay", invoice=moves[2].xero_invoice_id, excess=25.5, account="090")
        self.person("allocate", credit_note=note.xero_invoice_id, invoice=moves[3].xero_invoice_id, amount=30)
        self.pay_in_xero(bill, amount=5)
        self.pay_in_xero(note, amount=4)
        self.settle()
        self.assertResidual(moves[0], moves[0].amount_total - 30)
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(
            sum(report.document_total_ids.filtered(lambda row: row.document_type == "ADVANCE").mapped("odoo_due")),
            -25.5,
            (report.document_total_ids.read(), report.snapshot_id.element_ids.mapped("xero_type")),
        )

    def test_two_accounts_of_one_journal_agree(self):
        self.person("edit_account", code="091", CurrencyCode="USD")
        savings = self.map_bank(self.connection, "091")
        moves = [self.document(partner=self.new_partner()) for _number in range(2)]
        self.settle()
        self.pay_in_xero(moves[0], account="090")
        self.pay_in_xero(moves[1], account=savings.xero_account_id.code)
        self.settle()
        self.assertAgree(self.reconcile())

    def test_foreign_currency_and_branches_agree(self):
        dollar, branch = self.in_currency(), self.branch()
        moves = [self.document(kind, currency_id=dollar.id) for kind in ("out_invoice", "in_invoice", "out_refund")]
        own = self.document()
        self.settle()
        self.pay_in_xero(moves[0], amount=50, rate=0.9)
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertIn("AUD", report.document_total_ids.mapped("currency_code"))
        self.assertTrue(own and branch)

    def test_voided_on_both_sides_agree(self):
        moves = [self.document() for _number in range(3)]
        self.settle()
        moves[0].button_draft()
        moves[0].button_cancel()
        self.person("void", invoice=moves[1].xero_invoice_id)
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(sum(report.document_total_ids.mapped("odoo_count")), 1)

    def test_payments_of_odoo_agree(self):
        self.row.direction = "odoo_to_xero"
        moves = [self.document() for _number in range(3)]
        self.settle()
        self.pay(moves[0])
        self.pay(moves[1], 40)
        self.settle()
        self.assertAgree(self.reconcile())

    def test_empty_books_agree(self):
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(report.compared_count, 0)
