from odoo import api, fields, models


class QuoteLine(models.Model):
    _name = "test.xero.quote.line"
    _description = "Quote Line"
    _order = "sequence, id"

    quote_id = fields.Many2one("test.xero.quote", required=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    is_text = fields.Boolean("Section or Note")
    name = fields.Text("Description", required=True)
    quantity = fields.Float(default=1)
    price_unit = fields.Float(digits="Product Price")
    discount = fields.Float("Discount (%)")
    tax_ids = fields.Many2many("account.tax")
    account_id = fields.Many2one("account.account")

    def _part(self):
        """Return the line as Odoo's tax engine takes it; of a section or note its text."""
        self.ensure_one()
        if self.is_text:
            return self.name
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            self, currency_id=self.quote_id.currency_id, partner_id=self.quote_id.partner_id, name=self.name
        )

    # === EVENTS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.quote_id._xero_tell({"line_ids": True})
        return lines

    def write(self, vals):
        result = super().write(vals)
        if not self.env["xero.mapper"]._tracked("test.xero.quote")[1].isdisjoint(vals):
            self.quote_id._xero_tell({"line_ids": True})
        return result

    def unlink(self):
        quotes = self.quote_id
        result = super().unlink()
        quotes.exists()._xero_tell({"line_ids": True})
        return result
