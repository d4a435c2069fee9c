"""The parts of a contact: addresses, people, phones, payment terms. Reads partner records, returns Xero's elements."""

from ..text import email, shorten, squeeze
from .countries import spelled

STREET_LENGTH = 500
TEXT_LENGTH = 255
CODE_LENGTH = 50
MAX_PERSONS = 5
# Days of a month, and days after a date or the end of its month: Xero's form takes three digits there.
MONTH_DAYS, AFTER_DAYS = range(1, 32), range(1000)


def person_names(partner) -> dict:
    """Return first and last name of a person; companies have none of their own."""
    if partner.is_company:
        return {}
    return _split(partner.name)


def _split(name) -> dict:
    first, _space, last = squeeze(name).rpartition(" ")
    names = {"FirstName": first or last, "LastName": last if first else ""}
    return {key: shorten(text, TEXT_LENGTH) for key, text in names.items() if text}


def persons(parts) -> list[dict]:
    """Return the first five people with an e-mail address."""
    return [_person(part, email(part.email)) for part in _people(parts) if email(part.email)][:MAX_PERSONS]


def untold_persons(parts) -> list[dict]:
    """Return the other people: without an e-mail address, with one that Xero does not take (``None``), or too many."""
    found = _people(parts)
    mails = [(part, email(part.email)) for part in found]
    untold = [_person(part, None if squeeze(part.email) else "") for part, mail in mails if not mail]
    return untold + [_person(part, mail) for part, mail in mails if mail][MAX_PERSONS:]


def _people(parts):
    return [part for part in parts if part.type == "contact" and part.name]


def _person(part, mail) -> dict:
    return {**_split(part.name), "EmailAddress": mail, "IncludeInEmails": False}


def addresses(partner, invoice, delivery) -> list[dict]:
    """Return the addresses of ``partner`` that have something in them."""
    found = [_address("POBOX", invoice, partner), _address("STREET", delivery, partner)]
    return [place for place in found if len(place) > 1]


def _address(kind: str, place, partner) -> dict:
    """Return an address of ``partner``; empty when ``place`` has none. Xero prints the POBOX one."""
    lines = {
        "AddressLine1": shorten(squeeze(place.street), STREET_LENGTH),
        "AddressLine2": shorten(squeeze(place.street2), STREET_LENGTH),
        "City": shorten(squeeze(place.city), TEXT_LENGTH),
        "Region": shorten(squeeze(place.state_id.name), TEXT_LENGTH),
        "PostalCode": shorten(squeeze(place.zip), CODE_LENGTH),
        "Country": spelled(place.country_id.name),
        "AttentionTo": shorten(squeeze(place.name), TEXT_LENGTH) if place != partner else "",
    }
    return {"AddressType": kind, **{key: value for key, value in lines.items() if value}}


def phones(partner) -> list[dict]:
    number = squeeze(partner.phone)[:CODE_LENGTH]
    return [{"PhoneType": "DEFAULT", "PhoneNumber": number}] if number else []


def payment_terms(partner) -> dict:
    """Return the terms of sales and bills that Xero can express; others are not sent."""
    terms = {
        "Bills": _term(partner.property_supplier_payment_term_id),
        "Sales": _term(partner.property_payment_term_id),
    }
    return {side: term for side, term in terms.items() if term}


def _term(term) -> dict:
    line = term.line_ids
    if len(line) != 1 or line.value != "percent" or line.value_amount != 100:
        return {}
    kind, day = _due(line)
    days = MONTH_DAYS if kind == "OFFOLLOWINGMONTH" else AFTER_DAYS
    return {"Day": day, "Type": kind} if kind and day in days else {}


def _due(line) -> tuple[str, int]:
    """Return Xero's kind of term and day of an Odoo payment term line, which Xero may not have."""
    if line.delay_type == "days_after":
        return "DAYSAFTERBILLDATE", line.nb_days
    if line.delay_type == "days_after_end_of_month":
        return "DAYSAFTERBILLMONTH", line.nb_days
    day = int(line.days_next_month) if (line.days_next_month or "").isdigit() else 0
    if line.delay_type == "days_end_of_month_on_the" and not line.nb_days and day:
        return "OFFOLLOWINGMONTH", day
    return "", 0
