"""Contacts: what a name, address or phone may look like, uniqueness, archiving."""

import re

from ..api import fields
from ..api.call import Call
from ..errors import Invalid
from ..organisation import Organisation, fold, new_id
from ..store import Doc
from .common import check_text, currency_of

ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
TEXTS = {
    "FirstName": 255, "LastName": 255, "CompanyNumber": 50, "AccountNumber": 50, "ContactNumber": 50,
    "TaxNumber": 50, "EmailAddress": 255, "BankAccountDetails": 255, "TaxNumberType": 50, "Website": 255,
}  # fmt: skip
ADDRESS_TEXTS = {
    "AddressLine1": 500, "AddressLine2": 500, "AddressLine3": 500, "AddressLine4": 500, "City": 255, "Region": 255,
    "PostalCode": 50, "Country": 50, "AttentionTo": 255,
}  # fmt: skip
PHONE_TEXTS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
ADDRESS_TYPES = ("STREET", "POBOX", "DELIVERY")
PHONE_TYPES = ("DEFAULT", "DDI", "FAX", "MOBILE", "OFFICE")
TERM_TYPES = ("DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH")
MAX_PERSONS = 5
_EMAIL = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
_COUNTRY = re.compile(r"^[A-Za-z ]*$")


def save(call: Call, element: Doc) -> tuple[Doc, bool]:
    """Create or update a contact; returns (contact, whether it is new). Fields left out are kept."""
    old = _existing(call, element)
    if old is not None and old["ContactStatus"] != "ACTIVE":
        if call.readings["no_unarchive"] or element.get("ContactStatus") != "ACTIVE":
            raise Invalid(ARCHIVED)
    doc = dict(old) if old else _blank(call)
    messages = _apply(call, element, doc)
    messages += _unique(call.org, doc)
    if messages:
        raise Invalid(*dict.fromkeys(messages))
    stored = call.org.save(call.org.contacts, doc)
    call.org.journal.event("CONTACT", stored["ContactID"], "UPDATE" if old else "CREATE")
    call.org.note(stored["ContactID"], "Edited" if old else "Created", f"Through the Xero API using {call.app.name}")
    return stored, old is None


def contact_from_document(call: Call, sent: Doc) -> Doc:
    """An invoice that names an unknown contact creates it."""
    if not sent.get("Name"):
        raise Invalid("A Contact must be specified for this type of transaction")
    return save(call, {"Name": sent["Name"], "EmailAddress": sent.get("EmailAddress")})[0]


def _existing(call: Call, element: Doc) -> Doc | None:
    """By ContactID; POST also by ContactNumber and, by the other reading, by name."""
    org, sent_id = call.org, fields.text(element, "ContactID")
    if sent_id and sent_id.strip("0-"):
        found = org.contacts.get(sent_id)
        if found is None:
            raise Invalid("The contact with the supplied ContactID could not be found")
        if call.method == "PUT":
            raise Invalid("The ContactID already exists; use POST to update it")
        return found
    if call.method == "PUT":
        return None
    number = fold(fields.text(element, "ContactNumber"))
    found = org.contacts.first("number", number) if number else None
    if found is None and not call.readings["post_contact_name_refused"]:
        found = org.contacts.first("name", fold(fields.text(element, "Name")))
    return found


def _blank(call: Call) -> Doc:
    return {
        "ContactID": new_id(),
        "ContactStatus": "ACTIVE",
        "Name": "",
        "EmailAddress": "",
        "BankAccountDetails": "",
        "Addresses": _no_addresses(),
        "Phones": _no_phones(),
        "ContactGroups": [],
        "ContactPersons": [],
        "SalesTrackingCategories": [],
        "PurchasesTrackingCategories": [],
        "IsSupplier": False,
        "IsCustomer": False,
        "HasAttachments": False,
        "_app": call.app.client_id,
    }


def _apply(call: Call, element: Doc, doc: Doc) -> list[str]:
    messages = []
    name = fields.text(element, "Name")
    if name is not None:
        doc["Name"] = name
    messages += check_name(doc["Name"])
    for field, longest in TEXTS.items():
        if field in element:
            doc[field] = fields.text(element, field) or ""
            messages += check_text(field, doc[field], longest)
    email = doc.get("EmailAddress")
    if email and not _EMAIL.match(email):
        messages.append(f"Email address '{email}' must be valid.")
    messages += _apply_lists(element, doc, call.readings["contact_lists_replaced"])
    messages += _apply_defaults(call.org, element, doc)
    messages += _apply_terms(element, doc, 31 if call.readings["terms_up_to_31_days"] else 999)
    messages += _apply_status(element, doc)
    return messages


def check_name(name: str) -> list[str]:
    """No < or >, no space at an end, no double space, at most 255 characters."""
    if not name or not name.strip():
        return ["The contact name must be specified."]
    messages = check_text("Name", name, 255)
    if "<" in name or ">" in name:
        messages.append("The contact name cannot contain the characters < or >.")
    if name != name.strip() or "  " in name:
        messages.append("The contact name cannot start or end with a space or contain two spaces in a row.")
    return messages


def _no_addresses() -> list[Doc]:
    return [_address({"AddressType": kind}) for kind in ("STREET", "POBOX")]


def _no_phones() -> list[Doc]:
    return [_phone({"PhoneType": kind}) for kind in ("DDI", "DEFAULT", "FAX", "MOBILE")]


