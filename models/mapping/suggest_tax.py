"""Which Xero tax rate a set of Odoo taxes probably is. Pure: works on plain values.

Three ways, in this order: what is known of the country's own chart (``charts/``), the same name, and what the words of
both say. A percentage alone proves nothing: Australia has five rates of 10 %, each in another box of the return.
"""

import re
from collections import namedtuple
from difflib import SequenceMatcher

from .suggest import Suggestion, normal

RateFacts = namedtuple("RateFacts", "tax_type name effective display report_type sides")
# ``listed``: what the country's table says, or None. ``names``: what Xero may call it, the shortest first.
TaxFacts = namedtuple("TaxFacts", "use names words effective nominal claimed listed")
Listed = namedtuple("Listed", "tax_types sure words")

SAME_RATE = 0.00005
# Rates that Xero works out itself: it takes them from no program.
AUTOMATIC = ("AVALARA", "USSALESTAX")

# In German, French, Spanish, Italian and Dutch one word is said of what is exempt and of what is zero-rated.
TAX_FREE = r"steuerfrei\w*|steuerbefreit\w*|exoner\w+|exent[oa]s?|esent[ei]|vrijgesteld\w*"
# What a tax is about, and how people write it, also where Xero has no edition of the country. Two that differ in a word
# of these are never the same.
WORDS = {
    "capital": r"cap(?:ital|ex)s?|anlage(?:n|verm\w+|g\w+)?|immobili[sz]ations?|investitionsg\w+|bienes de inversion"
    r"|beni (?:ammortizzabili|strumentali)|bedrijfsmiddelen",
    "import": r"import(?:s|ed|ation|ations|acion|aciones|azione|azioni)?|overseas purchases?|einfuhr\w*|invoer\w*",
    "export": r"export(?:s|ed|ation|ations|acion|aciones)?|esportazion[ei]|ausfuhr\w*|drittl[ae]nd\w*|uitvoer\w*",
    "reverse": r"reverse(?: charges?)?|rc|rcm|self assess(?:ed|ment)?|13b|steuerschuldnerschaft|auto ?liquidations?"
    r"|inversion (?:del )?sujeto pasivo|isp|inversione contabile|verlegd\w*|verlegging",
    "domestic": r"domestic|drc",
    "postponed": r"postponed|pva",
    "deferred": r"deferr(?:ed|al)|deferment|igds|dgst",
    "scheme": r"special scheme|major exporter|margin scheme|flat rate",
    "input_taxed": r"input taxed|input tax sales?",
    "private": r"private|personal use|(?:not|non) (?:\w+ )?(?:deductible|claimable|claimed|recoverable|creditable)"
    r"|disallowed|blocked|unclaimable|irrecoverable|nondeductible"
    r"|(?:nicht|no|niet) (?:\w+ )?(?:ab\w+fahig\w*|abziehbar\w*|deducibles?|recuperables?|aftrekbaar|aftrekbare)"
    r"|indetraibil[ei]|non (?:recuperables?|detraibil[ei])",
    "ec": r"ec|eu|eea|intra(?:community| community| eu)?|european union|innergemeinschaftlich\w*|igl|ige"
    r"|intra ?com\w*|ue",
    "customer": r"customer accounting|prescribed goods?|srca|txca",
    "deemed": r"deemed",
    "changed": r"change in use|second hand",
    "bad_debt": r"bad debts?",
    "lodging": r"accomm?odations?",
    "adjusted": r"adj(?:ustments?)?",
    "withheld": r"withh?(?:eld|olding)",
    "market": r"marketplaces?|redeliverers?|re deliverers?",
    "low_value": r"lvg|low value",
    "tourist": r"tourists?",
    "other_33": r"non reg(?:ulation)? ?33|nonregulation ?33",
    "mixed": r"taxable (?:and )?exempt suppl\w+|residual",
    "old": r"old|20(?:0\d|1\d|2[0-3])",
    # Kinds of nothing.
    "zero": rf"zero(?: rated?)?|zr|nil rated?|{TAX_FREE}",
    "free": r"free",
    "exempt": rf"exempt(?:ed|ion|ions)?|{TAX_FREE}",
    "none": r"excluded|no (?:gst|vat|tax|sales tax)|none|not? taxable|untaxed|ohne (?:ust|mwst|steuer|umsatzsteuer)"
    r"|sans tva|sin iva|senza iva|geen btw",
    "scope": r"out ?of ?scope|outside (?:the )?scope(?: of)?|nicht steuerbar\w*|non soumis\w*|hors champ\w*"
    r"|no sujet[oa]s?|fuori campo",
    "unregistered": r"non (?:gst |vat )?registered",
    # What tells only who of two is nearer.
    "goods": r"goods|waren|lieferung\w*|livraisons?|marchandises?|biens|bienes|beni|goederen",
    "services": r"services?|dienstleistung\w*|sonstige leistung\w*|prestations?|servicios?|serviz\w+|diensten",
}
PATTERNS = {word: re.compile(rf"\b(?:{pattern})\b") for word, pattern in WORDS.items()}
NEARNESS = frozenset(("goods", "services"))
# Kinds of nothing that may stand for one another.
NOTHING = (frozenset(("zero", "free")), frozenset(("none", "scope", "unregistered")), frozenset(("exempt",)))
ZERO = frozenset().union(*NOTHING)
DECISIVE = frozenset(WORDS) - NEARNESS - ZERO
# A tax with such a word may be one of these kinds of nothing, where Xero has no word for it.
STANDS_FOR = {
    "export": (frozenset(("zero",)), frozenset(("free",)), frozenset(("exempt", "none"))),
    "import": (frozenset(("zero",)), frozenset(("free",)), frozenset(("none",))),
    "private": (frozenset(("none",)), frozenset(("input_taxed",))),
    "unregistered": (frozenset(("none",)),),
}
# What Xero's own codes say, whatever people call the rates.
CODES = (
    (r"CAP(?:EX|ITAL|INPUT|IMPORTS)|EXEMPTCAPITAL|GSTONCAP", "capital"),
    (r"^EXEMPTEXPORT", "export free"),
    (r"^GSTON|CAPIMPORTS|^IM(?:INPUT|ESS|N33|RE|Y\d\d)|^IM$|^GOODSIMPORT", "import"),
    (r"^GOODSIMPORT", "postponed"),
    (r"^IGDS", "import deferred"),
    (r"^MEINPUT", "import scheme"),
    (r"^REVERSECHARGE|^TXRC", "reverse"),
    (r"^DRCHARGE", "reverse domestic"),
    (r"^EC(?:Z|A|OUT|IN)", "ec"),
    (r"^INPUTTAXED", "input_taxed"),
    (r"^BLINPUT", "private"),
    (r"^ZERORATED|^ZRINPUT", "zero"),
    (r"^(?:NONE|BASEXCLUDED)$", "none"),
    (r"^TXCA|^SRCA", "customer"),
    (r"^DSOUTPUT", "deemed"),
    (r"^BADDEBT", "bad_debt"),
    (r"^ACC(?:28|UPTO)", "lodging"),
    (r"^(?:TXN33|TXRCN33|IMN33|ESN33)", "other_33"),
    (r"^(?:TXRE|TXRCRE|IMRE)", "mixed"),
)
# "Standard rate (excluding capital goods)" is about no capital goods, "outside the EU" is not about the EU.
LEFT_OUT = re.compile(
    r"\((?:excl\w*|not|except|other than)\b[^)]*\)|\b(?:outside|non)[ -](?:of )?(?:the )?(?:eu|ec|eea)\b"
    r"|\b(?:hors|fuera|extra|nicht|außerhalb|ausserhalb|buiten)[ -](?:de |la |der |l['’]|de l['’])*(?:eu|ue)\b",
    re.IGNORECASE,
)


