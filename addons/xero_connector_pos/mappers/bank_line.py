"""Cash that was counted differently: it goes with the document of its session, not as money spent or received."""

from odoo import models


class XeroMapperBankLine(models.AbstractModel):
    _inherit = "xero.mapper.bank_line"

    def _is_decided(self, move):
        return super()._is_decided(move) and not move._xero_is_till_difference()
