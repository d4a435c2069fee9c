"""How surely a product of Odoo and an item of Xero are one. Pure: plain values in, evidence and verdict out."""

from collections import defaultdict
from dataclasses import dataclass

from odoo.addons.xero_connector.mappers.text import squeeze
from odoo.addons.xero_connector.models.matching.assign import TOO_MANY, assign
from odoo.addons.xero_connector.models.matching.match_contact import DOUBTFUL, LIKELY, SURE, Evidence, Pair
from odoo.addons.xero_connector.models.matching.names import DIFFERENT, PART, SAME, TYPO, likeness, name_of

# The README shows the same table.
WEIGHTS = {
    "code": 60,
    "code_spaced": 50,
    "barcode": 30,
    "name_same": 35,
    "name_typo": 25,
    "name_part": 15,
    "code_differs": -15,
    "name_differs": -10,
}
RANK = {SAME: 3, TYPO: 2, PART: 1, DIFFERENT: 0}


@dataclass
class ItemFacts:
    """A product or an item, as far as it tells which it is.

    :ivar key: id in Odoo or Xero
    :ivar code: internal reference or code, as people wrote it
    :ivar texts: names, in every language that there is one in; the one to show first
    """

    key: object
    code: str
    texts: tuple[str, ...]
    barcode: str = ""
    archived: bool = False

    def __post_init__(self):
        self.code = squeeze(self.code)
        self.plain = plain(self.code)
        self.names = tuple(name_of(text) for text in self.texts if text)


def plain(code: str) -> str:
    """Return a code without blanks and capitals: what two lists of codes are compared in."""
    return "".join((code or "").split()).casefold()


def match_items(products: list[ItemFacts], items: list[ItemFacts]):
    """Return proposals; each product and each item is in at most one pair, those without follow alone.

    An archived product counts only where no other product has its code.
    """
    active = {ware.plain for ware in products if not ware.archived}
    products = [ware for ware in products if not (ware.archived and ware.plain in active)]
    pairs = [pair for one, other in _candidates(products, items) if (pair := compare(one, other))]
    return assign(
        [(ware.key, ware.archived) for ware in products], [(ware.key, ware.archived) for ware in items], pairs
    )


def _candidates(products, items):
    """Yield pairs of one code; by name only those whose codes the other side does not have."""
    by_code, by_name = defaultdict(list), defaultdict(list)
    ours = {product.plain for product in products}
    for item in items:
        by_code[item.plain].append(item)
        for name in item.names if item.plain not in ours else ():
            by_name[name.key].append(item)
    for product in products:
        found = by_code.get(product.plain) or [*by_code.get(plain(product.barcode), ()), *_named(product, by_name)]
        for item in {item.key: item for item in found}.values():
            yield product, item


def _named(product, by_name):
    for name in product.names:
        same = by_name.get(name.key, ()) if name.key else ()
        yield from same if len(same) <= TOO_MANY else ()


def compare(one: ItemFacts, other: ItemFacts) -> Pair | None:
    """Return how product ``one`` and item ``other`` go together; ``None`` when nothing worth telling speaks for it."""
    alike = max((likeness(mine, theirs) for mine in one.names for theirs in other.names), key=RANK.get, default=None)
    found = [*_codes(one, other)]
    if alike:
        code = "name_differs" if alike == DIFFERENT else f"name_{alike}"
        found.append(Evidence(code, other.texts[0] if alike == SAME else f"{one.texts[0]} / {other.texts[0]}"))
    codes = {evidence.code for evidence in found}
    grade = _grade(codes, alike)
    score = max(0, min(100, sum(WEIGHTS[code] for code in codes)))
    return Pair(one.key, other.key, score, grade, tuple(found)) if grade else None


def _codes(one, other):
    if one.code and one.code.casefold() == other.code.casefold():
        yield Evidence("code", other.code)
    elif one.plain and one.plain == other.plain:
        yield Evidence("code_spaced", f"{one.code} / {other.code}")
    elif one.code:
        yield Evidence("code_differs", f"{one.code} / {other.code}")
    if one.barcode and plain(one.barcode) == other.plain:
        yield Evidence("barcode", other.code)


def _grade(codes, alike) -> str | None:
    """Xero has each code once, and a product that is sent is taken for the item of its code: the code decides."""
    if "code" in codes:
        return SURE
    if "code_spaced" in codes:
        return SURE if alike in (SAME, TYPO) else LIKELY
    if "barcode" in codes:
        return LIKELY
    if alike != SAME:
        return None
    return DOUBTFUL if "code_differs" in codes else LIKELY
