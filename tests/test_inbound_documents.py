from odoo.tests import tagged

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestDocuments(InboundCommon):
    def lines(self, move):
        """Return the lines of the document of ``move`` in Xero, as an edit sends them back."""
        keys = ("LineItemID", "Description", "Quantity", "UnitAmount", "AccountCode", "TaxType")
        return [
            {key: line[key] for key in keys if line.get(key) is not None} for line in self.in_xero(move)["LineItems"]
        ]

    def assertAgreed(self, move):
        """Both sides hold the same, nothing waits, and a further reading finds nothing new."""
        self.env.invalidate_all()
        link = self.link_of(move)
        self.assertEqual(link.state, "synced", link.message)
        self.assertAlmostEqual(float(self.in_xero(move)["Total"]), move.amount_total, 2)
        self.assertFalse(self.open_jobs())
        self.simulator.reset_stats()
        before = self.writes_of(move)
        self.poll()
        self.assertEqual(self.writes_of(move), before)
        self.assertFalse({key for key in self.simulator.calls(self.tenant) if key[0] != "GET"}, "nothing is sent back")

    # === VOIDED === #

    def test_voided_in_xero_cancels(self):
        for move_type in ("out_invoice", "in_refund"):
            move = self.pushed(move_type)
            kind = "credit_note" if move_type == "in_refund" else "invoice"
            self.person("void", **{kind: move.xero_invoice_id})
            self.poll()
            self.assertEqual(move.state, "cancel")
            self.assertFalse(self.open_jobs(), "cancelling is not sent back")
            self.assertEqual(self.link_of(move).xero_status, "VOIDED")

    def test_posting_again_after_a_void_in_xero_makes_a_new_document(self):
        move = self.pushed()
        first = move.xero_invoice_id
        self.person("void", invoice=first)
        self.poll()
        move.button_draft()
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertNotEqual(move.xero_invoice_id, first)

    def test_posting_again_after_a_void_of_a_number_chosen_in_xero(self):
        """That number stays with the voided document; the new one bears Odoo's."""
        for move_type, name in (("out_invoice", "InvoiceNumber"), ("out_refund", "CreditNoteNumber")):
            with self.subTest(move_type=move_type):
                move = self.pushed(move_type)
                self.edit(move, **{name: f"CHOSEN-{move.id}"})
                self.poll()
                self.assertEqual(self.link_of(move).xero_number, f"CHOSEN-{move.id}")
                kind = "credit_note" if move_type == "out_refund" else "invoice"
                self.person("void", **{kind: move.xero_invoice_id})
                self.poll()
                move.button_draft()
                move.action_post()
                self.drain()
                self.assertInXero(move)
                self.assertEqual(self.in_xero(move)[name], move.name, "nobody has had that one there")

    def test_voided_in_xero_while_paid_in_odoo_is_told_in_words(self):
        move = self.pushed()
        self.pay(move)
        self.person("void", invoice=move.xero_invoice_id)
        self.poll()
        self.assertEqual(move.state, "posted")
        self.assertEqual(move.xero_sync_state, "conflict")
        self.assertIn("paid in Odoo", move.xero_sync_message)
        self.assertIn("credit note", move.xero_sync_message)
        number = self.env["xero.log"].search([], limit=1).id
        self.poll()
        self.assertFalse(self.log_since(number), "it is told once")

    def test_voided_in_a_period_locked_in_odoo(self):
        move = self.pushed()
        self.company.fiscalyear_lock_date = "2026-03-31"
        self.person("void", invoice=move.xero_invoice_id)
        self.poll()
        self.assertEqual((move.state, move.xero_sync_state), ("posted", "conflict"))
        self.assertIn("locked in Odoo", move.xero_sync_message)

    # === EDITED === #

    def test_reference_and_due_date_edited(self):
        move = self.pushed(ref="PO 1")
        self.edit(move, Reference="PO 2", DueDate="2026-05-01")
        self.poll()
        self.assertEqual((move.ref, str(move.invoice_date_due)), ("PO 2", "2026-05-01"))
        self.assertEqual(move.state, "posted")
        self.assertAgreed(move)

    def test_an_edit_that_does_not_move_the_time_of_our_own_write_is_seen(self):
        """Xero changes a due date of a document paid in part without moving UpdatedDateUTC."""
        self.person("edit_account", code="090", CurrencyCode="USD")
        move = self.pushed()
        self.person("pay", invoice=move.xero_invoice_id, amount="1")
        self.poll()
        move.ref = "Sent by Odoo"
        self.drain()
        self.edit(move, DueDate="2026-12-24")
        self.fetch("Invoice", move.xero_invoice_id)
        self.assertEqual((str(move.invoice_date_due), move.ref), ("2026-12-24", "Sent by Odoo"))

    def test_lines_that_xero_could_not_take_are_not_forgotten(self):
        """Only the head could be sent, because of a payment; when that is gone, an edit there is no agreement."""
        self.person("edit_account", code="090", CurrencyCode="USD")
        self.connection.conflict_documents = "odoo"
        move = self.pushed()
        payment = self.person("pay", invoice=move.xero_invoice_id, amount="10")
        move.button_draft()
        move.invoice_line_ids.price_unit = 150
        move.action_post()
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.edit(move, DueDate="2026-06-14")
        self.person("undo_payment", payment=payment["PaymentID"])
        self.poll()
        self.drain()
        self.assertInXero(move)

    def test_an_emptied_reference_is_emptied_in_xero(self):
        self.person("edit_account", code="090", CurrencyCode="USD")
        for paid in (False, True):
            move = self.pushed(ref="PO 77")
            if paid:
                self.person("pay", invoice=move.xero_invoice_id, amount="10")
                self.poll()
            move.ref = False
            self.drain()
            self.assertEqual(self.in_xero(move)["Reference"], "", move.xero_sync_message)
            self.simulator.reset_stats()
            move.action_xero_sync()
            self.drain()
            self.poll()
            self.assertNotIn(("POST", "Invoices"), self.simulator.calls(self.tenant))
            self.assertFalse(move.ref)

    def test_vendor_number_edited(self):
        move = self.pushed("in_invoice", ref="B-1")
        self.edit(move, InvoiceNumber="B-2")
        self.poll()
        self.assertEqual(move.ref, "B-2")
        self.assertAgreed(move)

    def test_number_of_an_invoice_chosen_in_xero_stays_there(self):
        move = self.pushed()
        name = move.name
        self.edit(move, InvoiceNumber="X-77")
        self.poll()
        self.assertEqual((move.name, move.xero_number), (name, "X-77"))
        self.assertAgreed(move)
        move.ref = "changed"
        self.drain()
        found = self.in_xero(move)
        self.assertEqual((found["InvoiceNumber"], found.get("Reference")), ("X-77", "changed"))

    def test_amounts_and_lines_edited(self):
        for move_type in ("out_invoice", "in_invoice", "out_refund"):
            move = self.pushed(move_type, [(3, 25.06), (1, 25.61), (7, 25.63)], ref=f"R-{move_type}")
            lines = self.lines(move)
            lines[1] |= {"UnitAmount": 99.5, "Quantity": 2}
            del lines[2]
            lines.append({**lines[1], "Description": "Added in Xero", "UnitAmount": 0.3333, "Quantity": 3})
            lines[-1].pop("LineItemID")
            kept = move.invoice_line_ids[0]
            self.edit(move, LineItems=lines)
            self.poll()
            self.assertEqual(move.state, "posted", move_type)
            self.assertIn(kept, move.invoice_line_ids, "an unchanged line keeps what Odoo knows of it")
            self.assertEqual(move.invoice_line_ids.mapped("name"), ["Line 1", "Line 2", "Added in Xero"])
            self.assertAgreed(move)

    def test_cents_of_tax_follow_xero(self):
        move = self.pushed("in_invoice", [(1, 33.33), (1, 33.33), (1, 33.33)])
        lines = self.lines(move)
        lines[0] |= {"UnitAmount": 40.01, "TaxAmount": 6.03}
        self.edit(move, LineItems=lines)
        self.poll()
        self.assertEqual(move.state, "posted")
        self.assertAgreed(move)

    def test_contact_and_date_edited(self):
        other = self.pushed(partner=self.partner_b)
        move = self.pushed(partner=self.partner_a)
        self.edit(move, Contact={"ContactID": other.partner_id.xero_contact_id}, Date="2026-03-20")
        self.poll()
        self.assertEqual((move.partner_id, str(move.invoice_date)), (self.partner_b, "2026-03-20"))
        self.assertAgreed(move)

    def test_edited_while_paid_in_odoo_keeps_odoo_and_asks(self):
        move = self.pushed()
        self.pay(move)
        total = move.amount_total
        lines = self.lines(move)
        lines[0]["UnitAmount"] = 200
        self.edit(move, LineItems=lines)
        self.poll()
        self.assertEqual((move.amount_total, move.payment_state in ("paid", "in_payment")), (total, True))
        self.assertEqual(move.xero_sync_state, "conflict")
        self.assertIn("undo the payment", move.xero_sync_message)

    def test_account_without_counterpart_is_a_failed_job_that_retry_mends(self):
        move = self.pushed()
        lines = self.lines(move)
        lines[0]["AccountCode"] = "260"
        self.edit(move, LineItems=lines)
        self.poll()
        job = self.failed_fetch()
        self.assertEqual((job.failure_type, job.xero_type), ("mapping", "Invoice"))
        self.assertIn("260", job.failure_detail)
        self.assertEqual(move.state, "posted", "nothing half done")
        account = self.company_data["default_account_revenue"].copy({"code": "409999"})
        self.env["xero.mapping.account"].create(
            {
                "connection_id": self.connection.id,
                "account_id": account.id,
                "xero_account_id": self.env["xero.account"]
                .search([("connection_id", "=", self.connection.id), ("code", "=", "260")])
                .id,
            }
        )
        job.action_retry()
        self.drain()
        self.assertEqual(move.invoice_line_ids.account_id, account)
        self.assertAgreed(move)

    def test_draft_approved_in_xero_is_posted(self):
        self.connection.sync_when = "draft"
        move = self.make_move(post=False)
        self.drain()
        self.poll()
        self.assertEqual(self.in_xero(move)["Status"], "DRAFT")
        self.person("approve", invoice=move.xero_invoice_id)
        self.poll()
        self.assertEqual(move.state, "posted")

    def test_document_deleted_in_odoo_is_left_alone(self):
        move = self.pushed()
        link = self.link_of(move)
        self.env.cr.execute("DELETE FROM account_move_line WHERE move_id = %s", [move.id])
        self.env.cr.execute("DELETE FROM account_move WHERE id = %s", [move.id])
        self.env.invalidate_all()
        self.person("edit", invoice=link.xero_id, Reference="late")
        self.poll()
        self.assertFalse(self.open_jobs())

    # === NEW === #

    def new_invoice(self, **values):
        contact = getattr(self, "xero_contact", None) or self.person(
            "create_contact", Name="Made in Xero", EmailAddress="made@example.com"
        )
        self.xero_contact = contact
        return self.person(
            "create_invoice",
            **{
                "contact": contact["ContactID"],
                "Date": "2026-03-15",
                "InvoiceNumber": "X-1",
                "Reference": "their PO",
                "LineItems": [
                    {
                        "Description": "Work",
                        "Quantity": 3,
                        "UnitAmount": 25.06,
                        "AccountCode": "200",
                        "TaxType": self.tax_type("sale"),
                    },
                    {
                        "Description": "Odd",
                        "Quantity": 7,
                        "UnitAmount": 0.3333,
                        "AccountCode": "200",
                        "TaxType": self.tax_type("sale"),
                    },
                    {"Description": "A note only"},
                ],
                **values,
            },
        )

    def tax_type(self, use):
        tax = self.tax_sale_a if use == "sale" else self.tax_purchase_a
        return self.connection.tax_mapping_ids.filtered(
            lambda row: row.tax_ids == tax and row.type_tax_use == use
        ).xero_tax_rate_id.tax_type

    def expense_code(self):
        account = self.company_data["default_account_expense"]
        return self.connection.account_mapping_ids.filtered(lambda row: row.account_id == account).xero_account_id.code

    def made(self):
        return self.env["account.move"].search([("invoice_origin", "=", "Xero X-1")])

    def test_new_documents_are_ignored_by_default(self):
        self.new_invoice()
        before = self.env["account.move"].search_count([])
        self.poll()
        self.assertEqual(self.env["account.move"].search_count([]), before)
        self.assertFalse(self.open_jobs())

    def test_new_invoice_is_imported_to_the_cent(self):
        for setting, state in (("draft", "draft"), ("post", "posted")):
            with self.subTest(setting):
                self.connection.inbound_documents = setting
                element = self.new_invoice(InvoiceNumber=f"X-{setting}")
                self.poll()
                move = self.env["account.move"].search([("invoice_origin", "=", f"Xero X-{setting}")])
                self.assertEqual((move.state, move.move_type), (state, "out_invoice"))
                self.assertAlmostEqual(move.amount_total, float(element["Total"]), 2)
                self.assertEqual((move.ref, str(move.invoice_date)), ("their PO", "2026-03-15"))
                self.assertEqual(move.partner_id.email, "made@example.com")
                self.assertEqual(move.xero_invoice_id, element["InvoiceID"])
                self.assertEqual(
                    self.env["account.move"].search_count([("invoice_origin", "=", move.invoice_origin)]), 1
                )
                self.assertAgreed(move)

    def test_new_bill_and_credit_note_with_inclusive_prices(self):
        self.connection.inbound_documents = "post"
        line = {
            "Description": "In",
            "Quantity": 3,
            "UnitAmount": 11.11,
            "AccountCode": self.expense_code(),
            "TaxType": self.tax_type("purchase"),
        }
        bill = self.new_invoice(
            Type="ACCPAY",
            InvoiceNumber="B 9",
            LineAmountTypes="Inclusive",
            LineItems=[line, {**line, "UnitAmount": 7.77}],
        )
        self.poll()
        move = self.env["account.move"].search([("invoice_origin", "=", "Xero B 9")])
        self.assertEqual((move.move_type, move.ref, move.state), ("in_invoice", "B 9", "posted"))
        self.assertAlmostEqual(move.amount_total, float(bill["Total"]), 2)
        self.assertAlmostEqual(move.amount_tax, float(bill["TotalTax"]), 2)
        self.assertAgreed(move)

    def test_new_document_outside_the_settings_is_ignored(self):
        self.connection.write({"inbound_documents": "post", "sync_from": "2026-03-16"})
        self.new_invoice()
        self.connection.sync_invoices = False
        self.new_invoice(InvoiceNumber="X-2", Date="2026-03-20")
        self.poll()
        self.assertFalse(self.env["account.move"].search([("invoice_origin", "like", "Xero X-")]))

    def test_draft_in_xero_waits_for_its_approval(self):
        self.connection.inbound_documents = "post"
        element = self.new_invoice(Status="DRAFT")
        self.poll()
        self.assertFalse(self.made())
        self.person("approve", invoice=element["InvoiceID"])
        self.poll()
        self.assertEqual(self.made().state, "posted")

    def test_only_the_document_that_was_asked_for_is_posted(self):
        """Others come in with the same reading: they are made as the setting says."""
        self.connection.inbound_documents = "draft"
        asked, other = (self.new_invoice(InvoiceNumber=number) for number in ("X-asked", "X-other"))
        self.patch(
            self.env.registry["xero.inbound.hook"], "_all_asked_for", lambda *_args: [asked["InvoiceID"]]
        )
        self.poll()
        states = {
            element["InvoiceID"]: self.env["account.move"]
            .search([("invoice_origin", "=", f"Xero {element['InvoiceNumber']}")])
            .state
            for element in (asked, other)
        }
        self.assertEqual(states, {asked["InvoiceID"]: "posted", other["InvoiceID"]: "draft"})

    def test_our_own_document_without_its_link_is_linked_again_not_imported(self):
        self.connection.inbound_documents = "post"
        move = self.pushed()
        xero_id = move.xero_invoice_id
        self.link_of(move).sudo().unlink()
        before = self.env["account.move"].search_count([])
        self.simulator.control("/clock", advance=7200)
        self.edit_by_id(xero_id, Reference="seen again")
        self.poll()
        self.assertEqual(self.env["account.move"].search_count([]), before)
        self.assertEqual(move.xero_invoice_id, xero_id)

    def edit_by_id(self, xero_id, **values):
        return self.person("edit", invoice=xero_id, **values)
