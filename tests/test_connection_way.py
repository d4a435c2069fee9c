"""What stands between Odoo and Xero and answers in its place blames no document, loses none and doubles none."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.queue import worker as xero_sync_runner
from .common import XeroCommon

PAGES = (
    {"status": 400}, {"status": 401}, {"status": 403}, {"status": 404}, {"status": 405, "body": ""},
    {"status": 407}, {"status": 413}, {"status": 511}, {"status": 200},
    {"status": 400, "body": '{"message": "Request blocked"}'}, {"status": 403, "body": '{"error": {"code": 1020}}'},
    {"status": 302, "headers": {"Location": "http://hotel.example/"}}, {"status": 200, "body": '{"login": true}'},
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestWay(XeroCommon):
    def setUp(self):
        super().setUp()
        self.moves = self.make_move() + self.make_move("in_invoice", ref="B1")

    def assertWaits(self):
        """The lane is paused with a reason, no attempt is used, and no document has failed."""
        self.assertTrue(self.connection.paused_until)
        self.assertEqual(self.connection.state, "connected")
        self.assertEqual(set(self.moves.mapped("xero_sync_state")), {"queued"})
        jobs = self.env["xero.sync.job"].search([("connection_id", "=", self.connection.id)])
        self.assertFalse(jobs.filtered(lambda job: job.state in ("failed", "dead") or job.attempts))
        self.assertIn("automatically", self.connection.pause_reason)

    def drain_to_end(self, rounds=4):
        for _round in range(rounds):
            self.resume()
            self.drain()

    def test_trouble_of_the_identity_server(self):
        vault = {"expires_at": "2020-01-01 00:00:00"}
        for page in (*PAGES, {"status": 400, "body": '{"error": "made_up_today"}'}):
            with self.subTest(**page):
                self.simulator.clear_faults()
                self.expire(vault)
                self.simulator.fault("page", path="/connect/token", count=None, **page)
                self.drain()
                self.assertWaits()
                self.assertEqual(self.credential.state, "authorised")
                self.resume()
        self.simulator.clear_faults()
        self.drain_to_end(2)
        self.assertInXero(self.moves)

    def expire(self, values):
        xero_secrets.update(self.credential, values)

    def test_a_gateway_before_everything(self):
        for page in PAGES:
            with self.subTest(**page):
                self.simulator.clear_faults()
                self.simulator.fault("page", path="/api.xro/", count=None, **page)
                self.drain()
                self.assertWaits()
                self.resume()
        self.simulator.clear_faults()
        self.drain_to_end(2)
        self.assertInXero(self.moves)

    def test_a_gateway_before_writes_only(self):
        """Reading works, so the way looks well; still no document is to blame."""
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(4)])
        for partner in partners:
            self.moves += self.make_move(partner=partner)
        self.simulator.fault("page", method="PUT,POST", status=403, count=None)
        self.drain()
        self.assertWaits()
        first = self.connection.paused_until - fields.Datetime.now()
        for _round in range(8):
            self.env.cr.execute("UPDATE xero_connection SET paused_until = NULL")
            self.env.cr.execute("UPDATE xero_sync_job SET run_after = run_after - interval '2 hours'")
            self.env.invalidate_all()
            self.drain()
            self.assertWaits()
        self.assertLess(first, self.connection.paused_until - fields.Datetime.now(), "it asks less and less often")
        self.simulator.clear_faults()
        self.drain_to_end(3)
        self.assertInXero(self.moves)

    def test_a_page_after_saving(self):
        """The write passed, its answer was hidden: looked up, not sent again."""
        for kind, page in (("Contacts", 403), ("Invoices", 413)):
            self.simulator.fault("page", method="PUT", resource=kind, status=page, saved=True)
        self.drain_to_end(1)
        self.assertInXero(self.moves)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 2)
        self.assertFalse(self.connection.paused_until)

    def test_one_document_that_is_never_let_pass(self):
        """A firewall that dislikes its text: the others are sent, and it fails alone, with a sentence."""
        self.drain()
        self.assertInXero(self.moves)
        marked, others = self.make_move(), self.make_move() + self.make_move()
        exporter_class = type(self.env["xero.exporter"])
        send = exporter_class._send

        def refuse(exporter, client, mapper, batch, body):
            if marked.id in [item["res_id"] for item in batch.items] and mapper._xero_type == "Invoice":
                self.simulator.fault("page", method="PUT", status=403)
            return send(exporter, client, mapper, batch, body)

        self.patch(exporter_class, "_send", refuse)
        self.drain()
        self.assertInXero(others)
        self.assertEqual(marked.xero_sync_state, "queued")
        self.assertFalse(self.connection.paused_until, "one document stops nobody")
        self.assertIn("automatically", marked.xero_sync_message)
        for _round in range(8):
            self.make_move()
            self.drain()
            self.resume()
        job = self.job_of(marked)
        self.assertEqual((job.state, job.failure_type), ("failed", "network"), job.failure_detail)
        self.assertIn("firewall", marked.xero_sync_message)
        self.patch(exporter_class, "_send", send)
        job.action_retry()
        self.assertEqual(job.strikes, 0)
        self.drain()
        self.assertInXero(marked)

    def test_one_reading_that_is_never_let_pass(self):
        self.drain()
        self.simulator.fault("page", method="GET", resource="CreditNotes", status=451, count=None)
        for kind in ("CreditNote", "Invoice"):
            self.env["xero.sync.job"]._enqueue_poll(self.connection, kind)
        self.drain()
        jobs = self.env["xero.sync.job"].search([("operation", "=", "pull"), ("state", "=", "pending")])
        self.assertEqual(jobs.filtered("strikes").mapped("xero_type"), ["CreditNote"])
        self.assertFalse(self.connection.paused_until)
        self.simulator.clear_faults()
        self.drain_to_end(1)
        self.assertFalse(jobs.filtered(lambda job: job.state != "done" and job.strikes))

    def test_answers_without_ids(self):
        """Saved, and answered with no id and no reason: looked up."""
        for value in (None, "00000000-0000-0000-0000-000000000000", [], 5):
            with self.subTest(value=value):
                move = self.make_move()
                self.simulator.fault("bend", method="PUT", resource="Invoices", fields={"InvoiceID": value})
                self.drain()
                self.assertInXero(self.moves + move)

    def test_answers_without_ids_of_other_kinds(self):
        self.drain()
        for kind, resource in (("out_invoice", "Contacts"), ("out_refund", "CreditNotes")):
            for value in (None, "00000000-0000-0000-0000-000000000000", {}):
                with self.subTest(resource=resource, value=value):
                    partner = self.env["res.partner"].create({"name": f"Customer of {resource} {value}"})
                    before = len(self.simulator.documents(self.tenant, resource))
                    move = self.make_move(kind, partner=partner)
                    self.simulator.fault("bend", method="PUT", resource=resource, fields={f"{resource[:-1]}ID": value})
                    self.drain_to_end(2)
                    self.simulator.clear_faults()
                    self.assertInXero(move)
                    self.assertEqual(len(self.simulator.documents(self.tenant, resource)), before + 1)

    def test_answers_in_another_order(self):
        others = self.make_move() + self.make_move("in_invoice", ref="B1") + self.make_move()
        self.simulator.fault("bend", method="PUT", resource="Invoices", reverse=True)
        self.drain_to_end(2)
        moves = self.moves + others
        self.assertInXero(moves)
        for move in moves:
            self.assertIn(f"id={move.id}&", self.in_xero(move)["Url"] + "&")
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 5)

    def test_fewer_answers_than_documents(self):
        self.simulator.fault("bend", method="PUT", resource="Invoices", cut=1)
        self.drain_to_end(2)
        self.assertInXero(self.moves)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 2)

    def test_another_status_is_looked_into(self):
        """The answer alone is believed neither way: what Xero holds counts."""
        for status in ("VOIDED", "DELETED", "DRAFT"):
            with self.subTest(status=status):
                move = self.make_move()
                self.simulator.fault("bend", method="PUT", resource="Invoices", fields={"Status": status})
                self.simulator.reset_stats()
                self.drain()
                self.simulator.clear_faults()
                self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
                self.assertEqual(self.link_of(move).xero_status, "AUTHORISED")
                calls = self.simulator.calls(self.tenant)
                self.assertEqual((calls[("PUT", "Invoices")], calls.get(("GET", "Invoices"))), (1, 1))

    def test_odd_values_lose_no_document(self):
        """It is in Xero: it is linked, however oddly the answer describes it."""
        for odd in ({"Total": "abc"}, {"Total": []}, {"UpdatedDateUTC": "garbage"}, {"LineItems": "x"},
                    {"Contact": "x"}, {"InvoiceNumber": {"a": 1}, "Payments": [None, 7]}):  # fmt: skip
            with self.subTest(**odd):
                move = self.make_move()
                self.simulator.fault("bend", method="PUT", resource="Invoices", fields=odd)
                self.drain()
                self.simulator.clear_faults()
                self.assertTrue(move.xero_invoice_id)
                self.assertIn(self.job_of(move).state, ("done", "failed"))
                self.assertFalse(self.connection.paused_until)

    def test_a_call_that_drips_ends_with_the_run(self):
        """However slow: before the time of Odoo's watchdog, and the document is looked up."""
        runner = self.env["xero.sync.runner"]
        self.assertLess(self.runner_seconds(), 100)
        self.simulator.fault("drip", method="PUT", resource="Contacts", seconds=0.2)
        started = fields.Datetime.now()
        self.patch(xero_sync_runner, "WORK_SECONDS", 2)
        self.patch(xero_sync_runner, "GRACE_SECONDS", 2)
        self.env.flush_all()
        runner._work()
        self.env.invalidate_all()
        self.assertLess(fields.Datetime.now() - started, timedelta(seconds=30))
        self.assertTrue(self.connection.paused_until)
        self.drain_to_end(3)
        self.assertInXero(self.moves)
        self.assertEqual(len(self.simulator.documents(self.tenant, "Contacts")), 1)

    def runner_seconds(self):
        return xero_sync_runner.WORK_SECONDS + xero_sync_runner.GRACE_SECONDS
