"""The three-way merge of contacts: what Odoo had, what it has, and what Xero holds, by field and element. Pure.

A field that Odoo did not change since both last agreed is not sent, so what people typed in Xero stays. Elements are
addresses by their type, phones by theirs, people by who they are, payment terms by side; each has fields of its own.
Lists are replaced by what is sent: of a list that changes all goes that Xero holds of it, with the changes in it.

What Odoo has is a *sheet*: ``{field: text}`` with ``Addresses.POBOX.City`` for one of an address, and the people as a
list. The link keeps the sheet of the last agreement, also where Xero holds another value: who changed what is told by
comparing a side with itself.
"""

from itertools import chain

from ..text import fold
from ..values import clean, words
from .canonical import canonical_contact
from .countries import spelled
from .parts import MAX_PERSONS
from .people import Person, pairs

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
# Another value in one of these is another place.
PLACE_FIELDS = ("AddressLine1", "AddressLine2", "City", "PostalCode")
PHONE_FIELDS = ("PhoneType", "PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")
PHONE = "Phones.DEFAULT"
PEOPLE = "ContactPersons"
SIDES = ("Sales", "Bills")
LISTS = ("Addresses", "Phones", PEOPLE, "PaymentTerms")
# No content: which contact it is, and whether it is in use.
ALWAYS = ("ContactID", "ContactNumber", "ContactStatus")
# Texts that can be emptied, by their names in states.
CLEARABLE = {
    "FirstName": "",
    "LastName": "",
    "EmailAddress": "email",
    "AccountNumber": "reference",
    "CompanyNumber": "registry",
    "TaxNumber": "tax_number",
}
TEXTS = {**CLEARABLE, "Name": "name"}


# === WHAT ODOO HAS === #


def sheet(payload: dict, untold: dict | None = None) -> dict:
    """Return what Odoo has of a contact, without what is empty.

    :param payload: the whole one, as it would be sent
    :param untold: what Odoo has besides and Xero cannot be told, in the form of a payload; people whose
        ``EmailAddress`` is ``None`` have one that cannot be told
    """
    untold = untold or {}
    told = {
        name: words(value)
        for name, value in chain(untold.items(), payload.items())
        if name not in ALWAYS + LISTS and not isinstance(value, (dict, list))
    }
    for row in payload.get("Addresses") or []:
        told |= {_place(row.get("AddressType"), name): words(row.get(name)) for name in ADDRESS_FIELDS}
    terms = payload.get("PaymentTerms") or {}
    told |= {f"PaymentTerms.{side}": _term(terms.get(side)) for side in SIDES}
    told[PHONE] = _number(payload)
    told[PEOPLE] = [[one.first, one.last, one.mail or ""] for one in _everybody(payload, untold)]
    return clean(told)


def kept(payload: dict, untold: dict, was: dict | None) -> dict:
    """Return the sheet of an agreement on all that Odoo has: of what Xero cannot be told, what it was told last.

    :param was: of the former agreement; ``None`` when that is not known
    """
    now, told = sheet(payload, untold), sheet(payload)
    return clean(
        {name: value if name == PEOPLE or name in told else (was or {}).get(name) for name, value in now.items()}
    )


def carried(was: dict | None, before: dict, after: dict) -> dict:
    """Return the sheet of an agreement in which Xero's changes were taken over, so that Odoo's own are still sent.

    :param was: of the former agreement; ``None`` when that is not known
    :param before: what Odoo had right before
    :param after: what Odoo has now
    """
    was = was or {}
    result = {
        name: (after if after.get(name) != before.get(name) else was).get(name, "")
        for name in {*was, *before, *after} - {PEOPLE}
    }
    had, mine, now = (_people_of(side) for side in (was, before, after))
    of_had, of_mine = pairs(mine, had, in_time=True), pairs(now, mine, in_time=True)
    people = [one for place, one in enumerate(had) if place not in of_had.values()]
    for place, one in enumerate(now):
        own = of_mine.get(place)
        if own is None:
            people.append(one)
        elif own in of_had:
            people.append(_three_way(one, mine[own], had[of_had[own]]))
    return clean({**result, PEOPLE: [list(one) for one in people]})


