"""What no element of Xero is stops nothing: page by page, the others arrive and the odd one is told of."""

import random
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from ..models.inbound import xero_quarantine
from ..models.queue import drain as xero_drain
from ..models.queue.drain import Drain
from ..xero_api import paging
from .common import second_cursor, xero_at
from .common.payment import PaymentCommon
from .common.strange_xero import StrangeXero

SEED = 29
DEEP = "@deep@"


class OddCommon(PaymentCommon):
    """Xero's answers pass through somebody who writes anything into them."""

    def setUp(self):
        super().setUp()
        self.strange = StrangeXero(self.simulator.url)
        self.addCleanup(self.strange.stop)
        self.enterContext(xero_at(self.strange.url, "api_url"))

    def bend(self, resource, xero_id, change):
        """Have ``change(element)`` done to one element of ``resource`` in every answer to a reading."""
        id_field = f"{resource[:-1]}ID"

        def habit(data, request):
            rows = data.get(resource)
            for element in rows if request.command == "GET" and isinstance(rows, list) else ():
                if isinstance(element, dict) and element.get(id_field) == xero_id:
                    change(element)
            return data

        self.strange.habits[:] = [habit]

    def quarantine(self, **domain):
        domain = [("connection_id", "=", self.connection.id), *((name, "=", value) for name, value in domain.items())]
        return self.env["xero.quarantine"].sudo().search(domain)

    def assertNothingStands(self):
        """No job failed, and the readings are not due again before their time."""
        self.assertFalse(self.open_jobs(), self.open_jobs().mapped("failure_detail"))
        self.env.invalidate_all()
        self.assertEqual((self.connection.state, self.connection.paused_until), ("connected", False))


