"""What products become, and what they add to documents."""

import json
import os
from decimal import Decimal
from pathlib import Path

from odoo import Command
from odoo.addons.xero_connector.tests.common.mapper import MapperCase
from odoo.addons.xero_connector.xero_api import codec
from odoo.tests import tagged

GOLDEN = Path(__file__).parent / "golden"


@tagged("post_install", "-at_install")
class TestItemMapper(MapperCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connection.item_policy = "known"
        cls.items = cls.env["xero.mapper"]._for_type("Item")
        cls.tax_10, cls.tax_in = cls.tax(10), cls.tax(10, "purchase")
        cls.chair = cls.make_product("CH-1", "Chair")

    @classmethod
    def make_product(cls, code, name, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "default_code": code,
                "lst_price": 129.95,
                "standard_price": 70.12,
                "taxes_id": [Command.set(cls.tax_10.ids)],
                "supplier_taxes_id": [Command.set(cls.tax_in.ids)],
                "property_account_income_id": cls.revenue.id,
                "property_account_expense_id": cls.expense.id,
                **values,
            }
        )

    def item(self, product):
        return self.items._prepare(product, self.connection)[product.id]

    # === ITEMS === #

    def test_golden(self):
        chair = self.make_product(
            "CH-2", "Chair", description_sale="Oak\nOiled", description_purchase="Ask for the oiled one"
        )
        body = {"Items": [self.item(chair).payload]}
        text = json.dumps(codec.loads(codec.dumps(body)), indent=2, ensure_ascii=False, sort_keys=True, default=float)
        path = GOLDEN / "item.json"
        if os.environ.get("XERO_WRITE_GOLDEN"):
            path.write_text(text + "\n", encoding="utf-8")
        self.assertEqual(path.read_text(encoding="utf-8"), text + "\n")

    def test_one_side_only(self):
        payload = self.item(self.make_product("A", "A", purchase_ok=False)).payload
        self.assertEqual((payload["IsSold"], payload["IsPurchased"]), (True, False))
        self.assertNotIn("PurchaseDetails", payload)

    def test_prices_are_without_tax(self):
        included = self.tax(25, price_include_override="tax_included", name="Included")
        payload = self.item(self.make_product("A", "A", lst_price=100, taxes_id=[Command.set(included.ids)])).payload
        self.assertEqual(payload["SalesDetails"]["UnitPrice"], Decimal("80.0000"))

    def test_what_is_not_mapped_is_left_out(self):
        self.env["xero.mapping.account"].sudo().search([]).unlink()
        self.env["xero.mapping.tax"].sudo().search([]).unlink()
        out = self.item(self.chair)
        self.assertEqual(out.payload["SalesDetails"], {"UnitPrice": Decimal("129.9500")})
        self.assertFalse(out.problems)

    def test_limits(self):
        long = self.make_product("A", "N" * 60, description_sale="D" * 5000)
        payload = self.item(long).payload
        self.assertEqual((len(payload["Name"]), len(payload["Description"])), (50, 4000))
        [problem] = self.item(self.make_product("X" * 31, "A")).problems
        self.assertIn("30", problem.message)

    def test_products_without_a_code_or_use_are_none(self):
        none = self.make_product(False, "A") + self.make_product("B", "B", sale_ok=False, purchase_ok=False)
        self.assertFalse(self.items._handles(none))
        self.assertEqual(self.items._handles(none + self.chair), self.chair)

    def test_number_of_queries_does_not_grow(self):
        products = self.env["product.product"].union(*(self.make_product(f"P{n}", f"P{n}") for n in range(30)))
        costs = []
        for batch in (products, products[:3], products):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            self.items._prepare(batch, self.connection)
            costs.append(self.cr.sql_log_count - start)
        self.assertEqual(costs[1], costs[2])

    # === LINES === #

    def invoice(self, *products):
        line = {"quantity": 1, "price_unit": 5, "tax_ids": None}
        return self.move([{**line, "product_id": found.id} for found in products])

    def link_item(self, product, code):
        return (
            self.env["xero.link"]
            .sudo()
            .create(
                {
                    "connection_id": self.connection.id,
                    "company_id": self.company.id,
                    "res_model": "product.product",
                    "res_id": product.id,
                    "xero_type": "Item",
                    "xero_id": f"d0000000-0000-0000-0000-{product.id:012d}",
                    "xero_number": code,
                    "state": "synced",
                }
            )
        )

    def codes(self, move):
        return [line.get("ItemCode") for line in self.prepare(move).payload["LineItems"]]

    def test_lines_name_items_in_xero(self):
        table = self.make_product("TB-1", "Table")
        self.link_item(self.chair, "CHAIR")
        move = self.invoice(self.chair, table)
        self.assertEqual(self.codes(move), ["CHAIR", None], "the code that Xero knows, and only where it knows one")
        self.assertFalse(self.prepare(move).needs)
        self.connection.item_policy = "off"
        self.assertEqual(self.codes(move), [None, None])

    def test_documents_wait_only_if_wanted(self):
        move = self.invoice(self.chair, self.make_product(False, "Without code"))
        self.connection.item_policy = "first"
        needs = {(need.xero_type, need.res_id) for need in self.prepare(move).needs}
        self.assertEqual(needs, {("Item", self.chair.id)})
        found = self.mapper["Invoice"]._dependencies(move.ids, self.connection)
        self.assertIn(("Item", self.chair.id), {(need.xero_type, need.res_id) for need in found})
        self.connection.item_policy = "known"
        found = self.mapper["Invoice"]._dependencies(move.ids, self.connection)
        self.assertEqual({need.xero_type for need in found}, {"Contact"})

    def test_field_rules_have_the_last_word(self):
        self.link_item(self.chair, "CHAIR")
        target = self.env.ref("xero_connector.target_invoice_line_item")
        rule = self.env["xero.field.rule"].create(
            {
                "name": "Barcode",
                "connection_id": self.connection.id,
                "document": "out_invoice",
                "target_id": target.id,
                "source": "constant",
                "constant_text": "OTHER",
            }
        )
        rule.sudo().state = "active"
        self.assertEqual(self.codes(self.invoice(self.chair)), ["OTHER"])
