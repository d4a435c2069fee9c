"""The gate: is this an element of Xero at all? Types and bounds of what the connector looks at, before it looks. Pure.

A stranger may write anything into an element. Whatever passes here can be compared, stored and shown without a thought;
whatever does not is named with its place and what is wrong, and stops nothing else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import dates
from .bounds import GUID, UNREADABLE, Unreadable
from .elements import real_id

# Of Xero's own texts none is longer than 255, of descriptions none than 4,000. An index of a database takes 500 of any
# script.
SHORT, LONG = 500, 40_000
# Lines, payments or persons of one element.
MANY = 5_000
# Larger amounts are a mistake: they would be rounded by whoever reads them as binary doubles.
LARGEST = 15
YEARS = range(1900, 3000)
# Names of people and numbers of documents as they are told.
NAME = 100

# What can be wrong with a value; people read it in words of their own.
WRONG = ("missing", "id", "text", "long", "number", "large", "date", "year", "flag", "list", "many", "object")

_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
_FULL = GUID.fullmatch

Path = tuple[Any, ...]
# What is wrong with a value: nothing, one of WRONG, or what is wrong inside it.
Found = str | list[tuple[Path, str]] | None
Form = Callable[[Any], Found]


@dataclass(frozen=True)
class Odd:
    """An element that is none.

    :param xero_id: its id in lower case, ``None`` where that is not readable
    :param name: number or name, as far as it can be read; empty without
    :param faults: pairs (place, one of :data:`WRONG`)
    """

    xero_id: str | None
    name: str
    faults: tuple[tuple[str, str], ...]
    element: Any


def is_empty(value: Any) -> bool:
    """Say whether ``value`` stands for nothing; Xero writes null, an empty text, list or object for it."""
    return value is None or (isinstance(value, (str, list, dict)) and not value)


# === FORMS === #


def _guid(value: Any) -> Found:
    return None if isinstance(value, str) and _FULL(value) else "id"


def _text(longest: int) -> Form:
    def form(value: Any) -> Found:
        if not isinstance(value, str) or isinstance(value, Unreadable):
            return "text"
        return "long" if len(value) > longest else None

    return form


def _number(value: Any) -> Found:
    if type(value) is int:
        return None if abs(value) < 10**LARGEST else "large"
    if isinstance(value, str) and not isinstance(value, Unreadable):
        if not _NUMBER.fullmatch(value):
            return "number"
        value = Decimal(value)
    if isinstance(value, float) and math.isfinite(value):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        return "number"
    return None if value.adjusted() < LARGEST else "large"


def _whole(value: Any) -> Found:
    # A column of whole numbers takes no larger one.
    return _number(value) or (None if abs(Decimal(value)) < 2**31 else "large")


def _moment(value: Any) -> Found:
    return "date" if _parsed(value) is UNREADABLE else None


def _day(value: Any) -> Found:
    moment = _parsed(value)
    if isinstance(moment, Unreadable):
        return "date"
    return None if moment is None or moment.year in YEARS else "year"


def _parsed(value: Any) -> datetime | Unreadable | None:
    try:
        return dates.parse_xero(value) if isinstance(value, str) else UNREADABLE
    except ValueError:
        return UNREADABLE


def _flag(value: Any) -> Found:
    # Some answers write them as texts.
    return None if isinstance(value, bool) or value in ("true", "false") else "flag"


def _one(parts: dict[str, Form]) -> Form:
    """An object with ``parts``; other keys are none of our business."""
    checks = tuple(parts.items())

    def form(value: Any) -> Found:
        if not isinstance(value, dict):
            return "object"
        found = []
        for name, check in checks:
            part = value.get(name)
            if not part and is_empty(part):
                continue
            wrong = check(part)
            if wrong is None:
                continue
            if isinstance(wrong, str):
                found.append(((name,), wrong))
            else:
                found += [((name, *path), what) for path, what in wrong]
        return found or None

    return form


def _many(item: Form) -> Form:
    def form(value: Any) -> Found:
        if not isinstance(value, list):
            return "list"
        if len(value) > MANY:
            return "many"
        found = []
        for place, part in enumerate(value):
            wrong = item(part)
            if isinstance(wrong, str):
                found.append(((place,), wrong))
            elif wrong:
                found += [((place, *path), what) for path, what in wrong]
        return found or None

    return form


_short, _long = _text(SHORT), _text(LONG)


def _each(form: Form, names: str) -> dict[str, Form]:
    return dict.fromkeys(names.split(), form)


# === ELEMENTS === #

_PERSON = _one(_each(_short, "FirstName LastName EmailAddress"))
_PHONE = _one(_each(_short, "PhoneType PhoneNumber PhoneAreaCode PhoneCountryCode"))
_ADDRESS = _one(
    _each(
        _short,
        "AddressType AddressLine1 AddressLine2 AddressLine3 AddressLine4 City Region PostalCode Country AttentionTo",
    )
)
_TERM = _one({"Day": _number, "Type": _short})
_CONTACT = {
    **_each(_guid, "ContactID MergedToContactID"),
    **_each(
        _short,
        "ContactStatus Name FirstName LastName EmailAddress AccountNumber ContactNumber CompanyNumber TaxNumber "
        "BankAccountDetails DefaultCurrency",
    ),
    "Phones": _many(_PHONE),
    "Addresses": _many(_ADDRESS),
    "ContactPersons": _many(_PERSON),
    "PaymentTerms": _one({"Bills": _TERM, "Sales": _TERM}),
    "UpdatedDateUTC": _moment,
}
_OPTION = _one(_each(_short, "TrackingCategoryID TrackingOptionID Name Option"))
_LINE = _one(
    {
        **_each(_short, "LineItemID AccountID AccountCode TaxType ItemCode"),
        **_each(_number, "Quantity UnitAmount LineAmount TaxAmount DiscountRate DiscountAmount"),
        "Description": _long,
        "Tracking": _many(_OPTION),
    }
)
# What stands inside something else is looked at for who it is, what it is worth and when it was.
_WORTH = {
    **_each(
        _guid, "ID InvoiceID CreditNoteID PrepaymentID OverpaymentID PaymentID AllocationID ContactID BatchPaymentID"
    ),
    **_each(_number, "Amount AppliedAmount Total CurrencyRate BankAmount"),
    **_each(_day, "Date DateString"),
    **_each(_short, "InvoiceNumber CreditNoteNumber Reference Status Type CurrencyCode"),
    "IsDeleted": _flag,
}
_WHOSE = _one({"ContactID": _guid, "Name": _short})
_PART = _one({**_WORTH, "Contact": _WHOSE})
_ALLOCATION = _one({**_WORTH, "Invoice": _PART})
_DOCUMENT = {
    **_WORTH,
    **_each(_number, "SubTotal TotalTax AmountDue AmountPaid AmountCredited RemainingCredit"),
    **_each(_day, "DueDate DueDateString"),
    **_each(_short, "LineAmountTypes BrandingThemeID"),
    "Url": _long,
    "Contact": _WHOSE,
    "LineItems": _many(_LINE),
    **_each(_many(_PART), "Payments CreditNotes Prepayments Overpayments"),
    "Allocations": _many(_ALLOCATION),
    "UpdatedDateUTC": _moment,
}
_ACCOUNT = {
    **_each(
        _short,
        "AccountID Code Name Type Class Status SystemAccount TaxType CurrencyCode BankAccountNumber BankAccountType "
        "Description",
    ),
    "EnablePaymentsToAccount": _flag,
    "UpdatedDateUTC": _moment,
}
_PAYMENT = {
    **_WORTH,
    "Account": _one(_ACCOUNT),
    **_each(_PART, "Invoice CreditNote Prepayment Overpayment"),
    "BatchPayment": _one({"BatchPaymentID": _guid}),
    "PaymentType": _short,
    "UpdatedDateUTC": _moment,
}
_BANK_TRANSACTION = {
    **_DOCUMENT,
    **_each(_guid, "BankTransactionID"),
    "BankAccount": _one(_ACCOUNT),
    "IsReconciled": _flag,
}
_BANK_TRANSFER = {
    **_each(_guid, "BankTransferID FromBankTransactionID ToBankTransactionID"),
    **_each(_number, "Amount CurrencyRate"),
    **_each(_day, "Date DateString"),
    **_each(_short, "Reference Status"),
    **_each(_one(_ACCOUNT), "FromBankAccount ToBankAccount"),
    **_each(_many(_OPTION), "FromTracking ToTracking"),
    "CreatedDateUTC": _moment,
}
_BATCH_PAYMENT = {
    **_each(_guid, "BatchPaymentID"),
    **_each(_number, "TotalAmount"),
    **_each(_day, "Date DateString"),
    **_each(_short, "Reference Status Type"),
    "Account": _one(_ACCOUNT),
    "Payments": _many(_one({**_WORTH, "Invoice": _PART})),
    "IsReconciled": _flag,
    "UpdatedDateUTC": _moment,
}
_TRADE = _one({"UnitPrice": _number, **_each(_short, "AccountCode TaxType COGSAccountCode")})
_ITEM = {
    **_each(_guid, "ItemID"),
    **_each(_short, "Code Name InventoryAssetAccountCode"),
    **_each(_long, "Description PurchaseDescription"),
    "SalesDetails": _TRADE,
    "PurchaseDetails": _TRADE,
    **_each(_flag, "IsTrackedAsInventory IsSold IsPurchased"),
    **_each(_number, "QuantityOnHand TotalCostPool"),
    "UpdatedDateUTC": _moment,
}
_TAX_RATE = {
    **_each(_short, "TaxType Name Status ReportTaxType"),
    **_each(_number, "EffectiveRate DisplayTaxRate"),
    **_each(_flag, "CanApplyToAssets CanApplyToEquity CanApplyToExpenses CanApplyToLiabilities CanApplyToRevenue"),
    "TaxComponents": _many(_one({"Name": _short, "Rate": _number, "IsCompound": _flag})),
}
_TRACKING = {
    **_each(_short, "TrackingCategoryID Name Status"),
    "Options": _many(_one(_each(_short, "TrackingOptionID Name Status"))),
}
_ORGANISATION = {
    **_each(
        _short,
        "Name LegalName BaseCurrency CountryCode ShortCode Edition Class Version Timezone SalesTaxBasis "
        "OrganisationStatus",
    ),
    **_each(_day, "PeriodLockDate EndOfYearLockDate"),
    "IsDemoCompany": _flag,
}
# Xero's type: (the field with its key, whether that is an id to read it by, form, fields that name it for people).
KINDS = {
    "Contact": ("ContactID", True, _one(_CONTACT), ("Name", "ContactNumber")),
    "Invoice": ("InvoiceID", True, _one(_DOCUMENT), ("InvoiceNumber", "Reference")),
    "CreditNote": ("CreditNoteID", True, _one(_DOCUMENT), ("CreditNoteNumber", "Reference")),
    "Prepayment": ("PrepaymentID", True, _one(_DOCUMENT), ("Reference",)),
    "Overpayment": ("OverpaymentID", True, _one(_DOCUMENT), ("Reference",)),
    "Payment": ("PaymentID", True, _one(_PAYMENT), ("Reference",)),
    "BankTransaction": ("BankTransactionID", True, _one(_BANK_TRANSACTION), ("Reference",)),
    "BankTransfer": ("BankTransferID", True, _one(_BANK_TRANSFER), ("Reference",)),
    "BatchPayment": ("BatchPaymentID", True, _one(_BATCH_PAYMENT), ("Reference",)),
    "Item": ("ItemID", True, _one(_ITEM), ("Code", "Name")),
    "Account": ("AccountID", False, _one(_ACCOUNT), ("Code", "Name")),
    "TaxRate": ("TaxType", False, _one(_TAX_RATE), ("Name", "TaxType")),
    "Currency": ("Code", False, _one(_each(_short, "Code Description")), ("Code",)),
    "BrandingTheme": ("BrandingThemeID", False, _one({**_each(_short, "Name"), "SortOrder": _whole}), ("Name",)),
    "Organisation": ("OrganisationID", True, _one(_ORGANISATION), ("Name",)),
    "TrackingCategory": ("TrackingCategoryID", False, _one(_TRACKING), ("Name",)),
}


def describe_document(xero_type: str, id_field: str, number_field: str, days: str = "") -> None:
    """Have elements of a further type looked at as invoices are: contact, lines, amounts and days.

    :param xero_type: as on mappers and importers.
    :param id_field: the field with the id, a GUID
    :param number_field: the field with the number, which names it for people
    :param days: further fields with a day, parted by blanks
    """
    parts = {**_DOCUMENT, **_each(_short, number_field), **_each(_day, days)}
    KINDS[xero_type] = (id_field, True, _one(parts), (number_field, "Reference"))


def describe_journal(xero_type: str) -> None:
    """Have elements of a type be looked at as manual journals are: narration, day and lines.

    :param xero_type: as on mappers and importers.
    """
    parts = {
        "ManualJournalID": _guid,
        **_each(_long, "Narration Url"),
        **_each(_short, "Status LineAmountTypes"),
        "Date": _day,
        "ShowOnCashBasisReports": _flag,
        "JournalLines": _many(_LINE),
        "UpdatedDateUTC": _moment,
    }
    KINDS[xero_type] = ("ManualJournalID", True, _one(parts), ("Narration",))


def _kind(xero_type: str, id_field: str | None) -> tuple[str | None, bool, Form, tuple[str, ...]]:
    """Kinds that nobody described are looked at for their id and time alone."""
    return KINDS.get(xero_type) or (id_field, True, _one({"UpdatedDateUTC": _moment}), ("Name", "Reference"))


# === LOOKING === #


def faults(xero_type: str, element: Any, id_field: str | None = None) -> list[tuple[Path, str]]:
    """Return what is wrong with ``element``: pairs (path of keys and places, one of :data:`WRONG`).

    :param id_field: the field with the id, for types that :data:`KINDS` does not describe
    """
    key_field, is_id, form, _names = _kind(xero_type, id_field)
    if not isinstance(element, dict):
        return [((), "object")]
    found = list(form(element) or [])
    if key_field:
        key = element.get(key_field)
        if is_empty(key):
            found.append(((key_field,), "missing"))
        elif is_id and real_id(key) is None and ((key_field,), "id") not in found:
            found.append(((key_field,), "id"))
        elif not isinstance(key, str) and not any(path == (key_field,) for path, _what in found):
            found.append(((key_field,), "text"))
    return found


def sort(xero_type: str, items: list[Any], id_field: str | None = None) -> tuple[list[dict[str, Any]], list[Odd]]:
    """Return the elements among ``items`` that are well, and those that are odd, each in their order.

    :param xero_type: as on mappers and importers.
    :param id_field: as for :func:`faults`.
    """
    well, odd = [], []
    for item in items:
        found = faults(xero_type, item, id_field)
        if found:
            odd.append(_odd(xero_type, item, found, id_field))
        else:
            well.append(item)
    return well, odd


def _odd(xero_type: str, item: Any, found: list[tuple[Path, str]], id_field: str | None) -> Odd:
    key_field, is_id, _form, named = _kind(xero_type, id_field)
    element = item if isinstance(item, dict) else {}
    key = element.get(key_field) if key_field else None
    xero_id = (real_id(key) or "").lower() if is_id and isinstance(key, str) else ""
    return Odd(xero_id or None, name_of(element, named), tuple((shown(path), what) for path, what in found), item)


def names(xero_type: str) -> tuple[str, ...]:
    """Return the fields that name an element of a type for people."""
    return _kind(xero_type, None)[3]


def name_of(element: dict[str, Any], fields: tuple[str, ...]) -> str:
    """Return the first readable one of ``fields``, cut to what people read; empty without."""
    for name in fields:
        value = element.get(name)
        if isinstance(value, str) and not isinstance(value, Unreadable) and value.strip():
            return value.strip()[:NAME]
    return ""


def shown(path: Path) -> str:
    """Return a place inside an element as people write it: ``LineItems 2 TaxAmount``, counted from one."""
    return " ".join(str(part + 1) if isinstance(part, int) else part for part in path)


def salvaged(xero_type: str, element: dict[str, Any], id_field: str | None = None) -> dict[str, Any] | None:
    """Return a copy of an odd ``element`` without what is odd in it, ``None`` when not even its id is readable.

    For whoever compares whole books: an element that is left out would look as if it were not in Xero.

    :param id_field: as for :func:`faults`.
    """
    found = faults(xero_type, element, id_field)
    paths = {path for path, _what in found}
    if () in paths or (_kind(xero_type, id_field)[0],) in paths:
        return None
    return _without(element, paths)


def readable(xero_type: str, items: list[Any], id_field: str | None = None) -> list[dict[str, Any]]:
    """Return the elements among ``items`` that have an id, each without what is odd in it.

    :param id_field: as for :func:`faults`.
    """
    well, odd = sort(xero_type, items, id_field)
    left = (salvaged(xero_type, item.element, id_field) for item in odd)
    return [*well, *(element for element in left if element is not None)]


def _without(node: Any, paths: set[Path]) -> Any:
    inner: dict[Any, set] = {}
    for path in paths:
        inner.setdefault(path[0], set()).add(path[1:])
    if isinstance(node, list):
        return [
            _without(item, inner[place]) if place in inner else item
            for place, item in enumerate(node)
            if () not in inner.get(place, ())
        ]
    return {
        key: _without(value, inner[key]) if key in inner else value
        for key, value in node.items()
        if () not in inner.get(key, ())
    }
