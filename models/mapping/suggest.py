"""Which Xero account an Odoo one probably is. Pure: works on plain values."""

import re
from collections import namedtuple
from difflib import SequenceMatcher
from os.path import commonprefix

from ...mappers.text import fold

# ``index`` points into the candidates; ``reason`` is a key of REASONS in the mapping models.
Suggestion = namedtuple("Suggestion", "index confidence reason sure")
AccountFacts = namedtuple("AccountFacts", "code name type class_type")

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
    "asset_current": ("CURRENT",),
    "asset_non_current": ("NONCURRENT",),
    "asset_prepayments": ("PREPAYMENT", "CURRENT"),
    "asset_fixed": ("FIXED",),
    "liability_current": ("CURRLIAB",),
    "liability_non_current": ("TERMLIAB", "LIABILITY"),
    "equity": ("EQUITY",),
    "equity_unaffected": ("EQUITY",),
}
SIMILAR = 0.6
# Words that begin alike for so much of the longer one are the same: "Advertisement", "Advertising".
SAME_WORD = 0.6
# What Xero's charts call the account that everything is sold by.
SALES_TYPES = ("REVENUE", "SALES")
SALES_NAMES = ("sales", "revenue", "income", "turnover")
# Whose accounts are all for one thing.
TELLING_TYPES = ("DEPRECIATN", "PREPAYMENT")
# What says nothing of an account but its kind.
KINDS = """
account accounts all and asset assets category charge charges cogs cost costs current equity expense expenses
fixed for general goods income liabilities liability long main misc miscellaneous non of on operating other
others payable payables product products purchase purchases receivable receivables revenue revenues sale sales
sold sundry term the total trade various
"""
TELLS_NOTHING = frozenset(KINDS.split())


def normal(text) -> str:
    """Return ``text`` without case, accents, punctuation and doubled spaces."""
    return " ".join(re.sub(r"[^a-z0-9%]+", " ", fold(text).casefold().replace("&", " and ")).split())


def suggest_account(
    code: str, name: str, account_type: str, group: str, candidates: list[AccountFacts], main: bool = False
) -> Suggestion | None:
    """Return the best of ``candidates`` (usable Xero accounts) for an Odoo account.

    Sure are the same code in the same class, the same name if only one has it, and what both books sell by; anything
    else is for a person.

    :param main: the company books its sales here unless somebody says otherwise
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
    if main and not _telling(name):
        sales = [index for index, facts in fitting if facts.type in SALES_TYPES and normal(facts.name) in SALES_NAMES]
        if len(sales) == 1:
            return Suggestion(sales[0], 92, "main", True)
    return _similar(name, fitting) or _kind(name, account_type, fitting)


def _telling(name) -> list[str]:
    """Return the words of a name that tell it from others of its kind."""
    return [word for word in normal(name).split() if word not in TELLS_NOTHING and not word.isdigit()]


def _similar(name, fitting) -> Suggestion | None:
    """An account that is called by its kind alone, as "Expenses", is like no account for something in particular."""
    mine = _telling(name)
    scores = [
        (SequenceMatcher(None, normal(name), normal(facts.name)).ratio(), -index)
        for index, facts in fitting
        if _share_a_word(mine, _telling(facts.name))
    ]
    score, index = max(scores, default=(0, 0))
    return Suggestion(-index, round(score * 85), "similar", False) if score >= SIMILAR else None


def _share_a_word(mine: list[str], theirs: list[str]) -> bool:
    if not mine or not theirs:
        return mine == theirs
    return any(
        len(commonprefix((one, other))) >= SAME_WORD * max(len(one), len(other)) for one in mine for other in theirs
    )


def _kind(name, account_type, fitting) -> Suggestion | None:
    """What Xero has for whatever of the kind has no account of its own; nothing that is for something in particular."""
    for kind in TYPES_OF_ACCOUNT.get(account_type, ()):
        found = [
            (SequenceMatcher(None, normal(name), normal(facts.name)).ratio(), -index)
            for index, facts in fitting
            if facts.type == kind and (kind in TELLING_TYPES or not _telling(facts.name))
        ]
        if found:
            return Suggestion(-max(found)[1], 30, "kind", False)
    return None
