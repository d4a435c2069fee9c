"""…/{id}/Allocations of credit notes, overpayments and prepayments."""

from werkzeug.wrappers import Response

from ..api import fields
from ..api.call import Call
from ..api.envelope import answer
from ..api.writing import Writer
from ..errors import not_found, text
from ..rules import crediting
from ..store import Doc
from . import views


def serve(call: Call, kind: str, source: Doc) -> Response:
    """PUT allocates, DELETE …/{AllocationID} undoes, GET lists."""
    if call.method == "GET":
        return answer(call, "Allocations", views.allocations(call.org, kind, source[crediting.id_field(kind)]))
    if call.method == "DELETE" and len(call.path) == 3:
        return _undo(call, kind, source)
    if call.method not in ("PUT", "POST") or len(call.path) != 2:
        raise text(501, "Not implemented")

    def save(call: Call, element: Doc) -> tuple[Doc, bool]:
        invoice = fields.part(element, "Invoice") or {}
        amount = fields.number(element, "Amount")
        if amount is None:
            amount = fields.number(element, "AppliedAmount")
        return crediting.allocate(call, kind, source[crediting.id_field(kind)], invoice, amount), True

    def render(call: Call, row: Doc) -> Doc:
        return views.allocation(call.org, row)

    return Writer("Allocations", "AllocationID", "HasErrors", save, render).write(call)


def _undo(call: Call, kind: str, source: Doc) -> Response:
    row = call.org.allocations.get(call.path[2])
    if row is None or row["IsDeleted"] or row["_source"] != (kind, source[crediting.id_field(kind)]):
        raise not_found()
    return answer(call, "Allocations", [views.allocation(call.org, crediting.undo(call, row))])
