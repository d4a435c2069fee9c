"""What tills have sold, in both books: unusual sales, other currencies, and the comparison of the two."""

from odoo import Command
from odoo.addons.xero_connector.tests.common.preview import PreviewCase
from odoo.addons.xero_connector.tests.common.reconciliation import ReconCommon
from odoo.tests import tagged
from odoo.tools import SQL

from .till_common import CARD, CASH, FOREIGN, TillCommon


@tagged("post_install", "-at_install")
class TestTillBooks(TillCommon, ReconCommon, PreviewCase):
    def test_both_books_agree(self):
        session = self.day(
            ((self.table, (self.chair, 3)), {}),
            ((self.lamp,), {"paid": {self.card: 10}, "partner": self.partner_a, "invoice": True}),
            (((self.lamp, 5),), {"paid": {self.later: 50}, "partner": self.partner_a}),
        )
        given = (((self.lamp, -1),), {"paid": {self.cash: -10}})
        both = self.day((((self.lamp, 2),), {"paid": {self.card: 20}}), given)
        order = self.day(((self.table,), {"paid": {self.card: 115}, "partner": self.partner_b})).order_ids
        self.settle()
        order.with_context(generate_pdf=False).action_pos_order_invoice()
        self.settle()
        report = self.reconcile()
        self.assertAgree(report)
        self.assertEqual(report.compared_count, 4 + 3 + 3, "of sessions, of orders, and their contacts")
        self.assertEqual((report.receivable_odoo, report.receivable_xero), (50, 50))
        invoice = self.link_of(session).xero_id
        [payment, *_others] = [
            row for row in self.read("Payments") if (row.get("Invoice") or {}).get("InvoiceID") == invoice
        ]
        self.person("undo_payment", payment=payment["PaymentID"])
        credit = self.link_of(both).filtered(lambda link: link.xero_type == "SessionCreditNote")
        self.env.cr.execute("UPDATE xero_link SET xero_id = %s WHERE id = %s", [self.partner_a.id, credit.id])
        self.env.invalidate_all()
        found = {(row.kind, row.record_name, row.amount) for row in self.reconcile().difference_ids}
        self.assertIn(("amount_due", session.name, -149.5), found)
        self.assertIn(("vanished", both.name, 10), found)

    def test_a_session_that_xero_lacks_is_missed_and_previewed(self):
        self.connection.sync_tills = False
        session = self.day(((self.lamp,), {}))
        self.connection.sync_tills = True
        self.settle()
        with self.assertNoTrace():
            preview = self.env["xero.preview"].browse(session.action_xero_preview()["res_id"])
        self.assertIn("no contact yet", preview.problem_ids.message)
        self.till.xero_partner_id = self.partner_a
        self.drain()
        with self.assertNoTrace():
            preview = self.env["xero.preview"].browse(session.action_xero_preview()["res_id"])
        line = preview.line_ids.filtered(lambda line: line.res_model == session._name)
        self.assertEqual((line.action, line.total, line.number), ("create", 10, session.name))
        [row] = self.reconcile().difference_ids
        self.assertEqual((row.kind, row.res_model, row.res_id), ("missing_in_xero", session._name, session.id))
        self.assertEqual(row.amount, 10)

    def test_tips_gift_cards_discounts_and_rounding(self):
        liability = self.env["account.account"].create(
            {"code": "X2400", "name": "Gift Cards", "account_type": "liability_current"}
        )
        self.map_account(liability, "850")
        gift, tip = self.make_product("Gift Card", 50), self.make_product("Tip", 1)
        gift.property_account_income_id = liability
        data = self.company_data
        rounding = self.env["account.cash.rounding"].create(
            {
                "name": "Five cents",
                "rounding": 0.05,
                "profit_account_id": data["default_account_revenue"].id,
                "loss_account_id": data["default_account_expense"].id,
            }
        )
        self.till.write({"cash_rounding": True, "rounding_method": rounding.id, "only_round_cash_method": True})
        session = self.open_till()
        self.sell(session, gift, (tip, 1, 2), (self.table, 1, 99.99), paid={self.cash: 167})
        self.sell(session, (gift, -1, 20), self.lamp, (self.lamp, 1, -1), paid={self.card: -11})
        start = session.cash_register_balance_start
        self.close(session, start + 167)
        self.drain()
        invoice, credit = self.papers(session)
        self.assertEqual(float(invoice["Total"]) - float(credit["Total"]), 156)
        self.assertEqual(self.money(), {CASH: 167, CARD: -11})
        by_code = {}
        for line in self.read("Invoices")[0]["LineItems"]:
            by_code[line["AccountCode"]] = by_code.get(line["AccountCode"], 0) + float(line["LineAmount"])
        # The gift card that was sold less the one that was redeemed, and what the credit note settles.
        self.assertAlmostEqual(by_code["850"], 50 - 20 + 11)

    def test_entries_of_tills_are_no_journal_entries(self):
        """Though the journal of the till is among those whose entries are sent."""
        scopes = {"accounting.manualjournals", "accounting.banktransactions"}
        self.credential.scopes = " ".join({*self.credential.scopes.split(), *scopes})
        journal = self.till.journal_id
        self.connection.write({"sync_journals": True, "entry_journal_ids": [Command.set(journal.ids)]})
        self.connection.send_bank = True
        session = self.open_till()
        self.sell(session, self.lamp, paid={self.card: 10}, partner=self.partner_a)
        self.sell(session, self.lamp, partner=self.partner_b, invoice=True)
        self.close(session, session.cash_register_balance_start + 13)
        order = session.order_ids.filtered(lambda order: not order.account_move)
        order.with_context(generate_pdf=False).action_pos_order_invoice()
        scope = self.env["xero.connection"]._scope(self.company.id)
        self.assertIn(journal.id, scope.entry_journals)
        entries = self.env["account.move"].search([("journal_id", "=", journal.id)])
        self.assertEqual(len(entries), 4, "session, two payments of invoices, one order taken out")
        self.assertFalse(entries.filtered(lambda move: move._xero_is_free_entry()))
        condition = self.env["account.move"]._xero_entries_sql(scope)
        rows = self.env.execute_query(SQL("SELECT m.id FROM account_move m WHERE %s", condition))
        self.assertFalse({move_id for [move_id] in rows} & set(entries.ids))
        self.settle()
        self.assertFalse(self.simulator.documents(self.tenant, "ManualJournals"))
        self.assertFalse(self.simulator.documents(self.tenant, "BankTransactions"), "nor what was too much")
        self.assertEqual(self.money(), {CARD: 10, CASH: 13})

    def test_a_till_in_another_currency(self):
        currency = self.in_currency()
        journal = self.env["account.journal"].create(
            {"name": "Tills AUD", "type": "general", "code": "TAUD", "currency_id": currency.id}
        )
        bank = self.env["account.journal"].create(
            {"name": "Card AUD", "type": "bank", "code": "BAUD", "currency_id": currency.id}
        )
        card = self.env["pos.payment.method"].create({"name": "Card AUD", "journal_id": bank.id})
        pricelist = self.env["product.pricelist"].create({"name": "AUD", "currency_id": currency.id})
        till = self.make_till(
            "Airport",
            journal_id=journal.id,
            use_pricelist=True,
            pricelist_id=pricelist.id,
            available_pricelist_ids=[Command.set(pricelist.ids)],
            payment_method_ids=[Command.set(card.ids)],
            invoice_journal_id=journal.copy({"type": "sale", "code": "SAUD"}).id,
        )
        self.map_bank(self.connection, FOREIGN, journal_id=bank.id, direction="odoo_to_xero")
        session = self.open_till(till)
        self.sell(session, self.table, paid={card: 115})
        session.close_session_from_ui()
        self.settle()
        invoice, _credit = self.papers(session)
        self.assertEqual((invoice["CurrencyCode"], invoice["Status"], float(invoice["Total"])), ("AUD", "PAID", 115))
        self.assertAlmostEqual(float(invoice["CurrencyRate"]), 0.813, 3)
        [payment] = self.read("Payments")
        self.assertEqual(float(payment["CurrencyRate"]), float(invoice["CurrencyRate"]), "nothing is gained or lost")
        self.assertAgree(self.reconcile())

    def test_goods_that_leave_the_stock_are_booked_elsewhere(self):
        stock = self.env["account.account"].create(
            {"code": "X1300", "name": "Stock", "account_type": "asset_current"}
        )
        self.company.write({"inventory_valuation": "real_time", "anglo_saxon_accounting": True})
        goods = self.env["product.category"].create(
            {
                "name": "Goods",
                "property_valuation": "real_time",
                "property_cost_method": "standard",
                "property_stock_valuation_account_id": stock.id,
                "property_account_expense_categ_id": self.company_data["default_account_expense"].id,
                "property_account_income_categ_id": self.company_data["default_account_revenue"].id,
            }
        )
        crate = self.make_product("Crate", 30)
        crate.write({"is_storable": True, "categ_id": goods.id, "standard_price": 12})
        session = self.open_till()
        order = self.sell(session, (crate, 2), paid={self.card: 60}, partner=self.partner_a)
        order._create_order_picking()
        self.close(session)
        self.assertIn(stock, session.move_id.line_ids.account_id)
        order.with_context(generate_pdf=False).action_pos_order_invoice()
        self.drain()
        invoice, _credit = self.papers(session)
        [line] = invoice["LineItems"]
        self.assertEqual((float(line["LineAmount"]), float(invoice["Total"])), (60, 60))
        [credit] = self.read("CreditNotes")
        self.assertEqual((len(credit["LineItems"]), float(credit["Total"])), (1, 60))
        self.assertFalse(self.open_work())

    def test_a_till_of_a_branch_goes_to_the_organisation_of_its_parent(self):
        branch = self.branch()
        branch.account_default_pos_receivable_account_id = self.company.account_default_pos_receivable_account_id
        here = self.env(context={**self.env.context, "allowed_company_ids": [branch.id, self.company.id]})
        card = here["pos.payment.method"].create(
            {"name": "Branch Card", "journal_id": self.card_journal.id, "company_id": branch.id}
        )
        till = here["pos.config"].create(
            {
                "name": "Branch Shop",
                "company_id": branch.id,
                "journal_id": self.till.journal_id.id,
                "payment_method_ids": [Command.set(card.ids)],
                "invoice_journal_id": self.company_data["default_journal_sale"].id,
            }
        )
        till.open_ui()
        session = till.current_session_id
        session.set_opening_control(0, None)
        self.sell(session, self.table, paid={card: 115})
        session.close_session_from_ui()
        self.settle()
        invoice, _credit = self.papers(session)
        self.assertEqual((float(invoice["Total"]), invoice["Status"]), (115, "PAID"))
        self.assertEqual(invoice["inner"]["contact_name"], "Branch Shop")
        self.assertEqual(self.money(), {CARD: 115})
