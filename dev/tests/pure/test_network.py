"""What real sockets do to a write and to a read. The question: can it have been saved?"""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator

import pure_servers
import pytest
import requests
from pure_harness import Harness

from dev.machine.process import wait_for
from xero_api import faults
from xero_api.endpoints import Endpoints
from xero_api.errors import OutcomeUnknown, ProtocolError, Unavailable, ValidationRejected, XeroError

OK = pure_servers.answer(b'{"Invoices": []}')
BODY = b'{"Invoices":[]}'


@pytest.fixture
def raw() -> Iterator[pure_servers.RawServer]:
    with pure_servers.RawServer(lambda connection: None) as running:
        yield running


def harness_for(url: str, timeout: float = 0.4) -> Harness:
    return Harness(Endpoints(api_url=url), timeout=timeout)


def write_error(harness: Harness) -> XeroError:
    with pytest.raises(XeroError) as caught:
        harness.client.put("Invoices", BODY, idempotency_key="k")
    return caught.value


def read_error(harness: Harness) -> XeroError:
    with pytest.raises(XeroError) as caught:
        harness.client.get("Invoices")
    return caught.value


# === Never sent: Unavailable, also for writes, and worth a repeat === #


def test_connection_refused() -> None:
    harness = harness_for(f"http://127.0.0.1:{pure_servers.closed_port()}")
    assert type(write_error(harness)) is Unavailable
    assert [record.attempt for record in harness.records] == [1, 2, 3]
    assert {(record.status, record.received_bytes) for record in harness.records} == {(None, 0)}
    assert len(harness.waits) == 2


def test_name_not_found() -> None:
    harness = harness_for("https://no-such-host.invalid")
    assert type(write_error(harness)) is Unavailable


def test_refused_then_listening() -> None:
    """A server that comes up between two tries gets the write exactly once."""
    port = pure_servers.closed_port()
    running: list[pure_servers.RawServer] = []
    harness = harness_for(f"http://127.0.0.1:{port}")

    def start(_seconds: float) -> None:
        raw = pure_servers.RawServer(lambda connection: None)
        raw.behaviours = [raw.reading(lambda connection: connection.sendall(OK))]
        raw.__enter__()
        running.append(raw)
        harness.client._gateway._api.base_url = f"{raw.url}/api.xro/2.0"

    harness.client._sleep = start
    assert harness.client.put("Invoices", BODY, idempotency_key="k").status == 200
    assert len(running[0].requests) == 1
    running[0].__exit__()


