from odoo import fields, models


class XeroSetup(models.Model):
    _inherit = "xero.setup"

    deposit_notice = fields.Char(related="connection_id.deposit_notice")
