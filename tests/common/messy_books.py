"""Books as people keep them for years: the same customers and vendors in Odoo and in Xero, typed in twice by different
hands, with the truth of who is who. Pure and deterministic: the same seed gives the same books.
"""

import random
import uuid
from dataclasses import dataclass, field


def _words(text: str) -> list[str]:
    return text.split()


SPACE = uuid.UUID("5a1d52a0-0000-4000-8000-78656c6f0002")
FIRST = _words(
    """
    Anna Ben Carla David Elena Felix Grace Hans Ingrid James Karin Liam Maria Noah Olga Peter Quinn Rosa Søren
    Tom Ulrike Victor Wendy Xavier Yara Zoë José Marie Maria Mario Jan Jana Christian Christine Aroha Hemi
    Wiremu Ngaio Lukas Luka
    """
)
LAST = _words(
    """
    Müller Schmidt Nguyen Smith Jones Brown O'Brien García Rossi Dubois Jensen Kowalski Novák Andersson Murphy
    Taylor Wilson Weiß Krüger Fernández Moreau Silva Costa Yılmaz Ivanov Kim Singh Patel Chen Wang Tanaka Sato
    Lindqvist Berg Fischer Weber Wagner Becker Hoffmann Schulz Koch Richter Klein Wolf Neumann Schwarz
    Zimmermann Braun Hofmann Krause Ngata Parata Walker Hall Young King Wright Scott Green Baker Hill Mitchell
    Campbell Roberts
    """
)
LEAD = _words(
    """
    Northern Southern Pacific Alpine Harbour Kauri Rimu Silver Golden Blue Red Green Bright Prime Union Summit
    Delta Omega Nova Metro Urban Rural Coastal Valley Mountain River Lake Forest Stone Iron Copper Crystal
    Royal Liberty Pioneer Heritage Modern Express Global Central
    """
)
TRADE = _words(
    """
    Foods Timber Logistics Plumbing Electrical Software Consulting Motors Bakery Wines Textiles Printing
    Design Builders Roofing Dairy Orchards Fisheries Tools Packaging Media Travel Pharmacy Optics Cleaning
    Security Catering Flooring Glass Paper
    """
)
TOWNS = {
    "Auckland": "1010", "Wellington": "6011", "Christchurch": "8011", "Hamilton": "3204", "Dunedin": "9016",
    "Tauranga": "3110", "Napier": "4110", "Nelson": "7010", "Rotorua": "3010", "Whangarei": "0110",
}  # fmt: skip
STREETS = _words("Queen High Victoria King George Main Church Station Park Albert Beach Hill Mill School")
FORMS = {
    "NZ": ("Ltd", "Limited", "LTD.", "Ltd."),
    "AU": ("Pty Ltd", "Pty. Limited", "Pty Limited", "Proprietary Limited"),
    "DE": ("GmbH", "G.m.b.H.", "GmbH", "gmbh"),
    "US": ("Inc.", "Inc", "Incorporated", "INC"),
    "FR": ("S.A.R.L.", "SARL", "Sarl", "S.A.R.L"),
}
ROLES = ("info", "accounts", "office", "sales")


@dataclass
class Who:
    """A firm or person as it truly is."""

    number: int
    name: str
    country: str = "NZ"
    firm: bool = True
    form: int | None = None
    tax: str = ""
    registry: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    town: str = "Auckland"
    bank: str = ""
    reference: str = ""
    traits: set = field(default_factory=set)


@dataclass
class Books:
    """Both sides, and the truth.

    :ivar partners: values as ``party_of_partner`` takes them
    :ivar contacts: Xero's elements
    :ivar odoo: ``{partner id: who}``
    :ivar xero: ``{contact id: who}``
    """

    partners: list[dict] = field(default_factory=list)
    contacts: list[dict] = field(default_factory=list)
    odoo: dict[int, int] = field(default_factory=dict)
    xero: dict[str, int] = field(default_factory=dict)
    who: list[Who] = field(default_factory=list)

    def true_pairs(self) -> set[int]:
        """Return who is in both books."""
        return set(self.odoo.values()) & set(self.xero.values())

    def figures(self, pairs) -> tuple[float, float]:
        """Return precision and recall of ``pairs`` (partner id, contact id)."""
        right = {self.odoo[one] for one, other in pairs if self.odoo[one] == self.xero.get(other)}
        wrong = self.wrong(pairs)
        pairs = list(pairs)
        return (1 - len(wrong) / len(pairs) if pairs else 1.0), len(right) / len(self.true_pairs() or {0})

    def wrong(self, pairs) -> list:
        """Return those of ``pairs`` that are not the same."""
        return [(one, other) for one, other in pairs if self.odoo[one] != self.xero.get(other)]


