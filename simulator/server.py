"""A small threaded HTTP/1.1 server for one WSGI application: keep-alive, and connections that can be cut on purpose."""

import io
import socket
import sys
import time
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from .mangling import PACE

MAX_BODY = 64 * 1024 * 1024
# The page asks every two seconds.
UNLOGGED = "/simulator/page"
# Said elsewhere in the environment, or no longer true once the body was read whole.
DROPPED = {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}


class Hangup(Exception):
    """Raised by the application to close the connection without an answer."""


class Handler(BaseHTTPRequestHandler):
    """One connection. The request body is read whole before the application runs, so keep-alive stays in step."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rbufsize = 65536
    server: "Server"

    def handle_one_request(self) -> None:
        """Read one request, run the application, send its answer in one piece."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if len(self.raw_requestline) > 65536:
            self.requestline = self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)
            return
        if self.parse_request():
            self._run()

    def handle(self) -> None:
        """A client that goes away is no error of ours."""
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _run(self) -> None:
        try:
            body = self._body()
            status, headers, answer = self._call(self._environ(body))
        except Hangup:
            self._cut()
            return
        except Exception:  # noqa: BLE001 - the server outlives a bug of the application, and shows it
            traceback.print_exc(file=sys.stderr)
            status, headers, answer = "500 Internal Server Error", [("Content-Type", "text/plain")], b"simulator bug"
        self._send(status, headers, answer)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= MAX_BODY:
            raise Hangup
        return self.rfile.read(length) if length else b""

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

    def _environ(self, body: bytes) -> dict[str, Any]:
        parts = urlsplit(self.path)
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(parts.path, "latin-1"),
            "QUERY_STRING": parts.query,
            "REQUEST_URI": self.path,
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if key not in DROPPED:
                environ[key] = value
        return environ

    def _call(self, environ: dict[str, Any]) -> tuple[str, list, bytes]:
        started: list = []

        def start_response(status: str, headers: list, exc_info: Any = None) -> Any:
            started[:] = [status, headers]

        chunks = self.server.application(environ, start_response)
        try:
            body = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        return started[0], started[1], body

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        pace = float(dict(headers).get(PACE, 0))
        headers = [(name, value) for name, value in headers if name != PACE]
        lines = [f"HTTP/1.1 {status}"]
        if not any(name.lower() == "date" for name, _value in headers):
            lines.append(f"Date: {self.date_time_string()}")
        if not status.startswith("204"):
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in headers if name.lower() != "content-length"]
        if self.close_connection:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self._write(head if self.command == "HEAD" else head + body, pace)
        if not self.server.quiet and not self.path.startswith(UNLOGGED):
            print(f"{self.command} {self.path} -> {status}", flush=True)

    def _write(self, answer: bytes, pace: float) -> None:
        if not pace:
            self.wfile.write(answer)
            return
        for start in range(len(answer)):
            self.wfile.write(answer[start : start + 1])
            time.sleep(pace)

    def _cut(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Server(ThreadingHTTPServer):
    """Listens on one address; one thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, application: Any, quiet: bool = False) -> None:
        self.application = application
        self.quiet = quiet
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Bind without the reverse name look-up of the standard library."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet about clients that went away."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)
