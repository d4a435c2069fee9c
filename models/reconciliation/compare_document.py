"""What two sides hold of one document, side by side: which facts differ. Pure: no ORM, no calls."""

from collections import defaultdict, namedtuple
from dataclasses import dataclass, field
from decimal import Decimal

from ...mappers.document.canonical import DocumentState
from ...mappers.values import decimal
from ...xero_api.money import cents
from ...xero_api.money import rate as rounded_rate

# One difference of a document: a kind of the closed table, what each side holds as text, and by how much
# Odoo's side is larger, in the currency of the document (``None`` where that is no amount).
Found = namedtuple("Found", "kind odoo xero amount", defaults=(None,))
TEXTS = ("number", "reference", "contact", "date", "due_date")
ONE = Decimal(1)
ZERO = Decimal("0.00")
# Two programs may spread the same tax over the lines of a document otherwise, by so much for each line.
CENT_A_LINE = Decimal("0.01")
# The tax of a line for whose taxes no Xero tax rate is chosen.
NOT_CHOSEN = "?"


@dataclass
class Facts:
    """One side of a document; amounts in its currency, without sign.

    :ivar lines: ``{(account code, tax type): [net, tax, number of lines]}``
    :ivar due: what is open
    :ivar comparable: whether the lines are known; Odoo's are not while a mapping is missing
    :ivar ledger: what is booked of tax, the ``TaxLedger`` of Odoo's side
    """

    status: str = ""
    number: str = ""
    reference: str = ""
    contact: str = ""
    date: str = ""
    due_date: str = ""
    currency: str = ""
    rate: Decimal = ONE
    total: Decimal = ZERO
    tax: Decimal = ZERO
    due: Decimal = ZERO
    lines: dict = field(default_factory=dict)
    comparable: bool = True
    ledger: object = None

    def base(self, amount: Decimal) -> Decimal:
        """Return ``amount`` in the organisation's own currency, by this side's rate."""
        return cents(amount / self.rate) if self.rate else cents(amount)

    def worths(self) -> list[tuple]:
        """Return ``(account code, tax type, net, tax)`` of the lines in the organisation's own currency, which add up
        to what the document is worth there: cents of the conversion are with the largest line, tax that no rate is
        chosen for is with its lines, and whatever else no line explains is on a row without account and tax.
        """
        rows = [[*key, self.base(net), self.base(tax)] for key, (net, tax, _count) in sorted(self.lines.items())]
        rest = self.base(self.total) - sum((net + tax for *_key, net, tax in rows), ZERO)
        without_rate = [row for row in rows if row[1] == NOT_CHOSEN]
        if without_rate:
            _largest(without_rate)[3] += rest
        elif rows and abs(rest) <= 2 * CENT_A_LINE * len(rows):
            _largest(rows)[2] += rest
        elif rest:
            rows.append(["", "", rest, ZERO])
        return [tuple(row) for row in rows]


def _largest(rows):
    return max(rows, key=lambda row: abs(row[2]))


def facts_of(state: DocumentState, due: Decimal, comparable=True) -> Facts:
    """Return the facts in what a side has.

    :param due: what is open, in the currency of the document
    """
    texts = {name: getattr(state, name) for name in (*TEXTS, "status", "currency")}
    return Facts(
        **texts,
        rate=rounded_rate(decimal(state.rate)) if state.rate else ONE,
        total=cents(decimal(state.total)),
        tax=cents(decimal(state.tax)),
        due=cents(due),
        lines=_sums(state.lines, "NONE" if comparable else NOT_CHOSEN),
        comparable=comparable,
    )


def _sums(lines, no_tax: str) -> dict:
    sums = defaultdict(lambda: [ZERO, ZERO, 0])
    for line in lines:
        if line.net:
            row = sums[line.account, line.tax_type or no_tax]
            row[0] += cents(decimal(line.net))
            row[1] += cents(decimal(line.tax))
            row[2] += 1
    return {key: row for key, row in sums.items() if row[0] or row[1]}


def compare_documents(odoo: Facts, xero: Facts) -> list[Found]:
    """Return what differs, the cause and not its consequences: lines that differ change the total, for example.

    :return: of amounts ``odoo`` less ``xero``, in the currency of the document
    """
    found = [
        Found(name, getattr(odoo, name), getattr(xero, name))
        for name in TEXTS
        if getattr(odoo, name) != getattr(xero, name)
    ]
    if odoo.currency != xero.currency:
        return [*found, Found("currency", odoo.currency, xero.currency)]
    if odoo.rate != xero.rate:
        found.append(Found("rate", f"{odoo.rate:f}", f"{xero.rate:f}"))
    return found + _compare_amounts(odoo, xero)


def _compare_amounts(odoo, xero):
    for kind in ("total", "tax"):
        mine, theirs = getattr(odoo, kind), getattr(xero, kind)
        if mine != theirs and (kind == "total" or odoo.comparable):
            return [Found(kind, f"{mine:.2f}", f"{theirs:.2f}", mine - theirs)]
    return _compare_lines(odoo.lines, xero.lines) if odoo.comparable else []


def _compare_lines(mine, theirs):
    """The totals agree, so that accounts and taxes can only hold what others lack."""
    for kind, part in (("line_account", 0), ("line_tax", None)):
        ours, others = _nets(mine, part), _nets(theirs, part)
        keys = sorted(key for key in {*ours, *others} if ours.get(key, ZERO) != others.get(key, ZERO))
        if keys:
            moved = sum((abs(ours.get(key, ZERO) - others.get(key, ZERO)) for key in keys), ZERO) / 2
            return [Found(kind, _told(ours, keys), _told(others, keys), moved)]
    return _compare_taxes(mine, theirs)


def _nets(lines, part) -> dict:
    sums = defaultdict(lambda: ZERO)
    for key, (net, _tax, _count) in lines.items():
        sums[key if part is None else key[part]] += net
    return dict(sums)


def _compare_taxes(mine, theirs):
    """The same nets bear the same tax, except for how cents are spread over the lines of a tax."""
    ours, others, counts = defaultdict(lambda: ZERO), defaultdict(lambda: ZERO), defaultdict(int)
    for side, sums in ((mine, ours), (theirs, others)):
        for (_account, tax_type), (_net, tax, count) in side.items():
            sums[tax_type] += tax
            counts[tax_type] = max(counts[tax_type], count)
    keys = sorted(key for key in counts if abs(ours[key] - others[key]) > CENT_A_LINE * counts[key])
    if not keys:
        return []
    moved = sum((abs(ours[key] - others[key]) for key in keys), ZERO) / 2
    return [Found("line_tax", _told(ours, keys), _told(others, keys), moved)]


def _told(sums, keys) -> str:
    """Return ``200 OUTPUT2: 50.00, 400 …`` of what differs."""
    parts = ((" ".join(key) if isinstance(key, tuple) else key, sums.get(key, ZERO)) for key in keys)
    return ", ".join(f"{name or '?'}: {amount:.2f}" for name, amount in parts)
