"""What ends when: one table of rules, and the cleaner that keeps up with them."""

import logging
import time
from datetime import timedelta
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..matching.xero_match import OPEN_STATES

_logger = logging.getLogger(__name__)

# So many rows go with one statement, and so many seconds of a round belong to one rule: nobody waits for the locks.
BATCH = 5000
PARENTS = 50
SHARE_SECONDS = 1.0
# What fetched news says nothing once it is done; a newer reading may be looked at before an older one goes.
FETCHED_DAYS = 7
SUPERSEDED = timedelta(days=1)


class Rule(NamedTuple):
    """What ends of one table. Rows of ``parts`` (table, column) go before the row that they belong to."""

    model: str
    period: str | int
    """The connection's field with the days it is kept; or so many days."""
    age: str
    """The column that its age is counted by."""
    where: str = "TRUE"
    """SQL on ``t``: which rows may go at all. What is needed as proof is not among them."""
    parts: tuple = ()
    released: tuple = ()
    """Columns (table, column) that forget a row before it goes; what they are in stays."""
    emptied: tuple = ()
    """The row stays, and these columns of it are emptied."""
    early: str = "FALSE"
    """SQL on ``t``: what may go before its age. It knows ``%(superseded)s``, a moment."""


# The order is by what grows most: with little time the first get theirs first.
RULES = (
    Rule(
        "xero.snapshot",
        "keep_copies_days",
        "create_date",
        where=f"""NOT EXISTS (SELECT FROM xero_match m WHERE m.snapshot_id = t.id AND m.state IN {OPEN_STATES!r})
              AND NOT EXISTS (SELECT FROM xero_reconciliation r WHERE r.snapshot_id = t.id
                                 AND r.state IN ('reading', 'comparing'))
              AND NOT EXISTS (SELECT FROM xero_recovery v WHERE v.snapshot_id = t.id AND v.is_open)""",
        # Whoever compares or mends works with the newest reading, and with that of the newest report.
        early="""(t.state = 'failed' AND t.finished_at < %(superseded)s
               OR t.state = 'ready' AND EXISTS (
                  SELECT FROM xero_snapshot n WHERE n.connection_id = t.connection_id AND n.id > t.id
                     AND n.state = 'ready' AND n.modified_since IS NULL AND n.kinds @> t.kinds
                     AND n.finished_at < %(superseded)s))
              AND t.id NOT IN (
                  SELECT r.snapshot_id FROM xero_reconciliation r WHERE r.connection_id = t.connection_id
                     AND r.state = 'done' AND r.snapshot_id IS NOT NULL ORDER BY r.id DESC LIMIT 1)""",
        parts=(("xero_snapshot_element", "snapshot_id"),),
    ),
    Rule("xero.sync.job", FETCHED_DAYS, "done_at", where="t.state = 'done' AND t.operation IN ('pull', 'task')"),
    Rule("xero.sync.job", "keep_work_days", "done_at", where="t.state IN ('done', 'cancelled')"),
    Rule("xero.webhook.event", "keep_work_days", "create_date", where="t.state != 'new'"),
    Rule(
        "xero.log",
        "keep_log_days",
        "create_date",
        # A job that waits for a person keeps the lines that tell why. Asked line by line: a join would read all jobs.
        where="""(SELECT TRUE FROM xero_log_job_rel r JOIN xero_sync_job j ON j.id = r.job_id
                   WHERE r.log_id = t.id AND j.state NOT IN ('done', 'cancelled') LIMIT 1) IS NULL""",
    ),
    Rule(
        "xero.recovery",
        "keep_log_days",
        "create_date",
        where="NOT t.is_open",
        parts=(("xero_recovery_line", "recovery_id"),),
    ),
    Rule("xero.sync.batch", "keep_log_days", "started_at", where="t.state = 'done'"),
    Rule(
        "xero.preview",
        "keep_copies_days",
        "create_date",
        parts=(("xero_preview_line", "preview_id"), ("xero_preview_problem", "preview_id")),
    ),
    Rule(
        "xero.conflict",
        "keep_copies_days",
        "settled_at",
        where="t.state = 'settled' AND t.element IS NOT NULL",
        emptied=("element", "base_view", "odoo_view", "xero_view"),
    ),
    Rule(
        "xero.conflict",
        "keep_reports_days",
        "settled_at",
        where="t.state = 'settled'",
        parts=(("xero_conflict_line", "conflict_id"),),
    ),
    Rule(
        "xero.reconciliation",
        "keep_reports_days",
        "create_date",
        parts=(
            ("xero_reconciliation_difference", "reconciliation_id"),
            ("xero_reconciliation_total", "reconciliation_id"),
        ),
    ),
    Rule(
        "xero.trial.balance",
        "keep_reports_days",
        "create_date",
        where="t.state != 'waiting'",
        parts=(("xero_trial_balance_line", "trial_balance_id"),),
    ),
    Rule(
        "xero.match",
        "keep_reports_days",
        "finished_at",
        where="t.state IN ('done', 'undone', 'abandoned')",
        parts=(("xero_match_line", "match_id"),),
    ),
    # A person who is erased in Xero is gone here too, after a while, also where nobody looked.
    Rule("xero.quarantine", "keep_copies_days", "last_seen_at"),
    Rule("xero.alert", "keep_log_days", "closed_at", where="t.state = 'closed'"),
    Rule(
        "xero.run",
        "keep_reports_days",
        "finished_at",
        where="t.state IN ('done', 'cancelled', 'undone')",
        released=(("xero_link", "run_id"), ("xero_sync_job", "run_id")),
    ),
)  # fmt: skip


