"""Every call ends: in time, however slowly it is answered, and in size, however far it can be unpacked."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pure_servers
import pytest
from pure_harness import Harness

from xero_api import deadline, oauth, retry, transport
from xero_api.endpoints import Endpoints
from xero_api.errors import OutcomeUnknown, Unavailable, XeroError

SECONDS = 0.6
# A machine at work beside the tests.
SLACK = 15.0
BODY = b'{"Invoices":[]}'


def dripping(*parts: bytes) -> Callable[[socket.socket], None]:
    """Return a behaviour that sends ``parts``, the last byte by byte for half a minute."""

    def behave(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for part in parts[:-1]:
                connection.sendall(part)
            for _ in range(300):
                for byte in parts[-1]:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.1)

    return behave


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "body": dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunks": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "chunk_size": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "header": dripping(HEAD + b"X-Long: ", b"x"),
    "headers": dripping(HEAD, b"X: y\r\n"),
    "status": dripping(b"HTTP/1.1 200 ", b"O"),
    "continues": dripping(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "gzip": dripping(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b" " * 9999)[:20], b"\x00"),
}


def took(operation: Callable[[], object], kind: type[XeroError]) -> float:
    """Return the seconds of ``operation``, which must fail with ``kind``."""
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        operation()
    assert type(caught.value) is kind
    return time.monotonic() - started


@pytest.mark.parametrize("drip", DRIPS)
def test_a_slow_answer_ends(drip: str) -> None:
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(DRIPS[drip])]
        endpoints = Endpoints(api_url=raw.url, identity_url=raw.url)
        client = Harness(endpoints, timeout=SECONDS).client
        write = lambda: client.put("Invoices", BODY, idempotency_key="k")  # noqa: E731
        assert SECONDS / 2 < took(write, OutcomeUnknown) < SECONDS + SLACK
        with deadline.within(SECONDS):
            assert took(lambda: client.get("Invoices"), Unavailable) < SECONDS + SLACK
        for call in (
            lambda: oauth.refresh(endpoints, "id", "secret", "r", timeout=SECONDS),
            lambda: oauth.revoke(endpoints, "id", "secret", "r", timeout=SECONDS),
            lambda: oauth.delete_connection(endpoints, "token", "id", timeout=SECONDS),
        ):
            assert took(call, Unavailable) < SECONDS + SLACK


def test_repeats_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read is repeated, and all of it together has an end."""
    monkeypatch.setattr(retry, "SECONDS", 1.0)
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(DRIPS["body"])]
        harness = Harness(Endpoints(api_url=raw.url), timeout=SECONDS)
        assert took(lambda: harness.client.get("Invoices"), Unavailable) < SECONDS + 1 + SLACK


def test_a_deadline_around_is_kept() -> None:
    """What is begun late ends with the drain; what is begun after its end is not sent."""
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(DRIPS["body"])]
        client = Harness(Endpoints(api_url=raw.url), timeout=30.0).client
        with deadline.within(SECONDS), deadline.within(30.0):
            assert took(lambda: client.put("Invoices", BODY, idempotency_key="k"), OutcomeUnknown) < SECONDS + SLACK
            assert len(raw.requests) == 1
            assert took(lambda: client.put("Invoices", BODY, idempotency_key="k"), Unavailable) < SLACK
            assert len(raw.requests) == 1
        assert deadline.left() is None


def test_a_slow_look_up_of_the_address_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing interrupts the system's own: it is not waited for."""
    over = threading.Event()

    def look_up(*_args: object) -> None:
        over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    endpoints = Endpoints(api_url="https://api.example", identity_url="https://identity.example")
    client = Harness(endpoints, timeout=SECONDS).client
    try:
        with deadline.within(SECONDS):
            assert took(lambda: client.put("Invoices", BODY, idempotency_key="k"), Unavailable) < SECONDS + SLACK
            assert took(lambda: oauth.refresh(endpoints, "id", "secret", "r"), Unavailable) < SLACK
    finally:
        over.set()


