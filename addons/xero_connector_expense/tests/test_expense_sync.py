"""Expenses that the company paid, as money spent in Xero."""

from odoo.tests import tagged

from .expense_common import ExpenseCommon


@tagged("post_install", "-at_install")
class TestExpenseSync(ExpenseCommon):
    def test_the_card_of_the_company_is_money_spent_once(self):
        hotel, dinner = self.paid(vendor_id=self.vendor.id), self.paid(52.17, name="Lunch")
        self.drain()
        self.assertSynced(hotel | dinner)
        found = {row["Reference"]: row for row in self.money_in_xero()}
        first, second = found["Anna Able: Dinner"], found["Anna Able: Lunch"]
        self.assertEqual((first["Type"], first["BankAccount"]["Code"]), ("SPEND", "090"))
        self.assertEqual((float(first["Total"]), float(first["TotalTax"])), (115.0, 15.0))
        self.assertEqual((first["Contact"]["Name"], second["Contact"]["Name"]), ("Harbour Hotel", "Various Vendors"))
        self.assertEqual(float(second["Total"]), 52.17)
        self.assertEqual([line["Description"] for line in first["LineItems"]], ["Anna Able: Dinner"])
        self.assertIn("ViewTransaction", hotel.with_context(lang="en_US").xero_url)
        # Neither the sweep, nor a person, nor what is read back sends or books anything again.
        self.connection.write({"sync_bank": True, "send_bank": True, "send_overpayments": True})
        entries = self.env["account.move"].search_count([])
        self.env["xero.sync.runner"]._sweep()
        hotel.action_xero_sync()
        self.poll("BankTransaction")
        self.drain()
        self.assertEqual(len(self.money_in_xero()), 2)
        self.assertEqual(self.env["account.move"].search_count([]), entries)
        self.assertFalse(self.open_work())

    def test_what_the_bank_statement_settles_is_not_spent_again(self):
        self.connection.send_bank = True
        expense = self.paid(100, taxes=self.env["account.tax"])
        self.drain()
        payment = expense.account_move_id.origin_payment_id
        line = self.statement_line(-100.0)
        bank, suspense = line.move_id.line_ids.sorted(lambda item: item.account_id == self.card.suspense_account_id)
        self.assertEqual(bank.account_id, self.card.default_account_id)
        line.with_context(force_delete=True, skip_readonly_check=True).write(
            {"line_ids": [(1, suspense.id, {"account_id": payment.outstanding_account_id.id})]}
        )
        outstanding = expense.account_move_id.line_ids.filtered(
            lambda item: item.account_id == payment.outstanding_account_id
        )
        (suspense | outstanding).reconcile()
        self.assertTrue(outstanding.reconciled)
        self.drain()
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertEqual(len(self.money_in_xero()), 1)
        self.assertEqual(line.move_id.xero_sync_state, "not_synced", line.move_id.xero_sync_message)
        self.assertFalse(self.open_work())

    def test_without_vendor_or_contact_it_says_what_to_do(self):
        self.connection.expense_partner_id = False
        expense = self.paid()
        self.drain()
        self.assertEqual(expense.xero_sync_state, "failed")
        self.assertIn("names no vendor", str(expense.xero_sync_message))
        self.assertFalse(self.money_in_xero())
        self.connection.expense_partner_id = self.various
        self.drain()
        self.assertSynced(expense)

    def test_other_currencies(self):
        """The bank account says in which currency the money is in Xero."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        abroad = self.paid(100.0, currency_id=euro.id, total_amount=112.34)
        self.map_bank(self.connection, "092", journal_id=self.aussie_bank.id, direction="odoo_to_xero")
        aussie = self.paid(
            57.5,
            currency_id=self.env.ref("base.AUD").id,
            total_amount=50.0,
            payment_method_line_id=self.aussie_bank.outbound_payment_method_line_ids[:1].id,
        )
        neither = self.paid(
            10.0,
            currency_id=euro.id,
            total_amount=12.0,
            payment_method_line_id=self.aussie_bank.outbound_payment_method_line_ids[:1].id,
        )
        self.drain()
        self.assertSynced(abroad | aussie)
        found = {row["BankAccount"]["Code"]: row for row in self.money_in_xero()}
        self.assertEqual((float(found["090"]["Total"]), found["090"]["CurrencyCode"]), (112.34, "USD"))
        balances = {line.account_id: line.balance for line in abroad.account_move_id.line_ids}
        self.assertAlmostEqual(float(found["090"]["SubTotal"]), balances[self.company_data["default_account_expense"]])
        self.assertEqual((float(found["092"]["Total"]), found["092"]["CurrencyCode"]), (57.5, "AUD"))
        self.assertAlmostEqual(float(found["092"]["CurrencyRate"]), 1.15)
        self.assertEqual(neither.xero_sync_state, "failed")
        self.assertIn("keeps money in the currency of its account", str(neither.xero_sync_message))

    def test_a_tax_that_xero_would_not_compute_is_refused(self):
        expense = self.paid()
        entry = expense.account_move_id
        entry.button_draft()
        tax, cost = entry.line_ids.filtered("tax_line_id"), entry.line_ids.filtered("tax_ids")
        edited = entry.with_context(skip_invoice_sync=True, check_move_validity=False)
        edited.write({"line_ids": [(1, tax.id, {"balance": 14.0}), (1, cost.id, {"balance": 101.0})]})
        self.assertEqual((sum(tax.mapped("balance")), sum(entry.line_ids.mapped("balance"))), (14.0, 0.0))
        entry.action_post()
        self.drain()
        self.assertEqual((expense.xero_sync_state, self.money_in_xero()), ("failed", []))
        self.assertIn("another tax than in Odoo", str(expense.xero_sync_message))

    def test_edits_resets_and_reversals_follow(self):
        expense = self.paid()
        self.drain()
        entry = expense.account_move_id
        entry.button_draft()
        self.drain()
        self.assertEqual((expense.xero_sync_state, len(self.money_in_xero())), ("draft", 1))
        self.assertIn(expense, self.env["hr.expense"].search([("xero_sync_state", "=", "draft")]))
        entry.line_ids.filtered("tax_ids").name = "Dinner for two"
        entry.action_post()
        self.drain()
        [element] = self.money_in_xero()
        self.assertEqual(element["LineItems"][0]["Description"], "Dinner for two")
        entry.origin_payment_id.action_draft()
        expense.action_reset()
        self.drain()
        self.assertEqual((expense.xero_sync_state, self.money_in_xero()), ("gone", []))
        expense.action_submit()
        expense._do_approve(check=False)
        self.post(expense)
        self.drain()
        self.assertSynced(expense)
        self.assertEqual(len(self.money_in_xero()), 1)
        expense.account_move_id._reverse_moves(cancel=True)
        self.drain()
        self.assertEqual((expense.xero_sync_state, self.money_in_xero()), ("gone", []))
        self.assertEqual(len(self.money_in_xero("DELETED")), 2)

    def test_refused_expenses_leave_xero(self):
        expense = self.paid()
        self.drain()
        expense.account_move_id.origin_payment_id.action_draft()
        expense._do_refuse("No receipt")
        self.drain()
        self.assertEqual((expense.state, expense.xero_sync_state), ("refused", "gone"))
        self.assertFalse(self.money_in_xero())
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertFalse(self.money_in_xero())

    def test_what_is_reconciled_in_xero_stays(self):
        expense = self.paid()
        self.drain()
        self.person("reconcile", bank_transaction=self.money_in_xero()[0]["BankTransactionID"])
        expense.account_move_id.origin_payment_id.action_draft()
        expense.action_reset()
        self.drain()
        self.assertEqual((expense.xero_sync_state, len(self.money_in_xero())), ("failed", 1))
        self.assertIn("reconciled", str(expense.xero_sync_message))

    def test_a_lost_answer_is_looked_up(self):
        self.simulator.fault("drop_after", method="PUT", resource="BankTransactions", count=3)
        expense = self.paid()
        self.drain()
        self.env.cr.execute("UPDATE xero_sync_batch SET started_at = started_at - interval '7 minutes'")
        self.simulator.clear_faults()
        self.resume()
        self.drain()
        self.assertEqual(len(self.money_in_xero()), 1)
        self.assertSynced(expense)

    def test_what_people_delete_in_xero_is_told(self):
        expense = self.paid()
        self.drain()
        self.connection.sync_bank = True
        self.person("delete_bank_money", bank_transaction=self.money_in_xero()[0]["BankTransactionID"])
        self.poll("BankTransaction")
        self.assertEqual((expense.xero_sync_state, expense.state), ("gone", "paid"))
        # What a person deleted there does not come back by itself.
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertFalse(self.money_in_xero())

    def test_switch_permission_and_first_day(self):
        scope = self.env["xero.connection"]._scope
        self.connection.sync_company_expenses = False
        expense = self.paid()
        self.drain()
        self.assertFalse(self.job_of(expense))
        self.assertIn("switched off", str(expense._xero_refusal(scope(self.company.id))))
        self.connection.sync_company_expenses = True
        consent, self.credential.scopes = self.credential.scopes, "accounting.invoices accounting.contacts"
        self.assertIn("accounting.banktransactions", str(expense._xero_refusal(scope(self.company.id))))
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertFalse(self.job_of(expense))
        self.credential.scopes = consent
        self.connection.sync_from = "2026-03-11"
        self.env["xero.sync.runner"]._sweep()
        self.assertFalse(self.job_of(expense))
        self.connection.sync_from = "2026-03-10"
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertSynced(expense)

    def test_the_ledgers_agree_on_it(self):
        expense = self.paid()
        day = expense.account_move_id.date
        ledger = self.env["xero.ledger"]
        before = {cause for _account, cause in ledger._amounts(self.connection, day)}
        self.assertIn(("payments", None), before)
        self.drain()
        after = {cause for _account, cause in ledger._amounts(self.connection, day)}
        self.assertNotIn(("payments", None), after)
        outstanding = expense.account_move_id.origin_payment_id.outstanding_account_id
        [pair] = [pair for pair in ledger._pairs(self.connection, outstanding.ids) if pair[0] == outstanding.id]
        self.assertEqual(pair[1], self.row.xero_account_id.xero_id.lower())

    def test_many_are_one_call_and_no_more_queries(self):
        few, many = self.paid(), self.env["hr.expense"].union(*(self.paid(10.0 + number) for number in range(12)))
        mapper = self.env["xero.mapper"]._for_type("ExpenseTransaction")
        costs = []
        for batch in (few, many, few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            mapper._prepare(batch, self.connection)
            costs.append(self.cr.sql_log_count - start)
        self.assertEqual(costs[2], costs[3])
        self.simulator.reset_stats()
        self.drain()
        self.assertSynced(few | many)
        self.assertEqual(self.simulator.calls(self.tenant)["PUT", "BankTransactions"], 1)