def _apply_lists(element: Doc, doc: Doc, replaced: bool) -> list[str]:
    """Addresses, phones and people; ``replaced``: of each list that is sent nothing stays that is not sent."""
    messages = []
    if replaced and fields.rows(element, "Addresses"):
        doc["Addresses"] = _no_addresses()
    if replaced and fields.rows(element, "Phones"):
        doc["Phones"] = _no_phones()
    for sent in fields.rows(element, "Addresses") or []:
        messages += _check_part(sent, ADDRESS_TEXTS, "AddressType", ADDRESS_TYPES)
        if not _COUNTRY.match(fields.text(sent, "Country") or ""):
            messages.append("The Country of an address can contain letters only.")
        doc["Addresses"] = _replaced(doc["Addresses"], _address(sent), "AddressType")
    for sent in fields.rows(element, "Phones") or []:
        messages += _check_part(sent, PHONE_TEXTS, "PhoneType", PHONE_TYPES)
        doc["Phones"] = _replaced(doc["Phones"], _phone(sent), "PhoneType")
    persons = fields.rows(element, "ContactPersons")
    if persons is not None:
        doc["ContactPersons"] = [_person(person) for person in persons]
        messages += _check_persons(doc["ContactPersons"])
    return messages


def _check_part(sent: Doc, texts: dict[str, int], type_field: str, types: tuple[str, ...]) -> list[str]:
    messages = [] if sent.get(type_field) in types else [f"{type_field} '{sent.get(type_field)}' is not valid."]
    for field, longest in texts.items():
        messages += check_text(field, fields.text(sent, field), longest)
    return messages


def _check_persons(persons: list[Doc]) -> list[str]:
    messages = [f"A contact can have at most {MAX_PERSONS} contact persons."] if len(persons) > MAX_PERSONS else []
    for person in persons:
        if person["EmailAddress"] and not _EMAIL.match(person["EmailAddress"]):
            messages.append(f"Email address '{person['EmailAddress']}' must be valid.")
        for field in ("FirstName", "LastName", "EmailAddress"):
            messages += check_text(field, person[field], 255)
    return messages


def _address(sent: Doc) -> Doc:
    return {"AddressType": sent.get("AddressType")} | {name: fields.text(sent, name) or "" for name in ADDRESS_TEXTS}


def _phone(sent: Doc) -> Doc:
    return {"PhoneType": sent.get("PhoneType")} | {name: fields.text(sent, name) or "" for name in PHONE_TEXTS}


def _person(sent: Doc) -> Doc:
    texts = {name: fields.text(sent, name) or "" for name in ("FirstName", "LastName", "EmailAddress")}
    return texts | {"IncludeInEmails": bool(fields.boolean(sent, "IncludeInEmails"))}


def _replaced(rows: list[Doc], new: Doc, type_field: str) -> list[Doc]:
    """The list with the row of that type replaced, or added."""
    others = [new if row[type_field] == new[type_field] else row for row in rows]
    return others if any(row is new for row in others) else [*others, new]


def _apply_defaults(org: Organisation, element: Doc, doc: Doc) -> list[str]:
    messages = []
    if element.get("DefaultCurrency"):
        doc["DefaultCurrency"] = currency_of(org, fields.text(element, "DefaultCurrency"))
    for field in ("SalesDefaultAccountCode", "PurchasesDefaultAccountCode"):
        if element.get(field):
            account = org.account(fields.text(element, field))
            if account is None or account["Status"] != "ACTIVE":
                messages.append(f"{field}: account code '{element[field]}' is not valid.")
            doc[field] = element[field]
    for field in ("AccountsReceivableTaxType", "AccountsPayableTaxType"):
        if element.get(field):
            if org.tax_rates.get(element[field]) is None and element[field] != "NONE":
                messages.append(f"The TaxType code '{element[field]}' does not exist or is no longer active")
            doc[field] = element[field]
    return messages


def _apply_terms(element: Doc, doc: Doc, most: int) -> list[str]:
    """Payment terms by side; ``most``: days after a date. Days of a month end with 31."""
    terms = fields.part(element, "PaymentTerms")
    if terms is None:
        return []
    kept = dict(doc.get("PaymentTerms") or {})
    for side in ("Bills", "Sales"):
        term = fields.part(terms, side)
        if not term:
            continue
        day = fields.number(term, "Day")
        if term.get("Type") not in TERM_TYPES or day is None or day != int(day) or not 0 <= day <= most:
            return [f"The payment terms for {side.lower()} are not valid."]
        if term["Type"] in ("OFCURRENTMONTH", "OFFOLLOWINGMONTH") and not 1 <= day <= 31:
            return [f"The payment terms for {side.lower()} are not valid: the day must be between 1 and 31."]
        kept[side] = {"Day": int(day), "Type": term["Type"]}
    doc["PaymentTerms"] = kept
    return []


def _apply_status(element: Doc, doc: Doc) -> list[str]:
    status = fields.text(element, "ContactStatus")
    if status is None:
        return []
    if status not in ("ACTIVE", "ARCHIVED"):
        return [f"ContactStatus '{status}' cannot be set."]
    doc["ContactStatus"] = status
    return []


def _unique(org: Organisation, doc: Doc) -> list[str]:
    """Names are unique among active contacts, without case; contact numbers among all."""
    messages = []
    if _other(org, "name", doc["Name"], doc):
        messages.append(
            f"The contact name {doc['Name']} is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        )
    if _other(org, "number", doc.get("ContactNumber"), doc):
        messages.append(f"The contact number {doc['ContactNumber']} is already assigned to another contact.")
    return messages


def _other(org: Organisation, index: str, value: str | None, doc: Doc) -> bool:
    key = fold(value)
    return bool(key) and any(row["ContactID"] != doc["ContactID"] for row in org.contacts.find(index, key))
