"""Which analytic accounts of Odoo stand for which tracking options of Xero."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ...mappers.text import named
from . import xero_mapping_mixin  # noqa: F401 -- its model must be known first
from .spreadsheet import Names
from .suggest import Suggestion, normal
from .xero_reference import ACTIVE


class XeroMappingTracking(models.Model):
    """An analytic account of Odoo and the tracking option it is in Xero. What has no row is not told to Xero."""

    _name = "xero.mapping.tracking"
    _inherit = "xero.mapping.mixin"
    _description = "Xero Tracking Mapping"
    _order = "connection_id, plan_id, account_id"
    _rec_name = "account_id"

    _target = "xero_option_id"
    _missing_kind = "tracking"
    _rank = 40
    _sheet_key = "account_id"

    account_id = fields.Many2one(
        "account.analytic.account", "Analytic Account", required=True, index=True, ondelete="cascade"
    )
    plan_id = fields.Many2one(related="account_id.root_plan_id", string="Analytic Plan", store=True)
    xero_option_id = fields.Many2one(
        "xero.tracking.option",
        "Xero Tracking",
        index=True,
        ondelete="set null",
        domain="[('connection_id', '=', connection_id), ('status', '=', 'ACTIVE'), ('category_status', '=', 'ACTIVE')]",
    )
    xero_status = fields.Char(related="xero_option_id.status", string="Status in Xero")

    _account_unique = models.UniqueIndex("(connection_id, account_id)", "This analytic account has a mapping already.")

    @api.constrains("xero_option_id", "account_id", "connection_id")
    def _check_category(self):
        """One plan is one category: else a line could bear two options of a category, which Xero refuses."""
        for row in self.filtered("xero_option_id"):
            if row.xero_option_id.connection_id != row.connection_id:
                raise ValidationError(
                    self.env._("%s belongs to another Xero organisation.", named(row.xero_option_id.display_name))
                )
            others = self.search(
                [
                    ("connection_id", "=", row.connection_id.id),
                    ("xero_option_id.category_id", "=", row.xero_option_id.category_id.id),
                    ("plan_id", "!=", row.plan_id.id),
                ],
                limit=1,
            )
            if others:
                raise ValidationError(
                    self.env._(
                        "The tracking category %(category)s stands for the plan %(plan)s already. Choose an option of "
                        "the other category.",
                        category=named(row.xero_option_id.category_id.name),
                        plan=named(others.plan_id.name),
                    )
                )

    # === SUGGESTIONS === #

    @api.model
    def _refresh(self, connection) -> None:
        """Suggest accounts and options of the same name; what nobody finds alike gets no row."""
        options = self.env["xero.tracking.option"].search(
            [("connection_id", "=", connection.id), ("status", "=", ACTIVE), ("category_id.status", "=", ACTIVE)]
        )
        rows = self.search([("connection_id", "=", connection.id)])
        known, decided = rows.account_id, {}
        for row in rows.filtered(lambda row: row.xero_option_id):
            decided[row.xero_option_id.category_id] = row.plan_id
        for account in self._accounts(connection) - known:
            found = self._suggest(account, options, decided)
            if found:
                decided[options[found.index].category_id] = account.root_plan_id
                values = self._suggested_values(found, options, first=True)
                self.sudo().create({"connection_id": connection.id, "account_id": account.id, **values})

    @api.model
    def _ensure_missing(self, connection, keys):
        """Make the rows of analytic accounts that must have an option; nobody suggests one."""
        accounts = [account for [account] in keys]
        known = self.search([("connection_id", "=", connection.id), ("account_id", "in", accounts)]).account_id.ids
        new = [account for account in accounts if account not in known]
        return self.create([{"connection_id": connection.id, "account_id": account} for account in new])

    @api.model
    def _missing_row(self, connection, key):
        return self.search([("connection_id", "=", connection.id), ("account_id", "=", key[0])], limit=1)

    def _accounts(self, connection):
        companies = [False, *connection.company_id.parent_ids.ids, connection.company_id.id]
        return self.env["account.analytic.account"].sudo().search([("company_id", "in", companies)])

    def _suggest(self, account, options, decided):
        """Return the option of the account's name in a category that is this plan or nobody's; sure when the category
        has the plan's name.
        """
        fitting = [
            index
            for index, option in enumerate(options)
            if normal(option.name) == normal(account.name)
            and decided.get(option.category_id, account.root_plan_id) == account.root_plan_id
        ]
        if len(fitting) != 1:
            return None
        same_plan = normal(options[fitting[0]].category_id.name) == normal(account.root_plan_id.name)
        return Suggestion(fitting[0], 100 if same_plan else 80, "name", same_plan)

    # === SPREADSHEET === #

    def _sheet_sources(self, connection):
        accounts = self._accounts(connection)
        return Names(
            [(account.code, account.id) for account in accounts],
            [(account.display_name, account.id) for account in accounts],
            [(account.name, account.id) for account in accounts],
        )

    def _sheet_targets(self, connection):
        own = [("connection_id", "=", connection.id), ("status", "=", ACTIVE), ("category_status", "=", ACTIVE)]
        options = self.env["xero.tracking.option"].search(own)
        return Names(
            [(option.display_name, option.id) for option in options],
            [(option.name, option.id) for option in options],
        )

    # === USE === #

    @api.model
    def _own_categories(self, connection) -> set:
        """Return the ids of the categories that Odoo decides about."""
        rows = self.search([("connection_id", "=", connection.id), ("state", "=", "confirmed")])
        return {xero_id.lower() for xero_id in rows.xero_option_id.category_id.mapped("xero_id")}

    @api.model
    def _categories_of(self, connection) -> dict:
        """Return ``{option id: category id}`` of the organisation; one query."""
        rows = self.env.execute_query(
            SQL(
                "SELECT lower(o.xero_id), c.xero_id FROM xero_tracking_option o JOIN xero_tracking_category c"
                " ON c.id = o.category_id WHERE o.connection_id = %s",
                connection.id,
            )
        )
        return dict(rows)
