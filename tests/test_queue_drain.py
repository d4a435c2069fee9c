"""A drain: what a worker carries through a lane."""

from contextlib import suppress

from odoo.tests import tagged

from ..models.queue.drain import Drain
from .common import XeroCommon, second_cursor


@tagged("post_install", "-at_install")
class TestQueueDrain(XeroCommon):
    def test_a_call_is_in_the_audit_once_whatever_fails(self):
        """A step that recorded it was taken back, others came in between, and another recorded it twice."""
        with second_cursor(self.env) as env:
            drain = Drain(env["xero.connection"].sudo().browse(self.connection.id))
            self.addCleanup(drain.close)
            drain.open()
            calls = [("connection_id", "=", self.connection.id), ("method", "=", "GET")]
            before = env["xero.log"].sudo().search_count(calls)
            drain.client.get("Organisation")

            def fails():
                drain.record_calls()
                raise ValueError

            def records_twice():
                drain.record_calls()
                drain.record_calls()

            with suppress(ValueError):
                drain.transaction(fails)
            env.cr.rollback()
            drain.transaction(env.flush_all)
            drain.transaction(records_twice)
            drain.transaction(drain.record_calls)
            self.assertEqual(env["xero.log"].sudo().search_count(calls) - before, 1)
