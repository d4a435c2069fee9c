"""What may still change on a document with payments or credits on it: on a line the text, the account and the tracking.

Lines are compared as views (``inbound_document``): Odoo's side and what both last agreed on. Pure.
"""

from decimal import Decimal

from ...xero_api import codec
from ..values import decimal
from .canonical import changed_fields

# What Xero keeps as it is once money is on the document.
CLOSED_FIELDS = ("Type", "Date", "CurrencyCode", "LineAmountTypes", "LineItems")
AMOUNTS = {"net", "tax", "tax_type"}
SHAPE = {"quantity": Decimal("0.0001"), "discount": Decimal("0.01")}


def closed_key(payload: dict) -> str:
    """Return what tells whether the lines of a document changed since the last agreement; empty for a mere head.

    :param payload: the whole one, or the head that is sent where money is on the document
    """
    if "Type" not in payload:
        return ""
    return f"lines {codec.digest({name: payload.get(name) for name in CLOSED_FIELDS})}"


def closed_difference(ours: dict, agreed: dict) -> tuple | None:
    """Return the first difference that Xero does not take any more; ``None`` when there is none.

    :param ours: view of what Odoo would send
    :param agreed: view of the last agreement
    :return: ``("date", Odoo's, Xero's)``, ``("count", Odoo's, Xero's)`` or ``("line", number of the line)``
    """
    if ours.get("date") != agreed.get("date"):
        return "date", ours.get("date") or "", agreed.get("date") or ""
    mine, theirs = ours.get("lines") or [], agreed.get("lines") or []
    if len(mine) != len(theirs):
        return "count", len(mine), len(theirs)
    numbers = (number for number, pair in enumerate(zip(mine, theirs), 1) if _amounts_differ(*pair))
    return next((("line", number) for number in numbers), None)


def _amounts_differ(mine, theirs) -> bool:
    if changed_fields(mine, theirs) & AMOUNTS:
        return True
    # One piece is what an amount becomes that Odoo and Xero arrive at differently.
    one_piece = decimal(mine.get("quantity")) == 1 and not mine.get("discount")
    return not one_piece and any(
        abs(decimal(mine.get(name)) - decimal(theirs.get(name))) >= step for name, step in SHAPE.items()
    )


def line_details(lines: list[dict], ours: dict, agreed: dict, categories: dict) -> list[dict]:
    """Return for each of ``lines``, as in the payload, what may still change; empty when nothing of it did.

    Xero lets text, account and tracking of a line change when something is paid or credited (Xero: Invoices, updating
    paid invoices).

    :param ours: view of what Odoo would send
    :param agreed: view of the last agreement
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


def _told(view) -> list[tuple]:
    lines = view.get("lines") or []
    tracking = view.get("tracking") or [""] * len(lines)
    return [
        (line.get("description"), line.get("account"), options.split()) for line, options in zip(lines, tracking)
    ]


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


def detailed_lines(lines: list[dict], details: list[dict]) -> list[dict]:
    """Return ``lines`` of a view after ``details``, a view of what :func:`line_details` returned, was saved."""
    if len(lines) != len(details):
        return lines
    return [{**line, **row} for line, row in zip(lines, details)]


def identified_lines(rows: list[dict], element: dict) -> list[dict]:
    """Return ``rows`` with the ids of the lines of ``element``: Xero takes no others once money is on a document."""
    held = element.get("LineItems") or []
    if len(held) != len(rows):
        return rows
    return [{"LineItemID": line.get("LineItemID"), **row} for line, row in zip(held, rows)]
