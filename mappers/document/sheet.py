"""The lines of one document with their amounts, whatever they were read from, and what Xero takes as tax of them."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from .money import Row

DESCRIPTION_LENGTH = 4000


@dataclass
class Sheet:
    """The lines of one document.

    :ivar lines: in the document's order: :class:`Row` for amounts, ``str`` for sections and notes
    :ivar booked: tax that Xero computes as tax of lines, by tax id, in the document's currency
    :ivar origins: the rows that the tax of an id becomes where it cannot be a tax of lines
    """

    lines: list = field(default_factory=list)
    booked: dict = field(default_factory=lambda: defaultdict(Decimal))
    origins: dict = field(default_factory=lambda: defaultdict(list))

    @property
    def rows(self) -> list[Row]:
        return [line for line in self.lines if not isinstance(line, str)]

    def add_tax(self, part, group, row: Row, book) -> None:
        """Add an amount of tax: to what Xero computes, or as a line of its own.

        :param part: the tax repartition line (``account.tax.repartition.line``) that it is of
        :param group: the tax (``account.tax``) of type group that the tax is a part of; may be empty
        :param row: the amount, on the account that it is booked to; its ``net`` is the tax
        :param book: the :class:`TaxLookup`
        """
        if book.stands_apart(part, group):
            if row.net:
                self.lines.append(row)
            return
        self.booked[part.tax_id.id] += row.net
        self.origins[part.tax_id.id].append(row)


class TaxLookup:
    """Which taxes are taxes to Xero, and which are amounts on an account of their own.

    Xero's rates are percentages of a line. These become lines on the account Odoo books them to, so that account,
    tax return and total all stay right:

    - fixed amounts, such as a levy per piece;
    - negative percentages, such as withholding (but not the two halves of a reverse charge, which cancel out);
    - the part of a tax that is a cost because it cannot be claimed back.
    """

    def __init__(self):
        self.percents = {}
        self._keys = {}
        self._apart = {}

    def key(self, taxes) -> tuple:
        """Return the sorted ids of those of ``taxes`` (groups resolved) that Xero is to compute.

        :param taxes: ``account.tax``, as on a line
        :return: the key of the tax mapping; empty for untaxed lines, and where all of them become lines of their own
        """
        ids = taxes._ids
        if ids not in self._keys:
            kept = {child.id for tax in taxes for child in self._members(tax) if not self._is_amount(child, tax)}
            self._keys[ids] = tuple(sorted(kept))
        return self._keys[ids]

    def _members(self, tax):
        return tax.children_tax_ids if tax.amount_type == "group" else tax

    def _is_amount(self, tax, parent) -> bool:
        self.percents[tax.id] = decimal_of(tax.amount, 6)
        if tax.amount_type == "fixed":
            return True
        return tax.amount < 0 and not self._cancels_out(parent)

    def _cancels_out(self, parent) -> bool:
        return parent.amount_type == "group" and not round(sum(parent.children_tax_ids.mapped("amount")), 6)

    def stands_apart(self, part, group) -> bool:
        """Tell whether the tax of repartition line ``part``, of ``group`` or of none, becomes a line of its own.

        :param part: an ``account.tax.repartition.line``
        :param group: an ``account.tax`` of type group, or none
        """
        key = part.id, group.id
        if key not in self._apart:
            self._apart[key] = self._is_amount(part.tax_id, group or part.tax_id) or self._is_cost(part)
        return self._apart[key]

    def _is_cost(self, part) -> bool:
        """A tax without any account to settle is not meant as cost: its accounts are just not set up."""
        siblings = part.tax_id.repartition_line_ids.filtered(lambda other: other.document_type == part.document_type)
        return not part.use_in_tax_closing and any(siblings.mapped("use_in_tax_closing"))


def decimal_of(value: float, decimals: int) -> Decimal:
    """Return what a float of Odoo stands for, without trailing zeros: ``0.1 + 0.2`` is 0.3.

    :param value: such as an amount or a quantity
    :param decimals: the places that count; the rest is rounded
    """
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal("0" if text == "-0" else text)
