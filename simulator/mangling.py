"""What faults do to answers that are ready: headers, pages of others, slow, packed and bent ones."""

import zlib

from werkzeug.wrappers import Response

from . import codec
from .faults import Fault

# Read by the server, never sent: seconds between two bytes.
PACE = "X-Simulator-Pace"
_PIECE = 1_000_000


def mangled(response: Response, fault: Fault) -> Response:
    """The answer as ``fault`` leaves it."""
    if fault.kind == "page":
        return Response(fault.body, status=fault.status, headers={"Content-Type": "text/html", **fault.headers})
    if fault.kind == "headers":
        for name, value in fault.headers.items():
            response.headers[name] = value
    if fault.kind == "drip":
        response.headers[PACE] = str(fault.seconds)
    if fault.kind == "bomb":
        response.set_data(_packed(fault.size))
        response.headers["Content-Encoding"] = "gzip"
    if fault.kind == "bend" and response.status_code == 200:
        _bend(response, fault)
    return response


def _packed(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    pieces = [packer.compress(b" " * min(_PIECE, size - start)) for start in range(0, size, _PIECE)]
    return b"".join([*pieces, packer.flush()])


def _bend(response: Response, fault: Fault) -> None:
    data = codec.loads(response.get_data())
    for name, rows in data.items():
        if isinstance(rows, list) and name != "Warnings":
            bent = [{**row, **fault.fields} if isinstance(row, dict) else row for row in rows]
            data[name] = (bent[::-1] if fault.reverse else bent)[: fault.cut]
    response.set_data(codec.dumps(data))
