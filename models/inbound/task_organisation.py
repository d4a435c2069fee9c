"""The organisation itself: its facts and its lists (accounts, tax rates, ...)."""

from odoo import fields, models
from odoo.exceptions import UserError

from ...mappers.reason import said
from ..queue.task import DONE

# What the gate calls the elements of the lists that are read as a whole.
LISTS = ["Account", "TaxRate", "Currency", "BrandingTheme", "TrackingCategory"]


class XeroTaskOrganisation(models.AbstractModel):
    """It costs five calls and is due once a day: lock dates, plans and charts change."""

    _name = "xero.task.organisation"
    _inherit = "xero.task"
    _description = "Xero Task: Organisation"

    _task = "Organisation"
    _rank = 1

    def _task_slice(self, drain):
        try:
            drain.transaction(self._read_organisation, drain)
        except UserError as error:
            # A ledger edition has no invoicing: nothing can be sent any more.
            self.env.cr.rollback()
            drain.transaction(drain.connection.write, {"state": "reauth", "reason": said(error)})
        return DONE

    def _read_organisation(self, drain):
        connection, client = drain.connection, drain.client
        began = fields.Datetime.now()
        # A plan that changed allows other things.
        self.env["xero.organisation"]._refresh_actions(connection, client)
        self.env["xero.organisation"]._refresh(connection, client)
        self.env["xero.mapping.service"]._read_lists(connection, client)
        self.env["xero.quarantine"].sudo()._end_unseen(connection, LISTS, began)
        drain.record_calls()
        for hook in self.env["xero.connection.hook"]._all():
            hook._facts_read(connection)
