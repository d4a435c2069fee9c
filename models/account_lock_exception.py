from odoo import api, models


class AccountLockException(models.Model):
    _inherit = "account.lock_exception"

    @api.model_create_multi
    def create(self, vals_list):
        exceptions = super().create(vals_list)
        # An exception of one person opens nothing for workers.
        exceptions.filtered(lambda one: not one.user_id).company_id._xero_periods_changed()
        return exceptions
