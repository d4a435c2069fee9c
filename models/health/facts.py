"""Reads what is known of connections: a fixed number of queries for any number of connections, no call to Xero."""

from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..connection import credential_secrets as xero_secrets
from ..connection.xero_organisation import FACTS_EVERY
from ..link.xero_link import GONE_STATUSES
from ..queue.worker import WORKERS
from ..queue.xero_sync_job import FAILED, READINGS
from .check import DAY, Facts, Flow

WAITING = ("pending", "running", "blocked")
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
# A correction takes minutes; what is a draft again for longer was forgotten.
OLD_DRAFT = timedelta(days=7)


def of_companies(companies) -> SQL:
    """Return the condition for jobs of ``companies``; ``None`` for those of all."""
    return SQL("TRUE") if companies is None else SQL("company_id = ANY(%s)", companies.ids)


def old_draft_domain(connections) -> list:
    """Return the domain of the ``xero.link`` of documents of ``connections`` that have been drafts again for long."""
    return [
        ("connection_id", "in", connections.ids),
        ("res_model", "=", "account.move"),
        ("draft_since", "<", fields.Datetime.now() - OLD_DRAFT),
        ("xero_status", "not in", GONE_STATUSES),
        ("state", "!=", "ignored"),
        ("res_id", "in", SQL("(SELECT id FROM account_move WHERE state = 'draft')")),
    ]


