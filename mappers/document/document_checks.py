"""What Xero would refuse of journal entries: their numbers, the plan, and lock dates."""

from odoo import models
from odoo.tools import float_compare

from ...xero_api.dates import to_date_string
from ..awaited import ALLOWED, record_key
from ..outgoing import Problem
from ..text import named


class XeroMapperDocument(models.AbstractModel):
    _inherit = "xero.mapper.document"

    def _check(self, move, books, out) -> None:
        super()._check(move, books, out)
        self._check_number(move, books, out)
        self._check_rate(move, books, out)
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

    def _check_rate(self, move, books, out) -> None:
        """Odoo takes 1, or the first later rate, for a currency that has none on or before the day. Whoever typed
        another rate on the document meant that one, and what Xero has was agreed.
        """
        link, own = books.links.get(move.id), move.invoice_currency_rate
        if move.currency_id.name == books.base or (link and link._is_alive()):
            return
        day = move.invoice_date or move.date
        missing = books.currency_without_rate(move.currency_id, move.company_id, day)
        if not missing and own != 1:
            return
        typed = bool(float_compare(own, move.expected_currency_rate, precision_digits=6))
        if missing and not (typed and missing == move.currency_id):
            message = self.env["xero.reason"]._(
                "%(name)s: Odoo has no rate of %(currency)s on or before %(day)s. Add one. If the document is posted, "
                "reset it to draft then, refresh its rate, and post it again.",
                name=self._name_of(move),
                currency=named(missing.name),
                day=to_date_string(day) if day else "",
            )
            out.problems.append(Problem("validation", message, missing._name, missing.id, topic="rate"))
        elif not missing and typed:
            message = self.env["xero.reason"]._(
                "%(name)s is booked at a rate of 1, though the rate of %(currency)s is %(rate)s on its day: there was "
                "none when it was made. Reset it to draft, refresh its rate, and post it again.",
                name=self._name_of(move),
                currency=move.currency_id.name,
                rate=round(move.expected_currency_rate, 6),
            )
            self._refuse(move, out, message, "rate")

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
