from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common.inbound import InboundCommon


@tagged("post_install", "-at_install")
class TestPoll(InboundCommon):
    def test_echoes_of_a_push_write_nothing(self):
        partners = self.env["res.partner"].create([{"name": f"Customer {number}"} for number in range(10)])
        moves = self.env["account.move"]
        for number in range(40):
            moves += self.make_move(
                ("out_invoice", "in_invoice", "out_refund", "in_refund")[number % 4],
                [(3, 25.06), (1, 25.61)],
                partner=partners[number % 10],
                ref=f"R{number}",
            )
        self.drain()
        before = [self.writes_of(records) for records in (moves, moves.line_ids, partners)]
        self.simulator.reset_stats()
        self.poll()
        self.assertEqual(
            self.simulator.calls(self.tenant),
            {("GET", "Contacts"): 1, ("GET", "Invoices"): 1, ("GET", "CreditNotes"): 1},
        )
        self.assertEqual([self.writes_of(records) for records in (moves, moves.line_ids, partners)], before)
        self.assertEqual([self.cursor_of(kind).last_count for kind in self.TYPES], [10, 20, 20])
        self.assertEqual(sum(self.cursor_of(kind).last_changes for kind in self.TYPES), 0)
        self.assertFalse(self.open_jobs())
        self.assertFalse(self.env["xero.log"].search([("direction", "=", "in")]))

    def test_a_page_of_echoes_takes_the_same_queries_whatever_its_size(self):
        for _number in range(30):
            self.make_move()
        self.drain()
        inbound = self.env["xero.inbound"]._for_type("Invoice").sudo()
        shown = self.read("Invoices")
        inbound._apply(self.connection, shown)
        self.env.invalidate_all()
        counts = []
        for size in (1, 2, 30):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            results = inbound._apply(self.connection, shown[:size])
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual({result.outcome for result in results.values()}, {"echo"})
        self.assertEqual(counts[1], counts[2])

    def test_watermark_moves_by_xeros_clock_and_overlaps(self):
        self.pushed()
        cursor = self.cursor_of("Invoice")
        newest = self.link_of(
            self.env["account.move"].search([("xero_invoice_id", "!=", False)], limit=1)
        ).xero_updated_at
        self.assertEqual(cursor.watermark, newest.replace(microsecond=0))
        self.poll("Invoice")
        self.assertEqual(cursor.last_count, 1, "the overlap reads it again")
        self.simulator.control("/clock", advance=3600)
        self.pushed()
        self.poll("Invoice")
        self.assertEqual(cursor.last_count, 1, "what is older than the overlap is not read again")

    def test_page_that_fails_leaves_the_watermark(self):
        self.pushed()
        cursor = self.cursor_of("Invoice")
        before = cursor.watermark
        self.simulator.control("/clock", advance=3600)
        self.make_move()
        self.drain()
        self.simulator.fault("rate_limit", resource="Invoices", limit="minute", retry_after=30)
        self.poll("Invoice")
        self.assertEqual(cursor.watermark, before)
        self.assertEqual(self.open_jobs().mapped("state"), ["pending"], "the reading waits, no attempt is used")
        self.assertTrue(self.connection.paused_until)
        self.simulator.clear_faults()
        self.resume()
        self.drain()
        self.assertGreater(cursor.watermark, before)

    def test_full_read_goes_on_where_it_stopped_and_finds_blind_spots(self):
        self.patch(type(self.env["xero.reader"]), "_page_size", lambda _self: 2)
        moves = [self.make_move() for _number in range(5)]
        self.drain()
        self.poll()
        cursor = self.cursor_of("Invoice")
        cursor.full_read_at = fields.Datetime.now() - timedelta(days=8)
        self.simulator.fault("rate_limit", resource="Invoices", limit="minute", retry_after=30, skip=1)
        self.poll("Invoice")
        self.assertEqual(cursor.full_page, 2)
        self.assertAlmostEqual(cursor.progress, 33.3, 0)
        self.simulator.clear_faults()
        self.simulator.reset_stats()
        self.resume()
        self.drain()
        self.assertEqual(cursor.full_page, 0)
        self.assertEqual(
            self.simulator.calls(self.tenant), {("GET", "Invoices"): 2}, "the first page is not read again"
        )
        self.assertGreater(cursor.full_read_at, fields.Datetime.now() - timedelta(minutes=5))
        self.assertEqual({move.xero_sync_state for move in moves}, {"synced"})

    def test_element_that_moves_during_a_walk_takes_the_watermark_back(self):
        """An edit during the walk shifts a row over the edge of a page: it is read again from there."""
        self.patch(type(self.env["xero.reader"]), "_page_size", lambda _self: 2)
        reader_class = type(self.env["xero.reader"])
        for _number in range(4):
            self.make_move()
            self.drain()
            self.simulator.control("/clock", advance=600)
        first = self.env["account.move"].search([("xero_invoice_id", "!=", False)], order="id", limit=1)
        original = reader_class._import_page
        edited = []

        def take_page(reader, *args):
            result = original(reader, *args)
            if not edited:
                edited.append(self.edit(first, Reference="moved"))
            return result

        self.patch(reader_class, "_import_page", take_page)
        self.poll("Invoice")
        links = self.env["xero.link"].search([("xero_type", "=", "Invoice")], order="xero_updated_at")
        seen = links.filtered(lambda link: link.base_source == "read")
        cursor = self.cursor_of("Invoice")
        self.assertLess(len(seen), 4, "the walk itself missed one")
        self.poll("Invoice")
        self.assertEqual(set(links.mapped("base_source")), {"read"}, cursor.watermark)
        self.assertEqual(first.ref, "moved")

    def test_polls_are_spaced_by_the_day_limit(self):
        count = lambda: len(self.env["xero.inbound.schedule"]._due(self.connection))  # noqa: E731
        polled = [inbound for inbound in self.env["xero.inbound"]._all() if inbound._is_polled(self.connection)]
        self.connection.facts_at = fields.Datetime.now()
        for inbound in polled:
            self.cursor_of(inbound._xero_type).polled_at = fields.Datetime.now() - timedelta(minutes=20)
        for limit, due in ((1000, 0), (5000, len(polled))):
            self.env.cr.execute("UPDATE xero_connection SET day_limit = %s WHERE id = %s", [limit, self.connection.id])
            self.connection.invalidate_recordset()
            self.assertEqual(count(), due)
            rounds = timedelta(days=1) / self.env["xero.inbound.schedule"]._interval(self.connection)
            self.assertLess(rounds * len(polled) + 4, limit * 0.6, "room for people and for sending")

    def test_cron_queues_and_calls_nothing(self):
        self.connection.facts_at = fields.Datetime.now() - timedelta(days=2)
        self.env["xero.connection"]._cron_poll()
        self.assertEqual(self.simulator.calls(self.tenant), {})
        queued = {job.xero_type or job.task for job in self.open_jobs()}
        self.assertLessEqual({"Organisation", *self.TYPES}, queued)
        self.env["xero.connection"]._cron_poll()
        self.assertEqual(len(self.open_jobs()), len(queued), "a reading that waits is not queued twice")
        self.drain()
        calls = self.simulator.calls(self.tenant)
        self.assertEqual(calls["GET", "Organisation"], 2, "its facts, and what its plan allows")
        self.assertEqual(calls["GET", "Accounts"], 1)
        self.assertGreater(self.connection.facts_at, fields.Datetime.now() - timedelta(minutes=5))
        self.simulator.reset_stats()
        self.env["xero.connection"]._cron_poll()
        self.drain()
        self.assertEqual(self.simulator.calls(self.tenant), {}, "a quiet system makes no calls beyond its polls")

    def test_day_reserve_holds_polls(self):
        self.pushed()
        self.simulator.reset_stats()
        self.env.cr.execute(
            "UPDATE xero_connection SET day_limit = 1000, day_remaining = 100, limits_at = now() at time zone 'UTC'"
            " WHERE id = %s",
            [self.connection.id],
        )
        self.connection.invalidate_recordset()
        self.poll("Invoice")
        self.assertEqual(self.simulator.calls(self.tenant), {})

    def test_missing_permission_stops_only_the_reading(self):
        self.simulator.fault("error", resource="CreditNotes", status=403, count=None)
        self.poll()
        self.assertEqual(self.failed_fetch().mapped("xero_type"), ["CreditNote"])
        self.assertEqual(self.connection.state, "connected")
        move = self.make_move()
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced")

    def test_user_sees_only_readings_of_own_companies(self):
        self.poll("Invoice")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        user = self.env["res.users"].create(
            {
                "name": "Else",
                "login": "else_cursor",
                "company_id": other.id,
                "company_ids": [(6, 0, other.ids)],
                "group_ids": [(4, self.env.ref("account.group_account_invoice").id)],
            }
        )
        self.assertFalse(self.env["xero.sync.cursor"].with_user(user).search([]))