class XeroHealthFacts(models.AbstractModel):
    """It reads with the rights of the system: whoever calls it has asked who may know."""

    _name = "xero.health.facts"
    _description = "Xero Health Facts"

    @api.model
    def _read(self, connections, companies=None, jobs=None, done=None) -> dict:
        """Return ``{connection id: Facts}``; about twelve queries in all.

        :param connections: ``xero.connection``
        :param companies: count only jobs of these; ``None`` for all
        :param jobs: of :meth:`_jobs`, where the caller has read them
        :param done: of :meth:`_done`, where the caller has read them; else the last day is read
        """
        if not connections:
            return {}
        now = fields.Datetime.now()
        connections = connections.sudo()
        jobs = self._jobs(connections, companies) if jobs is None else jobs
        done = self._done(connections, now - DAY, companies) if done is None else done
        cursors = self._cursors(connections)
        workers = self._workers()
        odd = self._open_of("xero.quarantine", connections, companies)
        conflicts = self._open_of("xero.conflict", connections, companies)
        drafts = self._old_drafts(connections, companies)
        told = self.env["xero.health.source"]._told(connections)
        held = self.env["xero.recovery"]._reasons(connections)
        own = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        foreign = xero_secrets.unreadable(self.env)
        return {
            connection.id: Facts(
                now=now,
                held_for=held.get(connection.id, ""),
                **self._of_records(connection, own),
                has_key=connection.credential_id not in foreign,
                **self._of_queue(jobs[connection.id], done[connection.id], now),
                flows=self._flows(connection, jobs[connection.id], done[connection.id], cursors[connection.id], now),
                changes_read_at=max(
                    (cursor.polled_at for cursor in cursors[connection.id] if cursor.last_changes and cursor.polled_at),
                    default=None,
                ),
                conflicts=conflicts.get(connection.id, 0),
                old_drafts=drafts.get(connection.id, 0),
                quarantined=odd.get(connection.id, 0),
                false_marks_at=connection.false_marks_at or None,
                mapping_gaps=connection.missing_mapping_count,
                **told.get(connection.id, {}),
                **workers,
            )
            for connection in connections
        }

    # === QUERIES === #

    def _old_drafts(self, connections, companies) -> dict:
        """Return how many documents have been drafts again for long: ``{connection id: count}``; one query."""
        domain = old_draft_domain(connections)
        domain += [("company_id", "in", companies.ids)] if companies is not None else []
        rows = self.env["xero.link"].sudo()._read_group(domain, ["connection_id"], ["__count"])
        return {connection.id: count for connection, count in rows}

    @api.model
    def _jobs(self, connections, companies) -> dict:
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
            connections.ids,
            of_companies(companies),
        )
        self.env["xero.sync.job"].flush_model()
        for connection_id, *row in self.env.execute_query(query):
            rows[connection_id].append(row)
        return rows

    @api.model
    def _done(self, connections, since, companies) -> dict:
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
            connections.ids,
            since,
            of_companies(companies),
        )
        for connection_id, *row in self.env.execute_query(query):
            rows[connection_id].append(row)
        return rows

    def _cursors(self, connections) -> dict:
        cursors = self.env["xero.sync.cursor"].sudo().search([("connection_id", "in", connections.ids)])
        found = {connection.id: rows for connection, rows in cursors.grouped("connection_id").items()}
        return defaultdict(list, found)

    def _workers(self) -> dict:
        """Return how many workers are switched on and when one last ran."""
        crons = self.env["ir.cron"].sudo()
        for number in range(1, WORKERS + 1):
            crons |= self.env.ref(f"xero_connector.ir_cron_xero_worker_{number}", raise_if_not_found=False) or crons
        active = crons.filtered("active")
        return {
            "workers_active": len(active),
            "worker_seen_at": max((cron.lastcall for cron in active if cron.lastcall), default=None),
        }

    def _open_of(self, model, connections, companies) -> dict:
        """Return ``{connection id: number of open records}`` of a model whose records wait for a person."""
        domain = [("connection_id", "in", connections.ids), ("state", "=", "open")]
        if companies is not None:
            domain.append(("company_id", "in", companies.ids))
        groups = self.env[model].sudo()._read_group(domain, ["connection_id"], ["__count"])
        return {connection.id: count for connection, count in groups}

    @api.model
    def _flows_out(self) -> dict:
        """Return the flow that sends each Xero type; what nobody sends any more was a document."""
        found = {mapper._xero_type: f"{mapper._flow}_out" for mapper in self.env["xero.mapper"]._all()}
        return defaultdict(lambda: "documents_out", found)

    # === OF ONE CONNECTION === #

    def _of_records(self, connection, own_uuid) -> dict:
        """Return what the records of the connection and its app tell; dates and names only, never secrets."""
        credential = connection.credential_id
        return {
            "state": connection.state,
            "reason": connection.reason or "",
            "is_copy": bool(connection.database_uuid and connection.database_uuid != own_uuid),
            "is_holding": connection.hold_until_matched,
            "connected_at": connection.connected_at or None,
            "paused_until": connection.paused_until or None,
            "pause_reason": connection.pause_reason or "",
            "needs_consent": credential.grant_type == "authorization_code",
            "consent_ends_at": credential.refresh_expires_at or None,
            "requested_scopes": frozenset((credential.requested_scopes or "").split() + connection._further_scopes()),
            "granted_scopes": frozenset((credential.scopes or "").split()),
            "day_limit": connection.day_limit,
            "day_remaining": connection.day_remaining,
            "reserve_percent": connection.day_reserve_percent,
            "limits_at": connection.limits_at or None,
            "day_began_at": connection.day_began_at or None,
            "webhook_key_set": credential.webhook_key_set,
            "webhook_seen_at": credential.webhook_seen_at or None,
            "webhook_refused_at": credential.webhook_refused_at or None,
            "webhook_refused": credential.webhook_refused_count,
            "webhook_odd": credential.webhook_odd_count,
            "clock_offset": connection.clock_offset,
            "failed_limit": connection.alert_failed_jobs,
            "failed_percent_limit": connection.alert_failed_percent,
            "silent_hours": connection.alert_silent_hours,
        }

    def _of_queue(self, jobs, done, now) -> dict:
        """Return the counts of the queue, from the rows of :meth:`_jobs` and :meth:`_done`."""
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

    def _flows(self, connection, jobs, done, cursors, now) -> tuple:
        """Return every ``Flow`` with its last success."""
        last, due, sent = {}, {}, self._flows_out()
        read = {
            inbound._xero_type: f"{inbound._flow}_in"
            for inbound in self.env["xero.inbound"]._all()
            if inbound._is_polled(connection)
        }
        for _hour, xero_type, _count, newest in done:
            name = sent[xero_type]
            last[name] = max(last.get(name) or newest, newest)
        for _state, _failure, operation, xero_type, _count, _oldest, since, _heartbeat in jobs:
            if operation not in READINGS and since and since <= now:
                name = sent[xero_type]
                due[name] = min(due.get(name) or since, since)
        for cursor in cursors:
            if cursor.polled_at and cursor.xero_type in read:
                name = read[cursor.xero_type]
                # A flow is as old as the one of its kinds that was read longest ago.
                last[name] = min(last.get(name) or cursor.polled_at, cursor.polled_at)
        last["webhooks"] = connection.credential_id.webhook_seen_at or None
        last["reference"] = connection.facts_at or None
        interval = self.env["xero.inbound.schedule"]._interval(connection)
        every = dict.fromkeys(("contacts_in", "documents_in", "payments_in"), interval)
        every["reference"] = FACTS_EVERY
        return tuple(Flow(name, last.get(name), every.get(name), due.get(name)) for name in FLOWS)
