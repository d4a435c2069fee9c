"""The table of a field rule: what Xero gets for one value in Odoo."""

from odoo import api, fields, models


class XeroFieldRuleValue(models.Model):
    """A row of a rule's table."""

    _name = "xero.field.rule.value"
    _inherit = ["xero.company.guard"]
    _description = "Xero Field Rule Value"
    _order = "sequence, id"

    rule_id = fields.Many2one("xero.field.rule", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    kind = fields.Selection(related="rule_id.kind")
    connection_id = fields.Many2one(related="rule_id.connection_id")
    key_model = fields.Char(related="rule_id.key_model")
    category_id = fields.Many2one(related="rule_id.tracking_category_id")
    key_id = fields.Many2oneReference("Odoo Record", model_field="key_model")
    key_text = fields.Char("Odoo Value")
    value_text = fields.Char("Xero Value")
    value_account_id = fields.Many2one(
        "xero.account", "Xero Account", ondelete="restrict",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE'), ('type', '!=', 'BANK')]",
    )  # fmt: skip
    value_theme_id = fields.Many2one(
        "xero.branding.theme", "Xero Theme", ondelete="restrict",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE')]",
    )  # fmt: skip

    value_option_id = fields.Many2one(
        "xero.tracking.option", "Xero Option", ondelete="restrict",
        domain="[('category_id', '=', category_id), ('status', '=', 'ACTIVE')]",
    )  # fmt: skip

    def _key(self, relational: bool) -> str:
        if relational:
            return str(self.key_id) if self.key_id else ""
        return (self.key_text or "").strip().lower()

    def _value(self) -> str:
        if self.kind == "account":
            return self.value_account_id.xero_id or ""
        if self.kind == "tracking":
            return self.value_option_id.xero_id or ""
        return (self.value_theme_id.xero_id if self.kind == "theme" else self.value_text) or ""

    @api.model_create_multi
    def create(self, vals_list):
        values = super().create(vals_list)
        values.rule_id._changed()
        return values

    def write(self, vals):
        result = super().write(vals)
        self.rule_id._changed()
        return result

    def unlink(self):
        rules = self.rule_id
        result = super().unlink()
        rules._changed()
        return result
