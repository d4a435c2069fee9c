"""What Xero would refuse for reasons other than a document's lines, found before any call."""

from decimal import Decimal

from odoo import models

from ..xero_api import codec
from ..xero_api.dates import to_date_string
from .outgoing import Problem

LARGEST_TOTAL = Decimal("9999999999.99")


class XeroMapperDocument(models.AbstractModel):
    _inherit = "xero.mapper.document"

    def _check(self, move, books, out) -> None:
        """Add the problems of the document's head to ``out``."""
        name = self._name_of(move)
        if not out.number:
            self._refuse(move, out, self._number_refusal(name))
        if move.currency_id.name not in books.currencies:
            self._refuse(move, out, self._currency_refusal(move, books))
        if not 0 <= out.total <= LARGEST_TOTAL:
            message = self.env._("Xero takes no document of %(total)s: %(name)s.", total=out.total, name=name)
            self._refuse(move, out, message)
        rate = out.payload.get("CurrencyRate")
        if rate is not None and not rate:
            self._refuse(move, out, self.env._("%s has no currency rate.", name))
        self._check_lock(move, books, out)

    def _refuse(self, move, out, message: str) -> None:
        out.problems.append(Problem("validation", message, "account.move", move.id))

    def _number_refusal(self, name) -> str:
        return self.env._(
            "The number of %s has letters or a length that Xero does not take: use at most 255 plain characters.", name
        )

    def _currency_refusal(self, move, books) -> str:
        return self.env._(
            "%(name)s is in %(currency)s, which %(organisation)s does not have: add it in Xero, then read again.",
            name=self._name_of(move),
            currency=move.currency_id.name,
            organisation=books.connection.tenant_name,
        )

    def _check_lock(self, move, books, out) -> None:
        """Xero refuses documents dated on or before a lock date. What is in Xero unchanged needs no sending."""
        date = out.payload.get("Date")
        if not (books.lock_date and date and date <= to_date_string(books.lock_date)):
            return
        if self._is_unchanged(books.links.get(move.id), out):
            return
        message = self.env._(
            "%(name)s is dated %(date)s, in a period that is locked in Xero up to %(lock)s.",
            name=self._name_of(move),
            date=date,
            lock=to_date_string(books.lock_date),
        )
        out.problems.append(Problem("locked_period", message, "account.move", move.id))

    def _is_unchanged(self, link, out) -> bool:
        digests = (codec.digest(out.payload), codec.digest(out.agreed()))
        return bool(link and link.state == "synced" and link.digest in digests)
