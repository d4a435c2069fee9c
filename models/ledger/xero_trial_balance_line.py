from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import formatLang

from ...mappers.text import named
from ...xero_api.trial_balance import CURRENCY_GROUP
from .tally import EARNINGS


class XeroTrialBalanceLine(models.Model):
    """Accounts of the two books that stand for one another, and what each has of them.

    Amounts are in the company's currency; debits are positive.
    """

    _name = "xero.trial.balance.line"
    _inherit = ["xero.company.guard"]
    _description = "Xero Trial Balance Line"
    _order = "trial_balance_id desc, sequence, id"
    _rec_name = "odoo_name"

    trial_balance_id = fields.Many2one(
        "xero.trial.balance", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one(related="trial_balance_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(readonly=True)
    account_ids = fields.Many2many("account.account", string="Odoo Accounts", readonly=True)
    xero_account_ids = fields.Many2many("xero.account", string="Xero Accounts", readonly=True)
    # Accounts that other bank journals share, each with its journal.
    shared_accounts = fields.Json(readonly=True)
    has_earnings = fields.Boolean(readonly=True)
    has_currency_group = fields.Boolean(readonly=True)
    odoo_name = fields.Char("Odoo Account", compute="_compute_names", compute_sudo=True)
    xero_name = fields.Char("Xero Account", compute="_compute_names", compute_sudo=True)
    odoo_amount = fields.Monetary("Odoo", readonly=True)
    xero_amount = fields.Monetary("Xero", readonly=True)
    difference = fields.Monetary(readonly=True, help="Odoo less Xero.")
    not_sent = fields.Monetary("Explained", readonly=True, help="What of Odoo's amount Xero does not book.")
    unexplained = fields.Monetary("Not Explained", readonly=True)
    is_equal = fields.Boolean(readonly=True)
    causes = fields.Json(readonly=True)
    why = fields.Char(compute="_compute_why")

    @api.model
    def _keep(self, trial_balance, rows):
        """Store what was found, what is not explained first; two queries for the accounts.

        :param rows: ``Row`` of ``tally``
        :return: the lines
        """
        accounts = self.env["xero.account"].search([("connection_id", "=", trial_balance.connection_id.id)])
        by_id = {(account.xero_id or "").lower(): account.id for account in accounts}
        lines = self.create([self._values(trial_balance, row, by_id) for row in rows])
        ordered = lines.sorted(lambda line: (not line.unexplained, line.is_equal, line.xero_name or line.odoo_name))
        for sequence, line in enumerate(ordered, 1):
            line.sequence = sequence
        return ordered

    def _values(self, trial_balance, row, by_id):
        shared = [key for key in row.odoo_ids if isinstance(key, tuple)]
        own = [key for key in row.odoo_ids if key != EARNINGS and key not in shared]
        return {
            "trial_balance_id": trial_balance.id,
            "account_ids": sorted({*own, *(account_id for account_id, _journal_id in shared)}),
            "shared_accounts": shared,
            "has_earnings": EARNINGS in row.odoo_ids,
            "xero_account_ids": [by_id[xero_id] for xero_id in row.xero_ids if xero_id in by_id],
            "has_currency_group": CURRENCY_GROUP in row.xero_ids,
            "odoo_amount": float(row.odoo),
            "xero_amount": float(row.xero),
            "difference": float(row.odoo - row.xero),
            "not_sent": float(row.not_sent),
            "unexplained": float(row.unexplained),
            "is_equal": row.odoo == row.xero,
            "causes": [
                [word, journal_id, float(amount)]
                for (word, journal_id), amount in sorted(row.causes.items(), key=lambda pair: -abs(pair[1]))
                if amount
            ],
        }

    @api.depends("account_ids", "xero_account_ids", "has_earnings", "has_currency_group")
    @api.depends_context("lang")
    def _compute_names(self):
        for line in self:
            accounts = line.account_ids.with_company(line.company_id).sorted("code")
            names = [" ".join(filter(None, (account.code, account.name))) for account in accounts]
            if line.has_earnings:
                names.append(self.env._("Results of earlier financial years"))
            line.odoo_name = ", ".join(names) or self.env._("No account in Odoo")
            theirs = [account.display_name for account in line.xero_account_ids]
            if line.has_currency_group:
                theirs.append(self.env._("Currency gains and losses"))
            line.xero_name = ", ".join(theirs) or self.env._("No account in Xero")

    @api.depends("causes", "not_sent")
    @api.depends_context("lang")
    def _compute_why(self):
        """Say of each part of the difference why Xero does not have it."""
        journals = {cause[1] for line in self for cause in line.causes or [] if cause[1]}
        names = {row.id: row.name for row in self.env["account.journal"].sudo().browse(journals).exists()}
        for line in self:
            parts = []
            for word, journal_id, amount in line.causes or []:
                money = formatLang(self.env, amount, currency_obj=line.currency_id)
                parts.append(f"{self._cause_text(word, names.get(journal_id))}: {money}")
            line.why = "; ".join(parts)

    def _cause_text(self, word: str, journal: str | None) -> str:
        """Return in words why Xero does not book something.

        :param word: as ``xero.ledger`` gives it
        :param journal: name of the journal; ``None`` for what is of several
        """
        texts = {
            "documents": self.env._("documents that are not in Xero"),
            "payments": self.env._("payments that are not in Xero"),
            "costs": self.env._("cost of sales"),
            "revaluation": self.env._("open amounts at the rate of the day, which Xero shows as unrealised gains"),
            "rounding": self.env._("cents of rounding and conversion"),
            "before": self.env._("entries before the sync began"),
            "entries": self.env._("entries of %s, which are not sent", named(journal or "?")),
        }
        return texts.get(word, word)

    def action_open_entries(self):
        """Open Odoo's entries on these accounts."""
        self.ensure_one()
        trial_balance = self.trial_balance_id
        shared = self.shared_accounts or []
        whole = set(self.account_ids.ids) - {account_id for account_id, _journal_id in shared}
        of_journals = [
            Domain("account_id", "=", account_id) & Domain("journal_id", "=", journal_id)
            for account_id, journal_id in shared
        ]
        domain = [
            *Domain.OR([Domain("account_id", "in", sorted(whole)), *of_journals]),
            ("parent_state", "=", "posted"),
            ("date", "<=", trial_balance.date_to),
            ("company_id", "child_of", trial_balance.company_id.id),
        ]
        if trial_balance.date_from:
            domain.append(("date", ">=", trial_balance.date_from))
        return {
            "type": "ir.actions.act_window",
            "name": self.odoo_name,
            "res_model": "account.move.line",
            "views": [[False, "list"], [False, "form"]],
            "domain": domain,
        }
