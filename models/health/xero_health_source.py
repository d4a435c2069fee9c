from collections import defaultdict

from odoo import api, models


class XeroHealthSource(models.AbstractModel):
    """What rooms above this one know of the health of connections.

    ``connections`` are ``xero.connection`` with the rights of the system.
    """

    _name = "xero.health.source"
    _inherit = "xero.hook"
    _description = "Xero Health Source"

    @api.model
    def _told(self, connections) -> dict:
        """Return what all sources know, in the form of :meth:`_facts`.

        :return: connections that no source knows anything of have an empty dict
        """
        told = defaultdict(dict)
        for source in self._all():
            for connection_id, facts in source._facts(connections).items():
                told[connection_id].update(facts)
        return told

    # === TO IMPLEMENT === #

    @api.model
    def _facts(self, connections) -> dict:
        """Return ``{connection id: {field of Facts: value}}``, for those of which something is known.

        :param connections: with the rights of the system; a fixed number of queries serves any number of them
        :return: fields of ``Facts`` of ``health/check``; moments are naive UTC by Odoo's clock
        """
        raise NotImplementedError
