from odoo import fields, models
from odoo.exceptions import AccessError


class DigestDigest(models.Model):
    _inherit = "digest.digest"

    kpi_xero_documents = fields.Boolean("Documents Sent to Xero")
    kpi_xero_documents_value = fields.Integer(compute="_compute_kpi_xero_documents_value")

    def _compute_kpi_xero_documents_value(self):
        if not self.env.user.has_group("xero_connector.group_xero_user"):
            raise AccessError(self.env._("Do not have access, skip this data for user's digest email"))
        self._calculate_company_based_kpi(
            "xero.sync.job",
            "kpi_xero_documents_value",
            date_field="done_at",
            additional_domain=[
                ("state", "=", "done"),
                ("operation", "=", "push"),
                ("res_model", "=", "account.move"),
            ],
        )

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("xero_connector.menu_xero").id
        actions["kpi_xero_documents"] = f"xero_connector.action_xero_health?menu_id={menu}"
        return actions