def test_connect_timeout() -> None:
    """A full accept queue drops our SYN: nothing was sent."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        harness = harness_for(f"http://127.0.0.1:{address[1]}", timeout=0.2)
        error = write_error(harness)
    assert type(error) is Unavailable
    assert "ConnectTimeout" in str(error)


def test_untrusted_certificate(monkeypatch: pytest.MonkeyPatch, tls_context: object) -> None:
    """The handshake ends before the request: the server never sees it."""
    # With these set, requests looks at certificates whatever its session says.
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            secure = tls_context.wrap_socket(connection, server_side=True)  # type: ignore[attr-defined]
            seen.append(secure.recv(10))

    with pure_servers.RawServer(serve) as server:
        error = write_error(harness_for(f"https://127.0.0.1:{server.port}", timeout=2.0))
    assert type(error) is Unavailable
    assert "SSLCertVerificationError" in str(error)
    assert seen in ([], [b""])


def test_proxy_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{pure_servers.closed_port()}")
    monkeypatch.setenv("NO_PROXY", "")
    assert type(write_error(harness_for("http://127.0.0.1:9"))) is Unavailable


def test_proxy_refuses_tunnel(monkeypatch: pytest.MonkeyPatch, raw: pure_servers.RawServer) -> None:
    raw.behaviours = [raw.reading(lambda c: c.sendall(pure_servers.answer(b"", status="403 Forbidden")))]
    monkeypatch.setenv("HTTPS_PROXY", raw.url)
    monkeypatch.setenv("NO_PROXY", "")
    assert type(write_error(harness_for("https://192.0.2.1", timeout=2.0))) is Unavailable
    assert all(request.startswith(b"CONNECT ") for request in raw.requests)


def test_proxy_dies_after_taking_the_request(monkeypatch: pytest.MonkeyPatch, raw: pure_servers.RawServer) -> None:
    raw.behaviours = [raw.reading(pure_servers.reset)]
    monkeypatch.setenv("HTTP_PROXY", raw.url)
    monkeypatch.setenv("NO_PROXY", "")
    assert type(write_error(harness_for("http://127.0.0.1:9"))) is OutcomeUnknown
    assert len(raw.requests) == 1


# === Sent, or perhaps sent: OutcomeUnknown for writes, never repeated; repeated for reads === #


def hang(connection: socket.socket) -> None:
    connection.settimeout(3)
    with contextlib.suppress(OSError):
        connection.recv(1)


def cut(connection: socket.socket) -> None:
    connection.sendall(pure_servers.answer(b'{"Invoices": [', length=1000))


def cut_header(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")


def cut_chunks(connection: socket.socket) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{"Invoices"')


def bad_gzip(connection: socket.socket) -> None:
    connection.sendall(pure_servers.answer(b"not gzip at all", "Content-Encoding: gzip", "Connection: close"))


def cut_gzip(connection: socket.socket) -> None:
    whole = gzip.compress(b'{"Invoices": []}' * 50)
    connection.sendall(pure_servers.answer(whole[:20], "Content-Encoding: gzip", "Connection: close"))


def no_http(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH\r\n")


AFTER_READING = [
    socket.socket.close,
    pure_servers.reset,
    hang,
    cut,
    cut_header,
    cut_chunks,
    bad_gzip,
    cut_gzip,
    no_http,
]


@pytest.mark.parametrize("fault", AFTER_READING)
def test_lost_after_reading(raw: pure_servers.RawServer, fault: Callable[[socket.socket], None]) -> None:
    """The server has the whole write, we have no whole answer: look it up, do not repeat."""
    raw.behaviours = [raw.reading(fault)]
    harness = harness_for(raw.url)
    error = write_error(harness)
    assert type(error) is OutcomeUnknown
    assert error.correlation_id == "corr-1"
    # A busy machine lets the client give up before the server has read what lies there.
    assert wait_for(lambda: raw.requests, 30)
    assert [request.rpartition(b"\r\n\r\n")[2] for request in raw.requests] == [BODY]
    assert harness.waits == []
    assert len(harness.records) == 1
    assert harness.records[0].error == f"OutcomeUnknown: {error}"


@pytest.mark.parametrize("fault", AFTER_READING)
def test_read_survives(raw: pure_servers.RawServer, fault: Callable[[socket.socket], None]) -> None:
    """The same faults only make a read try again."""
    raw.behaviours = [raw.reading(fault), raw.reading(lambda connection: connection.sendall(OK))]
    harness = harness_for(raw.url)
    assert harness.client.get("Invoices").data == {"Invoices": []}
    assert [record.attempt for record in harness.records] == [1, 2]
    assert len(raw.requests) == 2


@pytest.mark.parametrize("fault", [socket.socket.close, pure_servers.reset])
def test_closed_before_reading(raw: pure_servers.RawServer, fault: Callable[[socket.socket], None]) -> None:
    """Our bytes arrive and nobody reads them: that cannot be told from here."""

    def drop(connection: socket.socket) -> None:
        connection.recv(1, socket.MSG_PEEK)
        fault(connection)

    raw.behaviours = [drop]
    assert type(write_error(harness_for(raw.url))) is OutcomeUnknown
    assert raw.connections == 1


def test_read_gives_up(raw: pure_servers.RawServer) -> None:
    raw.behaviours = [raw.reading(socket.socket.close)]
    harness = harness_for(raw.url)
    assert type(read_error(harness)) is Unavailable
    assert len(raw.requests) == 3


def test_tls_expected_but_plain_found(raw: pure_servers.RawServer) -> None:
    """An SSL error other than a bad certificate proves nothing: it may also come while reading."""
    raw.behaviours = [no_http]
    assert type(write_error(harness_for(f"https://127.0.0.1:{raw.port}"))) is OutcomeUnknown


def test_broken_answer_does_not_reach_the_text(raw: pure_servers.RawServer) -> None:
    raw.behaviours = [raw.reading(socket.socket.close)]
    harness = harness_for(raw.url)
    with pytest.raises(Unavailable) as caught:
        harness.client.get("Contacts", params={"where": 'EmailAddress=="jo@example.com"'})
    assert "example" not in str(caught.value)
    assert "example" not in repr(harness.records)


# === Kept connections === #


def keep_alive_then(then: Callable[[socket.socket], None], raw: pure_servers.RawServer) -> Callable:
    def behave(connection: socket.socket) -> None:
        raw.requests.append(pure_servers.read_request(connection))
        connection.sendall(OK)
        then(connection)

    return behave


def test_stale_connection_write(raw: pure_servers.RawServer) -> None:
    """Closed by the server just as our write arrives: it may have been read, so it is not repeated."""
    raw.behaviours = [keep_alive_then(raw.reading(pure_servers.reset), raw)]
    harness = harness_for(raw.url)
    harness.client.get("Invoices")
    assert type(write_error(harness)) is OutcomeUnknown
    assert raw.connections == 1


def test_stale_connection_read(raw: pure_servers.RawServer) -> None:
    raw.behaviours = [
        keep_alive_then(raw.reading(pure_servers.reset), raw),
        raw.reading(lambda connection: connection.sendall(OK)),
    ]
    harness = harness_for(raw.url)
    harness.client.get("Invoices")
    assert harness.client.get("Invoices").status == 200
    assert raw.connections == 2


def test_closed_while_idle(raw: pure_servers.RawServer) -> None:
    """A connection that ended before we wrote is noticed: the write goes out once, on a new one."""
    ended = threading.Event()

    def end(connection: socket.socket) -> None:
        connection.shutdown(socket.SHUT_RDWR)
        ended.set()

    raw.behaviours = [keep_alive_then(end, raw), raw.reading(lambda connection: connection.sendall(OK))]
    harness = harness_for(raw.url)
    harness.client.get("Invoices")
    assert ended.wait(2)
    assert harness.client.put("Invoices", BODY, idempotency_key="k").status == 200
    assert raw.connections == 2
    assert len(harness.records) == 2


# === Answers that are fine === #


def test_gzip_answer(raw: pure_servers.RawServer) -> None:
    packed = gzip.compress(b'{"Invoices": [{"Total": 1.10}]}' + b" " * 5000)
    raw.behaviours = [raw.reading(lambda c: c.sendall(pure_servers.answer(packed, "Content-Encoding: gzip")))]
    harness = harness_for(raw.url)
    answer = harness.client.put("Invoices", BODY, idempotency_key="k")
    assert str(answer.data["Invoices"][0]["Total"]) == "1.10"
    assert harness.records[0].received_bytes == len(packed)
    assert b"accept-encoding: gzip" in raw.requests[0].lower()


def test_answer_before_the_body_is_read(raw: pure_servers.RawServer) -> None:
    """A refusal that comes while we still send is read, not lost."""

    def refuse(connection: socket.socket) -> None:
        connection.recv(100)
        refusal = b'{"ErrorNumber": 17, "Message": "no"}'
        connection.sendall(pure_servers.answer(refusal, "Connection: close", status="400 Bad Request"))
        connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass

    raw.behaviours = [refuse]
    with pytest.raises(ValidationRejected):
        harness_for(raw.url, 2.0).client.put("Invoices", b"x" * 3_000_000, idempotency_key="k")


# === By class, for what sockets cannot show === #


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.InvalidURL("x"),
        requests.exceptions.MissingSchema("x"),
        requests.exceptions.InvalidHeader("x"),
    ],
)
def test_malformed_request_is_our_bug(error: Exception) -> None:
    assert type(faults.from_exception(error, write=True)) is ProtocolError


@pytest.mark.parametrize(
    "error",
    [
        requests.exceptions.ConnectionError("anything"),
        requests.exceptions.ReadTimeout("slow"),
        requests.exceptions.ChunkedEncodingError("cut"),
        requests.exceptions.ContentDecodingError("gzip"),
        requests.exceptions.SSLError("EOF occurred in violation of protocol"),
        requests.exceptions.ProxyError("Cannot connect to proxy.", ConnectionResetError("reset")),
        requests.exceptions.RetryError("x"),
        OSError("Could not find a suitable TLS CA certificate bundle"),
        BrokenPipeError(),
    ],
)
def test_unproven_is_unknown(error: Exception) -> None:
    assert type(faults.from_exception(error, write=True)) is OutcomeUnknown
    assert type(faults.from_exception(error, write=False)) is Unavailable


def test_context_of_an_error_is_no_proof() -> None:
    """A refused connection handled earlier must not vouch for a later broken write."""
    error = requests.exceptions.ConnectionError("broken")
    error.__context__ = requests.exceptions.ConnectTimeout("before")
    assert not faults.never_sent(error)
