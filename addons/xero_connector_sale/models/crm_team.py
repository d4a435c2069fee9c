from odoo import fields, models
from odoo.addons.xero_connector.models.link.access import XERO_USER


class CrmTeam(models.Model):
    _inherit = "crm.team"

    xero_rule_count = fields.Integer(
        "Account Rules", compute="_compute_xero_rule_count", compute_sudo=False, groups=XERO_USER
    )

    def _compute_xero_rule_count(self):
        rows = self.env["xero.field.rule"]._read_group(
            [("match_team_ids", "in", self.ids)], ["match_team_ids"], ["__count"]
        )
        counts = {team.id: count for team, count in rows}
        for team in self:
            team.xero_rule_count = counts.get(team.id, 0)

    def action_xero_rules(self):
        """Open the account rules of the team; new ones are for it."""
        self.ensure_one()
        self.env["xero.field.rule"].check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_account_rule")
        target = self.env.ref("xero_connector.target_invoice_line_account")
        return {
            **action,
            "domain": [("match_team_ids", "in", self.ids)],
            "context": {
                "default_document": "out_invoice",
                "default_target_id": target.id,
                "default_source": "constant",
                "default_also_refunds": True,
                "default_match_team_ids": self.ids,
            },
        }
