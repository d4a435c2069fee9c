"""Two lists of contacts, and who of the one is who of the other. Pure.

No contact is compared with all others: only those that share a key, a rare word of the name, or a name with one slip.
"""

from collections import defaultdict
from typing import NamedTuple

from .match_contact import DOUBTFUL, GRADES, LIKELY, SURE, Evidence, Holders, Pair, PartyFacts, compare
from .names import is_worth_comparing

# A key that so many share is no key.
TOO_MANY = 25
LONGEST_SLIP = 24
# A sure pair stays sure beside a rival that has this much less.
MARGIN = 20
SHOWN_RIVALS = 5


class Proposal(NamedTuple):
    """What is proposed for one partner, one contact, or both.

    :ivar pair: the best; ``None`` when there is none
    :ivar rivals: other pairs of the same partner or contact that a person should see
    """

    odoo: object | None
    xero: object | None
    grade: str | None
    pair: Pair | None
    rivals: tuple[Pair, ...] = ()


def match(partners: list[PartyFacts], contacts: list[PartyFacts]) -> list[Proposal]:
    """Return proposals: each partner and each contact is in at most one pair, those without follow alone."""
    ones, others = Holders(partners), Holders(contacts)
    pairs = list(_pairs(partners, contacts, ones, others))
    return assign(
        [(party.key, party.archived) for party in partners],
        [(party.key, party.archived) for party in contacts],
        pairs,
    )


def _pairs(partners, contacts, ones, others):
    blocks = _Blocks(contacts, others)
    by_key = {party.key: party for party in contacts}
    for partner in partners:
        for key, close in blocks.candidates(partner):
            contact = by_key[key]
            if close or is_worth_comparing(partner.name, contact.name):
                pair = compare(partner, contact, ones, others)
                if pair:
                    yield pair


class _Blocks:
    """Finds the contacts that may be a partner."""

    def __init__(self, contacts, holders: Holders):
        self._keyed = {kind: holders.all_of(kind) for kind in ("tax", "registry", "number", "email", "phone", "bank")}
        self._names, self._words, self._slips, self._marks = (defaultdict(list) for _ in range(4))
        for party in contacts:
            for name in (party.name, *party.others):
                self._names[name.key].append(party.key)
                for word in set(name.words):
                    self._words[word].append(party.key)
                for slip in _slips(name.compact):
                    self._slips[slip].append(party.key)
            if party.marked is not None:
                self._marks[party.marked].append(party.key)

    def candidates(self, party: PartyFacts):
        """Yield ``(key, close)`` once for each; ``close`` where more than a word is shared."""
        found = {}
        for kind, index in self._keyed.items():
            for value in party.values(kind):
                self._add(found, index.get(value), True)
        self._add(found, self._marks.get(party.key), True)
        same = self._names.get(party.name.key) if party.name.key else None
        self._add(found, same, True)
        if not same:
            for slip in _slips(party.name.compact):
                self._add(found, self._slips.get(slip), True)
        for word in set(party.name.words):
            self._add(found, self._words.get(word), False)
        return found.items()

    def _add(self, found, keys, close):
        if keys and len(keys) <= TOO_MANY:
            for key in keys:
                found[key] = found.get(key, False) or close


def _slips(text: str):
    """Return ``text`` and all texts that lack one of its letters: two that differ by one slip share one of them."""
    if not 4 <= len(text) <= LONGEST_SLIP:
        return [text] if text else []
    return {text, *(text[:index] + text[index + 1 :] for index in range(len(text)))}


# === ASSIGNMENT === #


def assign(odoo_keys: list[tuple], xero_keys: list[tuple], pairs: list[Pair]) -> list[Proposal]:
    """Return proposals in which everybody has at most one partner, the best first; two that are equally good are
    doubtful, with both shown.

    :param odoo_keys: ``(key, archived)`` of all on Odoo's side; archived ones without a pair are not told of
    """
    inactive = {key for key, archived in (*odoo_keys, *xero_keys) if archived}
    ordered = sorted(pairs, key=lambda pair: _rank(pair, inactive), reverse=True)
    by_odoo, by_xero = defaultdict(list), defaultdict(list)
    for pair in ordered:
        by_odoo[pair.odoo].append(pair)
        by_xero[pair.xero].append(pair)
    taken_odoo, taken_xero, proposals = {}, {}, []
    for pair in ordered:
        if pair.odoo not in taken_odoo and pair.xero not in taken_xero:
            taken_odoo[pair.odoo] = taken_xero[pair.xero] = pair
            rivals = [rival for rival in (*by_odoo[pair.odoo], *by_xero[pair.xero]) if rival is not pair]
            proposals.append(_judged(pair, rivals))
    for key, archived in odoo_keys:
        if key not in taken_odoo:
            rest = by_odoo.get(key)
            if rest:
                proposals.append(Proposal(key, None, DOUBTFUL, None, tuple(rest[:SHOWN_RIVALS])))
            elif not archived:
                proposals.append(Proposal(key, None, None, None))
    proposals += [
        Proposal(None, key, None, None) for key, archived in xero_keys if key not in taken_xero and not archived
    ]
    return proposals


def _rank(pair: Pair, inactive) -> tuple:
    archived = (pair.odoo in inactive) + (pair.xero in inactive)
    return GRADES[pair.grade], -archived, pair.score, str(pair.odoo), str(pair.xero)


def _judged(pair: Pair, rivals: list[Pair]) -> Proposal:
    grade = pair.grade
    close = [rival for rival in rivals if _rivals(pair, rival)]
    if close and grade in (SURE, LIKELY):
        grade = DOUBTFUL
        reasons = (*pair.reasons, Evidence("rivals", str(len(close))))
        pair = pair._replace(grade=grade, reasons=reasons)
    shown = sorted(rivals, key=lambda rival: -rival.score)[:SHOWN_RIVALS] if grade != SURE else ()
    return Proposal(pair.odoo, pair.xero, grade, pair, tuple(shown))


def _rivals(pair: Pair, rival: Pair) -> bool:
    """Whether a person should choose between the two."""
    if GRADES[rival.grade] >= GRADES[LIKELY]:
        return GRADES[rival.grade] >= GRADES[pair.grade] or rival.score > pair.score - MARGIN
    return rival.score > pair.score - MARGIN // 2
