"""Stock journals made from what goods did, where bills are entered in Xero."""

from datetime import timedelta
from decimal import Decimal

from odoo import fields
from odoo.tests import tagged

from .stock_common import StockCommon


@tagged("post_install", "-at_install")
class TestStockMoves(StockCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clearing = cls.env["account.account"].create(
            {"name": "Goods received", "code": "GRNI1", "account_type": "liability_current"}
        )
        today = cls.env["xero.stock.collector"]._today(cls.company)
        cls.connection.write(
            {
                "stock_journals": "moves",
                "stock_clearing_account_id": cls.clearing.id,
                "stock_from": today - timedelta(days=40),
            }
        )

    def map_everything(self, connection):
        super().map_everything(connection)
        self.map_account(self.clearing, "850", connection)

    def worth(self):
        return Decimal(f"{sum(self.company.with_company(self.company).stock_value().values()):.2f}")

    def sent(self):
        """Collect and send, as if somebody asked, and return the balances in Xero."""
        self.collect()
        self.journals().filtered(lambda journal: journal.state == "collecting").action_xero_sync()
        self.drain()
        failed = self.journals().filtered(lambda journal: journal.xero_sync_state == "failed")
        self.assertFalse(failed, failed.mapped("xero_sync_message"))
        return {code: self.xero_balance(code) for code in ("620", "850", "310", "473", "300")}

    def next_day(self):
        """Let the stock have been levelled yesterday, so that it is again."""
        levels = dict(self.connection.stock_levels)
        for kept in levels.values():
            kept["day"] = fields.Date.to_string(fields.Date.to_date(kept["day"]) - timedelta(days=1))
        self.connection.stock_levels = levels

    def test_stock_in_xero_is_what_it_is_worth(self):
        """After each step, whatever the cost method: receipt, sale, returns, scrap, later price, revaluation."""
        self.sent()
        for (method, valuation), product in self.products.items():
            with self.subTest(method=method, valuation=valuation):
                self._live(product)

    def _live(self, product):
        receipt = self.receive(product, 10, 9.0)
        self.receive(product, 5, 12.34)
        self.next_day()
        self.assertEqual(self.sent()["620"], self.worth())
        self.deliver(product, 7)
        self.move_goods(product, 1, self.at_customer, self.shelf)
        self.move_goods(product, 1, self.shelf, self.at_vendor)
        self.move_goods(product, 1, self.shelf, self.at_loss)
        self.next_day()
        self.assertEqual(self.sent()["620"], self.worth())
        # What it really cost is known later.
        receipt.value_manual = 95.5
        self.next_day()
        self.assertEqual(self.sent()["620"], self.worth())
        product.standard_price = 14.0
        self.next_day()
        self.assertEqual(self.sent()["620"], self.worth())

    def test_where_moves_are_booked(self):
        product = self.products["average", "periodic"]
        self.sent()
        self.receive(product, 10, 10.0)
        self.deliver(product, 3)
        self.move_goods(product, 2, self.shelf, self.at_loss)
        self.move_goods(product, 1, self.shelf, self.at_vendor)
        found = self.sent()
        self.assertEqual(found, {"620": 40, "850": -90, "310": 30, "473": 20, "300": 0})
        # Another account for the product is about what it does from now on.
        product.property_account_expense_id = self.variation_account
        self.assertEqual(self.sent(), found)
        # Odoo's own entries are not sent besides.
        self.paper("out_invoice", self.products["average", "real_time"], 1, 25.0)
        self.close()
        self.assertEqual(self.sent(), found)

    def test_another_beginning_levels_nothing_by_itself(self):
        product = self.products["fifo", "periodic"]
        first = self.connection.stock_from
        self.connection.stock_from = fields.Date.add(fields.Date.today(), days=1)
        self.receive(product, 10, 10.0)
        self.sent()
        self.assertFalse(self.journals())
        self.connection.stock_from = first
        self.sent()
        self.next_day()
        found = self.sent()
        self.assertEqual((found["620"], found["850"], found["300"]), (100, -100, 0))

    def test_a_value_that_is_known_later_changes_the_open_journal(self):
        product = self.products["fifo", "real_time"]
        self.sent()
        receipt = self.receive(product, 10, 10.0)
        self.assertEqual(self.sent()["850"], -100)
        receipt.value_manual = 110.0
        found = self.sent()
        self.assertEqual((found["620"], found["850"]), (110, -110))
        documents = self.simulator.documents(self.tenant, "ManualJournals", Status="POSTED")
        self.assertEqual(len(documents), 1)
