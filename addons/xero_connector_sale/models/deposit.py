"""What is left of the deposits of sales orders, in both books."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.addons.xero_connector.mappers.document.merge import held_ids
from odoo.addons.xero_connector.mappers.values import booked, decimal, lower

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


@dataclass
class Held:
    """What Xero holds of a document.

    :ivar lines: each with ``account`` and ``net`` as ``LineState`` dumps it
    :ivar line_ids: of each the id of the line in Odoo, of which it may be a part; empty where that is not known
    """

    lines: list
    line_ids: list

    @classmethod
    def of(cls, said: dict, lines: list, ids: list) -> "Held":
        """Return ``lines``, with the ids of those that they were sent as.

        :param said: ``odoo_state`` of the link
        :param ids: LineItemIDs of ``lines``
        """
        known = {lower(xero_id): line_id for line_id, xero_id, _parts in said.get("lines", ()) if xero_id}
        ids = [lower(xero_id) for xero_id in ids]
        is_known = len(ids) == len(lines) and all(xero_id in known for xero_id in ids)
        return cls(lines, [known[xero_id] for xero_id in ids] if is_known else [])


class XeroDeposit(models.AbstractModel):
    """Reads with the rights of the system: whoever calls it has asked who may know."""

    _name = "xero.deposit"
    _description = "Xero Deposit"

    @api.model
    def _of(self, orders, connection=None, elements=None) -> dict:
        """Return ``{order id: Deposit}`` of those of ``orders`` that have one; a fixed number of queries.

        :param orders: ``sale.order``, of companies of one connection each
        :param connection: of all orders; by default each order's own
        :param elements: ``{move id: Held}``; by default what both sides agreed on last
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
                for account, net in in_xero:
                    deposit.xero[account] += net
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
        found = {}
        for link in links:
            if link._is_alive() and link.base_state and link.base_state.get("lines"):
                said = link.odoo_state or {}
                found[link.res_id] = Held.of(said, link.base_state["lines"], held_ids(said) if said else [])
        return found

    def _there(self, move, held) -> dict:
        """Return accounts and amounts in Xero by line id; empty where it cannot be told which line is which."""
        sign = -1 if move.move_type == "out_refund" else 1
        found = defaultdict(list)
        for line_id, state in zip(self._line_ids(move, held), held.lines if held else ()):
            found[line_id].append((state.get("account", ""), sign * decimal(state.get("net") or "0")))
        return found

    def _line_ids(self, move, held) -> list:
        """Return the id of the line in Odoo of each in Xero: as it was sent, else in its place."""
        if held and held.line_ids:
            return held.line_ids
        told = move.invoice_line_ids.filtered(
            lambda line: line.display_type == "product" or (line.name or "").strip()
        ).sorted(lambda line: (line.sequence, line.id))
        return told.ids if held and len(held.lines) == len(told) else []
