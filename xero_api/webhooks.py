"""Deliveries from Xero: prove where they come from, then read them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import dates
from .elements import real_id
from .errors import ProtocolError
from .faults import body_of
from .shape import is_empty

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")


@dataclass(frozen=True)
class Event:
    """One event: which record changed; never what changed. Ids and words are short and of their form.

    :param tenant_id: a GUID in lower case.
    :param category: upper case: ``CONTACT``, ``INVOICE``, ``CREDITNOTE``, …; unknown ones must be tolerated.
    :param event_type: upper case: ``CREATE`` or ``UPDATE``; empty where it is no word.
    :param resource_id: a GUID in lower case.
    :param event_date: naive UTC, None when it cannot be true.
    """

    tenant_id: str
    category: str
    event_type: str
    resource_id: str
    event_date: datetime | None


class Events(list[Event]):
    """The events of a verified delivery."""

    odd: int = 0
    """How many more there were that are none; they took nothing with them."""


def verify(raw: bytes, signature: str | None, key: str | None) -> bool:
    """Say whether ``signature`` (header ``x-xero-signature``) is right for the bytes as they came in.

    The signature is base64 of HMAC-SHA256 over the raw body with the webhook key as text. Without a key nothing is
    right. Compared in constant time.

    :param raw: the body, before anything has read it (Xero: Webhooks).
    :param key: as Xero shows it beside the webhook.
    """
    if not key or not signature:
        return False
    expected = base64.b64encode(hmac.new(key.encode(), raw, hashlib.sha256).digest())
    return hmac.compare_digest(expected, signature.strip().encode("utf-8", "replace"))


def _last_word(url: Any) -> str:
    """The address of a record ends with its id."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2] if isinstance(url, str) else ""


def _word(value: Any) -> str:
    """Return a word of Xero's in upper case; empty for what is none."""
    return value.upper() if isinstance(value, str) and _WORD.fullmatch(value) else ""


def _id(value: Any) -> str:
    """Return an id in lower case; empty for what is none."""
    return (real_id(value) or "").lower() if isinstance(value, str) else ""


def _event(item: Any) -> Event | None:
    """Return the event in ``item``, None when it does not say what happened to whom."""
    if not isinstance(item, dict):
        return None
    event = Event(
        tenant_id=_id(item.get("tenantId")),
        category=_word(item.get("eventCategory")),
        event_type=_word(item.get("eventType")),
        resource_id=_id(item.get("resourceId") or _last_word(item.get("resourceUrl"))),
        event_date=dates.believable(item.get("eventDateUtc")),
    )
    return event if event.tenant_id and event.category and event.resource_id else None


def parse(raw: bytes) -> Events:
    """Read a verified delivery; one without events is Xero's "intent to receive" check.

    One delivery can mix organisations and categories. Each event is read alone.

    :raise ProtocolError: when the body is no JSON object.
    """
    data = body_of(raw)
    if data is None:
        raise ProtocolError("The delivery holds no JSON object")
    found = data.get("events")
    items = found if isinstance(found, list) else [] if is_empty(found) else [found]
    events = Events(event for item in items if (event := _event(item)) is not None)
    events.odd = len(items) - len(events)
    return events
