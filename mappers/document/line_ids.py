"""Which line of Xero's a line of Odoo's is: an update by its id keeps what Xero alone knows of it. Pure."""

from difflib import SequenceMatcher

from ..values import amount, words


def kept_lines(rows: list[dict], element: dict) -> list[dict]:
    """Return ``rows`` with the ids of the lines that they are in ``element``; new ones have none.

    Xero changes a line by its id, makes one without an id, and deletes what is left out (Xero: Invoices, updating line
    items). What is not sent of a line, it keeps: a discount and tracking that are gone in Odoo are emptied in words.

    :param rows: ``LineItems`` as they are sent, all of the document
    :param element: what Xero holds
    """
    held = [line for line in element.get("LineItems") or [] if line.get("LineItemID")]
    pairs = {}
    _pair(rows, held, (_content, _text, None), range(len(rows)), range(len(held)), pairs)
    return [_identified(row, held[pairs[number]]) if number in pairs else row for number, row in enumerate(rows)]


def _pair(rows, held, keys, numbers, others, pairs) -> None:
    """Write to ``pairs`` which of ``others`` each of ``numbers`` is: what is the same by the first of ``keys`` first,
    then what lies between by the next; at last what stands in the same place.

    :param keys: functions of a line; ``None`` for its place
    """
    key, *further = keys
    if key is None:
        pairs |= {mine: theirs for mine, theirs in zip(numbers, others) if _may_become(held[theirs], rows[mine])}
        return
    sides = [key(rows[number]) for number in numbers], [key(held[number]) for number in others]
    for kind, start, end, first, last in SequenceMatcher(None, *sides, autojunk=False).get_opcodes():
        if kind == "equal":
            _pair(rows, held, [None], numbers[start:end], others[first:last], pairs)
        else:
            _pair(rows, held, further, numbers[start:end], others[first:last], pairs)


def _content(line: dict) -> tuple:
    return _text(line), amount(line.get("Quantity")), amount(line.get("UnitAmount")), line.get("AccountCode")


def _text(line: dict) -> str:
    return words(line.get("Description"))


def _may_become(held: dict, row: dict) -> bool:
    """Whether ``row`` can be sent as ``held``: a text stays a text, and Xero takes one kind of discount on a line."""
    is_text = [line.get("Quantity") is None and not amount(line.get("LineAmount")) for line in (held, row)]
    return is_text[0] == is_text[1] and not amount(held.get("DiscountAmount"))


def _identified(row: dict, held: dict) -> dict:
    emptied = {}
    if amount(held.get("DiscountRate")) and "DiscountRate" not in row:
        emptied["DiscountRate"] = 0
    if held.get("Tracking") and "Tracking" not in row:
        emptied["Tracking"] = []
    return {"LineItemID": held["LineItemID"], **row, **emptied}
