from odoo import Command, fields
from odoo.tests import tagged

from .common.reconciliation import ReconCommon


@tagged("post_install", "-at_install")
class TestReconcileBooks(ReconCommon):
    """Books that agree are said to agree, whatever is in them."""

    def test_plain_books_agree(self):
        partners = [self.new_partner() for _number in range(3)]
        kinds = ("out_invoice", "in_invoice", "out_refund", "in_refund")
        for number in range(12):
            self.document(kinds[number % 4], partner=partners[number % 3])
        self.odd_documents(partners[0])
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertTies(report)
        self.assertEqual(report.compared_count, 12 + 3 + 3)
        self.assertEqual(report.on_the_way_count, 0)
        self.assertEqual(
            {(row.document_type, row.odoo_count) for row in report.document_total_ids},
            {("ACCREC", 6), ("ACCPAY", 3), ("ACCRECCREDIT", 3), ("ACCPAYCREDIT", 3)},
        )
        self.assertTrue(report.month_total_ids)
        self.assertFalse(report.contact_total_ids, "contacts that agree are not kept")
        self.assertIn("agree", report.verdict_text)

    def odd_documents(self, partner):
        """Discounts, cents that only add up over the whole document, and a total rounded for cash."""
        taxes = [Command.set(self.tax_sale_a.ids)]
        off = {"quantity": 3, "price_unit": 33.33, "discount": 12.5, "tax_ids": taxes}
        self.document(lines=(off, {**off, "quantity": 7, "discount": 33.33}), partner=partner)
        self.company.tax_calculation_rounding_method = "round_globally"
        self.document(lines=((1, 0.33), (1, 0.33), (1, 0.33), (1, 4.57)), partner=partner)
        self.company.tax_calculation_rounding_method = "round_per_line"
        cash = self.document(lines=((1, 99.98),), partner=partner, invoice_cash_rounding_id=self.cash_rounding_a.id)
        self.assertEqual(len(cash.line_ids.filtered(lambda line: line.display_type == "rounding")), 1)
        for account in cash.line_ids.filtered(lambda line: line.display_type == "rounding").account_id:
            self.env["xero.mapping.account"].sudo()._ensure(self.connection, account)
        self.map_everything(self.connection)

    def prepay(self, partner, amount):
        """A person in Xero takes money for what is not invoiced yet; returns the id of the prepayment."""
        contact = self.env["xero.link"]._map(self.connection, "Contact", "res.partner", partner.ids)[partner.id]
        return self.write_in_xero(
            "BankTransactions",
            {
                "Type": "RECEIVE-PREPAYMENT",
                "Contact": {"ContactID": contact.xero_id},
                "BankAccount": {"Code": "090"},
                "LineAmountTypes": "Inclusive",
                "LineItems": [{"Description": "Deposit", "UnitAmount": amount, "Quantity": 1, "AccountCode": "200"}],
            },
        )["PrepaymentID"]

    def test_what_is_on_the_page_ties(self):
        """Also where a tax or an account has no counterpart, in another currency, and with what is bought."""
        self.in_currency()
        currency = self.env["res.currency"].search([("name", "=", "AUD")])
        unknown = self.tax_sale_a.copy({"name": "Unheard of", "amount": 39.0})
        account = self.company_data["default_account_revenue"].copy({"name": "Unheard of", "code": "UNHEARD"})
        untaxed = {"quantity": 1, "price_unit": 20.0, "tax_ids": [Command.clear()]}
        unmapped = {"quantity": 1, "price_unit": 80.0, "tax_ids": [Command.set(unknown.ids)]}
        elsewhere = {"quantity": 1, "price_unit": 7.0, "account_id": account.id}
        kinds = ("out_invoice", "in_invoice", "out_refund", "in_refund")
        for kind in kinds:
            self.document(kind)
            self.document(kind, currency_id=currency.id, lines=((3, 33.33), (7, 0.01), (1, 99.99)))
        self.settle()
        self.assertAgree(self.reconcile())
        self.document(lines=(unmapped, untaxed, (1, 10.0)))
        self.document(lines=(unmapped, elsewhere), currency_id=currency.id)
        self.document("in_invoice", currency_id=currency.id)
        self.drain()
        report = self.reconcile()
        self.assertTies(report)
        [row] = report.month_total_ids.filtered(lambda row: row.tax_name == "No Xero tax rate chosen")
        foreign = currency._convert(80.0, self.company.currency_id, self.company, fields.Date.to_date("2026-03-01"))
        self.assertAlmostEqual(row.odoo_amount, 80.0 + foreign, 1)
        self.assertAlmostEqual(row.odoo_tax, 0.39 * (80.0 + foreign), 1)
        self.assertIn("No Xero account chosen", report.month_total_ids.mapped("account_name"))
        bought = report.month_total_ids.filtered(lambda row: row.document_type == "ACCPAY")
        self.assertLess(max(bought.mapped("odoo_amount")), 0, "what is bought lowers the result")
        report.month_total_ids.sudo().document_type = False
        report.sudo().is_tied = False
        self.assertNotIn("Invoices", report.results_table or "", "a report of an earlier version has no kinds")

    def test_settled_books_agree(self):
        moves = [self.document(partner=self.new_partner()) for _number in range(6)]
        bill, note = self.document("in_invoice"), self.document("out_refund", partner=moves[3].partner_id)
        second, credit = self.document(partner=moves[2].partner_id), self.document("in_refund", lines=((1, 7),))
        self.settle()
        self.pay_in_xero(moves[0], amount=10)
        self.pay_in_xero(moves[0], amount=20)
        self.pay_in_xero(moves[1])
        over = self.person("overpay", invoice=moves[2].xero_invoice_id, excess=25.5, account="090")
        self.person("allocate", overpayment=over["OverpaymentID"], invoice=second.xero_invoice_id, amount=10)
        before = self.prepay(moves[4].partner_id, 60)
        self.person("allocate", prepayment=before, invoice=moves[4].xero_invoice_id, amount=40)
        self.pay_in_xero(moves[5], date="2026-05-04", amount=33.33)
        self.person("allocate", credit_note=credit.xero_invoice_id, invoice=bill.xero_invoice_id, amount=3)
        self.person("allocate", credit_note=note.xero_invoice_id, invoice=moves[3].xero_invoice_id, amount=30)
        self.pay_in_xero(bill, amount=5)
        self.pay_in_xero(note, amount=4)
        self.settle()
        self.assertResidual(moves[0], moves[0].amount_total - 30)
        self.assertSameDue(*moves, second, bill, credit)
        self.connection.period_lock_date = "2026-03-31"
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(
            sum(report.document_total_ids.filtered(lambda row: row.document_type == "ADVANCE").mapped("odoo_due")),
            -(25.5 - 10) - (60 - 40),
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
        self.document()
        theirs = self.document(company_id=branch.id)
        self.assertEqual(theirs.company_id, branch)
        self.settle()
        self.pay_in_xero(moves[0], amount=50, rate=0.9)
        self.pay_in_xero(moves[1], rate=0.7)
        self.settle()
        self.assertResidual(moves[1], 0)
        self.assertTrue(moves[1].line_ids.full_reconcile_id.partial_reconcile_ids.exchange_move_id, "a realised gain")
        report = self.reconcile()
        self.assertAgree(report)
        self.assertIn("AUD", report.document_total_ids.mapped("currency_code"))
        self.assertTrue(theirs.xero_invoice_id)
        self.assertEqual(sum(report.document_total_ids.mapped("odoo_count")), 5)

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
