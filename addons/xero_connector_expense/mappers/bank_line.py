"""Bank statement lines that settle what an expense has outstanding: the expense is that money in Xero already."""

from odoo import models


class XeroMapperBankLine(models.AbstractModel):
    _inherit = "xero.mapper.bank_line"
