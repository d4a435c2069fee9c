"""PUT and POST of one or many elements: each judged alone, or all refused together (summarizeErrors)."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from .. import codec
from ..errors import Invalid, problem, unreadable
from ..store import Doc
from .call import Call, elements_of
from .envelope import ZERO_ID, answer

Save = Callable[[Call, Doc], tuple[Doc, bool]]
Render = Callable[[Call, Doc], Doc]


class Writer:
    """How one resource is written.

    :param plural: name of the list in body and answer.
    :param id_field: name of the element's id, zero in a refused element.
    :param error_flag: HasErrors or HasValidationErrors.
    :param save: stores one element and returns (document, whether it is new); raises Invalid.
    :param render: the document as the answer shows it.
    """

    def __init__(self, plural: str, id_field: str, error_flag: str, save: Save, render: Render) -> None:
        self.plural = plural
        self.id_field = id_field
        self.error_flag = error_flag
        self._save = save
        self._render = render

    def write(self, call: Call, forced_id: str | None = None) -> Response:
        """Serve the call. ``forced_id`` is the id in the URL; it wins over the one in the body.

        With summarizeErrors=false: 200 and every element in order, the good ones saved. Without it (the default in
        practice): one bad element refuses the call with 400, Elements lists the bad ones, nothing is saved (the gateway
        undoes what a refused call did).
        """
        elements = elements_of(read_json(call), self.plural)
        if forced_id is not None:
            elements = [{**element, self.id_field: forced_id} for element in elements]
        results = [self._one(call, element) for element in elements]
        if call.flag("summarizeErrors", True) and any(isinstance(result, Refusal) for result in results):
            self._count(call, results, all_lost=True)
            bad = [self._refused(result) for result in results if isinstance(result, Refusal)]
            raise problem(10, "ValidationException", "A validation exception occurred", bad)
        self._count(call, results, all_lost=False)
        return answer(call, self.plural, [self._shown(call, result) for result in results])

    def _one(self, call: Call, element: Doc) -> Any:
        mark = call.org.journal.mark()
        try:
            if call.refusal:
                raise Invalid(call.refusal)
            return self._save(call, element)
        except Invalid as invalid:
            call.org.journal.rollback(mark)
            return Refusal(element, invalid)

    def _shown(self, call: Call, result: Any) -> Doc:
        if isinstance(result, Refusal):
            return self._refused(result)
        shown = self._render(call, result[0])
        shown["StatusAttributeString"] = "OK"
        if call.warning:
            shown |= {"StatusAttributeString": "WARNING", "Warnings": [{"Message": call.warning}]}
        return shown

    def _refused(self, result: "Refusal") -> Doc:
        """An echo of what was sent, zero id (or the id sent), and why."""
        shown = dict(result.element)
        shown.setdefault(self.id_field, ZERO_ID)
        shown[self.error_flag] = True
        shown["StatusAttributeString"] = "ERROR"
        shown["ValidationErrors"] = [{"Message": message} for message in result.invalid.messages]
        for name, messages in result.invalid.nested.items():
            inner = shown.get(name)
            if isinstance(inner, dict):
                errors = [{"Message": message} for message in messages]
                shown[name] = inner | {"HasValidationErrors": True, "ValidationErrors": errors}
        return shown

    def _count(self, call: Call, results: list[Any], all_lost: bool) -> None:
        for result in results:
            if isinstance(result, Refusal):
                outcome = "error"
            elif all_lost:
                outcome = "discarded"
            else:
                outcome = "created" if result[1] else "updated"
            call.world.stats.element(call.org.id, call.resource, outcome)


class Refusal:
    """An element that was not saved, and why."""

    def __init__(self, element: Doc, invalid: Invalid) -> None:
        self.element = element
        self.invalid = invalid


def read_json(call: Call) -> Any:
    """The posted JSON. Raises the 400 of PostDataInvalidException (ErrorNumber 17)."""
    try:
        return codec.loads(call.request.get_data())
    except (ValueError, RecursionError) as error:
        raise unreadable(f"JSON for post data was invalid, {error}") from None
