"""Before anything is sent: nothing that changed in Xero meanwhile is overwritten unseen."""

from odoo import models
from odoo.tools import SQL

from ..xero_api import codec
from ..xero_api.elements import rows
from .xero_sync_pull import IDS, PAGE_SIZE

# A resource without lists of ids: more elements than this are looked for among the recent changes, in one call.
SINGLE_READS = 3


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _screen_creations(self, connection, client, mapper, items) -> list:
        """Hook: return those of ``items``, new to Xero, that may be sent; the others' jobs are settled."""
        return items

    def _screen_updates(self, connection, client, mapper, items) -> list:
        """Read what ``items`` would overwrite; take in what changed there, and return the items that may be sent.

        Costs one call for forty updates. The policy for conflicts decides about the others, whose jobs begin anew.
        """
        inbound = self.env["xero.inbound"]._for_type(mapper._xero_type)
        links = self.env["xero.link"]._map(
            connection, mapper._xero_type, mapper._odoo_model, [item.res_id for item in items]
        )
        known = {link.xero_id: link for link in links.values() if link.xero_id}
        if inbound is None or not known:
            return items
        elements = {
            known[element[inbound._id_field]].res_id: element
            for element in self._read_current(client, connection, inbound, list(known))
            if element[inbound._id_field] in known
        }
        held = {res_id for res_id, element in elements.items() if self._is_changed(inbound, links[res_id], element)}
        items = self._fitted(connection, mapper, links, elements, items, held)
        if held:
            job_ids = [item.job_id for item in items if item.res_id in held]
            changed = [elements[res_id] for res_id in held]
            self._transaction(self._take_in_first, connection, inbound, changed, job_ids)
        return [item for item in items if item.res_id not in held]

    def _fitted(self, connection, mapper, links, elements, items, held) -> list:
        """Return ``items`` so that they wipe nothing that people have in Xero and Odoo never had."""
        return [
            self._fitted_item(mapper, links[item.res_id], elements[item.res_id], item)
            if item.keys is not None and item.res_id in elements and item.res_id not in held
            else item
            for item in items
        ]

    def _fitted_item(self, mapper, link, element, item):
        return item._replace(
            payload=mapper._fit(item.payload, element, set(link.odoo_keys or ())),
            keys=sorted({*item.keys, *mapper._kept_keys(item.payload, element)}),
        )

    def _is_changed(self, inbound, link, element) -> bool:
        return (
            bool(link.remote_digest)
            and link.remote_digest != codec.digest(inbound._remote_view(element))
            and not inbound._is_same_version(link, element)
        )

    def _take_in_first(self, connection, inbound, elements, job_ids):
        self._record_calls(connection)
        inbound.with_env(self.env)._apply(connection, elements)
        self._finish_or_requeue(SQL("id = ANY(%s) AND state = 'running'", job_ids))

    def _read_current(self, client, connection, inbound, xero_ids) -> list[dict]:
        """Return Xero's present elements of ``xero_ids``, in as few calls as the resource allows."""
        if not inbound._lists_ids and len(xero_ids) > SINGLE_READS:
            return self._read_recent(client, connection, inbound, set(xero_ids))
        found = []
        for start in range(0, len(xero_ids), IDS):
            found += self._read_ids(client, inbound, xero_ids[start : start + IDS])
        return found

    def _read_recent(self, client, connection, inbound, wanted):
        """What changed before the last reading was taken in then."""
        cursor = self._transaction(self.env["xero.sync.cursor"]._of, connection, inbound._xero_type)
        since = cursor._since() if cursor.watermark else None
        return [
            element
            for answer in client.pages(
                inbound._resource, params=dict(inbound._params), modified_since=since, page_size=PAGE_SIZE
            )
            for element in rows(answer.data, inbound._resource)
            if element.get(inbound._id_field) in wanted
        ]