def make_books(count: int, seed: int = 1) -> Books:
    """Return books of about ``count`` contacts on each side."""
    rng = random.Random(seed)
    books = Books()
    while len(books.who) < count:
        for who in _family(rng, len(books.who)):
            books.who.append(who)
    for who in books.who:
        _enter(rng, books, who, seed)
    return books


# === THE TRUTH === #


def _family(rng, number) -> list[Who]:
    """Return one, or several that are easily taken for one another."""
    kind = rng.random()
    if kind < 0.04:
        return _branches(rng, number)
    if kind < 0.08:
        return _generations(rng, number)
    if kind < 0.11:
        return _clients_of_one_bookkeeper(rng, number)
    return [_person(rng, number) if kind < 0.35 else _firm(rng, number)]


def _firm(rng, number, name=None) -> Who:
    country = rng.choices(list(FORMS), (70, 12, 8, 6, 4))[0]
    town = rng.choice(list(TOWNS))
    name = (
        name
        or rng.choice(
            (
                lambda: f"{rng.choice(LEAD)} {rng.choice(TRADE)}",
                lambda: f"{rng.choice(LAST)} {rng.choice(TRADE)}",
                lambda: f"{rng.choice(LAST)} & {rng.choice(LAST)}",
                lambda: f"{rng.choice(LEAD)} {rng.choice(LEAD)} {rng.choice(TRADE)}",
                lambda: f"{rng.choice(TOWNS and list(TOWNS))} {rng.choice(TRADE)} {rng.randint(1, 9)}",
            )
        )()
    )
    domain = "".join(char for char in name.lower() if char.isascii() and char.isalnum()) + str(number)
    mailbox = rng.choice(ROLES) if rng.random() < 0.5 else rng.choice(FIRST).lower()
    return Who(
        number, name, country, form=0,
        tax=_tax(rng, country), registry=str(rng.randint(1_000_000, 9_999_999)),
        email=f"{mailbox}@{domain}.example", phone=_phone(rng), street=_street(rng), town=town, bank=_bank(rng),
        reference=f"C{rng.randint(1000, 99999)}",
    )  # fmt: skip


def _person(rng, number) -> Who:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    mailbox = f"{first}.{last}{rng.randint(1, 999)}".lower()
    return Who(
        number, f"{first} {last}", firm=False,
        email=f"{mailbox}@{rng.choice(('gmail.com', 'mail.example', 'home.example'))}", phone=_phone(rng),
        street=_street(rng), town=rng.choice(list(TOWNS)), bank=_bank(rng) if rng.random() < 0.3 else "",
        reference=f"P{rng.randint(1000, 99999)}" if rng.random() < 0.4 else "",
    )  # fmt: skip


def _branches(rng, number) -> list[Who]:
    """Branches of one firm: the same name, or with the town; e-mail and often telephone are shared."""
    head = _firm(rng, number)
    named, found = rng.random() < 0.6, []
    for index, town in enumerate(rng.sample(list(TOWNS), rng.randint(2, 3))):
        branch = _firm(rng, number + index, f"{head.name} {town}" if named else head.name)
        branch.country, branch.town, branch.email, branch.traits = head.country, town, head.email, {"branch"}
        branch.tax = _tax(rng, head.country)
        if rng.random() < 0.5:
            branch.phone = head.phone
        found.append(branch)
    return found


def _generations(rng, number) -> list[Who]:
    """Father and son: one name, one house, one telephone."""
    father = _person(rng, number)
    son = _person(rng, number + 1)
    son.name = father.name if rng.random() < 0.5 else f"{father.name} {rng.choice(('Jr.', 'jun.', 'Junior'))}"
    son.street, son.town, son.phone = father.street, father.town, father.phone
    father.traits, son.traits = {"generation"}, {"generation"}
    return [father, son]


def _clients_of_one_bookkeeper(rng, number) -> list[Who]:
    found = [_firm(rng, number + index) for index in range(rng.randint(2, 4))]
    for who in found:
        who.email, who.traits = found[0].email.replace("@", ".books@"), {"bookkeeper"}
    return found


def _tax(rng, country) -> str:
    digits = str(rng.randint(100_000_000, 999_999_999))
    before = {"AU": f"{rng.randint(10, 99)}", "DE": "DE", "FR": f"FR{rng.randint(10, 99)}"}
    return before.get(country, "") + digits


def _phone(rng) -> str:
    return f"+64 {rng.randint(2, 9)} {rng.randint(200, 999)} {rng.randint(1000, 9999)}"


def _street(rng) -> str:
    return f"{rng.randint(1, 250)} {rng.choice(STREETS)} {rng.choice(('Street', 'Road', 'Avenue', 'Lane'))}"


def _bank(rng) -> str:
    return f"{rng.randint(1, 38):02d}-{rng.randint(1000, 9999)}-{rng.randint(1_000_000, 9_999_999)}-00"


# === TYPED IN TWICE === #


