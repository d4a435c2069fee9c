"""Which Odoo journal a bank account of Xero's probably is. Pure: works on plain values."""

from collections import namedtuple
from difflib import SequenceMatcher

from ...mappers.text import fold
from .suggest import Suggestion

BankFacts = namedtuple("BankFacts", "name code number currency")
JournalFacts = namedtuple("JournalFacts", "name code number currency kind account_name")

# Shorter numbers are no proof: Xero and Odoo write branch and check digits differently.
SHORTEST_NUMBER = 6
SIMILAR = 0.75


def suggest_journal(bank, journals: list, only_bank: bool):
    """Return the journal that ``bank`` is, as an index into ``journals``; ``None`` when none seems to be.

    :param only_bank: it is the only bank account of its currency in Xero
    """
    fitting = [(index, journal) for index, journal in enumerate(journals) if journal.currency == bank.currency]
    for judge in (_by_number, _by_name, _by_code):
        found = [index for index, journal in fitting if judge(bank, journal)]
        if len(found) == 1:
            return Suggestion(found[0], *_WEIGHTS[judge.__name__])
    banks = [index for index, journal in fitting if journal.kind == "bank"]
    if len(banks) == 1:
        return Suggestion(banks[0], 90 if only_bank else 50, "only", only_bank)
    return _most_similar(bank, fitting)


_WEIGHTS = {"_by_number": (100, "number", True), "_by_name": (95, "name", True), "_by_code": (80, "code", False)}


def _digits(text) -> str:
    return "".join(sign for sign in str(text or "").upper() if sign.isalnum())


def _by_number(bank, journal) -> bool:
    mine, theirs = _digits(bank.number), _digits(journal.number)
    if min(len(mine), len(theirs)) < SHORTEST_NUMBER:
        return False
    return mine.endswith(theirs) or theirs.endswith(mine)


def _plain(text) -> str:
    return " ".join(fold(text).casefold().split())


def _by_name(bank, journal) -> bool:
    return _plain(bank.name) in (_plain(journal.name), _plain(journal.account_name))


def _by_code(bank, journal) -> bool:
    return bool(bank.code) and _plain(bank.code) == _plain(journal.code)


def _most_similar(bank, fitting):
    scored = [
        (SequenceMatcher(None, _plain(bank.name), _plain(journal.name)).ratio(), -index) for index, journal in fitting
    ]
    best = max(scored, default=(0, 0))
    return Suggestion(-best[1], round(best[0] * 100), "similar", False) if best[0] >= SIMILAR else None
