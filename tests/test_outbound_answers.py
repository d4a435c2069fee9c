"""Answers to our own writes that say another status than the one sent, and Xero that talks oddly for a while."""

import json
import logging

from psycopg2 import errors as pg_errors

from odoo.tests import tagged
from odoo.tools import SQL

from .common.payment import PaymentCommon


@tagged("post_install", "-at_install")
class TestAnswers(PaymentCommon):
    def bend(self, method, resource, count=1, **fields):
        self.simulator.fault("bend", method=method, resource=resource, count=count, fields=fields)

    def test_void_that_is_answered_oddly(self):
        """It is looked into: the next reading does not take our own void for a person's."""
        for said in ("ODD", None, "AUTHORISED"):
            with self.subTest(said=said):
                move = self.pushed()
                move.button_draft()
                move.button_cancel()
                self.bend("POST", "Invoices", Status=said)
                self.drain()
                self.assertEqual(self.in_xero(move)["Status"], "VOIDED")
                self.assertEqual(self.link_of(move).xero_status, "VOIDED")
                self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
                move.button_draft()
                move.ref = "Goes on"
                self.poll()
                self.assertEqual((move.state, move.ref), ("draft", "Goes on"))
                self.assertFalse(self.conflict_of(move))
                self.simulator.clear_faults()

    def test_update_and_creation_that_are_answered_oddly(self):
        move = self.make_move()
        self.bend("PUT", "Invoices", Status="DRAFT")
        self.drain()
        self.assertInXero(move)
        self.poll()
        move.ref = "Changed"
        self.bend("POST", "Invoices", Status="SUBMITTED")
        self.drain()
        self.assertInXero(move)
        self.poll()
        self.assertFalse(self.open_jobs() or self.conflict_of(move))

    def test_look_that_fails_is_made_later(self):
        move = self.pushed()
        move.button_draft()
        move.button_cancel()
        self.bend("POST", "Invoices", Status="ODD")
        # The first reading is the look before the update.
        self.simulator.fault("error", method="GET", resource="Invoices", status=503, skip=1, count=4)
        self.drain()
        for _round in range(4):
            self.simulator.clear_faults()
            self.resume()
            self.drain()
        self.assertEqual(self.in_xero(move)["Status"], "VOIDED")
        self.assertEqual(self.link_of(move).xero_status, "VOIDED")
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))

    def test_one_that_stays_odd_fails_and_ends_with_it(self):
        move = self.pushed()
        move.button_draft()
        move.button_cancel()
        self.bend("POST", "Invoices", Status="ODD")
        # The first reading is the look before the update.
        self.simulator.fault("bend", method="GET", resource="Invoices", skip=1, fields={"Status": "ODD"})
        self.drain()
        self.assertEqual(move.xero_sync_state, "failed")
        self.assertIn("ODD", move.xero_sync_message)
        self.simulator.clear_faults()
        self.poll()
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.assertEqual((move.state, self.link_of(move).xero_status), ("cancel", "VOIDED"))

    def test_status_nobody_knows_on_a_paid_invoice(self):
        """Xero answers normally again: nobody is asked any more."""
        for edited in (False, True):
            with self.subTest(edited=edited):
                move = self.pushed()
                self.pay_in_xero(move)
                self.poll()
                if edited:
                    move.ref = "Ours"
                for _round in range(2):
                    self.bend("GET", "Invoices", count=3, Status="ODD")
                    self.cursor_of("Invoice").full_page = 1
                    self.poll("Invoice")
                    self.simulator.clear_faults()
                self.cursor_of("Invoice").full_page = 1
                self.poll("Invoice")
                self.assertFalse(self.conflict_of(move).filtered(lambda conflict: conflict.state == "open"))
                self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
                self.assertEqual(self.in_xero(move).get("Reference") or False, move.ref)

    def test_conflict_that_people_in_xero_take_back(self):
        move = self.pushed(ref="Agreed")
        self.edit(move, Reference="Theirs")
        move.ref = "Ours"
        self.drain()
        self.assertEqual(move.xero_sync_state, "conflict")
        self.edit(move, Reference="Agreed")
        self.poll("Invoice")
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        self.assertEqual((move.ref, self.in_xero(move)["Reference"]), ("Ours", "Ours"))
        self.assertEqual(self.conflict_of(move).state, "settled")

    def test_payment_is_deleted_as_the_api_description_says(self):
        self.row.direction = "odoo_to_xero"
        move = self.pushed()
        self.pay(move)
        self.drain()
        seen = []
        client_class = type(self.env["xero.exporter.payment"])
        original = client_class._request

        def request(exporter, client, batch, body):
            send = client._run

            def run(asked, *, write):
                seen.append(asked)
                return send(asked, write=write)

            client._run = run
            try:
                return original(exporter, client, batch, body)
            finally:
                del client._run

        self.patch(client_class, "_request", request)
        move.line_ids.remove_move_reconcile()
        self.drain()
        [asked] = seen
        self.assertEqual((asked.method, asked.params, json.loads(asked.body)), ("POST", {}, {"Status": "DELETED"}))
        [payment] = self.simulator.documents(self.tenant, "Payments")
        self.assertEqual((payment["Status"], asked.path), ("DELETED", f"/Payments/{payment['PaymentID']}"))
        self.assertFalse(self.open_jobs())

    def test_people_and_workers_at_one_row_are_no_errors(self):
        """Odoo begins the transaction of the slower one anew; the server's log shows no error of the database's."""
        with self.assertNoLogs("odoo.sql_db", logging.ERROR), self.assertRaises(pg_errors.SerializationFailure):
            with self.cr.savepoint():
                self.env["xero.sync.job"]._sql(SQL("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))