def words_of(*texts) -> frozenset:
    """Return which of :data:`WORDS` are said in ``texts``."""
    said = [normal(LEFT_OUT.sub(" ", text)) for text in texts if text]
    return frozenset(word for word, pattern in PATTERNS.items() if any(pattern.search(text) for text in said))


def words_of_rate(rate: RateFacts) -> frozenset:
    """Return what a Xero rate is about, by its name and Xero's codes for it."""
    found = set(words_of(rate.name))
    for pattern, words in CODES:
        if any(re.search(pattern, code) for code in (rate.tax_type or "", rate.report_type or "")):
            found.update(words.split())
    return frozenset(found)


def sides_of(rate_name: str, tax_type: str, can_apply: dict) -> frozenset:
    """Return whether a rate is for sales, for purchases or for both.

    :param can_apply: by class of account, such as ``{"EXPENSE": True}``. Rates for assets alone are for sales or
        purchases by their name: what is bought, and sold, there is capital
    """
    if can_apply["REVENUE"] != can_apply["EXPENSE"]:
        return frozenset(("sale",)) if can_apply["REVENUE"] else frozenset(("purchase",))
    if can_apply["REVENUE"]:
        return frozenset(("sale", "purchase"))
    sold = re.search(r"\b(?:sales?|income|output|supplies)\b", normal(rate_name)) or "OUTPUT" in (tax_type or "")
    return frozenset(("sale",)) if sold else frozenset(("purchase",))


