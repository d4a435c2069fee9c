"""Deposits in both books, over real HTTP to the simulator."""

from odoo.addons.xero_connector.tests.common.field_rule import RulesMixin
from odoo.addons.xero_connector.tests.common.inbound import InboundCommon
from odoo.tests import new_test_user, tagged

from .sale_common import SaleCommon


@tagged("post_install", "-at_install")
class TestSaleSync(SaleCommon, RulesMixin, InboundCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deposits = cls.env["account.account"].create(
            {"name": "Customer Deposits", "code": "DEPOSIT", "account_type": "liability_current"}
        )
        cls.company.downpayment_account_id = cls.deposits
        cls.clerk = new_test_user(
            cls.env, "clerk", "account.group_account_invoice,sales_team.group_sale_salesman_all_leads",
            company_id=cls.company.id, company_ids=[(6, 0, cls.company.ids)],
        )  # fmt: skip

    def connect(self, connection=None, tenant=None):
        super().connect(connection, tenant)
        connection = connection or self.connection
        liability = self.env["xero.account"].search(
            [("connection_id", "=", connection.id), ("type", "=", "CURRLIAB"), ("system_account", "=", False)], limit=1
        )
        row = self.env["xero.mapping.account"].sudo()._ensure(connection, self.deposits)
        row.write({"xero_account_id": liability.id, "state": "confirmed"})

    def setUp(self):
        super().setUp()
        self.table = self.article("Table", 100, self.tax_sale_a)
        self.book = self.article("Book", 33.33, self.tax_sale_b)
        self.liability = self.connection.account_mapping_ids.filtered(
            lambda row: row.account_id == self.deposits
        ).xero_account_id

    def sent(self, moves):
        self.drain()
        self.assertInXero(moves)
        self.poll()
        return [self.in_xero(move) for move in moves]

    def on_deposits(self, elements):
        """Return what documents of Xero come to on the account for deposits."""
        total = 0
        for element in elements:
            sign = -1 if element["Type"].endswith("CREDIT") else 1
            rows = [row for row in element["LineItems"] if row.get("AccountCode") == self.liability.code]
            total += sign * sum(row["LineAmount"] for row in rows)
        return round(total, 2)

    def reconcile(self):
        self.env.flush_all()
        report = self.env["xero.reconciliation"]._request(self.connection)
        self.drain()
        self.assertEqual(report.state, "done", report.reason)
        return report.difference_ids.filtered(lambda row: row.kind == "deposit")

    def state_of(self, order):
        self.env.invalidate_all()
        return order.with_user(self.clerk).xero_deposit_state

    # === DEPOSITS === #

    def test_a_deposit_comes_to_nothing_in_both_books(self):
        """By percentage and by amount, of lines with two taxes."""
        for values in ({}, {"advance_payment_method": "fixed", "fixed_amount": 40}):
            with self.subTest(values):
                order = self.order(self.table, (self.book, 3))
                self.assertFalse(self.state_of(order))
                first = self.sent(self.deposit(order, **values))
                self.assertGreater(self.on_deposits(first), 0)
                self.assertEqual(self.state_of(order), "open")
                self.assertEqual(order.xero_deposit_left, self.on_deposits(first))
                final = self.final(order)
                self.assertEqual(self.state_of(order), "waiting")
                last = self.sent(final)
                self.assertEqual(self.on_deposits(first + last), 0)
                self.assertEqual((self.state_of(order), order.xero_deposit_left), ("cleared", 0))
                self.assertEqual(order.with_user(self.clerk).xero_sync_state, "synced")
                self.assertAlmostEqual(sum(order.invoice_ids.mapped("amount_total")), order.amount_total, 2)
        self.assertFalse(self.reconcile())

    def test_a_deposit_that_analytic_accounts_share(self):
        self.connection.line_shares = "split"
        plan = self.env["account.analytic.plan"].create({"name": "Region"})
        accounts = self.env["account.analytic.account"].create(
            [{"name": name, "plan_id": plan.id} for name in ("North", "South")]
        )
        self.env["xero.mapping.tracking"]._refresh(self.connection)
        order = self.order(self.table, (self.book, 3))
        order.order_line.analytic_distribution = {
            str(account.id): percent for account, percent in zip(accounts, (33.33, 66.67))
        }
        deposit = self.deposit(order, post=False)
        deposit.invoice_line_ids.analytic_distribution = order.order_line[:1].analytic_distribution
        [first] = self.sent(self.posted(deposit, "2026-03-05"))
        self.assertEqual(len(first["LineItems"]), 4)
        self.assertEqual((self.state_of(order), order.xero_deposit_left), ("open", self.on_deposits([first])))
        final = self.final(order)
        [last] = self.sent(final)
        self.assertGreater(len(last["LineItems"]), len(final.invoice_line_ids))
        self.assertEqual(self.on_deposits([first, last]), 0)
        self.assertEqual((self.state_of(order), order.xero_deposit_left), ("cleared", 0))
        self.assertFalse(self.reconcile())
        # And what differs there is seen.
        part = next(line for line in last["LineItems"] if line.get("AccountCode") == self.liability.code)
        rows = [{"LineItemID": line["LineItemID"]} for line in last["LineItems"]]
        rows[last["LineItems"].index(part)]["AccountCode"] = "200"
        self.edit(final, LineItems=rows)
        self.assertTrue(self.reconcile())

    def test_a_deposit_above_the_rest_ends_in_a_credit_note(self):
        order = self.order((self.table, 2))
        first = self.sent(self.deposit(order, advance_payment_method="percentage", amount=100))
        order.order_line.filtered(lambda line: line.product_id == self.table).product_uom_qty = 1
        final = self.final(order)
        self.assertEqual(final.move_type, "out_refund")
        last = self.sent(final)
        self.assertEqual(self.on_deposits(first + last), 0)
        self.assertEqual(self.state_of(order), "cleared")

    def test_a_deposit_that_is_paid_back(self):
        order = self.order(self.table)
        deposit = self.deposit(order)
        first = self.sent(deposit)
        wizard = self.env["account.move.reversal"].with_context(active_model="account.move", active_ids=deposit.ids)
        reversal = wizard.create({"journal_id": deposit.journal_id.id, "date": "2026-03-12"})
        credit = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        credit.action_post()
        last = self.sent(credit)
        self.assertEqual(self.on_deposits(first + last), 0)
        self.assertEqual(self.state_of(order), "cleared")
        self.drain()
        self.assertEqual(self.in_xero(deposit)["AmountDue"], 0, "the credit is applied to the deposit")

    def test_a_deposit_in_another_currency_at_two_rates(self):
        """Nothing is left in the currency of the order; what the rates made of it is the same in both books."""
        currency = self.env.ref("base.NZD")
        currency.active = True
        for day, rate in (("2026-03-01", 0.8), ("2026-03-15", 1.0)):
            self.env["res.currency.rate"].create(
                {"name": day, "rate": rate, "currency_id": currency.id, "company_id": self.company.id}
            )
        pricelist = self.env["product.pricelist"].create({"name": "Dollars", "currency_id": currency.id})
        order = self.order(self.table, pricelist_id=pricelist.id)
        order.order_line.price_unit = 100
        first = self.sent(self.deposit(order))
        last = self.sent(self.final(order))
        self.assertEqual(self.on_deposits(first + last), 0)
        self.assertEqual([float(element["CurrencyRate"]) for element in first + last], [0.8, 1.0])
        self.assertEqual(self.state_of(order), "cleared")
        self.assertEqual(order.xero_deposit_residual, 7.5, "30 at 0.8 and at 1")
        in_xero = sum(
            float(sign * row["LineAmount"]) / float(element["CurrencyRate"])
            for sign, element in ((1, first[0]), (1, last[0]))
            for row in element["LineItems"]
            if row.get("AccountCode") == self.liability.code
        )
        self.assertAlmostEqual(in_xero, order.xero_deposit_residual, 2)

    def test_what_is_left_on_an_account_is_reported(self):
        """Somebody chose another Xero account between the deposit and the final invoice."""
        order = self.order(self.table)
        self.sent(self.deposit(order))
        other = self.env["xero.account"].search(
            [("connection_id", "=", self.connection.id), ("code", "=", "200")], limit=1
        )
        self.rule(
            "invoice_line_account", constant_account_id=other.id, match_account_ids=[(6, 0, self.deposits.ids)]
        )
        self.sent(self.final(order))
        self.assertEqual(self.state_of(order), "apart")
        [difference] = self.reconcile()
        self.assertEqual((difference.res_model, difference.res_id), ("sale.order", order.id))
        self.assertEqual(difference.odoo_value, "DEPOSIT: 0.00")
        self.assertIn("200: -30.00", difference.xero_value)
        self.assertIn("accounts", difference.explanation)
        self.assertFalse(difference.proposed)

    def test_a_cancelled_order_keeps_its_deposit(self):
        order = self.order(self.table)
        deposit = self.deposit(order)
        self.sent(deposit)
        order._action_cancel()
        self.drain()
        self.assertEqual((deposit.state, self.in_xero(deposit)["Status"]), ("posted", "AUTHORISED"))
        self.assertFalse(self.open_jobs())

    # === BACK === #

    def test_an_edit_in_xero_leaves_accounts_and_orders_alone(self):
        order = self.order(self.table, self.book)
        first = self.deposit(order)
        self.sent(first)
        final = self.final(order)
        [element] = self.sent(final)
        accounts = final.invoice_line_ids.mapped("account_id")
        rows = [
            {**row, "Description": f"{row['Description']}!"}
            if row.get("AccountCode")
            else {"LineItemID": row["LineItemID"], "Description": f"{row['Description']}!"}
            for row in element["LineItems"]
        ]
        self.edit(final, LineItems=rows)
        self.poll()
        self.assertTrue(all(line.name.endswith("!") for line in final.invoice_line_ids))
        self.assertEqual(final.invoice_line_ids.mapped("account_id"), accounts)
        self.assertEqual(final.invoice_line_ids.sale_line_ids.order_id, order)
        self.assertEqual(self.state_of(order), "cleared")