@tagged("post_install", "-at_install")
class TestOddElements(OddCommon):
    ODD = [
        (("Total",), "abc"), (("Total",), ["x"]), (("Total",), float("nan")), (("Total",), float("inf")),
        (("Total",), True), (("Total",), 10**400), (("LineItems",), "x"), (("LineItems",), [None]),
        (("LineItems",), [1]),
        (("LineItems",), {"a": 1}), (("LineItems", 0, "LineAmount"), "12,50"), (("LineItems", 0, "Tracking"), "x"),
        (("Contact",), "x"), (("Contact",), ["x"]), (("Contact", "ContactID"), 7), (("UpdatedDateUTC",), "garbage"),
        (("UpdatedDateUTC",), [1]), (("DateString",), "2026-02-30"), (("DueDateString",), "99999-01-01"),
        (("Reference",), True), (("Reference",), "x" * 50_000), (("Reference",), {"a": [1]}), (("Payments",), "x"),
        (("Payments",), [{"PaymentID": 5}]), (("CurrencyRate",), "fast"), (("Status",), ["PAID"]), (("Type",), 5),
        (("InvoiceNumber",), False), (("CreditNotes",), [[]]), (("LineItems", 0, "Description"), DEEP),
    ]  # fmt: skip

    def test_the_others_arrive_whatever_stands_in_one(self):
        """Every kind of oddity in one linked invoice, one after the other; a good change behind it arrives."""
        odd, good = self.pushed(ref="before"), self.pushed(ref="before")
        cursor = self.cursor_of("Invoice")
        for number, (path, value) in enumerate(self.ODD):
            with self.subTest(path=path, value=str(value)[:20]):
                self.bend(
                    "Invoices", odd.xero_invoice_id, lambda element, path=path, value=value: put(element, path, value)
                )
                self.simulator.control("/clock", advance=120)
                self.edit(odd, Reference=f"odd {number}")
                self.edit(good, Reference=f"good {number}")
                with self.assertNoLogs("odoo.addons.xero_connector", "ERROR"):
                    self.poll("Invoice")
                self.assertEqual((good.ref, odd.ref), (f"good {number}", "before"))
                self.assertNothingStands()
                row = self.quarantine()
                self.assertEqual((row.xero_type, row.xero_id, row.kind), ("Invoice", odd.xero_invoice_id, "form"))
                self.assertIn(path[0] if path[-1] != "ContactID" else "ContactID", row.reason)
        self.assertEqual((row.state, row.seen_count), ("open", len(self.ODD)))
        self.assertGreater(cursor.watermark, fields.Datetime.now())
        # The element is well again: it is taken over, and its row ends by itself.
        self.strange.habits.clear()
        row.action_retry()
        self.drain()
        self.assertEqual((odd.ref, row.state, row.element), (f"odd {number}", "over", False))

    def test_ids_that_are_none(self):
        odd, good = self.pushed(ref="before"), self.pushed(ref="before")
        for number, value in enumerate([[], {}, 5, None, "x" * 8000, True, "", "00000000-0000-0000-0000-000000000000"]):
            with self.subTest(value=str(value)[:20]):
                self.bend("Invoices", odd.xero_invoice_id, lambda element, value=value: element.update(InvoiceID=value))
                self.edit(odd, Reference="odd")
                self.edit(good, Reference=f"good {number}")
                self.poll("Invoice")
                self.assertEqual(good.ref, f"good {number}")
                self.assertNothingStands()
        rows = self.quarantine()
        self.assertEqual(set(rows.mapped("xero_id")), {False})
        self.assertEqual(set(rows.mapped("name")), {odd.name})
        with self.assertRaises(UserError):
            rows[0].action_retry()
        # Everything was read and they did not come again.
        self.strange.habits.clear()
        self.env.cr.execute("UPDATE xero_quarantine SET last_seen_at = last_seen_at - interval '1 hour'")
        self.cursor_of("Invoice").full_page = 1
        self.poll("Invoice")
        self.assertEqual(set(self.quarantine().mapped("state")), {"over"})

    def test_a_list_of_anything(self):
        good = self.pushed(ref="before")
        for number, junk in enumerate([[None], [1, "x"], [[]], [{}], [{"InvoiceID": good.xero_invoice_id}]]):
            self.strange.habits[:] = [
                lambda data, request, junk=junk: {**data, "Invoices": [*junk, *data["Invoices"]]}
                if "Invoices" in data else data
            ]  # fmt: skip
            self.edit(good, Reference=f"good {number}")
            self.poll("Invoice")
            self.assertEqual(good.ref, f"good {number}")
            self.assertNothingStands()

    def test_the_answer_to_our_own_write_is_kept_however_odd(self):
        """The document is in Xero: it is linked, and what Xero holds is seen with the next reading."""

        def habit(data, request):
            for element in data.get("Invoices", []) if request.command == "PUT" else ():
                element.update(LineItems="x", UpdatedDateUTC="garbage", Payments=[5], DateString=[])
            return data

        self.strange.habits[:] = [habit]
        move = self.make_move()
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
        self.assertFalse(self.link_of(move).base_state)
        self.strange.habits.clear()
        self.poll()
        self.assertEqual((move.xero_sync_state, self.link_of(move).base_source), ("synced", "read"))
        self.assertEqual(len(self.simulator.documents(self.tenant, "Invoices")), 1)

    def test_an_unexpected_error_stays_with_its_element(self):
        """What breaks the taking over, be it a mistake of ours, is told in the quarantine and not in the log."""
        odd, good = self.pushed(ref="before"), self.pushed(ref="before")
        self.edit(odd, Reference="SECRET reference")
        self.edit(good, Reference="after")
        inbound = type(self.env["xero.inbound.invoice"])
        event = inbound._event

        def breaking(model, link, state):
            if state.reference == "SECRET reference":
                raise ZeroDivisionError("SECRET reference")
            return event(model, link, state)

        with patch.object(inbound, "_event", breaking), self.assertLogs("odoo.addons.xero_connector") as logs:
            self.poll("Invoice")
        self.assertEqual((good.ref, odd.ref), ("after", "before"))
        self.assertFalse([line for line in logs.output if "SECRET" in line or line.startswith("ERROR")])
        self.assertNothingStands()
        row = self.quarantine()
        self.assertEqual((row.kind, row.xero_id, row.name), ("error", odd.xero_invoice_id, odd.name))
        self.assertIn("ZeroDivisionError", row.reason)
        self.assertNotIn("SECRET", row.reason)
        self.assertIn("breaking", row.detail)
        row.action_retry()
        self.drain()
        self.assertEqual((odd.ref, row.state), ("SECRET reference", "over"))

    def test_an_error_while_it_is_judged_stays_with_its_element(self):
        """Before anything is compared or written: what one element breaks there breaks no page."""
        odd, good = self.pushed(ref="before"), self.pushed(ref="before")
        self.edit(odd, Reference="odd")
        self.edit(good, Reference="after")
        inbound = type(self.env["xero.inbound.invoice"])
        view_of = inbound._canonical

        def breaking(model, element):
            if element.get("Reference") == "odd":
                raise ZeroDivisionError
            return view_of(model, element)

        with patch.object(inbound, "_canonical", breaking), self.assertNoLogs("odoo.addons.xero_connector", "ERROR"):
            self.poll("Invoice")
        self.assertEqual((good.ref, odd.ref), ("after", "before"))
        self.assertNothingStands()
        self.assertEqual(self.quarantine(kind="error").xero_id, odd.xero_invoice_id)

    def test_anything_anywhere(self):
        """Seeded: any value at any place of an invoice, a credit note, a contact and a payment."""
        chance = random.Random(SEED)
        values = ["x", "", 5, -1, True, None, [], {}, [1], [None], {"a": 1}, 1e300, "12,50", "2026-02-30", "\x00",
                  "\ud83d", "x" * 9000, 10**30, "/Date(253402214400000)/", DEEP]  # fmt: skip
        good, move, note = self.pushed(ref="before"), self.pushed(), self.pushed("out_refund")
        payment = self.pay_in_xero(move, amount=7)
        self.poll(*self.TYPES, "Payment")
        contact = self.link_of(self.partner_a)
        targets = [("Invoices", move.xero_invoice_id), ("CreditNotes", note.xero_invoice_id),
                   ("Contacts", contact.xero_id), ("Payments", payment["PaymentID"])]  # fmt: skip
        for turn in range(24):
            resource, xero_id = targets[turn % 4]
            seed = chance.random()
            with self.subTest(turn=turn, resource=resource):
                self.bend(
                    resource,
                    xero_id,
                    lambda element, seed=seed: put(
                        element, random.Random(seed).choice(places(element)), random.Random(seed).choice(values)
                    ),
                )
                self.simulator.control("/clock", advance=5)
                self.edit(good, Reference=f"good {turn}")
                with self.assertNoLogs("odoo.addons.xero_connector", "ERROR"):
                    self.poll(*self.TYPES, "Payment")
                self.assertEqual(good.ref, f"good {turn}")
                jobs = self.open_jobs().filtered(lambda job: job.failure_type == "bug" or job.state == "pending")
                self.assertFalse(jobs, jobs.mapped("failure_detail"))
                self.assertEqual(self.connection.state, "connected")

    # === SNAPSHOTS, REFERENCE LISTS === #

    def test_a_complete_reading_keeps_what_is_readable(self):
        """Left out, the element would look as if it were not in Xero, and be sent again."""
        odd, good = self.pushed(), self.pushed()

        def change(element):
            element.update(Total="abc", LineItems=[None, 1], UpdatedDateUTC="garbage", InvoiceNumber="9" * 9000)

        self.bend("Invoices", odd.xero_invoice_id, change)
        snapshot = self.env["xero.snapshot"]._request(self.connection, ["Invoice"])
        self.drain()
        self.assertEqual(snapshot.state, "ready", snapshot.reason)
        rows = {row.xero_id: row for row in snapshot.element_ids}
        self.assertEqual(set(rows), {odd.xero_invoice_id, good.xero_invoice_id})
        self.assertEqual(rows[odd.xero_invoice_id].total, 0)
        self.assertFalse(rows[odd.xero_invoice_id].number)
        self.assertEqual(rows[odd.xero_invoice_id].status, "AUTHORISED")
        self.assertEqual(self.quarantine().xero_id, odd.xero_invoice_id)

    def test_what_a_start_looks_at_may_be_anything(self):
        """After a start of the database server what changed in Xero is looked at before anything is made."""
        self.pushed()
        database = self.env["ir.config_parameter"].get_param("database.uuid")[:8]
        for odd in ({"InvoiceID": []}, {"Contact": "x"}, {"Contact": [1]}, {"CurrencyCode": {}}, {"Total": "abc"},
                    {"SubTotal": "12,50"}, {"Url": 7}, {"Status": {}}, {"UpdatedDateUTC": "garbage"}):  # fmt: skip
            with self.subTest(**odd):
                move = self.make_move()
                url = f"https://any.example/mail/view?model=account.move&res_id={move.id}&xero_db={database}"
                claim = {"InvoiceID": "11111111-1111-4111-8111-111111111111", "Url": url, **odd}

                def habit(data, request, claim=claim):
                    found = data.get("Invoices")
                    if request.command != "GET" or not found:
                        return data
                    return {**data, "Invoices": [*found, {**found[0], **claim}]}

                self.strange.habits[:] = [habit]
                self.connection.sudo().server_start = "another start"
                self.drain()
                self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
                self.assertNothingStands()

    def test_an_odd_account_leaves_its_row_and_the_others(self):
        accounts = self.env["xero.account"].search([("connection_id", "=", self.connection.id)])
        odd, other = accounts[:2]

        def habit(data, request):
            for element in data.get("Accounts") or []:
                element["Name"] = [1] if element["AccountID"] == odd.xero_id else "Renamed"
            return data

        name = odd.name
        self.strange.habits[:] = [habit]
        self.connection.action_pull()
        self.assertEqual((odd.name, other.name, odd.status), (name, "Renamed", "ACTIVE"))
        self.assertEqual(self.quarantine().xero_type, "Account")

        def place(data, request):
            for element in data.get("BrandingThemes") or []:
                element["SortOrder"] = 10**12
            return data

        self.strange.habits[:] = [place]
        self.connection.action_pull()
        self.assertEqual(set(self.quarantine().mapped("xero_type")), {"Account", "BrandingTheme"})
        self.strange.habits[:] = [lambda data, request: {**data, "Accounts": "x"} if "Accounts" in data else data]
        with self.assertRaises(UserError):
            self.connection.action_pull()
        self.assertNotIn("GONE", accounts.mapped("status"), "nothing is gone by an answer without a list")

    def test_odd_facts_change_none(self):
        connection = self.connection
        connection.sudo().write({"period_lock_date": "2025-12-31", "short_code": "!ab"})

        def habit(data, request):
            for element in data.get("Organisations") or []:
                element.update(PeriodLockDate="garbage", ShortCode=["x"], Name="Kauri Trading Ltd")
            return data

        self.strange.habits[:] = [habit]
        connection.action_check()
        self.assertEqual(str(connection.period_lock_date), "2025-12-31")
        self.assertEqual((connection.short_code, connection.tenant_name), ("!ab", "Kauri Trading Ltd"))

    # === QUARANTINE === #

    def test_a_flood_is_counted_and_not_kept(self):
        self.patch(xero_quarantine, "MOST", 10)
        good = self.pushed(ref="before")
        self.edit(good, Reference="after")
        self.strange.habits[:] = [
            lambda data, request: {**data, "Invoices": [*({"InvoiceID": n} for n in range(500)), *data["Invoices"]]}
            if "Invoices" in data else data
        ]  # fmt: skip
        self.poll("Invoice")
        self.assertEqual(good.ref, "after")
        rest = self.quarantine(kind="rest")
        self.assertEqual((len(self.quarantine()), rest.seen_count), (11, 490))
        self.assertIn("490", rest.reason)

    def test_people_are_told_once_and_it_closes_by_itself(self):
        move = self.pushed()
        self.bend("Invoices", move.xero_invoice_id, lambda element: element.update(Total="abc"))
        self.edit(move, Reference="x")
        self.poll("Invoice")
        for _turn in range(2):
            self.env["xero.alert"].sudo()._cron_alert()
        alert = (
            self.env["xero.alert"]
            .sudo()
            .search([("connection_id", "=", self.connection.id), ("topic", "=", "quarantine")])
        )
        self.assertEqual((alert.state, alert.told_count), ("open", 1))
        [health] = self.env["xero.health"]._of(self.connection)
        [check] = [one for one in health["checks"] if one["topic"] == "quarantine"]
        self.assertEqual(check["level"], "attention")
        self.assertIn("1", check["text"])
        row = self.quarantine()
        row.action_dismiss()
        self.env["xero.alert"].sudo()._cron_alert()
        self.assertEqual(alert.state, "closed")
        # The same again says nothing new; something else does.
        self.poll("Invoice")
        self.assertEqual(row.state, "dismissed")
        self.bend("Invoices", move.xero_invoice_id, lambda element: element.update(Total={"a": 1}, Status=5))
        self.poll("Invoice")
        self.assertEqual(row.state, "open")

    def test_who_sees_and_does_what(self):
        self.env["xero.quarantine"]._put(
            self.connection, "Invoice", [xero_quarantine.Broken(None, "INV/1", "KeyError", "trace", {"Reference": "x"})]
        )
        row = self.quarantine()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        branch = self.env["res.company"].create({"name": "Branch", "parent_id": self.company.id})

        def person(login, company, groups):
            return new_test_user(self.env, login, groups, company_id=company.id, company_ids=[Command.set(company.ids)])

        clerk = person("odd_clerk", self.company, "account.group_account_invoice")
        seen = row.with_user(clerk)
        self.assertEqual(seen.name, "INV/1")
        self.assertTrue(seen.reason)
        for name in ("element", "detail"):
            with self.assertRaises(AccessError):
                seen.read([name])
        for values in ({"state": "over"}, {"name": "x"}):
            with self.assertRaises(AccessError):
                seen.write(values)
        manager = person("odd_manager", self.company, "account.group_account_invoice,xero_connector.group_xero_manager")
        self.assertTrue(row.with_user(manager).element)
        for user in (
            person("odd_else", other, "account.group_account_invoice,xero_connector.group_xero_manager"),
            person("odd_branch", branch, "account.group_account_invoice"),
            person("odd_none", self.company, "base.group_user"),
        ):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    row.with_user(user).action_dismiss()
                with self.assertRaises(AccessError):
                    row.with_user(user).read(["name"])
        seen.action_dismiss()
        self.assertEqual(row.state, "dismissed")


