from odoo import SUPERUSER_ID, api, fields, models

from ..mappers.awaited import CLOSED_PERIODS

LOCKS = {"fiscalyear_lock_date", "tax_lock_date", "sale_lock_date", "purchase_lock_date", "hard_lock_date"}


class ResCompany(models.Model):
    _inherit = "res.company"

    xero_connection_id = fields.Many2one(
        "xero.connection",
        compute="_compute_xero_connection_id",
        compute_sudo=True,
        groups="xero_connector.group_xero_user",
    )

    @api.depends_context("uid")
    def _compute_xero_connection_id(self):
        connections = self.env["xero.connection"]
        for company in self:
            company.xero_connection_id = (
                connections._any_for_company(company) if company._xero_is_of_user() else connections
            )

    def write(self, vals):
        result = super().write(vals)
        if not LOCKS.isdisjoint(vals):
            self._xero_periods_changed()
        return result

    def _xero_periods_changed(self) -> None:
        """Try again what waits for a period of these companies: what Xero has there may be booked now."""
        # The lock dates of a company are those of its branches too.
        companies = self.sudo().search([("id", "child_of", self.ids)])
        connections = {self.env["xero.connection"]._for_company(company) for company in companies}
        for connection in filter(None, connections):
            self.env["xero.sync.job"].sudo()._retry_awaiting([CLOSED_PERIODS], connection)

    def _xero_is_of_user(self) -> bool:
        """Whether this is one of the companies that the user works in; every company is for the system itself."""
        return self.env.uid == SUPERUSER_ID or self._origin.id in self.env.user._get_company_ids()
