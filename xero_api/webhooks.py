"""Deliveries from Xero: prove where they come from, then read them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import dates
from .errors import ProtocolError
from .faults import body_of


@dataclass(frozen=True)
class Event:
    """One event: which record changed; never what changed.

    :param category: upper case: ``CONTACT``, ``INVOICE``, ``CREDITNOTE``, …; unknown ones must be tolerated.
    :param event_type: upper case: ``CREATE`` or ``UPDATE``.
    :param event_date: naive UTC, None when unreadable.
    :param data: extra facts that some categories carry (``Type``, ``Status``).
    """

    tenant_id: str
    tenant_type: str
    category: str
    event_type: str
    resource_id: str
    resource_url: str
    event_date: datetime | None
    data: dict[str, Any] = field(default_factory=dict)


def verify(raw: bytes, signature: str | None, key: str | None) -> bool:
    """Say whether ``signature`` (header ``x-xero-signature``) is right for the bytes as they came in.

    The signature is base64 of HMAC-SHA256 over the raw body with the webhook key as text. Without a key
    nothing is right. Compared in constant time.
    """
    if not key or not signature:
        return False
    expected = base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.strip().encode("utf-8", "replace"))


def _date(value: Any) -> datetime | None:
    try:
        return dates.parse_xero(value)
    except ValueError:
        return None


def _last_word(url: Any) -> str:
    """The address of a record ends with its id."""
    return str(url or "").partition("?")[0].rstrip("/").rpartition("/")[2]


def _event(item: dict[str, Any]) -> Event:
    extra = item.get("data")
    return Event(
        tenant_id=str(item.get("tenantId") or ""),
        tenant_type=str(item.get("tenantType") or "").upper(),
        category=str(item.get("eventCategory") or "").upper(),
        event_type=str(item.get("eventType") or "").upper(),
        resource_id=str(item.get("resourceId") or _last_word(item.get("resourceUrl"))),
        resource_url=str(item.get("resourceUrl") or ""),
        event_date=_date(item.get("eventDateUtc")),
        data=extra if isinstance(extra, dict) else {},
    )


def parse(raw: bytes) -> list[Event]:
    """Read a verified delivery; an empty list is Xero's "intent to receive" check.

    One delivery can mix organisations and categories.

    :raise ProtocolError: when the body is no JSON object.
    """
    data = body_of(raw)
    if data is None:
        raise ProtocolError("The delivery holds no JSON object")
    events = data.get("events")
    return [_event(item) for item in events if isinstance(item, dict)] if isinstance(events, list) else []
