"""Cost lines of a session of the point of sale."""

from odoo import fields
from odoo.addons.xero_connector_stock.tests.stock_common import StockCommon
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestTillCosts(StockCommon):
    def test_cost_lines_of_a_closed_session(self):
        """An order of two teas is paid in cash, the session is closed, and only its cost lines are collected."""
        self.env.user.group_ids += self.env.ref("point_of_sale.group_pos_manager")
        self.company.inventory_valuation = "real_time"
        self.company.point_of_sale_update_stock_quantities = "closing"
        product = self.products["average", "real_time"]
        product.available_in_pos = True
        self.receive(product, 10, 10.0)
        cash = self.company_data["default_journal_cash"]
        receivable = self.company_data["default_account_receivable"].copy({"code": "XPOS1"})
        values = {"name": "Cash", "journal_id": cash.id, "receivable_account_id": receivable.id}
        method = self.env["pos.payment.method"].create({**values, "company_id": self.company.id})
        config = self.env["pos.config"].create(
            {"name": "Till", "company_id": self.company.id, "payment_method_ids": [(6, 0, method.ids)]}
        )
        config.open_ui()
        session = config.current_session_id
        session.set_opening_control(0, None)
        line = {
            "product_id": product.id,
            "qty": 2,
            "price_unit": 25.0,
            "price_subtotal": 50.0,
            "price_subtotal_incl": 50.0,
            "tax_ids": [],
            "name": "Tea",
        }
        order = self.env["pos.order"].create(
            {
                "session_id": session.id,
                "company_id": self.company.id,
                "partner_id": self.partner_a.id,
                "lines": [(0, 0, line)],
                "amount_total": 50.0,
                "amount_tax": 0.0,
                "amount_paid": 0.0,
                "amount_return": 0.0,
            }
        )
        order.add_payment({"pos_order_id": order.id, "amount": 50.0, "payment_method_id": method.id})
        order.action_pos_order_paid()
        session.action_pos_session_closing_control()
        self.assertEqual(session.state, "closed")
        costs = {self.stock_account: -20, self.cost_account: 20}
        booked = session.move_id.line_ids.filtered(lambda line: line.account_id in costs)
        self.assertEqual({line.account_id: line.balance for line in booked}, costs)
        self.collect()
        [journal] = self.journals(date_from=fields.Date.today().replace(day=1))
        self.assertEqual({total.account_id: total.balance for total in journal.total_ids}, costs)
