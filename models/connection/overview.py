"""What the card of a company shows besides its state: what the last proof found."""

from odoo import fields, models


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    proven_at = fields.Datetime("Last Proof", compute="_compute_proof")
    proof_text = fields.Char("Result of the Last Proof", compute="_compute_proof")
    receivable_odoo = fields.Monetary(compute="_compute_proof", currency_field="company_currency_id")
    receivable_xero = fields.Monetary(compute="_compute_proof", currency_field="company_currency_id")
    payable_odoo = fields.Monetary(compute="_compute_proof", currency_field="company_currency_id")
    payable_xero = fields.Monetary(compute="_compute_proof", currency_field="company_currency_id")

    def _compute_proof(self):
        for connection in self:
            report = connection.last_reconciliation_id
            connection.proven_at = report.as_of
            connection.proof_text = report.verdict_text
            connection.receivable_odoo = report.receivable_odoo
            connection.receivable_xero = report.receivable_xero
            connection.payable_odoo = report.payable_odoo
            connection.payable_xero = report.payable_xero
