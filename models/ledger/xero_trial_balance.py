"""The trial balances of both books on one day, account by account."""

from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...mappers.text import named
from ..link.access import ACCOUNTANT, check_role
from ..link.notice import notice
from ..link.reason import ReasonText
from ..queue.xero_sync_job import CLICK
from .tally import DAY, explain, movements, side_by_side, year_start

# What Xero is asked for, and only by those who compare.
SCOPES = ("accounting.reports.trialbalance.read",)
RESULTS = ("REVENUE", "EXPENSE")
EARLIEST = date(1900, 1, 1)


class XeroTrialBalance(models.Model):
    """One comparison. What it found stays as it was found; another day is another comparison."""

    _name = "xero.trial.balance"
    _inherit = ["xero.company.guard"]
    _description = "Xero Trial Balance"
    _order = "date_to desc, id desc"
    _rec_name = "date_to"

    connection_id = fields.Many2one(
        "xero.connection",
        "Organisation",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self._own_connection(),
        domain="[('tenant_id', '!=', False)]",
    )
    company_id = fields.Many2one(related="connection_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        "From", help="Empty: everything that stands on the accounts on the last day, opening balances too."
    )
    date_to = fields.Date("To", required=True, default=lambda self: self._last_month_end())
    state = fields.Selection(
        [("new", "New"), ("waiting", "Reading Xero"), ("done", "Done"), ("failed", "Failed")],
        "Status",
        required=True,
        default="new",
        readonly=True,
    )
    reason = ReasonText(readonly=True)
    missing_scopes = fields.Char("Missing Permissions", compute="_compute_missing_scopes", compute_sudo=True)
    compared_at = fields.Datetime(readonly=True)
    line_ids = fields.One2many("xero.trial.balance.line", "trial_balance_id", readonly=True)
    account_count = fields.Integer("Accounts", readonly=True)
    agreed_count = fields.Integer("Agree", readonly=True)
    explained_count = fields.Integer("Explained", readonly=True)
    open_count = fields.Integer("Not Explained", readonly=True)
    verdict = fields.Selection(
        [("agree", "Agree to the cent"), ("explained", "Every difference is explained"), ("differ", "Differ")],
        "Result",
        readonly=True,
    )

    @api.model
    def _own_connection(self):
        return self.env["xero.connection"].search([("company_id", "=", self.env.company.id)], limit=1)

    @api.model
    def _last_month_end(self):
        return fields.Date.context_today(self).replace(day=1) - DAY

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            last = row.date_to and format_date(self.env, row.date_to)
            first = row.date_from and format_date(self.env, row.date_from)
            if first:
                row.display_name = self.env._("%(first)s to %(last)s", first=first, last=last)
            else:
                row.display_name = self.env._("Up to %s", last) if last else ""

    @api.depends("connection_id.credential_id.scopes")
    def _compute_missing_scopes(self):
        for row in self:
            row.missing_scopes = ", ".join(row.connection_id._lacks(SCOPES))

    @api.constrains("date_from", "date_to", "connection_id")
    def _check_days(self):
        for row in self:
            first, last = row.date_from, row.date_to
            if not last or min(first or last, last) < EARLIEST:
                raise ValidationError(self.env._("Choose days that books can have."))
            if first and first > last:
                raise ValidationError(self.env._("The first day is after the last one."))
            if last > fields.Date.context_today(row):
                raise ValidationError(self.env._("The last day has not come yet: choose an earlier one."))
            begin = row._year_start(last)
            if first and first < begin:
                raise ValidationError(
                    self.env._(
                        "Xero's income and expenses begin anew on %(begin)s: choose a first day from then on, or none.",
                        begin=format_date(self.env, begin),
                    )
                )

    def _year_start(self, day):
        connection = self.connection_id.sudo()
        return year_start(day, connection.year_end_month or 12, connection.year_end_day or 31)

    @api.model_create_multi
    def create(self, vals_list):
        """Extend: accountants ask for comparisons, of organisations of their own."""
        check_role(self.env, ACCOUNTANT, self.env._("Only accountants compare trial balances."))
        return super().create(vals_list)

    def write(self, vals):
        """Extend: what was compared stays what it was.

        :raise UserError: a person changes the days of a comparison that has begun
        """
        if not self.env.su and any(row.state not in ("new", "failed") for row in self):
            raise UserError(self.env._("What was compared stays as it is: begin another comparison."))
        return super().write(vals)

    # === ACTIONS === #

    def action_compare(self):
        """Have the worker read Xero's trial balance, a call or two, and compare.

        Without the permission it asks for it, and says so.

        :raise UserError: the organisation is not connected
        """
        self.ensure_one()
        check_role(self.env, ACCOUNTANT, self.env._("Only accountants compare trial balances."))
        self.check_access("write")
        connection = self.connection_id
        if connection.sudo().state != "connected":
            raise UserError(self.env._("%s is not connected to Xero: connect it first.", named(connection.name)))
        if connection._lacks(SCOPES):
            # The next consent asks for it.
            connection.sudo().compare_trial_balances = True
            return notice(str(connection._lacking_text(SCOPES)), kind="warning", sticky=True)
        if self.state in ("new", "failed"):
            self.env["xero.click"]._begin(connection, f"trial balance {self.date_from or ''} {self.date_to}")
            self.sudo().write({"state": "waiting", "reason": False})
            self.env["xero.task.trial.balance"]._enqueue(connection.sudo(), CLICK)
            self.env["xero.sync.runner"].sudo()._wake(connection.ids)
        return True

    def action_again(self):
        """Compare the same days once more; what was found before stays."""
        self.ensure_one()
        again = self.create(
            {"connection_id": self.connection_id.id, "date_from": self.date_from, "date_to": self.date_to}
        )
        again.action_compare()
        return again._get_records_action()

    # === WORK === #

    def _give_up(self, reason) -> None:
        self.write({"state": "failed", "reason": reason, "compared_at": fields.Datetime.now()})
        self._notify_screens()

    def _tally(self, closing: dict, opening: dict | None = None) -> None:
        """Compare with Odoo's ledger, and keep what was found.

        :param closing: Xero's balances on the last day, as ``xero_api.trial_balance`` returns them
        :param opening: those of the day before the first; ``None`` without a first day
        """
        self.ensure_one()
        connection, ledger = self.connection_id, self.env["xero.ledger"].sudo()
        begin = self._year_start(self.date_to)
        odoo = ledger._amounts(connection, self.date_to, self.date_from, begin)
        xero = closing if opening is None else self._moved(closing, opening, self.date_from == begin)
        rows = side_by_side(odoo, xero, ledger._pairs(connection, [account_id for account_id, _cause in odoo]))
        foreign = ledger._foreign_documents(connection, self.date_to, self.date_from)
        explain(rows, xero, ledger._special_accounts(connection), foreign)
        self.line_ids.unlink()
        lines = self.env["xero.trial.balance.line"]._keep(self, rows)
        unexplained = lines.filtered("unexplained")
        agreed = lines.filtered("is_equal") - unexplained
        self.write(
            {
                "state": "done",
                "compared_at": fields.Datetime.now(),
                "account_count": len(lines),
                "agreed_count": len(agreed),
                "open_count": len(unexplained),
                "explained_count": len(lines - agreed - unexplained),
                "verdict": "differ" if unexplained else "explained" if lines - agreed else "agree",
            }
        )
        self._notify_screens()

    def _moved(self, closing, opening, is_new_year):
        accounts = self.env["xero.account"].search([("connection_id", "=", self.connection_id.id)])
        results = accounts.filtered(lambda account: account.class_type in RESULTS)
        earnings = accounts.filtered(lambda account: account.system_account == "RETAINEDEARNINGS")[:1]
        ids = {(account.xero_id or "").lower() for account in results}
        return movements(closing, opening, ids, (earnings.xero_id or "").lower() or None, is_new_year)

    def _notify_screens(self) -> None:
        for row in self:
            message = {"model": self._name, "ids": row.ids}
            self.env["bus.bus"]._sendone((row.company_id, "xero"), "xero_connector.status", message)