class XeroRetention(models.AbstractModel):
    """Deletes what has ended, in small batches. Odoo's daily cleaning comes again at once while there is more."""

    _name = "xero.retention"
    _description = "Xero Retention"

    @api.model
    def _rules(self) -> tuple:
        """Hook: the ``Rule`` of everything that ends, in the order of cleaning."""
        return RULES

    @api.autovacuum
    def _gc_ended(self) -> tuple[int, int]:
        """Clean for one round: each rule gets its share of time, none waits for another's end.

        :return: the rows that went, and 1 when there may be more: then Odoo calls again
        """
        self.env.flush_all()
        done = more = 0
        for rule in self._rules():
            gone, rest = self._clean_safely(rule)
            done += gone
            more |= rest
        return done, int(more)

    def _clean_safely(self, rule) -> tuple[int, bool]:
        """A rule that fails stops no other; rows that somebody works on are for the next round."""
        try:
            with self.env.cr.savepoint():
                return self._clean(rule)
        except psycopg2.OperationalError as error:
            _logger.info("Cleaning of %s goes on later: %s", rule.model, type(error).__name__)
        except Exception:
            _logger.exception("Cleaning of %s failed", rule.model)
        return 0, False

    def _clean(self, rule) -> tuple[int, bool]:
        deadline, done, more = time.monotonic() + SHARE_SECONDS, 0, False
        for connection_id, before in self._periods(rule):
            while True:
                gone, rest = self._clean_batch(rule, connection_id, before)
                done += gone
                if not rest:
                    break
                if time.monotonic() >= deadline:
                    more = True
                    break
        if done:
            self.env[rule.model].invalidate_model(flush=False)
        return done, more

    def _periods(self, rule) -> list[tuple]:
        """Return ``(connection, the moment before which it ends)`` of all connections, archived ones too."""
        now = fields.Datetime.now()
        days = SQL.identifier(rule.period) if isinstance(rule.period, str) else SQL("%s", rule.period)
        rows = self.env.execute_query(SQL("SELECT id, %s FROM xero_connection ORDER BY random()", days))
        return [(connection_id, now - timedelta(days=kept)) for connection_id, kept in rows]

    def _clean_batch(self, rule, connection_id, before) -> tuple[int, bool]:
        """Return how many rows went, and whether there may be more."""
        if rule.parts or rule.released:
            return self._clean_parents(rule, connection_id, before)
        table = SQL.identifier(self.env[rule.model]._table)
        # An array is read once. In a join PostgreSQL may read it again for each row: its limit would limit nothing.
        chosen = self._ended(rule, connection_id, before, BATCH)
        if rule.emptied:
            emptied = SQL(", ").join(SQL("%s = NULL", SQL.identifier(name)) for name in rule.emptied)
            gone = self._run(SQL("UPDATE %s SET %s WHERE id = ANY(ARRAY(%s))", table, emptied, chosen))
        else:
            gone = self._run(SQL("DELETE FROM %s WHERE id = ANY(ARRAY(%s))", table, chosen))
        return gone, gone >= BATCH

    def _ended(self, rule, connection_id, before, limit) -> SQL:
        """Select ids of rows that have ended and that nobody works on, the oldest first."""
        aged = SQL("t.%s < %s", SQL.identifier(rule.age), before)
        if rule.early != "FALSE":
            early = SQL(rule.early, superseded=fields.Datetime.now() - SUPERSEDED)
            aged = SQL("(%s OR %s)", aged, early)
        return SQL(
            "SELECT t.id FROM %s t WHERE t.connection_id = %s AND %s AND %s"
            " ORDER BY t.%s LIMIT %s FOR UPDATE SKIP LOCKED",
            SQL.identifier(self.env[rule.model]._table),
            connection_id,
            aged,
            SQL(rule.where),
            SQL.identifier(rule.age),
            limit,
        )

    def _clean_parents(self, rule, connection_id, before) -> tuple[int, bool]:
        """Rows that others belong to: those first, in batches, so that no cascade is ever large."""
        self.env.cr.execute(self._ended(rule, connection_id, before, PARENTS), log_exceptions=False)
        ids = [row_id for [row_id] in self.env.cr.fetchall()]
        gone = 0
        for table, column in (*rule.parts, *rule.released) if ids else ():
            part, owner = SQL.identifier(table), SQL.identifier(column)
            chosen = SQL(
                "SELECT id FROM %s WHERE %s = ANY(%s) LIMIT %s FOR UPDATE SKIP LOCKED", part, owner, ids, BATCH
            )
            if (table, column) in rule.released:
                count = self._run(SQL("UPDATE %s SET %s = NULL WHERE id = ANY(ARRAY(%s))", part, owner, chosen))
            else:
                count = self._run(SQL("DELETE FROM %s WHERE id = ANY(ARRAY(%s))", part, chosen))
            gone += count
            if count >= BATCH:
                return gone, True
        free = self._without_parts(rule, ids)
        if free:
            self.env[rule.model].sudo().with_context(active_test=False).browse(free).unlink()
        # Of what somebody works on just now nothing is tried again in this round.
        return gone + len(free), len(ids) >= PARENTS and bool(free)

    def _without_parts(self, rule, ids) -> list[int]:
        """Return those of ``ids`` that nothing belongs to any more."""
        for table, column in (*rule.parts, *rule.released) if ids else ():
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM unnest(%s::int[]) AS o(id) WHERE NOT EXISTS (SELECT FROM %s p WHERE p.%s = o.id)",
                    ids, SQL.identifier(table), SQL.identifier(column),
                )
            )  # fmt: skip
            ids = [row_id for [row_id] in self.env.cr.fetchall()]
        return ids

    def _run(self, query: SQL) -> int:
        self.env.cr.execute(query, log_exceptions=False)
        return self.env.cr.rowcount