def test_each_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first refuses, the second answers."""
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(lambda connection: connection.sendall(pure_servers.answer(BODY)))]
        port = int(raw.url.rpartition(":")[2])
        real = socket.getaddrinfo

        def look_up(host: str, *args: object) -> list[tuple]:
            found = ["127.0.0.9", "127.0.0.1"] if host == "localhost" else [host]
            return [row for address in found for row in real(address, *args)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        client = Harness(Endpoints(api_url=f"http://localhost:{port}"), timeout=5.0).client
        assert client.get("Invoices").data == {"Invoices": []}


def test_a_slow_reader_ends() -> None:
    """The other side takes our three megabytes a little at a time."""

    def sip(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with contextlib.suppress(OSError):
            while connection.recv(1000):
                time.sleep(0.1)

    with pure_servers.RawServer(sip) as raw:
        client = Harness(Endpoints(api_url=raw.url), timeout=SECONDS).client
        body = b"x" * 20_000_000
        assert took(lambda: client.put("Invoices", body, idempotency_key="k"), OutcomeUnknown) < SECONDS + SLACK


def test_a_bomb_is_not_unpacked() -> None:
    """150 MB from 0.15 MB: unpacking stops at the bound, with little more memory than that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join([packer.compress(b" " * 1_000_000) for _ in range(150)]) + packer.flush()
    assert len(packed) < 200_000
    answer = pure_servers.answer(packed, "Content-Encoding: gzip")
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(lambda connection: connection.sendall(answer))]
        client = Harness(Endpoints(api_url=raw.url, identity_url=raw.url), timeout=60.0).client
        tracemalloc.start()
        try:
            took(lambda: client.put("Invoices", BODY, idempotency_key="k"), OutcomeUnknown)
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 3 * transport.MAX_BODY
        assert took(lambda: oauth.refresh(Endpoints(identity_url=raw.url), "id", "s", "r"), Unavailable) < 30


def test_a_redirect_with_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests reads the body of a redirect by itself, to look where it leads."""
    monkeypatch.setattr(transport, "MAX_BODY", 100_000)
    answer = pure_servers.answer(
        gzip.compress(b" " * 1_000_000), "Content-Encoding: gzip", "Location: /elsewhere", status="302 Found"
    )
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(lambda connection: connection.sendall(answer))]
        client = Harness(Endpoints(api_url=raw.url), timeout=10.0).client
        took(lambda: client.put("Invoices", BODY, idempotency_key="k"), OutcomeUnknown)
        assert len(raw.requests) == 1


def endless(head: bytes, part: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(head)
            while True:
                connection.sendall(part * 1000)

    return behave


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", b"xxxx"),
        (HEAD + b"Connection: close\r\n\r\n", b"xxxx"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0000"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
        (HEAD, b"X: y\r\n"),
        (HEAD + b"X: ", b"y"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"x"),
    ],
)
def test_an_endless_answer_ends(monkeypatch: pytest.MonkeyPatch, head: bytes, part: bytes) -> None:
    monkeypatch.setattr(transport, "MAX_BODY", 1_000_000)
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(endless(head, part))]
        client = Harness(Endpoints(api_url=raw.url), timeout=20.0).client
        assert took(lambda: client.put("Invoices", BODY, idempotency_key="k"), OutcomeUnknown) < 10


def test_packed_in_parts() -> None:
    """Several gzip members, and padding behind: what others unpack as well."""
    for tail in (b"", b"\x00" * 100):
        packed = gzip.compress(b'{"Invoices"') + gzip.compress(b": []}") + tail
        with pure_servers.RawServer(lambda connection: None) as raw:
            answer = pure_servers.answer(packed, "Content-Encoding: gzip")
            raw.behaviours = [raw.reading(lambda connection, answer=answer: connection.sendall(answer))]
            assert Harness(Endpoints(api_url=raw.url)).client.get("Invoices").data == {"Invoices": []}


def test_other_packing_is_not_read() -> None:
    answer = pure_servers.answer(b"x", "Content-Encoding: br")
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(lambda connection: connection.sendall(answer))]
        client = Harness(Endpoints(api_url=raw.url)).client
        took(lambda: client.put("Invoices", BODY, idempotency_key="k"), OutcomeUnknown)


def test_threads_have_deadlines_of_their_own() -> None:
    seen: list[float | None] = []
    with deadline.within(5):
        thread = threading.Thread(target=lambda: seen.append(deadline.left()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_no_cookies_are_kept() -> None:
    answer = pure_servers.answer(BODY, "Set-Cookie: a=b")
    with pure_servers.RawServer(lambda connection: None) as raw:
        raw.behaviours = [raw.reading(lambda connection: connection.sendall(answer))]
        client = Harness(Endpoints(api_url=raw.url)).client
        for _ in range(2):
            with contextlib.suppress(XeroError):
                client.get("Invoices")
        assert all(b"cookie" not in request.lower() for request in raw.requests)
