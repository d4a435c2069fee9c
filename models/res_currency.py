from odoo import api, models

from ..mappers.awaited import record_key


class ResCurrency(models.Model):
    _inherit = "res.currency"

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals:
            self._xero_changed()
        return result

    def _xero_changed(self) -> None:
        """Try again what failed for want of these currencies or their rates."""
        self.env["xero.sync.job"].sudo()._retry_awaiting(record_key("res.currency", res_id) for res_id in self.ids)


class ResCurrencyRate(models.Model):
    _inherit = "res.currency.rate"

    @api.model_create_multi
    def create(self, vals_list):
        # Odoo writes each rate once more while it makes them.
        rates = super(ResCurrencyRate, self.with_context(xero_rates_made=True)).create(vals_list).with_env(self.env)
        rates.currency_id._xero_changed()
        return rates

    def write(self, vals):
        result = super().write(vals)
        if not self.env.context.get("xero_rates_made"):
            self.currency_id._xero_changed()
        return result
