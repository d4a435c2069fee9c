from odoo import api, fields, models
from odoo.exceptions import UserError

from .link.access import check_one
from .link.reason import ReasonText


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    xero_connection_id = fields.Many2one("xero.connection", related="company_id.xero_connection_id")
    xero_is_inherited = fields.Boolean(
        compute="_compute_xero_is_inherited", help="A branch that uses its parent's connection."
    )
    xero_state = fields.Selection(related="xero_connection_id.state", string="Xero Status")
    xero_tenant_name = fields.Char(related="xero_connection_id.tenant_name", string="Xero Organisation")
    xero_warning = fields.Text(related="xero_connection_id.warning", string="Xero Warning")
    xero_missing_mapping_count = fields.Integer(
        related="xero_connection_id.missing_mapping_count", string="Open Xero Mappings"
    )
    xero_reason = ReasonText(related="xero_connection_id.reason", string="Xero Reason")
    xero_sync_invoices = fields.Boolean(
        related="xero_connection_id.sync_invoices", readonly=False, string="Sync Customer Invoices"
    )
    xero_sync_bills = fields.Boolean(
        related="xero_connection_id.sync_bills", readonly=False, string="Sync Vendor Bills"
    )
    xero_sync_credit_notes = fields.Boolean(
        related="xero_connection_id.sync_credit_notes", readonly=False, string="Sync Customer Credit Notes"
    )
    xero_sync_refunds = fields.Boolean(
        related="xero_connection_id.sync_refunds", readonly=False, string="Sync Vendor Credit Notes"
    )
    xero_sync_when = fields.Selection(related="xero_connection_id.sync_when", readonly=False, string="Sync When")
    xero_alert_user_ids = fields.Many2many(
        related="xero_connection_id.alert_user_ids", readonly=False, string="Notify of Problems"
    )
    xero_keep_work_days = fields.Integer(
        related="xero_connection_id.keep_work_days", readonly=False, string="Days of Finished Work"
    )
    xero_keep_log_days = fields.Integer(
        related="xero_connection_id.keep_log_days", readonly=False, string="Days of the Audit Log"
    )
    xero_keep_reports_days = fields.Integer(
        related="xero_connection_id.keep_reports_days", readonly=False, string="Days of Reports"
    )
    xero_keep_copies_days = fields.Integer(
        related="xero_connection_id.keep_copies_days", readonly=False, string="Days of Copies from Xero"
    )
    xero_sync_from = fields.Date(related="xero_connection_id.sync_from", readonly=False, string="Sync From")

    @api.depends("xero_connection_id", "company_id")
    def _compute_xero_is_inherited(self):
        for settings in self:
            connection = settings.xero_connection_id
            settings.xero_is_inherited = bool(connection) and connection.sudo().company_id != settings.company_id

    def action_xero_setup(self):
        """Open the guide that connects this company, or its connection when there is one."""
        check_one(self)
        connection = self.company_id.xero_connection_id
        if connection and not connection._is_first_try():
            return connection._get_records_action()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Connect to Xero"),
            "res_model": "xero.setup.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_company_id": self.company_id.id},
        }

    def action_xero_guide(self):
        """Open the guide of this company's connection."""
        check_one(self)
        return self.company_id.xero_connection_id.with_env(self.env).action_setup()

    def action_xero_connect(self):
        """Begin or renew the consent of this company's connection."""
        check_one(self)
        if not self.company_id.xero_connection_id:
            raise UserError(self.env._("Create the connection first."))
        return self.company_id.xero_connection_id.with_env(self.env).action_connect()

    def action_xero_mappings(self):
        """Open what waits for a decision."""
        check_one(self)
        return self.company_id.xero_connection_id.with_env(self.env).action_open_mappings()

    def action_xero_check(self):
        check_one(self)
        return self.company_id.xero_connection_id.with_env(self.env).action_check()

    def action_xero_disconnect(self):
        check_one(self)
        return self.company_id.xero_connection_id.with_env(self.env).action_disconnect()
