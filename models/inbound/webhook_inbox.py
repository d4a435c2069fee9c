"""Deliveries of webhooks: proven, counted and kept as events. Functions, because they open keys: no method may."""

import logging
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, fields

from ...xero_api import errors, webhooks
from ..connection import credential_secrets as xero_secrets

_logger = logging.getLogger(__name__)

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


def credential_at(env, token: str):
    """Return the credential whose webhooks come to the address with ``token``; empty for an unknown one. No query."""
    credentials = env["xero.credential"].sudo()
    address = credentials._webhook_addresses().get(token)
    return credentials.browse(address and address.credential)


def take(credential, token: str, raw: bytes, signature: str | None) -> int:
    """Take a delivery: prove it, and keep its events. The signature is checked before anything else is looked at.

    :param credential: what :func:`credential_at` found for ``token``
    :param raw: the body as it came
    :param signature: Xero's header ``x-xero-signature``
    :return: the HTTP status to answer: 200, 401 for what is not proven, 503 where this server cannot open the key
    """
    key = _key(credential)
    if key is None:
        # Another server may have the key: Xero tries again.
        return 503
    if not webhooks.verify(raw, signature, key):
        _refuse(credential)
        return 401
    try:
        events = webhooks.parse(raw)
    except errors.ProtocolError:
        # Rightly signed, so Xero's: repeating it would not make it readable.
        _logger.info("A signed webhook delivery could not be read (%s bytes)", len(raw))
        _count_odd(credential, 1)
        return 200
    _note_seen(credential)
    if events.odd:
        _logger.info("%s events of a signed webhook delivery are none", events.odd)
        _count_odd(credential, events.odd)
    if events:
        # Xero knows one address of an app, which several credentials may be of: each proves the events by its key.
        address = credential._webhook_addresses()[token]
        others = credential.browse(address.others).filtered(lambda one: webhooks.verify(raw, signature, _key(one)))
        credential.env["xero.webhook.event"]._receive(events, credential | others)
    return 200


def _key(credential) -> str | None:
    """Return the key of the credential's webhooks; ``None`` where this server cannot open it."""
    try:
        return xero_secrets.read_recent(credential).get("webhook_key") or ""
    except errors.XeroError:
        return None


def _place(credential) -> tuple:
    return credential.env.cr.dbname, credential.id


def _note_seen(credential):
    cr, now, place = credential.env.cr, fields.Datetime.now(), _place(credential)
    if time.monotonic() - _seen_at.get(place, -SEEN_EVERY) < SEEN_EVERY:
        return
    cr.execute(
        """UPDATE xero_credential SET webhook_seen_at = %s
            WHERE id = (SELECT id FROM xero_credential WHERE id = %s
                           AND (webhook_seen_at IS NULL OR webhook_seen_at < %s) FOR NO KEY UPDATE SKIP LOCKED)""",
        [now, credential.id, now - timedelta(seconds=SEEN_EVERY)],
    )
    cr.postcommit.add(lambda: _seen_at.update({place: time.monotonic()}))
    _tell(credential)


def _tell(credential):
    """Have others hear of it. Who calls here is nobody, and what is written for it is the system's."""
    known = credential.with_user(SUPERUSER_ID)
    known.invalidate_recordset(flush=False)
    for hook in known.env["xero.connection.hook"]._all():
        hook._called(known)


def _count_odd(credential, count):
    """Count what was rightly signed and says nothing; one that another delivery is counting is not waited for."""
    credential.env.cr.execute(
        """UPDATE xero_credential SET webhook_odd_count = LEAST(COALESCE(webhook_odd_count, 0) + %s, 2000000000)
            WHERE id = (SELECT id FROM xero_credential WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)""",
        [count, credential.id],
    )


def _refuse(credential):
    tally = _tallies.setdefault(_place(credential), Tally())
    if count := tally.add(time.monotonic()):
        cr = credential.env.cr
        cr.execute(
            "UPDATE xero_credential SET webhook_refused_at = %s,"
            " webhook_refused_count = COALESCE(webhook_refused_count, 0) + %s"
            " WHERE id = (SELECT id FROM xero_credential WHERE id = %s FOR NO KEY UPDATE SKIP LOCKED)",
            [fields.Datetime.now(), count, credential.id],
        )
        if not cr.rowcount:
            tally.pending += count
        elif tally.written == count:
            # The first of a flood; the others change nothing on a screen.
            _tell(credential)
