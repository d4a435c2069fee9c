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
    "GB": "uk gb gbr greatbritain britain england scotland wales cymru northernireland northireland ulster "
    "unitedkingdomofgreatbritainandnorthernireland grossbritannien grandebretagne angleterre granbretana",
    "US": "us usa america unitedstatesofamerica usofa vereinigtestaatenvonamerika etatsunisdamerique "
    "estadosunidosdeamerica statiunitidamerica",
    "AE": "uae emirates unitedarabemirate dubai abudhabi",
    "IM": "iom",
    "IE": "eire roi republicofireland irishrepublic southernireland",
    "CZ": "czechrepublic czech ceskarepublika",
    "SK": "slovakrepublic slovenskarepublika",
    "DE": "brd westgermany",
    "FR": "frenchrepublic republiquefrancaise",
    "GR": "el hellenicrepublic",
    "IT": "italianrepublic repubblicaitaliana",
    "AR": "argentinerepublic republicaargentina",
    "KG": "kyrgyzrepublic",
    "NL": "holland netherland",
    "KR": "southkorea republicofkorea korea korearepublic rok 한국",
    "KP": "northkorea democraticpeoplesrepublicofkorea dprk dprkorea koreadpr",
    "CN": "peoplesrepublicofchina prc prchina chinapr mainlandchina chinamainland",
    "TW": "republicofchina taiwanroc taiwanprovinceofchina chinesetaipei",
    "HK": "hk hongkong hongkongsar hongkongchina 香港",
    "MO": "macau macao macaosar macauchina macaochina 澳门 澳門",
    "JP": "nippon 日本国",
    "TH": "ไทย ประเทศไทย",
    "AU": "aust",
    "PG": "png",
    "BY": "byelorussia belorussia",
    "LK": "ceylon",
    "IN": "bharat",
    "PF": "tahiti",
    "RU": "russia russianfederation",
    "TR": "turkey republicofturkey",
    "CI": "ivorycoast",
    "CD": "drc drcongo democraticrepublicofcongo congokinshasa zaire",
    "CG": "congobrazzaville republicofcongo",
    "VA": "vatican vaticancity holysee holyseevaticancitystate",
    "MK": "macedonia fyrom formeryugoslavrepublicofmacedonia",
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
    "PS": "palestine stateofpalestine palestinianterritory occupiedpalestinianterritory",
    "SA": "ksa saudi",
    "ZA": "rsa",
    "NZ": "nz aotearoa",
    "BA": "bosnia bosniaherzegovina",
    "AG": "antigua",
    "TT": "trinidad",
    "VC": "saintvincent stvincent",
    "KN": "saintkitts stkitts",
    "LC": "stlucia",
    "SH": "sthelena sainthelenaascensionandtristandacunha",
    "LY": "libyanarabjamahiriya",
    "TC": "turksandcaicos",
    "FJ": "fijiislands",
    "RE": "reunionisland",
    "WS": "westernsamoa westsamoa",
    "VG": "britishvirginislands bvi",
    "VI": "usvirginislands unitedstatesvirginislands",
    "FK": "falklands malvinas falklandislandsmalvinas",
    "SX": "stmaarten sintmaarten saintmaarten saintmartindutchpart",
    "MF": "saintmartin stmartin",
    "BL": "stbarts saintbarts",
}
# In these a country's name is looked for: between them nearly every country's own and its neighbours'.
LANGUAGES = (
    *("en", "de", "fr", "es", "it", "pt", "nl", "da", "sv", "nb", "fi", "is", "pl", "cs", "sk", "sl", "hr", "hu", "ro"),
    *("bg", "el", "tr", "ru", "uk", "sr", "lt", "lv", "et", "ga", "cy", "mt", "sq", "ka", "hy", "az", "kk", "mi", "af"),
    *("ar", "he", "fa", "hi", "bn", "ur", "zh", "zh_Hant", "ja", "ko", "th", "vi", "id", "ms", "sw"),
)
# What CLDR has a code for and nobody lives in.
NO_COUNTRIES = ("EU", "EZ", "QO", "UN", "XA", "XB", "ZZ")
# What the official names of states begin with, as in "Federal Republic of Germany", and articles of other languages.
OFFICIAL = re.compile(
    r"^(?:the )?(?:[\w']+ ){0,4}?"
    r"(?:republic|kingdom|commonwealth|state|states|principality|sultanate|federation|union|duchy|emirate|territory)"
    r" of (?:the )?(?=\w)"
    r"|^(?:(?:bundes)?republik|konigreich|furstentum|grossherzogtum) "
    r"|^(?:republique|royaume|principaute|grand[- ]duche|repubblica|principato|republica|reino|principado)"
    r" (?:d[aeiou]|des|d'|del|della)?[ ']?(?:la |les |los |l')?"
    r"|^(?:die|der|la|les?|los|las|il|gli|el|os|l')[ ']+"
)
SHORT_WORDS = (
    *((rf"^{letter}\b\.?[ -]+(?=\w{{3}})", f"{word} ") for letter, word in zip(
        "nsew", ("north", "south", "east", "west"), strict=True)),
    *((rf"\b{short}\b\.?", word) for short, word in (
        ("rep", "republic"), ("dem", "democratic"), ("fed", "federation"), ("gt", "great"))),
    (r"(?<=\w )isl?\b\.?$", "islands"),
)  # fmt: skip
BRACKETS = re.compile(r" *[(\[]([^()\[\]]*)[)\]] *$")
BETWEEN_NAMES = re.compile(r"[,;/|()\[\]–—-]+")
COUNTY = re.compile(r"^(?:county +|co(?:\. *| +))(?:of +)?(?=\w)|(?<=\w) +(?:county|co)\.?$")
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
    return re.sub(r"\bthe\b|\s", "", text)


