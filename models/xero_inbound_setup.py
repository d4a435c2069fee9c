"""What the guide asks Xero, through the lane's worker: what the plan allows, and how much the organisation holds."""

from odoo import fields, models

from ..xero_api.elements import rows

XERO_TYPE = "Setup"
# The field of the guide that says how many elements of a resource Xero holds.
COUNTED = {"Contacts": "xero_contact_count", "Invoices": "xero_document_count"}


class XeroInboundSetup(models.AbstractModel):
    """One job costs three calls. It writes nothing but facts on the connection and its guide."""

    _name = "xero.inbound.setup"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Setup"

    _xero_type = XERO_TYPE
    _polled = False
    _rank = 2

    def _poll(self, connection, client, runner):
        counts = {name: self._count(client, resource) for resource, name in COUNTED.items()}
        runner._transaction(self._take, connection, client, runner, counts)
        return True

    def _count(self, client, resource) -> int:
        """Return how many elements there are, in one call for a page of one."""
        answer = client.get(resource, params={"page": 1, "pageSize": 1})
        block = answer.data.get("pagination") or {}
        return int(block.get("itemCount") or len(rows(answer.data, resource)))

    def _take(self, connection, client, runner, counts):
        connection._refresh_actions(client)
        guide = self.env["xero.setup"].search([("connection_id", "=", connection.id)])
        guide.write({**counts, "counted_at": fields.Datetime.now()})
        guide._end_needless_hold()
        runner._record_calls(connection)
        guide._notify_screens()


class XeroInboundOrganisation(models.AbstractModel):
    _inherit = "xero.inbound.organisation"

    def _read_organisation(self, connection, client, runner):
        """Extend: a plan that changed allows other things."""
        connection._refresh_actions(client)
        super()._read_organisation(connection, client, runner)
        self.env["xero.setup"].search([("connection_id", "=", connection.id)])._notify_screens()


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    multi_currency = fields.Selection(
        [("unknown", "Not read yet"), ("allowed", "Allowed"), ("refused", "Not in this plan")],
        required=True,
        default="unknown",
        readonly=True,
        copy=False,
        help="Whether the organisation's plan takes documents in other currencies than its own.",
    )
    actions_refused = fields.Json(
        readonly=True, copy=False, help="What the plan, or the person who connected, may not do, by Xero's names."
    )

    def _refresh_actions(self, client) -> None:
        """Read what plan and person allow; one call. What Xero does not name stays unknown."""
        self.ensure_one()
        found = client.get("Organisation", xero_id="Actions").data.get("Actions") or []
        status = {row.get("Name"): row.get("Status") for row in found}
        refused = sorted(name for name, word in status.items() if name and word != "ALLOWED")
        currencies = status.get("UseMulticurrency")
        self.write(
            {
                "multi_currency": {None: "unknown", "ALLOWED": "allowed"}.get(currencies, "refused"),
                "actions_refused": refused,
            }
        )
