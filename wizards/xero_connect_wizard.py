from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mappers.text import named


class XeroConnectWizard(models.TransientModel):
    """Lets a person choose, by name, which organisation belongs to the company."""

    _name = "xero.connect.wizard"
    _inherit = ["xero.company.guard"]
    _description = "Choose a Xero Organisation"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="connection_id.company_id")
    line_ids = fields.One2many("xero.connect.wizard.line", "wizard_id")
    line_id = fields.Many2one("xero.connect.wizard.line", "Organisation", domain="[('wizard_id', '=', id)]")

    @api.depends("company_id")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("Xero organisation of %s", named(wizard.company_id.name))

    def action_link(self):
        """Bind the chosen organisation to the company and open the connection."""
        self.ensure_one()
        self.connection_id._check_administrator()
        if not self.line_id:
            raise UserError(self.env._("Choose an organisation."))
        chosen = self.env["xero.consent"]._choose_one(self.connection_id, self.line_id._organisation())
        return {**chosen, "target": "main"}


class XeroConnectWizardLine(models.TransientModel):
    _name = "xero.connect.wizard.line"
    _inherit = ["xero.company.guard"]
    _description = "Xero Organisation to Choose"

    wizard_id = fields.Many2one("xero.connect.wizard", required=True, ondelete="cascade")
    name = fields.Char("Organisation", required=True, readonly=True)
    tenant_id = fields.Char(required=True, readonly=True)
    tenant_connection_id = fields.Char(readonly=True)
    country_code = fields.Char(readonly=True)
    country_name = fields.Char("Country", compute="_compute_country_name")
    currency_code = fields.Char("Currency", readonly=True)
    is_demo_company = fields.Boolean("Demo Company", readonly=True)
    mismatch = fields.Text("Does Not Fit", compute="_compute_mismatch")

    def _organisation(self) -> dict:
        self.ensure_one()
        return {"tenantId": self.tenant_id, "id": self.tenant_connection_id, "tenantName": self.name}

    def action_choose(self):
        self.ensure_one()
        self.wizard_id.line_id = self
        return self.wizard_id.action_link()

    @api.depends("country_code")
    @api.depends_context("lang")
    def _compute_country_name(self):
        countries = self.env["res.country"].search([("code", "in", self.mapped("country_code"))])
        names = {country.code: country.name for country in countries}
        for line in self:
            line.country_name = names.get(line.country_code, line.country_code)

    @api.depends("country_code", "currency_code", "wizard_id.company_id")
    @api.depends_context("lang")
    def _compute_mismatch(self):
        for line in self:
            company = line.wizard_id.company_id
            found = self.env["xero.organisation"]._mismatches(company, line.currency_code, line.country_code)
            line.mismatch = "\n".join(found) or False

    @api.depends("name")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.name
