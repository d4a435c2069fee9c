from odoo import fields, models


class XeroPeriodTotal(models.Model):
    """What a stock journal comes to on an account, by tracking; what cancels out is not shown."""

    _name = "xero.period.total"
    _description = "Xero Stock Journal Total"
    _auto = False
    _order = "journal_id, account_id, id"
    _depends = {
        "xero.period.line": ["journal_id", "company_id", "account_id", "balance", "analytic_distribution"],
    }

    journal_id = fields.Many2one("xero.period.journal", "Stock Journal")
    company_id = fields.Many2one("res.company", "Company")
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_id = fields.Many2one("account.account", "Account")
    analytic_distribution = fields.Json("Analytic Distribution")
    balance = fields.Monetary("Amount", help="Debits are positive.")
    line_count = fields.Integer("Source Entries")

    @property
    def _table_query(self):
        return """SELECT MIN(p.id) AS id, p.journal_id, p.company_id, p.account_id, p.analytic_distribution,
                         SUM(p.balance) AS balance, COUNT(*) AS line_count
                    FROM xero_period_line p
                   GROUP BY p.journal_id, p.company_id, p.account_id, p.analytic_distribution
                  HAVING SUM(p.balance) != 0"""

    def action_open_lines(self):
        """Open what the amount is made of.

        :return: an action for the screen
        """
        self.ensure_one()
        self.check_access("read")
        return self.journal_id._open_lines([("account_id", "=", self.account_id.id)])
