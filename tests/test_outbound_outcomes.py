"""Outcomes that stay unknown for a while, and what others do meanwhile: nothing is sent twice, nothing is lost."""

import time
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import fields
from odoo.tests import tagged

from ..models.outbound.exporter import Item
from .common.inbound import InboundCommon

LATE = 60


@tagged("post_install", "-at_install")
class TestOutcomes(InboundCommon):
    def setUp(self):
        super().setUp()
        self.runner_class = type(self.env["xero.sync.runner"])
        self.exporter_class = type(self.env["xero.exporter"])

    def bills(self):
        """Return two bills that Xero lets have one number; their contact is in Xero."""
        first = self.pushed("in_invoice", ref="FIRST")
        bills = self.make_move("in_invoice", ref="B1") + self.make_move("in_invoice", ref="B1")
        self.assertEqual(bills.partner_id, first.partner_id)
        return bills

    def drain_to_end(self, rounds=4):
        for _round in range(rounds):
            self.resume()
            self.drain()

    def saved(self, resource, count):
        """Wait until Xero has saved ``count`` elements."""
        for _try in range(300):
            if len(self.simulator.documents(self.tenant, resource)) == count:
                return
            time.sleep(0.1)
        self.fail(f"Xero never had {count} {resource}")

    def batches(self):
        return self.env["xero.sync.batch"].search([("connection_id", "=", self.connection.id)], order="id")

    def test_a_repetition_that_is_refused_says_nothing_about_the_first(self):
        """The first call is saved late; its repetition under the same key meets a limit."""
        bills = self.bills()
        for kind, values in (("save_late", {"seconds": LATE, "hang_up": True}), ("rate_limit", {"retry_after": 40})):
            self.simulator.fault(kind, method="PUT", resource="Invoices", **values)
        self.drain()
        self.assertEqual(self.batches()[-1].state, "unknown")
        self.simulator.control("/faults/release", now=True)
        self.saved("Invoices", 3)
        self.drain_to_end()
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 3)
        self.assertInXero(bills)

    def test_a_gateway_that_gave_up_waiting_is_no_answer(self):
        """Xero may be saving still: the same bytes go under the same key."""
        bills, before = self.bills(), self.batches()
        self.simulator.fault("error", method="PUT", resource="Invoices", status=504)
        self.drain_to_end()
        batch = self.batches() - before
        self.assertEqual((len(batch), batch.state, batch.answered), (1, "unknown", False))
        # After that Xero has either saved it, or never will.
        batch.sudo().started_at -= timedelta(minutes=6)
        self.env.flush_all()
        self.drain_to_end()
        self.assertInXero(bills)

    def test_nothing_is_read_while_an_outcome_is_open(self):
        """A credit note bears no mark of ours: read before it is looked up, it would be imported as another's."""
        self.connection.inbound_documents = "post"
        note = self.pushed("out_refund")
        original = self.exporter_class._mark_unknown

        def mark_unknown(exporter, drain, batch, error, *args):
            error.retry_after = 30
            return original(exporter, drain, batch, error, *args)

        self.patch(self.exporter_class, "_mark_unknown", mark_unknown)
        self.simulator.fault("drop_after", method="PUT", resource="CreditNotes")
        second = note.copy()
        second.invoice_date = note.invoice_date
        second.action_post()
        self.env["xero.sync.job"]._enqueue_poll(self.connection, "CreditNote")
        self.drain()
        self.connection.paused_until = False
        self.drain()
        self.assertTrue(self.connection.paused_until, "the lane waits as long as Xero says")
        refunds = [("move_type", "=", "out_refund"), ("company_id", "=", self.company.id)]
        self.assertEqual(self.env["account.move"].search(refunds), second | note)
        self.drain_to_end()
        self.poll("CreditNote")
        self.assertEqual(self.env["account.move"].search(refunds), second | note)
        self.assertEqual(len(self.simulator.documents(self.tenant, "CreditNotes")), 2)
        self.assertInXero(second)

    def test_a_call_of_an_older_version_is_looked_up(self):
        """It stored what its elements stand for by place, not by name."""
        bills = self.bills()
        self.simulator.fault("drop_after", method="PUT", resource="Invoices")
        self.patch(self.exporter_class, "_may_replay", lambda *_args: False)
        self.patch(self.runner_class, "_handle_and_resolve", self.runner_class._handle)
        self.drain()
        batch = self.batches()[-1].sudo()
        batch.items = [[item.get(name) for name in Item.STORED] for item in batch.items]
        self.env.flush_all()
        self.drain_to_end()
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 3)
        self.assertInXero(bills)

    def test_a_clock_that_is_ahead_hides_nothing(self):
        bills = self.bills()
        self.simulator.fault("drop_after", method="PUT", resource="Invoices")
        self.patch(self.exporter_class, "_may_replay", lambda *_args: False)
        self.patch(self.runner_class, "_handle_and_resolve", self.runner_class._handle)
        self.drain()
        batch = self.batches()[-1].sudo()
        batch.started_at += timedelta(minutes=20)
        self.connection.sudo().clock_offset = -20 * 60
        self.env.flush_all()
        self.drain_to_end()
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 3)
        self.assertInXero(bills)

    def test_a_write_of_somebody_else_begins_the_reading_anew(self):
        move = self.pushed(ref="Before")
        self.edit(move, Reference="After")
        inbound_class = type(self.env["xero.inbound"]._for_type("Invoice"))
        original, failures = inbound_class._apply_known, [pg_errors.SerializationFailure()] * 2

        def apply_known(inbound, *args):
            if failures:
                raise failures.pop()
            return original(inbound, *args)

        self.patch(inbound_class, "_apply_known", apply_known)
        self.poll("Invoice")
        self.assertEqual((move.ref, failures), ("After", []))
        self.assertFalse(self.open_jobs())

    def test_a_document_deleted_while_a_person_is_asked_leaves_xero(self):
        self.connection.conflict_documents = "ask"
        move = self.pushed(ref="Agreed")
        xero_id = move.xero_invoice_id
        self.edit(move, Reference="Of Xero")
        move.ref = "Of Odoo"
        self.drain()
        self.assertEqual(move.xero_sync_state, "conflict")
        move.button_draft()
        self.drain()
        move.with_context(force_delete=True).unlink()
        self.drain()
        [left] = [row for row in self.simulator.documents(self.tenant, "Invoices") if row["InvoiceID"] == xero_id]
        self.assertEqual(left["Status"], "VOIDED")
        self.assertFalse(self.env["xero.conflict"].search([("state", "=", "open")]))

    def test_documents_of_a_contact_that_is_merged_away_go_on(self):
        """Merging is what people do about a contact that Xero refused as a duplicate."""
        survivor, twin = self.env["res.partner"].create([{"name": "Twin"}, {"name": "Twin Ltd"}])
        move = self.make_move(partner=twin)
        self.simulator.fault("invalid", resource="Contacts", method="PUT")
        self.drain()
        self.assertEqual(self.job_of(move).blocked_by_id, self.job_of(twin))
        self.env["base.partner.merge.automatic.wizard"].sudo()._merge((survivor | twin).ids, survivor)
        self.env.invalidate_all()
        self.drain()
        self.assertEqual(move.partner_id, survivor)
        self.assertInXero(move)

    def test_a_page_is_as_old_as_its_answer(self):
        """However long it takes to take it over: the newer of two edits is told by it."""
        self.pushed()
        inbound_class = type(self.env["xero.inbound"]._for_type("Invoice"))
        original, begun = inbound_class._apply, []

        def apply(inbound, *args):
            begun.append(fields.Datetime.now())
            time.sleep(1.1)
            return original(inbound, *args)

        self.patch(inbound_class, "_apply", apply)
        self.poll("Invoice")
        self.assertLessEqual(self.cursor_of("Invoice").polled_at, begun[0])
