"""The inbox of webhooks: what Xero announced, before anybody looked into it."""

import secrets
from datetime import timedelta
from functools import partial

from odoo import SUPERUSER_ID, api, fields, models, tools
from odoo.tools import SQL

from ..xero_api import codec
from .xero_sync_job import EVENT
from .xero_sync_pull import IDS

KEEP = timedelta(days=35)
# What waits longer than this waits for a reason, such as a pause, or its wake-up was lost.
WAKE_AGAIN = timedelta(seconds=20)
# Xero tells single changes of these only by reading them one by one: from here on a poll is cheaper.
SINGLE_READS = 2


class XeroWebhookEvent(models.Model):
    """One event of a verified delivery. Xero repeats, delays and reorders them, so a row is a hint to read, no more."""

    _name = "xero.webhook.event"
    _description = "Xero Webhook Event"
    _order = "id desc"
    _rec_name = "category"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    category = fields.Char(required=True, readonly=True)
    event_type = fields.Char("Event", readonly=True)
    xero_id = fields.Char("Xero ID", readonly=True)
    event_date = fields.Datetime("Happened", readonly=True, help="By Xero's clock.")
    digest = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [("new", "New"), ("queued", "Reading queued"), ("known", "Known already"), ("ignored", "Not ours")],
        required=True,
        default="new",
        readonly=True,
    )

    _digest_unique = models.UniqueIndex("(connection_id, digest)")
    _new = models.Index("(connection_id) WHERE state = 'new'")

    @api.model
    def _receive(self, events, credential) -> None:
        """Keep ``events`` (of ``xero_api.webhooks``) of our organisations, with one insert, and wake their workers.

        Events of organisations that are not connected here by the app of ``credential``, and repeated ones, are
        dropped.
        """
        rows = [
            (event.tenant_id, event.category, event.event_type, event.resource_id.lower(), event.event_date,
             self._digest(event))
            for event in events
            if event.resource_id
        ]  # fmt: skip
        if not rows:
            return
        self.env["xero.connection"].flush_model(["tenant_id", "company_id", "active", "state"])
        self.env.cr.execute(
            SQL(
                """INSERT INTO xero_webhook_event (connection_id, company_id, category, event_type, xero_id, event_date,
                          digest, state, create_uid, write_uid, create_date, write_date)
                   SELECT c.id, c.company_id, v.category, v.event_type, v.xero_id, v.event_date,
                          v.digest, 'new', %(user)s, %(user)s, %(now)s, %(now)s
                     FROM unnest(%(a)s::text[], %(b)s::text[], %(c)s::text[], %(d)s::text[], %(e)s::timestamp[],
                                 %(f)s::text[]) AS v(tenant_id, category, event_type, xero_id, event_date, digest)
                     JOIN xero_connection c ON c.tenant_id = v.tenant_id AND c.active AND c.state != 'disconnected'
                     JOIN xero_credential r ON r.id = c.credential_id AND r.client_id = %(app)s
                   ON CONFLICT (connection_id, digest) DO NOTHING RETURNING id, connection_id""",
                user=self.env.uid,
                now=fields.Datetime.now(),
                app=credential.client_id,
                **dict(zip("abcdef", map(list, zip(*rows)))),
            )
        )
        if inserted := self.env.cr.fetchall():
            first, ids = min(row[0] for row in inserted), sorted({row[1] for row in inserted})
            self.env.cr.postcommit.add(partial(self._wake_after_commit, self.env.registry, first, ids))

    @staticmethod
    def _wake_after_commit(registry, first: int, connection_ids) -> None:
        """Wake the workers of ``connection_ids``, unless events before ``first`` wait: then one is under way.

        Waking takes a new connection to PostgreSQL, longer than all the rest of a delivery. Looked at after the commit,
        and a worker looks for new events once more after its last: so none is overlooked.
        """
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
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
            env["xero.sync.runner"]._wake([found for found in connection_ids if found not in awake])

    def _digest(self, event) -> str:
        """Return what makes an event the same when it is delivered again. One without a time may be new each time."""
        happened = event.event_date.isoformat() if event.event_date else secrets.token_hex(8)
        return codec.digest({"c": event.category, "t": event.event_type, "i": event.resource_id.lower(), "d": happened})

    @api.model
    def _queue_readings(self, connection) -> None:
        """Turn the new events of ``connection`` into readings: by ids, or one poll where that costs fewer calls."""
        events = self.search([("connection_id", "=", connection.id), ("state", "=", "new")], order="id")
        for category, of_category in events.grouped("category").items():
            inbound = self.env["xero.inbound"]._for_category(category)
            if inbound is None:
                of_category.state = "ignored"
                continue
            known = of_category._known(inbound)
            known.state = "known"
            fresh = of_category - known
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
        updated = {link.xero_id: link.xero_updated_at for link in links if link.remote_digest}
        return self.filtered(
            lambda event: event.event_date and updated.get(event.xero_id) and event.event_date <= updated[event.xero_id]
        )

    @api.autovacuum
    def _gc_events(self):
        self.search([("create_date", "<", fields.Datetime.now() - KEEP), ("state", "!=", "new")], limit=10_000).unlink()


