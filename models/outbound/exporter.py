"""The way out: what each claimed job takes, and the call. Here: what all types share, and how they are found."""

import hashlib
import uuid
from collections import defaultdict, namedtuple
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL

from ...mappers.awaited import record_key
from ...xero_api import clamps, codec, errors
from ...xero_api.elements import list_key
from ..queue.failure import Failure
from . import ahead as xero_ahead
from .xero_refusal import Refused

# Xero takes 10 MB and advises 3.5.
MAX_BODY = 3_000_000
# Answers of a gateway that gave up waiting: Xero may be saving still, which matters for what would be made twice.
GAVE_UP = (408, 502, 504)
# What Xero refuses for what was read of the organisation, and for how long that is known.
OF_ORGANISATION = {"account_mapping", "tax_mapping", "tracking_mapping", "currency", "locked_period", "plan_limit"}
FACTS_KNOWN = timedelta(minutes=3)
# What becomes of a job, as `_plan_jobs` says: a call, a failure, a wait for what it needs; anything else needs no call.
SEND, FAILED, WAITS = "send", "failed", "waits"


class Item(
    namedtuple(
        "Item",
        "job_id res_id company_id payload digest total status number notice path keys interim holder out said",
        defaults=(None, None, None, None, None, None, None),
    )
):
    """One element of a call and the job it is for. Its payload and path are stored with the call.

    :ivar job_id: 0 where no job asked for it
    :ivar payload: what is sent, with Xero's id when it is an update; ``None`` once it is read from a stored call
    :ivar digest: of what both sides agree on then; ``None`` for a removal
    :ivar total: what Xero must answer, ``Decimal`` in the document's currency; ``None`` when there is none to compare
    :ivar status: the wanted one, by Xero's name
    :ivar number: what people find it by
    :ivar notice: why it can only be a draft, or was moved, in the form of a column; empty without a reason
    :ivar path: below the API's base, where it is not the mapper's resource
    :ivar keys: what the mapper's ``_kept_keys`` returned, of a contact its sheet; ``None`` where nothing is emptied
    :ivar interim: whether it is a number on the way to another one: the record is still to be sent
    :ivar holder: as of ``Outgoing``
    :ivar out: what it was made of, where it is made again for what Xero holds; only until it is sent
    :ivar said: what the mapper's ``_said`` returned; ``None`` for types that are sent whole
    """

    __slots__ = ()

    STORED = (
        *("job_id", "res_id", "company_id", "digest", "total", "status", "number", "notice"),
        *("keys", "interim", "said"),
    )

    def dump(self) -> dict:
        """Return it in the form that is stored, as JSON takes it."""
        values = {name: getattr(self, name) for name in self.STORED if getattr(self, name) is not None}
        return {"v": 1, **values, **({"total": str(self.total)} if self.total is not None else {})}

    @classmethod
    def load(cls, stored):
        """Return what was stored, by :meth:`dump` or as a list in the order of ``STORED`` by a version before it."""
        values = stored if isinstance(stored, dict) else dict(zip(cls.STORED, stored, strict=False))
        item = cls(payload=None, **{name: values.get(name) for name in cls.STORED})
        return item._replace(total=None if item.total is None else Decimal(item.total))


