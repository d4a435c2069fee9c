"""What Xero would refuse of any document for reasons other than its lines, found before any call."""

from decimal import Decimal

from odoo import models

from ...xero_api import codec
from ...xero_api.dates import to_date_string
from ..awaited import ALLOWED, LISTS, LOCK_DATES, currency_key
from ..outgoing import Problem
from ..text import ELLIPSIS, named
from .sheet import DESCRIPTION_LENGTH

REFERENCE_LENGTH = 255
LARGEST_TOTAL = Decimal("9999999999.99")


class XeroMapperCommercial(models.AbstractModel):
    _inherit = "xero.mapper.commercial"

    def _check(self, document, books, out) -> None:
        """Add to ``out`` what Xero would refuse of the document's head."""
        if not out.number:
            topic = "length" if self._has_number(document) else "number"
            self._refuse(document, out, self._number_refusal(self._name_of(document)), topic)
        currency = self._currency_of(document)
        if currency.name not in books.currencies:
            waits = (currency_key(currency.name), ALLOWED, LISTS)
            refusal = self._currency_refusal(document, books)
            self._refuse_by(books.connection, out, refusal, "validation", "currency", waits)
        if not 0 <= out.total <= LARGEST_TOTAL:
            message = self.env["xero.reason"]._(
                "Xero takes no document of %(total)s: %(name)s.", total=out.total, name=self._name_of(document)
            )
            self._refuse(document, out, message, "amount")
        rate = out.payload.get("CurrencyRate")
        if rate is not None and not rate:
            self._refuse(
                document, out, self.env["xero.reason"]._("%s has no currency rate.", self._name_of(document)), "amount"
            )
        self._remark_on_texts(document, out)

    def _has_number(self, document) -> bool:
        """Whether Odoo has a number, though one that Xero does not take."""
        return False

    def _remark_on_texts(self, document, out) -> None:
        """Say what was cut: Xero takes 255 characters of a reference and 4,000 of a line."""
        reference = out.payload.get("Reference") or ""
        if len(reference) == REFERENCE_LENGTH and reference.endswith(ELLIPSIS):
            out.remarks.append(
                self.env["xero.reason"]._(
                    "The reference of %(name)s is cut to %(limit)s characters.",
                    name=self._name_of(document),
                    limit=REFERENCE_LENGTH,
                )
            )
        cut = [
            line
            for line in out.payload.get("LineItems", ())
            if len(line["Description"]) >= DESCRIPTION_LENGTH and ELLIPSIS in line["Description"]
        ]
        if cut:
            out.remarks.append(
                self.env["xero.reason"]._(
                    "%(count)s descriptions of %(name)s are cut to %(limit)s characters.",
                    count=len(cut),
                    name=self._name_of(document),
                    limit=DESCRIPTION_LENGTH,
                )
            )

    def _refuse(self, document, out, message: str, topic: str, code: str = "validation", waits=()) -> None:
        """Add the problem ``message``, translated, that is fixed on ``document`` itself.

        :param topic: one of the preview's, see :class:`~..outgoing.Problem`
        :param code: a failure type of ``xero.sync.job``
        :param waits: keys of ``mappers/awaited``: what else may cure it
        """
        out.problems.append(Problem(code, message, self._odoo_model, document.id, topic=topic, waits=waits))

    def _refuse_by(self, connection, out, message: str, code: str, topic: str, waits: tuple) -> None:
        """Refuse for a reason that is mended at the connection; as :meth:`_refuse`.

        :param message: translated
        :param code: a failure type of ``xero.sync.job``
        :param topic: one of the preview's
        :param waits: keys of ``mappers/awaited``: what cures it
        """
        out.problems.append(Problem(code, message, "xero.connection", connection.id, topic=topic, waits=waits))

    def _check_lock(self, document, books, out) -> None:
        """Xero refuses documents dated on or before a lock date. What is in Xero unchanged needs no sending."""
        date = out.payload.get("Date")
        if not (books.lock_date and date and date <= to_date_string(books.lock_date)):
            return
        if self._is_unchanged(books.links.get(document.id), out):
            return
        message = self.env["xero.reason"]._(
            "%(name)s is dated %(date)s, in a period that is locked in Xero up to %(lock)s.",
            name=self._name_of(document),
            date=date,
            lock=to_date_string(books.lock_date),
        )
        self._refuse_by(books.connection, out, message, "locked_period", "locked_period", (LOCK_DATES,))

    def _is_unchanged(self, link, out) -> bool:
        """Whether ``out`` is what both sides agreed last, by its ``link``, which may be ``None``."""
        digests = (codec.digest(out.payload), codec.digest(out.canonical()))
        return bool(link and link.state == "synced" and link.digest in digests)

    def _number_refusal(self, name) -> str:
        return self.env["xero.reason"]._(
            "The number of %s has letters or a length that Xero does not take: use at most 255 plain characters.", name
        )

    def _currency_refusal(self, document, books) -> str:
        code = self._currency_of(document).name
        if "UseMulticurrency" in books.refused_actions:
            return self.env["xero.reason"]._(
                "%(name)s is in %(currency)s. The plan of %(organisation)s in Xero takes documents in its own currency "
                "only.",
                name=self._name_of(document),
                currency=named(code),
                organisation=named(books.connection.tenant_name),
            )
        return self.env["xero.reason"]._(
            "%(name)s is in %(currency)s, which %(organisation)s does not have: add it in Xero, or here (Xero > "
            "Activity > Exchange Rates).",
            name=self._name_of(document),
            currency=named(code),
            organisation=named(books.connection.tenant_name),
        )
