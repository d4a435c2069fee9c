from odoo import api, fields, models
from odoo.addons.xero_connector.mappers.text import named

LIABILITY = "LIABILITY"


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    sale_team_source = fields.Selection(
        [("document", "Of the invoice"), ("order", "Of the order of each line")],
        "Sales Team of a Line",
        required=True,
        default="document",
        help="Whose team account rules look at. Orders of several teams can be on one invoice, which has the team of "
        "one of them.",
    )
    deposit_notice = fields.Char(compute="_compute_deposit_notice", compute_sudo=True)

    @api.depends(
        "company_id.downpayment_account_id", "account_mapping_ids.xero_account_id", "account_mapping_ids.state"
    )
    def _compute_deposit_notice(self):
        for connection in self:
            connection.deposit_notice = connection._deposit_notice()

    def _deposit_notice(self) -> str | bool:
        """Return why deposits are no liability in both books, as a sentence; ``False`` where they are, or unused."""
        company = self.company_id
        account = company.downpayment_account_id
        if not account:
            used = self.env["sale.order.line"].sudo().search_count(
                [("is_downpayment", "=", True), ("company_id", "child_of", company.id)], limit=1
            )
            return bool(used) and self.env._(
                "Deposits are booked as income when they are invoiced: no down payment account is chosen in the "
                "settings of Sales. Choose a current liability, such as “Customer Deposits”, and map it to one in Xero."
            )
        if account.account_type != "liability_current":
            return self.env._(
                "Deposits are booked on %s, which is no current liability: choose another down payment account in the "
                "settings of Sales.",
                named(account.display_name),
            )
        mapping = self.account_mapping_ids.filtered(lambda row: row.account_id == account and row.state == "confirmed")
        if mapping.xero_account_id and mapping.xero_account_id.class_type != LIABILITY:
            return self.env._(
                "Deposits are a liability in Odoo (%(account)s), but go to %(xero)s in Xero, which is none: choose a "
                "current liability under Mapping, Accounts.",
                account=named(account.display_name),
                xero=named(mapping.xero_account_id.display_name),
            )
        return False

    def write(self, vals):
        result = super().write(vals)
        if "sale_team_source" in vals:
            # Which fields of documents are watched follows from it.
            self.env.registry.clear_cache()
        return result
