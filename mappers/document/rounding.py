"""The last cents: proof that Xero will arrive at Odoo's total, and the line for what cannot be told otherwise."""

from decimal import Decimal

from odoo import models

from ...xero_api.money import cents
from ..outgoing import Problem
from .payload import predicted_total

CENT = Decimal("0.01")
# A document of few lines may be this many cents off and still be a matter of rounding.
FEW = 5


class XeroMapperCommercial(models.AbstractModel):
    _inherit = "xero.mapper.commercial"

    def _prove(self, document, lines, sheet, books, out) -> None:
        """Compare what Xero will make of ``lines`` with Odoo's total: never send what is known not to agree.

        A residual becomes a rounding line, or leaves the document a draft, as the connection's policy says. What is no
        rounding is a problem.

        :param lines: payload lines; a rounding line is added in place
        :param sheet: the :class:`~.sheet.Sheet` that they were made of
        """
        residual = out.total - predicted_total(sheet, lines)
        if not residual:
            return
        if abs(residual) > CENT * max(len(sheet.rows), FEW):
            out.problems.append(self._total_problem(document, out, residual))
        elif books.connection.rounding_policy == "line" and self._rounding_account(books):
            lines.append(self._rounding_line(document, books, residual))
        else:
            out.status = "DRAFT"
            out.notices.append(self._draft_notice(document, residual))

    def _total_problem(self, document, out, residual) -> Problem:
        """Return the problem of a ``document`` whose lines cannot be told so that they add up.

        :param residual: what is missing, ``Decimal`` in the document's currency
        """
        message = self.env["xero.reason"]._(
            "Xero cannot be given the lines of %(name)s so that they add up to %(total)s: %(difference)s is missing.",
            name=self._name_of(document),
            total=out.total,
            difference=residual,
        )
        return Problem("total_mismatch", message, self._odoo_model, document.id)

    def _draft_notice(self, document, residual) -> str:
        return self.env["xero.reason"]._(
            "%(name)s stays a draft in Xero: its lines add up to %(difference)s less than in Odoo.",
            name=self._name_of(document),
            difference=residual,
        )

    def _adjustment(self, document, books) -> list[dict]:
        """Return the line that makes up for what Xero's last answer differed by."""
        link = books.links.get(document.id)
        adjustment = cents(Decimal(repr(link.adjustment))) if link else Decimal(0)
        if not adjustment or not self._rounding_account(books):
            return []
        return [self._rounding_line(document, books, adjustment)]

    def _rounding_account(self, books):
        account = books.connection.rounding_account_id
        return account if account.status == "ACTIVE" and account.code else None

    def _rounding_line(self, document, books, amount: Decimal) -> dict:
        untaxed = books.tax((), self._use(document)) or books.untaxed
        return {
            "Description": "Rounding",
            "Quantity": Decimal(1),
            "UnitAmount": amount,
            "AccountCode": self._rounding_account(books).code,
            "TaxType": untaxed.tax_type or books.untaxed.tax_type,
        }
