import math
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

from odoo import fields
from odoo.tests import new_test_user, tagged

from ..mappers.document.canonical import DocumentState
from ..models.queue import drain as xero_drain
from ..models.snapshot.xero_snapshot_element import KINDS
from ..xero_api import codec
from .common.payment import PaymentCommon

ALL = list(KINDS)


@tagged("post_install", "-at_install")
class TestSnapshot(PaymentCommon):
    def setUp(self):
        super().setUp()
        self.told = []
        listener = type(self.env["xero.connection"])
        hooks = {
            "_on_snapshot_ready": lambda record, snapshot: self.told.append(("ready", record, snapshot)),
            "_on_snapshot_failed": lambda record, snapshot, reason: self.told.append(("failed", record, reason)),
        }
        for name, hook in hooks.items():
            self.enterContext(patch.object(listener, name, hook, create=True))

    def request(self, kinds=("Contact", "Invoice"), connection=None, **values):
        connection = connection or self.connection
        return self.env["xero.snapshot"]._request(connection, list(kinds), connection, **values)

    def elements(self, snapshot, kind):
        return snapshot.element_ids.filtered(lambda element: element.xero_type == kind).sorted("xero_id")

    def by_twos(self):
        self.patch(type(self.env["xero.reader"]), "_page_size", lambda _self: 2)

    def make_books(self, count=5):
        moves = self.env["account.move"].concat(*(self.make_move(lines=[(3, 25.06)]) for _number in range(count)))
        self.drain()
        self.simulator.reset_stats()
        return moves

    def test_every_kind_is_read_whole_whatever_its_state(self):
        moves = self.make_books(3)
        note = self.make_move("out_refund")
        self.drain()
        payment = self.pay_in_xero(moves[0], amount=10)
        over = self.person("overpay", invoice=moves[2].xero_invoice_id, excess=25.5, account="090")
        self.person("void", invoice=moves[1].xero_invoice_id)
        draft = self.person(
            "create_invoice",
            contact=self.partner_a.xero_contact_id,
            Status="DRAFT",
            Date="2026-03-15",
            LineItems=[{"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}],
        )
        self.person("archive_contact", contact=self.partner_a.xero_contact_id)
        self.simulator.reset_stats()
        snapshot = self.request(ALL)
        self.assertEqual((snapshot.state, snapshot.progress), ("reading", 0))
        self.drain()
        self.assertEqual((snapshot.state, snapshot.progress), ("ready", 100), snapshot.reason)
        self.assertEqual(self.simulator.calls(self.tenant), {("GET", form.resource): 1 for form in KINDS.values()})
        for kind, form in KINDS.items():
            with self.subTest(kind):
                held = self.simulator.documents(self.tenant, form.resource)
                self.assertEqual(
                    set(self.elements(snapshot, kind).mapped("xero_id")), {row[form.id_field] for row in held}
                )
        self.assertEqual(snapshot.read_count, len(snapshot.element_ids))
        by_id = {element.xero_id: element for element in snapshot.element_ids}
        paid, voided = by_id[moves[0].xero_invoice_id], by_id[moves[1].xero_invoice_id]
        self.assertEqual((paid.number, paid.status, paid.currency), (moves[0].name, "AUTHORISED", "USD"))
        self.assertEqual((paid.total, paid.amount_due), (moves[0].amount_total, moves[0].amount_total - 10))
        self.assertEqual((paid.date, paid.due_date), (moves[0].date, moves[0].invoice_date_due))
        self.assertEqual(paid.contact_xero_id, self.partner_a.xero_contact_id)
        self.assertEqual(voided.status, "VOIDED")
        self.assertEqual(by_id[draft["InvoiceID"]].status, "DRAFT")
        self.assertEqual(by_id[note.xero_invoice_id].amount_due, note.amount_total)
        self.assertEqual(by_id[payment["PaymentID"]].total, 10)
        self.assertEqual(by_id[over["OverpaymentID"]].amount_due, 25.5)
        contact = by_id[self.partner_a.xero_contact_id]
        self.assertEqual((contact.name, contact.status), (self.partner_a.name, "ARCHIVED"))

    def test_data_is_the_element_to_the_last_digit(self):
        move = self.make_books(1)
        snapshot = self.request(["Invoice"])
        self.drain()
        shown = self.read("Invoices")[0]
        kept = self.elements(snapshot, "Invoice").data
        self.assertEqual(kept["Total"], str(shown["Total"]))
        self.assertIsInstance(shown["Total"], Decimal)
        forms = [DocumentState.from_element(element, "InvoiceNumber").dump() for element in (kept, shown)]
        self.assertEqual(codec.digest(forms[0]), codec.digest(forms[1]))
        self.assertEqual(kept["InvoiceID"], move.xero_invoice_id)

    def test_calls_are_a_page_each(self):
        self.by_twos()
        for count in (0, 1, 2, 3):
            with self.subTest(count):
                self.make_books(min(count, 1))
                self.simulator.reset_stats()
                snapshot = self.request(["Invoice"])
                self.drain()
                self.assertEqual(snapshot.state, "ready")
                self.assertEqual(snapshot.read_count, count)
                self.assertLessEqual(self.simulator.calls(self.tenant)["GET", "Invoices"], count // 2 + 1)

    def test_a_reading_that_broke_goes_on_at_its_page(self):
        self.by_twos()
        moves = self.make_books(5)
        for fault in ({"kind": "rate_limit", "limit": "minute", "retry_after": 30}, {"kind": "error", "status": 503}):
            with self.subTest(fault["kind"]):
                kind = fault.pop("kind")
                self.simulator.fault(kind, resource="Invoices", skip=1, count=9, **fault)
                snapshot = self.request(["Invoice"])
                self.drain()
                self.assertEqual((snapshot.state, snapshot.read_count), ("reading", 2))
                self.assertAlmostEqual(snapshot.progress, 33.3, 0)
                self.assertTrue(self.connection.paused_until)
                self.simulator.clear_faults()
                self.simulator.reset_stats()
                self.resume()
                self.drain()
                self.assertEqual((snapshot.state, snapshot.read_count), ("ready", 5))
                self.assertEqual(self.simulator.calls(self.tenant), {("GET", "Invoices"): 2})
                found = self.elements(snapshot, "Invoice").mapped("xero_id")
                self.assertEqual(found, sorted(moves.mapped("xero_invoice_id")))

    def test_a_worker_that_died_leaves_its_pages(self):
        """The job stays claimed; the next worker finds the lane free and goes on."""
        self.by_twos()
        self.make_books(5)
        inbound = type(self.env["xero.task.snapshot"])
        original, pages = inbound._store_page, []

        def take_page(this, *args):
            if len(pages) == 1:
                raise KeyboardInterrupt
            pages.append(args)
            return original(this, *args)

        snapshot = self.request(["Invoice"])
        self.env.flush_all()
        # Not assertRaises: Odoo's takes back what was committed.
        with patch.object(inbound, "_store_page", take_page), suppress(KeyboardInterrupt):
            self.env["xero.sync.runner"]._drain_lane(self.connection.id, math.inf)
        self.env.invalidate_all()
        self.assertEqual((snapshot.state, snapshot.read_count), ("reading", 2))
        self.simulator.reset_stats()
        self.resume()
        self.drain()
        self.assertEqual((snapshot.state, snapshot.read_count), ("ready", 5))
        self.assertEqual(self.simulator.calls(self.tenant), {("GET", "Invoices"): 2})
        self.assertEqual([what for what, _record, _snapshot in self.told], ["ready"])

    def test_other_work_has_its_turn_between_slices(self):
        self.by_twos()
        self.make_books(5)
        self.patch(xero_drain, "SLICE_SECONDS", 0)
        task, turns = type(self.env["xero.task.snapshot"]), []
        carry_out = task._carry_out

        def turn(this, drain, jobs):
            turns.append(jobs.id)
            return carry_out(this, drain, jobs)

        self.patch(task, "_carry_out", turn)
        snapshot = self.request(["Invoice"])
        self.drain()
        self.assertEqual((snapshot.state, snapshot.read_count), ("ready", 5))
        job = self.env["xero.sync.job"].search([("task", "=", "Snapshot")])
        self.assertEqual((turns, job.state), ([job.id] * 4, "done"), "three pages, and a look that nothing is left")

    def test_what_comes_in_between_is_read_once(self):
        """An element made during the walk shifts the others; the one at the edge comes twice."""
        self.by_twos()
        self.make_books(5)
        inbound = type(self.env["xero.task.snapshot"])
        original = inbound._store_page

        def take_page(this, drain, snapshot, *args):
            result = original(this, drain, snapshot, *args)
            if snapshot._next_page("Invoice") in (2, 3):
                self.person(
                    "create_invoice",
                    contact=self.partner_a.xero_contact_id,
                    Date="2026-03-15",
                    LineItems=[{"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": "200"}],
                )
            return result

        self.patch(inbound, "_store_page", take_page)
        snapshot = self.request(["Invoice"])
        self.drain()
        self.assertEqual(snapshot.state, "ready")
        found = self.elements(snapshot, "Invoice").mapped("xero_id")
        self.assertEqual(len(found), len(set(found)))
        self.assertGreaterEqual(len(found), 5)

    def test_a_kind_that_lost_elements_under_the_walk_is_walked_again(self):
        self.by_twos()
        self.make_books(4)
        element = type(self.env["xero.snapshot.element"])
        original, lost = element._store, []

        def store(this, snapshot, kind, elements):
            if not lost:
                lost.append(elements.pop())
            return original(this, snapshot, kind, elements)

        self.patch(element, "_store", store)
        snapshot = self.request(["Invoice"])
        self.drain()
        self.assertEqual((snapshot.state, snapshot.read_count), ("ready", 4))
        self.assertEqual(snapshot.page_info["Invoice"]["walks"], 2)

    def test_what_no_waiting_mends_fails_and_says_why(self):
        self.make_books(1)
        self.simulator.fault("error", resource="Invoices", status=403, count=1)
        first, second = self.request(), self.request()
        self.drain()
        self.assertEqual(first.state, "failed")
        self.assertIn("Xero", first.reason)
        self.assertEqual(second.state, "ready", "the next one is read all the same")
        self.assertEqual(self.told[0], ("failed", self.connection, first.reason))
        self.assertEqual(self.connection.state, "connected")

    def test_a_listener_that_breaks_leaves_nothing_half_done(self):
        def broken(record, snapshot):
            record.pause_reason = "half"
            raise KeyError("listener")

        self.patch(type(self.env["xero.connection"]), "_on_snapshot_ready", broken)
        snapshot = self.request()
        with self.assertLogs("odoo.addons.xero_connector.models.snapshot.task_snapshot", "ERROR"):
            self.drain()
        self.assertEqual(snapshot.state, "failed")
        self.assertFalse(self.connection.pause_reason)
        self.assertEqual([what for what, _record, _reason in self.told], ["failed"])
        self.assertFalse(self.open_jobs())

    def test_the_last_calls_of_the_day_are_for_people(self):
        self.make_books(1)
        self.connection.write({"day_limit": 1000, "day_remaining": 100, "limits_at": fields.Datetime.now()})
        runner = type(self.env["xero.sync.runner"])
        self.patch(runner, "_is_held", lambda *_args: True)
        background, asked = self.request(by_person=False), self.request(by_person=True)
        self.drain()
        self.assertEqual((background.state, asked.state), ("reading", "ready"))
        [job] = self.open_jobs()
        self.assertEqual(job.state, "pending")
        self.assertGreater(job.run_after, fields.Datetime.now() + timedelta(minutes=50))
        self.patch(runner, "_is_held", lambda *_args: False)
        self.connection.day_remaining = 900
        self.resume()
        self.drain()
        self.assertEqual(background.state, "ready")

    def test_two_companies_and_their_users(self):
        other = self.setup_other_company(name="Second")["company"]
        connection = self.env["xero.connection"].create(
            {"company_id": other.id, "credential_id": self.credential.id, "sync_from": "2019-01-01"}
        )
        tenant = self.add_organisation(**{**self.organisation, "Name": "Totara"})
        self.connect(connection, tenant)
        self.make_books(2)
        mine, theirs = self.request(["Invoice"]), self.request(["Invoice"], connection)
        self.drain()
        self.assertEqual((mine.state, theirs.state), ("ready", "ready"))
        self.assertEqual((mine.read_count, theirs.read_count), (2, 0))
        self.assertEqual({record for _what, record, _snapshot in self.told}, {self.connection, connection})
        user = new_test_user(
            self.env,
            "xero_of_second",
            "xero_connector.group_xero_accountant",
            company_id=other.id,
            company_ids=[fields.Command.set(other.ids)],
        )
        self.assertEqual(self.env["xero.snapshot"].with_user(user).search([]), theirs)
        self.assertFalse(self.env["xero.snapshot.element"].with_user(user).search([]))

    def test_old_ones_are_dropped_with_their_elements(self):
        self.make_books(2)
        old, new = self.request(["Invoice"]), self.request(["Invoice"])
        self.drain()
        self.env.cr.execute(
            "UPDATE xero_snapshot SET create_date = create_date - interval '31 days' WHERE id = %s", [old.id]
        )
        self.env.invalidate_all()
        self.env["xero.retention"]._gc_ended()
        self.assertFalse(old.exists())
        self.assertTrue(new.exists())
        self.assertEqual(self.env["xero.snapshot.element"].search([]).snapshot_id, new)

    def test_unknown_kinds_are_refused(self):
        for kinds in ([], ["Invoice", "Quote"]):
            with self.assertRaises(ValueError):
                self.request(kinds)
