"""/Items: the whole list at once, no paging."""

from werkzeug.wrappers import Response

from .. import money
from ..api.call import Call
from ..api.envelope import answer
from ..api.reading import Listing, plain_fields
from ..api.writing import Writer
from ..errors import not_found, text
from ..organisation import fold
from ..rules import items
from ..store import Doc
from .sub_resources import sub_resource


def render(call: Call, doc: Doc, full: bool = True) -> Doc:
    """An item; unit prices with 2 decimals, or 4 with unitdp=4."""
    shown = {name: value for name, value in doc.items() if value not in (None, "")}
    for side in ("SalesDetails", "PurchaseDetails"):
        if (shown.get(side) or {}).get("UnitPrice") is not None:
            shown[side] = shown[side] | {"UnitPrice": money.unit(shown[side]["UnitPrice"], call.unit_places)}
    return shown


LISTING = Listing(
    "Items", lambda call: call.org.items, render,
    plain_fields("ItemID", "Code", "Name", "IsSold", "IsPurchased", or_allowed=True),
    {"Code": "Code", "Name": "Name", "ItemID": "ItemID", "UpdatedDateUTC": "UpdatedDateUTC"}, paged=False,
)  # fmt: skip
WRITER = Writer("Items", "ItemID", "HasValidationErrors", items.save, render)


def serve(call: Call) -> Response:
    """Everything under /Items."""
    if len(call.path) >= 2:
        return sub_resource(call, _found(call), "ItemID")
    if call.method == "GET":
        return answer(call, "Items", [render(call, _found(call))]) if call.path else LISTING.serve(call)
    if call.method in ("PUT", "POST"):
        return WRITER.write(call, _found(call)["ItemID"] if call.path else None)
    if call.method == "DELETE" and call.path:
        call.org.journal.remove(call.org.items, _found(call)["ItemID"])
        return Response("", status=204)
    raise text(501, "Not implemented")


def _found(call: Call) -> Doc:
    found = call.org.items.get(call.path[0]) or call.org.items.first("code", fold(call.path[0]))
    if found is None:
        raise not_found()
    return found
