from odoo import fields, models


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    sync_quotes = fields.Boolean("Quotes")
