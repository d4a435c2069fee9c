"""One complete reading of kinds of Xero elements, for whoever compares or matches whole books."""

from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from .xero_sync_job import CLICK, SWEEP

KEEP = timedelta(days=30)
# A kind is walked again when elements vanished under the walk; this often at most.
WALKS = 3
XERO_TYPE = "Snapshot"


class XeroSnapshot(models.Model):
    """A copy of what an organisation held, made page by page by the lane's worker; see ``xero.inbound.snapshot``.

    The record that asked (``res_model``, ``res_id``) is told by ``_on_snapshot_ready(snapshot)`` or
    ``_on_snapshot_failed(snapshot, reason)``, as superuser in the company of the connection; the call and the state
    of the snapshot are one transaction, so it is told exactly once.
    """

    _name = "xero.snapshot"
    _description = "Xero Snapshot"
    _order = "id desc"
    _rec_name = "connection_id"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", index=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    kinds = fields.Json(required=True, readonly=True, help="Kinds of elements, in the order of reading.")
    state = fields.Selection(
        [("reading", "Reading"), ("ready", "Ready"), ("failed", "Failed")],
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
    reason = fields.Text(readonly=True)
    by_person = fields.Boolean(readonly=True, help="A person waits for it: it may use the calls kept for people.")
    res_model = fields.Char("Asked For By", readonly=True)
    res_id = fields.Many2oneReference("Record", model_field="res_model", readonly=True)
    element_ids = fields.One2many("xero.snapshot.element", "snapshot_id", readonly=True)

    # === ASKING === #

    @api.model
    def _request(self, connection, kinds, listener=None, by_person=None):
        """Have ``kinds`` of elements read in full; returns the snapshot at once, and a worker fills it.

        :param kinds: some of Contact, Invoice, CreditNote, Payment, Prepayment, Overpayment, Item
        :param listener: the record that is told when the reading is over
        :param by_person: whether it may use the day's last calls; by default unless the superuser asks
        """
        self.env["xero.snapshot.element"]._check_kinds(kinds)
        by_person = self.env.uid != SUPERUSER_ID if by_person is None else by_person
        snapshot = self.sudo().create(
            {
                "connection_id": connection.id,
                "company_id": connection.company_id.id,
                "kinds": list(kinds),
                "by_person": by_person,
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
            self.env["xero.sync.job"].sudo()._enqueue_poll(
                snapshot.connection_id, XERO_TYPE, priority=CLICK if snapshot.by_person else SWEEP
            )
        self.env["xero.sync.runner"]._wake(self.connection_id.ids)

    def _cancel(self, reason: str) -> None:
        """Stop reading; nobody is told."""
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

    def _take_page(self, kind: str, elements: list[dict], pages: int, items: int | None) -> None:
        """Store a page and where to go on, in the caller's transaction.

        :param pages: as Xero counts them
        :param items: how many elements Xero says there are; ``None`` when it does not say
        """
        self.ensure_one()
        self.env["xero.snapshot.element"]._store(self, kind, elements)
        known = (self.page_info or {}).get(kind, {})
        page = known.get("page", 1)
        info = {"page": page + 1, "pages": max(pages, page), "items": items, "walks": known.get("walks", 1)}
        if page >= pages:
            # What vanishes from a page moves the ones behind it over its edge, unread: then walk it again.
            missed = items is not None and self._count(kind) < items
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

    # === CLEANING === #

    @api.autovacuum
    def _gc_snapshots(self):
        """Drop what is older than a month; elements go with their snapshot, in the database."""
        old = self.sudo().search([("create_date", "<", fields.Datetime.now() - KEEP)], limit=100)
        if old:
            self.env.cr.execute(SQL("DELETE FROM xero_snapshot_element WHERE snapshot_id = ANY(%s)", old.ids))
            old.unlink()
