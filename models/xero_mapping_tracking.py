"""Which analytic accounts of Odoo stand for which tracking options of Xero."""

from dataclasses import replace

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from . import xero_mapping_mixin  # noqa: F401 -- its model must be known first
from .xero_mapping_sheet import Names
from .xero_mapping_suggest import Suggestion, normal
from .xero_reference import ACTIVE


class XeroMappingTracking(models.Model):
    """An analytic account of Odoo and the tracking option it is in Xero. What has no row is not told to Xero."""

    _name = "xero.mapping.tracking"
    _inherit = "xero.mapping.mixin"
    _description = "Xero Tracking Mapping"
    _order = "connection_id, plan_id, account_id"
    _rec_name = "account_id"

    _target = "xero_option_id"
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
    xero_status = fields.Char(related="xero_option_id.status")

    _account_unique = models.UniqueIndex("(connection_id, account_id)", "This analytic account has a mapping already.")

    @api.constrains("xero_option_id", "account_id", "connection_id")
    def _check_category(self):
        """One plan is one category: else a line could bear two options of a category, which Xero refuses."""
        for row in self.filtered("xero_option_id"):
            if row.xero_option_id.connection_id != row.connection_id:
                raise ValidationError(
                    self.env._("%s belongs to another Xero organisation.", row.xero_option_id.display_name)
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
                        category=row.xero_option_id.category_id.name,
                        plan=others.plan_id.name,
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
                self.create({"connection_id": connection.id, "account_id": account.id, **values})

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


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    tracking_mapping_ids = fields.One2many("xero.mapping.tracking", "connection_id", "Tracking Mappings")
    required_plan_ids = fields.Many2many(
        "account.analytic.plan",
        string="Plans Every Line Needs",
        domain="[('parent_id', '=', False)]",
        help="Documents with a line that is not wholly given to one account of these plans, or whose account has no "
        "tracking option, are not sent. Of other plans such lines go without tracking.",
    )

    def _refresh_reference(self, client):
        """Extend: read tracking categories too, archived ones as well: documents may bear them."""
        categories = client.get("TrackingCategories", params={"includeArchived": "true"}).data.get(
            "TrackingCategories"
        )
        super()._refresh_reference(client)
        self._refresh_tracking(categories or [])
        self.env["xero.mapping.tracking"]._refresh(self)

    def _refresh_tracking(self, categories):
        rows = self.env["xero.tracking.category"]
        rows._refresh(self, categories)
        ids = {row.xero_id: row.id for row in rows.search([("connection_id", "=", self.id)])}
        options = [
            {**option, "category_id": ids[category["TrackingCategoryID"]]}
            for category in categories
            for option in category.get("Options") or []
        ]
        self.env["xero.tracking.option"]._refresh(self, options)

    def _refresh_mappings(self):
        super()._refresh_mappings()
        for connection in self:
            self.env["xero.mapping.tracking"]._refresh(connection)

    def action_accept_suggestions(self):
        result = super().action_accept_suggestions()
        self.tracking_mapping_ids.filtered(lambda row: row.state == "suggested").action_confirm()
        return result

    def _ensure_mappings(self, problems):
        """Extend: make the rows of analytic accounts that must have an option."""
        usable = super()._ensure_mappings(problems)
        rows = self.env["xero.mapping.tracking"].sudo()
        accounts = {problem.missing[1] for problem in problems if problem.missing and problem.missing[0] == "tracking"}
        known = rows.search([("connection_id", "=", self.id), ("account_id", "in", list(accounts))]).account_id.ids
        rows.create([{"connection_id": self.id, "account_id": account} for account in sorted(accounts - set(known))])
        return usable

    def _locate(self, problem):
        if not problem.missing or problem.missing[0] != "tracking":
            return super()._locate(problem)
        row = (
            self.env["xero.mapping.tracking"]
            .sudo()
            .search([("connection_id", "=", self.id), ("account_id", "=", problem.missing[1])], limit=1)
        )
        return replace(problem, model=row._name, res_id=row.id or None)
