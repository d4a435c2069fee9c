from odoo import models
from odoo.addons.xero_connector.mappers.text import named


class AccountMove(models.Model):
    """The entry of an expense is posted, edited or reset: what was spent follows."""

    _inherit = "account.move"

    def _xero_refusal(self, scope):
        self.ensure_one()
        expense = self._xero_paid_expenses()[:1]
        if not expense:
            return super()._xero_refusal(scope)
        return expense._xero_refusal(scope) or self.env["xero.reason"]._(
            "%(entry)s was booked for the expense %(expense)s, which goes to Xero itself.",
            entry=named(self.display_name),
            expense=named(expense.name),
        )

    def _xero_changed(self):
        super()._xero_changed()
        if any(self.env["xero.connection"]._scope(company.id) for company in self.company_id):
            self._xero_paid_expenses()._xero_changed()

    def _xero_paid_expenses(self):
        """Return the ``hr.expense``, as superuser, that the company paid by these entries."""
        expenses = self.filtered(lambda move: move.move_type == "entry").sudo().expense_ids
        return expenses.filtered(lambda expense: expense.payment_mode == "company_account")