@tagged("post_install", "-at_install")
class TestOddTimes(OddCommon):
    FUTURE = "/Date(253402214400000+0000)/"

    def test_a_time_that_has_not_come_moves_no_watermark(self):
        """Whatever lies ahead, by a little or by ages: the element is taken in, and later changes are seen."""
        odd, good = self.pushed(ref="before"), self.pushed(ref="before")
        cursor = self.cursor_of("Invoice")
        for number, updated in enumerate(
            [self.FUTURE, "/Date(4102444800000)/", in_hours(6), "/Date(-62135596800000)/"]
        ):
            with self.subTest(updated=updated):
                self.bend(
                    "Invoices", odd.xero_invoice_id, lambda element, told=updated: element.update(UpdatedDateUTC=told)
                )
                self.edit(odd, Reference=f"odd {number}")
                self.poll("Invoice")
                self.assertEqual(odd.ref, f"odd {number}")
                self.assertLess(cursor.watermark, fields.Datetime.now() + timedelta(minutes=2))
                self.assertFalse(self.link_of(odd).xero_updated_at, "an event would be taken for known")
                self.edit(good, Reference=f"good {number}")
                self.poll("Invoice")
                self.assertEqual(good.ref, f"good {number}")
        self.assertFalse(self.quarantine())

    def test_nor_in_a_full_read(self):
        odd, good = self.pushed(ref="before"), self.pushed(ref="before")
        self.bend("Invoices", odd.xero_invoice_id, lambda element: element.update(UpdatedDateUTC=self.FUTURE))
        self.cursor_of("Invoice").write({"full_page": 1, "watermark": False})
        self.poll("Invoice")
        self.assertLess(self.cursor_of("Invoice").watermark, fields.Datetime.now() + timedelta(minutes=2))
        self.edit(good, Reference="after")
        self.poll("Invoice")
        self.assertEqual(good.ref, "after")

    def test_a_watermark_ahead_is_healed_and_what_was_missed_is_read(self):
        move = self.pushed(ref="before")
        self.edit(move, Reference="missed")
        cursor = self.cursor_of("Invoice")
        cursor.write({"watermark": datetime(9999, 12, 31), "polled_at_xero": datetime(9999, 12, 31)})
        self.poll("Invoice")
        self.assertEqual(move.ref, "missed")
        self.assertLess(cursor.watermark, fields.Datetime.now() + timedelta(minutes=2))
        self.assertFalse(cursor.full_page)
        self.assertLess(cursor.polled_at_xero, fields.Datetime.now() + timedelta(minutes=2))

    def test_a_clock_that_is_a_day_off_is_not_believed(self):
        connection = self.connection
        now = fields.Datetime.now()
        self.assertLess(connection._xero_now(datetime(9999, 1, 1)) - now, timedelta(seconds=5))
        self.assertEqual(connection._xero_now(now + timedelta(hours=2)), now + timedelta(hours=2))
        for ahead, hours in ((7200.0, 2), (-7200.0, -2), (1e12, 0), (float("nan"), 0)):
            connection.sudo().clock_offset = ahead
            self.assertAlmostEqual(
                connection._xero_now(), fields.Datetime.now() + timedelta(hours=hours), delta=timedelta(seconds=5)
            )

    def test_without_a_clock_in_the_answer_ours_counts(self):
        odd, good = self.pushed(ref="before"), self.pushed(ref="before")
        self.strange.hidden = ("Date",)
        self.bend("Invoices", odd.xero_invoice_id, lambda element: element.update(UpdatedDateUTC=self.FUTURE))
        self.edit(odd, Reference="odd")
        self.poll("Invoice")
        self.assertLess(self.cursor_of("Invoice").watermark, fields.Datetime.now() + timedelta(minutes=2))
        self.edit(good, Reference="after")
        self.poll("Invoice")
        self.assertEqual((odd.ref, good.ref), ("odd", "after"))


