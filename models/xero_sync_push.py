"""Sending: what each claimed job takes, the call, and what Xero answered."""

import hashlib
import logging
import traceback
import uuid
from collections import defaultdict, namedtuple
from datetime import timedelta
from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ..mappers.outgoing import Outgoing
from ..xero_api import codec, errors
from ..xero_api.elements import list_key
from .xero_link import GONE_STATUSES

_logger = logging.getLogger(__name__)

# Xero takes 10 MB and advises 3.5.
MAX_BODY = 3_000_000
# One element of a call and the job it is for.
Item = namedtuple(
    "Item", "job_id res_id company_id payload digest total status number notice path", defaults=(None, None)
)
Failure = namedtuple("Failure", "kind message fix state", defaults=(None, "failed"))


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === PLAN === #

    def _push(self, connection, client, jobs) -> None:
        """Bring the records of ``jobs`` (claimed, of one kind) to Xero; each call and its results are committed
        alone.
        """
        mapper = self.env["xero.mapper"]._for_type(jobs[0].xero_type)
        plan = self._transaction(self._plan, connection, mapper, jobs.ids)
        if plan.get("POST"):
            plan["POST"] = self._screen_updates(connection, client, mapper, plan["POST"])
        for method, items in plan.items():
            for chunk in self._chunks(mapper, items):
                self._ship(connection, client, mapper, method, chunk)

    def _plan(self, connection, mapper, job_ids) -> dict:
        """Settle the jobs that need no call and return the rest, by HTTP method."""
        jobs = self.env["xero.sync.job"].browse(job_ids)
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, jobs.mapped("res_id"))
        outgoing = self._outgoing(connection, mapper, jobs)
        problems = [problem for out in outgoing.values() if isinstance(out, Outgoing) for problem in out.problems]
        if connection._ensure_mappings(problems):
            outgoing = self._outgoing(connection, mapper, jobs)
        plan, settled, failures, blocked = defaultdict(list), [], {}, {}
        for job in jobs:
            out, link = outgoing.get(job.id), links.get(job.res_id)
            if link and link.state == "conflict":
                # A person is being asked: nothing is overwritten meanwhile.
                settled.append(job.id)
            elif isinstance(out, Failure):
                failures[job.id] = out
            elif out and out.problems and out.status != "ABSENT":
                failures[job.id] = self._problem_failure([connection._locate(problem) for problem in out.problems])
            elif out and out.needs and out.status != "ABSENT":
                blocked[job.id] = out.needs
            else:
                method, item = self._item(mapper, job, out, link)
                plan[method].append(item) if method else settled.append(job.id)
        self._block(connection, blocked)
        self._fail(failures)
        self._finish(settled)
        return plan

    def _outgoing(self, connection, mapper, jobs) -> dict:
        """Return ``{job id: Outgoing, Failure, or None for a record that is gone}``."""
        pushes = jobs.filtered(lambda job: job.operation == "push")
        records = self.env[mapper._odoo_model].browse(pushes.mapped("res_id")).exists()
        records = records.with_company(connection.company_id).with_context(
            allowed_company_ids=connection.company_id.ids,
            xero_no_sync=True,
        )
        try:
            with self.env.cr.savepoint():
                prepared = mapper._prepare(records, connection)
        except Exception:  # noqa: BLE001 -- one bad record must not stop the others: find it
            _logger.info("Preparing %s documents together failed; preparing them one by one", len(records))
            prepared = {record.id: self._prepare_alone(mapper, record, connection) for record in records}
        return {job.id: prepared.get(job.res_id) for job in pushes}

    def _prepare_alone(self, mapper, record, connection):
        try:
            with self.env.cr.savepoint():
                return mapper._prepare(record, connection)[record.id]
        except Exception:
            _logger.exception("Preparing %s %s for Xero failed", record._name, record.id)
            return Failure("bug", traceback.format_exc(limit=-5))

    def _item(self, mapper, job, out, link):
        """Return ``(method, Item)`` for what Xero lacks, ``(None, None)`` when it lacks nothing."""
        exists = bool(link and link.xero_id and link.xero_status not in GONE_STATUSES)
        wanted = out.status if out else "ABSENT"
        if wanted in ("ABSENT", "VOIDED"):
            return self._removal(mapper, job, link) if exists else (None, None)
        if wanted == "ARCHIVED" and not exists:
            return None, None
        digest = codec.digest(out.agreed())
        if exists and link.digest == digest and link.state == "synced":
            return None, None
        payload = self._update_payload(mapper, link, out) if exists else out.payload
        item = Item(
            job.id,
            job.res_id,
            job.company_id.id,
            payload,
            digest,
            out.total,
            wanted,
            out.number,
            "\n".join(out.notices),
        )
        return ("POST" if exists else "PUT"), item

    def _update_payload(self, mapper, link, out) -> dict:
        """Return the element that updates what ``link`` stands for; of a document with money on it Xero takes the head
        only. Whether the totals still agree is read from the answer.
        """
        payload = out.payload
        if self._has_money_on_it(link):
            payload = {key: value for key, value in payload.items() if key in mapper._open_when_paid or key == "Status"}
        return {mapper._xero_id_field: link.xero_id, **payload}

    def _has_money_on_it(self, link) -> bool:
        money = (link.remote_view or {}).get("money") or {}
        # Of a credit note Xero tells the refunds and where it went, not how much.
        settled = any(money.get(name) for name in ("payments", "credits", "allocations"))
        return (
            settled
            or link.xero_status == "PAID"
            or any(Decimal(money.get(name) or "0") for name in ("paid", "credited"))
        )

    def _removal(self, mapper, job, link):
        payload = mapper._removal_payload(link)
        if not payload:
            return None, None
        status = payload.get(mapper._xero_status_field)
        return "POST", Item(job.id, job.res_id, job.company_id.id, payload, None, None, status, link.xero_number)

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
        return [item.job_id, item.res_id, item.company_id, item.digest, total, item.status, item.number, item.notice]

    def _call(self, connection, client, mapper, batch, body: bytes) -> None:
        """Make the call of ``batch`` and settle its jobs.

        :raise XeroError: what concerns the whole organisation; the jobs are back in the queue, or the batch is kept
            for a look-up when its outcome is not known
        """
        client.correlation_id = batch.correlation_id
        try:
            answer = self._send(client, mapper, batch, body)
        except errors.OutcomeUnknown as error:
            self._transaction(self._mark_unknown, connection, batch, error)
            raise
        except errors.ValidationRejected as error:
            self._transaction(self._refuse_batch, connection, batch, error.messages)
            return
        except (errors.NotFound, errors.ProtocolError) as error:
            self._transaction(self._refuse_batch, connection, batch, [str(error)])
            return
        except errors.XeroError:
            self._transaction(self._close_batch, connection, batch)
            raise
        self._settle_answer(connection, client, mapper, batch, answer)

    def _send(self, client, mapper, batch, body: bytes):
        """Make the one call and return the answer."""
        send = client.put if batch.method == "PUT" else client.post
        return send(batch.resource, body, idempotency_key=batch.idempotency_key)

    def _mark_unknown(self, connection, batch, error):
        wait = timedelta(seconds=float(getattr(error, "retry_after", None) or 0))
        batch.write(
            {
                "state": "unknown",
                "answered": error.status is not None,
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
