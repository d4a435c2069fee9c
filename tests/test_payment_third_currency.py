"""A payment through a bank account that is neither in the document's currency nor in the organisation's."""

from odoo.tests import tagged

from .test_payment_out import OutgoingCommon


@tagged("post_install", "-at_install")
class TestThirdCurrency(OutgoingCommon):
    def setUp(self):
        super().setUp()
        self.foreign = self.setup_other_currency("AUD", rates=[("2000-01-01", 1.6)])
        self.account = self.row.xero_account_id.sudo()

    def foreign_bank(self, code):
        """The bank account in Xero is in another currency, and Odoo has read that."""
        self.person("edit_account", code="090", CurrencyCode=code)
        self.account.currency_code = code

    def test_told_before_the_call_and_in_the_preview(self):
        for move_type, currency in (
            ("out_invoice", self.company.currency_id),
            ("in_invoice", self.foreign),
            ("out_refund", self.foreign),
        ):
            with self.subTest(move_type=move_type, currency=currency.name):
                move = self.pushed(move_type, currency_id=currency.id, ref=f"T-{move_type}")
                self.foreign_bank("GBP")
                self.register(move)
                preview = self.env["xero.preview"].browse(self.connection.action_preview_queue()["res_id"])
                [problem] = preview.problem_ids.filtered(lambda problem: problem.severity == "problem")
                self.assertEqual(problem.topic, "bank_currency")
                self.assertIn("GBP", problem.message)
                self.simulator.reset_stats()
                self.drain()
                self.assertFalse(self.simulator.calls(self.tenant))
                part = self.env["xero.payment.part"].search([("document_id", "=", move.id)])
                self.assertIn("GBP", part.xero_sync_message)
                action = part.action_xero_fix()
                self.assertEqual((action["res_model"], action["res_id"]), (self.row._name, self.row.id))
                self.foreign_bank(currency.name)
                self.row.journal_id = self.row.journal_id
                self.drain()
                self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
                self.assertSameDue(move)

    def test_accounts_that_xero_takes(self):
        for currency, bank in ((self.foreign, "AUD"), (self.foreign, "USD"), (self.company.currency_id, "USD")):
            with self.subTest(currency=currency.name, bank=bank):
                self.foreign_bank(bank)
                move = self.pushed(currency_id=currency.id)
                self.register(move)
                self.drain()
                self.assertFalse(self.failed(), self.failed().mapped("failure_detail"))
                self.assertSameDue(move)
