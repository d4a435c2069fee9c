from odoo import models

TRACKED = frozenset({"name", "quantity", "price_unit", "discount", "tax_ids", "account_id", "product_id", "display_type", "sequence"})


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        result = super().write(vals)
        # A line written through its document is told by the document.
        if not TRACKED.isdisjoint(vals):
            self.move_id.filtered(lambda move: move.state == "posted")._xero_changed()
        return result
