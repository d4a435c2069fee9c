"""The day a document bears in Xero: Odoo's own, unless a lock date made both sides agree on another."""

from datetime import timedelta

from odoo import models

from ..xero_api.dates import to_date_string
from .inbound_document import GONE


def first_open_day(locked) -> str:
    """Return the day after the lock date ``locked``."""
    return to_date_string(locked + timedelta(days=1))


def agreed_day(link, own: str) -> str:
    """Return the day in Xero that was agreed for Odoo's day ``own``; empty when none was, or Odoo's is another now."""
    if not link or not link.xero_id or link.xero_status in GONE or not link.date_xero:
        return ""
    return to_date_string(link.date_xero) if to_date_string(link.date_odoo) == own else ""


class XeroMapperDocument(models.AbstractModel):
    _inherit = "xero.mapper.document"

    def _own_day(self, move) -> str:
        """Return the day that Odoo would send if nothing were locked."""
        return self._date(move)

    def _sent_day(self, move, books, out) -> str:
        """Return the day to send: in a locked period of Xero the first open day, where the connection wants that.

        A document that is in Xero keeps the day it was sent with, wherever the lock date goes later.
        """
        own, link = self._own_day(move), books.links.get(move.id)
        day = agreed_day(link, own) or (self._first_open_day(own, link, books) if own else own)
        if day != own and out.status == "AUTHORISED":
            out.notices.append(self._moved_notice(own, day))
        return day

    def _first_open_day(self, own, link, books) -> str:
        locked = to_date_string(books.lock_date) if books.lock_date else ""
        if own > locked or books.connection.xero_lock_policy != "move":
            return own
        living = link and link.xero_id and link.xero_status not in GONE
        if living and (link.remote_view or {}).get("date", "") <= locked:
            # Xero changes nothing about it any more.
            return own
        return first_open_day(books.lock_date)

    def _moved_notice(self, own, day) -> str:
        return self.env._(
            "Dated %(odoo)s in Odoo and %(xero)s in Xero, where the period was locked: amounts and tax count in the "
            "later period there.",
            odoo=own,
            xero=day,
        )
