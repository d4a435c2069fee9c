"""What Prometheus is told of queues and connections."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..queue.xero_sync_job import NEVER


class XeroMetrics(models.AbstractModel):
    _name = "xero.metrics"
    _description = "Xero Metrics"

    @api.model
    def _lines(self) -> list[str]:
        """Return the figures of the queues and of the health of all connections, as lines of Prometheus' text format;
        six queries. They tell of all companies: the caller has asked who may know.
        """
        return [
            *self._of_queues(),
            *self._rows(
                "xero_failed_jobs",
                "reason",
                SQL(
                    """SELECT connection_id, COALESCE(failure_type, ''), count(*) FROM xero_sync_job
                        WHERE state IN ('failed', 'dead') GROUP BY 1, 2 ORDER BY 1, 2"""
                ),
            ),
            *self._rows(
                "xero_last_read_seconds",
                "type",
                SQL(
                    """SELECT connection_id, xero_type, round(EXTRACT(EPOCH FROM %s - polled_at))
                         FROM xero_sync_cursor WHERE polled_at IS NOT NULL ORDER BY 1, 2""",
                    fields.Datetime.now(),
                ),
            ),
            *self._rows(
                "xero_alert_open",
                "topic",
                SQL("SELECT connection_id, topic, 1 FROM xero_alert WHERE state = 'open' ORDER BY 1, 2"),
            ),
            *self._of_connections(),
        ]

    def _of_queues(self) -> list[str]:
        lines = ["# TYPE xero_jobs gauge"]
        lines += [
            f'xero_jobs{{connection="{connection}",state="{state}"}} {count}'
            for connection, state, count in self.env.execute_query(
                SQL(
                    "SELECT connection_id, state, count(*) FROM xero_sync_job WHERE state NOT IN ('done', "
                    "'cancelled') GROUP BY 1, 2 ORDER BY 1, 2"
                )
            )
        ]
        lines.append("# TYPE xero_oldest_job_seconds gauge")
        lines.append("# TYPE xero_day_calls_remaining gauge")
        for connection, age, remaining in self.env.execute_query(
            SQL(
                """SELECT c.id, COALESCE(EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC' - MIN(j.create_date)), 0),
                       c.day_remaining
                 FROM xero_connection c LEFT JOIN xero_sync_job j ON j.connection_id = c.id
                        AND j.state IN ('pending', 'running') AND j.run_after < %s
                WHERE c.active GROUP BY c.id ORDER BY c.id""",
                NEVER,
            )
        ):
            lines.append(f'xero_oldest_job_seconds{{connection="{connection}"}} {round(age)}')
            lines.append(f'xero_day_calls_remaining{{connection="{connection}"}} {remaining or 0}')
        return lines

    def _rows(self, name: str, label: str, query: SQL) -> list[str]:
        """Return the lines of one metric, from rows ``(connection, value of the label, number)``."""
        return [
            f"# TYPE {name} gauge",
            *(
                f'{name}{{connection="{connection}",{label}="{value}"}} {number}'
                for connection, value, number in self.env.execute_query(query)
            ),
        ]

    def _of_connections(self) -> list[str]:
        rows = self.env.execute_query(
            SQL(
                """SELECT c.id, (c.state = 'connected' AND COALESCE(c.paused_until <= %(now)s, TRUE))::int,
                          round(EXTRACT(EPOCH FROM r.refresh_expires_at - %(now)s)), COALESCE(c.clock_offset, 0),
                          COALESCE(r.webhook_refused_count, 0)
                     FROM xero_connection c JOIN xero_credential r ON r.id = c.credential_id
                    WHERE c.active ORDER BY c.id""",
                now=fields.Datetime.now(),
            )
        )
        lines = ["# TYPE xero_connection_up gauge", "# TYPE xero_consent_ends_seconds gauge"]
        lines.append("# TYPE xero_clock_offset_seconds gauge")
        lines.append("# TYPE xero_webhook_refused_total counter")
        for connection, is_up, left, offset, refused in rows:
            lines.append(f'xero_connection_up{{connection="{connection}"}} {is_up}')
            lines.append(f'xero_clock_offset_seconds{{connection="{connection}"}} {round(offset, 1)}')
            lines.append(f'xero_webhook_refused_total{{connection="{connection}"}} {refused}')
            if left is not None:
                lines.append(f'xero_consent_ends_seconds{{connection="{connection}"}} {left}')
        return lines
