"""Xero's contacts as plain values. Pure."""

from ..values import clean, lower, words

ADDRESS_LINES = ("AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4")
ADDRESS_PARTS = {
    "city": "City",
    "region": "Region",
    "zip": "PostalCode",
    "country": "Country",
    "attention": "AttentionTo",
}


def canonical_contact(element: dict) -> dict:
    """Return what Odoo keeps of a contact.

    :param element: in the form of Xero's JSON, or as it is sent
    :return: texts, lists and dicts without what is empty
    """
    return clean(
        {
            "status": element.get("ContactStatus") or "ACTIVE",
            "merged_to": lower(element.get("MergedToContactID")),
            "name": words(element.get("Name")),
            "email": words(element.get("EmailAddress")),
            "reference": words(element.get("AccountNumber")),
            "registry": words(element.get("CompanyNumber")),
            "tax_number": words(element.get("TaxNumber")),
            "phone": _phone(element),
            "invoice_address": _address(element, "POBOX"),
            "delivery_address": _address(element, "STREET"),
            "persons": _persons(element),
            "terms": _terms(element),
        }
    )


def _phone(element) -> str:
    """Return the default number as one text."""
    phone = next((phone for phone in element.get("Phones") or [] if phone.get("PhoneType") == "DEFAULT"), {})
    return " ".join(
        filter(None, (words(phone.get(part)) for part in ("PhoneCountryCode", "PhoneAreaCode", "PhoneNumber")))
    )


def _address(element, kind) -> dict:
    place = next((place for place in element.get("Addresses") or [] if place.get("AddressType") == kind), {})
    lines = [words(place.get(line)) for line in ADDRESS_LINES]
    return clean(
        {
            "street": lines[0],
            "street2": ", ".join(filter(None, lines[1:])),
            **{name: words(place.get(key)) for name, key in ADDRESS_PARTS.items()},
        }
    )


def _persons(element) -> list[dict]:
    found = [
        clean(
            {
                "name": " ".join(filter(None, (words(person.get("FirstName")), words(person.get("LastName"))))),
                "email": words(person.get("EmailAddress")),
            }
        )
        for person in element.get("ContactPersons") or []
    ]
    return sorted(filter(None, found), key=lambda person: (person.get("email", ""), person.get("name", "")))


def _terms(element) -> dict:
    terms = element.get("PaymentTerms") or {}
    return clean(
        {
            side.lower(): f"{term.get('Type')} {int(term.get('Day') or 0)}"
            for side in ("Sales", "Bills")
            if (term := terms.get(side)) and term.get("Type")
        }
    )
