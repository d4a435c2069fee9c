"""Payments in Xero that say they are ours: their mark is read by people on statements, so anybody can copy it."""

from odoo.tests import tagged

from .test_payment_companies import TestPayCompanies
from .test_payment_out import OutgoingCommon


class StrangePayments(OutgoingCommon):
    def stranger_pays(self, move, part, amount):
        """Another program pays ``move`` in Xero, and says that the payment is ``part``."""
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return self.write_in_xero(
            "Payments",
            {
                "Invoice": {"InvoiceID": move.xero_invoice_id},
                "Account": {"Code": "090"},
                "Amount": amount,
                "Date": "2026-03-20",
                "Reference": f"Wire odoo-{uuid[:8]}-{part.id}",
            },
        )

    def ids_of(self, part):
        """Return the ids in Xero that stand for ``part``, in any organisation."""
        links = self.env["xero.link"].sudo().search([("res_model", "=", part._name), ("res_id", "=", part.id)])
        return [link.xero_id for link in links if link.xero_id]

    def read_back(self):
        self.poll()
        self.drain()

    def assertBookedLikeAnyOther(self, element, part, payment):
        """It is Xero's own payment, and its end is the end of nothing else."""
        before = self.ids_of(part)
        self.read_back()
        self.assertEqual(self.payment_of(element).amount, 5)
        self.person("undo_payment", payment=element["PaymentID"])
        self.read_back()
        self.assertEqual(self.payment_of(element).state, "canceled")
        self.assertEqual(self.ids_of(part), before)
        self.assertNotIn(payment.state, ("draft", "canceled"))


@tagged("post_install", "-at_install")
class TestPayStrange(StrangePayments):
    def test_the_mark_of_a_payment_that_is_in_xero(self):
        paid, other = self.pushed(), self.pushed()
        payment = self.register(paid)
        self.drain()
        part = self.parts_of(payment)
        self.assertEqual(len(self.ids_of(part)), 1)
        self.row.direction = "xero_to_odoo"
        self.assertBookedLikeAnyOther(self.stranger_pays(other, part, 5), part, payment)
        self.assertSameDue(paid, other)

    def test_the_mark_of_a_payment_that_was_never_sent(self):
        move = self.pushed()
        self.row.direction = "xero_to_odoo"
        payment = self.register(move, amount=5)
        self.drain()
        part = self.env["xero.payment.part"].sudo().create(
            {
                "connection_id": self.connection.id,
                "company_id": self.company.id,
                "entry_id": payment.move_id.id,
                "document_id": move.id,
                "journal_id": self.bank.id,
                "amount": 5,
                "date": "2026-03-20",
            }
        )
        self.assertBookedLikeAnyOther(self.stranger_pays(move, part, 5), part, payment)


@tagged("post_install", "-at_install")
class TestPayStrangeCompany(StrangePayments, TestPayCompanies):
    def test_the_mark_of_another_company_s_payment(self):
        mine, theirs = self.pushed(), self.make_second()
        self.second_row.direction = "odoo_to_xero"
        self.row.direction = "xero_to_odoo"
        payment = self.register(theirs, journal_id=self.other["default_journal_bank"].id)
        self.drain()
        part = self.parts_of(payment)
        self.assertEqual(len(self.ids_of(part)), 1)
        self.assertBookedLikeAnyOther(self.stranger_pays(mine, part, 5), part, payment)
