"""The organisation itself: its facts and its lists (accounts, tax rates, ...), read like everything else."""

from odoo import models
from odoo.exceptions import UserError


class XeroInboundOrganisation(models.AbstractModel):
    """A poll of this type costs five calls and is due once a day: lock dates, plans and charts change."""

    _name = "xero.inbound.organisation"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Organisation"

    _xero_type = "Organisation"
    _resource = "Organisation"
    _id_field = "OrganisationID"
    _rank = 1

    def _poll(self, connection, client, runner):
        try:
            runner._transaction(self._read_organisation, connection, client, runner)
        except UserError as error:
            # A ledger edition has no invoicing: nothing can be sent any more.
            self.env.cr.rollback()
            runner._transaction(connection.write, {"state": "reauth", "reason": str(error)})
        return True

    def _read_organisation(self, connection, client, runner):
        connection._refresh_organisation(client)
        connection._refresh_reference(client)
        runner._record_calls(connection)
