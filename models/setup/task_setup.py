"""What the guide asks Xero, through the lane's worker: what the plan allows, and how much the organisation holds."""

from odoo import fields, models

from ...xero_api import paging
from ...xero_api.elements import rows
from ..queue.task import DONE

# The field of the guide that says how many elements of a resource Xero holds.
COUNTED = {"Contacts": "xero_contact_count", "Invoices": "xero_document_count"}


class XeroTaskSetup(models.AbstractModel):
    """It costs three calls and writes nothing but facts on the connection and its guide."""

    _name = "xero.task.setup"
    _inherit = "xero.task"
    _description = "Xero Task: Setup"

    _task = "Setup"
    _rank = 2

    def _task_slice(self, drain):
        counts = {name: self._count(drain.client, resource) for resource, name in COUNTED.items()}
        drain.transaction(self._take, drain, counts)
        return DONE

    def _count(self, client, resource) -> int:
        """Return how many elements there are, in one call for a page of one."""
        answer = client.get(resource, params={"page": 1, "pageSize": 1})
        return paging.item_count(answer.data) or len(rows(answer.data, resource))

    def _take(self, drain, counts):
        connection = drain.connection
        self.env["xero.organisation"]._refresh_actions(connection, drain.client)
        guide = self.env["xero.setup"].search([("connection_id", "=", connection.id)])
        guide.write({**counts, "counted_at": fields.Datetime.now()})
        guide._end_needless_hold()
        drain.record_calls()
        guide._notify_screens()
