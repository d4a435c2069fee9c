"""Rules shared by all documents: numbers, texts, currency, dates against lock dates, contact."""

import re
from datetime import date
from decimal import Decimal

from .. import money
from ..api.call import Call
from ..errors import Invalid
from ..organisation import Organisation, fold
from ..store import Doc

MAX_AMOUNT = Decimal("9999999999.99")
_URL = re.compile(r"^https?://[^\s<>\"]+$")
MAX_URL = 1024
_PRINTABLE = re.compile(r"^[\x20-\x7e]*$")
LOCK_NAMES = {"period": "period lock date", "end of year": "end of year lock date"}


def check_lock(org: Organisation, *days: date | None) -> None:
    """Nothing may be dated on or before a lock date, nor changed when it is. Raises Invalid."""
    for day in days:
        for name, locked in org.lock_dates:
            if day and day <= locked:
                shown = locked.strftime("%d %B %Y").lstrip("0")
                raise Invalid(f"The document date cannot be before the {LOCK_NAMES[name]}, currently set at {shown}")


def check_text(label: str, value: str | None, longest: int, ascii_only: bool = False) -> list[str]:
    """Messages about a text that is too long or has characters Xero does not take."""
    if not value:
        return []
    messages = []
    if len(value) > longest:
        messages.append(f"The field {label} must be a string with a maximum length of {longest}.")
    if ascii_only and not _PRINTABLE.match(value):
        messages.append(f"The {label} contains characters that are not allowed.")
    return messages


def check_url(call: Call, url: str | None) -> str | None:
    """A link to another program: absolute, or none. Raises Invalid."""
    if url and (len(url) > MAX_URL or not _URL.match(url)):
        raise Invalid("Url must be a valid absolute URL")
    if url and "xero" in url.lower() and call.readings["url_with_xero_refused"]:
        raise Invalid("Url must not contain 'xero'")
    return url or None


def currency_of(org: Organisation, code: str | None) -> str:
    """The document's currency: the base currency by default; it must be one of the organisation's."""
    if not code:
        return org.base_currency
    code = code.upper()
    if code == org.base_currency:
        return code
    if not org.actions["UseMulticurrency"] or org.currencies.get(code) is None:
        raise Invalid(f"Organisation is not subscribed to currency {code}")
    return code


def rate_of(org: Organisation, currency: str, sent: Decimal | None) -> Decimal:
    """Units of the document's currency per 1 unit of base currency; 1 in base currency; the day's rate if not sent."""
    if currency == org.base_currency:
        return Decimal(1)
    if sent is None:
        return money.rate(org.day_rate(currency))
    if sent <= 0:
        raise Invalid("The CurrencyRate must be greater than 0")
    return money.rate(sent)


def find_contact(org: Organisation, sent: Doc | None) -> Doc | None:
    """The contact an element points at, by ContactID, ContactNumber or Name. Raises Invalid when it cannot be used."""
    if not sent:
        return None
    contact = _by_key(org, sent)
    if contact is None and sent.get("ContactID"):
        message = "The Contact could not be found"
        raise Invalid(message, nested={"Contact": [message]})
    if contact is not None and contact["ContactStatus"] != "ACTIVE":
        message = f"The contact is archived and cannot be used: {contact['Name']}"
        raise Invalid(message, nested={"Contact": [message]})
    return contact


def _by_key(org: Organisation, sent: Doc) -> Doc | None:
    if sent.get("ContactID"):
        return org.contacts.get(sent["ContactID"])
    if sent.get("ContactNumber"):
        found = org.contacts.first("number", fold(sent["ContactNumber"]))
        if found:
            return found
    return org.contacts.first("name", fold(sent.get("Name")))


def check_total(sent: Decimal | None, total: Decimal, refuse: bool) -> None:
    """A wrong Total is refused (or, by the other reading, ignored)."""
    if refuse and sent is not None and money.cents(sent) != total:
        raise Invalid("The invoice total does not equal the sum of the lines.")
