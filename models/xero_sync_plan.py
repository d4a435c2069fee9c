"""What it takes to bring records to Xero: the one judgement that the drain acts on and the preview shows."""

import logging
import traceback
from collections import namedtuple
from decimal import Decimal

from odoo import models

from ..mappers.outgoing import Outgoing, Problem
from ..xero_api import codec
from ..xero_api.dates import to_date_string
from .xero_link import GONE_STATUSES
from .xero_sync_push import FAILED, SEND, WAITS, Failure, Item

_logger = logging.getLogger(__name__)

# No call, because Xero holds it already; because a person is being asked; because a person took it out of the sync.
SAME, ASKED, LEFT = "same", "asked", "left"
Verdict = namedtuple("Verdict", "kind out method item problems failure", defaults=(None, None, None, (), None))


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === DECIDE === #

    def _decide(self, connection, mapper, wishes) -> dict:
        """Say what each of ``wishes`` takes; nothing is written but mapping rows that documents miss, with suggestions.

        :param wishes: jobs, or whatever has their ``id``, ``res_id``, ``company_id`` and ``operation``
        :return: ``{id of the wish: Verdict}``; the number of queries does not depend on how many there are
        """
        res_ids = [wish.res_id for wish in wishes]
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, res_ids)
        outgoing = self._outgoing(connection, mapper, wishes)
        problems = [problem for out in outgoing.values() if isinstance(out, Outgoing) for problem in out.problems]
        if connection._ensure_mappings(problems):
            outgoing = self._outgoing(connection, mapper, wishes)
        return {
            wish.id: self._verdict(connection, mapper, wish, outgoing.get(wish.id), links.get(wish.res_id))
            for wish in wishes
        }

    def _verdict(self, connection, mapper, wish, out, link) -> Verdict:
        if link and link.state == "conflict" and wish.operation == "push":
            # A person is being asked: nothing is overwritten meanwhile.
            return Verdict(ASKED, out)
        if link and wish.operation == "push" and self._is_left_out(mapper, link):
            return Verdict(LEFT, out)
        if isinstance(out, Failure):
            return Verdict(FAILED, failure=out)
        wanted = bool(out and out.status != "ABSENT")
        if wanted and mapper._xero_immutable and self._lives(link):
            return Verdict(SAME, out)
        if wanted:
            if out.problems:
                return Verdict(FAILED, out, problems=out.problems)
            if out.needs:
                return Verdict(WAITS, out)
        method, item = self._item(mapper, wish, out, link)
        if not method:
            return Verdict(SAME, out)
        closed = self._closed_period(connection, link) if method == "POST" else None
        if closed:
            return Verdict(FAILED, out, problems=[closed])
        return Verdict(SEND, out, method, item)

    def _is_left_out(self, mapper, link) -> bool:
        """Whether a person took what ``link`` stands for out of the sync."""
        return link.state == "ignored"

    def _closed_period(self, connection, link) -> Problem | None:
        """Return the problem of a document that Xero holds in a locked period: nothing of it can change there."""
        lock_date = connection._xero_lock_date()
        lock = lock_date and to_date_string(lock_date)
        date = (link.remote_view or {}).get("date") if link else None
        if not date or not lock or date > lock:
            return None
        reason = self.env._(
            "%(number)s is dated %(date)s in Xero, where everything up to %(lock)s is locked.",
            number=link.xero_number or link.record_name or link.xero_id,
            date=date,
            lock=lock,
        )
        return Problem(
            "locked_period",
            f"{reason}\n{self._locked_ways_out()}",
            "xero.connection",
            connection.id,
            topic="locked_period",
        )

    # === PREPARE === #

    def _outgoing(self, connection, mapper, wishes) -> dict:
        """Return ``{id of the wish: Outgoing, Failure, or None for a record that is gone}``."""
        pushes = [wish for wish in wishes if wish.operation == "push"]
        records = self.env[mapper._odoo_model].browse([wish.res_id for wish in pushes]).exists()
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
        return {wish.id: prepared.get(wish.res_id) for wish in pushes}

    def _prepare_alone(self, mapper, record, connection):
        try:
            with self.env.cr.savepoint():
                return mapper._prepare(record, connection)[record.id]
        except Exception:
            _logger.exception("Preparing %s %s for Xero failed", record._name, record.id)
            return Failure("bug", traceback.format_exc(limit=-5))

    # === ITEM === #

    def _item(self, mapper, job, out, link):
        """Return ``(method, Item)`` for what Xero lacks, ``(None, None)`` when it lacks nothing."""
        exists = self._lives(link)
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
            keys=None if wanted == "ARCHIVED" else mapper._kept_keys(out.payload),
        )
        return ("POST" if exists else "PUT"), item

    def _lives(self, link) -> bool:
        """Whether Xero holds what ``link`` stands for."""
        return bool(link and link.xero_id and link.xero_status not in GONE_STATUSES)

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
