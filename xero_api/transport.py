"""One HTTP call on `requests`, with an end to its time and size, in the shape that xero-python wants.

A timeout of `requests` is one of silence: a byte a second would hold a worker for ever. So the sockets of these
sessions know when their call has to be over (:mod:`deadline`), from looking for the address to the last byte of the
body, and answers are unpacked in pieces that are counted.
"""

from __future__ import annotations

import http.client
import io
import socket
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlencode

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError
from urllib3.util import Retry

from . import addresses, clamps, deadline

USER_AGENT = "odoo-xero-connector"
# Of one call, from the first look for the address to the last byte of the answer.
SECONDS = 60.0
CONNECT_SECONDS = 15.0
# None at all would mean not to wait, which no socket connects by.
LEAST_SECONDS = 0.01
# A page of a thousand documents with fifty lines each has some 40 MB.
MAX_BODY = 64 * 1024 * 1024
# http.client takes a hundred headers of 64 KB each; Xero's fill two.
MAX_HEAD = 128 * 1024
_PIECE = 64 * 1024
# TLS sends records of this size, each of which may wait.
_RECORD = 16 * 1024


class TooSlow(TimeoutError):
    """The time of the call is over."""


class TooLarge(OSError):
    """The answer is larger than any that Xero gives."""


# === SOCKETS THAT KNOW WHEN TO END === #


def _seconds_left() -> float:
    """Return how long the socket may wait now.

    :raise TooSlow: not at all
    """
    rest = deadline.left()
    if rest is None:
        return SECONDS
    if rest <= 0:
        raise TooSlow("The time of the call is over")
    return rest


