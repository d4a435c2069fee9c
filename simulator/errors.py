"""Answers that are not success, in the shapes Xero gives them."""

import uuid
from typing import Any

from werkzeug.wrappers import Response

from . import codec

JSON = "application/json; charset=utf-8"


class Answer(Exception):
    """Raised anywhere inside a call to answer it at once."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


class Invalid(Exception):
    """One element breaks one or more rules. ``messages`` are Xero's sentences; ``nested`` go below the element."""

    def __init__(self, *messages: str, nested: dict[str, list[str]] | None = None) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)
        self.nested = nested or {}


def json_response(value: Any, status: int = 200, headers: dict | None = None) -> Response:
    """A JSON response from plain data."""
    return Response(codec.dumps(value), status=status, headers=headers, content_type=JSON)


def problem(number: int, kind: str, message: str, elements: list | None = None) -> Answer:
    """HTTP 400 with ErrorNumber, Type and Message."""
    body = {"ErrorNumber": number, "Type": kind, "Message": message}
    if elements is not None:
        body["Elements"] = elements
    return Answer(json_response(body, 400))


def unreadable(message: str, number: int = 17) -> Answer:
    """The posted data cannot be read at all: 17 for JSON, 14 for a value of the wrong form (such as a date)."""
    return problem(number, "PostDataInvalidException", message)


def bad_query(message: str) -> Answer:
    """A ``where`` or ``order`` that cannot be used (number 16: unconfirmed)."""
    return problem(16, "QueryParseException", message)


def refused(status: int, detail: str, headers: dict | None = None) -> Answer:
    """401 and 403 bodies."""
    body = {
        "Type": None,
        "Title": "Unauthorized" if status == 401 else "Forbidden",
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid.uuid4()),
        "Extensions": {},
    }
    return Answer(json_response(body, status, headers))


def text(status: int, message: str, headers: dict | None = None) -> Answer:
    """A plain-text answer (404, 429, idempotency conflict)."""
    return Answer(Response(message, status=status, headers=headers, content_type="text/plain; charset=utf-8"))


def not_found() -> Answer:
    """404 carries no JSON."""
    return text(404, "The resource you're looking for cannot be found")
