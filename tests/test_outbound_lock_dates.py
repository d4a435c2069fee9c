from odoo import fields
from odoo.tests import tagged

from .common.payment import PaymentCommon


class LockCommon(PaymentCommon):
    def lock_xero(self, period=None, year=None):
        """Xero's periods are closed up to a day, and Odoo has read it."""
        self.person("set_lock_date", period=period, year=year)
        self.connection.write({"period_lock_date": period, "year_lock_date": year})

    def day_in_xero(self, move, name="Date"):
        return str(self.in_xero(move)[name])[:10]

    def failed(self):
        return self.env["xero.sync.job"].search(
            [("connection_id", "=", self.connection.id), ("state", "in", ("failed", "dead"))]
        )

    def assertQuiet(self):
        """Reading everything back and looking for what was missed makes no further write."""
        self.env["xero.sync.runner"]._sweep()
        self.drain()
        self.simulator.reset_stats()
        self.poll()
        self.env["xero.sync.cursor"].search([("connection_id", "=", self.connection.id)]).sudo().full_page = 1
        self.poll()
        writes = {call: count for call, count in self.simulator.calls(self.tenant).items() if call[0] != "GET"}
        self.assertFalse(writes)
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))


@tagged("post_install", "-at_install")
class TestLockedInXero(LockCommon):
    def test_refused_with_the_reason_by_default(self):
        self.lock_xero("2026-03-31")
        move = self.make_move()
        self.drain()
        self.assertEqual(self.failed().failure_type, "locked_period")
        self.assertIn("locked in Xero", move.xero_sync_message)

    def test_sent_on_the_first_open_day(self):
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31", "2026-02-28")
        for move_type in ("out_invoice", "in_invoice", "out_refund", "in_refund"):
            move = self.make_move(move_type, invoice_date_due="2026-03-20", invoice_payment_term_id=False)
            self.drain()
            self.assertInXero(move)
            self.assertEqual(self.day_in_xero(move), "2026-04-01")
            if not move_type.endswith("refund"):
                self.assertEqual(self.day_in_xero(move, "DueDate"), "2026-04-01")
            self.assertEqual((str(move.invoice_date), move.date.month), ("2026-03-10", 3))
            self.assertIn("2026-04-01", move.xero_sync_message)
            self.assertIn("2026-04-01", " ".join(move.message_ids.mapped("body")))
            self.assertEqual(str(self.link_of(move).date_xero), "2026-04-01")
        self.assertQuiet()

    def test_a_due_date_after_the_new_day_stays(self):
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31")
        move = self.make_move(invoice_date_due="2026-04-20", invoice_payment_term_id=False)
        self.drain()
        self.assertEqual(self.day_in_xero(move, "DueDate"), "2026-04-20")

    def test_the_day_stays_wherever_the_lock_goes(self):
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31")
        move = self.make_move()
        self.drain()
        self.lock_xero("2026-02-28")
        self.simulator.reset_stats()
        move.action_xero_sync()
        self.drain()
        self.assertNotIn(("POST", "Invoices"), self.simulator.calls(self.tenant))
        move.ref = "Later"
        self.drain()
        self.assertEqual((self.day_in_xero(move), self.in_xero(move)["Reference"]), ("2026-04-01", "Later"))
        self.lock_xero("2026-04-30")
        move.ref = "Too late"
        self.drain()
        self.assertEqual(self.failed().failure_type, "locked_period")
        self.assertEqual(self.day_in_xero(move), "2026-04-01")

    def test_another_day_in_odoo_is_sent(self):
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31")
        move = self.make_move()
        self.drain()
        move.button_draft()
        move.write({"invoice_date": "2026-04-10", "date": "2026-04-10"})
        move.action_post()
        self.drain()
        self.assertEqual(self.day_in_xero(move), "2026-04-10")
        self.assertFalse(self.link_of(move).date_xero)
        self.assertQuiet()

    def test_edited_there_is_taken_over_without_a_conflict(self):
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31")
        move = self.make_move()
        self.drain()
        self.poll()
        self.edit(move, Reference="Theirs")
        self.poll()
        self.assertEqual((move.ref, str(move.invoice_date)), ("Theirs", "2026-03-10"))
        self.assertFalse(self.conflict_of(move))
        self.edit(move, Date="2026-04-05")
        self.poll()
        self.assertEqual(str(move.invoice_date), "2026-04-05")
        self.assertQuiet()

    def test_what_xero_has_in_a_locked_period_is_not_moved(self):
        move = self.pushed()
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31")
        move.ref = "Changed"
        self.drain()
        self.assertEqual(self.failed().failure_type, "locked_period")
        self.assertEqual(self.day_in_xero(move), "2026-03-10")

    def test_a_void_is_refused_with_the_ways_out(self):
        move = self.pushed()
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31")
        move.button_draft()
        move.button_cancel()
        self.drain()
        self.assertEqual(self.failed().failure_type, "locked_period")
        self.assertIn("credit note", self.failed().failure_detail)
        self.assertEqual(self.in_xero(move)["Status"], "AUTHORISED")

    def test_payments_go_on_the_first_open_day(self):
        self.row.direction = "odoo_to_xero"
        move = self.pushed()
        self.connection.xero_lock_policy = "move"
        self.lock_xero("2026-03-31")
        self.pay(move)
        self.drain()
        [element] = self.simulator.documents(self.tenant, "Payments")
        self.assertEqual(str(element["Date"])[:10], "2026-04-01")
        link = self.env["xero.link"].search([("res_model", "=", "xero.payment.part")])
        self.assertRecordValues(
            link, [{"date_odoo": fields.Date.to_date("2026-03-12"), "date_xero": fields.Date.to_date("2026-04-01")}]
        )
        self.assertIn("2026-04-01", link.message)
        self.lock_xero("2026-04-30")
        self.assertSameDue(move)
        self.assertQuiet()


