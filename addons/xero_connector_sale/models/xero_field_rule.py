from odoo import api, fields, models


class XeroFieldRule(models.Model):
    _inherit = "xero.field.rule"

    match_team_ids = fields.Many2many(
        "crm.team", "xero_field_rule_team_rel", "rule_id", "team_id", "Sales Teams", ondelete="restrict"
    )

    @api.model
    def _match_paths(self, connection):
        of_document = ("move_id.team_id",)
        by_order = connection.sale_team_source == "order"
        # What is on no order has the team of its invoice.
        paths = ("sale_line_ids.order_id.team_id", *of_document) if by_order else of_document
        return {**super()._match_paths(connection), "match_team_ids": paths}

    @api.constrains("match_team_ids")
    def _check_teams(self):
        self._check_content()