def _enter(rng, books, who, seed) -> None:
    where = rng.random()
    if where < 0.9:
        for _ in range(2 if rng.random() < 0.03 else 1):
            _enter_in_odoo(rng, books, who)
    if where < 0.8 or where >= 0.9:
        element = _enter_in_xero(rng, books, who, seed)
        if rng.random() < 0.02:
            _merge_another(rng, books, who, element, seed)
        elif rng.random() < 0.02:
            _enter_in_xero(rng, books, who, seed)


def _enter_in_odoo(rng, books, who) -> None:
    copy = _typed(rng, who)
    key = len(books.partners) + 1
    books.partners.append(
        {
            "id": key, "name": copy["name"], "is_company": who.firm, "active": rng.random() > 0.03,
            "vat": _written(rng, copy["tax"]), "country": who.country, "company_registry": copy["registry"],
            "ref": copy["reference"], "emails": [copy["email"]] if copy["email"] else [],
            "phones": [copy["phone"]] if copy["phone"] else [], "banks": [copy["bank"]] if copy["bank"] else [],
            "places": [(copy["street"], TOWNS[who.town])] if copy["street"] else [],
        }
    )  # fmt: skip
    books.odoo[key] = who.number


def _enter_in_xero(rng, books, who, seed) -> dict:
    copy = _typed(rng, who)
    key = str(uuid.uuid5(SPACE, f"{seed}/{len(books.contacts)}"))
    element = {
        "ContactID": key, "Name": copy["name"], "ContactStatus": "ACTIVE" if rng.random() > 0.03 else "ARCHIVED",
        "TaxNumber": _written(rng, copy["tax"]), "CompanyNumber": copy["registry"], "AccountNumber": copy["reference"],
        "EmailAddress": copy["email"].upper() if rng.random() < 0.1 else copy["email"],
        "BankAccountDetails": copy["bank"].replace("-", " "),
        "Phones": _phones(copy["phone"]),
        "Addresses": _places(copy["street"], who.town),
    }  # fmt: skip
    books.contacts.append({name: value for name, value in element.items() if value})
    books.xero[key] = who.number
    return books.contacts[-1]


def _merge_another(rng, books, who, element, seed) -> None:
    """Somebody merged a second contact of the same firm into this one; its old name lives on in Odoo, perhaps."""
    loser = _enter_in_xero(rng, books, who, seed)
    loser |= {"ContactStatus": "ARCHIVED", "MergedToContactID": element["ContactID"]}
    del books.xero[loser["ContactID"]]


def _typed(rng, who) -> dict:
    """Return the firm as one person typed it in: with gaps, slips and habits."""
    gaps = {"tax": 0.3, "registry": 0.6, "email": 0.2, "phone": 0.3, "street": 0.25, "bank": 0.7, "reference": 0.6}
    copy = {name: "" if rng.random() < gap else getattr(who, name) for name, gap in gaps.items()}
    if copy["phone"] and rng.random() < 0.08:
        copy["phone"] = _phone(rng)
    if copy["email"] and rng.random() < 0.05:
        copy["email"] = f"new.{copy['email']}"
    copy["name"] = _name(rng, who)
    return copy


def _name(rng, who) -> str:
    name = who.name
    if who.firm and rng.random() < 0.02:
        name = f"{rng.choice(LEAD)} {rng.choice(TRADE)}"
    if rng.random() < 0.06:
        name = _slip(rng, name)
    if rng.random() < 0.06:
        name = _swapped(name, who.firm)
    if rng.random() < 0.1:
        name = name.replace("&", "and")
    if rng.random() < 0.1:
        name = name.replace("ü", "ue").replace("é", "e").replace("ñ", "n").replace("ß", "ss").replace("ø", "o")
    if rng.random() < 0.05:
        name = name.upper()
    if who.firm and rng.random() < 0.8:
        name = f"{name} {rng.choice(FORMS[who.country])}"
    return name


def _slip(rng, name) -> str:
    at = rng.randrange(1, len(name) - 1)
    return rng.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            name[:at] + name[at] + name[at:],
        )
    )


def _swapped(name, firm) -> str:
    first, _space, last = name.rpartition(" ")
    return f"{last} {first}" if firm else f"{last}, {first}"


def _written(rng, tax) -> str:
    if not tax or rng.random() < 0.5:
        return tax
    return rng.choice((f"{tax[:3]} {tax[3:6]} {tax[6:]}", f"{tax[:2]}-{tax[2:5]}-{tax[5:]}", f"{tax} "))


def _phones(phone) -> list[dict]:
    if not phone:
        return []
    _plus, area, *number = phone.split()
    return [{"PhoneType": "DEFAULT", "PhoneCountryCode": "64", "PhoneAreaCode": area, "PhoneNumber": " ".join(number)}]


def _places(street, town) -> list[dict]:
    if not street:
        return []
    return [{"AddressType": "POBOX", "AddressLine1": street, "PostalCode": TOWNS[town], "City": town}]
