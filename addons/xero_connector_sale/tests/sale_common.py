"""Orders for tests: with two taxes, deposits and teams."""

from odoo import Command


class SaleCommon:
    """Mixed into a test case with books, whose user sells, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref("sales_team.group_sale_manager")
        cls.partner_a.property_payment_term_id = False

    def article(self, name, price, tax, **values):
        return self.env["product.product"].create(
            {
                "name": name,
                "list_price": price,
                "invoice_policy": "order",
                "type": "service",
                "taxes_id": [Command.set(tax.ids)],
                "property_account_income_id": self.company_data["default_account_revenue"].id,
                **values,
            }
        )

    def order(self, *lines, **values):
        """Return a confirmed order; each line is a product, or a product and its quantity."""
        pairs = [line if isinstance(line, tuple) else (line, 1) for line in lines]
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner_a.id,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity})
                    for product, quantity in pairs
                ],
                **values,
            }
        )
        order.action_confirm()
        return order

    def deposit(self, order, post=True, day="2026-03-05", **values):
        """Invoice a deposit: 30 % unless told otherwise."""
        values = values or {"advance_payment_method": "percentage", "amount": 30}
        wizard = self.env["sale.advance.payment.inv"].with_context(active_model="sale.order", active_ids=order.ids)
        before = order.invoice_ids
        wizard.create(values).create_invoices()
        return self.posted(order.invoice_ids - before, day) if post else order.invoice_ids - before

    def final(self, orders, day="2026-03-20"):
        return self.posted(orders._create_invoices(final=True), day)

    def posted(self, moves, day):
        moves.write({"invoice_date": day, "date": day, "invoice_date_due": day})
        moves.action_post()
        return moves
