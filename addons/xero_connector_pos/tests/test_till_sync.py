"""Sessions of tills on their way to Xero, over HTTP."""

from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .till_common import CARD, CASH, TillCommon


@tagged("post_install", "-at_install")
class TestTillSync(TillCommon):
    def test_a_day_is_one_document_with_its_money(self):
        session = self.day(
            ((self.table, (self.lamp, 2)), {}),
            ((self.chair,), {"paid": {self.card: 11.5}}),
            (((self.lamp, 5),), {"paid": {self.later: 50}, "partner": self.partner_a}),
        )
        self.drain()
        invoice, credit = self.papers(session)
        self.assertIsNone(credit)
        self.assertEqual((invoice["InvoiceNumber"], invoice["Type"]), (session.name, "ACCREC"))
        self.assertEqual(float(invoice["Total"]), 135 + 11.5 + 50)
        self.assertEqual(float(invoice["TotalTax"]), 16.5)
        self.assertEqual(float(invoice["AmountDue"]), 50)
        self.assertEqual(invoice["inner"]["contact_name"], "Shop")
        self.assertIn("3 orders", invoice["Reference"])
        self.assertEqual(self.money(), {CASH: 135, CARD: 11.5})
        self.assertIn(self.link_of(session).xero_id, session.action_xero_open()["url"])
        # Neither the sweep, nor a person, nor what is read back sends or books anything again.
        self.env["xero.sync.runner"]._sweep()
        session.action_xero_sync()
        self.drain()
        entries = self.env["account.move"].search_count([])
        self.poll()
        self.assertEqual(self.env["account.move"].search_count([]), entries)
        self.assertEqual(self.money(), {CASH: 135, CARD: 11.5})
        self.assertEqual(len(self.read("Invoices")), 1)
        self.assertFalse(self.open_work())

    def test_invoiced_orders_go_once_and_are_paid(self):
        session = self.day(
            ((self.lamp,), {"paid": {self.card: 10}}),
            ((self.table,), {"paid": {self.card: 115}, "partner": self.partner_a, "invoice": True}),
            ((self.lamp,), {"paid": {self.cash: 10}, "partner": self.partner_b, "invoice": True}),
        )
        self.drain()
        invoice, _credit = self.papers(session)
        self.assertEqual((float(invoice["Total"]), invoice["Status"]), (10, "PAID"))
        for move in session.order_ids.account_move:
            self.assertEqual((move.xero_sync_state, self.in_xero(move)["Status"]), ("synced", "PAID"))
        self.assertEqual(self.money(), {CARD: 125, CASH: 10})
        self.assertEqual(sum(session.bank_payment_ids.mapped("amount")), 125)
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertEqual(self.money(), {CARD: 125, CASH: 10})
        for entry in session._get_related_account_moves() - session.order_ids.account_move:
            self.assertIn(session.name, entry._xero_refusal(self.env["xero.connection"]._scope(self.company.id)))

    def test_a_day_of_refunds_is_a_credit_note(self):
        session = self.day(((self.lamp,), {}), (((self.table, -1),), {"paid": {self.cash: -115}}))
        self.drain()
        invoice, credit = self.papers(session)
        self.assertIsNone(invoice)
        self.assertEqual((credit["Type"], credit["Status"]), ("ACCRECCREDIT", "PAID"))
        self.assertEqual((float(credit["Total"]), float(credit["TotalTax"])), (105, 15))
        self.assertEqual(self.money(), {CASH: -105})

    def test_money_both_ways(self):
        """Card takes in, cash gives back: more, less, and nothing in all."""
        for taken, given, total in ((150, 60, 90), (20, 60, -40), (60, 60, 0)):
            with self.subTest(total=total):
                before = self.money()
                session = self.day(
                    (((self.lamp, taken // 10),), {"paid": {self.card: taken}}),
                    (((self.lamp, -given // 10),), {"paid": {self.cash: -given}}),
                )
                self.drain()
                invoice, credit = self.papers(session)
                self.assertEqual((invoice["Status"], credit["Status"]), ("PAID", "PAID"))
                self.assertEqual(float(invoice["Total"]) - float(credit["Total"]), total)
                after = self.money()
                self.assertEqual(after[CARD] - before.get(CARD, 0), taken)
                self.assertEqual(after[CASH] - before.get(CASH, 0), -given)
        self.connection.till_clearing_account_id = False
        session = self.day(
            (((self.lamp, 2),), {"paid": {self.card: 20}}), (((self.lamp, -1),), {"paid": {self.cash: -10}})
        )
        self.drain()
        self.assertEqual(session.xero_sync_state, "failed")
        self.assertIn("clearing account", session.xero_sync_message)
        self.connection.till_clearing_account_id = self.account_in_xero("850")
        self.resume()
        self.drain()
        self.assertEqual(session.xero_sync_state, "synced", self.open_work())

    def test_sales_and_refunds_that_cancel_out(self):
        session = self.day(((self.lamp,), {}), (((self.lamp, -1),), {"paid": {self.cash: -10}}))
        self.drain()
        invoice, credit = self.papers(session)
        self.assertEqual((float(invoice["Total"]), credit, self.money()), (0, None, {}))

    def test_what_was_counted_differently(self):
        for mode, counted, total, cash, loss in (
            ("payment", 97, 100, 97, 3),
            ("payment", 104, 104, 104, 0),
            ("line", 97, 97, 97, 0),
            ("leave", 97, 100, 100, 0),
        ):
            with self.subTest(mode=mode, counted=counted):
                self.connection.till_differences = mode
                before = self.money()
                session = self.open_till()
                start = session.cash_register_balance_start
                self.sell(session, (self.lamp, 10))
                self.close(session, start + counted)
                self.drain()
                invoice, _credit = self.papers(session)
                self.assertEqual((float(invoice["Total"]), invoice["Status"]), (total, "PAID"))
                after = self.money()
                self.assertAlmostEqual(after[CASH] - before.get(CASH, 0), cash)
                self.assertAlmostEqual(after.get("620", 0) - before.get("620", 0), loss)

    def test_an_order_is_invoiced_after_closing(self):
        session = self.day(
            ((self.table,), {"paid": {self.card: 115}, "partner": self.partner_a}),
            ((self.lamp,), {"partner": self.partner_a}),
        )
        self.drain()
        self.assertEqual(self.money(), {CARD: 115, CASH: 10})
        order = session.order_ids.filtered(lambda order: order.amount_total == 115)
        order.with_context(generate_pdf=False).action_pos_order_invoice()
        self.drain()
        self.assertFalse(self.open_work())
        self.assertEqual(self.in_xero(order.account_move)["Status"], "PAID")
        reversal = self.env["account.move"].search([("reversed_pos_order_id", "=", order.id)])
        self.assertEqual(reversal.xero_sync_state, "synced")
        [credit] = self.simulator.documents(self.tenant, "CreditNotes")
        self.assertEqual((float(credit["Total"]), credit["Status"]), (115, "PAID"))
        self.assertEqual(credit["inner"]["contact_name"], "Shop")
        self.assertEqual(self.money(), {CARD: 115, CASH: 10}, "the card has the money once")
        self.assertEqual(float(self.papers(session)[0]["Total"]), 125)

    def test_invoiced_late_before_the_session_is_in_xero(self):
        session = self.day(((self.table,), {"paid": {self.card: 115}, "partner": self.partner_a}))
        session.order_ids.with_context(generate_pdf=False).action_pos_order_invoice()
        self.drain()
        self.assertFalse(self.open_work())
        self.assertEqual(self.money(), {CARD: 115})
        self.assertEqual(self.in_xero(session.order_ids.account_move)["Status"], "PAID")

    def test_lost_answers_make_nothing_twice(self):
        session = self.day(
            ((self.lamp,), {"paid": {self.card: 10}}), (((self.lamp, -2),), {"paid": {self.cash: -20}})
        )
        for resource in ("Invoices", "CreditNotes", "Payments"):
            self.simulator.fault("drop_after", method="PUT", resource=resource)
        for _again in range(4):
            self.drain()
            self.resume()
        self.drain()
        self.papers(session)
        self.assertEqual((len(self.read("Invoices")), len(self.read("CreditNotes"))), (1, 1))
        self.assertEqual(self.money(), {CARD: 10, CASH: -20})

    def test_books_that_do_not_agree_are_not_sent(self):
        session = self.open_till()
        order = self.sell(session, self.lamp)
        self.close(session)
        self.env.cr.execute("UPDATE pos_payment SET amount = 8 WHERE pos_order_id = %s", [order.id])
        self.env.invalidate_all()
        self.drain()
        self.assertEqual(session.xero_sync_state, "failed")
        self.assertIn("and took", session.xero_sync_message)
        self.assertFalse(self.read("Invoices"))

    def test_cashiers_close_whatever_xero_does(self):
        """They have no rights in accounting or in Xero, and hear nothing of it; the sweep finds what was missed."""
        groups = "base.group_user,point_of_sale.group_pos_user"
        cashier = new_test_user(self.env, "cashier", groups, company_id=self.company.id)
        session = self.open_till().with_user(cashier)
        self.sell(session.with_user(self.env.user), self.lamp)
        parts = type(self.env["xero.payment.part"])
        with (
            patch.object(parts, "_refresh_tills", side_effect=ValueError),
            self.assertLogs("odoo.addons.xero_connector_pos", "ERROR"),
        ):
            self.close(session)
        self.assertEqual(session.state, "closed")
        with self.assertRaises(AccessError):
            session.read(["xero_sync_state"])
        with self.assertRaises(AccessError):
            session.action_xero_sync()
        session = session.with_user(self.env.user)
        self.assertFalse(self.job_of(session))
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.papers(session)
        self.assertEqual(self.money(), {CASH: 10})
        again = self.open_till().with_user(cashier)
        self.sell(again.with_user(self.env.user), self.lamp)
        self.close(again)
        self.drain()
        self.papers(again.with_user(self.env.user))

    def test_accountants_see_and_send_without_selling(self):
        self.connection.sync_tills = False
        session = self.day(((self.lamp,), {}))
        self.drain()
        self.assertFalse(self.job_of(session))
        groups = "account.group_account_invoice,xero_connector.group_xero_user"
        clerk = new_test_user(self.env, "clerk", groups, company_id=self.company.id)
        own = session.with_user(clerk)
        self.assertFalse(own.xero_can_sync)
        with self.assertRaisesRegex(UserError, "switched off"):
            own.action_xero_sync()
        self.connection.sync_tills = True
        own.invalidate_recordset()
        self.assertTrue(own.xero_can_sync)
        own.action_xero_sync()
        self.drain()
        self.assertEqual((own.xero_sync_state, own.xero_number), ("synced", session.name))
        self.assertTrue(own.xero_part_ids)
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector_pos.action_pos_session")
        for view_id, kind in action["views"]:
            shown = own.get_view(view_id, kind)["models"]["pos.session"]
            [row] = own.read([name for name in shown if name != "access_token"])
            self.assertEqual(row["xero_till_name"], "Shop")
        with self.assertRaises(AccessError):
            own.read(["access_token"])
        with self.assertRaises(AccessError):
            own.config_id.with_user(clerk).read(["name"])
        other = self.setup_other_company()["company"]
        stranger = new_test_user(self.env, "stranger", groups, company_id=other.id)
        self.assertFalse(session.with_user(stranger).search([]))

    def test_only_what_is_dated_from_the_first_day_on(self):
        self.connection.sync_from = fields.Date.add(fields.Date.today(), days=1)
        session = self.day(((self.lamp,), {}))
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.assertFalse(self.job_of(session))
        self.connection.sync_from = fields.Date.today()
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.papers(session)

    def test_a_journal_without_an_account_in_xero_is_asked_for(self):
        self.cash_row.unlink()
        session = self.day(((self.lamp,), {}), ((self.lamp,), {"paid": {self.card: 10}}))
        self.drain()
        self.assertEqual((session.xero_sync_state, self.money()), ("failed", {CARD: 10}))
        self.assertIn("No Xero bank account takes the payments of", session.xero_sync_message)
        self.map_bank(self.connection, CASH, journal_id=self.cash_journal.id, direction="odoo_to_xero")
        self.resume()
        self.drain()
        self.papers(session)
        self.assertEqual(self.money(), {CARD: 10, CASH: 10})
        # Payments that are entered in Xero are nobody's business here.
        self.cash_row = self.map_bank(
            self.connection, CASH, journal_id=self.cash_journal.id, direction="xero_to_odoo"
        )
        session = self.day(((self.lamp,), {}))
        self.drain()
        self.assertEqual(float(self.papers(session)[0]["AmountDue"]), 10)

    def test_what_is_cancelled_here_is_voided_there(self):
        session = self.day(((self.lamp,), {}))
        self.drain()
        self.papers(session)
        session.move_id.line_ids.remove_move_reconcile()
        session.move_id.button_draft()
        self.drain()
        self.assertEqual(self.read("Invoices")[0]["Status"], "AUTHORISED", "a draft keeps it, without its payments")
        session.move_id.button_cancel()
        self.drain()
        self.assertEqual((session.xero_sync_state, self.money()), ("gone", {}))

    def test_three_hundred_orders_are_one_document(self):
        session = self.open_till()
        orders = self.env["pos.order"].create(
            [
                {
                    "session_id": session.id,
                    "company_id": self.company.id,
                    "amount_total": 10,
                    "amount_paid": 10,
                    "amount_tax": 0,
                    "amount_return": 0,
                    "state": "paid",
                    "lines": [
                        Command.create(
                            {
                                "product_id": self.lamp.id,
                                "qty": 1,
                                "price_unit": 10,
                                "price_subtotal": 10,
                                "price_subtotal_incl": 10,
                            }
                        )
                    ],
                }
                for _number in range(300)
            ]
        )
        self.env["pos.payment"].create(
            [{"pos_order_id": order.id, "amount": 10, "payment_method_id": self.card.id} for order in orders]
        )
        self.close(session)
        mapper = self.env["xero.mapper"]._for_type("SessionInvoice")
        few = self.day(((self.lamp,), {}))
        costs = []
        for batch in (few, session, few, session | few):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            mapper._prepare(batch, self.connection)
            costs.append(self.cr.sql_log_count - start)
        self.assertEqual(costs[1:], [costs[1]] * 3)
        self.simulator.reset_stats()
        self.drain()
        invoice, _credit = self.papers(session)
        self.assertEqual((float(invoice["Total"]), invoice["Status"]), (3000, "PAID"))
        calls = self.simulator.calls(self.tenant)
        self.assertEqual((calls["PUT", "Invoices"], calls["PUT", "Payments"]), (1, 1), calls)
