from odoo import models


class AccountPayment(models.Model):
    _inherit = "account.payment"

    def _xero_refusal(self):
        scope = self.env["xero.connection"]._scope(self.company_id.id)
        entry = self.move_id
        return entry._xero_refusal(scope) if scope and entry._xero_paid_expenses() else super()._xero_refusal()
