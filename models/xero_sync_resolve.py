"""After an unknown outcome: look first, adopt what is ours, send again what is missing."""

import logging
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..xero_api import codec, errors
from .xero_link import GONE_STATUSES

_logger = logging.getLogger(__name__)

# Xero keeps idempotency keys for 6 minutes. Inside that time the same bytes under the same key cannot be saved twice,
# even when the first call is still on its way; after it, no call is on its way any more.
REPLAY_WITHIN = timedelta(minutes=5)
# Clocks differ: look back further than the call.
LOOK_BACK = timedelta(minutes=15)
# Lists of these leave out archived contacts, and what belongs to them, unless asked.
HIDES_ARCHIVED = ("Contacts", "Invoices")


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _resolve_open(self, connection, client) -> bool:
        """Settle every call of this lane whose answer was lost: the worker was killed, or the connection broke.

        :return: whether all that was sent is in Xero; ``False`` when something goes back to the queue, or is to be
            looked up later
        """
        batches = self.env["xero.sync.batch"].search(
            [
                ("connection_id", "=", connection.id),
                ("state", "!=", "done"),
                "|",
                ("resolve_after", "=", False),
                ("resolve_after", "<=", fields.Datetime.now()),
            ],
            order="id",
        )
        arrived = True
        for batch in batches:
            _logger.info("Looking up the outcome of call %s", batch.correlation_id)
            if batch.method == "PUT":
                arrived &= self._resolve_creation(connection, client, batch)
            else:
                arrived &= self._resolve_update(connection, client, batch)
        return arrived and not self._open_batches(connection)

    def _open_batches(self, connection):
        return self.env["xero.sync.batch"].search([("connection_id", "=", connection.id), ("state", "!=", "done")])

    def _wait_for_outcomes(self, connection) -> None:
        """See that no outcome is open: what Xero holds cannot be told from what is being sent until then.

        :raise OutcomeUnknown: one is, and when to look
        """
        times = [batch.resolve_after or fields.Datetime.now() for batch in self._open_batches(connection)]
        if times:
            wait = max((max(times) - fields.Datetime.now()).total_seconds(), 1)
            raise errors.OutcomeUnknown("An outcome is looked up later", retry_after=wait)

    def _resolve_update(self, connection, client, batch) -> bool:
        """Repeat an update under its key: its answer is what Xero holds, else our own change looks like another's.

        A call too old for that, or answered with an error, is over: what Xero saved of it is adopted, and the other
        jobs send the records' present state.
        """
        if self._may_replay(batch):
            self._replay(connection, client, batch)
            return True
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        found = self._find_saved(connection, client, mapper, batch)
        self._transaction(self._adopt, connection, mapper, batch, found)
        return len(found) == len(batch.items)

    def _find_saved(self, connection, client, mapper, batch) -> dict:
        """Return ``{res_id: element}`` of the updates of ``batch`` that Xero has saved; one call for forty."""
        inbound = self.env["xero.inbound"]._for_type(batch.xero_type)
        items = {item[1]: item for item in batch.items}
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, items)
        of_xero = {link.xero_id: link for link in links.values() if link.xero_id and link.remote_view}
        if inbound is None or not of_xero:
            return {}
        payloads = dict(zip(items, codec.loads(batch.body)[batch.resource], strict=True))
        found = {}
        for element in self._read_current(client, connection, inbound, list(of_xero)):
            link = of_xero.get(element[inbound._id_field])
            if link and inbound._is_saved(connection, link, element, payloads[link.res_id], items[link.res_id][4]):
                found[link.res_id] = element
        return found

    def _resolve_creation(self, connection, client, batch) -> bool:
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        found = self._find_ours(connection, client, mapper, batch)
        missing = len(found) < len(batch.items)
        if missing and self._may_replay(batch):
            self._replay(connection, client, batch)
            return True
        self._transaction(self._adopt, connection, mapper, batch, found)
        return not missing

    def _may_replay(self, batch) -> bool:
        """A call that was answered by Xero, be it with an error, is over. Another may still be saving.

        Its age is by our clock, or by that of the server that made it: where they differ the key may be forgotten.
        """
        age = fields.Datetime.now() - batch.started_at
        return not batch.answered and timedelta(0) <= age < REPLAY_WITHIN

    def _replay(self, connection, client, batch):
        mapper = self.env["xero.mapper"]._for_type(batch.xero_type)
        self._transaction(self._touch_batch, batch)
        self._call(connection, client, mapper, batch, batch.body.encode(), replay=True)

    def _touch_batch(self, batch):
        batch.write({"state": "sent", "resolve_after": False})

    def _find_ours(self, connection, client, mapper, batch) -> dict:
        """Return ``{res_id: element}`` of what Xero has of ``batch``: made since the call began, bearing our mark,
        not linked yet.
        """
        sent = dict(zip((item[1] for item in batch.items), codec.loads(batch.body)[mapper._xero_resource], strict=True))
        found = {}
        params = {"includeArchived": "true"} if mapper._xero_resource in HIDES_ARCHIVED else {}
        # By Xero's clock.
        since = batch.started_at - LOOK_BACK + timedelta(seconds=connection.clock_offset or 0)
        for answer in client.pages(mapper._xero_resource, params=params, modified_since=since):
            for element in self._unlinked(connection, mapper, answer.data.get(mapper._xero_resource) or []):
                for res_id, payload in sent.items():
                    if res_id not in found and mapper._marker_matches(element, res_id, payload):
                        found[res_id] = element
                        break
        return found

    def _unlinked(self, connection, mapper, elements) -> list[dict]:
        """Return those of Xero's living ``elements`` that stand for no record yet; one query."""
        linked = set(
            self.env["xero.link"]
            .search(
                [
                    ("connection_id", "=", connection.id),
                    ("xero_type", "=", mapper._xero_type),
                    ("xero_id", "in", [element[mapper._xero_id_field] for element in elements]),
                ]
            )
            .mapped("xero_id")
        )
        return [
            element
            for element in elements
            if element[mapper._xero_id_field] not in linked
            and element.get(mapper._xero_status_field) not in GONE_STATUSES
        ]

    def _adopt(self, connection, mapper, batch, found):
        """Link what is there; the rest of the batch waits for a call of its own."""
        saved = [(item, found[item[1]]) for item in batch.items if item[1] in found]
        failures = self._save_links(connection, mapper, saved)
        batch.write({"state": "done", "body": False})
        self._record_calls(connection, batch)
        self._fail(failures)
        self._finish([item[0] for item, _element in saved if item[0] not in failures])
        self._finish_or_requeue(SQL("batch_id = %s AND state = 'running'", batch.id))
