"""The last cents: proof that Xero will arrive at Odoo's total, and the line for what cannot be told otherwise."""

from decimal import Decimal

from odoo import models

from ..xero_api.money import cents
from .document_payload import predicted_total
from .outgoing import Problem

CENT = Decimal("0.01")
# A document of few lines may be this many cents off and still be a matter of rounding.
FEW = 5


class XeroMapperDocument(models.AbstractModel):
    _inherit = "xero.mapper.document"

    def _prove(self, move, lines, sheet, books, out) -> None:
        """Compare what Xero will make of ``lines`` with Odoo's total: never send what is known not to agree.

        A residual becomes a rounding line, or leaves the document a draft, as the connection's policy says. What is no
        rounding is a problem.
        """
        residual = out.total - predicted_total(sheet, lines)
        if not residual:
            return
        if abs(residual) > CENT * max(len(sheet.rows), FEW):
            out.problems.append(self._total_problem(move, out, residual))
        elif books.connection.rounding_policy == "line" and self._rounding_account(books):
            lines.append(self._rounding_line(move, books, residual))
        else:
            out.status = "DRAFT"
            out.notices.append(self._draft_notice(move, residual))

    def _total_problem(self, move, out, residual) -> Problem:
        message = self.env._(
            "Xero cannot be given the lines of %(name)s so that they add up to %(total)s: %(difference)s is missing.",
            name=self._name_of(move),
            total=out.total,
            difference=residual,
        )
        return Problem("total_mismatch", message, "account.move", move.id)

    def _draft_notice(self, move, residual) -> str:
        return self.env._(
            "%(name)s stays a draft in Xero: its lines add up to %(difference)s less than in Odoo.",
            name=self._name_of(move),
            difference=residual,
        )

    def _adjustment(self, move, books) -> list[dict]:
        """Return the line that makes up for what Xero's last answer differed by."""
        link = books.links.get(move.id)
        adjustment = cents(Decimal(repr(link.adjustment))) if link else Decimal(0)
        if not adjustment or not self._rounding_account(books):
            return []
        return [self._rounding_line(move, books, adjustment)]

    def _rounding_account(self, books):
        account = books.connection.rounding_account_id
        return account if account.status == "ACTIVE" and account.code else None

    def _rounding_line(self, move, books, amount: Decimal) -> dict:
        untaxed = books.tax((), self._use(move)) or books.untaxed
        return {
            "Description": "Rounding",
            "Quantity": Decimal(1),
            "UnitAmount": amount,
            "AccountCode": self._rounding_account(books).code,
            "TaxType": untaxed.tax_type or books.untaxed.tax_type,
        }