def as_there(told: list[Person], held: list[Person]) -> list[Person]:
    """Return the people that Odoo had as if it had had Xero's: then Odoo's are sent over them.

    :param told: people of a sheet
    :param held: people as Xero holds them
    """
    found = pairs(told, held, in_time=True)
    return [held[found[place]] for place in range(len(told)) if place in found]


def _three_way(now, before, had) -> Person:
    return Person(*(new if new != old else kept for new, old, kept in zip(now, before, had, strict=True)))


def _people_of(told) -> list[Person]:
    return [Person(*row) for row in told.get(PEOPLE) or []]


def _everybody(payload, untold) -> list[Person]:
    return [Person.of_element(row) for side in (payload, untold) for row in side.get(PEOPLE) or []]


# === TO XERO === #


def merged(payload: dict, untold: dict, was: dict | None, element: dict, ruled=()) -> dict:
    """Return the update of ``element`` that says what Odoo changed, and nothing else.

    :param payload: the whole one, as it would be sent
    :param untold: as of :func:`sheet`
    :param was: the sheet of the last agreement; ``None`` when that is not known: then all is said that Odoo has
    :param element: the contact as Xero holds it now
    :param ruled: keys of ``payload`` that field rules fill: these are always said
    """
    now = sheet(payload, untold)
    result = {
        name: value
        for name, value in payload.items()
        if name in ALWAYS
        or name not in LISTS
        and (was is None or name in ruled or name not in now or now[name] != was.get(name))
    }
    result |= {
        name: ""
        for name in CLEARABLE
        if name not in now and was and was.get(name) and _is_like(element.get(name), was[name])
    }
    lists = {
        "Addresses": _addresses(now, was, element),
        "Phones": _phones(now, was, element),
        PEOPLE: _persons(payload, untold, was, element),
        "PaymentTerms": _terms(now, was, payload, element),
    }
    return {**result, **{name: rows for name, rows in lists.items() if rows is not None}}


def merged_state(payload: dict, untold: dict, was: dict | None, base: dict, ruled=()) -> dict:
    """Return the state of what Xero would hold after the update that :func:`merged` returns, if it holds ``base`` now.

    :param base: a state of the contact, as was agreed last
    """
    result = merged(payload, untold, was, element_of(base), ruled)
    told = canonical_contact(result)
    names = {"status", *(name for key, name in TEXTS.items() if key in result)}
    for key, kept in (
        ("Addresses", KINDS.values()),
        ("Phones", ["phone"]),
        (PEOPLE, ["persons"]),
        ("PaymentTerms", ["terms"]),
    ):
        names |= set(kept) if key in result else set()
    return clean({**base, **{name: told.get(name) for name in names if name}})


def element_of(state: dict) -> dict:
    """Return ``state``, of a contact, in the form of Xero's JSON."""
    terms = {side: state.get("terms", {}).get(side.lower(), "").split() for side in SIDES}
    return {
        **{key: state[name] for key, name in TEXTS.items() if state.get(name)},
        "Addresses": [
            {"AddressType": kind, **{key: (state.get(name) or {}).get(part) for key, part in ADDRESS_FIELDS.items()}}
            for kind, name in KINDS.items()
        ],
        PEOPLE: [Person.of_state(row).element() for row in state.get("persons") or []],
        "Phones": [{"PhoneType": "DEFAULT", "PhoneNumber": state.get("phone")}],
        "PaymentTerms": {side: {"Type": words[0], "Day": int(words[1])} for side, words in terms.items() if words},
    }


def _is_like(held, had) -> bool:
    """Whether Xero holds what Odoo had, however it writes it: then who empties it in Odoo means it."""
    return bool(held) and _plain(held) == _plain(had)


def _plain(text) -> str:
    return "".join(char for char in fold(words(text)).casefold() if char.isalnum())


# === ADDRESSES === #


def _addresses(now, was, element):
    rows, held = {}, {kind: _row(element, kind) for kind in KINDS}
    for kind in KINDS:
        own, had = _fields(now, kind), None if was is None else _fields(was, kind)
        mirrored = kind == "STREET" and own == _fields(now, "POBOX")
        # Odoo has one address for both here. Where Xero has another delivery address, that is Xero's alone.
        own_there = mirrored and had is not None and _is_somewhere(held[kind]) and not _is_at(held[kind], had)
        rows[kind] = _filled(held[kind]) if own_there else _address(own, had, held[kind])
    if all(_filled(row) == _filled(held[kind]) for kind, row in rows.items()):
        return None
    others = [(row["AddressType"], row) for row in _typed(element, "Addresses", "AddressType", KINDS)]
    return [
        _with_kind(kind, row) for kind, row in [*rows.items(), *others] if not row.keys().isdisjoint(ADDRESS_FIELDS)
    ]


