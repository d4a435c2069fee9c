"""Countries by the words that people use for them. Pure.

Xero keeps a country as a text that anybody may have typed. What is known of names comes from Unicode's CLDR, by Babel,
which Odoo brings; here stand only the everyday English names that it does not have.
"""

import re
import unicodedata
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from ..text import fold

NAME_LENGTH = 50
# By key; parts of a country that people give for it, short forms, former names, and names that CLDR words otherwise.
SPOKEN = {
    "GB": "uk gb gbr greatbritain britain england scotland wales northernireland ulster "
    "unitedkingdomofgreatbritainandnorthernireland",
    "US": "us usa america unitedstatesofamerica usofa",
    "AE": "uae emirates unitedarabemirate dubai abudhabi",
    "IE": "eire republicofireland irishrepublic southernireland",
    "CZ": "czechrepublic czech",
    "NL": "holland thenetherlands netherland",
    "KR": "southkorea republicofkorea korea korearepublic korearepublicof rok",
    "KP": "northkorea democraticpeoplesrepublicofkorea koreademocraticpeoplesrepublicof dprk",
    "CN": "peoplesrepublicofchina prc mainlandchina chinamainland",
    "TW": "republicofchina taiwanroc taiwanprovinceofchina chinesetaipei",
    "HK": "hongkong hongkongsar hongkongchina",
    "MO": "macau macao macaosar",
    "RU": "russia russianfederation",
    "TR": "turkey republicofturkey",
    "CI": "ivorycoast",
    "CD": "drc drcongo democraticrepublicofcongo democraticrepublicofthecongo congodemocraticrepublicofthe "
    "congokinshasa zaire",
    "CG": "congobrazzaville republicofthecongo republicofcongo",
    "VA": "vatican vaticancity holysee holyseevaticancitystate",
    "MK": "macedonia fyrom",
    "SZ": "swaziland eswatini",
    "MM": "burma myanmar",
    "CV": "capeverde",
    "TL": "easttimor",
    "IR": "iran islamicrepublicofiran",
    "SY": "syria syrianarabrepublic",
    "LA": "laos laopeoplesdemocraticrepublic",
    "VN": "vietnam",
    "BN": "brunei bruneidarussalam",
    "MD": "moldova",
    "FM": "micronesia",
    "PS": "palestine stateofpalestine",
    "SA": "ksa saudi",
    "ZA": "rsa",
    "NZ": "aotearoa",
    "BA": "bosnia",
    "AG": "antigua",
    "TT": "trinidad",
    "VC": "saintvincent stvincent",
    "KN": "saintkitts stkitts",
    "LC": "stlucia",
    "SH": "sthelena",
    "GM": "thegambia",
    "BS": "thebahamas",
    "VG": "britishvirginislands bvi",
    "VI": "usvirginislands unitedstatesvirginislands",
    "FK": "falklands",
    "SX": "stmaarten sintmaarten",
    "MF": "saintmartin stmartin",
    "BL": "stbarts saintbarts",
}
# In these a country's name is looked for: between them nearly every country's own and its neighbours'.
LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu", "ro"),
    *("bg", "el", "tr", "ru", "uk", "sr", "lt", "lv", "et", "ga", "cy", "mt", "sq", "ka", "hy", "az", "kk", "mi", "af"),
    *("ar", "he", "fa", "hi", "bn", "ur", "zh", "zh_Hant", "ja", "ko", "th", "vi", "id", "ms", "sw"),
)
# What the official names of states begin with, as in "Federal Republic of Germany".
OFFICIAL = re.compile(
    r"^(?:the )?(?:[\w']+ ){0,4}?"
    r"(?:republic|kingdom|commonwealth|state|states|principality|sultanate|federation|union|duchy|emirate|territory)"
    r" of (?:the )?(?=\w)"
)
_ISO = re.compile(r"[a-z]{2,3}")


def spelled(name) -> str:
    """Return the name of a country as Xero takes it: 50 letters and blanks."""
    return " ".join(re.sub(r"[^A-Za-z ]", " ", fold(name)).split())[:NAME_LENGTH].strip()


@lru_cache(4096)
def key(name) -> str:
    """Return ``name`` without what people write in many ways: case, accents, blanks, dots, *the* and *&*."""
    text = fold(name).casefold().replace("&", " and ")
    text = re.sub(r"\bst\b\.?(?= *\w)", "saint", text)
    text = "".join(char if unicodedata.category(char)[0] in "LM" else " " for char in text)
    return re.sub(r"^the(?= )|\s", "", text.strip())


def territory(name) -> str:
    """Return the ISO code of the country that ``name`` is a name or code of, in two capitals; empty when it is none."""
    text = " ".join(fold(name).casefold().split())
    return _coded(text) or _known(key(text)) or _known(key(OFFICIAL.sub("", text)))


def _known(wanted: str) -> str:
    return _spoken().get(wanted) or _translated().get(wanted, "") if wanted else ""


@cache
def _spoken() -> dict[str, str]:
    english = {key(name): code for code, name in _names("en")}
    return english | {key(word): code for code, words in SPOKEN.items() for word in words.split()}


def _coded(text: str) -> str:
    """Return the country of an ISO code of two or three letters, former ones too; *n/a* is none."""
    if not _ISO.fullmatch(text):
        return ""
    code = text.upper()
    if code in dict(_names("en")):
        return code
    now = get_global("territory_aliases").get(code) or []
    return now[0] if len(now) == 1 else ""


@cache
def _translated() -> dict[str, str]:
    """Return ``{key: code}`` of the names in all ``LANGUAGES``; one that means two countries means none."""
    found = {}
    for language in LANGUAGES:
        for code, name in _names(language):
            found.setdefault(key(name), set()).add(code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1 and name}


@cache
def _names(language: str) -> tuple[tuple[str, str], ...]:
    territories = Locale.parse(language).territories
    return tuple((code, name) for code, name in territories.items() if len(code) == 2 and code.isalpha())
