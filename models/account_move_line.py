from odoo import api, models

from .link.own_context import own_value


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        result = super().write(vals)
        if not self.env["xero.mapper"]._tracked("account.move")[1].isdisjoint(vals):
            self.move_id._xero_tell()
        return result

    @api.model
    def _prepare_reconciliation_single_partial(self, debit_values, credit_values, shadowed_aml_values=None):
        """Extend `account`: reconcile no more than the context's ``xero_at_most`` (a ``Remaining`` of payments)."""
        most = own_value(self.env, "xero_at_most")
        if most is None:
            return super()._prepare_reconciliation_single_partial(debit_values, credit_values, shadowed_aml_values)
        held = [(values, self._xero_hold_back(values, most.amount)) for values in (debit_values, credit_values)]
        result = super()._prepare_reconciliation_single_partial(debit_values, credit_values, shadowed_aml_values)
        for values, (in_currency, balance) in held:
            values["amount_residual_currency"] += in_currency
            values["amount_residual"] += balance
        most.amount -= (result.get("partial_values") or {}).get("debit_amount_currency", 0.0)
        return result

    def _xero_hold_back(self, values, most) -> tuple[float, float]:
        """Lower the residual in ``values`` to ``most``; return what was taken off, in currency and in balance."""
        line, residual, balance = values["aml"], values["amount_residual_currency"], values["amount_residual"]
        most = max(line.currency_id.round(most), 0.0)
        if abs(residual) <= most:
            return 0.0, 0.0
        values["amount_residual_currency"] = most if residual > 0 else -most
        values["amount_residual"] = line.company_currency_id.round(balance * most / abs(residual))
        return residual - values["amount_residual_currency"], balance - values["amount_residual"]
