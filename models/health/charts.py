"""The series that the health page draws; three queries for all connections, two of them shared with the cards."""

from collections import defaultdict
from datetime import timedelta

import pytz

from odoo import api, models
from odoo.tools import SQL

from .facts import LOOK_BACK, of_companies

HOURS = 24
DAYS = LOOK_BACK.days


def hour_of(moment):
    """Return the beginning of the hour of ``moment``."""
    return moment.replace(minute=0, second=0, microsecond=0)


def last_hours(now) -> list:
    """Return the beginnings of the last 24 hours, the present one last."""
    return [hour_of(now) - timedelta(hours=ago) for ago in range(HOURS - 1, -1, -1)]


def queue_over_time(hours, now, open_now: int, rows) -> list[int]:
    """Return how many jobs were open at the end of each of ``hours``, counted back from ``open_now``.

    :param rows: ``(hour of creation, hour of closing or None, count)`` of jobs that were open within these hours
    """
    opened, closed = defaultdict(int), defaultdict(int)
    for made, ended, count in rows:
        opened[made] += count
        if ended:
            closed[ended] += count
    series, level = [], open_now
    for hour in reversed(hours):
        series.append(level)
        level += closed[hour] - opened[hour]
    return series[::-1]


class XeroHealthCharts(models.AbstractModel):
    _name = "xero.health.charts"
    _description = "Xero Health Charts"

    @api.model
    def _calls(self, connections, now) -> dict:
        """Return ``{connection id: {hour: calls}}`` of the last day; one query that reads an index range of at most as
        many rows as Xero allows calls a day, some 2 ms.
        """
        calls = defaultdict(dict)
        query = SQL(
            """SELECT connection_id, date_trunc('hour', create_date), count(*) FROM xero_log
                WHERE connection_id = ANY(%s) AND create_date >= %s AND method IS NOT NULL GROUP BY 1, 2""",
            connections.ids,
            last_hours(now)[0],
        )
        self.env["xero.log"].flush_model()
        for connection_id, hour, count in self.env.execute_query(query):
            calls[connection_id][hour] = count
        return calls

    @api.model
    def _history(self, connections, now, companies) -> dict:
        """Return ``{connection id: [(hour made, hour closed, count)]}`` of jobs open at some time of the last day; one
        query over the indexes of open and of finished jobs.
        """
        rows, start = defaultdict(list), last_hours(now)[0]
        query = SQL(
            """SELECT connection_id, date_trunc('hour', create_date),
                      CASE WHEN state IN ('done', 'cancelled') THEN date_trunc('hour', done_at) END, count(*)
                 FROM xero_sync_job
                WHERE connection_id = ANY(%s) AND %s AND (state NOT IN ('done', 'cancelled')
                      OR (state IN ('done', 'cancelled') AND done_at >= %s)) GROUP BY 1, 2, 3""",
            connections.ids,
            of_companies(companies),
            start,
        )
        for connection_id, *row in self.env.execute_query(query):
            rows[connection_id].append(row)
        return rows

    @api.model
    def _series(self, facts, done, calls, history) -> dict:
        """Return the series of one connection as plain lists with their labels, in the zone of the user."""
        zone, hours = self.env.tz, last_hours(facts.now)
        open_now = facts.waiting + facts.failed
        return {
            "calls": {
                "labels": [self._local(hour, zone).strftime("%H:00") for hour in hours],
                "values": [calls.get(hour, 0) for hour in hours],
                "limit": round(facts.day_limit / HOURS) if facts.day_limit else 0,
            },
            "queue": {
                "labels": [self._local(hour, zone).strftime("%H:00") for hour in hours],
                "values": queue_over_time(hours, facts.now, open_now, history),
            },
            "documents": self._days(facts.now, done, zone),
        }

    def _days(self, now, done, zone) -> dict:
        today = self._local(now, zone).date()
        days = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
        counts, flows = defaultdict(int), self.env["xero.health.facts"]._flows_out()
        for hour, xero_type, count, _newest in done:
            counts[flows[xero_type], self._local(hour, zone).date()] += count
        return {
            "labels": [day.isoformat() for day in days],
            "series": {
                flow: [counts[flow, day] for day in days] for flow in ("documents_out", "payments_out", "contacts_out")
            },
        }

    def _local(self, moment, zone):
        return pytz.utc.localize(moment).astimezone(zone)
