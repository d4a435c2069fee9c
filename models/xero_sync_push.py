"""Sending: what each claimed job takes, the call, and what Xero answered."""

import hashlib
import uuid
from collections import defaultdict, namedtuple
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..xero_api import codec, errors
from ..xero_api.elements import list_key

# Xero takes 10 MB and advises 3.5.
MAX_BODY = 3_000_000
# One element of a call and the job it is for.
Item = namedtuple(
    "Item", "job_id res_id company_id payload digest total status number notice path keys", defaults=(None, None, None)
)
# Where a stored item has its keys, if it has any.
STORED_KEYS = 8
Failure = namedtuple("Failure", "kind message fix state", defaults=(None, "failed"))
# Answers of a gateway that gave up waiting: Xero may be saving still, which matters for what would be made twice.
GAVE_UP = (408, 502, 504)
# What becomes of a job, as `_decide` says: a call, a failure, a wait for what it needs; anything else needs no call.
SEND, FAILED, WAITS = "send", "failed", "waits"


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === PLAN === #

    def _push(self, connection, client, jobs) -> None:
        """Bring the records of ``jobs`` (claimed, of one kind) to Xero; each call and its results are committed
        alone.
        """
        mapper = self.env["xero.mapper"]._for_type(jobs[0].xero_type)
        plan = self._transaction(self._plan, connection, mapper, jobs.ids)
        if plan.get("PUT"):
            plan["PUT"] = self._screen_creations(connection, client, mapper, plan["PUT"])
        if plan.get("POST"):
            plan["POST"] = self._screen_updates(connection, client, mapper, plan["POST"])
        for method, items in plan.items():
            for chunk in self._chunks(mapper, items):
                self._ship(connection, client, mapper, method, chunk)

    def _plan(self, connection, mapper, job_ids) -> dict:
        """Settle the jobs that need no call and return the rest, by HTTP method."""
        jobs = self.env["xero.sync.job"].browse(job_ids)
        plan, settled, failures, blocked = defaultdict(list), [], {}, {}
        for job_id, verdict in self._decide(connection, mapper, jobs).items():
            if verdict.kind == SEND:
                plan[verdict.method].append(verdict.item)
            elif verdict.kind == FAILED:
                failures[job_id] = self._failure_of(connection, verdict)
            elif verdict.kind == WAITS:
                blocked[job_id] = verdict.out.needs
            else:
                settled.append(job_id)
        self._block(connection, blocked)
        self._fail(failures)
        self._finish(settled)
        return plan

    def _failure_of(self, connection, verdict):
        if verdict.failure:
            return verdict.failure
        return self._problem_failure([connection._locate(problem) for problem in verdict.problems])

    def _problem_failure(self, problems):
        first = problems[0]
        kind = (
            first.code
            if first.code in dict(self.env["xero.sync.job"]._fields["failure_type"].selection)
            else "validation"
        )
        fix = {"model": first.model, "res_id": first.res_id} if first.model and first.res_id else None
        return Failure(kind, "\n".join(problem.message for problem in problems), fix)

    def _chunks(self, mapper, items):
        """Cut ``items`` so that no request grows over Xero's practical size."""
        chunk, size = [], 0
        for item in items:
            length = len(codec.dumps(item.payload))
            if chunk and size + length > MAX_BODY:
                yield chunk
                chunk, size = [], 0
            chunk.append(item)
            size += length
        if chunk:
            yield chunk

    # === SHIP === #

    def _ship(self, connection, client, mapper, method, items) -> None:
        """Store what is about to be said, commit, say it, and write down the answer."""
        body = codec.dumps({list_key(items[0].path or mapper._xero_resource): [item.payload for item in items]})
        batch = self._transaction(self._store_batch, connection, mapper, method, items, body)
        self._call(connection, client, mapper, batch, body)

    def _store_batch(self, connection, mapper, method, items, body):
        correlation_id = str(uuid.uuid4())
        batch = self.env["xero.sync.batch"].create(
            {
                "connection_id": connection.id,
                "method": method,
                "resource": items[0].path or mapper._xero_resource,
                "xero_type": mapper._xero_type,
                # Xero keeps keys per app: database and organisation make it ours alone.
                "idempotency_key": f"{connection.database_uuid[:8]}-{connection.tenant_id[:8]}-{correlation_id}",
                "correlation_id": correlation_id,
                "digest": hashlib.sha256(body).hexdigest(),
                "started_at": fields.Datetime.now(),
                "body": body.decode(),
                "items": [self._stored_item(item) for item in items],
            }
        )
        self.env.flush_all()
        self.env["xero.sync.job"]._sql(
            SQL(
                "UPDATE xero_sync_job SET batch_id = %s, correlation_id = %s, heartbeat = %s WHERE id = ANY(%s)",
                batch.id,
                correlation_id,
                fields.Datetime.now(),
                [item.job_id for item in items],
            )
        )
        return batch

    def _stored_item(self, item) -> list:
        """Return ``item`` without its payload and path, which the batch holds."""
        total = None if item.total is None else str(item.total)
        columns = [item.job_id, item.res_id, item.company_id, item.digest, total, item.status, item.number, item.notice]
        return [*columns, *([item.keys] if item.keys is not None else [])]

    def _call(self, connection, client, mapper, batch, body: bytes, replay=False) -> None:
        """Make the call of ``batch`` and settle its jobs.

        :param replay: the call was made before, with an unknown outcome: that a repetition does not reach Xero says
            nothing about the first
        :raise XeroError: what concerns the whole organisation; the jobs are back in the queue, or the batch is kept
            for a look-up when its outcome is not known
        """
        client.correlation_id = batch.correlation_id
        try:
            answer = self._send(client, mapper, batch, body)
        except errors.ValidationRejected as error:
            self._transaction(self._refuse_batch, connection, batch, error.messages)
            return
        except errors.OutcomeUnknown as error:
            unsure = error.status is None or batch.method == "PUT" and error.status in GAVE_UP
            over = not replay and not unsure
            self._transaction(self._mark_unknown, connection, batch, error, over)
            raise
        except errors.XeroError as error:
            if replay:
                self._transaction(self._mark_unknown, connection, batch, error, batch.answered)
                raise
            self._close_refused(connection, batch, error)
            return
        self._settle_answer(connection, client, mapper, batch, answer)

    def _close_refused(self, connection, batch, error):
        """Close a call of which nothing was saved.

        :raise XeroError: ``error``, when it concerns more than this call
        """
        if isinstance(error, (errors.NotFound, errors.ProtocolError)):
            self._transaction(self._refuse_batch, connection, batch, [str(error)])
            return
        self._transaction(self._close_batch, connection, batch)
        raise error

    def _send(self, client, mapper, batch, body: bytes):
        """Make the one call and return the answer."""
        send = client.put if batch.method == "PUT" else client.post
        return send(batch.resource, body, idempotency_key=batch.idempotency_key)

    def _mark_unknown(self, connection, batch, error, over=False):
        wait = timedelta(seconds=float(getattr(error, "retry_after", None) or 0))
        batch.write(
            {
                "state": "unknown",
                "answered": over,
                "resolve_after": fields.Datetime.now() + wait,
            }
        )
        self._record_calls(connection, batch)

    def _close_batch(self, connection, batch):
        """Nothing was saved: the jobs wait again."""
        batch.write({"state": "done", "body": False})
        self._record_calls(connection, batch)
        self.env.flush_all()
        self._finish_or_requeue(SQL("batch_id = %s AND state = 'running'", batch.id))

    def _refuse_batch(self, connection, batch, messages):
        """The call was refused as a whole: a lone document has failed, of several each is sent alone to find the
        one.
        """
        jobs = self.env["xero.sync.job"].search([("batch_id", "=", batch.id), ("state", "=", "running")])
        if len(jobs) > 1:
            jobs.write({"solo": True})
            self._close_batch(connection, batch)
            return
        batch.write({"state": "done", "body": False})
        self._record_calls(connection, batch)
        self._fail({job.id: self._refusal(messages) for job in jobs})