def _address(own, had, held) -> dict:
    """Return the whole address, with empty texts for what goes."""
    row = _filled(held)
    for name in ADDRESS_FIELDS:
        value, former = own.get(name, ""), (had or {}).get(name, "")
        if had is not None and value == former:
            continue
        if name == "AddressLine2":
            row |= _second_line(value, former, held)
        elif value:
            row[name] = value
        elif _is_like(row.get(name), former):
            row[name] = ""
    return row


def _second_line(value, former, held) -> dict:
    """Return what becomes of the lines that Odoo has as one: all of them are Odoo's once it took them over."""
    joined = _joined(held)
    if value == joined:
        return {}
    gone = {name: "" for name in MORE_LINES if held.get(name)} if _is_like(joined, former) else {}
    return {**gone, "AddressLine2": value} if value else gone


def _with_kind(kind, row) -> dict:
    values = {name: row[name] for name in ADDRESS_FIELDS if row.get(name) is not None}
    return {"AddressType": kind, **values, **({"Country": spelled(row["Country"])} if row.get("Country") else {})}


def _is_somewhere(held) -> bool:
    return any(held.get(name) for name in PLACE_FIELDS)


def _is_at(held, had) -> bool:
    """Whether ``held``, as Xero has it, is the place that Odoo ``had``."""
    return all(
        _plain(_joined(held) if name == "AddressLine2" else held.get(name)) == _plain(had.get(name))
        for name in PLACE_FIELDS
    )


def _joined(held) -> str:
    return ", ".join(filter(None, (words(held.get(name)) for name in MORE_LINES)))


def _fields(told, kind) -> dict:
    return {name: told[_place(kind, name)] for name in ADDRESS_FIELDS if told.get(_place(kind, name))}


def _place(kind, name) -> str:
    return f"Addresses.{kind}.{name}"


def _row(element, kind) -> dict:
    found = (place for place in element.get("Addresses") or [] if place.get("AddressType") == kind)
    return next(found, {})


def _typed(element, name, key, known) -> list[dict]:
    """Return the rows of a list that Odoo knows nothing of."""
    return [row for row in element.get(name) or [] if row.get(key) and row[key] not in known]


def _filled(row) -> dict:
    return {name: words(row.get(name)) for name in ADDRESS_FIELDS if row.get(name)}


# === PHONES === #


def _phones(now, was, element):
    number, held = now.get(PHONE, ""), _number(element)
    had = None if was is None else was.get(PHONE, "")
    if number in (held, had) or not number and not (had and _is_like(held, had)):
        return None
    others = [
        {name: phone[name] for name in PHONE_FIELDS if phone.get(name)}
        for phone in _typed(element, "Phones", "PhoneType", ("DEFAULT",))
        if phone.get("PhoneNumber")
    ]
    return [{"PhoneType": "DEFAULT", "PhoneNumber": number, "PhoneAreaCode": "", "PhoneCountryCode": ""}, *others]


def _number(element) -> str:
    return canonical_contact({"Phones": element.get("Phones")}).get("phone", "")


# === PEOPLE === #


def _persons(payload, untold, was, element):
    """Return Xero's people with Odoo's changes in them, without those whom Odoo has no more; then new ones."""
    everybody, had = _everybody(payload, untold), _people_of(was or {})
    held = element.get(PEOPLE) or []
    there = [Person.of_element(row) for row in held]
    former = pairs(everybody, had, in_time=True)
    known = {mine: theirs for theirs, mine in pairs(there, had).items()}
    met = {place: known[one] for place, one in former.items() if one in known}
    rest = [place for place in range(len(everybody)) if place not in former]
    free = [place for place in range(len(there)) if place not in known.values()]
    found = pairs([everybody[place] for place in rest], [there[place] for place in free])
    met |= {rest[one]: free[other] for one, other in found.items()}
    owners = {theirs: mine for mine, theirs in met.items()}
    gone = {theirs for one, theirs in known.items() if theirs not in owners and had[one].mail}

    result = [
        _corrected(row, there[place], everybody[owners[place]], _at(had, former.get(owners[place])))
        if place in owners
        else _as_held(row)
        for place, row in enumerate(held)
        if place not in gone
    ]
    for place, row in enumerate(payload.get(PEOPLE) or []):
        # Whom people took out in Xero is not put back before something of them changes in Odoo.
        if place not in met and (place not in former or everybody[place] != had[former[place]]):
            result.append(row)
    result = result[:MAX_PERSONS]
    return None if result == [_as_held(row) for row in held] else result


