"""What Xero would refuse for reasons other than a document's lines, found before any call."""

from decimal import Decimal

from odoo import models

from ..xero_api import codec
from ..xero_api.dates import to_date_string
from .document_lines import DESCRIPTION_LENGTH
from .outgoing import Problem
from .text import ELLIPSIS

REFERENCE_LENGTH = 255
LARGEST_TOTAL = Decimal("9999999999.99")


class XeroMapperDocument(models.AbstractModel):
    _inherit = "xero.mapper.document"

    def _check(self, move, books, out) -> None:
        """Add the problems of the document's head to ``out``."""
        name = self._name_of(move)
        if not out.number:
            self._refuse(move, out, self._number_refusal(name), "length" if self._has_number(move) else "number")
        if move.currency_id.name not in books.currencies:
            self._refuse_by(books.connection, out, self._currency_refusal(move, books), "validation", "currency")
        if not 0 <= out.total <= LARGEST_TOTAL:
            message = self.env._("Xero takes no document of %(total)s: %(name)s.", total=out.total, name=name)
            self._refuse(move, out, message, "amount")
        rate = out.payload.get("CurrencyRate")
        if rate is not None and not rate:
            self._refuse(move, out, self.env._("%s has no currency rate.", name), "amount")
        self._check_number(move, books, out)
        self._check_plan(move, books, out)
        self._check_lock(move, books, out)
        self._remark_on_texts(move, out)

    def _remark_on_texts(self, move, out) -> None:
        """Say what was cut: Xero takes 255 characters of a reference and 4,000 of a line."""
        reference = out.payload.get("Reference") or ""
        if len(reference) == REFERENCE_LENGTH and reference.endswith(ELLIPSIS):
            out.remarks.append(
                self.env._(
                    "The reference of %(name)s is cut to %(limit)s characters.",
                    name=self._name_of(move),
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
                self.env._(
                    "%(count)s descriptions of %(name)s are cut to %(limit)s characters.",
                    count=len(cut),
                    name=self._name_of(move),
                    limit=DESCRIPTION_LENGTH,
                )
            )

    def _refuse(self, move, out, message: str, topic: str, code: str = "validation") -> None:
        out.problems.append(Problem(code, message, "account.move", move.id, topic=topic))

    def _refuse_by(self, connection, out, message: str, code: str, topic: str) -> None:
        """Refuse for a reason that is mended at the connection."""
        out.problems.append(Problem(code, message, "xero.connection", connection.id, topic=topic))

    def _has_number(self, move) -> bool:
        return bool((move.name and move.name != "/") or (move.ref and not self._is_sale(move)))

    def _check_number(self, move, books, out) -> None:
        """Xero takes each sales number once: two companies of one organisation may not share a series."""
        other = books.number_owner(move, out.number) if self._is_sale(move) else None
        if other:
            message = self.env._(
                "%(number)s is the number of another document of %(company)s that is in Xero, or on its way there. "
                "Xero takes each sales number once: change one of them.",
                number=out.number,
                company=other.company_id.name,
            )
            self._refuse(move, out, message, "number", "duplicate")

    def _check_plan(self, move, books, out) -> None:
        """What Xero says that the plan, or the person who connected, may not do; it is read once a day."""
        sale, link = self._is_sale(move), books.links.get(move.id)
        if link and link.xero_id:
            return
        action = f"{'CreateApproved' if out.status == 'AUTHORISED' else 'CreateDraft'}{'Invoice' if sale else 'Bill'}"
        if action in books.refused_actions and out.status in ("AUTHORISED", "DRAFT"):
            message = self.env._(
                "Xero does not let the person who connected %(organisation)s make documents such as %(name)s: "
                "%(action)s is not allowed.",
                organisation=books.connection.tenant_name,
                name=self._name_of(move),
                action=action,
            )
            self._refuse_by(books.connection, out, message, "plan", "approval")

    def _number_refusal(self, name) -> str:
        return self.env._(
            "The number of %s has letters or a length that Xero does not take: use at most 255 plain characters.", name
        )

    def _currency_refusal(self, move, books) -> str:
        if "UseMulticurrency" in books.refused_actions:
            return self.env._(
                "%(name)s is in %(currency)s. The plan of %(organisation)s in Xero takes documents in its own currency "
                "only.",
                name=self._name_of(move),
                currency=move.currency_id.name,
                organisation=books.connection.tenant_name,
            )
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
        self._refuse(move, out, message, "locked_period", "locked_period")

    def _is_unchanged(self, link, out) -> bool:
        digests = (codec.digest(out.payload), codec.digest(out.agreed()))
        return bool(link and link.state == "synced" and link.digest in digests)