def suggest_rate(tax: TaxFacts, rates: list[RateFacts]) -> Suggestion | None:
    """Return the best of ``rates`` (the active ones of the organisation) for a set of Odoo taxes."""
    usable = [
        (index, rate)
        for index, rate in enumerate(rates)
        if tax.use in rate.sides and rate.tax_type not in AUTOMATIC and rate.report_type not in AUTOMATIC
    ]
    return _listed(tax, usable) or _named(tax, usable) or (_by_words(tax, usable) if _may_guess(tax) else None)


def _may_guess(tax) -> bool:
    """What the country's table says Xero has no rate for, words do not find either."""
    return not tax.listed or bool(tax.listed.tax_types)


def _same(one: float, other: float) -> bool:
    return abs(one - other) < SAME_RATE


# === THE COUNTRY'S OWN TAXES === #


def _listed(tax, usable):
    """The tax is one of Odoo's own for the country, and nobody has made something else of it."""
    by_type = {rate.tax_type: (index, rate) for index, rate in usable}
    for tax_type in tax.listed.tax_types if tax.listed else ():
        index, rate = by_type.get(tax_type, (None, None))
        if rate is None:
            continue
        if _denied(tax, rate):
            return None
        if _same(rate.effective, tax.effective):
            sure = tax.listed.sure
            return Suggestion(index, 98 if sure else 65, "chart", sure)
        # Reverse charges and taxes on imports: the percentage that is shown is none that is added.
        if not rate.effective or not tax.effective or tax.effective >= 100:
            return Suggestion(index, 50, "chart", False)
    return None


def _denied(tax, rate) -> bool:
    """Whether the tax, or what the organisation calls the rate, says something else than the table."""
    known = words_of_rate(rate) | tax.listed.words
    renamed = words_of(rate.name) - words_of_rate(rate._replace(name="")) - tax.words - tax.listed.words
    # The percentage tells which of an old and a new rate it is.
    return bool(((tax.words - known) | renamed) & DECISIVE - {"old"})


# === THE SAME NAME === #


def _named(tax, usable):
    names = {normal(name) for name in tax.names if normal(name)}
    same = [
        (index, rate)
        for index, rate in usable
        if normal(rate.name) in names and _same(rate.effective, tax.effective) and not _contradicts(tax.words, rate)
    ]
    return Suggestion(same[0][0], 100, "name", True) if len(same) == 1 else None


# === WORDS === #


def _by_words(tax, usable):
    """The nearest by what both say. Never sure: that the words of two agree proves less than a person does."""
    words = _words_of_tax(tax)
    fitting = [(index, rate) for index, rate in usable if _fits(tax, words, rate) and not _contradicts(words, rate)]
    if not fitting:
        return None
    ranked = sorted(((_nearness(tax, words, rate), -index, rate) for index, rate in fitting), reverse=True, key=_rank)
    (best, place, rate), rest = ranked[0], ranked[1:]
    shared = words & words_of_rate(rate) & (DECISIVE | ZERO)
    clear = not rest or best - rest[0][0] >= 0.5
    if shared:
        return Suggestion(-place, 80 if clear else 50, "words", False)
    if not rest and rate.effective:
        return Suggestion(-place, 70, "rate", False)
    return Suggestion(-place, 55 if clear else 30, "similar", False)


