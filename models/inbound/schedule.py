"""When what is read: often enough to be current, seldom enough to leave the day's calls to people."""

from datetime import timedelta

from odoo import api, fields, models

from ..connection.xero_organisation import FACTS_EVERY
from ..queue.xero_sync_job import CLICK

# Xero gives 1,000 calls a day to small apps and 5,000 to larger ones. Each kind of element costs a call a round.
SMALL_DAY = 1000
EVERY_SMALL = timedelta(minutes=30)
EVERY_LARGE = timedelta(minutes=10)
# The organisation takes seven calls. While something waits for it, it is read after so many intervals: every hour, or
# every three where the day is small.
FACTS_AWAITED = 6


class XeroInboundSchedule(models.AbstractModel):
    """What of a connection is to be read when. It queues; the workers make the calls."""

    _name = "xero.inbound.schedule"
    _inherit = "xero.connection.hook"
    _description = "Xero Connection Hook"

    @api.model
    def _queue_due(self) -> None:
        """Queue the readings that are due, of all connections."""
        for connection in self.env["xero.connection"].search([("state", "=", "connected")]):
            are_facts_due = self._are_facts_due(connection)
            if are_facts_due:
                self.env["xero.task.organisation"]._enqueue(connection)
            due = self._due(connection)
            for xero_type in due:
                self.env["xero.sync.job"]._enqueue_poll(connection, xero_type)
            if due or are_facts_due:
                self.env["xero.sync.runner"]._wake(connection.ids)

    def _are_facts_due(self, connection) -> bool:
        """Whether the organisation is to be read: once a day, more often while something that failed waits for it."""
        if not connection.facts_at:
            return True
        age = fields.Datetime.now() - connection.facts_at
        soon = FACTS_AWAITED * self._interval(connection)
        return age > FACTS_EVERY or age > soon and self.env["xero.sync.job"]._is_awaited(connection)

    @api.model
    def _due(self, connection) -> list[str]:
        """Return the types whose reading is due; one query."""
        connection.ensure_one()
        now = fields.Datetime.now()
        read = {
            cursor.xero_type: cursor.polled_at
            for cursor in self.env["xero.sync.cursor"].search([("connection_id", "=", connection.id)])
        }
        return [
            inbound._xero_type
            for inbound in self.env["xero.inbound"]._all()
            if inbound._is_polled(connection)
            and (read.get(inbound._xero_type) or now.min) <= now - self._interval_of(connection, inbound)
        ]

    @api.model
    def _interval(self, connection) -> timedelta:
        """Return how often each kind is read: by the calls that Xero gives a day."""
        return EVERY_SMALL if (connection.day_limit or SMALL_DAY) <= SMALL_DAY else EVERY_LARGE

    def _interval_of(self, connection, inbound) -> timedelta:
        """Return how often the type of ``inbound`` is read."""
        return max(self._interval(connection), inbound._every or timedelta())

    @api.model
    def _calls_a_day(self, connection) -> int:
        """Return how many calls a day it takes at most to hear of changes: readings by schedule, and one for each event
        of an average day of the last week. One query.
        """
        connection.ensure_one()
        kinds = [inbound for inbound in self.env["xero.inbound"]._all() if inbound._is_polled(connection)]
        readings = sum(timedelta(days=1) // self._interval_of(connection, inbound) for inbound in kinds) + 1
        week = fields.Datetime.now() - timedelta(days=7)
        events = self.env["xero.webhook.event"].search_count(
            [("connection_id", "=", connection.id), ("create_date", ">=", week)]
        )
        return readings + events // 7

    @api.model
    def _pull(self, connections):
        """Have everything that changed in Xero read."""
        for connection in connections:
            for inbound in self.env["xero.inbound"]._all():
                if inbound._is_polled(connection):
                    self.env["xero.sync.job"].sudo()._enqueue_poll(connection, inbound._xero_type, priority=CLICK)
        self.env["xero.sync.runner"]._wake(connections.ids)
