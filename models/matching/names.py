"""Names of people and firms in a form that two books can be compared in. Pure."""

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from ...mappers.text import fold

# Letters that do not come apart into a letter and an accent.
LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "&": " and ", "+": " and "}
)
SILENT = {"and", "und", "et", "the"}
# What stands at any place of a name, and what is a form of firm only at its end.
FORMS = {
    **dict.fromkeys(("ltd", "limited", "pty", "proprietary", "pte", "pvt"), "ltd"),
    **dict.fromkeys(("inc", "incorporated", "corp", "corporation"), "inc"),
    **dict.fromkeys(("gmbh", "ggmbh", "mbh"), "gmbh"),
    **{
        form: form
        for form in ("llc", "llp", "plc", "sarl", "sas", "eurl", "srl", "kg", "ohg", "bv", "nv", "kft", "sro")
    },
}
END_FORMS = {
    **dict.fromkeys(("co", "company", "cie"), ""),
    **{
        form: form
        for form in ("sa", "spa", "ag", "ab", "as", "oy", "aps", "ug", "ek", "sl", "slu", "lp", "doo", "ltda")
    },
}
GENERATIONS = {
    **dict.fromkeys(("jr", "jnr", "jun", "junior", "fils", "filho"), "jr"),
    **dict.fromkeys(("sr", "snr", "sen", "senior", "pere"), "sr"),
}
ROMAN = {"ii", "iii", "iv"}
SAME, TYPO, PART, DIFFERENT = "same", "typo", "part", "different"
# How much of a longer text a shorter one may miss before the two are not worth comparing.
WORTH = 55


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart.

    :ivar words: what is left without legal form, in order
    :ivar key: the words in the order of the alphabet: equal keys are the same name
    :ivar forms: legal forms, in one spelling each
    :ivar marks: numerals and generations: names that differ in them are others', however alike
    """

    words: tuple[str, ...] = ()
    key: str = ""
    forms: frozenset = frozenset()
    marks: frozenset = frozenset()

    @property
    def compact(self) -> str:
        """The words in order without spaces."""
        return "".join(self.words)


@lru_cache(maxsize=200_000)
def name_of(text: str) -> Name:
    """Return the parts of a name as people write it."""
    plain = re.sub(r"\ba/s\b", "as", fold(str(text or "").casefold().translate(LETTERS)))
    plain = re.sub(r"(?<=\w)['’`.](?=\w)", "", plain)
    words = [word for word in re.findall(r"\w+", plain) if word not in SILENT]
    words, forms = _without_forms(words)
    words = [GENERATIONS.get(word, word) for word in words]
    marks = {word for word in words if word in ("jr", "sr") or word in ROMAN or any(map(str.isdigit, word))}
    words = tuple(_plain_vowels(word) for word in words)
    return Name(words, " ".join(sorted(words)), frozenset(forms), frozenset(marks))


def _without_forms(words: list[str]) -> tuple[list[str], set[str]]:
    forms, left = set(), list(words)
    while len(left) > 1 and (left[-1] in FORMS or left[-1] in END_FORMS):
        word = left.pop()
        forms.add(FORMS.get(word, END_FORMS.get(word)))
    kept = [word for word in left if word not in FORMS]
    if kept:
        forms |= {FORMS[word] for word in left if word in FORMS}
        left = kept
    return left, forms - {""}


def _plain_vowels(word: str) -> str:
    """Müller is written Muller and Mueller."""
    return re.sub(r"([aou])e", r"\1", word) if len(word) > 3 else word


def likeness(one: Name, other: Name) -> str:
    """Return how alike two names are: ``same``, ``typo``, ``part`` (one says more than the other) or ``different``."""
    if not one.key or not other.key:
        return DIFFERENT
    if one.marks != other.marks:
        return PART if _only_numbers_missing(one, other) else DIFFERENT
    if one.key == other.key or one.compact == other.compact:
        return SAME
    rest, others = _unpaired(list(one.words), list(other.words))
    if not rest and not others:
        return TYPO
    if len(one.words) != len(other.words) and len(one.compact) >= 6 and _is_typo(one.compact, other.compact):
        return TYPO
    paired = sum(map(len, one.words)) - sum(map(len, rest))
    return PART if not (rest and others) and paired >= 4 else DIFFERENT


def is_related(one: Name, other: Name) -> bool:
    """Whether two names that differ share words enough to be those of one firm: Golf Club North, Golf Club South."""
    if one.marks != other.marks:
        return False
    rest, _others = _unpaired(list(one.words), list(other.words))
    return sum(map(len, one.words)) - sum(map(len, rest)) >= 4


def _only_numbers_missing(one: Name, other: Name) -> bool:
    """Whether one name has a number and the other none; a generation that one does not state is another person."""
    fewer, more = sorted((one.marks, other.marks), key=len)
    return not fewer and not more & {"jr", "sr"} and _unpaired(list(one.words), list(other.words)).count([]) > 0


def _unpaired(words: list[str], others: list[str]) -> tuple[list[str], list[str]]:
    """Return the words of either side that the other has not, in any place or with a slip of the pen."""
    rest = []
    for word in words:
        if word in others:
            others.remove(word)
        else:
            rest.append(word)
    for word in list(rest):
        found = next((other for other in others if _is_typo(word, other)), None)
        if found is not None:
            others.remove(found)
            rest.remove(word)
    return rest, others


def _is_typo(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    if shorter < 4 or any(map(str.isdigit, one + other)):
        return False
    allowed = 1 if shorter < 8 else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def is_worth_comparing(one: Name, other: Name) -> bool:
    """Whether two names share enough for a closer look; much quicker than that look."""
    return fuzz.ratio(one.key, other.key) >= WORTH or fuzz.token_set_ratio(one.key, other.key) == 100