class XeroCredential(models.Model):
    _inherit = "xero.credential"

    webhook_token = fields.Char(
        readonly=True,
        copy=False,
        groups="xero_connector.group_xero_manager",
        default=lambda self: secrets.token_urlsafe(24),
        help="The part of the delivery address that nobody can guess.",
    )
    webhook_url = fields.Char(
        "Webhook Delivery URL", compute="_compute_webhook_url", groups="xero_connector.group_xero_manager"
    )
    webhook_seen_at = fields.Datetime("Last Delivery", readonly=True, copy=False)
    webhook_refused_at = fields.Datetime("Last Refused Delivery", readonly=True, copy=False)
    webhook_refused_count = fields.Integer("Refused Deliveries", readonly=True, copy=False)

    def init(self):
        super().init()
        self.env.cr.execute("SELECT id FROM xero_credential WHERE webhook_token IS NULL")
        for [credential_id] in self.env.cr.fetchall():
            self.env.cr.execute(
                "UPDATE xero_credential SET webhook_token = %s WHERE id = %s",
                [secrets.token_urlsafe(24), credential_id],
            )
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS xero_credential_webhook_token_key ON xero_credential (webhook_token)"
        )

    @api.depends("webhook_token")
    def _compute_webhook_url(self):
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "").rstrip("/")
        for credential in self:
            credential.webhook_url = f"{base}/xero/webhook/{credential.webhook_token}"

    @api.model
    @tools.ormcache()
    def _webhook_ids(self) -> dict:
        """Return ``{token: credential id}`` of those that have a key. One cached value: forged posts cost no query and
        no place in the cache."""
        return {
            credential.webhook_token: credential.id
            for credential in self.sudo().search([("webhook_key_set", "=", True)])
        }

    def _seal_field(self, name):
        super()._seal_field(name)
        self.env.registry.clear_cache()

    def write(self, vals):
        result = super().write(vals)
        if "webhook_token" in vals or "active" in vals:
            self.env.registry.clear_cache()
        return result


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    webhook_url = fields.Char(related="credential_id.webhook_url", groups="xero_connector.group_xero_manager")
    webhook_key_set = fields.Boolean(related="credential_id.webhook_key_set")
    webhook_seen_at = fields.Datetime(related="credential_id.webhook_seen_at", string="Last Webhook Delivery")


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _has_news(self, connection):
        """Extend: whether events came while the last were looked at."""
        news = [("connection_id", "=", connection.id), ("state", "=", "new")]
        return super()._has_news(connection) or bool(self.env["xero.webhook.event"].search_count(news, limit=1))

    def _queue_dependencies(self, connection):
        """Turn webhook events into readings too, before jobs are chosen."""
        self.env["xero.webhook.event"]._queue_readings(connection)
        return super()._queue_dependencies(connection)