def _rank(row):
    return row[:2]


def _words_of_tax(tax) -> frozenset:
    words = tax.words
    if not tax.claimed and not words & {"private", "input_taxed"}:
        words |= {"private"}
    # Owed and claimed at once.
    if tax.nominal and not tax.effective and tax.claimed and not words & {"postponed", "ec", "customer"}:
        words |= {"reverse"}
    return words


def _fits(tax, words, rate) -> bool:
    """Whether the percentages agree."""
    if not _same(rate.effective, tax.effective):
        # What may not be claimed is a rate of its own in some countries, and no tax at all in others.
        return not tax.claimed and _same(rate.effective, tax.nominal) and "private" in words_of_rate(rate)
    if not tax.effective and tax.nominal and tax.claimed:
        shown = [float(number) for number in re.findall(r"(\d+(?:\.\d+)?) ?%", rate.name)]
        shown += [rate.display] if rate.display else []
        return not shown or any(_same(number, tax.nominal) for number in shown)
    return True


def _contradicts(words: frozenset, rate) -> bool:
    """Whether one of the two is about something that the other is not about."""
    theirs = words_of_rate(rate)
    if (theirs - words) & DECISIVE - ({"private"} if "input_taxed" in words else set()):
        return True
    for word in (words - theirs) & DECISIVE:
        if not any(kinds <= theirs for kinds in STANDS_FOR.get(word, ())):
            return True
    mine, other = words & ZERO, theirs & ZERO
    if not mine:
        return False
    return not other or not any(kinds & mine and kinds & other for kinds in NOTHING)


def _nearness(tax, words, rate) -> float:
    theirs = words_of_rate(rate)
    score = float(len(words & theirs & (DECISIVE | ZERO)))
    score += 0.3 * len(words & theirs & NEARNESS) - 0.3 * len((words ^ theirs) & NEARNESS)
    score -= 0.3 * len((theirs - words) & ZERO)
    score += 0.4 * max(SequenceMatcher(None, normal(name), normal(rate.name)).ratio() for name in tax.names or [""])
    if not tax.effective and not words & ZERO:
        # Zero per cent, and nobody says why.
        score += 0.2 * ("zero" in theirs) + 0.1 * ("none" in theirs)
    return score


# === WHAT WAS CHOSEN === #


def doubt(tax: TaxFacts, chosen: RateFacts, rates: list[RateFacts], by_percentage: bool) -> str | None:
    """Return why ``chosen``, the rate that a person chose for a set of Odoo taxes, is probably another.

    :param rates: the active ones of the organisation
    :param by_percentage: the rate was taken because no other one has the percentage
    :return: ``cost`` (Xero claims what Odoo books as cost), ``chart`` (the country's table says another), ``words``
        (the two say they are about something else), ``percentage`` (words say another), or ``None``
    """
    theirs = words_of_rate(chosen)
    if not tax.claimed and tax.nominal and chosen.effective and not theirs & {"private", "input_taxed"}:
        return "cost"
    best = suggest_rate(tax, rates)
    other = best and rates[best.index].tax_type != chosen.tax_type
    if other and best.reason == "chart" and best.sure and chosen.tax_type not in tax.listed.tax_types:
        return "chart"
    if not (tax.listed and chosen.tax_type in tax.listed.tax_types) and _contradicts(tax.words, chosen):
        return "words"
    return "percentage" if by_percentage and other and best.reason in ("chart", "name", "words") else None


# === NO TAX === #


def suggest_untaxed(rates: list[RateFacts], use: str) -> Suggestion | None:
    """Return the rate of lines without any tax: NONE, or in Australia what stands for it."""
    for tax_type in ("BASEXCLUDED", "NONE"):
        for index, rate in enumerate(rates):
            if rate.tax_type == tax_type:
                return Suggestion(index, 100, "untaxed", True)
    for index, rate in enumerate(rates):
        said = words_of_rate(rate)
        if "none" in said and not said & DECISIVE and use in rate.sides and not rate.effective:
            return Suggestion(index, 60, "words", False)
    return None
