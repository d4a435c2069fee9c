import logging
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...mappers.text import named
from ...xero_api.elements import real_id
from ..link.access import XERO_USER, check_role
from ..link.reason import ReasonText
from ..link.shown import type_words
from .failure import awaited

_logger = logging.getLogger(__name__)

CLICK, EVENT, SWEEP, HISTORY = 5, 10, 20, 30
# What only reads Xero.
READINGS = ("pull", "task")
WAITING = ("pending", "blocked", "failed", "dead")
FAILED = ("failed", "dead")
# When jobs of a paused run are due.
NEVER = datetime(9999, 1, 1)


class XeroSyncJob(models.Model):
    """The outbox. A row says "make Xero look like this record"; what that takes is decided when a worker gets to it."""

    _name = "xero.sync.job"
    _inherit = ["xero.company.guard", "xero.shown"]
    _description = "Xero Sync Job"
    _order = "id desc"
    _rec_name = "record_name"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    operation = fields.Selection(
        [("push", "Send"), ("void", "Void"), ("pull", "Fetch"), ("attach", "Attach"), ("task", "Task")],
        required=True,
        default="push",
        readonly=True,
    )
    direction = fields.Selection(
        [("out", "To Xero"), ("in", "From Xero")], compute="_compute_direction", search="_search_direction"
    )
    xero_type = fields.Char("Xero Type", readonly=True, help="Empty for a task.")
    task = fields.Char(readonly=True, help="Work for the whole organisation, such as a snapshot.")
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    xero_id = fields.Char("Xero ID", readonly=True)
    record_name = fields.Char("Document", compute="_compute_record_name", search="_search_record_name")
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("running", "Sending"),
            ("blocked", "Blocked"),
            ("failed", "Failed"),
            ("dead", "Given up"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        "Status",
        required=True,
        default="pending",
        readonly=True,
    )
    priority = fields.Integer(
        required=True,
        default=EVENT,
        readonly=True,
        help="Lower is sooner: a person's click is 5, a posted document 10.",
    )
    rank = fields.Integer(
        required=True, default=50, readonly=True, help="Order of dependency: contacts before invoices before payments."
    )
    run_after = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True)
    attempts = fields.Integer(readonly=True)
    dependencies_queued = fields.Boolean(readonly=True, help="What this document depends on has been queued.")
    send_alone = fields.Boolean(readonly=True, help="Sent alone, because a call with others was refused as a whole.")
    strikes = fields.Integer(
        readonly=True, help="Calls with it in a row that brought nothing, although Xero could be read."
    )
    struck_at = fields.Datetime("Set Aside Since", readonly=True)
    is_told = fields.Boolean("Told in the Chatter", readonly=True, help="Its record says that it failed.")
    failure_type = fields.Selection(
        [
            ("mapping", "Missing mapping"),
            ("validation", "Refused by Xero"),
            ("duplicate", "Already in Xero"),
            ("locked_period", "Locked period"),
            ("closed", "Closed in Xero"),
            ("dependency", "Waits for another record"),
            ("total_mismatch", "Totals differ"),
            ("auth", "Connection"),
            ("rate_limit", "Xero limit"),
            ("network", "Network"),
            ("plan", "Xero plan"),
            ("bug", "Unexpected error"),
        ],
        readonly=True,
    )
    failure_detail = ReasonText("Reason", readonly=True)
    fix_action = fields.Json(readonly=True, help="The record that a person edits to fix it.")
    has_fix = fields.Boolean(compute="_compute_has_fix")
    must_ask = fields.Boolean(compute="_compute_has_fix", help="Others decide what fixes it: the user asks them.")
    blocked_by_id = fields.Many2one(
        "xero.sync.job", "Waits For", readonly=True, ondelete="set null", index="btree_not_null"
    )
    batch_id = fields.Many2one("xero.sync.batch", readonly=True, ondelete="set null", index="btree_not_null")
    idempotency_key = fields.Char(related="batch_id.idempotency_key")
    correlation_id = fields.Char(readonly=True)
    started_at = fields.Datetime(readonly=True)
    done_at = fields.Datetime(readonly=True)
    heartbeat = fields.Datetime(readonly=True)
    told_at = fields.Datetime("Told Of", readonly=True, help="When whoever asked was told that it failed.")
    user_id = fields.Many2one("res.users", "Asked By", readonly=True)
    run_id = fields.Many2one("xero.run", "Run", readonly=True, ondelete="set null", index="btree_not_null")
    log_ids = fields.Many2many("xero.log", "xero_log_job_rel", "job_id", "log_id", readonly=True)

    _waiting_unique = models.UniqueIndex(
        "(connection_id, operation, res_model, res_id) WHERE state IN ('pending', 'blocked', 'failed', 'dead')"
    )
    _pull_unique = models.UniqueIndex(
        "(connection_id, xero_type, COALESCE(xero_id, ''))"
        " WHERE operation = 'pull' AND state IN ('pending', 'blocked', 'failed', 'dead')"
    )
    _task_unique = models.UniqueIndex(
        "(connection_id, task) WHERE operation = 'task' AND state IN ('pending', 'blocked', 'failed', 'dead')"
    )
    _kind_named = models.Constraint(
        "CHECK (CASE WHEN operation = 'task' THEN task IS NOT NULL ELSE xero_type IS NOT NULL END)",
        "A job names what it is about.",
    )
    _running_unique = models.UniqueIndex("(connection_id, res_model, res_id) WHERE state = 'running'")
    _due = models.Index("(connection_id, priority, rank, id) WHERE state = 'pending'")
    _unprepared = models.Index(
        "(connection_id, priority, rank, id) WHERE state = 'pending' AND NOT dependencies_queued"
    )
    _open_record = models.Index("(res_model, res_id) WHERE state NOT IN ('done', 'cancelled')")
    _finished = models.Index("(connection_id, done_at) WHERE state IN ('done', 'cancelled')")
    _untold = models.Index("(connection_id) WHERE state IN ('failed', 'dead') AND told_at IS NULL")
    _fetched = models.Index("(connection_id, done_at) WHERE state = 'done' AND operation IN ('pull', 'task')")

    # === COMPUTE === #

    @api.depends("res_model", "res_id")
    def _compute_record_name(self):
        for model, jobs in self.grouped("res_model").items():
            records = self.env[model].browse(jobs.mapped("res_id")).exists() if model in self.env else []
            names = {record.id: record.display_name for record in records._filtered_access("read")} if records else {}
            for job in jobs:
                job.record_name = names.get(job.res_id) or job._name_without_record()

    def _name_without_record(self) -> str:
        """Return what a job is about that no record of Odoo stands for, or none any more."""
        kind = type_words(self.env).get(self.xero_type, self.xero_type)
        if self.task:
            return self.task
        if self.res_id:
            return f"{kind} {self.res_id}"
        if self.xero_id:
            return self.env._("%s that changed in Xero", kind)
        return self.env._("All that changed in Xero: %s", kind)

    @api.depends("operation")
    def _compute_direction(self):
        for job in self:
            job.direction = {"pull": "in", "task": False}.get(job.operation, "out")

    def _search_direction(self, operator, value):
        if operator != "in":
            return NotImplemented
        operations = {"in": ("pull",), "out": ("push", "void", "attach"), False: ("task",)}
        return Domain("operation", "in", [one for side in value for one in operations.get(side, ())])

    def _shown_type(self, record):
        return super()._shown_type(record) or self.task

    def _search_record_name(self, operator, value):
        """Find jobs by the name of their record, among the kinds of records that have jobs."""
        if operator not in ("ilike", "like", "=ilike", "in"):
            return NotImplemented
        models = [
            model for [model] in self.env["xero.sync.job"]._read_group([("res_model", "!=", False)], ["res_model"])
        ]
        return Domain.OR(
            Domain("res_model", "=", model)
            & Domain("res_id", "in", self.env[model]._search([("display_name", operator, value)]))
            for model in models
            if model in self.env
        )

    @api.depends("fix_action")
    @api.depends_context("uid")
    def _compute_has_fix(self):
        for job in self:
            job.has_fix = bool(job.fix_action)
            place = self.env.get((job.fix_action or {}).get("model"))
            job.must_ask = place is not None and hasattr(place, "_must_ask") and place._must_ask()

    def _waiting_reason(self) -> str | None:
        """Return why this open job is not done, for the person who looks at its document; ``None`` when it just waits
        its turn.

        :return: translated into the language of the reader, but for what is stored
        """
        self.ensure_one()
        if self.state == "pending" and self.run_after >= NEVER:
            return self.env["xero.reason"]._(
                "%s is paused. An accountant resumes it under Xero > Activity > Runs.", named(self.run_id.display_name)
            )
        if self.state in ("pending", "running"):
            return self.connection_id._reason_of_waiting() or (self.failure_detail if self.strikes else None)
        if self.failure_type == "bug":
            return self.env["xero.reason"]._(
                "The connector met an unexpected error. Try again; if it stays, show the job to an administrator."
            )
        return self.failure_detail

    # === ENQUEUE === #

    @api.model
    def _sql(self, query: SQL) -> list[tuple]:
        """Run a statement that writes jobs, between what the ORM has not written yet and what it must read anew.

        Whoever meets a worker at the same row begins anew: that is ordinary, and no error in the server's log.

        :return: the rows that it returns, if any
        """
        self.flush_model()
        self.env.cr.execute(query, log_exceptions=False)
        rows = self.env.cr.fetchall() if self.env.cr.description else []
        self.invalidate_model(flush=False)
        return rows

    @api.model
    def _enqueue(
        self,
        connection_id: int,
        mapper,
        records: list[tuple[int, int]],
        *,
        operation="push",
        priority=EVENT,
        renew=True,
        run_id=None,
    ) -> None:
        """Queue ``records`` in the present transaction with one statement; a waiting job of the same record is reused,
        as one of this type: a record may become another thing in Xero.

        Nothing is committed and no worker is woken: see ``xero.sync.runner._wake``.

        :param connection_id: id of ``xero.connection``
        :param mapper: the mapper of the Xero type
        :param records: pairs (record id, company id); each record at most once
        :param operation: ``push``, or ``void`` for a removal
        :param priority: lower is sooner: ``CLICK``, ``EVENT``, ``SWEEP`` or ``HISTORY``
        :param renew: also wake jobs that failed; ``False`` leaves those to the person who must act
        :param run_id: id of ``xero.run``: the run that they are part of; a more urgent job that waits already stays
            what it was, and what a person asks for is not part of a run that did not send it
        """
        if not records:
            return
        states = WAITING if renew else ("pending", "blocked")
        # An existing row is updated, not skipped: its lock makes the worker wait for the change that asked again.
        self._sql(
            SQL(
                """
            INSERT INTO xero_sync_job (connection_id, company_id, operation, xero_type, res_model, res_id, state,
                   priority, rank, run_after, attempts, dependencies_queued, send_alone, user_id, run_id, create_uid,
                   write_uid, create_date, write_date)
            SELECT %(connection)s, v.company_id, %(operation)s, %(type)s, %(model)s, v.res_id, 'pending',
                   %(priority)s, %(rank)s,
                   %(now)s, 0, FALSE, FALSE, %(user)s, %(run)s, %(user)s, %(user)s, %(now)s, %(now)s
              FROM unnest(%(res_ids)s::int[], %(company_ids)s::int[]) AS v(res_id, company_id)
            ON CONFLICT (connection_id, operation, res_model, res_id) WHERE state IN ('pending', 'blocked',
                   'failed', 'dead')
            DO UPDATE SET state = CASE WHEN xero_sync_job.state IN %(states)s THEN 'pending' ELSE
                   xero_sync_job.state END,
                          run_id = CASE WHEN EXCLUDED.priority = %(click)s THEN EXCLUDED.run_id
                                        WHEN EXCLUDED.priority <= xero_sync_job.priority
                                        THEN COALESCE(EXCLUDED.run_id, xero_sync_job.run_id)
                                        ELSE xero_sync_job.run_id END,
                          xero_type = EXCLUDED.xero_type,
                          rank = EXCLUDED.rank,
                          priority = LEAST(xero_sync_job.priority, EXCLUDED.priority),
                          run_after = LEAST(xero_sync_job.run_after, EXCLUDED.run_after),
                          attempts = CASE WHEN %(renew)s THEN 0 ELSE xero_sync_job.attempts END,
                          strikes = CASE WHEN %(renew)s THEN 0 ELSE xero_sync_job.strikes END,
                          struck_at = CASE WHEN %(renew)s THEN NULL ELSE xero_sync_job.struck_at END,
                          told_at = CASE WHEN %(renew)s THEN NULL ELSE xero_sync_job.told_at END,
                          dependencies_queued = FALSE,
                          write_date = EXCLUDED.write_date
            """,
                connection=connection_id,
                operation=operation,
                type=mapper._xero_type,
                model=mapper._odoo_model,
                priority=priority,
                click=CLICK,
                rank=mapper._push_rank,
                now=fields.Datetime.now(),
                user=self.env.uid,
                run=run_id,
                states=states,
                renew=renew,
                res_ids=[res_id for res_id, _company in records],
                company_ids=[company for _id, company in records],
            )
        )

    @api.model
    def _enqueue_gone(self, links) -> None:
        """Queue the removal in Xero of what ``links`` stand for: their Odoo records are being deleted.

        :param links: ``xero.link`` of any type and connection
        """
        for link in links:
            self.search(
                [
                    ("res_model", "=", link.res_model),
                    ("res_id", "=", link.res_id),
                    ("state", "in", WAITING),
                    ("operation", "=", "push"),
                ]
            ).write({"state": "cancelled", "done_at": fields.Datetime.now()})
            # Nobody can be asked about a record that is gone.
            self.env["xero.conflict"].sudo()._overtaken(link)
            mapper = self.env["xero.mapper"]._if_sent(link.xero_type)
            # What only comes in stays as it is in Xero.
            if mapper is not None:
                self._enqueue(link.connection_id.id, mapper, [(link.res_id, link.company_id.id)], operation="void")
        self.env["xero.sync.runner"]._wake(links.connection_id.ids)

    @api.model
    def _enqueue_gone_under_way(self, res_model: str, res_ids) -> None:
        """Have Xero rid of what is being sent there for records that are being deleted; what waits is not sent.

        A removal waits for the answer to what is under way. A worker that takes a job at this very moment writes the
        same row: of the two, the later one begins anew and sees what the other did.

        :param res_model: name of the Odoo model
        :param res_ids: ids of the records
        """
        waiting = self.search(
            [
                ("res_model", "=", res_model),
                ("res_id", "in", list(res_ids)),
                ("state", "in", WAITING),
                ("operation", "=", "push"),
            ]
        )
        waiting.write({"state": "cancelled", "done_at": fields.Datetime.now()})
        self._release(waiting.ids)
        under_way = self.search(
            [
                ("res_model", "=", res_model),
                ("res_id", "in", list(res_ids)),
                ("state", "=", "running"),
                ("operation", "=", "push"),
            ]
        )
        for (connection, xero_type), jobs in under_way.grouped(lambda job: (job.connection_id, job.xero_type)).items():
            mapper = self.env["xero.mapper"]._for_type(xero_type)
            pairs = [(job.res_id, job.company_id.id) for job in jobs]
            self._enqueue(connection.id, mapper, pairs, operation="void")
        self.env["xero.sync.runner"]._wake(under_way.connection_id.ids)

    # === READING === #

    @api.model
    def _enqueue_poll(self, connection, xero_type: str, priority=SWEEP) -> None:
        """Queue the reading of what changed in one kind of element; one that waits already is reused.

        :param xero_type: one that an importer takes in; of others nothing is queued
        :param priority: lower is sooner
        """
        self._enqueue_fetch(connection, xero_type, [""], priority=priority)

    @api.model
    def _enqueue_fetch(self, connection, xero_type: str, xero_ids, priority=EVENT) -> None:
        """Queue the reading of elements by id, with one statement; what waits already is reused.

        :param xero_type: one that an importer takes in; of others nothing is queued
        :param xero_ids: Xero's ids; the empty one stands for a poll, and what is no id is left out
        :param priority: lower is sooner
        """
        ids = sorted({xero_id.lower() for xero_id in xero_ids if xero_id == "" or real_id(xero_id)})
        inbound = self.env["xero.inbound"]._for_type(xero_type)
        if not ids or inbound is None:
            return
        self._sql(
            SQL(
                """
            INSERT INTO xero_sync_job (
                   connection_id, company_id, operation, xero_type, xero_id, state, priority, rank, run_after,
                   attempts, dependencies_queued, send_alone, user_id, create_uid, write_uid, create_date, write_date)
            SELECT %(connection)s, %(company)s, 'pull', %(type)s, NULLIF(v.xero_id, ''), 'pending', %(priority)s,
                   %(rank)s, %(now)s,
                   0, TRUE, FALSE, %(user)s, %(user)s, %(user)s, %(now)s, %(now)s
              FROM unnest(%(ids)s::varchar[]) AS v(xero_id)
            ON CONFLICT (connection_id, xero_type, COALESCE(xero_id, ''))
            WHERE operation = 'pull' AND state IN ('pending', 'blocked', 'failed', 'dead')
            DO UPDATE SET state = 'pending', priority = LEAST(xero_sync_job.priority, EXCLUDED.priority), attempts = 0,
                          run_after = LEAST(xero_sync_job.run_after, EXCLUDED.run_after),
                          write_date = EXCLUDED.write_date
            """,
                connection=connection.id,
                company=connection.company_id.id,
                type=xero_type,
                ids=ids,
                priority=priority,
                rank=inbound._rank,
                now=fields.Datetime.now(),
                user=self.env.uid,
            )
        )

    @api.model
    def _enqueue_task(self, connection, task, priority) -> None:
        """Queue ``task`` (a model of ``xero.task``) with one statement; a job of it that waits already is reused.

        :param priority: lower is sooner
        """
        self._sql(
            SQL(
                """
            INSERT INTO xero_sync_job (
                   connection_id, company_id, operation, task, state, priority, rank, run_after,
                   attempts, dependencies_queued, send_alone, user_id, create_uid, write_uid, create_date, write_date)
            VALUES (%(connection)s, %(company)s, 'task', %(task)s, 'pending', %(priority)s, %(rank)s, %(now)s,
                   0, TRUE, FALSE, %(user)s, %(user)s, %(user)s, %(now)s, %(now)s)
            ON CONFLICT (connection_id, task)
            WHERE operation = 'task' AND state IN ('pending', 'blocked', 'failed', 'dead')
            DO UPDATE SET state = 'pending', priority = LEAST(xero_sync_job.priority, EXCLUDED.priority), attempts = 0,
                          run_after = LEAST(xero_sync_job.run_after, EXCLUDED.run_after),
                          write_date = EXCLUDED.write_date
            """,
                connection=connection.id,
                company=connection.company_id.id,
                task=task._task,
                priority=priority,
                rank=task._rank,
                now=fields.Datetime.now(),
                user=self.env.uid,
            )
        )

    @api.model
    def _fail_fetches(self, connection, inbound, failed: dict) -> None:
        """Keep elements that cannot be taken over as failed fetch jobs: a person reads why, mends it and tries again.

        :param inbound: the importer of the type
        :param failed: ``{xero id: Result}``
        """
        if not failed:
            return
        running = self.search(
            [
                ("connection_id", "=", connection.id),
                ("operation", "=", "pull"),
                ("xero_type", "=", inbound._xero_type),
                ("xero_id", "in", list(failed)),
                ("state", "=", "running"),
            ]
        )
        running.write({"state": "cancelled", "done_at": fields.Datetime.now()})
        self._enqueue_fetch(connection, inbound._xero_type, list(failed))
        jobs = self.search(
            [
                ("connection_id", "=", connection.id),
                ("operation", "=", "pull"),
                ("xero_type", "=", inbound._xero_type),
                ("xero_id", "in", [xero_id.lower() for xero_id in failed]),
                ("state", "=", "pending"),
            ]
        )
        by_id = {xero_id.lower(): result for xero_id, result in failed.items()}
        for job in jobs:
            result = by_id[job.xero_id]
            fix = result.fix or {}
            job.write(
                {
                    "state": "failed",
                    "failure_type": fix.get("kind", "validation"),
                    "failure_detail": result.message,
                    "fix_action": {"model": fix["model"], "res_id": fix["res_id"]}
                    if fix.get("model") and fix.get("res_id")
                    else None,
                    "waits_for": awaited(fix, fix.get("waits", ())),
                }
            )

    # === ACTIONS === #

    def _check_person(self):
        check_role(self.env, XERO_USER, self.env._("Only Xero users handle jobs."))
        self.check_access("read")

    def action_retry(self):
        """Put failed jobs back to the queue, ahead of background work."""
        self._check_person()
        jobs = self.sudo().filtered(lambda job: job.state in WAITING)
        if not jobs:
            raise UserError(self.env._("Only waiting, blocked and failed jobs can be tried again."))
        for connection, of_connection in jobs.grouped("connection_id").items():
            ahead = self.env["xero.click"]._ask_sending(connection, len(of_connection))
            of_connection._read_first(connection)
            of_connection._retry(alone=len(jobs) == 1, ahead=ahead)

    def _retry(self, alone=False, ahead=True) -> None:
        """Put jobs back to the queue.

        :param alone: a person chose this one job
        :param ahead: they go before what others do, else they keep their place
        """
        # A worker may have written them since: then this begins anew, without an error in the log.
        self._sql(SQL("SELECT id FROM xero_sync_job WHERE id = ANY(%s) ORDER BY id FOR UPDATE", self.ids))
        self.write(
            {
                "state": "pending",
                "attempts": 0,
                "strikes": 0,
                "struck_at": False,
                "told_at": False,
                "dependencies_queued": False,
                "failure_type": False,
                "failure_detail": False,
                "fix_action": False,
                "waits_for": False,
                "blocked_by_id": False,
            }
        )
        self._put_back(alone, ahead)
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)
        self.env["xero.sync.runner"]._notify(self.ids)

    def _put_back(self, alone, ahead) -> None:
        """Set when jobs that are tried again are due.

        Those of a run keep their place behind other work, and wait while it is paused, unless a person chose one alone.
        """
        of_runs = self.browse() if alone else self.filtered("run_id")
        place = {"priority": CLICK} if ahead else {}
        (self - of_runs).write({"run_after": fields.Datetime.now(), **place})
        for run, jobs in of_runs.grouped("run_id").items():
            jobs.run_after = NEVER if run.state == "paused" else fields.Datetime.now()

    def action_cancel(self):
        """Take waiting jobs out of the queue. A later change of the document queues it again."""
        self._check_person()
        jobs = self.sudo().filtered(lambda job: job.state in WAITING)
        if not jobs:
            raise UserError(self.env._("A job that is being sent cannot be cancelled any more."))
        jobs.write({"state": "cancelled", "done_at": fields.Datetime.now()})
        self._release(jobs.ids)
        self.env["xero.sync.runner"]._notify(jobs.ids)

    @api.model
    def _release(self, job_ids: list[int]) -> None:
        """Let go what was blocked by ``job_ids``.

        :param job_ids: of jobs that ended, or are taken out of the queue
        """
        self._sql(self._release_sql(job_ids))

    def _release_sql(self, job_ids) -> SQL:
        return SQL(
            """UPDATE xero_sync_job SET state = 'pending', blocked_by_id = NULL,
                      run_after = GREATEST(%s, run_after),
                      failure_type = NULL, failure_detail = NULL, fix_action = NULL, waits_for = NULL
                WHERE blocked_by_id = ANY(%s) AND state = 'blocked'""",
            fields.Datetime.now(),
            job_ids,
        )

    def action_open_record(self):
        self.ensure_one()
        if not self.res_model:
            raise UserError(self.env._("This job reads from Xero: it is about no record of Odoo yet."))
        record = self.env[self.res_model].browse(self.res_id).exists()
        if not record:
            raise UserError(self.env._("This document was deleted in Odoo."))
        return record._get_records_action()

    def action_fix(self):
        """Open the screen that fixes the failure, or the document when there is none."""
        self.ensure_one()
        fix = self.fix_action or {}
        if fix.get("model") not in self.env:
            return self.action_open_record()
        name = self.env["ir.model"]._get(fix["model"]).name
        return self.env[fix["model"]].browse(fix["res_id"]).exists()._get_records_action(target="new", name=name)

    @api.model
    def _retry_permitted(self, connections) -> None:
        """Try again what Xero did not permit, and what rests because of it.

        :param connections: ``xero.connection``
        """
        jobs = self.sudo().search(
            [
                ("connection_id", "in", connections.ids),
                ("state", "in", WAITING),
                ("operation", "not in", READINGS),
                ("failure_type", "=", "auth"),
                ("run_after", "<", NEVER),
            ]
        )
        if jobs:
            jobs.action_retry()
