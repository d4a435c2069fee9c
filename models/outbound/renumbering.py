"""Numbers that change places: Xero takes each sales number once, so one of them has to step aside first.

Odoo gives several documents the numbers of each other (Resequence), or a new one the number that another has given up.
Whoever bears in Xero what another is to get is given a number of its own first, in one call for all of them; then each
is sent with its number, as ever. A worker that is killed in between leaves documents with a number of their own that
wait to be sent, and the next one goes on.
"""

from odoo import models

from ...mappers.awaited import LOCK_DATES, record_key
from ...mappers.text import named
from ...xero_api.dates import to_date_string
from ..queue.claim import BATCH
from ..queue.failure import Failure
from ..queue.xero_sync_job import EVENT
from .exporter import Item

# Links of what may be written to: about others a person is asked, or has decided.
WRITABLE = ("synced", "error", "to_sync")


class XeroRenumbering(models.AbstractModel):
    """``exporter`` is the one of the type that ``mapper`` prepares; ``items`` are of it, ``links`` those of holders: of
    documents that bear in Xero the number of an item.
    """

    _name = "xero.renumbering"
    _description = "Xero Renumbering"

    def _make_room(self, exporter, drain, mapper, plan) -> dict:
        """Have holders of numbers that ``plan`` is to send step aside; as the hook of exporters.

        It costs a call for fifty of them, and a reading for forty that are not among ``plan`` themselves.
        """
        wanted = {item.holder: item for items in plan.values() for item in items if item.holder}
        if not wanted:
            return plan
        links = self._links(drain.connection, mapper, wanted)
        held = drain.transaction(self._fail_stuck, drain.connection, mapper, wanted)
        held |= self._take_in_changes(exporter, drain, mapper, plan, wanted, held)
        movable = [links[res_id] for res_id, item in wanted.items() if item.job_id not in held]
        for start in range(0, len(movable), BATCH):
            items = [self._interim_item(mapper, link) for link in movable[start : start + BATCH]]
            exporter._store_and_send(drain, mapper, "POST", items)
        return {method: [item for item in items if item.job_id not in held] for method, items in plan.items()}

    def _links(self, connection, mapper, res_ids) -> dict:
        return self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, res_ids)

    # === WHO CANNOT === #

    def _fail_stuck(self, connection, mapper, wanted) -> set[int]:
        """Fail the jobs whose number is held by what cannot step aside now; return their ids.

        They wait for that document to change, in Odoo or in Xero.
        """
        links = self._links(connection, mapper, wanted)
        moves = self.env[mapper._odoo_model].browse(wanted).exists().grouped("id")
        failures = {}
        for res_id, item in wanted.items():
            reason, further = self._why_stuck(connection, links.get(res_id), moves.get(res_id))
            if reason:
                message = self.env["xero.reason"]._(
                    "%(number)s is in Xero the number of another document of this Odoo still. %(reason)s",
                    number=named(item.number),
                    reason=reason,
                )
                waits = (record_key(mapper._odoo_model, res_id), *further)
                fix = {"model": mapper._odoo_model, "res_id": res_id if res_id in moves else item.res_id}
                failures[item.job_id] = Failure("duplicate", message, fix, waits=waits)
        self.env["xero.sync.runner"]._fail(failures)
        return set(failures)

    def _why_stuck(self, connection, link, move) -> tuple:
        """Return why the document of ``link`` cannot step aside, ``None`` when it can, and what else that waits for."""
        lock = connection._xero_lock_date()
        if not move or move.state == "cancel":
            return self.env["xero.reason"]._("That one is being voided there; this one goes then."), ()
        if not link or not link._is_alive() or link.from_xero:
            return self.env["xero.reason"]._("Change the number of one of them."), ()
        if link.state not in WRITABLE:
            return (
                self.env["xero.reason"]._("%s waits for a person: deal with that first.", named(move.display_name)),
                (),
            )
        if lock and (link.base_state or {}).get("date", "") <= to_date_string(lock):
            return (
                self.env["xero.reason"]._(
                    "%s lies in a period that is locked there: move the lock date, or give this one another number.",
                    named(move.display_name),
                ),
                (LOCK_DATES,),
            )
        return None, ()

    def _take_in_changes(self, exporter, drain, mapper, plan, wanted, stuck) -> set[int]:
        """Take in what people changed in Xero of holders that nobody has looked at yet; return the ids of the jobs that
        begin anew because of it.
        """
        connection, inbound = drain.connection, self.env["xero.inbound"]._for_type(mapper._xero_type)
        looked_at = {item.res_id for item in plan.get("POST", [])}
        unseen = [res_id for res_id, item in wanted.items() if res_id not in looked_at and item.job_id not in stuck]
        links = self._links(connection, mapper, unseen)
        if not links:
            return set()
        known = {link.xero_id: link for link in links.values()}
        elements = exporter._read_current(drain, inbound, list(known))
        changed = [
            element for element in elements if exporter._is_changed(inbound, known[element[inbound._id_field]], element)
        ]
        if not changed:
            return set()
        jobs = {wanted[known[element[inbound._id_field]].res_id].job_id for element in changed}
        drain.transaction(exporter._import_first, drain, inbound, changed, list(jobs))
        return jobs

    # === STEP ASIDE === #

    def _interim_item(self, mapper, link) -> Item:
        """Return what gives the document of ``link`` a number of its own; nothing else of it is sent."""
        status = link.xero_status if link.xero_status in ("DRAFT", "SUBMITTED") else "AUTHORISED"
        number = mapper._own_number(link.res_id)
        payload = {mapper._xero_id_field: link.xero_id, mapper._xero_number_field: number, "Status": status}
        return Item(0, link.res_id, link.company_id.id, payload, None, None, status, number, None, interim=True)

    def _queue_on_the_way(self, connection, mapper, items) -> None:
        """Queue the documents of ``items`` that have stepped aside and are not being sent anyway.

        :param items: of a stored call that Xero has saved
        """
        aside = {item.res_id: item.company_id for item in items if item.interim}
        if not aside:
            return
        open_jobs = self.env["xero.sync.job"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", mapper._odoo_model),
                ("res_id", "in", list(aside)),
                ("operation", "=", "push"),
                ("state", "in", ("pending", "running", "blocked")),
            ]
        )
        left = [(res_id, company) for res_id, company in aside.items() if res_id not in open_jobs.mapped("res_id")]
        self.env["xero.sync.job"]._enqueue(connection.id, mapper, left, priority=EVENT)
