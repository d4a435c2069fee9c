"""What is left of the deposits of sales orders, in both books."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.addons.xero_connector.mappers.values import booked, decimal

ZERO = Decimal(0)


@dataclass
class Deposit:
    """The lines for deposits of one order, on all its posted documents; amounts without tax, in the order's currency.
    What was taken as a deposit counts, what was deducted or paid back takes away.

    :ivar odoo: amounts by code of the Odoo account
    :ivar xero: amounts by code of the Xero account; ``None`` where Xero does not have all of the documents, or where it
        cannot be told which of its lines these are
    :ivar is_deducted: a document with more than deposits has deducted them
    :ivar residual: what is left in the company's currency, by differences of rates alone once ``odoo`` is nothing
    """

    odoo: dict = field(default_factory=lambda: defaultdict(lambda: ZERO))
    xero: dict | None = field(default_factory=lambda: defaultdict(lambda: ZERO))
    is_deducted: bool = False
    residual: float = 0.0

    @property
    def left(self) -> Decimal:
        """What is left in Odoo, over all accounts."""
        return sum(self.odoo.values(), ZERO)

    @property
    def is_cleared(self) -> bool:
        """Whether nothing is left on any account, in Odoo or as far as Xero is known."""
        return not any(self.odoo.values()) and not any((self.xero or {}).values())

    @property
    def state(self) -> str:
        """Return ``open``, ``waiting`` (cleared in Odoo, not known in Xero), ``cleared`` or ``apart``."""
        if not self.is_deducted and self.left:
            return "open"
        if self.xero is None:
            return "apart" if any(self.odoo.values()) else "waiting"
        return "cleared" if self.is_cleared else "apart"


class XeroDeposit(models.AbstractModel):
    """Reads with the rights of the system: whoever calls it has asked who may know."""

    _name = "xero.deposit"
    _description = "Xero Deposit"

    @api.model
    def _of(self, orders, connection=None, elements=None) -> dict:
        """Return ``{order id: Deposit}`` of those of ``orders`` that have one; a fixed number of queries.

        :param orders: ``sale.order``, of companies of one connection each
        :param connection: of all orders; by default each order's own
        :param elements: ``{move id: lines in Xero}``, each line with ``account`` and ``net`` as ``LineState`` dumps it;
            by default what both sides agreed on last
        """
        lines = (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("is_downpayment", "=", True),
                    ("display_type", "=", "product"),
                    ("parent_state", "=", "posted"),
                    ("sale_line_ids.order_id", "in", orders.ids),
                ]
            )
        )
        known = self._agreed(lines.move_id, connection) if elements is None else elements
        there = {move: self._there(move, known.get(move.id)) for move in lines.move_id}
        partly = {move: self._is_partly(move) for move in lines.move_id}
        found = defaultdict(Deposit)
        for line in lines:
            deposit = found[line.sale_line_ids.order_id[:1].id]
            places = line.currency_id.decimal_places
            deposit.odoo[line.account_id.code or ""] += booked(-line.amount_currency, places)
            deposit.residual -= line.balance
            deposit.is_deducted |= partly[line.move_id]
            in_xero = there[line.move_id].get(line.id)
            if in_xero is None:
                deposit.xero = None
            elif deposit.xero is not None:
                deposit.xero[in_xero[0]] += in_xero[1]
        return {order.id: found[order.id] for order in orders if order.id in found}

    def _is_partly(self, move) -> bool:
        """Whether ``move`` has more than deposits on it: it deducts them."""
        sold = move.invoice_line_ids.sale_line_ids.filtered(lambda line: not line.display_type)
        return not all(line.is_downpayment for line in sold)

    def _agreed(self, moves, connection) -> dict:
        """Return the lines of ``moves`` that both sides agreed on last, of those that are alive in Xero."""
        domain = [("res_model", "=", "account.move"), ("res_id", "in", moves.ids), ("xero_id", "!=", False)]
        if connection:
            domain.append(("connection_id", "=", connection.id))
        links = self.env["xero.link"].sudo().search(domain)
        return {
            link.res_id: link.base_state["lines"]
            for link in links
            if link._is_alive() and link.base_state and link.base_state.get("lines")
        }

    def _there(self, move, states) -> dict:
        """Return account and amount in Xero by line id; empty where it cannot be told which line is which."""
        told = move.invoice_line_ids.filtered(
            lambda line: line.display_type == "product" or (line.name or "").strip()
        ).sorted(lambda line: (line.sequence, line.id))
        if not states or len(states) != len(told):
            return {}
        sign = -1 if move.move_type == "out_refund" else 1
        return {
            line.id: (state.get("account", ""), sign * decimal(state.get("net") or "0"))
            for line, state in zip(told, states)
        }
