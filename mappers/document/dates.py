"""The day a document bears in Xero: Odoo's own, unless a lock date made both sides agree on another."""

from datetime import timedelta

from ...xero_api.dates import to_date_string
from .canonical import GONE


def first_open_day(locked) -> str:
    """Return the day after the lock date ``locked``.

    :param locked: a ``date``
    :return: ``YYYY-MM-DD``
    """
    return to_date_string(locked + timedelta(days=1))


def base_day(link, own: str) -> str:
    """Return the day in Xero that was agreed for Odoo's day ``own``; empty when none was, or Odoo's is another now.

    :param own: ``YYYY-MM-DD``
    :return: ``YYYY-MM-DD``, or empty
    """
    if not link or not link.xero_id or link.xero_status in GONE or not link.date_xero:
        return ""
    return to_date_string(link.date_xero) if to_date_string(link.date_odoo) == own else ""
