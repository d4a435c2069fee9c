"""How surely a partner of Odoo and a contact of Xero are one. Pure: plain values in, evidence and verdict out."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from rapidfuzz import fuzz

from . import keys
from .names import DIFFERENT, PART, SAME, TYPO, Name, is_related, likeness, name_of

SURE, LIKELY, DOUBTFUL = "sure", "likely", "doubtful"
GRADES = {SURE: 3, LIKELY: 2, DOUBTFUL: 1, None: 0}
# Points of each piece of evidence: where only these two have it, and where others share it. docs/reference/matching.md
# shows the same table.
WEIGHTS = {
    "mark": (100, 0),
    "tax": (50, 20),
    "registry": (45, 15),
    "number": (25, 10),
    "email": (25, 8),
    "phone": (15, 6),
    "bank": (30, 10),
    "address": (12, 12),
}
NAME_WEIGHTS = {SAME: 35, TYPO: 25, PART: 15, DIFFERENT: 0}
# A name and a mailbox that nobody else has say more together.
TOGETHER = 25
AGAINST = {
    "tax_differs": -60,
    "registry_differs": -50,
    "number_differs": -5,
    "email_differs": -5,
    "phone_differs": -5,
    "address_differs": -8,
    "form_differs": -12,
    "name_differs": -15,
    "name_related": 0,
}
# What two different firms never share: with it a pair is for a person to decide.
CONTRADICTIONS = {"tax_differs", "registry_differs"}
LIKELY_FROM, DOUBTFUL_FROM = 40, 25
FIRM, COMPANY, PERSON = "firm", "company", "person"
STREET_ALIKE = 80


@dataclass(slots=True)
class PartyFacts:
    """A partner or a contact, as far as it tells who it is.

    :ivar key: id in Odoo or Xero
    :ivar marked: the id of the partner that the contact says it was made for
    :ivar others: names that it had before a merge
    """

    key: object
    text: str = ""
    name: Name = Name()
    is_firm: bool = False
    archived: bool = False
    marked: int | None = None
    others: tuple[Name, ...] = ()
    tax: set = field(default_factory=set)
    registry: set = field(default_factory=set)
    number: set = field(default_factory=set)
    email: set = field(default_factory=set)
    phone: set = field(default_factory=set)
    bank: set = field(default_factory=set)
    places: set = field(default_factory=set)

    def values(self, kind: str) -> set:
        """Return what the party states of a kind of evidence, as values that can be looked up."""
        if kind == "tax":
            return {number for _country, number in self.tax}
        return {self.name.key} - {""} if kind == "name" else getattr(self, kind)


KINDS = ("tax", "registry", "number", "email", "phone", "bank", "name")


class Evidence(NamedTuple):
    """What speaks for or against a pair: its code and the value to show."""

    code: str
    value: str = ""


class Pair(NamedTuple):
    """A partner and a contact that may be one.

    :ivar score: 0 to 100
    :ivar grade: sure, likely or doubtful
    """

    odoo: object
    xero: object
    score: int
    grade: str
    reasons: tuple[Evidence, ...]


class Holders:
    """Who states which value: evidence that several share proves little."""

    def __init__(self, parties):
        self._active = {kind: defaultdict(list) for kind in KINDS}
        self._archived = {kind: defaultdict(list) for kind in KINDS}
        for party in parties:
            side = self._archived if party.archived else self._active
            for kind in KINDS:
                for value in party.values(kind):
                    side[kind][value].append(party.key)

    def of(self, kind: str, value) -> list:
        """Return the keys of those that state ``value``; archived ones only where no other does."""
        return self._active[kind].get(value) or self._archived[kind].get(value) or []

    def only(self, kind: str, value, key) -> bool:
        """Whether nobody but ``key`` states ``value``."""
        return self.of(kind, value) == [key]

    def all_of(self, kind: str) -> dict:
        """Return ``{value: keys}`` of a kind, archived ones included."""
        merged = defaultdict(list)
        for side in (self._active, self._archived):
            for value, found in side[kind].items():
                merged[value] += found
        return merged


def compare(one: PartyFacts, other: PartyFacts, ones: Holders, others: Holders) -> Pair | None:
    """Return how partner ``one`` and contact ``other`` go together; ``None`` when nothing worth telling speaks for it.

    :param ones: of all partners
    :param others: of all contacts
    """
    alike = likeness(one.name, other.name)
    found = [_name_evidence(alike, one, other)]
    if alike not in (SAME, TYPO) and any(likeness(one.name, former) == SAME for former in other.others):
        found = [Evidence("former_name", other.text)]
        alike = PART
    unique = {"name"} if _is_unique("name", {one.name.key}, one, other, ones, others) else set()
    if other.marked is not None and other.marked == one.key:
        found.append(Evidence("mark"))
        unique.add("mark")
    for kind in ("tax", "registry", "number", "email", "phone", "bank"):
        shared = _common(kind, one, other)
        if shared:
            own = _is_unique(kind, shared, one, other, ones, others)
            unique |= {kind} if own else set()
            found.append(Evidence(kind if own else f"{kind}_shared", _show(shared)))
        elif kind in ("tax", "registry", "number", "email", "phone") and one.values(kind) and other.values(kind):
            found.append(Evidence(f"{kind}_differs", f"{_show(one.values(kind))} / {_show(other.values(kind))}"))
    found += _place_evidence(one, other) + _form_evidence(one, other)
    codes = {evidence.code for evidence in found}
    score = _score(alike, codes, unique)
    grade = _grade(alike, codes, unique, score, _kind_of(one, other))
    return Pair(one.key, other.key, score, grade, tuple(found)) if grade else None


def _name_evidence(alike, one, other) -> Evidence:
    both = f"{one.text} / {other.text}"
    if alike == DIFFERENT:
        return Evidence("name_related" if is_related(one.name, other.name) else "name_differs", both)
    if alike == SAME:
        spelled = one.text.strip() != other.text.strip()
        return Evidence("name_spelled", both) if spelled else Evidence("name_same", one.text)
    return Evidence(f"name_{alike}", both)


def _common(kind, one, other) -> set:
    if kind == "tax":
        return {number[1] for number in one.tax for theirs in other.tax if keys.same_number(number, theirs)}
    return getattr(one, kind) & getattr(other, kind)


def _is_unique(kind, values, one, other, ones, others) -> bool:
    if kind == "email":
        values = {value for value in values if not keys.is_role(value)}
    return any(ones.only(kind, value, one.key) and others.only(kind, value, other.key) for value in values)


def _show(values) -> str:
    return ", ".join(sorted(str(value) for value in values)[:2])


def _place_evidence(one, other) -> list[Evidence]:
    """One address that both have is enough; only where no postcode is the same they differ."""
    codes = {place[0] for place in one.places} - {""}, {place[0] for place in other.places} - {""}
    if not all(codes):
        return []
    if not codes[0] & codes[1]:
        return [Evidence("address_differs", f"{_show(codes[0])} / {_show(codes[1])}")]
    for zip_code, street in one.places:
        for their_zip, their_street in other.places:
            if zip_code and zip_code == their_zip and street and their_street:
                if fuzz.ratio(street, their_street) >= STREET_ALIKE and _numbers(street) == _numbers(their_street):
                    return [Evidence("address", f"{street} {zip_code}")]
    return []


def _numbers(street: str) -> set[str]:
    return {word for word in street.split() if any(map(str.isdigit, word))}


def _form_evidence(one, other) -> list[Evidence]:
    forms = one.name.forms, other.name.forms
    if all(forms) and not forms[0] & forms[1]:
        return [Evidence("form_differs", f"{_show(forms[0])} / {_show(forms[1])}".upper())]
    return []


def _score(alike, codes, unique) -> int:
    together = alike == SAME and {"name", "email"} <= unique
    points = TOGETHER * together + NAME_WEIGHTS[alike] + sum(AGAINST.get(code, 0) for code in codes)
    for kind, (alone, shared) in WEIGHTS.items():
        points += alone if kind in codes else shared if f"{kind}_shared" in codes else 0
    return max(0, min(100, points))


def _kind_of(one, other) -> str:
    """Return whether they are a firm by form or company number, a company by a tick in Odoo only, or a person."""
    if any(party.name.forms or party.registry for party in (one, other)):
        return FIRM
    return COMPANY if one.is_firm or other.is_firm else PERSON


def _grade(alike, codes, unique, score, kind) -> str | None:
    if score < DOUBTFUL_FROM and alike != SAME and not codes & {"tax", "registry", "mark"}:
        return None
    if codes & CONTRADICTIONS:
        return DOUBTFUL
    if _is_sure(alike, codes, unique, kind):
        return SURE
    proven = codes & {"mark", "tax", "registry"}
    named = alike == SAME and "name" in unique
    if proven or named or (score >= LIKELY_FROM and alike != DIFFERENT):
        return LIKELY
    return DOUBTFUL


def _is_sure(alike, codes, unique, kind) -> bool:
    """Whether nobody would doubt it: a number that only these two have and a name that fits; the same name, enough more
    that tells the two from their branches, fathers and sons, and nothing that speaks against it.
    """
    against = codes & set(AGAINST)
    more = codes & {"email", "phone", "address", "bank", "number"}
    if "mark" in unique:
        return alike != DIFFERENT
    if unique & {"tax", "registry"}:
        return alike in (SAME, TYPO) or (alike == PART and len(more & unique) >= 1 and not against)
    if alike == TYPO:
        return "email" in unique and "address" in codes and not against
    if alike != SAME:
        return False
    if _is_sure_firm(codes, unique, against) if kind == FIRM else _is_sure_person(kind, unique, against):
        return True
    if against - {"phone_differs"} or (against and not {"email", "address"} <= codes):
        return False
    if "email" in unique and more & {"phone", "address"}:
        return True
    if "name" not in unique or against:
        return False
    if unique & {"number", "bank"}:
        return True
    # Father and son share name, house and telephone.
    return len(more) >= 2 and (kind != PERSON or "email" in more)


def _is_sure_firm(codes, unique, against) -> bool:
    """Branches share name, mailbox and telephone, not the house; so a firm is known by name and house."""
    if "address" not in codes:
        return False
    return not against or ("name" in unique and against in ({"email_differs"}, {"phone_differs"}))


def _is_sure_person(kind, unique, against) -> bool:
    """Father and son share name, house and telephone, not the mailbox."""
    return kind == PERSON and "email" in unique and against <= {"phone_differs"}


# === MAKING PARTIES === #


def party_of_contact(element: dict, mark_of) -> PartyFacts:
    """Return the party of Xero's contact.

    :param mark_of: tells from a ``ContactNumber`` the id of the partner it was made for, ``None`` for others'
    """
    name = name_of(element.get("Name") or "")
    country = next((place.get("Country") or "" for place in element.get("Addresses") or []), "")
    people = [element, *(element.get("ContactPersons") or [])]
    marked = mark_of(element)
    numbers = {keys.code(element.get("AccountNumber"))} | (
        {keys.code(element.get("ContactNumber"))} if marked is None else set()
    )
    return PartyFacts(
        key=element["ContactID"],
        text=element.get("Name") or "",
        name=name,
        is_firm=bool(name.forms) or bool(element.get("CompanyNumber")),
        archived=(element.get("ContactStatus") or "ACTIVE") != "ACTIVE",
        marked=marked,
        tax=_tax(element.get("TaxNumber"), country if len(country) == 2 else ""),
        registry={keys.code(element.get("CompanyNumber"))} - {""},
        number=numbers - {""},
        email=set().union(*(keys.addresses(person.get("EmailAddress")) for person in people)),
        phone={
            keys.phone(part.get("PhoneCountryCode"), part.get("PhoneAreaCode"), part.get("PhoneNumber"))
            for part in element.get("Phones") or []
            if part.get("PhoneType") != "FAX"
        }
        - {""},
        bank={keys.bank(element.get("BankAccountDetails"))} - {""},
        places={keys.place(part.get("AddressLine1"), part.get("PostalCode")) for part in element.get("Addresses") or []}
        - {("", "")},
    )


def parties_of_contacts(elements, mark_of) -> list[PartyFacts]:
    """Return the parties of Xero's contacts.

    One that was merged into another is no party: what it was called and how it was reached is the survivor's.
    """
    parties = {element["ContactID"].lower(): party_of_contact(element, mark_of) for element in elements}
    into = {
        element["ContactID"].lower(): element["MergedToContactID"].lower()
        for element in elements
        if element.get("MergedToContactID")
    }
    for xero_id in into:
        party, survivor = parties.pop(xero_id), parties.get(_survivor(xero_id, into))
        if survivor is not None:
            _inherit(survivor, party)
    return list(parties.values())


def _survivor(xero_id: str, into: dict) -> str:
    """Return where a merged contact lives on, merges of merges followed; a circle ends nowhere."""
    seen = set()
    while xero_id in into and xero_id not in seen:
        seen.add(xero_id)
        xero_id = into[xero_id]
    return xero_id


def _inherit(survivor: PartyFacts, party: PartyFacts) -> None:
    if party.name.key and party.name.key != survivor.name.key:
        survivor.others += (party.name,)
    survivor.email |= party.email
    survivor.phone |= party.phone
    for kind in ("tax", "registry", "number", "bank"):
        setattr(survivor, kind, getattr(survivor, kind) or getattr(party, kind))
    if survivor.marked is None:
        survivor.marked = party.marked


def party_of_partner(values: dict) -> PartyFacts:
    """Return the party of a commercial partner.

    :param values: id, name, is_company, active, vat, country (two letters), company_registry, ref, and lists of what it
        and its people and addresses have: emails, phones, banks, places (pairs street, postcode)
    """
    name = name_of(values.get("name") or "")
    return PartyFacts(
        key=values["id"],
        text=values.get("name") or "",
        name=name,
        is_firm=bool(values.get("is_company") or name.forms),
        archived=not values.get("active", True),
        tax=_tax(values.get("vat"), values.get("country") or ""),
        registry={keys.code(values.get("company_registry"))} - {""},
        number={keys.code(values.get("ref"))} - {""},
        email=set().union(*(keys.addresses(text) for text in values.get("emails") or [])),
        phone={keys.phone(text) for text in values.get("phones") or []} - {""},
        bank={keys.bank(text) for text in values.get("banks") or []} - {""},
        places={keys.place(*pair) for pair in values.get("places") or []} - {("", "")},
    )


def _tax(text, country) -> set:
    number = keys.tax_number(str(text or ""), country)
    return {number} if number else set()
