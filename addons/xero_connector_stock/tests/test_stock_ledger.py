"""Cost of sales and stock of every cost method and valuation, over HTTP, against Xero's own trial balance."""

from datetime import date
from pathlib import Path

from odoo.addons.xero_connector.xero_api import codec
from odoo.tests import tagged
from odoo.tools import SQL

from .stock_common import StockCommon

GOLDEN = Path(__file__).parent / "golden"


@tagged("post_install", "-at_install")
class TestStockLedger(StockCommon):
    def test_books_agree_after_each_step(self):
        """Receipts, bills, deliveries, invoices, refunds, returns, scrap, losses, new prices, closings."""
        for (method, valuation), product in self.products.items():
            with self.subTest(method=method, valuation=valuation):
                self._live_a_year(product)

    def _live_a_year(self, product):
        first, second = f"{product.name} 1", f"{product.name} 2"
        steps = (
            lambda: (self.receive(product, 10, 9.0), self.paper("in_invoice", product, 10, 9.0, ref=first)),
            lambda: (self.receive(product, 5, 12.34), self.paper("in_invoice", product, 5, 12.34, ref=second)),
            lambda: (self.deliver(product, 7), self.paper("out_invoice", product, 7, 25.0)),
            # A refund, with and without goods that come back.
            lambda: self.paper("out_refund", product, 2, 25.0),
            lambda: self.move_goods(product, 1, self.at_customer, self.shelf),
            lambda: self.move_goods(product, 1, self.shelf, self.at_vendor),
            # What is scrapped and what is missing.
            lambda: self.move_goods(product, 1, self.shelf, self.at_loss),
            lambda: product.write({"standard_price": 11.11}),
            self.close,
        )
        for step in steps:
            step()
            self.collect()
            self.assertBooksAgree()

    def test_one_journal_holds_all_of_a_month(self):
        product = self.products["average", "real_time"]
        self.receive(product, 100, 10.0)
        for _number in range(4):
            self.paper("out_invoice", product, 3, 25.0, day="2026-03-05")
        self.collect()
        [journal] = self.journals(date_from="2026-03-01")
        self.assertEqual((journal.name, str(journal.date), journal.kind), ("STOCK/2026-03", "2026-03-31", "period"))
        self.assertEqual((journal.state, journal.xero_sync_state), ("over", "synced"), journal.xero_sync_message)
        self.assertEqual((journal.line_count, journal.debit), (8, 120.0))
        element = self.in_xero(journal)
        lines = {line["AccountCode"]: line["LineAmount"] for line in element["JournalLines"]}
        self.assertEqual(lines, {"310": 120, "620": -120})
        self.assertTrue(element["Narration"].startswith("Stock and cost of sales of 03/2026 "), element["Narration"])
        self.assertEqual(self.simulator.calls(self.tenant)["PUT", "ManualJournals"], 1)
        self.assert_golden(journal)
        # The comparison of both ledgers knows that Xero has them.
        amounts = self.env["xero.ledger"]._amounts(self.connection, date(2026, 3, 31))
        accounts = (self.stock_account.id, self.cost_account.id)
        causes = {cause for (account, cause), amount in amounts.items() if account in accounts and amount}
        self.assertEqual(causes, {None})
        opened = journal.action_open_lines()
        sources = self.env["xero.period.line"].search(opened["domain"])
        self.assertEqual(len(sources), 8)
        self.assertEqual(sources[0].action_open_document()["res_model"], "account.move")

    def assert_golden(self, journal):
        """What is sent, but for the marks, is as recorded."""
        [recorded] = codec.loads((GOLDEN / "stock_journal.json").read_bytes())["ManualJournals"]
        mapper = self.env["xero.mapper"]._for_type("PeriodJournal")
        payload = mapper._prepare(journal, self.connection)[journal.id].payload
        title, _blank, mark = payload["Narration"].rpartition(" ")
        self.assertRegex(mark, rf"^periodjournal-[0-9a-f]{{8}}-{journal.id}$")
        self.assertEqual(title, recorded["Narration"].rpartition(" ")[0])
        same = {"Narration": recorded["Narration"], "Url": recorded["Url"]}
        self.assertEqual(codec.loads(codec.dumps({**payload, **same})), recorded)

    def test_an_account_that_takes_no_journals_is_told_with_the_way_out(self):
        # It was of another type when it was chosen.
        self.xero_account("620").type = "INVENTORY"
        self.paper("out_invoice", self.products["average", "real_time"], 1, 25.0, day="2026-03-05")
        calls = self.simulator.calls(self.tenant).get(("PUT", "ManualJournals"))
        self.collect()
        [journal] = self.journals()
        self.assertEqual(journal.xero_sync_state, "failed")
        self.assertIn("Current Asset", journal.xero_sync_message)
        self.assertIn(self.stock_account.name, journal.xero_sync_message)
        self.assertEqual(self.simulator.calls(self.tenant).get(("PUT", "ManualJournals")), calls)
        self.xero_account("620").type = "CURRENT"
        self.collect()
        journal.action_xero_sync()
        self.drain()
        self.assertEqual(journal.xero_sync_state, "synced", journal.xero_sync_message)

    def test_what_comes_to_nothing_is_not_sent(self):
        product = self.products["average", "real_time"]
        invoice = self.paper("out_invoice", product, 1, 25.0, day="2026-03-05")
        refund = self.paper("out_refund", product, 1, 25.0, day="2026-03-06")
        self.assertTrue((invoice | refund).line_ids.filtered(lambda line: line.display_type == "cogs"))
        self.collect()
        [journal] = self.journals()
        self.assertEqual((journal.state, journal.xero_sync_state), ("nothing", "not_synced"))
        self.assertFalse(self.simulator.documents(self.tenant, "ManualJournals"))

    def test_entries_of_the_stock_journal_do_not_go_alone(self):
        self.connection.sync_journals = True
        entry = self.make_entry([(self.stock_account, 50), (self.variation_account, -50)], journal=self.stock_journal)
        self.collect()
        self.assertFalse(self.job_of(entry))
        scope = self.connection._scope(self.company.id)
        self.assertIn("Stock Journals", entry._xero_refusal(scope))
        self.assertEqual(self.journals().total_ids.mapped("balance"), [50, -50])
        with self.assertRaisesRegex(Exception, "one by one"):
            self.connection.entry_journal_ids += self.stock_journal

    def test_ten_thousand_cost_lines_take_as_many_queries_as_ten(self):
        product = self.products["average", "real_time"]
        self.receive(product, 10000, 10.0)
        self._spent(5, "2026-02-05", product)
        few = self._spent(5, "2026-03-05", product)
        many = self._spent(5000, "2026-04-05", product)
        self.assertEqual(many, few)
        [journal] = self.journals(date_from="2026-04-01")
        self.assertEqual((journal.line_count, journal.debit), (10000, 50000))
        self.assertEqual(journal.xero_sync_state, "synced", journal.xero_sync_message)

    def _spent(self, count, day, product):
        """Return the statements of collecting and sending ``count`` sales of a day."""
        line = {"product_id": product.id, "quantity": 1, "price_unit": 25.0, "tax_ids": []}
        invoice = self.make_move("out_invoice", [line], invoice_date=day)
        self.drain()
        # As many cost lines, without the hours of entering them.
        columns = [name for name, field in invoice.line_ids._fields.items() if field.store and field.column_type]
        columns = SQL(", ").join(SQL.identifier(name) for name in columns if name != "id")
        self.env.cr.execute(
            SQL(
                "INSERT INTO account_move_line (%s) SELECT %s FROM account_move_line, generate_series(2, %s) "
                "WHERE move_id = %s AND display_type = 'cogs'",
                columns,
                columns,
                count,
                invoice.id,
            )
        )
        self.env["xero.task.stock"]._enqueue_all()
        self.env.flush_all()
        before = self.cr.sql_log_count
        self.drain()
        return self.cr.sql_log_count - before
