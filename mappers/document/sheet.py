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
    :ivar is_refund: taxes are divided as on credit notes
    """

    lines: list = field(default_factory=list)
    is_refund: bool = False
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
    - the part of a tax that is a cost because it cannot be claimed back, be it all of it.
    """

    def __init__(self):
        self.percents = {}
        self._keys = {}
        self._apart = {}
        self._claimed = {}

    def key(self, taxes) -> tuple:
        """Return the sorted ids of those of ``taxes`` (groups resolved) that Xero is to compute.

        :param taxes: ``account.tax``, as on a line
        :return: the key of the tax mapping; empty for untaxed lines, and where all of them become lines of their own
        """
        ids = taxes._ids
        if ids not in self._keys:
            kept = {child: tax for tax in taxes for child in self._members(tax) if not self._is_amount(child, tax)}
            self._claimed |= {child.id: self._claims(child, tax) for child, tax in kept.items()}
            self._keys[ids] = tuple(sorted(child.id for child in kept))
        return self._keys[ids]

    def claimed(self, taxes: tuple, is_refund: bool) -> Decimal:
        """Return what part of the nominal tax of a set is booked as tax: 1, or less where a part of it is a cost.

        :param taxes: what :meth:`key` returned
        :param is_refund: on a credit note
        """
        percents = [self.percents[tax_id] for tax_id in taxes]
        whole = sum(percents, Decimal(0))
        if not whole:
            return Decimal(0 if any(percents) else 1)
        return sum(self.percents[tax_id] * self._claimed[tax_id][is_refund] for tax_id in taxes) / whole

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
            parent = group or part.tax_id
            self._apart[key] = self._is_amount(part.tax_id, parent) or self._is_cost(part, parent)
        return self._apart[key]

    def is_whole_cost(self, tax) -> bool:
        """Whether nothing of ``tax``, an ``account.tax``, is claimed on bills."""
        members = self._members(tax)
        return bool(members) and not any(self._claims(member, tax)[False] for member in members)

    def _claims(self, tax, parent) -> tuple[Decimal, Decimal]:
        """Return what part of ``tax``, in ``parent``, is booked as tax: on documents, and on credit notes."""
        found = [Decimal(0), Decimal(0)]
        for part in self._tax_parts(tax):
            if not self._is_cost(part, parent):
                found[part.document_type == "refund"] += decimal_of(part.factor_percent, 12) / 100
        return tuple(found)

    def _tax_parts(self, tax):
        return tax.repartition_line_ids.filtered(lambda part: part.repartition_type == "tax")

    def _is_cost(self, part, parent) -> bool:
        """Whether ``part`` of a tax is no tax to settle, but a cost.

        A tax of sales without any account to settle is not meant as cost: its accounts are just not set up.
        """
        if part.use_in_tax_closing:
            return False
        siblings = self._tax_parts(part.tax_id).filtered(lambda other: other.document_type == part.document_type)
        if any(siblings.mapped("use_in_tax_closing")):
            return True
        # Parts that cancel out are a reverse charge.
        cancels_out = not round(sum(siblings.mapped("factor_percent")), 6)
        return parent.type_tax_use == "purchase" and not cancels_out and all(map(self._is_on_cost, siblings))

    def _is_on_cost(self, part) -> bool:
        """Whether it is booked to the account of the line, or to one of costs."""
        return not part.account_id or part.account_id.account_type.startswith(("expense", "income"))


def decimal_of(value: float, decimals: int) -> Decimal:
    """Return what a float of Odoo stands for, without trailing zeros: ``0.1 + 0.2`` is 0.3.

    :param value: such as an amount or a quantity
    :param decimals: the places that count; the rest is rounded
    """
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return Decimal("0" if text == "-0" else text)
