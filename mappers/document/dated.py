"""Documents that Xero books on a day: what a lock date there means for them."""

from odoo import models

from ...xero_api import codec
from ...xero_api.dates import to_date_string
from ..awaited import LOCK_DATES
from .dates import base_day, first_open_day


class XeroMapperDated(models.AbstractModel):
    """Shared by the mappers of documents that are booked in Xero, be they invoices or what a till has sold."""

    _name = "xero.mapper.dated"
    _inherit = "xero.mapper.commercial"
    _description = "Xero Dated Document Mapper"

    # === THE DAY === #

    def _own_day(self, document) -> str:
        """Return the day that Odoo would send if nothing were locked: ``YYYY-MM-DD``, or empty."""
        raise NotImplementedError

    def _sent_day(self, document, books, out) -> str:
        """Return the day to send: in a locked period of Xero the first open day, where the connection wants that.

        A document that is in Xero keeps the day it was sent with, wherever the lock date goes later. Xero takes nothing
        that is dated on or before its lock date (Xero: Invoices, lock dates).

        :return: ``YYYY-MM-DD``, or empty
        """
        own, link = self._own_day(document), books.links.get(document.id)
        day = base_day(link, own) or (self._first_open_day(own, link, books) if own else own)
        if day != own and out.status == "AUTHORISED":
            out.notices.append(self._moved_notice(own, day))
        return day

    def _first_open_day(self, own, link, books) -> str:
        locked = to_date_string(books.lock_date) if books.lock_date else ""
        if own > locked or books.connection.xero_lock_policy != "move":
            return own
        if link and link._is_alive() and (link.base_state or {}).get("date", "") <= locked:
            # Xero changes nothing about it any more.
            return own
        return first_open_day(books.lock_date)

    def _moved_notice(self, own, day) -> str:
        return self.env["xero.reason"]._(
            "Dated %(odoo)s in Odoo and %(xero)s in Xero, where the period was locked: amounts and tax count in the "
            "later period there.",
            odoo=own,
            xero=day,
        )

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
        digests = (codec.digest(out.payload), codec.digest(out.canonical()))
        return bool(link and link.state == "synced" and link.digest in digests)