class XeroExporter(models.AbstractModel):
    """Brings records to Xero: a call is stored, made, judged element by element, and looked up when its answer is lost.

    A new type needs a mapper; where Xero treats it in a way of its own, a model that inherits this one, names the type
    and implements the hooks.

    What all methods are given: ``connection`` is the ``xero.connection`` that is served; ``drain`` is the worker's
    :class:`~..queue.drain.Drain`, and ``client`` its ``XeroClient``; ``mapper`` is the ``xero.mapper`` of the type;
    ``batch`` is one ``xero.sync.batch``, the stored call; ``item`` is an :class:`Item`; ``link`` is the ``xero.link``
    of its record, ``None`` or empty without one; ``element`` is a dict as Xero's answer holds it, ``payload`` one as it
    is sent. Who is given the drain or the client calls Xero between transactions, writes in the drain's
    ``transaction``, and passes on a ``XeroError`` of what concerns the whole organisation. Who is given neither is
    inside a transaction, and calls nobody.
    """

    _name = "xero.exporter"
    _description = "Xero Exporter"

    # Xero's names of the elements, as on the mappers.
    _xero_types = ()
    # Whether links say which run made it and when.
    _marks_made = True
    # Whether people know it in Xero by a number of its own.
    _is_numbered = True
    # Whether it bears a day, which may be moved out of a period that is locked in Xero.
    _is_dated = False

    # === REGISTRY === #

    @api.model
    def _for_type(self, xero_type: str):
        """Return the exporter of a Xero type; this model itself sends types that need nothing of their own.

        :param xero_type: as on the mapper
        :return: the model, without records
        """
        names = self.env.registry.descendants(["xero.exporter"], "_inherit")
        found = next((name for name in names if xero_type in self.env[name]._xero_types), "xero.exporter")
        return self.env[found]

    @property
    def _runner(self):
        """Return the worker's model, which writes what becomes of jobs."""
        return self.env["xero.sync.runner"]

    # === HOOKS === #

    def _screen_creations(self, drain, mapper, items) -> list:
        """Look into Xero before ``items`` are created there.

        :param items: of one type, all of them creations
        :return: those that may be sent; the jobs of the others are settled
        """
        return items

    def _make_room(self, drain, mapper, plan) -> dict:
        """See that what ``plan`` is about to send meets nothing of ours in Xero that will be another thing soon.

        :param plan: items by HTTP method, screened
        :return: what of it may be sent; the jobs of the rest are settled
        """
        return plan

    def _update_content(self, mapper, link, out) -> dict:
        """Return what of ``out`` Xero takes as an update of what ``link`` stands for, without its id.

        :param out: the :class:`~...mappers.outgoing.Outgoing` of the record
        :return: a payload; amounts are ``Decimal`` in the document's currency
        """
        return out.payload

    def _note_verdicts(self, connection, mapper, verdicts: dict) -> None:
        """Write down what the plan tells of records, whether or not a call is made for them.

        It happens in the transaction that settles the jobs that need no call; a preview does not ask for it.

        :param verdicts: ``{record id: Plan}``
        """

    def _link_values(self, job, row: dict) -> dict:
        """Return columns of the link of what ``job`` sent that differ from ``row``, or are not in it.

        :param job: the ``xero.sync.job``; empty when it is gone
        :param row: columns of ``xero.link`` by name, with ``xero_status`` as Xero answered it
        """
        return {}

    def _shown_for(self, records) -> list:
        """Return recordsets, each of one model, on whose screens people see how ``records`` fare.

        :param records: of one model; they may be gone
        """
        return [records]

    def _follow(self, connection, items, made: bool) -> None:
        """Do what had to wait until ``items``, of a stored call, were in Xero.

        It happens in the transaction that links them.

        :param items: those that Xero has saved
        :param made: whether they are new there, or the answer that said so was lost
        """

    def _look_into(self, connection, refused) -> None:
        """Have read what explains that Xero refused something.

        It happens in the transaction that writes down the refusal: what is to be read is queued.

        :param refused: list of ``Refused``
        """
        kinds = {kind for one in refused for kind in self._classes(one.messages)}
        known = connection.facts_at and connection.facts_at > fields.Datetime.now() - FACTS_KNOWN
        if kinds & OF_ORGANISATION and not known:
            # It was changed there since it was read: then it can be seen when it is changed back.
            self.env["xero.task"]._named("Organisation")._enqueue(connection)

    def _elements(self, items) -> list[dict]:
        """Return what a call about ``items`` says: an element for each, where Xero has no element for several."""
        return [item.payload for item in items]

    def _request(self, client, batch, body: bytes):
        """Make the one call of ``batch``.

        A repetition under the same key within six minutes saves nothing twice (Xero: Idempotency).

        :param body: the bytes that were stored for it
        :return: the ``Answer`` of the client, or what :meth:`_save_answer` of the type takes
        :raise XeroError: any; what it says about the call is judged by who asked
        """
        send = client.put if batch.method == "PUT" else client.post
        return send(batch.resource, body, idempotency_key=batch.idempotency_key)

    # === PLAN === #

    def _push(self, drain, jobs) -> None:
        """Bring the records of ``jobs`` (claimed, of one kind) to Xero; each call and its results are committed alone.

        :param jobs: ``xero.sync.job``, running, all pushes or removals of one Xero type
        :raise XeroError: what concerns the whole organisation. What is wrong with a record is written on its job
        """
        mapper = self.env["xero.mapper"]._for_type(jobs[0].xero_type)
        plan = drain.transaction(self._plan, drain.connection, mapper, jobs.ids)
        self._carry_out(drain, mapper, plan)

    def _carry_out(self, drain, mapper, plan) -> None:
        """Look into Xero before anything is overwritten or made twice, then make the calls of ``plan``.

        Of a call that fails, jobs are settled or stored with it; those of the calls behind it are put back by the
        drain.

        :param plan: items by HTTP method, as :meth:`_plan` returned them; changed in place
        """
        if plan.get("PUT"):
            xero_ahead.look(drain)
            plan["PUT"] = self._screen_creations(drain, mapper, plan["PUT"])
        if plan.get("POST"):
            plan["POST"] = self._screen_updates(drain, mapper, plan["POST"])
        plan = self._make_room(drain, mapper, plan)
        for method, items in plan.items():
            for chunk in self._chunks(mapper, items):
                self._store_and_send(drain, mapper, method, chunk)

    def _plan(self, connection, mapper, job_ids) -> dict:
        """Settle the jobs that need no call and return the rest, by HTTP method.

        :param job_ids: of running jobs of the mapper's type
        :return: lists of :class:`Item`: creations under ``PUT``, updates and removals under ``POST``, unless
            :meth:`_plan_item` names another method
        """
        jobs = self.env["xero.sync.job"].browse(job_ids)
        plan, settled, failures, blocked = defaultdict(list), [], {}, {}
        verdicts = self._plan_jobs(connection, mapper, jobs)
        self._note_verdicts(connection, mapper, {job.res_id: verdicts[job.id] for job in jobs})
        for job_id, verdict in verdicts.items():
            if verdict.kind == SEND:
                plan[verdict.method].append(verdict.item)
            elif verdict.kind == FAILED:
                failures[job_id] = self._failure_of(connection, verdict)
            elif verdict.kind == WAITS:
                blocked[job_id] = verdict.out.needs
            else:
                settled.append(job_id)
        self._runner._block(connection, blocked)
        self._runner._fail(failures)
        self._runner._finish(settled)
        return plan

    def _failure_of(self, connection, verdict):
        if verdict.failure:
            return verdict.failure
        mappings = self.env["xero.mapping.service"]
        return self._problem_failure([mappings._locate(connection, problem) for problem in verdict.problems])

    def _problem_failure(self, problems):
        first = problems[0]
        kind = (
            first.code
            if first.code in dict(self.env["xero.sync.job"]._fields["failure_type"].selection)
            else "validation"
        )
        fix = {"model": first.model, "res_id": first.res_id} if first.model and first.res_id else None
        waits = {key for problem in problems for key in problem.waits}
        waits |= {record_key(problem.model, problem.res_id) for problem in problems if problem.model and problem.res_id}
        message = self.env["xero.reason"]._join("\n", (problem.message for problem in problems))
        return Failure(kind, message, fix, waits=tuple(sorted(waits)))

    def _chunks(self, mapper, items):
        """Cut ``items`` into those of one call each; what is too large for one is halved when it is sent.

        Xero takes requests of 10 MB and advises 3.5 (Xero: API limits).

        :param items: of one HTTP method, at most as many as are claimed at once
        :return: lists of items, each of one call
        """
        return [items] if items else []

    # === SHIP === #

    def _store_and_send(self, drain, mapper, method, items) -> None:
        """Store what is about to be said, commit, say it, and write down the answer.

        :param method: ``PUT``, ``POST``, or another that the exporter's own :meth:`_request` knows
        :param items: of one call: of one type, with one ``path``
        """
        body = codec.dumps({list_key(items[0].path or mapper._xero_resource): self._elements(items)})
        if len(body) > MAX_BODY and len(items) > 1:
            middle = len(items) // 2
            self._store_and_send(drain, mapper, method, items[:middle])
            self._store_and_send(drain, mapper, method, items[middle:])
            return
        values = self._batch_values(drain, mapper, method, items, body)
        batch = drain.transaction(self._store_batch, values, [item.job_id for item in items if item.job_id])
        batch._know(values)
        self._call(drain, mapper, batch, body)

    def _batch_values(self, drain, mapper, method, items, body) -> dict:
        correlation_id = str(uuid.uuid4())
        return {
            "connection_id": drain.connection.id,
            "method": method,
            "resource": items[0].path or mapper._xero_resource,
            "xero_type": mapper._xero_type,
            "idempotency_key": f"{drain.key_prefix}-{correlation_id}",
            "correlation_id": correlation_id,
            "digest": hashlib.sha256(body).hexdigest(),
            "body": body.decode(),
            "items": [item.dump() for item in items],
        }

    def _store_batch(self, values, job_ids):
        return self.env["xero.sync.batch"]._store(values, job_ids)

    def _items(self, batch) -> list[Item]:
        """Return what each element of ``batch`` stands for, in the order of its body."""
        return [Item.load(stored) for stored in batch.items]

    def _call(self, drain, mapper, batch, body: bytes, replay=False) -> None:
        """Make the call of ``batch`` and settle its jobs.

        :param body: the bytes that were stored for it
        :param replay: the call was made before, with an unknown outcome: that a repetition does not reach Xero says
            nothing about the first
        :raise XeroError: what concerns the whole organisation; the jobs are back in the queue, or the batch is kept for
            a look-up when its outcome is not known
        """
        drain.client.correlation_id = batch.correlation_id
        try:
            answer = self._send(drain.client, mapper, batch, body)
        except errors.ValidationRejected as error:
            drain.transaction(self._refuse_batch, drain, batch, error.messages)
            return
        except errors.OutcomeUnknown as error:
            unsure = error.status is None or batch.method == "PUT" and error.status in GAVE_UP
            # What answered in Xero's place may have let the call pass: it is looked up like any other.
            over = not replay and not unsure
            drain.transaction(self._mark_unknown, drain, batch, error, over)
            raise
        except errors.XeroError as error:
            if replay:
                drain.transaction(self._mark_unknown, drain, batch, error, batch.answered)
                raise
            self._close_refused(drain, batch, error)
            return
        self._save_answer(drain, mapper, batch, answer)

    def _close_refused(self, drain, batch, error):
        """Close a call of which nothing was saved.

        A refusal of its documents is only what Xero says of them; trouble with the token, the limits or the way
        concerns the lane.

        :raise XeroError: ``error``, when it concerns more than this call
        """
        if isinstance(error, errors.NotFound):
            drain.transaction(self._refuse_batch, drain, batch, [str(error)])
            return
        drain.transaction(self._close_batch, drain, batch)
        raise error

    def _send(self, client, mapper, batch, body: bytes):
        """Make the one call and return the answer."""
        return self._request(client, batch, body)

    def _mark_unknown(self, drain, batch, error, over=False):
        """Keep ``batch`` for a look-up, at once or when Xero said.

        :param error: its ``retry_after``, in seconds, says how long not to look
        :param over: an answer came, so the call is not under way any more
        """
        wait = timedelta(seconds=clamps.seconds(getattr(error, "retry_after", None)) or 0)
        batch.write(
            {
                "state": "unknown",
                "answered": over,
                "resolve_after": fields.Datetime.now() + wait,
            }
        )
        drain.record_calls(batch)

    def _close_batch(self, drain, batch):
        """Nothing was saved: the jobs wait again."""
        batch.write({"state": "done", "body": False})
        drain.record_calls(batch)
        self.env.flush_all()
        self._runner._finish_or_requeue(SQL("batch_id = %s AND state = 'running'", batch.id))

    def _refuse_batch(self, drain, batch, messages):
        """The call was refused as a whole: a lone document has failed, of several each is sent alone to find the
        one.

        :param messages: Xero's sentences
        """
        jobs = self.env["xero.sync.job"].search([("batch_id", "=", batch.id), ("state", "=", "running")])
        if len(jobs) > 1:
            jobs.write({"send_alone": True})
            self._close_batch(drain, batch)
            return
        elements = codec.loads(batch.body).get(list_key(batch.resource)) or [{}]
        refused = [(job.id, Refused(job.res_id, elements[0], messages)) for job in jobs]
        batch.write({"state": "done", "body": False})
        drain.record_calls(batch)
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        self._runner._fail(self._refusals(drain.connection, mapper, refused))
        self._look_into(drain.connection, [one for _job_id, one in refused])
