"""Bank statement lines of Odoo as money spent and received in Xero."""

from odoo import Command
from odoo.tests import tagged

from .common.bank import BankCommon


@tagged("post_install", "-at_install")
class TestBankOut(BankCommon):
    switches = {"send_bank": True}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fees = cls.company_data["default_account_expense"].copy({"code": "6404", "name": "Fees"})

    def setUp(self):
        super().setUp()
        self.map_code("404", self.fees)
        self.row.direction = "odoo_to_xero"
        self.vendor = self.env["res.partner"].create({"name": "Our Bank"})

    def code(self, line, *items):
        """Say what the money of ``line`` was for, as a person does: pairs (account, balance), or values of an item."""
        items = [item if isinstance(item, dict) else {"account_id": item[0].id, "balance": item[1]} for item in items]
        bank = line.move_id.line_ids.filtered(lambda item: item.account_id == line.journal_id.default_account_id)
        line.with_context(force_delete=True, skip_readonly_check=True).write(
            {
                "line_ids": [
                    *(Command.delete(item.id) for item in line.move_id.line_ids - bank),
                    *(Command.create({"name": "Fee", "partner_id": self.vendor.id, **item}) for item in items),
                ]
            }
        )
        self.env.flush_all()

    def spent(self, amount=-12.5, *items):
        line = self.statement_line(amount, partner_id=self.vendor.id)
        self.code(line, *(items or [(self.fees, -amount)]))
        return line.move_id

    def money_in_xero(self, status="AUTHORISED"):
        return [row for row in self.read("BankTransactions") if row["Status"] == status]

    def test_a_coded_line_is_money_spent_once(self):
        undecided = self.statement_line(-99.0, partner_id=self.vendor.id)
        move = self.spent()
        self.drain()
        [element] = self.money_in_xero()
        self.assertEqual(
            (element["Type"], float(element["Total"]), element["Reference"], element["BankAccount"]["Code"]),
            ("SPEND", 12.5, "By hand", "090"),
        )
        self.assertEqual([line["AccountCode"] for line in element["LineItems"]], ["404"])
        self.assertEqual(move.xero_sync_state, "synced")
        self.assertIn("ViewTransaction", move.with_context(lang="en_US").xero_url)
        self.assertEqual(undecided.move_id.xero_sync_state, "not_synced")
        self.connection.write({"sync_bank": True})
        lines = self.env["account.bank.statement.line"].search_count([])
        self.poll("BankTransaction")
        self.drain()
        self.assertEqual(len(self.money_in_xero()), 1)
        self.assertEqual(self.env["account.bank.statement.line"].search_count([]), lines, "it is not taken for new")
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))

    def test_what_stands_beside_it_in_a_list_comes_in(self):
        self.connection.sync_bank = True
        self.map_bank(self.connection, "091", journal_id=self.second_bank.id)
        self.spent()
        self.drain()
        element = self.spend(self.line("10"), account="091")
        self.poll("BankTransaction")
        self.assertEqual(len(self.money_in_xero()), 2)
        self.assertEqual(self.entry_of(element).journal_id, self.second_bank)

    def test_what_a_payment_has_outstanding_is_not_spent_again(self):
        outstanding = self.fees.copy(
            {"code": "1019", "name": "Outstanding", "account_type": "asset_current", "reconcile": True}
        )
        self.bank.outbound_payment_method_line_ids[:1].payment_account_id = outstanding
        move = self.spent(-12.5, (outstanding, 12.5))
        self.drain()
        self.assertEqual((self.money_in_xero(), move.xero_sync_state), ([], "not_synced"))

    def test_money_received_and_taxed_is_what_xero_computes(self):
        tax = self.add_tax(15, "purchase", "INPUT2")
        parts = tax.invoice_repartition_line_ids
        base, part = parts.sorted(lambda part: part.repartition_type == "tax")
        items = [
            {"account_id": self.fees.id, "balance": 100.0, "tax_ids": tax.ids, "tax_tag_ids": base.tag_ids.ids},
            {
                "account_id": part.account_id.id,
                "balance": 15.0,
                "tax_repartition_line_id": part.id,
                "tax_tag_ids": part.tag_ids.ids,
            },
        ]
        good = self.spent(-115.0, *items)
        items[0]["balance"], items[1]["balance"] = 100.0, 14.0
        bad = self.spent(-114.0, *items)
        self.drain()
        [element] = self.money_in_xero()
        self.assertEqual((float(element["Total"]), float(element["TotalTax"])), (115.0, 15.0))
        self.assertEqual(good.xero_sync_state, "synced")
        self.assertEqual(bad.xero_sync_state, "failed")
        self.assertIn("tax", str(bad.xero_sync_message))

    def test_edits_and_removals_follow(self):
        move = self.spent()
        self.drain()
        move.line_ids.filtered(lambda line: line.account_id == self.fees).name = "Bank charges"
        self.drain()
        [element] = self.money_in_xero()
        self.assertEqual(element["LineItems"][0]["Description"], "Bank charges")
        move.statement_line_id.action_undo_reconciliation()
        self.drain()
        self.assertFalse(self.money_in_xero())
        self.assertEqual(len(self.money_in_xero("DELETED")), 1)
        self.code(move.statement_line_id, (self.fees, 12.5))
        self.drain()
        self.assertEqual(len(self.money_in_xero()), 1)
        self.person("reconcile", bank_transaction=self.money_in_xero()[0]["BankTransactionID"])
        move.statement_line_id.action_undo_reconciliation()
        self.drain()
        self.assertIn("reconciled", str(move.xero_sync_message))
        self.assertEqual(len(self.money_in_xero()), 1)

    def test_a_lost_answer_is_looked_up(self):
        self.simulator.fault("drop_after", method="PUT", resource="BankTransactions", count=3)
        move = self.spent()
        self.drain()
        self.env.cr.execute("UPDATE xero_sync_batch SET started_at = started_at - interval '7 minutes'")
        self.simulator.clear_faults()
        self.resume()
        self.drain()
        self.assertEqual(len(self.money_in_xero()), 1)
        self.assertEqual(move.xero_sync_state, "synced")

    def test_what_came_from_xero_never_goes_back(self):
        self.row.direction = "xero_to_odoo"
        self.connection.sync_bank = True
        element = self.spend(self.line("10"))
        self.poll("BankTransaction")
        move = self.entry_of(element)
        self.row.direction = "odoo_to_xero"
        move.line_ids.filtered(lambda line: line.account_id == self.fees).name = "Changed"
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertEqual(len(self.money_in_xero()), 1)

    def test_nothing_goes_without_the_setting_or_before_it(self):
        self.connection.send_bank = False
        self.spent()
        self.drain()
        self.assertFalse(self.money_in_xero())

    def test_a_consent_without_the_permission_parks_only_this(self):
        self.credential.scopes = "accounting.invoices accounting.payments accounting.contacts accounting.settings.read"
        move, invoice = self.spent(), self.make_move()
        self.drain()
        self.assertFalse(self.money_in_xero())
        self.assertEqual((move.xero_sync_state, invoice.xero_sync_state), ("not_synced", "synced"))
