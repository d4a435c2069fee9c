from odoo.tests import tagged
from odoo.tests.common import BaseCase

from ..models.mapping.suggest_journal import BankFacts, JournalFacts, suggest_journal
from .common.payment import PaymentCommon


def journal(name="Bank", code="BNK1", number="", currency="USD", kind="bank", account_name="Bank"):
    return JournalFacts(name, code, number, currency, kind, account_name)


@tagged("post_install", "-at_install")
class TestSuggestJournal(BaseCase):
    def suggest(self, bank, *journals, only=False):
        found = suggest_journal(BankFacts(*bank), list(journals), only)
        return found and (found.index, found.reason, found.sure)

    def test_the_account_number_decides(self):
        bank = ("Bank", "090", "06-2000 1234 5678", "USD")
        self.assertEqual(self.suggest(bank, journal(), journal("Other", number="62000 12345678")), (1, "number", True))

    def test_short_numbers_prove_nothing(self):
        self.assertIsNone(self.suggest(("Main", "090", "5678", "USD"), journal("A", number="125678"), journal("B")))

    def test_names_without_case_and_accents(self):
        found = self.suggest(("Éxito  Bank", "1", "", "USD"), journal("A"), journal("exito bank"))
        self.assertEqual(found, (1, "name", True))

    def test_the_only_journal_of_a_currency(self):
        journals = journal("A"), journal("Till", kind="cash"), journal("B", currency="EUR")
        self.assertEqual(self.suggest(("Main", "1", "", "USD"), *journals, only=True), (0, "only", True))
        self.assertEqual(self.suggest(("Main", "1", "", "USD"), *journals), (0, "only", False))

    def test_another_currency_never_fits(self):
        self.assertIsNone(self.suggest(("Bank", "1", "123456789", "NZD"), journal(number="123456789")))

    def test_two_that_fit_alike_are_no_suggestion(self):
        self.assertIsNone(self.suggest(("Main", "1", "", "USD"), journal("A"), journal("B")))

    def test_similar_names_wait_for_a_person(self):
        found = self.suggest(
            ("Westpac Business Cheque", "1", "", "USD"), journal("Westpac Business Check"), journal("X")
        )
        self.assertEqual(found, (0, "similar", False))


@tagged("post_install", "-at_install")
class TestMappingJournal(PaymentCommon):
    def test_connecting_makes_rows_with_suggestions(self):
        rows = self.connection.journal_mapping_ids
        self.assertEqual(set(rows.mapped("xero_account_id.type")), {"BANK"})
        self.assertIn("090", rows.mapped("xero_account_id.code"))

    def test_reading_again_keeps_what_a_person_chose(self):
        other = self.bank.copy()
        self.row.journal_id = other
        self.connection.action_pull()
        self.assertRecordValues(self.row, [{"journal_id": other.id, "state": "confirmed"}])

    def test_payments_through_other_accounts_are_asked_about(self):
        move = self.pushed()
        self.pay_in_xero(move, account="880")
        self.poll("Payment")
        job = self.failed_fetch()
        row = self.env["xero.mapping.journal"].browse(job.fix_action["res_id"])
        self.assertEqual(row.xero_account_id.code, "880")
        row.journal_id = self.bank.copy({"type": "bank", "name": "Owner"})
        self.drain()
        self.assertResidual(move, 0)

    def test_a_journal_is_suggested_once(self):
        rows = self.connection.journal_mapping_ids
        self.assertGreater(len(rows), 2)
        rows.sudo().write({"state": "missing", "journal_id": False})
        for _again in range(2):
            self.env["xero.mapping.journal"]._refresh(self.connection)
            journals = rows.filtered("journal_id").mapped("journal_id.id")
            self.assertTrue(journals)
            self.assertEqual(len(journals), len(set(journals)))

    def test_a_journal_that_a_person_chose_is_suggested_for_no_other_account(self):
        rows = self.connection.journal_mapping_ids
        others = rows - self.row
        others.sudo().write({"state": "missing", "journal_id": False})
        self.row.journal_id = self.bank
        self.env["xero.mapping.journal"]._refresh(self.connection)
        self.assertNotIn(self.bank, others.journal_id)
        new = (
            self.env["xero.account"]
            .sudo()
            .create(
                {
                    "connection_id": self.connection.id,
                    "xero_id": "bank-9",
                    "code": "099",
                    "name": self.bank.name,
                    "type": "BANK",
                    "status": "ACTIVE",
                }
            )
        )
        self.assertNotEqual(self.env["xero.mapping.journal"]._ensure(self.connection, new).journal_id, self.bank)

    def test_one_way_for_a_journal(self):
        self.row.direction = "odoo_to_xero"
        self.assertEqual(self.env["xero.mapping.journal"]._outgoing_journal_ids(), {self.bank.id})
        self.row.direction = "xero_to_odoo"
        self.assertFalse(self.env["xero.mapping.journal"]._outgoing_journal_ids())
