"""The outer shape of answers."""

import uuid
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from .. import codec, dates
from ..errors import JSON, json_response
from .call import Call

ZERO_ID = "00000000-0000-0000-0000-000000000000"


def answer(call: Call, name: str, rows: list[Any], pagination: dict | None = None) -> Response:
    """200 with Id, Status, ProviderName, DateTimeUTC and the list; ``pagination`` in lower case as Xero has it."""
    body: dict[str, Any] = {
        "Id": str(uuid.uuid4()),
        "Status": "OK",
        "ProviderName": call.app.name,
        "DateTimeUTC": f"/Date({dates.milliseconds(call.org.now())})/",
    }
    if pagination is not None:
        body["pagination"] = pagination
    body[name] = rows
    return json_response(body)


def as_xml(response: Response) -> Response:
    """The same answer as XML: what Xero sends when ``Accept`` does not ask for JSON."""
    if response.content_type != JSON:
        return response
    data = codec.loads(response.get_data())
    root = "Response" if response.status_code == 200 else "ApiException"
    response.set_data(f'<?xml version="1.0" encoding="utf-8"?>{_xml(root, data)}'.encode())
    response.content_type = "text/xml; charset=utf-8"
    return response


def _xml(name: str, value: Any) -> str:
    if isinstance(value, dict):
        inner = "".join(_xml(key, item) for key, item in value.items())
    elif isinstance(value, list):
        inner = "".join(_xml(_singular(name), item) for item in value)
    else:
        inner = "" if value is None else escape(str(value).lower() if isinstance(value, bool) else str(value))
    return f"<{name}>{inner}</{name}>"


def _singular(name: str) -> str:
    return name[:-3] + "y" if name.endswith("ies") else name.rstrip("s") or name
