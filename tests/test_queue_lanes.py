"""Whatever fails in the lane of one organisation stays there: the others are served, and no worker is switched off."""

import logging
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import InterfaceError, OperationalError
from psycopg2 import errors as pg_errors

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.connection import gate as xero_gate
from ..models.queue.drain import Drain
from ..xero_api import errors
from ..xero_api.client import XeroClient
from .common import XeroCommon

DAY = timedelta(days=1)


class LaneCommon(XeroCommon):
    """Two organisations; in the first a document waits, in the second a contact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.env["res.company"].create({"name": "Other Company", "country_id": cls.env.ref("base.us").id})
        cls.second = cls.env["xero.connection"].create(
            {"company_id": cls.other.id, "credential_id": cls.credential.id, "sync_from": "2019-01-01"}
        )
        cls.runner_class = type(cls.env["xero.sync.runner"])

    def setUp(self):
        super().setUp()
        self.second_tenant = self.add_organisation(**{**self.organisation, "Name": "Second organisation"})
        self.connect(self.second, self.second_tenant)
        self.drain()
        self.move = self.make_move()
        self.contact = self.queue_contact("Of the other company")
        self.simulator.reset_stats()

    def queue_contact(self, name, connection=None):
        connection = connection or self.second
        partner = self.env["res.partner"].create({"name": name, "company_id": connection.company_id.id})
        mapper = self.env["xero.mapper"]._for_type("Contact")
        self.env["xero.sync.job"]._enqueue(connection.id, mapper, [(partner.id, connection.company_id.id)])
        return partner

    def assertOthersServed(self):
        """The worker comes to its end, and the second organisation has what waited for it."""
        with mute_logger("odoo.addons.xero_connector.models.queue.worker"):
            self.drain()
        self.assertEqual(self.job_of(self.contact).state, "done")

    def assertRests(self):
        """The first organisation waits a bounded time, for a reason, and nothing of it is lost or blamed."""
        wait = self.connection.paused_until - fields.Datetime.now()
        self.assertTrue(timedelta(0) < wait <= DAY + timedelta(seconds=5), wait)
        self.assertTrue(self.connection.pause_reason)
        self.assertLess(self.connection.pause_count, 2000)
        job = self.job_of(self.move)
        self.assertIn(job.state, ("pending", "running", "blocked"))
        self.assertEqual(job.attempts, 0)


@tagged("post_install", "-at_install")
class TestLanes(LaneCommon):
    def test_headers_without_bounds(self):
        """Waits and counts that no column takes."""
        odd = {
            "X-DayLimit-Remaining": "99999999999",
            "X-MinLimit-Remaining": "-99999999999",
            "Xero-Correlation-Id": "x" * 5000,
            "Date": "Fri, 31 Dec 9999 23:59:59 GMT",
        }
        for wait in ("99999999999999999", "1e17", "1e999", "-5", "nan", "Fri, 31 Dec 9999 23:59:59 GMT", "soon"):
            headers = {**odd, "Retry-After": wait, "X-Rate-Limit-Problem": "minute"}
            with self.subTest(wait=wait):
                self.simulator.clear_faults()
                self.simulator.fault(
                    "page", tenant=self.tenant, status=429, body="", headers=headers, count=None, saved=False
                )
                self.contact = self.queue_contact(f"After {wait}")
                self.assertOthersServed()
                self.assertRests()
                self.resume()
        self.simulator.clear_faults()
        self.simulator.fault("headers", tenant=self.tenant, headers=odd, count=None)
        self.drain()
        self.assertInXero(self.move)
        self.assertFalse(self.connection.paused_until)

    def broken(self, name):
        """Return a step of the runner that fails in the first lane, whatever it is given."""
        original = getattr(self.runner_class, name)
        connection = self.connection

        def step(runner, lane, *args, **options):
            if getattr(lane, "connection", lane) == connection:
                raise ValueError("a document's content")
            return original(runner, lane, *args, **options)

        return step

    def test_a_step_of_stopping_that_fails(self):
        """Each on its own, when the lane has a reason to stop."""
        self.simulator.fault("rate_limit", tenant=self.tenant, count=None, retry_after=7)
        steps = ("_stop_lane", "_pause", "_record_calls", "_requeue_orphans", "_wake_for_later", "_resolve_open")
        for name in (*steps, "_queue_dependencies", "_claim", "_end_pauses"):
            with self.subTest(step=name), patch.object(self.runner_class, name, self.broken(name)):
                self.contact = self.queue_contact(f"While {name} fails")
                with self.assertLogs("odoo.addons.xero_connector", logging.INFO) as logs:
                    self.drain()
                self.assertEqual(self.job_of(self.contact).state, "done")
                self.assertNotIn("content", "".join(logs.output))
                self.assertRests()
                self.resume()

    def test_parking_that_fails(self):
        self.simulator.control("/disconnect", tenant=self.tenant)
        with patch.object(self.runner_class, "_park", self.broken("_park")):
            self.assertOthersServed()
        self.assertRests()
        self.resume()
        self.drain()
        self.assertEqual(self.connection.state, "reauth")

    def test_a_client_that_cannot_be_taken_or_closed(self):
        connection, open_client = self.connection, xero_gate.open_client

        def refuse(lane, *args, **options):
            if lane.id == connection.id:
                raise RuntimeError("no client")
            return open_client(lane, *args, **options)

        with patch.object(xero_gate, "open_client", refuse):
            self.assertOthersServed()
        self.assertRests()
        self.resume()
        self.contact = self.queue_contact("While a client cannot be closed")
        tenant, close = self.tenant, XeroClient.close

        def fail(client):
            close(client)
            if client.tenant_id == tenant:
                raise OSError("cannot be closed")

        with patch.object(XeroClient, "close", fail):
            self.assertOthersServed()
        self.assertTrue(self.connection.paused_until)

    def test_what_passes_by_itself_is_no_error(self):
        """A lost race, a database that restarts: tried again, told in one line."""
        for error in (pg_errors.SerializationFailure(), OperationalError("x"), InterfaceError("x"), MemoryError()):
            with self.subTest(error=type(error).__name__):

                def claim(runner, lane, error=error, original=self.runner_class._claim):
                    if lane.id == self.connection.id:
                        raise error
                    return original(runner, lane)

                self.contact = self.queue_contact(f"While {type(error).__name__}")
                with (
                    patch.object(self.runner_class, "_claim", claim),
                    self.assertLogs("odoo.addons.xero_connector", logging.INFO) as logs,
                ):
                    self.drain()
                self.assertEqual(self.job_of(self.contact).state, "done")
                self.assertRests()
                self.resume()
                levels = {record.levelname for record in logs.records}
                self.assertEqual("ERROR" in levels, isinstance(error, MemoryError), logs.output)

    def test_what_is_in_documents_reaches_no_log(self):
        """PostgreSQL quotes the whole statement, Python the value; neither the log nor the job shows them."""

        def claim(runner, lane, original=self.runner_class._claim):
            if lane.id == self.connection.id:
                runner.env.cr.execute("SELECT CAST(%s AS integer)", ["Confidential words " * 1000])
            return original(runner, lane)

        with patch.object(self.runner_class, "_claim", claim), self.assertLogs(level=logging.INFO) as logs:
            self.drain()
        self.assertRests()
        self.resume()
        mapper_class = type(self.env["xero.mapper"]._for_type("Invoice"))

        def prepare(mapper, records, connection, links=None):
            raise ValueError("Confidential words")

        with patch.object(mapper_class, "_prepare", prepare), self.assertLogs(level=logging.INFO) as more:
            self.drain()
        job = self.job_of(self.move)
        self.assertEqual(job.failure_type, "bug")
        self.assertIn("ValueError", job.failure_detail)
        told = "".join([*logs.output, *more.output, job.failure_detail])
        self.assertNotIn("Confidential", told)
        self.assertIn("InvalidTextRepresentation 22P02", told)
        self.assertIn("test_queue_lanes.py", job.failure_detail)

    def test_even_the_pause_fails(self):
        with (
            patch.object(self.runner_class, "_claim", self.broken("_claim")),
            patch.object(self.runner_class, "_stop_lane", self.broken("_stop_lane")),
            patch.object(self.runner_class, "_unexpected", lambda runner: 1 / 0),
        ):
            self.assertOthersServed()
        self.assertFalse(self.connection.paused_until)
        self.drain()
        self.assertInXero(self.move)

    def test_what_must_end_the_worker_ends_it(self):
        for error in (SystemExit, KeyboardInterrupt):

            def claim(runner, lane, error=error):
                raise error

            with patch.object(self.runner_class, "_claim", claim), self.assertRaises(error):
                self.env["xero.sync.runner"]._work()

    def test_longest_wait_first(self):
        """The lane that always fails, or is always busy, is served after those that wait."""
        lanes = (self.connection.lane_id, self.second.lane_id)
        runner = self.env["xero.sync.runner"].sudo()
        now = fields.Datetime.now()
        for first, last in (lanes, lanes[::-1]):
            first.sudo().served_at, last.sudo().served_at = now - timedelta(minutes=5), now
            self.env.flush_all()
            self.assertEqual(runner._lanes_with_work([]), [first.id, last.id])
        lanes[0].sudo().served_at = False
        self.env.flush_all()
        self.assertEqual(runner._lock_lane([]), lanes[0])
        self.assertEqual(runner._lanes_with_work([])[0], lanes[1].id)

    def test_a_pause_is_bounded_whoever_asks_for_it(self):
        runner = self.env["xero.sync.runner"]
        for wait in (1e17, float("inf"), float("nan"), -1e300, 10**400, "1e999"):
            for count in (2**31 - 1, -5):
                self.env.cr.execute("UPDATE xero_connection SET pause_count = %s", [count])
                self.connection.invalidate_recordset()
                runner._pause(Drain(self.connection), errors.Unavailable("x" * 100_000, retry_after=wait))
                self.assertRests()
