import logging
import time
from datetime import timedelta

from odoo import fields, http
from odoo.http import request

from ..models.connection import credential_secrets as xero_secrets
from ..xero_api import errors, webhooks
from ..xero_api.errors import XeroError

_logger = logging.getLogger(__name__)

# Deliveries are small: Xero sends up to some hundred events of a few hundred bytes.
LARGEST = 1_000_000
# The screen shows the last delivery to the minute: more often it is not written.
SEEN_EVERY = 60
# When this process last wrote that something came: ``{(database, credential): time.monotonic()}``.
_seen_at = {}
# What this process refused and has not written yet: ``{(database, credential): Tally}``.
_tallies = {}


class Tally:
    """Counts refusals in memory, and says when to write: the first within a minute at once, of a flood each doubling.

    So a forged delivery costs an addition, and a flood of thousands a dozen small updates of one row.
    """

    def __init__(self):
        self.pending = self.written = 0
        self.since = None

    def add(self, now: float) -> int:
        """Count one more at ``now`` (seconds); returns how many to write, 0 for none yet."""
        self.pending += 1
        if self.since is None or now - self.since > SEEN_EVERY:
            self.since, self.written = now, 0
        if self.pending < self.written:
            return 0
        due, self.pending = self.pending, 0
        self.written += due
        return due


class XeroWebhook(http.Controller):
    @http.route(
        "/xero/webhook/<string:token>",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def deliver(self, token):
        """Take a delivery of Xero: prove it, keep its events, say 200 with nothing else, all within milliseconds.

        A wrong signature, an unknown address and an oversized body get the same empty 401. Reading what changed
        is left to the worker. The signature is checked before anything else is looked at.
        """
        length = request.httprequest.content_length
        credentials = request.env["xero.credential"].sudo()
        address = credentials._webhook_addresses().get(token)
        credential = credentials.browse(address and address.credential)
        if length is None or length > LARGEST or not credential:
            return self._answer(401)
        raw = request.httprequest.get_data()
        signature = request.httprequest.headers.get("x-xero-signature")
        key = self._key(credential)
        if key is None:
            # Another server may have the key: Xero tries again.
            return self._answer(503)
        if not webhooks.verify(raw, signature, key):
            self._refused(credential)
            return self._answer(401)
        try:
            events = webhooks.parse(raw)
        except errors.ProtocolError:
            # Rightly signed, so Xero's: repeating it would not make it readable.
            _logger.info("A signed webhook delivery could not be read (%s bytes)", len(raw))
            self._odd(credential, 1)
            return self._answer(200)
        self._seen(credential)
        if events.odd:
            _logger.info("%s events of a signed webhook delivery are none", events.odd)
            self._odd(credential, events.odd)
        if events:
            # Xero knows one address of an app, which several credentials may be of: each proves the events by its key.
            others = credentials.browse(address.others).filtered(
                lambda other: webhooks.verify(raw, signature, self._key(other))
            )
            request.env["xero.webhook.event"].sudo()._receive(events, credential | others)
        return self._answer(200)

    def _key(self, credential) -> str | None:
        """Return the key of the credential's webhooks; None where this server cannot open it."""
        try:
            return xero_secrets.read(credential).get("webhook_key") or ""
        except XeroError:
            return None

    def _seen(self, credential):
        key, now = (request.db, credential.id), fields.Datetime.now()
        if time.monotonic() - _seen_at.get(key, -SEEN_EVERY) < SEEN_EVERY:
            return
        request.env.cr.execute(
            """UPDATE xero_credential SET webhook_seen_at = %s
                WHERE id = (SELECT id FROM xero_credential WHERE id = %s
                               AND (webhook_seen_at IS NULL OR webhook_seen_at < %s) FOR NO KEY UPDATE SKIP LOCKED)""",
            [now, credential.id, now - timedelta(seconds=SEEN_EVERY)],
        )
        request.env.cr.postcommit.add(lambda: _seen_at.update({key: time.monotonic()}))

    def _odd(self, credential, count):
        """Count what was rightly signed and says nothing; one that another delivery is counting is not waited for."""
        request.env.cr.execute(
            """UPDATE xero_credential SET webhook_odd_count = LEAST(COALESCE(webhook_odd_count, 0) + %s, 2000000000)
                WHERE id = (SELECT id FROM xero_credential WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)""",
            [count, credential.id],
        )

    def _refused(self, credential):
        tally = _tallies.setdefault((request.db, credential.id), Tally())
        if count := tally.add(time.monotonic()):
            request.env.cr.execute(
                "UPDATE xero_credential SET webhook_refused_at = %s,"
                " webhook_refused_count = COALESCE(webhook_refused_count, 0) + %s"
                " WHERE id = (SELECT id FROM xero_credential WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)",
                [fields.Datetime.now(), count, credential.id],
            )
            if not request.env.cr.rowcount:
                tally.pending += count

    def _answer(self, status):
        response = request.make_response(b"", status=status)
        response.headers.remove("Content-Type")
        return response
