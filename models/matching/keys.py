"""Numbers and addresses that identify a contact, each in one form however it is written. Pure."""

import re
from functools import lru_cache

from stdnum import get_cc_module

# Mailboxes that several people or firms answer to.
ROLE_WORDS = """
    accounting accounts accountspayable accountsreceivable admin administration ap ar bank billing bills
    bookkeeping buchhaltung commercial compta comptabilite contabilidad contact customerservice einkauf
    enquiries enquiry facturacion facturation faktura finance hello help info invoice invoices invoicing
    kontakt mail noreply office order orders payables payments payroll post purchasing receivables reception
    rechnung rechnungen sales service support team webmaster
"""
ROLES = frozenset(ROLE_WORDS.split())
MANY_DOMAINS = {"googlemail.com": "gmail.com"}
WORDS_BEFORE = re.compile(
    r"^(VAT|GST|ABN|ACN|NZBN|UST ?ID|USTIDNR|TVA|NIF|CIF|IRD|EIN|TIN|TAX|REG|NO|NR)\b[\s.:#-]*", re.IGNORECASE
)
PHONE_DIGITS = 8
STREET_SHORT = {
    "street": "st",
    "road": "rd",
    "avenue": "av",
    "ave": "av",
    "strasse": "str",
    "drive": "dr",
    "lane": "ln",
}


def addresses(text) -> set[str]:
    """Return the e-mail addresses in ``text``, in lower case; Gmail's spellings of one mailbox are one."""
    found = re.findall(r"[^\s<>;,]+@[^\s<>;,]+\.[^\s<>;,]+", str(text or "").lower())
    return {_mailbox(address.strip(".\"'")) for address in found}


def _mailbox(address: str) -> str:
    name, _at, domain = address.partition("@")
    domain = MANY_DOMAINS.get(domain, domain)
    if domain == "gmail.com":
        name = name.partition("+")[0].replace(".", "")
    return f"{name}@{domain}"


def is_role(address: str) -> bool:
    """Whether several people answer to a mailbox by its name."""
    return re.sub(r"[^a-z]", "", address.partition("@")[0].lower()) in ROLES


def phone(*parts) -> str:
    """Return the last digits of a telephone number: country and area are written in many ways. Empty when too short."""
    digits = re.sub(r"\D", "", "".join(str(part or "") for part in parts))
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS - 1 and len(set(digits)) > 2 else ""


@lru_cache(maxsize=100_000)
def tax_number(text: str, country: str = "") -> tuple[str, str] | None:
    """Return ``(country or "", number)`` of a tax number; ``None`` for what is none, such as "n/a".

    :param country: two letters, of the contact
    """
    plain = str(text or "")
    while (shorter := WORDS_BEFORE.sub("", plain.strip())) != plain:
        plain = shorter
    plain = re.sub(r"[^0-9A-Z]", "", plain.upper())
    found = re.match(r"([A-Z]{2})(?=[0-9A-Z]*\d)", plain)
    stated = "GR" if found and found[1] == "EL" else found[1] if found and get_cc_module(found[1], "vat") else ""
    number = _compact(plain, stated or country)
    if stated and number.startswith((stated, "EL")):
        number = number[2:]
    number = number.lstrip("0")
    if len(number) < 5 or len(set(number)) < 3 or not any(map(str.isdigit, number)):
        return None
    return stated, number


def _compact(number: str, country: str) -> str:
    """Return the number as the country's rules shorten it, where python-stdnum knows them."""
    module = get_cc_module(country, "vat") if len(country) == 2 else None
    try:
        return module.compact(number) if module and hasattr(module, "compact") else number
    except Exception:  # noqa: BLE001 -- what no rule fits stays as it is
        return number


def same_number(one: tuple[str, str], other: tuple[str, str]) -> bool:
    """Whether two tax numbers are one; a country that one of them leaves out is no difference."""
    return one[1] == other[1] and ("" in (one[0], other[0]) or one[0] == other[0])


def code(text) -> str:
    """Return a number that people gave (reference, company number, bank account) in capitals, without ornaments."""
    plain = re.sub(r"[^0-9A-Z]", "", str(text or "").upper())
    return plain.lstrip("0") if len(plain.lstrip("0")) >= 2 else ""


def bank(text) -> str:
    """Return a bank account (IBAN, BSB and number) without ornaments; empty for what is too short to tell apart."""
    plain = code(text)
    return plain if len(plain) >= 6 and len(set(plain)) > 2 else ""


def place(street, zip_code) -> tuple[str, str]:
    """Return ``(postcode, street)`` for comparison, either may be empty."""
    words = re.findall(r"\w+", str(street or "").casefold())
    return code(zip_code), " ".join(STREET_SHORT.get(word, word) for word in words)
