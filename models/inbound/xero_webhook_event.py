"""The inbox of webhooks: what Xero announced, before anybody looked into it."""

import logging
import secrets
from datetime import timedelta
from functools import partial
from time import monotonic

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ...xero_api import codec, retry
from ...xero_api.elements import real_id
from ..queue.claim import IDS
from ..queue.xero_sync_job import EVENT
from .importer import BEGIN_ANEW

_logger = logging.getLogger(__name__)

# What waits longer than this waits for a reason, such as a pause, or its wake-up was lost.
WAKE_AGAIN = timedelta(seconds=20)
# Of a stream of events, what came within so many seconds is read together: a reading of ten costs as much as of one.
GATHER_SECONDS = 1.0
# When the worker of this process last queued readings for events: ``{(database, connection): time.monotonic()}``.
_read_at = {}
# Xero tells single changes of these only by reading them one by one: from here on a poll is cheaper.
SINGLE_READS = 2


class XeroWebhookEvent(models.Model):
    """One event of a verified delivery. Xero repeats, delays and reorders them, so a row is a hint to read, no more."""

    _name = "xero.webhook.event"
    _inherit = ["xero.company.guard"]
    _description = "Xero Webhook Event"
    _order = "id desc"
    _rec_name = "category"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    category = fields.Char(required=True, readonly=True)
    event_type = fields.Char("Event", readonly=True)
    xero_id = fields.Char("Xero ID", readonly=True)
    event_date = fields.Datetime("Happened", readonly=True, help="By Xero's clock.")
    digest = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("new", "New"),
            ("queued", "Reading queued"),
            ("known", "Known already"),
            ("ignored", "Not ours"),
            ("odd", "Unreadable"),
        ],
        "Status",
        required=True,
        default="new",
        readonly=True,
    )

    _digest_unique = models.UniqueIndex("(connection_id, digest)")
    _new = models.Index("(connection_id) WHERE state = 'new'")
    _ended = models.Index("(connection_id, create_date) WHERE state != 'new'")

    @api.model
    def _receive(self, events, credentials) -> None:
        """Keep ``events`` (of ``xero_api.webhooks``) of our organisations, with one insert, and wake their workers.

        Whoever has the key of ``credentials`` may speak of the organisations that are connected by them, and of no
        others, whatever app they name: events of others, and repeated ones, are dropped.
        """
        rows = [
            (event.tenant_id, event.category, event.event_type, event.resource_id, event.event_date,
             self._digest(event))
            for event in events
        ]  # fmt: skip
        if not rows:
            return
        self.env["xero.connection"].flush_model(["tenant_id", "company_id", "active", "state", "credential_id"])
        self.env.cr.execute(
            SQL(
                """INSERT INTO xero_webhook_event (connection_id, company_id, category, event_type, xero_id, event_date,
                          digest, state, create_uid, write_uid, create_date, write_date)
                   SELECT c.id, c.company_id, v.category, v.event_type, v.xero_id, v.event_date,
                          v.digest, 'new', %(user)s, %(user)s, %(now)s, %(now)s
                     FROM unnest(%(a)s::text[], %(b)s::text[], %(c)s::text[], %(d)s::text[], %(e)s::timestamp[],
                                 %(f)s::text[]) AS v(tenant_id, category, event_type, xero_id, event_date, digest)
                     JOIN xero_connection c ON lower(c.tenant_id) = v.tenant_id
                      AND c.credential_id = ANY(%(credentials)s) AND c.active AND c.state != 'disconnected'
                   ON CONFLICT (connection_id, digest) DO NOTHING RETURNING id, connection_id""",
                user=self.env.uid,
                now=fields.Datetime.now(),
                credentials=credentials.ids,
                **dict(zip("abcdef", map(list, zip(*rows)))),
            )
        )
        if inserted := self.env.cr.fetchall():
            first, ids = min(row[0] for row in inserted), sorted({row[1] for row in inserted})
            self.env.cr.postcommit.add(partial(self._wake_after_commit, self.env.cr, self.env.registry, first, ids))

    @staticmethod
    def _wake_after_commit(cr, registry, first: int, connection_ids) -> None:
        """Wake the workers of ``connection_ids``, unless events before ``first`` wait: then one is under way.

        Waking takes a new connection to PostgreSQL, longer than all the rest of a delivery. Looked at after the commit,
        and a worker looks for new events once more after its last: so none is overlooked.

        :param cr: the cursor of the delivery, which has nothing left to write
        """
        cr.execute(
            SQL(
                """SELECT DISTINCT connection_id FROM xero_webhook_event
                    WHERE state = 'new' AND connection_id = ANY(%s) AND id < %s AND create_date > %s""",
                connection_ids,
                first,
                fields.Datetime.now() - WAKE_AGAIN,
            )
        )
        awake = {row[0] for row in cr.fetchall()}
        if asleep := [found for found in connection_ids if found not in awake]:
            with registry.cursor() as own:
                api.Environment(own, SUPERUSER_ID, {})["xero.sync.runner"]._wake(asleep)

    def _digest(self, event) -> str:
        """Return what makes an event the same when it is delivered again. One without a time may be new each time."""
        happened = event.event_date.isoformat() if event.event_date else secrets.token_hex(8)
        return codec.digest({"c": event.category, "t": event.event_type, "i": event.resource_id, "d": happened})

    @api.model
    def _queue_readings(self, connection) -> bool:
        """Turn the new events of ``connection`` into readings: by ids, or one poll where that costs fewer calls.

        :return: whether there were any
        """
        events = self.search([("connection_id", "=", connection.id), ("state", "=", "new")], order="id")
        # Those of an earlier version were kept as they came.
        odd = events.filtered(lambda event: not real_id(event.xero_id))
        odd.state = "odd"
        for category, of_category in (events - odd).grouped("category").items():
            of_category._queue_safely(connection, category)
        return bool(events)

    def _queue_safely(self, connection, category) -> None:
        """Queue the readings of events of one category; when that breaks each alone, and one that breaks it is left."""
        try:
            with self.env.cr.savepoint():
                self._queue(connection, category)
        except BEGIN_ANEW:
            raise
        except Exception as error:
            if self.env.cr.closed:
                raise
            _logger.warning("%s events of %s could not be queued: %s", len(self), category, type(error).__name__)
            self.env.invalidate_all(flush=False)
            if len(self) == 1:
                self.state = "odd"
            else:
                for event in self:
                    event._queue_safely(connection, category)

    def _queue(self, connection, category):
        inbound = self.env["xero.inbound"]._for_category(category)
        if inbound is None:
            self.state = "ignored"
            return
        known = self._known(inbound)
        known.state = "known"
        fresh = self - known
        fresh.state = "queued"
        ids = sorted(set(fresh.mapped("xero_id")))
        if len(ids) > (IDS if inbound._lists_ids else SINGLE_READS):
            ids = [""]
        self.env["xero.sync.job"]._enqueue_fetch(connection, inbound._xero_type, ids, priority=EVENT)

    def _known(self, inbound):
        """Return the events of changes that were read or made by us already: both times are Xero's own; one query."""
        links = self.env["xero.link"].search(
            [
                ("connection_id", "in", self.connection_id.ids),
                ("xero_type", "=", inbound._xero_type),
                ("xero_id", "in", self.mapped("xero_id")),
            ]
        )
        updated = {link.xero_id: link.xero_updated_at for link in links if link.base_digest}
        return self.filtered(
            lambda event: event.event_date and updated.get(event.xero_id) and event.event_date <= updated[event.xero_id]
        )


class XeroFeederWebhook(models.AbstractModel):
    _name = "xero.feeder.webhook"
    _inherit = "xero.feeder"
    _description = "Xero Webhook Feeder"

    _rank = 10

    def _has_news(self, connection):
        """Whether events came while the last were looked at; waits until enough of a stream have gathered."""
        news = [("connection_id", "=", connection.id), ("state", "=", "new")]
        if not self.env["xero.webhook.event"].search_count(news, limit=1):
            return False
        retry.pause(self._gathering(connection))
        # Whatever the clock says after that: the wait is over.
        _read_at.pop(self._key(connection), None)
        return True

    def _before_claim(self, connection):
        if not self._gathering(connection) and self.env["xero.webhook.event"]._queue_readings(connection):
            _read_at[self._key(connection)] = monotonic()

    def _gathering(self, connection) -> float:
        """Return for how many seconds events are left to gather: none when the last reading was long ago."""
        since = monotonic() - _read_at.get(self._key(connection), float("-inf"))
        return max(0.0, GATHER_SECONDS - since)

    def _key(self, connection) -> tuple:
        return self.env.cr.dbname, connection.id
