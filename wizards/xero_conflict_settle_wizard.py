from odoo import api, fields, models

from ..mappers.text import named
from ..models.link.notice import notice

# So many that were left open are named in the answer.
NAMED = 5


class XeroConflictSettleWizard(models.TransientModel):
    """What one decision about many conflicts would do."""

    _name = "xero.conflict.settle.wizard"
    _inherit = ["xero.company.guard"]
    _description = "Settle Conflicts with Xero"

    conflict_ids = fields.Many2many("xero.conflict", "xero_conflict_settle_wizard_rel", string="Conflicts")
    side = fields.Selection([("odoo", "Odoo"), ("xero", "Xero")], required=True, default="odoo")
    outlook = fields.Html(compute="_compute_outlook", sanitize=False)

    @api.depends("conflict_ids", "side")
    def _compute_outlook(self):
        for wizard in self:
            wizard.outlook = wizard.conflict_ids._outlook(wizard.side)

    def action_settle(self):
        """Settle them; return a notice of how many were, and why the others are still open."""
        settled, left = self.conflict_ids._settle_all(self.side)
        message = self.env._("%s conflicts are resolved.", settled)
        lines = [f"{named(conflict.record_name)}: {reason}" for conflict, reason in left.items()][:NAMED]
        if left:
            message = "\n".join((message, self.env._("Still open: %s.", len(left)), *lines))
        shown = notice(message, kind="warning" if left else "success", sticky=bool(left))
        shown["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return shown