class _TimedReader(io.RawIOBase):
    """Reads from a socket until time is over or more bytes came than allowed; ``allowance`` counts down."""

    def __init__(self, raw: Any, sock: socket.socket) -> None:
        self._raw, self._sock, self.allowance = raw, sock, MAX_HEAD

    def readable(self) -> bool:
        """Extend: it is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there, within time and allowance."""
        self._sock.settimeout(_seconds_left())
        found = self._raw.readinto(buffer)
        self.allowance -= found or 0
        if self.allowance < 0:
            raise TooLarge("The answer is too large")
        return found

    def close(self) -> None:
        """Close the socket's own reader too."""
        if not self.closed:
            self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self._reader = _TimedReader(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Read the head, which has a size of its own, then allow for the body."""
        super().begin()
        self._reader.allowance = MAX_BODY + MAX_HEAD


class _Timed:
    """What connections of both schemes do in time."""

    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        rest = deadline.left()
        if rest is not None and rest <= 0:
            raise ConnectTimeoutError(self, "The time of the call was over before it began")
        found = self._looked_up(min(CONNECT_SECONDS, SECONDS if rest is None else rest))
        # Each address of the host is tried in turn, and each may be silent.
        share = (deadline.left() or SECONDS) / len(found)
        name, before = self._dns_host, self.timeout
        self.timeout = min(CONNECT_SECONDS, max(share, LEAST_SECONDS), self._own_timeout())
        try:
            while True:
                self._dns_host = found.pop(0)
                try:
                    return super()._new_conn()  # type: ignore[misc]
                except urllib3.exceptions.HTTPError:
                    if not found:
                        raise
        finally:
            self._dns_host, self.timeout = name, before

    def _own_timeout(self) -> float:
        return float(self.timeout) if isinstance(self.timeout, (int, float)) else SECONDS

    def _looked_up(self, seconds: float) -> list[str]:
        """Return the addresses of the host, at least one.

        :raise NameResolutionError: it has none
        :raise ConnectTimeoutError: nobody said so in ``seconds``
        """
        try:
            return addresses.look_up(self._dns_host.strip("[]"), self.port, seconds)  # type: ignore[attr-defined]
        except TimeoutError:
            raise ConnectTimeoutError(self, "Looking for the address took too long") from None
        except socket.gaierror as error:
            raise NameResolutionError(self._dns_host, self, error) from error  # type: ignore[arg-type]
        except UnicodeError:
            # What is wrong with the name is told by the connection itself.
            return [self._dns_host]

    def connect(self) -> None:
        """Extend: what follows on the socket waits no longer than the call may take."""
        super().connect()  # type: ignore[misc]
        self.sock.settimeout(_seconds_left())

    def send(self, data: Any) -> None:
        """Send in pieces: the other side may take them as slowly as it likes, but not for longer than the call has."""
        if not isinstance(data, (bytes, bytearray)):
            super().send(data)  # type: ignore[misc]
            return
        view = memoryview(data)
        for start in range(0, len(view), _RECORD):
            if getattr(self, "sock", None) is not None:
                self.sock.settimeout(_seconds_left())
            super().send(bytes(view[start : start + _RECORD]))  # type: ignore[misc]


class _TimedHTTP(_Timed, HTTPConnection):
    pass


class _TimedHTTPS(_Timed, HTTPSConnection):
    pass


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _TimedHTTP


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TimedHTTPS


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Extend: with the timed connections."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Extend: with the timed connections."""
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Extend: no redirect is followed, and so the body of none is read to look where it leads."""
        return


def new_session() -> requests.Session:
    """Return a session that never repeats a request, keeps few connections and no cookies, and asks for gzip."""
    session = _Session()
    adapter = _Adapter(pool_connections=2, pool_maxsize=2, max_retries=Retry(0, read=False))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


# === ONE CALL === #


@dataclass(frozen=True)
class RawAnswer:
    """A whole answer; xero-python reads ``getheaders()``.

    :param headers: case-insensitive.
    :param data: the body, unpacked.
    :param wire_bytes: bytes of the body as they travelled.
    """

    status: int
    headers: Any
    data: bytes = b""
    wire_bytes: int = 0

    def getheaders(self) -> Any:
        """Return the headers."""
        return self.headers


def _read(response: requests.Response) -> RawAnswer:
    coding = clamps.header(response.headers.get("Content-Encoding") or "identity").lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        raise requests.exceptions.ContentDecodingError("The answer is packed in a way that nobody asked for")
    told = clamps.count(response.headers.get("Content-Length"))
    if told is not None and told > MAX_BODY:
        raise TooLarge("The answer is too large")
    data, sizes = bytearray(), [0]
    pieces = _counted(response.raw.stream(_PIECE, decode_content=False), sizes)
    for piece in pieces if coding == "identity" else _unpacked(pieces):
        data += piece
        if len(data) > MAX_BODY:
            raise TooLarge("The answer is too large")
    if told is not None and sum(sizes) < told and _has_body(response):
        # Older urllib3 versions let a cut body pass.
        raise requests.exceptions.ChunkedEncodingError("The answer is cut short")
    return RawAnswer(response.status_code, response.headers, bytes(data), sum(sizes))


def _counted(pieces: Iterable[bytes], sizes: list[int]) -> Iterator[bytes]:
    for piece in pieces:
        sizes.append(len(piece))
        yield piece


def _has_body(response: requests.Response) -> bool:
    return response.request.method != "HEAD" and response.status_code not in (204, 304)


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, in pieces of bounded size: a thousandfold is nothing special for it."""
    unpacker, parts = None, 0
    for packed in pieces:
        while packed:
            # An answer may consist of several packed parts, one after the other; what else follows is padding.
            unpacker = unpacker or zlib.decompressobj(16 + zlib.MAX_WBITS)
            try:
                yield unpacker.decompress(packed, _PIECE)
            except zlib.error:
                if parts:
                    return
                raise requests.exceptions.ContentDecodingError("The answer cannot be unpacked") from None
            packed = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            parts += unpacker.eof
            unpacker = None if unpacker.eof else unpacker
    if unpacker is not None and not parts:
        raise requests.exceptions.ContentDecodingError("The packed answer is cut short")


def call(
    session: requests.Session,
    method: str,
    url: str,
    *,
    seconds: float = SECONDS,
    headers: dict[str, str] | None = None,
    data: Any = None,
    auth: Any = None,
) -> RawAnswer:
    """Make one call, without following redirects, and return its whole answer, whatever its status.

    :param seconds: in all, for whatever happens on the way
    :raise requests.RequestException, urllib3.exceptions.HTTPError, OSError: there is no whole answer in that time, or
        it is too large
    """
    with deadline.within(seconds):
        if (deadline.left() or 0) <= 0:
            raise requests.exceptions.ConnectTimeout("The time was over before the call began")
        with session.request(
            method,
            url,
            headers=headers,
            data=data,
            auth=auth or keep_authorization,
            timeout=float(seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            return _read(response)


def keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Serve as ``auth`` of each request, so that a .netrc file cannot replace our Authorization header."""
    return request


def query_string(params: Iterable[tuple[str, Any]] | None) -> str:
    """Return ``?a=b&c=d`` (empty without parameters); blanks as %20, commas plain to keep id lists short."""
    pairs = [(name, value) for name, value in params or [] if value is not None]
    return "?" + urlencode(pairs, quote_via=quote, safe=",") if pairs else ""


class RestClient:
    """Replaces xero-python's REST class: no retries, one end to its time, bytes sent as given, no raising on status."""

    def __init__(self, session: requests.Session, timeout: float) -> None:
        self.session = session
        self.timeout = float(timeout)

    def _request(
        self,
        method: str,
        url: str,
        query_params: Iterable[tuple[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        post_params: Any = None,
        body: bytes | None = None,
        _preload_content: bool = False,
        _request_timeout: Any = None,
    ) -> RawAnswer:
        if body is not None and not isinstance(body, bytes):
            raise TypeError("The body must be bytes that we serialised ourselves")
        # An empty header is worse than none: custom connections have no tenant id.
        wanted = {name: value for name, value in (headers or {}).items() if value not in (None, "")}
        return call(
            self.session, method, url + query_string(query_params), seconds=self.timeout, headers=wanted, data=body
        )

    def GET(self, url: str, **options: Any) -> RawAnswer:
        """Send GET."""
        return self._request("GET", url, **options)

    def POST(self, url: str, **options: Any) -> RawAnswer:
        """Send POST."""
        return self._request("POST", url, **options)

    def PUT(self, url: str, **options: Any) -> RawAnswer:
        """Send PUT."""
        return self._request("PUT", url, **options)

    def DELETE(self, url: str, **options: Any) -> RawAnswer:
        """Send DELETE."""
        return self._request("DELETE", url, **options)
