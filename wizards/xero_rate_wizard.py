from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.link.access import ACCOUNTANT, check_role
from ..models.link.notice import notice


class XeroRateWizard(models.TransientModel):
    """What is done with the exchange rates that people have on documents in Xero, and what it would change."""

    _name = "xero.rate.wizard"
    _inherit = ["xero.company.guard"]
    _description = "Use Exchange Rates of Xero"

    connection_id = fields.Many2one(
        "xero.connection",
        "Organisation",
        required=True,
        ondelete="cascade",
        default=lambda self: self._own_connection(),
    )
    mode = fields.Selection(
        lambda self: self.env["xero.connection"]._fields["rate_mode"]._description_selection(self.env),
        "Exchange Rates of Xero",
        compute="_compute_mode",
        store=True,
        readonly=False,
    )
    day_count = fields.Integer("Rates to Use", compute="_compute_outlook")
    held_count = fields.Integer("Rates to Look At", compute="_compute_outlook")
    draft_count = fields.Integer("Drafts in Other Currencies", compute="_compute_outlook")

    @api.model
    def _own_connection(self):
        return self.env["xero.connection"].search([("company_id", "=", self.env.company.id)], limit=1)

    @api.depends("connection_id")
    def _compute_mode(self):
        for wizard in self:
            wizard.mode = wizard.connection_id.rate_mode or "watch"

    @api.depends("connection_id", "mode")
    def _compute_outlook(self):
        for wizard in self:
            counts = dict(
                self.env["xero.rate"]._read_group(
                    [("connection_id", "=", wizard.connection_id.id)], ["state"], ["__count"]
                )
            )
            wizard.day_count = counts.get("seen", 0) + counts.get("proposed", 0)
            wizard.held_count = counts.get("held", 0)
            company = wizard.connection_id.company_id
            wizard.draft_count = self.env["account.move"].search_count(
                [
                    ("company_id", "child_of", company.root_id.id),
                    ("state", "=", "draft"),
                    ("move_type", "!=", "entry"),
                    ("currency_id", "!=", company.currency_id.id),
                ]
            )

    def action_apply(self):
        """Keep the choice, and have all rates judged by it.

        :raise AccessError: the user is no accountant, or may not change the rates of Odoo
        """
        self.ensure_one()
        check_role(self.env, ACCOUNTANT, self.env._("Accountants decide which rates Odoo takes. Ask one of them."))
        self.connection_id._check_own_company()
        if self.mode in ("fill", "replace") and not self._may_change_rates():
            raise UserError(
                self.env._("You may not change exchange rates in Odoo. Ask an accounting administrator to choose this.")
            )
        connection = self.connection_id.sudo()
        connection.rate_mode = self.mode
        self.env["xero.rate"].sudo()._ask_for_all(connection)
        self.env["xero.sync.runner"].sudo()._wake(connection.ids)
        shown = notice(self.env._("Saved. Rates that this concerns are looked at now."))
        shown["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return shown

    def _may_change_rates(self) -> bool:
        """Whether the user may do by hand what the workers will do: rates belong to the main company."""
        root = self.connection_id.company_id.sudo().root_id
        return self.env["res.currency.rate"].has_access("create") and root in self.env.user.company_ids
