from odoo import api, fields, models
from odoo.addons.xero_connector.models.link.access import XERO_USER
from odoo.addons.xero_connector.models.xero_status_mixin import SYNC_STATES, WEIGHT

DEPOSIT_STATES = [
    ("open", "Not deducted yet"),
    ("waiting", "Not in Xero yet"),
    ("cleared", "Nothing left"),
    ("apart", "Does not come to nothing"),
]


class SaleOrder(models.Model):
    """What Xero has of an order. Nothing is stored or sent: documents say it."""

    _inherit = "sale.order"

    xero_sync_state = fields.Selection(
        SYNC_STATES,
        "Xero Status",
        compute="_compute_xero_sync_state",
        compute_sudo=True,
        groups=XERO_USER,
        help="Of its posted invoices and credit notes the one that needs attention most.",
    )
    xero_deposit_state = fields.Selection(
        DEPOSIT_STATES, "Deposit", compute="_compute_xero_deposit", compute_sudo=True, groups=XERO_USER
    )
    xero_deposit_left = fields.Monetary(
        "Deposit Left",
        compute="_compute_xero_deposit",
        compute_sudo=True,
        groups=XERO_USER,
        help="Without tax, in Odoo.",
    )
    xero_deposit_residual = fields.Monetary(
        "Exchange Difference of the Deposit",
        compute="_compute_xero_deposit",
        compute_sudo=True,
        groups=XERO_USER,
        currency_field="xero_company_currency_id",
        help="What is left on the account in the company's currency because the deposit was taken at another rate than "
        "it was deducted at. It is the same in Xero.",
    )
    xero_company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency", groups=XERO_USER
    )

    @api.depends("order_line.invoice_lines.move_id.state")
    def _compute_xero_sync_state(self):
        for order in self:
            posted = order.invoice_ids.filtered(lambda move: move.state == "posted")
            states = set(posted.mapped("xero_sync_state"))
            order.xero_sync_state = next((state for state in WEIGHT if state in states), False)

    @api.depends("order_line.invoice_lines.move_id.state")
    def _compute_xero_deposit(self):
        deposits = self.env["xero.deposit"]._of(self)
        for order in self:
            deposit = deposits.get(order.id)
            order.xero_deposit_state = deposit.state if deposit else False
            order.xero_deposit_left = float(deposit.left) if deposit else 0.0
            order.xero_deposit_residual = deposit.residual if deposit and not deposit.left else 0.0
