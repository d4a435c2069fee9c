"""Real servers on loopback sockets: one that follows a script, one that misbehaves below HTTP."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Seen:
    """A request as the server got it; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    peer: tuple[str, int] = ("", 0)

    @property
    def path(self) -> str:
        """Path without query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """Query parameters, decoded."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """Form fields in the body, decoded."""
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Reply:
    """What to answer; without a body Xero's own when it has nothing of what was asked for."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def content(self, seen: Seen) -> bytes:
        """The body as bytes: text and bytes as they are, anything else as JSON."""
        if self.body is None:
            names = [unquote(part) for part in seen.path.split("/")[3:]]
            return json.dumps({"Organisations" if name == "Organisation" else name: [] for name in names}).encode()
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, self.path, headers, self.rfile.read(length), self.client_address)
        self.server.owner.seen.append(seen)
        reply = self.server.owner.next_reply(seen)
        content = reply.content(seen)
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if reply.status != 204:
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = _serve

    def log_message(self, *args: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: ScriptedServer


class ScriptedServer:
    """Answers one scripted reply after the other (the last for ever), or what ``answer`` makes of a request."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.script: list[Reply] = []
        self.answer: Callable[[Seen], Reply] | None = None
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def next_reply(self, seen: Seen) -> Reply:
        """Return the reply to ``seen``."""
        if self.answer:
            return self.answer(seen)
        if not self.script:
            return Reply()
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def replies(self, *script: Reply) -> None:
        """Set the script."""
        self.script = list(script)

    def __enter__(self) -> ScriptedServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def read_request(connection: socket.socket) -> bytes:
    """Read one whole request with a Content-Length; empty when the client is gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return data
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    missing = (int(lengths[0]) if lengths else 0) - len(rest)
    while missing > 0:
        part = connection.recv(65536)
        if not part:
            break
        rest, missing = rest + part, missing - len(part)
    return head + b"\r\n\r\n" + rest


def reset(connection: socket.socket) -> None:
    """Close with a TCP reset instead of an orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """Return the bytes of an HTTP answer; ``length`` may lie."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {size}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class RawServer:
    """Gives each connection, one after the other, to the next behaviour (the last for ever)."""

    def __init__(self, *behaviours: Callable[[socket.socket], None]) -> None:
        self.behaviours = list(behaviours)
        self.connections = 0
        self.requests: list[bytes] = []
        self._lock = threading.Lock()
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer._run(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *args: None  # type: ignore[method-assign]
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def _run(self, connection: socket.socket) -> None:
        with self._lock:
            index = min(self.connections, len(self.behaviours) - 1)
            self.connections += 1
        self.behaviours[index](connection)

    def reading(self, then: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
        """Return a behaviour that reads one request, keeps it and goes on with ``then``."""

        def behave(connection: socket.socket) -> None:
            self.requests.append(read_request(connection))
            then(connection)

        return behave

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
