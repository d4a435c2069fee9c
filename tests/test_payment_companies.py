from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common.payment import PaymentCommon


class CompaniesCommon(PaymentCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company(name="Second company")
        # Set afterwards: a country given at once asks for its own chart of accounts.
        cls.other["company"].country_id = cls.env.ref("base.us")
        cls.second = cls.env["xero.connection"].create(
            {
                "company_id": cls.other["company"].id,
                "credential_id": cls.credential.id,
                "sync_from": "2019-01-01",
            }
        )

    def setUp(self):
        super().setUp()
        self.second_tenant = self.add_organisation(**{**self.organisation, "Name": "Second organisation"})
        self.connect(self.second, self.second_tenant)
        account = self.env["xero.account"].search([("connection_id", "=", self.second.id), ("code", "=", "090")])
        self.second_row = self.env["xero.mapping.journal"]._ensure(self.second, account)
        self.second_row.journal_id = self.other["default_journal_bank"]

    def make_second(self):
        move = (
            self.env["account.move"]
            .with_company(self.other["company"])
            .create(
                {
                    "move_type": "out_invoice",
                    "company_id": self.other["company"].id,
                    "journal_id": self.other["default_journal_sale"].id,
                    "partner_id": self.partner_b.id,
                    "invoice_date": "2026-03-10",
                    "invoice_line_ids": [
                        (
                            0,
                            0,
                            {
                                "name": "Line",
                                "account_id": self.other["default_account_revenue"].id,
                                "price_unit": 70.0,
                                "tax_ids": [],
                            },
                        )
                    ],
                }
            )
        )
        move.action_post()
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        return move


@tagged("post_install", "-at_install")
class TestPayCompanies(CompaniesCommon):
    def test_each_company_books_its_own_payments(self):
        mine, theirs = self.pushed(), self.make_second()
        element = self.pay_in_xero(mine)
        self.simulator.control(
            f"/organisations/{self.second_tenant}/act/pay", invoice=theirs.xero_invoice_id, amount="20"
        )
        for connection in self.connection | self.second:
            self.env["xero.sync.job"]._enqueue_poll(connection, "Payment")
        self.drain()
        self.assertEqual(self.payment_of(element).company_id, self.company)
        self.assertResidual(mine, 0)
        self.assertResidual(theirs, theirs.amount_total - 20, "partial")
        payment = self.env["account.payment"].search([("company_id", "=", self.other["company"].id)])
        self.assertRecordValues(payment, [{"journal_id": self.other["default_journal_bank"].id, "amount": 20.0}])

    def test_a_journal_of_another_company_cannot_be_chosen(self):
        with self.assertRaises(ValidationError):
            self.row.journal_id = self.other["default_journal_bank"]

    def test_people_see_and_change_only_what_is_theirs(self):
        user = new_test_user(
            self.env,
            "xero_pay_user",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        rows = self.env["xero.mapping.journal"].with_user(user).search([])
        self.assertIn(self.row, rows)
        self.assertNotIn(self.second_row, rows)
        with self.assertRaises(AccessError):
            self.row.with_user(user).direction = "none"
        with self.assertRaises(AccessError):
            self.env["xero.payment.part"].with_user(user).create(
                {"connection_id": self.connection.id, "company_id": self.company.id}
            )

    def test_an_accountant_registers_what_goes_to_xero(self):
        """Whoever may register payments needs no rights on Xero's own records for it."""
        self.row.direction = "odoo_to_xero"
        user = new_test_user(
            self.env,
            "xero_pay_user",
            "account.group_account_invoice",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        move = self.pushed()
        wizard = (
            self.env["account.payment.register"]
            .with_user(user)
            .with_context(active_model="account.move", active_ids=move.ids)
        )
        wizard.create({"journal_id": self.bank.id})._create_payments()
        self.drain()
        self.assertSameDue(move)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Payments")), 1)
