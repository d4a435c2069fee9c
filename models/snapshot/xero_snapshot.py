"""One complete reading of kinds of Xero elements, for whoever compares or matches whole books."""

from odoo import SUPERUSER_ID, api, fields, models

from ...xero_api.paging import BARREN
from ..link.reason import ReasonText
from ..queue.xero_sync_job import CLICK, SWEEP

# A kind is walked again when elements vanished under the walk; this often at most.
WALKS = 3
# Where `page_info` has the places of walks through what changed since.
CHANGES = "changes"


class XeroSnapshot(models.Model):
    """A copy of what an organisation held, made page by page by the lane's worker; see ``xero.task.snapshot``.

    The record that asked (``res_model``, ``res_id``) is told by ``_on_snapshot_ready(snapshot)`` or
    ``_on_snapshot_failed(snapshot, reason)``, as superuser in the company of the connection; the call and the state
    of the snapshot are one transaction, so it is told exactly once.
    """

    _name = "xero.snapshot"
    _inherit = ["xero.company.guard"]
    _description = "Xero Snapshot"
    _order = "id desc"
    _rec_name = "connection_id"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    kinds = fields.Json(required=True, readonly=True, help="Kinds of elements, in the order of reading.")
    state = fields.Selection(
        [("reading", "Reading"), ("ready", "Ready"), ("failed", "Failed")],
        "Status",
        required=True,
        default="reading",
        readonly=True,
        index=True,
    )
    progress = fields.Float("Progress %", readonly=True)
    read_count = fields.Integer("Elements Read", readonly=True)
    page_info = fields.Json(
        readonly=True, help="By kind: page (the next to read), pages, items (as Xero counts), walks, done."
    )
    started_at = fields.Datetime(readonly=True, help="By Odoo's clock, when the first page was asked for.")
    finished_at = fields.Datetime(readonly=True)
    reason = ReasonText(readonly=True)
    modified_since = fields.Datetime(readonly=True, help="By Xero's clock: what did not change since is not read.")
    by_person = fields.Boolean(readonly=True, help="A person waits for it: it may use the calls kept for people.")
    res_model = fields.Char("Asked For By", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    element_ids = fields.One2many("xero.snapshot.element", "snapshot_id", readonly=True)

    # === ASKING === #

    @api.model
    def _request(self, connection, kinds, listener=None, by_person=None, modified_since=None):
        """Have ``kinds`` of elements read; returns the snapshot at once, and a worker fills it.

        :param connection: one ``xero.connection``
        :param kinds: Xero types: some of Contact, Invoice, CreditNote, Payment, Prepayment, Overpayment, Item, or of an
            importer that says how (``_snapshot``)
        :param listener: the record that is told when the reading is over, by ``_on_snapshot_ready(snapshot)`` or
            ``_on_snapshot_failed(snapshot, reason)``, as superuser, in the transaction that ends it
        :param by_person: whether it may use the day's last calls; by default unless the superuser asks
        :param modified_since: read only what changed from then on (naive UTC, Xero's clock); by default everything
        :return: the ``xero.snapshot``, as superuser
        :raise ValueError: nobody knows how to read one of ``kinds``
        """
        self.env["xero.snapshot.element"]._check_kinds(kinds)
        by_person = self.env.uid != SUPERUSER_ID if by_person is None else by_person
        snapshot = self.sudo().create(
            {
                "connection_id": connection.id,
                "company_id": connection.company_id.id,
                "kinds": list(kinds),
                "by_person": by_person,
                "modified_since": modified_since,
                "page_info": {},
                "res_model": listener._name if listener else False,
                "res_id": listener.id if listener else False,
            }
        )
        snapshot._enqueue()
        return snapshot

    def _enqueue(self):
        """Queue the work on this organisation's snapshots, and wake its worker."""
        for snapshot in self:
            priority = CLICK if snapshot.by_person else SWEEP
            self.env["xero.task.snapshot"]._enqueue(snapshot.connection_id, priority)
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)

    def _cancel(self, reason: str) -> None:
        """Stop reading; nobody is told.

        :param reason: in a translated sentence
        """
        self.sudo().filtered(lambda snapshot: snapshot.state == "reading").write(
            {"state": "failed", "reason": reason, "finished_at": fields.Datetime.now()}
        )

    # === READING: called by the worker === #

    def _next_kind(self) -> str | None:
        """Return the kind to read on with, ``None`` when all is read."""
        self.ensure_one()
        pages = self.page_info or {}
        return next((kind for kind in self.kinds if not pages.get(kind, {}).get("done")), None)

    def _next_page(self, kind: str) -> int:
        return (self.page_info or {}).get(kind, {}).get("page", 1)

    def _store_page(self, kind: str, elements: list[dict], pages: int, items: int | None) -> None:
        """Store a page and where to go on, in the caller's transaction.

        :param kind: as in ``kinds``
        :param elements: as they stand in the list of the answer
        :param pages: as Xero counts them
        :param items: how many elements Xero says there are; ``None`` when it does not say
        """
        self.ensure_one()
        known = (self.page_info or {}).get(kind, {})
        page, before = known.get("page", 1), known.get("count", 0)
        self.env["xero.snapshot.element"]._store(self, kind, elements)
        count = self._count(kind)
        # What shows nothing new page after page has no more to show, whatever it says about its length.
        barren = known.get("barren", 0) + 1 if count == before else 0
        info = {
            "page": page + 1, "pages": max(pages, page), "items": items, "walks": known.get("walks", 1),
            "count": count, "barren": barren,
        }  # fmt: skip
        endless = info["walks"] == 1 and barren >= BARREN
        if page >= pages or endless:
            # What vanishes from a page moves the ones behind it over its edge, unread: then walk it again.
            missed = items is not None and count < items and not endless
            again = missed and info["walks"] < WALKS
            info |= {"page": 1, "walks": info["walks"] + 1} if again else {"done": True}
        page_info = {**(self.page_info or {}), kind: info}
        self.write(
            {
                "page_info": page_info,
                "progress": self._progress_of(page_info),
                "read_count": self._count(),
                "started_at": self.started_at or fields.Datetime.now(),
            }
        )
        self._notify_screens()

    def _changes_at(self, kind: str):
        """Return up to when the changes since this reading are known, by Xero's clock; ``None`` unless a walk through
        them was cut short.

        :param kind: as in ``kinds``
        :return: naive UTC
        """
        place = ((self.page_info or {}).get(CHANGES) or {}).get(kind)
        return fields.Datetime.to_datetime(place) if place else None

    def _note_changes(self, kind: str, moment) -> None:
        """Keep the place of a walk through the changes; ``None`` at its end.

        :param kind: as in ``kinds``
        :param moment: naive UTC, by Xero's clock
        """
        places = {**((self.page_info or {}).get(CHANGES) or {}), kind: fields.Datetime.to_string(moment) or None}
        self.page_info = {**(self.page_info or {}), CHANGES: places}

    def _count(self, kind: str | None = None) -> int:
        domain = [("snapshot_id", "=", self.id), *([("xero_type", "=", kind)] if kind else [])]
        return self.env["xero.snapshot.element"].search_count(domain)

    def _progress_of(self, page_info) -> float:
        """Return how much is read, in percent of the pages; a kind that was not begun counts as one page."""
        infos = [page_info.get(kind, {}) for kind in self.kinds]
        total = sum(info.get("pages", 1) for info in infos)
        read = sum(info["pages"] if info.get("done") else info.get("page", 1) - 1 for info in infos)
        return min(100.0, 100.0 * read / (total or 1))

    # === TELLING === #

    def _analyze(self) -> None:
        """Let the database know how much there is now, before anybody joins it: its own look comes minutes later."""
        self.env.cr.execute("ANALYZE xero_snapshot_element")

    def _finish(self) -> None:
        """Call it ready and tell who asked."""
        self.write({"state": "ready", "progress": 100.0, "finished_at": fields.Datetime.now()})
        listener = self._listener()
        if listener:
            listener._on_snapshot_ready(self.with_env(listener.env))
        self._notify_screens()

    def _fail(self, reason: str, tell=True) -> None:
        """Call it failed for ``reason`` (a sentence for people) and tell who asked."""
        self.write({"state": "failed", "reason": reason, "finished_at": fields.Datetime.now()})
        listener = self._listener()
        if listener and tell:
            listener._on_snapshot_failed(self.with_env(listener.env), reason)
        self._notify_screens()

    def _listener(self):
        """Return the record that asked, as superuser in the company of the connection; ``None`` without one."""
        if not self.res_model or self.res_model not in self.env:
            return None
        worker = self.env[self.res_model].with_company(self.company_id)
        worker = worker.with_context(allowed_company_ids=self.company_id.ids).sudo()
        return worker.browse(self.res_id).exists() or None

    def _notify_screens(self):
        rows = [(self._name, self.id), *([(self.res_model, self.res_id)] if self.res_model else [])]
        for model, res_id in rows:
            self.env["bus.bus"]._sendone(
                (self.company_id, "xero"), "xero_connector.status", {"model": model, "ids": [res_id]}
            )