def county(name) -> str:
    """Return the key of a county, with or without that word."""
    return key(COUNTY.sub("", fold(name).casefold().strip()))


def territory(name) -> str:
    """Return the ISO code of the country that ``name`` is a name or code of, in two capitals; empty when it is none.

    A place may stand beside the country, and the country may be named twice; two countries are none.
    """
    text = " ".join(fold(name).casefold().split())
    text = BRACKETS.sub(r", \1", text)
    return _called(text) or _called(_turned(text)) or _among(BETWEEN_NAMES.split(text))


def _called(text: str) -> str:
    for pattern, word in SHORT_WORDS:
        text = re.sub(pattern, word, text)
    return _coded(text) or _known(key(text)) or _known(key(OFFICIAL.sub("", text)))


def _turned(text: str) -> str:
    """Return a name as people say it that stands as in a register, such as "Korea, Republic of"."""
    name, _comma, beginning = text.partition(",")
    return f"{beginning.strip()} {name.strip()}" if beginning and "," not in beginning else ""


def _among(parts: list[str]) -> str:
    """Return the one country that ``parts`` name; a code alone may as well be a state's, as in "Lebanon, PA"."""
    parts = [part.strip(" .") for part in parts]
    found = {_called(part) for part in parts} - {""}
    named = any(part in _spoken() or _called(part) and not _coded(part) for part in parts)
    return found.pop() if len(parts) > 1 and len(found) == 1 and named else ""


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
            for text in (name, _without_umlauts(name)):
                found.setdefault(key(text), set()).add(code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1 and name}


def _without_umlauts(name: str) -> str:
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ø", "oe"), ("ü", "ue"), ("å", "aa")):
        name = name.replace(letter, letters).replace(letter.upper(), letters)
    return name


@cache
def _names(language: str) -> tuple[tuple[str, str], ...]:
    territories = Locale.parse(language).territories
    return tuple(
        (code, name)
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in NO_COUNTRIES
    )
