"""What it takes to bring records to Xero: the one judgement that the drain acts on and the preview shows."""

import logging
from collections import namedtuple

from odoo import models
from odoo.tools import SQL

from ...mappers.awaited import LOCK_DATES
from ...mappers.outgoing import ABSENT, KEPT, Outgoing, Problem
from ...mappers.reason import pack
from ...mappers.text import named
from ...xero_api import codec, shape
from ...xero_api.dates import to_date_string
from ...xero_api.elements import rows
from ..inbound.poll import PAGE_SIZE
from ..link.trace import log_unexpected, trace_of
from ..queue.claim import IDS
from ..queue.drain import BEGIN_ANEW
from ..queue.failure import Failure
from .exporter import FAILED, SEND, WAITS, Item

_logger = logging.getLogger(__name__)

# No call, because Xero holds it already; because a person is being asked; because a person took it out of the sync.
SAME, ASKED, LEFT = "same", "asked", "left"
Plan = namedtuple("Plan", "kind out method item problems failure", defaults=(None, None, None, (), None))
# A resource without lists of ids: more elements than this are looked for among the recent changes, in one call.
SINGLE_READS = 3


class XeroExporter(models.AbstractModel):
    _inherit = "xero.exporter"

    # === DECIDE === #

    def _plan_jobs(self, connection, mapper, wishes) -> dict:
        """Say what each of ``wishes`` takes; nothing is written but mapping rows that documents miss, with suggestions.

        It may be asked inside a transaction that is rolled back, for a preview.

        :param wishes: jobs, or whatever has their ``id``, ``res_id``, ``company_id`` and ``operation``
        :return: ``{id of the wish: Plan}``; the number of queries does not depend on how many there are
        """
        res_ids = [wish.res_id for wish in wishes]
        links = self.env["xero.link"].sudo()._map(connection, mapper._xero_type, mapper._odoo_model, res_ids)
        outgoing = self._outgoing(connection, mapper, wishes, links)
        problems = [problem for out in outgoing.values() if isinstance(out, Outgoing) for problem in out.problems]
        if self.env["xero.mapping.service"]._ensure(connection, problems):
            outgoing = self._outgoing(connection, mapper, wishes, links)
        return {
            wish.id: self._verdict(connection, mapper, wish, outgoing.get(wish.id), links.get(wish.res_id))
            for wish in wishes
        }

    def _verdict(self, connection, mapper, wish, out, link) -> Plan:
        """Return what one wish takes.

        ``Plan.kind`` is ``SEND`` (with ``method`` and ``item``), ``FAILED`` (with ``problems`` or a ``failure``),
        ``WAITS`` (for the ``needs`` of ``out``), or says why no call is made: ``SAME``, ``KEPT``, ``ASKED``, ``LEFT``.

        :param wish: as in :meth:`_plan_jobs`
        :param out: the ``Outgoing`` of the record; a ``Failure`` when it could not be prepared; ``None`` when the
            record is gone or is to be removed
        """
        if link and link.state == "conflict" and wish.operation == "push":
            # A person is being asked: nothing is overwritten meanwhile.
            return Plan(ASKED, out)
        if link and wish.operation == "push" and self._is_left_out(mapper, link):
            return Plan(LEFT, out)
        if isinstance(out, Failure):
            return Plan(FAILED, failure=out)
        if out and out.status == KEPT and wish.operation == "push":
            return Plan(KEPT, out)
        wanted = bool(out and out.is_due)
        if wanted and mapper._xero_immutable and link and link._is_alive():
            return Plan(SAME, out)
        if wanted:
            if out.problems:
                return Plan(FAILED, out, problems=out.problems)
            if out.needs:
                return Plan(WAITS, out)
        method, item = self._plan_item(mapper, wish, out, link)
        if not method:
            return Plan(SAME, out)
        closed = self._closed_period(connection, link) if method == "POST" else None
        if closed:
            return Plan(FAILED, out, problems=[closed])
        return Plan(SEND, out, method, item)

    def _is_left_out(self, mapper, link) -> bool:
        """Whether a person took what ``link`` stands for out of the sync.

        :param link: one that exists
        """
        return link.state == "ignored"

    def _closed_period(self, connection, link) -> Problem | None:
        """Return the problem of a document that Xero holds in a locked period: nothing of it can change there."""
        lock_date = connection._xero_lock_date()
        lock = lock_date and to_date_string(lock_date)
        date = (link.base_state or {}).get("date") if link else None
        if not date or not lock or date > lock:
            return None
        reason = self.env["xero.reason"]._(
            "%(number)s is dated %(date)s in Xero, where everything up to %(lock)s is locked.",
            number=named(link.xero_number or link.record_name or link.xero_id),
            date=date,
            lock=lock,
        )
        return Problem(
            "locked_period",
            self.env["xero.reason"]._join("\n", (reason, self._locked_ways_out())),
            "xero.connection",
            connection.id,
            topic="locked_period",
            waits=(LOCK_DATES,),
        )

    # === PREPARE === #

    def _outgoing(self, connection, mapper, wishes, links) -> dict:
        """Return ``{id of the wish: Outgoing, Failure, or None for a record that is gone}``.

        A record that breaks the preparation fails alone.

        :param wishes: as in :meth:`_plan_jobs`; those that are no pushes are not among the results
        :param links: those of their records, by id of the record
        """
        pushes = [wish for wish in wishes if wish.operation == "push"]
        model = (
            self.env[mapper._odoo_model]
            .with_company(connection.company_id)
            .with_context(allowed_company_ids=connection.company_id.ids, xero_no_sync=True)
        )
        every = model.sudo().with_context(active_test=False)
        wanted = [("id", "in", [wish.res_id for wish in pushes])]
        records = model.browse(every.search_fetch(wanted, mapper._first_fields, order="id").ids)
        try:
            with self.env.cr.savepoint():
                prepared = mapper._prepare(records, connection, links)
        except BEGIN_ANEW:
            raise
        except Exception:  # noqa: BLE001 -- one bad record must not stop the others: find it
            _logger.info("Preparing %s documents together failed; preparing them one by one", len(records))
            prepared = {record.id: self._prepare_alone(mapper, record, connection, links) for record in records}
        return {wish.id: prepared.get(wish.res_id) for wish in pushes}

    def _prepare_alone(self, mapper, record, connection, links):
        try:
            with self.env.cr.savepoint():
                return mapper._prepare(record, connection, links)[record.id]
        except BEGIN_ANEW:
            raise
        except Exception as error:  # noqa: BLE001 -- kept on the job for us to read
            log_unexpected(_logger, error, "Preparing %s %s for Xero failed", record._name, record.id)
            return Failure("bug", trace_of(error))

    # === ITEM === #

    def _plan_item(self, mapper, job, out, link):
        """Say what Xero lacks of one record.

        :param job: or what has its ``id``, ``res_id`` and ``company_id``
        :param out: the ``Outgoing`` of the record, without problems and needs; ``None`` when it is gone
        :param link: what both sides agreed last, ``None`` without a link
        :return: the HTTP method and the :class:`Item`; ``(None, None)`` when it lacks nothing
        """
        exists = bool(link and link._is_alive())
        wanted = out.status if out else ABSENT
        if wanted in (ABSENT, "VOIDED"):
            return self._removal(mapper, job, link) if exists else (None, None)
        if wanted == "ARCHIVED" and not exists:
            return None, None
        digest = codec.digest(out.canonical())
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
            pack(self.env, self.env["xero.reason"]._join("\n", out.notices)),
            keys=None if wanted == "ARCHIVED" else mapper._kept_keys(out.payload),
            holder=out.holder,
            said=None if wanted == "ARCHIVED" else mapper._said(out),
        )
        return ("POST" if exists else "PUT"), item

    def _update_payload(self, mapper, link, out) -> dict:
        """Return the element that updates what ``link`` stands for, with the fields that were emptied in Odoo.

        :param out: the :class:`~...mappers.outgoing.Outgoing` of the record
        :return: a payload with Xero's id
        """
        payload = {mapper._xero_id_field: link.xero_id, **self._update_content(mapper, link, out)}
        return payload if out.status == "ARCHIVED" else {**payload, **link._emptied(mapper, out.payload)}

    def _removal(self, mapper, job, link):
        payload = mapper._removal_payload(link)
        if not payload:
            return None, None
        status = payload.get(mapper._xero_status_field)
        return "POST", Item(job.id, job.res_id, job.company_id.id, payload, None, None, status, link.xero_number)

    def _screen_updates(self, drain, mapper, items) -> list:
        """Read what ``items`` would overwrite; take in what changed there, and return the items that may be sent.

        Costs one call for forty updates. The policy for conflicts decides about the others, whose jobs begin anew.

        :param items: updates and removals of one type
        """
        inbound = self.env["xero.inbound"]._for_type(mapper._xero_type)
        links = self.env["xero.link"]._map(
            drain.connection, mapper._xero_type, mapper._odoo_model, [item.res_id for item in items]
        )
        known = {link.xero_id: link for link in links.values() if link.xero_id}
        if inbound is None or not known:
            return items
        elements = {
            known[element[inbound._id_field]].res_id: element
            for element in self._read_current(drain, inbound, list(known))
            if element[inbound._id_field] in known
        }
        held = {res_id for res_id, element in elements.items() if self._is_changed(inbound, links[res_id], element)}
        items = self._fitted(drain.connection, mapper, links, elements, items, held)
        if held:
            job_ids = [item.job_id for item in items if item.res_id in held]
            changed = [elements[res_id] for res_id in held]
            drain.transaction(self._import_first, drain, inbound, changed, job_ids)
        return [item for item in items if item.res_id not in held]

    def _fitted(self, connection, mapper, links, elements, items, held) -> list:
        """Return ``items`` so that they wipe nothing that people have in Xero and Odoo never had.

        :param links: those of their records, by id of the record
        :param elements: what Xero holds now, by id of the record, as far as it could be read
        :param held: ids of records whose items are not sent now
        """
        return [
            self._fitted_item(mapper, links[item.res_id], elements[item.res_id], item)
            if item.keys is not None and item.res_id in elements and item.res_id not in held
            else item
            for item in items
        ]

    def _fitted_item(self, mapper, link, element, item):
        """Return ``item`` so that it wipes nothing that people have in Xero and Odoo never had.

        :param element: what Xero holds now
        :return: an :class:`Item`
        """
        return item._replace(
            payload=mapper._fit(item.payload, element, set(link.odoo_keys or ())),
            keys=sorted({*item.keys, *mapper._kept_keys(item.payload, element)}),
        )

    def _is_changed(self, inbound, link, element) -> bool:
        """Whether somebody changed ``element`` in Xero since the last agreement.

        :param inbound: the ``xero.inbound`` of the type
        """
        return (
            bool(link.base_digest)
            and link.base_digest != codec.digest(inbound._canonical(element))
            and not inbound._is_same_version(link, element)
        )

    def _import_first(self, drain, inbound, elements, job_ids):
        """Take over ``elements``, which people changed in Xero; the running jobs ``job_ids`` begin anew.

        :param inbound: the ``xero.inbound`` of the type
        """
        drain.record_calls()
        undoing = self.env["xero.sync.job"].search(
            [("id", "in", job_ids), ("operation", "=", "void"), ("run_id", "!=", False)]
        )
        inbound.with_env(self.env)._apply(drain.connection, elements)
        self._runner._finish_or_requeue(SQL("id = ANY(%s) AND state = 'running'", job_ids))
        self._keep_changed(undoing)

    def _keep_changed(self, undoing) -> None:
        """What somebody changed in Xero since its run made it is not undone unseen."""
        message = self.env["xero.reason"]._(
            "It was changed in Xero since the run made it, and stays. Look at it there."
        )
        undoing.write({"state": "running", "done_at": False})
        self._runner._fail(dict.fromkeys(undoing.ids, Failure("closed", message)))

    def _read_current(self, drain, inbound, xero_ids) -> list[dict]:
        """Return Xero's present elements of ``xero_ids``, in as few calls as the resource allows.

        :param inbound: the ``xero.inbound`` of the type
        :param xero_ids: ids of elements that are linked
        :return: those of them that could be read, in no order
        :raise XeroError: Xero could not be read
        """
        if not inbound._lists_ids and len(xero_ids) > SINGLE_READS:
            return self._read_recent(drain, inbound, set(xero_ids))
        found = []
        for start in range(0, len(xero_ids), IDS):
            found += self.env["xero.reader"]._read_ids(drain.client, inbound, xero_ids[start : start + IDS])[0]
        return self._well(drain, inbound, found)

    def _well(self, drain, inbound, elements) -> list[dict]:
        """Return those of ``elements`` that are well; what an odd one holds is not known, so it holds nothing up."""
        well, odd = shape.sort(inbound._xero_type, elements, inbound._id_field)
        if odd:
            quarantine = self.env["xero.quarantine"].sudo()
            drain.transaction(quarantine._put, drain.connection, inbound._xero_type, odd)
        return well

    def _read_recent(self, drain, inbound, wanted):
        """What changed before the last reading was taken in then."""
        cursor = drain.transaction(self.env["xero.reader"]._cursor, drain.connection, inbound._xero_type)
        since = cursor._since() if cursor.watermark else None
        return [
            element
            for answer in drain.client.pages(
                inbound._resource, params=dict(inbound._params), modified_since=since, page_size=PAGE_SIZE
            )
            for element in self._well(drain, inbound, rows(answer.data, inbound._resource))
            if element[inbound._id_field] in wanted
        ]
