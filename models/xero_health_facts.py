"""Reads what is known of connections: a fixed number of queries for any number of connections, no call to Xero."""

from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from .xero_connection_oauth import FACTS_EVERY
from .xero_health_judge import DAY, Facts, Flow
from .xero_sync_job import FAILED
from .xero_sync_runner import WORKERS

WAITING = ("pending", "running", "blocked")
OUT = {"Contact": "contacts_out", "Payment": "payments_out", "Allocation": "payments_out"}
IN = {"Contact": "contacts_in", "Invoice": "documents_in", "CreditNote": "documents_in"}
FLOWS = (
    "contacts_out",
    "documents_out",
    "payments_out",
    "contacts_in",
    "documents_in",
    "payments_in",
    "webhooks",
    "reference",
)
# How far back the last success of sending is looked for, and what the chart of days shows.
LOOK_BACK = timedelta(days=30)


def flow_out(xero_type: str) -> str:
    """Return the flow that sends a type: whatever is no contact and no payment is a document."""
    return OUT.get(xero_type, "documents_out")


def flow_in(xero_type: str) -> str:
    """Return the flow that reads a type: whatever is no contact and no document settles documents."""
    return IN.get(xero_type, "payments_in")


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    def _health_facts(self, companies=None, jobs=None, done=None) -> dict:
        """Return ``{connection id: Facts}``; about twelve queries in all.

        :param companies: count only jobs of these; ``None`` for all
        :param jobs: of ``_health_jobs``, where the caller has read them
        :param done: of ``_health_done``, where the caller has read them; else the last day is read
        """
        if not self:
            return {}
        now = fields.Datetime.now()
        connections = self.sudo()
        jobs = connections._health_jobs(companies) if jobs is None else jobs
        done = connections._health_done(now - DAY, companies) if done is None else done
        cursors = connections._health_cursors()
        workers = self._health_workers()
        conflicts, books = connections._health_conflicts(companies), connections._health_books()
        own = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return {
            connection.id: Facts(
                now=now,
                **connection._health_state(own),
                **connection._health_queue(jobs[connection.id], done[connection.id], now),
                flows=connection._health_flows(jobs[connection.id], done[connection.id], cursors[connection.id], now),
                changes_read_at=max(
                    (cursor.polled_at for cursor in cursors[connection.id] if cursor.last_changes and cursor.polled_at),
                    default=None,
                ),
                conflicts=conflicts.get(connection.id, 0),
                mapping_gaps=connection.missing_mapping_count,
                **books.get(connection.id, {}),
                **workers,
            )
            for connection in connections
        }

    # === QUERIES === #

    def _of_companies(self, companies) -> SQL:
        return SQL("TRUE") if companies is None else SQL("company_id = ANY(%s)", companies.ids)

    def _health_jobs(self, companies) -> dict:
        """Return the open jobs, grouped: ``{connection id: [(state, failure type, operation, Xero type, count,
        oldest, due since, heartbeat)]}``; one query over the index of open jobs.
        """
        rows = defaultdict(list)
        query = SQL(
            """SELECT connection_id, state, failure_type, operation, xero_type, count(*), MIN(create_date),
                      MIN(run_after) FILTER (WHERE state = 'pending'), MIN(heartbeat) FILTER (WHERE state = 'running')
                 FROM xero_sync_job
                WHERE connection_id = ANY(%s) AND state NOT IN ('done', 'cancelled') AND %s
                GROUP BY 1, 2, 3, 4, 5""",
            self.ids,
            self._of_companies(companies),
        )
        self.env["xero.sync.job"].flush_model()
        for connection_id, *row in self.env.execute_query(query):
            rows[connection_id].append(row)
        return rows

    def _health_done(self, since, companies) -> dict:
        """Return what was sent, by hour: ``{connection id: [(hour, Xero type, count, newest)]}``; one query over the
        index of finished jobs, some 50 ms for 100,000 of them.
        """
        rows = defaultdict(list)
        query = SQL(
            """SELECT connection_id, date_trunc('hour', done_at), xero_type, count(*), MAX(done_at)
                 FROM xero_sync_job
                WHERE connection_id = ANY(%s) AND state IN ('done', 'cancelled') AND state = 'done'
                  AND done_at >= %s AND operation IN ('push', 'void') AND %s
                GROUP BY 1, 2, 3""",
            self.ids,
            since,
            self._of_companies(companies),
        )
        for connection_id, *row in self.env.execute_query(query):
            rows[connection_id].append(row)
        return rows

    def _health_cursors(self) -> dict:
        cursors = self.env["xero.sync.cursor"].sudo().search([("connection_id", "in", self.ids)])
        found = {connection.id: rows for connection, rows in cursors.grouped("connection_id").items()}
        return defaultdict(list, found)

    def _health_workers(self) -> dict:
        """Return how many workers are switched on and when one last ran."""
        crons = self.env["ir.cron"].sudo()
        for number in range(1, WORKERS + 1):
            crons |= self.env.ref(f"xero_connector.ir_cron_xero_worker_{number}", raise_if_not_found=False) or crons
        active = crons.filtered("active")
        return {
            "workers_active": len(active),
            "worker_seen_at": max((cron.lastcall for cron in active if cron.lastcall), default=None),
        }

    def _health_conflicts(self, companies) -> dict:
        domain = [("connection_id", "in", self.ids), ("state", "=", "open")]
        if companies is not None:
            domain.append(("company_id", "in", companies.ids))
        groups = self.env["xero.conflict"].sudo()._read_group(domain, ["connection_id"], ["__count"])
        return {connection.id: count for connection, count in groups}

    def _health_books(self) -> dict:
        """Return ``{connection id: {"differences", "reconciled_at"}}`` where the books can be compared."""
        return {}

    # === OF ONE CONNECTION === #

    def _health_state(self, own_uuid) -> dict:
        """Return what the records of the connection and its app tell; dates and names only, never secrets."""
        credential = self.credential_id
        return {
            "state": self.state,
            "reason": self.reason or "",
            "is_copy": bool(self.database_uuid and self.database_uuid != own_uuid),
            "is_holding": self.hold_until_matched,
            "connected_at": self.connected_at or None,
            "paused_until": self.paused_until or None,
            "pause_reason": self.pause_reason or "",
            "needs_consent": credential.grant_type == "authorization_code",
            "consent_ends_at": credential.refresh_expires_at or None,
            "requested_scopes": frozenset((credential.requested_scopes or "").split()),
            "granted_scopes": frozenset((credential.scopes or "").split()),
            "day_limit": self.day_limit,
            "day_remaining": self.day_remaining,
            "reserve_percent": self.day_reserve_percent,
            "limits_at": self.limits_at or None,
            "day_began_at": self.day_began_at or None,
            "webhook_key_set": credential.webhook_key_set,
            "webhook_seen_at": credential.webhook_seen_at or None,
            "webhook_refused_at": credential.webhook_refused_at or None,
            "webhook_refused": credential.webhook_refused_count,
            "clock_offset": self.clock_offset,
            "failed_limit": self.alert_failed_jobs,
            "failed_percent_limit": self.alert_failed_percent,
            "silent_hours": self.alert_silent_hours,
        }

    def _health_queue(self, jobs, done, now) -> dict:
        """Return the counts of the queue, from the rows of ``_health_jobs`` and ``_health_done``."""
        waiting = [row for row in jobs if row[0] in WAITING]
        return {
            "waiting": sum(row[4] for row in waiting),
            "blocked": sum(row[4] for row in jobs if row[0] == "blocked"),
            "failed": sum(row[4] for row in jobs if row[0] in FAILED),
            "done_day": sum(count for hour, _type, count, _newest in done if hour >= now - DAY),
            "oldest_at": min((row[5] for row in waiting), default=None),
            "due_since": min((row[6] for row in jobs if row[6] and row[6] <= now), default=None),
            "running_since": min((row[7] for row in jobs if row[7]), default=None),
        }

    def _health_flows(self, jobs, done, cursors, now) -> tuple:
        """Return every ``Flow`` with its last success."""
        last, due = {}, {}
        for _hour, xero_type, _count, newest in done:
            name = flow_out(xero_type)
            last[name] = max(last.get(name) or newest, newest)
        for _state, _failure, operation, xero_type, _count, _oldest, since, _heartbeat in jobs:
            if operation != "pull" and since and since <= now:
                name = flow_out(xero_type)
                due[name] = min(due.get(name) or since, since)
        for cursor in cursors:
            if cursor.polled_at:
                name = flow_in(cursor.xero_type)
                # A flow is as old as the one of its kinds that was read longest ago.
                last[name] = min(last.get(name) or cursor.polled_at, cursor.polled_at)
        last["webhooks"] = self.credential_id.webhook_seen_at or None
        last["reference"] = self.facts_at or None
        every = dict.fromkeys(("contacts_in", "documents_in", "payments_in"), self._poll_interval())
        every["reference"] = FACTS_EVERY
        return tuple(Flow(name, last.get(name), every.get(name), due.get(name)) for name in FLOWS)
