"""Expenses on their way out: while their entry is a draft again Xero keeps what it has."""

from odoo import models


class XeroExporterExpense(models.AbstractModel):
    _name = "xero.exporter.expense"
    _inherit = "xero.exporter.kept"
    _description = "Xero Expense Exporter"

    _xero_types = ("ExpenseTransaction",)
    _is_numbered = False
