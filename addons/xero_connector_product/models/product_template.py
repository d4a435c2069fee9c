from odoo import models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def write(self, vals):
        """Most of what Xero is told of a product is written here, not on the variant."""
        result = super().write(vals)
        tracked = self.env["xero.mapper"]._tracked("product.product")[0]
        if not tracked.isdisjoint(vals) or "list_price" in vals:
            self.product_variant_ids._xero_tell()
        return result