def _at(people, place):
    return None if place is None else people[place]


def _corrected(row, there, mine, had) -> dict:
    """Return Xero's ``row`` with what Odoo changed of it; whether they get e-mails is Xero's."""
    new_name = mine.name and mine.name != there.name and (had is None or mine.name != had.name)
    first, last = (mine if new_name else there)[:2]
    mail = there.mail
    if mine.mail and (had is None or mine.mail != had.mail):
        mail = mine.mail
    elif mine.mail == "" and had and had.mail and _is_like(there.mail, had.mail):
        mail = ""
    return {**Person(first, last, mail).element(), "IncludeInEmails": bool(row.get("IncludeInEmails"))}


def _as_held(row) -> dict:
    return {**Person.of_element(row).element(), "IncludeInEmails": bool(row.get("IncludeInEmails"))}


# === PAYMENT TERMS === #


def _terms(now, was, payload, element):
    """Return the terms of both sides when one of them changed in Odoo; Xero's cannot be emptied."""
    own, held = (side.get("PaymentTerms") or {} for side in (payload, element))
    keys = {side: f"PaymentTerms.{side}" for side in SIDES}
    new = {
        side: own[side]
        for side, key in keys.items()
        if now.get(key) and (was is None or now[key] != was.get(key)) and now[key] != _term(held.get(side))
    }
    if not new:
        return None
    kept = {side: {"Day": held[side].get("Day"), "Type": held[side]["Type"]} for side in SIDES if _term(held.get(side))}
    return {**kept, **new}


def _term(term) -> str:
    return f"{term['Type']} {int(term.get('Day') or 0)}" if term and term.get("Type") else ""


# === TO ODOO === #


def disputed(base: dict, ours: dict, theirs: dict) -> set[str]:
    """Return the fields of states in which both sides changed the same, each to something else.

    :param base: what was agreed last
    :param ours: Odoo's side
    :param theirs: Xero's side
    """
    found = set()
    for name in {*ours, *theirs, *base} - {"persons"}:
        sides = [state.get(name) for state in (base, ours, theirs)]
        if any(isinstance(side, dict) for side in sides):
            parts = [side or {} for side in sides]
            collides = any(_collide(*(part.get(key) for part in parts)) for key in set().union(*parts))
        else:
            collides = _collide(*sides)
        found |= {name} if collides else set()
    people = [[Person.of_state(row) for row in state.get("persons") or []] for state in (base, ours, theirs)]
    return found | ({"persons"} if _people_collide(*people) else set())


def _collide(base, ours, theirs) -> bool:
    return ours != theirs and base not in (ours, theirs)


def _people_collide(base, ours, theirs) -> bool:
    mine, other = pairs(base, ours, in_time=True), pairs(base, theirs, in_time=True)
    for place, one in enumerate(base):
        sides = [_at(people, found.get(place)) for people, found in ((ours, mine), (theirs, other))]
        if None not in sides and any(map(_collide, one, *sides)):
            return True
        if sides[0] is None and sides[1] not in (None, one):
            return True
    new = [
        [one for place, one in enumerate(people) if place not in found.values()]
        for people, found in ((ours, mine), (theirs, other))
    ]
    return any(new[0][one].name != new[1][same].name for one, same in pairs(*new).items())


def changed_people(base: list[dict], persons: list[dict]) -> list[tuple[Person | None, Person]]:
    """Return ``(former, person)`` of the people of a state who are new, ``None``, or changed since ``base``.

    Who was taken out is not among them.
    """
    before, now = ([Person.of_state(row) for row in rows] for rows in (base, persons))
    found = pairs(now, before, in_time=True)
    both = [(_at(before, found.get(place)), one) for place, one in enumerate(now)]
    return [(former, one) for former, one in both if former != one]
