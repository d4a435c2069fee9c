"""What an update of a contact says of addresses, phones and people: nothing that people typed in Xero gets lost. Pure.

Lists are replaced by what is sent. So of each list goes what Odoo has, what it had and has no more (as empty texts),
and what Xero holds besides, as it is. A list that would stay as it is is left out.
"""

from ..values import clean, lower, words
from .canonical import canonical_contact
from .parts import MAX_PERSONS, country

KINDS = {"POBOX": "invoice_address", "STREET": "delivery_address"}
# Odoo has two lines for a street; what Xero has in others is part of the second, once Odoo took it over.
MORE_LINES = ("AddressLine2", "AddressLine3", "AddressLine4")
# By the names in states.
ADDRESS_FIELDS = {
    "AddressLine1": "street",
    "AddressLine2": "street2",
    "AddressLine3": "",
    "AddressLine4": "",
    "City": "city",
    "Region": "region",
    "PostalCode": "zip",
    "Country": "country",
    "AttentionTo": "attention",
}
PHONE_FIELDS = ("PhoneType", "PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")


def kept_parts(payload: dict, element: dict | None = None) -> list[str]:
    """Return names for all that Odoo has of addresses and people, to tell later what it has no more.

    :param element: the contact as Xero holds it, if known: lines that Odoo has as one are named too
    """
    names = []
    for kind in KINDS:
        own, held = (_row(side, kind) for side in (payload, element or {}))
        filled = {name for name in ADDRESS_FIELDS if own.get(name)}
        if _is_joined(own, held):
            filled |= {name for name in MORE_LINES if held.get(name)}
        names += [_place_key(kind, name) for name in sorted(filled)]
    return names + [_person_key(person) for person in payload.get("ContactPersons") or []]


def merged(payload: dict, element: dict, had: set[str]) -> dict:
    """Return ``payload`` for an update of ``element``.

    :param element: the contact as Xero holds it now; empty when it is not known
    :param had: what :func:`kept_parts` named at the last agreement
    """
    lists = {
        "Addresses": _addresses(payload, element, had),
        "Phones": _phones(payload, element),
        "ContactPersons": _persons(payload, element, had),
    }
    rest = {key: value for key, value in payload.items() if key not in lists}
    return {**rest, **{key: rows for key, rows in lists.items() if rows is not None}}


def merged_state(payload: dict, base: dict, had: set[str]) -> dict:
    """Return the state of what Xero would hold after an update by ``payload``, if it holds ``base`` now.

    :param base: a state of the contact, as was agreed last
    :param had: as of :func:`merged`
    """
    result = merged(payload, _element(base), had)
    told = canonical_contact(result)
    state = {**base, **told}
    if "Addresses" in result:
        state.update({name: told.get(name) for name in KINDS.values()})
    if "ContactPersons" in result:
        state["persons"] = told.get("persons")
    return clean(state)


def _element(state: dict) -> dict:
    return {
        "Addresses": [
            {"AddressType": kind, **{key: (state.get(name) or {}).get(part) for key, part in ADDRESS_FIELDS.items()}}
            for kind, name in KINDS.items()
        ],
        "ContactPersons": [
            {"FirstName": person.get("name"), "EmailAddress": person.get("email")}
            for person in state.get("persons") or []
        ],
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": state.get("phone")}],
    }


# === ADDRESSES === #


def _addresses(payload, element, had):
    rows = {kind: _address(kind, payload, element, had) for kind in KINDS}
    if all(_filled(row) == _filled(_row(element, kind)) for kind, row in rows.items()):
        return None
    return [row for row in rows.values() if len(row) > 1]


def _address(kind, payload, element, had):
    """Return the whole address, with empty texts for what goes."""
    own, held = _row(payload, kind), _row(element, kind)
    if _is_joined(own, held):
        own = {**own, **{name: held.get(name) for name in MORE_LINES}}
    row = {"AddressType": kind}
    for name in ADDRESS_FIELDS:
        gone = _place_key(kind, name) in had
        value = own.get(name) or ("" if gone else held.get(name)) or ""
        if value or gone or held.get(name):
            row[name] = country(value) if name == "Country" else value
    return row


def _is_joined(own, held) -> bool:
    """Whether Odoo has in its second line what stands in several in Xero."""
    lines = [words(held.get(name)) for name in MORE_LINES]
    return any(lines[1:]) and words(own.get("AddressLine2")) == ", ".join(filter(None, lines))


def _row(element, kind) -> dict:
    found = (place for place in element.get("Addresses") or [] if place.get("AddressType") == kind)
    return next(found, {})


def _filled(row) -> dict:
    return {name: words(row.get(name)) for name in ADDRESS_FIELDS if row.get(name)}


def _place_key(kind, name) -> str:
    return f"Addresses.{kind}.{name}"


# === PHONES === #


def _phones(payload, element):
    if "Phones" not in payload or _number(payload) == _number(element):
        return None
    whole = {"PhoneType": "DEFAULT", "PhoneNumber": _number(payload), "PhoneAreaCode": "", "PhoneCountryCode": ""}
    others = [
        {name: phone[name] for name in PHONE_FIELDS if phone.get(name)}
        for phone in element.get("Phones") or []
        if phone.get("PhoneType") != "DEFAULT" and phone.get("PhoneNumber")
    ]
    return [whole, *others]


def _number(element) -> str:
    return canonical_contact({"Phones": element.get("Phones")}).get("phone", "")


# === PEOPLE === #


def _persons(payload, element, had):
    """Return Xero's people, those whom Odoo has as it has them, without those whom it has no more; then new ones."""
    ours, result = list(payload.get("ContactPersons") or []), []
    held = element.get("ContactPersons") or []
    for person in held:
        own = next((own for own in ours if _is_same(own, person)), None)
        if own:
            ours.remove(own)
            result.append(_corrected(person, own))
        elif _person_key(person) not in had:
            result.append(_plain(person))
    result = [*result, *ours][:MAX_PERSONS]
    return None if result == [_plain(person) for person in held] else result


def _is_same(own, person) -> bool:
    mail = lower(person.get("EmailAddress"))
    return lower(own["EmailAddress"]) == mail if mail else _name(own) == _name(person)


def _corrected(person, own) -> dict:
    """Return ``person`` with Odoo's name and address; whether they get e-mails is Xero's."""
    names = person if _name(own) == _name(person) else own
    values = {name: names.get(name) for name in ("FirstName", "LastName")}
    return _plain({**values, "EmailAddress": own["EmailAddress"], "IncludeInEmails": person.get("IncludeInEmails")})


def _plain(person) -> dict:
    texts = {name: person.get(name) for name in ("FirstName", "LastName", "EmailAddress") if person.get(name)}
    return {**texts, "IncludeInEmails": bool(person.get("IncludeInEmails"))}


def _name(person) -> str:
    return " ".join(filter(None, (words(person.get("FirstName")), words(person.get("LastName")))))


def _person_key(person) -> str:
    return f"ContactPersons.{lower(person.get('EmailAddress'))}"
