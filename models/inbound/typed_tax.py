"""The tax of a document as it is in Xero, where people type another than its rates make."""

from collections import defaultdict
from decimal import Decimal

from odoo import Command

from ...mappers.document.money import smallest, spread, tax_targets
from ...mappers.values import booked, decimal

# Xero's own total may be this far from that of its lines.
LARGEST_ROUNDING = Decimal("0.10")


def fit_taxes(inbound, connection, move, state) -> None:
    """Set the tax of each of Xero's rates on ``move``, a draft, to what it is there.

    What Odoo books otherwise than Xero by its mapping, such as a part that is a cost, is left to Odoo.

    :param inbound: the importer of the document's type
    :param state: the ``DocumentState`` that ``move`` was made of
    """
    theirs = defaultdict(Decimal)
    for line in state.lines:
        theirs[line.tax_type or "NONE"] += decimal(line.tax)
    if decimal(state.tax) != sum(theirs.values()):
        return
    books = _TaxBooks(inbound, connection, move)
    gaps = {tax_type: theirs[tax_type] - books.amounts[tax_type] for tax_type in {*theirs, *books.amounts}}
    missing = decimal(state.total) - booked(move.amount_total, move.currency_id.decimal_places)
    if any(gaps.values()) and abs(missing - sum(gaps.values())) <= LARGEST_ROUNDING:
        commands = [books.commands(tax_type, gap) for tax_type, gap in gaps.items() if gap]
        move.write({"line_ids": sum(commands, [])})


class _TaxBooks:
    """What Odoo books as tax on one document, by Xero's rates.

    :ivar amounts: ``{TaxType: tax}``, positive in the direction of the document
    """

    def __init__(self, inbound, connection, move):
        mapper = inbound.env["xero.mapper"]._for_type(inbound._xero_type)
        books = mapper._books(move.sudo().with_company(connection.company_id), connection)
        sheet, use, decimals = mapper._sheet(move, books), mapper._use(move), move.currency_id.decimal_places
        self.move, self.lookup = move, books.taxes
        self.step, self.is_refund = smallest(decimals), sheet.is_refund
        self.amounts, self.tax_ids = defaultdict(Decimal), defaultdict(set)
        for taxes, shares in tax_targets(sheet.rows, sheet.booked, books.taxes.percents, decimals).items():
            tax_type = (books.tax(taxes or (), use) or books.untaxed).tax_type
            self.amounts[tax_type] += sum(shares.values(), Decimal(0))
            self.tax_ids[tax_type] |= {*(taxes or ()), *shares}

    def commands(self, tax_type: str, gap: Decimal) -> list:
        """Return what adds ``gap`` to the tax of ``tax_type``: to its tax lines in proportion, or as a first one."""
        lines = self.move.line_ids.filtered(lambda line: self._is_of(line, self.tax_ids[tax_type]))
        shares = spread(gap, [abs(Decimal(repr(line.amount_currency))) for line in lines], self.step) if lines else []
        if not lines:
            return self._first_line(tax_type, gap)
        return [
            Command.update(line.id, {"amount_currency": line.amount_currency + self._signed(share)})
            for line, share in zip(lines, shares)
        ]

    def _is_of(self, line, tax_ids) -> bool:
        part = line.tax_repartition_line_id
        return part.tax_id.id in tax_ids and bool(
            line.amount_currency and not self.lookup.stands_apart(part, line.group_tax_id)
        )

    def _first_line(self, tax_type, gap) -> list:
        """Odoo makes no tax line where the rate makes nothing of the lines."""
        taxes = self.move.env["account.tax"].browse(sorted(self.tax_ids[tax_type]))
        kind = "refund" if self.is_refund else "invoice"
        parts = taxes.repartition_line_ids.filtered(
            lambda part: part.document_type == kind and part.repartition_type == "tax" and part.account_id
        )
        if not parts:
            return []
        values = {
            "display_type": "tax",
            "name": parts[0].tax_id.name,
            "partner_id": self.move.commercial_partner_id.id,
            "tax_repartition_line_id": parts[0].id,
            "account_id": parts[0].account_id.id,
            "tax_tag_ids": [Command.set(parts[0].tag_ids.ids)],
            "amount_currency": self._signed(gap),
        }
        return [Command.create(values)]

    def _signed(self, amount: Decimal) -> float:
        return self.move.direction_sign * float(amount)
