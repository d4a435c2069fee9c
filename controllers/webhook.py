import logging
import time
from datetime import timedelta

from odoo import fields, http
from odoo.http import request

from ..xero_api import errors, webhooks
from ..xero_api.errors import XeroError

_logger = logging.getLogger(__name__)

# Deliveries are small: Xero sends up to some hundred events of a few hundred bytes.
LARGEST = 1_000_000
# The screen shows the last delivery to the minute: more often it is not written.
SEEN_EVERY = 60
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
        credential = request.env["xero.credential"].sudo().browse(self._credential_id(token))
        if length is None or length > LARGEST or not credential:
            return self._answer(401)
        raw = request.httprequest.get_data()
        if not webhooks.verify(raw, request.httprequest.headers.get("x-xero-signature"), self._key(credential)):
            self._refused(credential)
            return self._answer(401)
        try:
            events = webhooks.parse(raw)
        except errors.ProtocolError:
            # Rightly signed, so Xero's: repeating it would not make it readable.
            _logger.info("A signed webhook delivery could not be read (%s bytes)", len(raw))
            return self._answer(200)
        self._seen(credential)
        if events:
            request.env["xero.webhook.event"].sudo()._receive(events, credential)
        return self._answer(200)

    def _credential_id(self, token):
        return request.env["xero.credential"]._webhook_ids().get(token) or []

    def _key(self, credential):
        try:
            return credential._vault().get("webhook_key")
        except XeroError:
            return None

    def _seen(self, credential):
        now = fields.Datetime.now()
        request.env.cr.execute(
            """UPDATE xero_credential SET webhook_seen_at = %s
                WHERE id = (SELECT id FROM xero_credential WHERE id = %s
                               AND (webhook_seen_at IS NULL OR webhook_seen_at < %s) FOR NO KEY UPDATE SKIP LOCKED)""",
            [now, credential.id, now - timedelta(seconds=SEEN_EVERY)],
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
