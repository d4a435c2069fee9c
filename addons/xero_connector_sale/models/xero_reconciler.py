"""Deposits of orders that were invoiced: nothing may be left of them, on any account, in either book."""

from odoo import api, fields, models
from odoo.addons.xero_connector.models.reconciliation.compare_document import Found
from odoo.addons.xero_connector.models.reconciliation.kinds import Kind
from odoo.addons.xero_connector.models.reconciliation.reconciler import CHUNK
from odoo.addons.xero_connector.models.reconciliation.worksheet import Subject
from odoo.tools import LazyTranslate

from .deposit import Held

_lt = LazyTranslate(__name__)

DEPOSIT = Kind(
    "document",
    "Deposit does not come to nothing",
    _lt(
        "The order is invoiced, and something of its deposit is left: the deposit and its deduction stand on different "
        "accounts, or are of different amounts."
    ),
    (),
)


class XeroReconciliationDifference(models.Model):
    _inherit = "xero.reconciliation.difference"

    kind = fields.Selection(selection_add=[("deposit", DEPOSIT.label)], ondelete={"deposit": "cascade"})


class XeroReconciler(models.AbstractModel):
    _inherit = "xero.reconciler"

    @api.model
    def _steps(self):
        *steps, last = super()._steps()
        return (*steps, "deposits", last)

    @api.model
    def _kinds(self):
        return {**super()._kinds(), "deposit": DEPOSIT}

    def _step_deposits(self, report, sheet, work):
        """Compare the next orders with deposits that both books have all of."""
        orders = (
            self.env["sale.order"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self._served_companies(report)),
                    ("order_line.is_downpayment", "=", True),
                    ("id", ">", work["after"]),
                ],
                order="id",
                limit=CHUNK,
            )
        )
        lines = self._settled_lines_of(report, work, orders)
        deposits = self.env["xero.deposit"]._of(orders, report.connection_id, lines)
        for order in orders:
            deposit = deposits.get(order.id)
            if deposit and deposit.is_deducted and deposit.xero is not None and not deposit.is_cleared:
                found = Found("deposit", _text(deposit.odoo), _text(deposit.xero), deposit.left)
                sheet.differ(found, Subject(order))
        return orders[-1].id if len(orders) == CHUNK else None

    def _settled_lines_of(self, report, work, orders) -> dict:
        """Return what Xero had of the documents of ``orders``, but for what was on the way: ``{move id: Held}``.
        """
        moves = orders.order_line.filtered("is_downpayment").invoice_lines.move_id
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", report.connection_id.id),
                ("res_model", "=", "account.move"),
                ("res_id", "in", moves.ids),
                ("xero_id", "!=", False),
            ]
        )
        busy = self._busy_records(report, "account.move", moves.ids)
        changed = {move.id: move.write_date for move in moves}
        found = {}
        for xero_type, of_type in links.grouped("xero_type").items():
            elements = self._elements(report, xero_type, of_type.mapped("xero_id"))
            waiting = self._busy_elements(report, xero_type, of_type.mapped("xero_id"))
            inbound = self._inbound(report, xero_type)
            for link in of_type:
                element = elements.get(link.xero_id)
                moments = link.synced_at, changed[link.res_id]
                fresh = link.res_id in busy or link.xero_id.lower() in waiting
                if element and not fresh and not self._is_changed_since(work, *moments, in_doubt=False):
                    ids = [line.get("LineItemID") for line in element.data.get("LineItems") or []]
                    lines = inbound._canonical(element.data).get("lines") or []
                    found[link.res_id] = Held.of(link.odoo_state or {}, lines, ids)
        return found


def _text(amounts) -> str:
    """Return amounts by account; they are the same in every language."""
    return ", ".join(f"{account}: {amount:.2f}" for account, amount in sorted(amounts.items())) or "0.00"