@tagged("post_install", "-at_install")
class TestLockedInOdoo(LockCommon):
    def setUp(self):
        super().setUp()
        self.connection.inbound_documents = "post"
        self.contact = self.person("create_contact", Name="Made in Xero")["ContactID"]

    def make_in_xero(self, kind="invoice", **values):
        code = self.expense_code() if values.get("Type") == "ACCPAY" else "200"
        line = {"Description": "Line", "Quantity": 1, "UnitAmount": 80, "AccountCode": code, "TaxType": "NONE"}
        values = {"Date": "2026-03-15", "LineItems": [line], **values}
        return self.person(f"create_{kind}", contact=self.contact, **values)

    def expense_code(self):
        account = self.company_data["default_account_expense"]
        rows = self.connection.account_mapping_ids.filtered(lambda row: row.account_id == account)
        return rows.xero_account_id.code

    def imported(self, element):
        link = self.env["xero.link"].search(
            [("connection_id", "=", self.connection.id), ("xero_id", "=", element["InvoiceID"])]
        )
        return self.env["account.move"].browse(link.res_id)

    def test_refused_with_the_reason_by_default(self):
        self.company.fiscalyear_lock_date = "2026-03-31"
        element = self.make_in_xero(InvoiceNumber="XN-1")
        self.poll()
        self.assertEqual(self.failed_fetch().failure_type, "locked_period")
        self.assertFalse(self.imported(element))
        self.connection.odoo_lock_policy = "move"
        self.assertFalse(self.failed_fetch(), "it goes again by itself")
        self.drain()
        self.assertEqual(self.imported(element).state, "posted")

    def test_booked_on_the_first_open_day(self):
        self.connection.odoo_lock_policy = "move"
        self.company.fiscalyear_lock_date = "2026-03-31"
        for number, values in enumerate(({}, {"Type": "ACCPAY"})):
            move = self.imported_after_poll(InvoiceNumber=f"XN-{number}", **values)
            self.assertEqual((str(move.invoice_date), str(move.date)), ("2026-03-15", "2026-04-01"))
            self.assertTrue(any("closed in Odoo" in body for body in move.message_ids.mapped("body")))
        self.assertQuiet()
        self.assertEqual(self.day_in_xero(move), "2026-03-15")

    def imported_after_poll(self, **values):
        element = self.make_in_xero(**values)
        self.poll()
        return self.imported(element)

    def test_a_closed_tax_return_is_told_and_only_where_there_is_tax(self):
        self.connection.odoo_lock_policy = "move"
        self.company.tax_lock_date = "2026-03-31"
        tax_type = self.connection.tax_mapping_ids.filtered(
            lambda row: row.tax_ids == self.tax_sale_a and row.type_tax_use == "sale"
        ).xero_tax_rate_id.tax_type
        line = {"Description": "Line", "Quantity": 1, "UnitAmount": 80, "AccountCode": "200"}
        taxed = self.imported_after_poll(InvoiceNumber="XN-1", LineItems=[{**line, "TaxType": tax_type}])
        self.assertEqual(str(taxed.date), "2026-04-01")
        self.assertTrue(any("later return" in body for body in taxed.message_ids.mapped("body")))
        free = self.imported_after_poll(InvoiceNumber="XN-2", LineItems=[{**line, "TaxType": "NONE"}])
        self.assertEqual(str(free.date), "2026-03-15")

    def test_a_hard_lock_is_moved_past_as_well(self):
        self.connection.odoo_lock_policy = "move"
        self.company.write({"hard_lock_date": "2026-02-28", "sale_lock_date": "2026-04-30"})
        move = self.imported_after_poll(InvoiceNumber="XN-1")
        self.assertEqual(str(move.date), "2026-05-01")
        bill = self.imported_after_poll(InvoiceNumber="XN-2", Type="ACCPAY")
        self.assertEqual(str(bill.date), "2026-03-15")

    def test_later_changes_do_not_send_the_day_back(self):
        self.connection.odoo_lock_policy = "move"
        self.company.fiscalyear_lock_date = "2026-03-31"
        move = self.imported_after_poll(InvoiceNumber="XN-1")
        move.ref = "Ours"
        self.drain()
        element = self.in_xero(move)
        self.assertEqual((self.day_in_xero(move), element["Reference"]), ("2026-03-15", "Ours"))
        self.edit(move, DueDate="2026-06-30")
        self.poll()
        self.assertFalse(self.conflict_of(move))
        self.assertEqual((str(move.date), str(move.invoice_date_due)), ("2026-04-01", "2026-06-30"))
        self.assertQuiet()

    def test_a_payment_is_booked_on_the_first_open_day(self):
        move = self.pushed()
        self.connection.odoo_lock_policy = "move"
        self.company.fiscalyear_lock_date = "2026-03-31"
        element = self.pay_in_xero(move, date="2026-03-20")
        self.poll()
        self.assertEqual(str(self.payment_of(element).date), "2026-04-01")
        self.assertSameDue(move)
        self.assertQuiet()
