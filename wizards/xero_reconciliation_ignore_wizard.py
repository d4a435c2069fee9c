from odoo import fields, models


class XeroReconciliationIgnoreWizard(models.TransientModel):
    """Why a person accepts differences."""

    _name = "xero.reconciliation.ignore.wizard"
    _inherit = ["xero.company.guard"]
    _description = "Accept Xero Differences"

    difference_ids = fields.Many2many(
        "xero.reconciliation.difference", "xero_reconciliation_ignore_wizard_rel", string="Differences"
    )
    reason = fields.Char(required=True)

    def action_ignore(self):
        """Accept the differences, with the reason."""
        self.difference_ids._ignore(self.reason)
        return {"type": "ir.actions.act_window_close"}
