from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...mappers.document.mapped import OPEN_SYSTEM_ACCOUNTS, takes_lines
from ...mappers.text import named
from . import xero_mapping_mixin  # noqa: F401 -- its model must be known first
from .suggest import AccountFacts, suggest_account

# Lines never carry these: Xero posts to its own counterparts.
UNMAPPED_TYPES = ("asset_receivable", "liability_payable", "asset_cash", "liability_credit_card", "off_balance")
DOCUMENT_TYPES = ("out_invoice", "in_invoice", "out_refund", "in_refund", "out_receipt", "in_receipt")


class XeroMappingAccount(models.Model):
    """An Odoo account and the Xero account its lines go to."""

    _name = "xero.mapping.account"
    _inherit = "xero.mapping.mixin"
    _description = "Xero Account Mapping"
    _order = "connection_id, id"
    _rec_name = "account_id"

    _target = "xero_account_id"
    _missing_kind = "account"
    _rank = 10

    account_id = fields.Many2one("account.account", "Odoo Account", required=True, ondelete="cascade", index=True)
    account_code = fields.Char("Odoo Code", compute="_compute_account_code", compute_sudo=True)
    account_label = fields.Char(compute="_compute_account_code", compute_sudo=True)
    account_type = fields.Selection(related="account_id.account_type")
    xero_account_id = fields.Many2one(
        "xero.account",
        index=True,
        ondelete="set null",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE'),"
        " ('type', 'not in', ('BANK', 'INVENTORY')), '|', ('system_account', '=', False),"
        f" ('system_account', 'in', {OPEN_SYSTEM_ACCOUNTS})]",
    )
    xero_status = fields.Char(related="xero_account_id.status")

    _account_unique = models.UniqueIndex("(connection_id, account_id)", "This account has a mapping already.")

    @api.depends("account_id.code_store", "account_id.name", "company_id")
    def _compute_account_code(self):
        """Odoo shows codes to full accountants only; names alone do not tell accounts apart."""
        for row in self:
            account = row.account_id.with_company(row.company_id)
            row.account_code = account.code
            row.account_label = " ".join(filter(None, (account.code, account.name)))

    @api.constrains("xero_account_id", "connection_id")
    def _check_connection(self):
        for row in self:
            if row.xero_account_id and row.xero_account_id.connection_id != row.connection_id:
                raise ValidationError(
                    self.env._("%s belongs to another Xero organisation.", named(row.xero_account_id.display_name))
                )

    @api.constrains("xero_account_id")
    def _check_takes_lines(self):
        for row in self:
            account = row.xero_account_id
            if account.type == "INVENTORY":
                raise ValidationError(
                    self.env._(
                        "Xero books to its inventory account %s by tracked items, not by lines of documents: "
                        "choose another one.",
                        named(account.display_name),
                    )
                )
            if account and not takes_lines(account):
                raise ValidationError(
                    self.env._(
                        "Xero books to its account %s itself and takes no lines of documents: choose another one.",
                        named(account.display_name),
                    )
                )

    # === SUGGESTIONS === #

    @api.model
    def _ensure(self, connection, accounts):
        """Return the rows of ``accounts``; those that are new carry a suggestion."""
        rows = self.search([("connection_id", "=", connection.id), ("account_id", "in", accounts.ids)])
        missing = accounts - rows.account_id
        targets = self._targets(connection)
        facts = self._facts(targets)
        return rows | self.sudo().create(
            [
                {
                    "connection_id": connection.id,
                    "account_id": account.id,
                    **self._suggested_values(self._suggest(account, connection, facts), targets, first=True),
                }
                for account in missing
            ]
        )

    @api.model
    def _ensure_missing(self, connection, keys):
        return self._ensure(connection, self.env["account.account"].sudo().browse(account for [account] in keys))

    @api.model
    def _missing_row(self, connection, key):
        return self.search([("connection_id", "=", connection.id), ("account_id", "=", key[0])], limit=1)

    @api.model
    def _refresh(self, connection) -> None:
        """Make rows for the accounts in use and for those Xero surely has; suggest anew what nobody has confirmed."""
        accounts = self._family_accounts(connection)
        targets = self._targets(connection)
        facts = self._facts(targets)
        suggestions = {account: self._suggest(account, connection, facts) for account in accounts}
        rows = self.search([("connection_id", "=", connection.id)])
        for row in rows.filtered(lambda row: row.state != "confirmed" and row.account_id in suggestions):
            row.sudo().write(self._suggested_values(suggestions[row.account_id], targets, first=False))
        used = self._used(connection, accounts)
        known = set(rows.account_id.ids)
        self.sudo().create(
            [
                {
                    "connection_id": connection.id,
                    "account_id": account.id,
                    **self._suggested_values(suggestion, targets, first=True),
                }
                for account, suggestion in suggestions.items()
                if account.id not in known and (account in used or (suggestion and suggestion.sure))
            ]
        )

    def _suggest(self, account, connection, facts):
        """Of receivable, payable and bank accounts a row is a clearing account for manual journals: a person's choice.
        """
        if account.account_type in UNMAPPED_TYPES:
            return None
        account = account.with_company(connection.company_id)
        main = account == connection.company_id.sudo().income_account_id
        code, kind, group = account.code or "", account.account_type, account.internal_group
        return suggest_account(code, account.name, kind, group, facts, main)

    def _targets(self, connection):
        return self.env["xero.account"].search(
            [
                ("connection_id", "=", connection.id),
                ("status", "=", "ACTIVE"),
                ("type", "not in", ("BANK", "INVENTORY")),
                ("code", "!=", False),
                # Even the system accounts that take lines are no counterpart of an account of Odoo's own.
                ("system_account", "=", False),
            ]
        )

    def _facts(self, targets):
        return [AccountFacts(target.code, target.name, target.type, target.class_type) for target in targets]

    def _family_accounts(self, connection):
        """Return the accounts that documents of the company and its branches can use, in the order of their code."""
        family = connection.company_id.parent_ids | self.env["res.company"].sudo().search(
            [("id", "child_of", connection.company_id.id)]
        )
        return (
            self.env["account.account"]
            .sudo()
            .with_company(connection.company_id)
            .search([("company_ids", "in", family.ids), ("account_type", "not in", UNMAPPED_TYPES)])
        )

    def _used(self, connection, accounts):
        """Return those of ``accounts`` that documents of the last year, journals or product categories use."""
        journals = (
            self.env["account.journal"]
            .sudo()
            .search([("company_id", "child_of", connection.company_id.id), ("type", "in", ("sale", "purchase"))])
        )
        company = connection.company_id.sudo()
        categories = (
            self.env["product.category"]
            .sudo()
            .with_company(company)
            .search(
                [
                    "|",
                    ("property_account_income_categ_id", "!=", False),
                    ("property_account_expense_categ_id", "!=", False),
                ]
            )
        )
        defaults = (
            journals.default_account_id
            | company.income_account_id
            | company.expense_account_id
            | categories.property_account_income_categ_id
            | categories.property_account_expense_categ_id
        )
        return accounts & (defaults | accounts.browse(self._used_ids(connection, accounts)))

    def _used_ids(self, connection, accounts) -> list[int]:
        self.env["account.move.line"].flush_model(["account_id", "date", "display_type", "move_id"])
        self.env["account.move"].flush_model(["move_type", "company_id"])
        return [
            account_id
            for [account_id] in self.env.execute_query(
                SQL(
                    """
            SELECT a.id FROM unnest(%s::int[]) AS a(id)
             WHERE EXISTS (SELECT FROM account_move_line l JOIN account_move m ON m.id = l.move_id
                            WHERE l.account_id = a.id AND l.date > %s
                              AND m.move_type = ANY(%s) AND m.company_id = ANY(%s)
                              AND l.display_type NOT IN ('payment_term', 'cogs', 'tax'))
            """,
                    accounts.ids,
                    fields.Date.subtract(fields.Date.today(), years=1),
                    list(DOCUMENT_TYPES),
                    self.env["res.company"].sudo().search([("id", "child_of", connection.company_id.id)]).ids,
                )
            )
        ]
