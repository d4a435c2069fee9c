"""What may still change on a document with payments or credits on it: on a line the text, the account and the tracking.

Lines are compared as states (``canonical``): Odoo's side and what both last agreed on. Pure.
"""

from decimal import Decimal

from ..values import decimal
from .canonical import DocumentState, LineState

# What Xero keeps as it is once money is on the document.
CLOSED_FIELDS = frozenset({"Type", "Date", "CurrencyCode", "LineAmountTypes"})
AMOUNTS = {"net", "tax", "tax_type"}
SHAPE = {"quantity": Decimal("0.0001"), "discount": Decimal("0.01")}


def closed_difference(ours: DocumentState, agreed: DocumentState) -> tuple | None:
    """Return the first difference that Xero does not take any more; ``None`` when there is none.

    :param ours: what Odoo would send
    :param agreed: what both last agreed on
    :return: ``("date", Odoo's, Xero's)``, ``("count", Odoo's, Xero's)`` or ``("line", number of the line)``
    """
    if ours.date != agreed.date:
        return "date", ours.date, agreed.date
    mine, theirs = ours.lines, agreed.lines
    if len(mine) != len(theirs):
        return "count", len(mine), len(theirs)
    numbers = (number for number, pair in enumerate(zip(mine, theirs), 1) if _amounts_differ(*pair))
    return next((("line", number) for number in numbers), None)


def _amounts_differ(mine, theirs) -> bool:
    if theirs.changed_from(mine) & AMOUNTS:
        return True
    # One piece is what an amount becomes that Odoo and Xero arrive at differently.
    one_piece = decimal(mine.quantity) == 1 and not mine.discount
    return not one_piece and any(
        abs(decimal(getattr(mine, name)) - decimal(getattr(theirs, name))) >= step for name, step in SHAPE.items()
    )


def line_details(lines: list[dict], ours: DocumentState, agreed: DocumentState, categories: dict) -> list[dict]:
    """Return for each of ``lines``, as in the payload, what may still change; empty when nothing of it did.

    Xero lets text, account and tracking of a line change when something is paid or credited (Xero: Invoices, updating
    paid invoices).

    :param ours: what Odoo would send
    :param agreed: what both last agreed on
    :param categories: ids of tracking categories by those of their options
    """
    mine, theirs = _told(ours), _told(agreed)
    if mine == theirs:
        return []
    kept = [sorted({*option_ids}) for _text, _account, option_ids in mine]
    return [
        _details(line, options, bool(options or before[2]), categories)
        for line, options, before in zip(lines, kept, theirs)
    ]


def _told(state) -> list[tuple]:
    tracking = state.tracking or [""] * len(state.lines)
    return [(line.description, line.account, options.split()) for line, options in zip(state.lines, tracking)]


def _details(line, options, tracked, categories) -> dict:
    row = {name: line[name] for name in ("Description", "AccountCode") if name in line}
    if not tracked:
        return row
    own = line.get("Tracking") or []
    told = {(part.get("TrackingOptionID") or "").lower() for part in own}
    foreign = [
        {"TrackingCategoryID": categories[key], "TrackingOptionID": key}
        for key in options
        if key in categories and key not in told
    ]
    return {**row, "Tracking": [*own, *foreign][:2]}


def detailed_lines(lines: tuple[LineState, ...], details: tuple[LineState, ...]) -> tuple[LineState, ...]:
    """Return what ``lines`` were agreed to be after ``details`` were saved, of what :func:`line_details` returned."""
    if len(lines) != len(details):
        return lines
    return tuple(LineState.load({**line.dump(), **row.dump()}) for line, row in zip(lines, details))
