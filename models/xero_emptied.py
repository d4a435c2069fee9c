"""Fields that were emptied in Odoo are emptied in Xero too, if Odoo had a value in them when both last agreed.

Xero keeps what a call leaves out. So what is empty in Odoo is left out as long as Odoo never had it: people may have
filled it in in Xero. What Odoo had and has no more is sent as an empty text.
"""

from odoo import fields, models
from odoo.tools import SQL

from ..xero_api import codec
from .xero_sync_push import STORED_KEYS


class XeroLink(models.Model):
    _inherit = "xero.link"

    odoo_keys = fields.Json(help="What Odoo had a value for at the last agreement, of what can be emptied in Xero.")

    def _emptied(self, mapper, payload: dict) -> dict:
        """Return what ``payload`` lacks that Odoo had, and Xero still has, with the empty value to send."""
        had, view = set(self.odoo_keys or ()), self.remote_view or {}
        return {
            key: empty
            for key, (name, empty) in mapper._clearable.items()
            if key in had and key not in payload and view.get(name)
        }


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _update_payload(self, mapper, link, out):
        """Extend: with the fields that were emptied in Odoo."""
        payload = super()._update_payload(mapper, link, out)
        if out.status == "ARCHIVED":
            return payload
        return {**payload, **link._emptied(mapper, out.payload)}

    def _save_links(self, connection, mapper, saved):
        """Extend: remember what Odoo had a value for; one statement a call."""
        failures = super()._save_links(connection, mapper, saved)
        pairs = [(item[1], item[STORED_KEYS]) for item, _element in saved if len(item) > STORED_KEYS]
        if pairs and mapper._clearable:
            self._save_keys(connection, mapper, pairs)
        return failures

    def _save_keys(self, connection, mapper, pairs):
        self.env["xero.link"].flush_model(["odoo_keys"])
        self.env.cr.execute(
            SQL(
                """UPDATE xero_link l SET odoo_keys = v.keys::jsonb
                     FROM unnest(%s::int[], %s::text[]) AS v(res_id, keys)
                    WHERE l.connection_id = %s AND l.xero_type = %s AND l.res_model = %s AND l.res_id = v.res_id""",
                [res_id for res_id, _keys in pairs],
                [codec.dumps(keys).decode() for _res_id, keys in pairs],
                connection.id,
                mapper._xero_type,
                mapper._odoo_model,
            )
        )
        self.env["xero.link"].invalidate_model(["odoo_keys"])


class XeroInboundContact(models.AbstractModel):
    _inherit = "xero.inbound.contact"

    def _agreed_values(self, connection, link, partner, element):
        """Extend: what Odoo took over it has now."""
        values = super()._agreed_values(connection, link, partner, element)
        if "digest" not in values:
            # A change of Odoo's is still to be sent; what it emptied among it too.
            return values
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        keys = mapper._kept_keys(self._outgoing(connection, partner)[partner.id].payload, element)
        return {**values, "odoo_keys": codec.dumps(keys).decode()}


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    def _agreed_values(self, connection, move, element):
        """Extend: what Odoo took over it has now."""
        values = super()._agreed_values(connection, move, element)
        mapper = self.env["xero.mapper"]._for_type(self._xero_type)
        out = self._outgoing(connection, move).get(move.id)
        keys = mapper._kept_keys(out.payload if out else {})
        return {**values, "odoo_keys": codec.dumps(keys).decode()}
