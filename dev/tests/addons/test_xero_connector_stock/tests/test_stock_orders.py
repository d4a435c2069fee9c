"""Landed costs, and deliveries that are invoiced by orders, against Xero's own trial balance."""

from odoo import Command, fields
from odoo.addons.xero_connector_stock.tests.stock_common import StockCommon
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestStockOrders(StockCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.freight = cls.env["product.product"].create(
            {
                "name": "Freight",
                "type": "service",
                "landed_cost_ok": True,
                "property_account_expense_id": cls.cost_account.id,
            }
        )

    def land(self, picking, amount):
        """Spread a cost over what was received."""
        line = {"name": "Freight", "product_id": self.freight.id, "price_unit": amount, "split_method": "equal"}
        cost = self.env["stock.landed.cost"].create(
            {
                "picking_ids": [Command.set(picking.ids)],
                "account_journal_id": self.stock_journal.id,
                "cost_lines": [Command.create(line)],
            }
        )
        cost.button_validate()
        return cost

    def bought(self, product, quantity, price):
        order = self.env["purchase.order"].sudo().create(
            {
                "partner_id": self.partner_a.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_qty": quantity,
                            "price_unit": price,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        self.pick(order.picking_ids)
        order.action_create_invoice()
        order.invoice_ids.write({"invoice_date": fields.Date.today(), "ref": order.name})
        order.invoice_ids.action_post()
        return order

    def sold(self, product, quantity):
        order = self.env["sale.order"].sudo().create(
            {
                "partner_id": self.partner_a.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": quantity,
                            "price_unit": 25.0,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        self.pick(order.picking_ids)
        order._create_invoices().action_post()
        return order

    def pick(self, pickings):
        for picking in pickings.filtered(lambda one: one.state not in ("done", "cancel")):
            picking.action_assign()
            for move in picking.move_ids:
                move.quantity = move.product_uom_qty
                move.picked = True
            picking._action_done()

    def test_books_agree_with_orders_and_landed_costs(self):
        for (method, valuation), product in self.products.items():
            with self.subTest(method=method, valuation=valuation):
                bought = self.bought(product, 10, 9.37)
                self.collect()
                self.assertBooksAgree()
                if method != "standard":
                    cost = self.land(bought.picking_ids, 33.33)
                    self.assertEqual(bool(cost.account_move_id), valuation == "real_time")
                    self.collect()
                    self.assertBooksAgree()
                sold = self.sold(product, 4)
                self.collect()
                self.assertBooksAgree()
                self.assertTrue(valuation == "periodic" or sold.invoice_ids.line_ids.filtered("cogs_origin_id"))
                wizard = self.env["account.move.reversal"].with_context(
                    active_model="account.move", active_ids=sold.invoice_ids.ids
                )
                back = wizard.create({"journal_id": sold.invoice_ids.journal_id.id}).refund_moves()
                self.env["account.move"].browse(back["res_id"]).action_post()
                self.close()
                self.collect()
                self.assertBooksAgree()
