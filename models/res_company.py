from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    xero_connection_id = fields.Many2one("xero.connection", compute="_compute_xero_connection_id", compute_sudo=True)

    def _compute_xero_connection_id(self):
        for company in self:
            company.xero_connection_id = self.env["xero.connection"]._any_for_company(company)
