"""A company with goods, whose stock journals go to Xero."""

from collections import defaultdict
from decimal import Decimal

from odoo import Command, fields
from odoo.addons.xero_connector.tests.common.journal import JournalCommon

METHODS = ("standard", "fifo", "average")
VALUATIONS = ("real_time", "periodic")


class StockCommon(JournalCommon):
    """Products of each cost method and valuation; accounts of stock that stand alone in Xero."""

    period = "month"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock_account = cls.company.account_stock_valuation_id
        cls.variation_account = cls.stock_account.account_stock_variation_id
        cls.cost_account = cls.company.expense_account_id
        cls.loss_account = cls.env["account.account"].create(
            {"name": "Scrap", "code": "SCRAP1", "account_type": "expense"}
        )
        cls.stock_journal = cls.company.account_stock_journal_id
        # A company that was made before stock was installed has none.
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        warehouse = warehouse or warehouse.create({"name": "Depot", "code": "DEP", "company_id": cls.company.id})
        cls.shelf = warehouse.lot_stock_id
        cls.at_vendor = cls.env.ref("stock.stock_location_suppliers")
        cls.at_customer = cls.env.ref("stock.stock_location_customers")
        cls.at_loss = cls.env["stock.location"].create(
            {
                "name": "Scrap",
                "usage": "inventory",
                "company_id": cls.company.id,
                "valuation_account_id": cls.loss_account.id,
            }
        )
        cls.products = {
            (method, valuation): cls._make_product(method, valuation) for method in METHODS for valuation in VALUATIONS
        }
        cls.connection.write({"stock_journals": "ledger", "stock_period": cls.period, "stock_from": "2026-01-01"})

    @classmethod
    def _make_product(cls, method, valuation):
        category = cls.env["product.category"].create(
            {"name": f"{method} {valuation}", "property_cost_method": method, "property_valuation": valuation}
        )
        return cls.env["product.product"].create(
            {
                "name": f"Tea {method} {valuation}",
                "is_storable": True,
                "standard_price": 10.0,
                "list_price": 25.0,
                "categ_id": category.id,
                "taxes_id": [Command.clear()],
                "supplier_taxes_id": [Command.clear()],
                "property_account_income_id": cls.company_data["default_account_revenue"].id,
                "property_account_expense_id": cls.cost_account.id,
            }
        )

    def map_everything(self, connection):
        super().map_everything(connection)
        for account, code in (
            (self.stock_account, "620"),
            (self.variation_account, "300"),
            (self.cost_account, "310"),
            (self.loss_account, "473"),
        ):
            self.map_account(account, code, connection)

    # === WHAT PEOPLE DO === #

    def drain(self):
        super().drain()
        # A worker has a cursor of its own; what this one remembers of number sequences is out of date.
        self.env.cr.cache.clear()

    def collect(self):
        """Collect as the hourly job does, and send what is due."""
        self.env["xero.task.stock"]._enqueue_all()
        self.drain()

    def move_goods(self, product, quantity, source, destination, **values):
        move = self.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": quantity,
                "product_uom": product.uom_id.id,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "company_id": self.company.id,
                **values,
            }
        )
        move._action_confirm()
        move._action_assign()
        move.quantity = quantity
        move.reference = f"MOVE/{move.id}"
        move.picked = True
        move._action_done()
        return move

    def receive(self, product, quantity, price):
        move = self.move_goods(product, quantity, self.at_vendor, self.shelf, price_unit=price)
        move.value_manual = quantity * price
        return move

    def deliver(self, product, quantity):
        return self.move_goods(product, quantity, self.shelf, self.at_customer)

    def paper(self, move_type, product, quantity, price, day=None, **values):
        line = {"product_id": product.id, "quantity": quantity, "price_unit": price, "tax_ids": [Command.clear()]}
        if move_type == "in_invoice":
            # As Odoo chooses it: what is valued at once is bought on the account of stock.
            line["account_id"] = (self.stock_account if product.valuation == "real_time" else self.cost_account).id
        return self.make_move(move_type, [line], invoice_date=day or fields.Date.today(), **values)

    def close(self):
        """Post the closing entry of periodic products, where there is something to close."""
        lines = self.company._action_close_stock_valuation()
        return self.company.action_close_stock_valuation(auto_post=True) if lines else None

    # === WHAT CAME OF IT === #

    def journals(self, **values):
        domain = [("connection_id", "=", self.connection.id), *((name, "=", value) for name, value in values.items())]
        return self.env["xero.period.journal"].search(domain, order="date, id")

    def in_xero(self, record):
        if record._name == "account.move":
            return super().in_xero(record)
        xero_id = self.link_of(record).xero_id
        found = self.simulator.documents(self.tenant, "ManualJournals", ManualJournalID=xero_id) if xero_id else []
        return next(iter(found), None)

    def sums_in_xero(self, journals):
        """Return what live manual journals of ``journals`` come to, by account code."""
        sums = defaultdict(Decimal)
        for journal in journals:
            element = self.in_xero(journal)
            for line in element["JournalLines"] if element and element["Status"] == "POSTED" else ():
                sums[line["AccountCode"]] += Decimal(str(line["LineAmount"]))
        return {code: amount for code, amount in sums.items() if amount}

    def xero_balance(self, code):
        # Journals of this month are dated at its end.
        day = fields.Date.end_of(fields.Date.today(), "month")
        rows = self.simulator.control(f"/organisations/{self.tenant}/trial_balance?date={day}")["accounts"]
        return sum((Decimal(str(row["balance"])) for row in rows if row["code"] == code), Decimal(0))

    def odoo_balance(self, account):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted"), ("company_id", "=", self.company.id)]
        )
        return Decimal(f"{sum(lines.mapped('balance')):.2f}")

    def assertBooksAgree(self):
        """All that Odoo has on the accounts of stock stands in Xero to the cent, once."""
        journals = self.journals()
        waiting = journals.filtered(lambda journal: journal.state == "collecting")
        if waiting:
            waiting.action_xero_sync()
            self.drain()
        failed = journals.filtered(lambda journal: journal.xero_sync_state == "failed")
        self.assertFalse(failed, failed.mapped("xero_sync_message"))
        for account, code in (
            (self.stock_account, "620"),
            (self.variation_account, "300"),
            (self.cost_account, "310"),
            (self.loss_account, "473"),
        ):
            self.assertEqual(self.xero_balance(code), self.odoo_balance(account), account.display_name)
