from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        result = super().write(vals)
        if not self.env["xero.mapper"]._tracked("account.move")[1].isdisjoint(vals):
            self.move_id._xero_tell()
        return result
