from odoo import fields, models
from odoo.addons.xero_connector.mappers.text import named
from odoo.addons.xero_connector.models.xero_status_mixin import sync_states
from odoo.tools import SQL

EXPENSE_TYPE = "ExpenseTransaction"


class HrExpense(models.Model):
    """An expense that the company paid is money spent in Xero. What employees paid goes as the receipt made of it."""

    _name = "hr.expense"
    _inherit = ["hr.expense", "xero.sync.mixin"]

    xero_sync_state = fields.Selection(sync_states("Deleted in Xero"))

    # === STATUS === #

    def _xero_company(self):
        return self.company_id

    def _xero_is_draft(self):
        return self.sudo().account_move_id.state == "draft"

    def _xero_is_draft_sql(self):
        self.flush_model(["account_move_id"])
        self.env["account.move"].flush_model(["state"])
        return SQL(
            """EXISTS (SELECT FROM hr_expense e JOIN account_move m ON m.id = e.account_move_id
                        WHERE e.id = l.res_id AND m.state = 'draft')"""
        )

    # === SCOPE === #

    def _xero_refusal(self, scope):
        self.ensure_one()
        say, entry, name = self.env["xero.reason"], self.sudo().account_move_id, named(self.display_name)
        if self.payment_mode != "company_account":
            return say._("%s was paid by the employee: the receipt that is made of it goes to Xero as a bill.", name)
        if EXPENSE_TYPE in scope.off:
            return self._xero_switched_off(scope)
        if entry.state != "posted":
            return say._("%s is not posted: it goes to Xero when its journal entry is.", name)
        if entry.journal_id.id in scope.excluded_journals:
            return say._(
                "%(expense)s: the journal %(journal)s is left out of the sync.",
                expense=name,
                journal=named(entry.journal_id.name),
            )
        return None

    def _xero_switched_off(self, scope) -> str:
        """Return why no expense is sent: the setting, or a permission that the consent lacks."""
        connection = self.env["xero.connection"].sudo().browse(scope.connection_id)
        mapper = self.env["xero.mapper"]._for_type(EXPENSE_TYPE)
        lacking = connection._lacking_text(mapper._scopes) if mapper._is_switched_on(connection) else ""
        return lacking or self.env["xero.reason"]._(
            "Expenses that the company paid are switched off in the Xero settings of its company."
        )

    def _xero_due(self, scope):
        """Return those of these that Xero should hear of: what it has, and what it shall have and is recent."""
        wanted = self.filtered(
            lambda expense: (
                not expense._xero_refusal(scope) and expense.sudo().account_move_id._xero_time_in_scope(scope)
            )
        )
        rest = (self - wanted).ids
        if not rest:
            return wanted
        domain = [("connection_id", "=", scope.connection_id), ("res_model", "=", self._name), ("res_id", "in", rest)]
        links = self.env["xero.link"].sudo().search([*domain, ("xero_id", "!=", False), ("state", "!=", "ignored")])
        return wanted | self.browse(links.filtered(lambda link: link._is_alive()).mapped("res_id"))

    # === EVENTS === #

    def write(self, vals):
        result = super().write(vals)
        self._xero_tell(vals)
        return result

    def _xero_changed(self):
        for company, expenses in self.grouped("company_id").items():
            scope = company and self.env["xero.connection"]._scope(company.id)
            due = expenses._xero_due(scope) if scope and EXPENSE_TYPE not in scope.off else self.browse()
            if due:
                due._xero_enqueue(scope)
