from odoo import api, fields, models


class XeroDecideWizard(models.TransientModel):
    """All that is undecided of an organisation, on one screen of whoever decides: accountants write no connections."""

    _name = "xero.decide.wizard"
    _inherit = ["xero.company.guard"]
    _description = "Xero Mappings to Decide"

    connection_id = fields.Many2one("xero.connection", "Organisation", required=True, ondelete="cascade")
    account_mapping_ids = fields.Many2many(
        "xero.mapping.account", "xero_decide_wizard_account_rel", string="Accounts to Decide",
        compute="_compute_mapping_ids", store=True, readonly=False,
    )  # fmt: skip
    tax_mapping_ids = fields.Many2many(
        "xero.mapping.tax", "xero_decide_wizard_tax_rel", string="Taxes to Decide",
        compute="_compute_mapping_ids", store=True, readonly=False,
    )  # fmt: skip
    journal_mapping_ids = fields.Many2many(
        "xero.mapping.journal", "xero_decide_wizard_journal_rel", string="Bank Accounts to Decide",
        compute="_compute_mapping_ids", store=True, readonly=False,
    )  # fmt: skip
    is_decided = fields.Boolean(compute="_compute_is_decided")

    @api.depends("connection_id")
    def _compute_mapping_ids(self):
        """What is decided on the screen stays in sight on it."""
        for wizard in self:
            wizard.account_mapping_ids = wizard.connection_id.open_account_mapping_ids
            wizard.tax_mapping_ids = wizard.connection_id.open_tax_mapping_ids
            wizard.journal_mapping_ids = wizard.connection_id.open_journal_mapping_ids

    @api.depends("account_mapping_ids.state", "tax_mapping_ids.state", "journal_mapping_ids.state")
    def _compute_is_decided(self):
        for wizard in self:
            rows = (wizard.account_mapping_ids, wizard.tax_mapping_ids, wizard.journal_mapping_ids)
            wizard.is_decided = all(row.state == "confirmed" for kind in rows for row in kind)

    @api.depends("connection_id")
    def _compute_display_name(self):
        for wizard in self:
            wizard.display_name = self.env._("To Decide")