@tagged("post_install", "-at_install")
class TestOddWalks(OddCommon):
    """Every walk ends, tells and goes on where it stopped."""

    def endless(self, count, rows=None):
        """Have every page of invoices full of ``rows(page)`` and announce ``count(page)`` pages."""

        def habit(data, request):
            if "Invoices" not in data or request.command != "GET":
                return data
            page = int((request.path.split("page=") + ["1"])[1].split("&")[0])
            rows_of = rows(page) if rows else data["Invoices"]
            return {**data, "Invoices": rows_of, "pagination": {"pageCount": count(page), "itemCount": 10**12}}

        self.strange.habits[:] = [habit]

    def calls(self):
        return sum("/Invoices?" in path for path in self.strange.paths)

    def counted(self, name):
        """Return a list that grows with each call of a method of the reader."""
        calls, original = [], getattr(type(self.env["xero.reader"]), name)

        def call(reader, *args, **options):
            calls.append(name)
            return original(reader, *args, **options)

        self.patch(type(self.env["xero.reader"]), name, call)
        return calls

    def test_counts_of_pages_are_not_believed(self):
        move = self.pushed(ref="before")
        for full in (False, True):
            for count in (lambda page: page + 1, lambda _page: 10**9, lambda _page: -1, lambda _page: "many",
                          lambda _page: 10**40, lambda _page: [1]):  # fmt: skip
                self.endless(count)
                self.strange.paths.clear()
                self.edit(move, Reference=f"{full} {self.calls()}")
                self.cursor_of("Invoice").full_page = 1 if full else 0
                self.poll("Invoice")
                self.assertEqual(move.ref, f"{full} 0")
                self.assertLess(self.calls(), 12)
                self.assertNothingStands()
                self.assertFalse(self.cursor_of("Invoice").full_page)

    def test_what_never_ends_stops_at_its_slice_and_goes_on_there(self):
        """Other work has its turn in between, and the worker's own end is kept."""
        self.endless(lambda page: page + 1, lambda page: [{"InvoiceID": f"{page:08d}-1111-4111-8111-111111111111"}])
        move = self.make_move()
        self.cursor_of("Invoice").full_page = 1
        self.patch(paging, "LONGEST", 12)
        pages = []
        original = type(self.env["xero.reader"])._import_full_page

        def take(reader, *args):
            result = original(reader, *args)
            pages.append(args[5])
            return result

        self.patch(type(self.env["xero.reader"]), "_import_full_page", take)
        slices = self.counted("_read_in_full")
        self.patch(xero_drain, "time", Ticking())
        self.poll("Invoice")
        self.assertEqual(pages, list(range(1, 13)), "each page once")
        self.assertGreater(len(slices), 3, "in several slices")
        self.assertEqual(move.xero_sync_state, "synced")
        told = self.quarantine(kind="endless")
        self.assertIn("12", told.reason)
        cursor = self.cursor_of("Invoice")
        self.assertEqual((cursor.full_page, bool(cursor.full_read_at)), (0, True))

    def test_a_walk_ends_with_its_worker(self):
        self.endless(lambda page: page + 1, lambda page: [{"InvoiceID": f"{page:08d}-1111-4111-8111-111111111111"}])
        self.cursor_of("Invoice").full_page = 1
        with second_cursor(self.env) as env:
            drain = Drain(env["xero.connection"].sudo().browse(self.connection.id), ends=0.0)
            self.addCleanup(drain.close)
            drain.open()
            drain.begin_slice()
            cursor = env["xero.sync.cursor"].sudo()._of(drain.connection, "Invoice")
            stands = env["xero.reader"].sudo()._read_in_full(drain, env["xero.inbound.invoice"].sudo(), cursor)
        self.assertEqual((stands, self.cursor_of("Invoice").full_page), ("again", 2))

    def test_a_complete_reading_ends(self):
        move = self.pushed()
        for count in (lambda page: page + 1, lambda _page: 10**9, lambda _page: "x"):
            self.endless(count)
            snapshot = self.env["xero.snapshot"]._request(self.connection, ["Invoice"])
            self.strange.paths.clear()
            self.drain()
            self.assertEqual((snapshot.state, snapshot.element_ids.xero_id), ("ready", move.xero_invoice_id))
            self.assertLess(self.calls(), 12)

    def test_one_by_one_ends_with_its_slice(self):
        """Payments are read by one call each: what there was no time for waits for the next turn."""
        ids = [f"11111111-1111-4111-8111-{number:012d}" for number in range(5)]
        slices = self.counted("_read_each")
        self.patch(xero_drain, "time", Ticking())
        self.fetch("Payment", *ids)
        self.assertGreater(len(slices), 1)
        asked = [path for path in self.strange.paths if "/Payments/" in path]
        self.assertEqual(len(asked), 5)
        self.assertFalse(self.open_jobs())


class Ticking:
    """A clock on which every look takes seven seconds."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 7
        return self.now


def in_hours(hours):
    return (fields.Datetime.now() + timedelta(hours=hours)).isoformat()


def put(element, path, value):
    """Write ``value`` at ``path`` of ``element``, where the path is there."""
    for part in path[:-1]:
        try:
            element = element[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(element, (dict, list)):
        element[path[-1]] = deep() if value == DEEP else value


def deep():
    node = []
    for _level in range(500):
        node = [node]
    return node


def places(node, path=()):
    inner = list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ())
    return [(*path, key) for key, _value in inner] + [
        place for key, value in inner for place in places(value, (*path, key))
    ]
