"""What Xero would refuse of journal entries: their numbers, the plan, and lock dates."""

from odoo import models

from ...xero_api import codec
from ...xero_api.dates import to_date_string
from ..awaited import ALLOWED, LOCK_DATES, record_key
from ..text import named


class XeroMapperDocument(models.AbstractModel):
    _inherit = "xero.mapper.document"

    def _check(self, move, books, out) -> None:
        super()._check(move, books, out)
        self._check_number(move, books, out)
        self._check_plan(move, books, out)
        self._check_lock(move, books, out)

    def _has_number(self, move) -> bool:
        return bool((move.name and move.name != "/") or (move.ref and not self._is_sale(move)))

    def _check_number(self, move, books, out) -> None:
        """Xero takes each sales number once: two companies of one organisation may not share a series."""
        if not self._is_sale(move):
            return
        other = books.number_owner(move, out.number)
        if other:
            message = self.env["xero.reason"]._(
                "%(number)s is the number of another document of %(company)s that is in Xero, or on its way there. "
                "Xero takes each sales number once: change one of them.",
                number=named(out.number),
                company=named(other.company_id.name),
            )
            self._refuse(move, out, message, "number", "duplicate", (record_key(self._odoo_model, other.id),))
        else:
            out.holder = books.number_holder(move, out.number)

    def _check_plan(self, move, books, out) -> None:
        """What Xero says that the plan, or the person who connected, may not do; it is read once a day."""
        sale, link = self._is_sale(move), books.links.get(move.id)
        if link and link.xero_id:
            return
        action = f"{'CreateApproved' if out.status == 'AUTHORISED' else 'CreateDraft'}{'Invoice' if sale else 'Bill'}"
        if action in books.refused_actions and out.status in ("AUTHORISED", "DRAFT"):
            message = self.env["xero.reason"]._(
                "Xero does not let the person who connected %(organisation)s make documents such as %(name)s: "
                "%(action)s is not allowed.",
                organisation=named(books.connection.tenant_name),
                name=self._name_of(move),
                action=action,
            )
            self._refuse_by(books.connection, out, message, "plan", "approval", (ALLOWED,))

    def _check_lock(self, move, books, out) -> None:
        """Xero refuses documents dated on or before a lock date. What is in Xero unchanged needs no sending."""
        date = out.payload.get("Date")
        if not (books.lock_date and date and date <= to_date_string(books.lock_date)):
            return
        if self._is_unchanged(books.links.get(move.id), out):
            return
        message = self.env["xero.reason"]._(
            "%(name)s is dated %(date)s, in a period that is locked in Xero up to %(lock)s.",
            name=self._name_of(move),
            date=date,
            lock=to_date_string(books.lock_date),
        )
        self._refuse_by(books.connection, out, message, "locked_period", "locked_period", (LOCK_DATES,))

    def _is_unchanged(self, link, out) -> bool:
        digests = (codec.digest(out.payload), codec.digest(out.canonical()))
        return bool(link and link.state == "synced" and link.digest in digests)
