from odoo import api, fields, models

SCOPE = "accounting.settings"


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    item_policy = fields.Selection(
        [
            ("off", "Do not send products"),
            ("known", "Send products; name them on lines once they are in Xero"),
            ("first", "Send products; documents wait until theirs are in Xero"),
        ],
        "Products",
        required=True,
        default="off",
    )
    item_scope_missing = fields.Boolean(compute="_compute_item_scope_missing")

    @api.depends("item_policy", "credential_id.scopes")
    def _compute_item_scope_missing(self):
        """Xero's documents disagree on which permission items need: the wider one is enough either way."""
        for connection in self:
            granted = (connection.sudo().credential_id.scopes or "").split()
            connection.item_scope_missing = connection.item_policy != "off" and SCOPE not in granted

    def action_allow_items(self):
        """Ask for the permission to write items at the next consent, and start it."""
        self.ensure_one()
        self.check_access("write")
        credential = self.credential_id
        wanted = credential.requested_scopes.split()
        if SCOPE not in wanted:
            credential.requested_scopes = " ".join([*wanted, SCOPE])
        return self.action_connect()
