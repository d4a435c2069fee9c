"""Both sides did the same, or Xero did what Odoo asked and did not say so: nobody is asked."""

from odoo.tests import tagged

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestAgreement(InboundCommon):
    def assertNobodyAsked(self, record):
        self.poll()
        self.drain()
        self.assertFalse(self.conflict_of(record), self.conflict_of(record).reason)
        self.assertFalse(self.open_jobs())
        link = self.link_of(record)
        self.assertIn(link.state, ("synced", "to_sync"))

    def lose_the_answer(self, status=500, **options):
        return self.simulator.fault("error", status=status, saved=True, method="POST", **options)

    # === AN UPDATE THAT WAS SAVED AND ANSWERED WITH AN ERROR === #

    def test_saved_update_of_a_document_is_recognised(self):
        for status in (500, 502, 503):
            with self.subTest(status=status):
                move = self.pushed(ref="before")
                self.lose_the_answer(status, resource="Invoices")
                move.ref = "after"
                self.drain()
                self.resume()
                self.drain()
                self.assertNobodyAsked(move)
                self.assertEqual(self.in_xero(move)["Reference"], "after")
                self.assertEqual(move.xero_sync_state, "synced")

    def test_saved_update_is_not_sent_again(self):
        move = self.pushed(ref="before")
        self.lose_the_answer(resource="Invoices")
        move.ref = "after"
        self.drain()
        self.resume()
        self.simulator.reset_stats()
        self.drain()
        self.assertNotIn(("POST", "Invoices"), self.simulator.calls(self.tenant))
        self.assertNobodyAsked(move)

    def test_edited_again_in_odoo_after_the_lost_answer(self):
        move = self.pushed(ref="one")
        self.lose_the_answer(resource="Invoices")
        move.ref = "two"
        self.drain()
        move.ref = "three"
        self.resume()
        self.drain()
        self.assertNobodyAsked(move)
        self.assertEqual(self.in_xero(move)["Reference"], "three")

    def test_lines_changed(self):
        move = self.pushed(lines=[(3, 33.33), (1, 9.99)])
        self.lose_the_answer(resource="Invoices")
        move.button_draft()
        move.invoice_line_ids[0].price_unit = 44.44
        move.action_post()
        self.drain()
        self.resume()
        self.drain()
        self.assertNobodyAsked(move)
        self.assertInXero(move)

    def test_update_that_was_not_saved_is_sent_again(self):
        move = self.pushed(ref="before")
        self.simulator.fault("error", status=503, saved=False, method="POST", resource="Invoices")
        move.ref = "after"
        self.drain()
        self.resume()
        self.drain()
        self.assertNobodyAsked(move)
        self.assertEqual(self.in_xero(move)["Reference"], "after")

    def test_a_person_changed_it_in_xero_after_our_lost_answer(self):
        move = self.pushed(ref="before")
        self.lose_the_answer(resource="Invoices")
        # One reading before the update; the one that looks after the lost answer has to wait.
        self.simulator.fault("rate_limit", method="GET", resource="Invoices", limit="minute", retry_after=60, skip=1)
        move.ref = "ours"
        self.drain()
        self.edit(move, Reference="theirs")
        self.resume()
        self.drain()
        self.poll()
        self.assertEqual(self.in_xero(move)["Reference"], "theirs", "nothing is overwritten unseen")
        self.assertEqual(self.conflict_of(move).state, "open")

    def test_saved_update_of_a_contact_is_recognised(self):
        move = self.pushed()
        partner = move.partner_id
        self.lose_the_answer(resource="Contacts")
        partner.email = "after@example.com"
        self.drain()
        partner.email = "later@example.com"
        self.resume()
        self.drain()
        self.assertNobodyAsked(partner)
        [contact] = [
            found
            for found in self.simulator.documents(self.tenant, "Contacts")
            if found["ContactID"] == partner.xero_contact_id
        ]
        self.assertEqual(contact["EmailAddress"], "later@example.com")

    def test_saved_void_is_recognised(self):
        move = self.pushed()
        self.lose_the_answer(resource="Invoices")
        move.button_draft()
        move.button_cancel()
        self.drain()
        self.resume()
        self.drain()
        self.assertNobodyAsked(move)

    def test_saved_deletion_of_a_draft_is_recognised(self):
        self.connection.sync_when = "draft"
        move = self.pushed(post=False)
        self.lose_the_answer(resource="Invoices")
        move.button_cancel()
        self.drain()
        self.resume()
        self.drain()
        self.assertNobodyAsked(move)
        self.assertEqual(self.in_xero(move)["Status"], "DELETED")

    # === BOTH SIDES DID THE SAME === #

    def test_draft_deleted_in_xero_is_cancelled_in_odoo(self):
        self.connection.sync_when = "draft"
        move = self.pushed(post=False)
        self.person("void", invoice=move.xero_invoice_id)
        self.assertNobodyAsked(move)
        self.assertEqual((move.state, self.in_xero(move)["Status"]), ("cancel", "DELETED"))

    def test_cancelled_in_odoo_and_voided_in_xero(self):
        for move_type in ("out_invoice", "in_invoice", "out_refund"):
            with self.subTest(move_type=move_type):
                move = self.pushed(move_type)
                kind = "credit_note" if move_type == "out_refund" else "invoice"
                self.person("void", **{kind: move.xero_invoice_id})
                move.button_draft()
                move.button_cancel()
                self.assertNobodyAsked(move)
                self.assertEqual((move.state, self.in_xero(move)["Status"]), ("cancel", "VOIDED"))

    def test_cancelled_in_odoo_and_voided_in_xero_seen_before_sending(self):
        move = self.pushed()
        self.person("void", invoice=move.xero_invoice_id)
        move.button_draft()
        move.button_cancel()
        self.drain()
        self.assertNobodyAsked(move)

    def test_taken_back_to_draft_in_odoo_and_voided_in_xero(self):
        move = self.pushed()
        self.person("void", invoice=move.xero_invoice_id)
        move.button_draft()
        self.drain()
        self.assertNobodyAsked(move)
        self.assertEqual(move.state, "draft", "a person is working on it")
        first = move.xero_invoice_id
        move.action_post()
        self.drain()
        self.assertInXero(move)
        self.assertNotEqual(move.xero_invoice_id, first)

    def test_deleted_in_odoo_and_voided_in_xero(self):
        move = self.pushed()
        link = self.link_of(move)
        self.person("void", invoice=move.xero_invoice_id)
        move.button_draft()
        move.with_context(force_delete=True).unlink()
        self.drain()
        self.poll()
        self.assertFalse(self.env["xero.conflict"].sudo().search([("link_id", "=", link.id)]))
        self.assertFalse(self.open_jobs())

    def test_the_same_reference_on_both_sides(self):
        move = self.pushed(ref="before")
        self.edit(move, Reference="agreed by phone")
        move.ref = "agreed by phone"
        self.drain()
        self.assertNobodyAsked(move)
        self.assertEqual(move.xero_sync_state, "synced")

    def test_contact_archived_on_both_sides(self):
        for seen_by in ("push", "poll"):
            with self.subTest(seen_by=seen_by):
                partner = self.env["res.partner"].create({"name": f"Gone {seen_by}", "is_company": True})
                move = self.pushed(partner=partner)
                self.person("archive_contact", contact=partner.xero_contact_id)
                partner.action_archive()
                if seen_by == "poll":
                    self.poll("Contact")
                self.drain()
                self.assertNobodyAsked(partner)
                self.assertFalse(partner.active)
                self.assertTrue(move)

    def test_the_same_contact_field_on_both_sides(self):
        partner = self.pushed().partner_id
        self.person("edit_contact", contact=partner.xero_contact_id, EmailAddress="new@example.com")
        partner.email = "new@example.com"
        self.drain()
        self.assertNobodyAsked(partner)
