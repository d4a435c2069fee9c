"""Which Xero account or tax rate an Odoo one probably is. Pure: works on plain values."""

import re
from collections import namedtuple
from difflib import SequenceMatcher

from ...mappers.text import fold

# ``index`` points into the candidates; ``reason`` is a key of REASONS in the mapping models.
Suggestion = namedtuple("Suggestion", "index confidence reason sure")
AccountFacts = namedtuple("AccountFacts", "code name type class_type")
RateFacts = namedtuple("RateFacts", "tax_type name effective display report_type")

CLASS_OF_GROUP = {
    "asset": "ASSET",
    "liability": "LIABILITY",
    "equity": "EQUITY",
    "income": "REVENUE",
    "expense": "EXPENSE",
}
TYPES_OF_ACCOUNT = {
    "income": ("REVENUE", "SALES"),
    "income_other": ("OTHERINCOME", "REVENUE"),
    "expense": ("EXPENSE", "OVERHEADS"),
    "expense_other": ("EXPENSE", "OVERHEADS"),
    "expense_depreciation": ("DEPRECIATN", "EXPENSE"),
    "expense_direct_cost": ("DIRECTCOSTS",),
    "asset_current": ("CURRENT", "INVENTORY"),
    "asset_non_current": ("NONCURRENT",),
    "asset_prepayments": ("PREPAYMENT", "CURRENT"),
    "asset_fixed": ("FIXED",),
    "liability_current": ("CURRLIAB",),
    "liability_non_current": ("TERMLIAB", "LIABILITY"),
    "equity": ("EQUITY",),
    "equity_unaffected": ("EQUITY",),
}
# Words that tell rates of the same percentage apart.
TELLING_WORDS = (
    "capital",
    "import",
    "export",
    "reverse",
    "zero",
    "exempt",
    "free",
    "excluded",
    "input taxed",
    "ec",
    "eu",
    "goods",
    "services",
    "acquisition",
    "none",
    "no",
    "out of scope",
    "deferred",
    "reduced",
    "super reduced",
)
# Xero's kinds of a tax that is due and claimed at once.
REVERSE_REPORTS = ("REVERSECHARGES", "ECACQUISITIONS", "DRCHARGE", "DRCHARGESUPPLY")
SIMILAR = 0.6
SAME_RATE = 0.00005


def normal(text) -> str:
    """Return ``text`` without case, accents, punctuation and doubled spaces."""
    return " ".join(re.sub(r"[^a-z0-9%]+", " ", fold(text).casefold().replace("&", " and ")).split())


def suggest_account(
    code: str, name: str, account_type: str, group: str, candidates: list[AccountFacts]
) -> Suggestion | None:
    """Return the best of ``candidates`` (usable Xero accounts) for an Odoo account.

    Sure are the same code in the same class, and the same name if only one has it; anything else is for a person.
    """
    fitting = [
        (index, facts) for index, facts in enumerate(candidates) if facts.class_type == CLASS_OF_GROUP.get(group)
    ]
    for index, facts in fitting:
        if code and facts.code == code:
            return Suggestion(index, 100, "code", True)
    same = [index for index, facts in fitting if normal(name) and normal(facts.name) == normal(name)]
    if len(same) == 1:
        return Suggestion(same[0], 95, "name", True)
    return _similar(name, fitting) or _kind(account_type, fitting)


def _similar(name, fitting) -> Suggestion | None:
    scores = [(SequenceMatcher(None, normal(name), normal(facts.name)).ratio(), -index) for index, facts in fitting]
    score, index = max(scores, default=(0, 0))
    return Suggestion(-index, round(score * 90), "similar", False) if score >= SIMILAR else None


def _kind(account_type, fitting) -> Suggestion | None:
    for kind in TYPES_OF_ACCOUNT.get(account_type, ()):
        found = min(((facts.code, index) for index, facts in fitting if facts.type == kind), default=None)
        if found:
            return Suggestion(found[1], 30, "kind", False)
    return None


def suggest_rate(name: str, effective: float, nominal: float, candidates: list[RateFacts]) -> Suggestion | None:
    """Return the best of ``candidates`` (active Xero rates usable on that side) for a set of Odoo taxes.

    :param effective: what the taxes add, in percent; 0 for a reverse charge
    :param nominal: the sum of their positive percentages
    """
    if nominal and not effective:
        return _reverse(name, nominal, candidates)
    fitting = [(index, facts) for index, facts in enumerate(candidates) if abs(facts.effective - effective) < SAME_RATE]
    same = [index for index, facts in fitting if normal(facts.name) == normal(name)]
    if len(same) == 1:
        return Suggestion(same[0], 100, "name", True)
    if len(fitting) == 1:
        return Suggestion(fitting[0][0], 95, "rate", True)
    return _best_named(name, fitting)


def _reverse(name, nominal, candidates) -> Suggestion | None:
    """Tax that is owed and claimed at once. Sure only when Xero has one rate of that kind and percentage."""
    zero = [(index, facts) for index, facts in enumerate(candidates) if abs(facts.effective) < SAME_RATE]
    reverse = [
        (index, facts)
        for index, facts in zero
        if facts.report_type in REVERSE_REPORTS or "reverse" in normal(facts.name)
    ]
    exact = [(index, facts) for index, facts in reverse if abs(facts.display - nominal) < SAME_RATE]
    if len(exact) == 1:
        return Suggestion(exact[0][0], 95, "rate", True)
    return _best_named(name, exact or reverse or zero)


def _best_named(name, fitting) -> Suggestion | None:
    score, index = max(((_name_score(name, facts.name), -index) for index, facts in fitting), default=(0, None))
    return None if index is None else Suggestion(-index, max(20, min(80, round(score * 80))), "similar", False)


def _name_score(mine, theirs) -> float:
    mine, theirs = normal(mine), normal(theirs)
    score = SequenceMatcher(None, mine, theirs).ratio()
    for word in TELLING_WORDS:
        here, there = (f" {word} " in f" {text} " for text in (mine, theirs))
        score += 0.3 if here and there else -0.2 if here != there else 0
    return score


def suggest_untaxed(candidates: list[RateFacts]) -> Suggestion | None:
    """Return the rate of lines without any tax: NONE, or in Australia what stands for it."""
    for tax_type in ("NONE", "BASEXCLUDED"):
        for index, facts in enumerate(candidates):
            if facts.tax_type == tax_type:
                return Suggestion(index, 100, "untaxed", True)
    return None
