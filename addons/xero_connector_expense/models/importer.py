"""What happened in Xero to expenses: it is told, and nothing is taken over."""

from odoo import models
from odoo.addons.xero_connector.mappers.bank.canonical import bank_state
from odoo.addons.xero_connector.models.inbound.importer import Result


class XeroInboundExpense(models.AbstractModel):
    """Expenses stand among Xero's bank transactions, and come with these where they are read."""

    _name = "xero.inbound.expense"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Expense"

    _xero_type = "ExpenseTransaction"
    _resource = "BankTransactions"
    _id_field = "BankTransactionID"
    _odoo_model = "hr.expense"
    _flow = "payments"
    _switch = "sync_company_expenses"
    _polled = False

    def _canonical(self, element):
        return bank_state(element).dump()

    def _is_gone(self, element):
        return element.get("Status") in ("VOIDED", "DELETED")

    def _apply_known(self, connection, changed):
        for link, element in changed:
            self._save_base(connection, link, element)
        return {element[self._id_field]: Result("agreed", res_id=link.res_id) for link, element in changed}

    def _apply_new(self, connection, elements):
        return {element[self._id_field]: Result("ignored") for element in elements}
