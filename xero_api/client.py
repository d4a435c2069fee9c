"""The Accounting API for one organisation: calls in, checked answers or typed errors out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from . import clamps, dates, deadline, faults, limits, paging, retry
from .attachments import attachment_name
from .endpoints import Endpoints
from .errors import ReauthRequired, XeroError
from .gateway import UNITDP, UNITDP_IN_LISTS, Gateway, Request
from .limits import Limits
from .log import get_logger
from .transport import SECONDS, RawAnswer, RestClient, new_session

_logger = get_logger(__name__)

# Kept by Xero for six minutes; longer keys are refused.
MAX_IDEMPOTENCY_KEY = 128


@dataclass(frozen=True)
class Answer:
    """A successful answer.

    :param data: the JSON object, in the form of :func:`bounds.tidy`; ``{}`` for an answer without content.
    :param server_time: Xero's clock (naive UTC) when it answered, None when it did not say.
    :param correlation_id: ours, as given to the client.
    :param xero_correlation_id: Xero's own, for its support; None when absent.
    """

    status: int
    data: dict[str, Any]
    limits: Limits
    server_time: datetime | None
    correlation_id: str
    xero_correlation_id: str | None = None


@dataclass(frozen=True)
class CallRecord:
    """One HTTP call for log and metrics: no bodies, no secrets, no query.

    :param status: None when no answer came.
    :param received_bytes: as transferred, where Xero said so.
    :param error: class and text of the error it led to, None after success.
    :param attempt: 1 for the first HTTP call of an operation, then counting.
    :param clock_offset: seconds Xero's clock was ahead of ours, None when it did not say.
    """

    method: str
    path: str
    status: int | None
    duration_ms: int
    sent_bytes: int
    received_bytes: int
    limits: Limits
    correlation_id: str
    error: str | None
    attempt: int
    clock_offset: float | None = None


def _checked_key(key: str) -> str:
    if not key or len(key) > MAX_IDEMPOTENCY_KEY:
        raise ValueError(f"An idempotency key has 1 to {MAX_IDEMPOTENCY_KEY} characters")
    return key


def _with_prices(resource: str, params: dict[str, Any] | None, single: bool = False) -> dict[str, Any]:
    """Return the parameters that have a value, with ``unitdp=4`` for resources that have prices."""
    given = {name: value for name, value in (params or {}).items() if value is not None}
    takes = resource in UNITDP and not (single and resource in UNITDP_IN_LISTS)
    return {"unitdp": 4, **given} if takes else given


@dataclass
class _Operation:
    request: Request
    write: bool
    attempts: int = field(default=0)


class XeroClient:
    """A client for one organisation and one run; make a fresh one per drain, close it after.

    Every method raises an error of :mod:`errors`: RateLimited, Unavailable, NotFound, ReauthRequired,
    TenantDisconnected, Forbidden, ProtocolError; writes also ValidationRejected and OutcomeUnknown.
    What cannot have been saved is repeated a few times within about 20 seconds (see :mod:`retry`). Each of them,
    with its repeats and the renewal of a token, ends within ``timeout`` and those 20 seconds.

    :param tenant_id: the organisation; empty for a custom connection.
    :param access_token: called before each call with False, and with True to force a refresh after a 401;
        returns the bearer token.
    :param on_call: told about each HTTP call, repeats included; what it raises is logged and dropped.
    :param correlation_id: carried through log records, answers and errors, and sent to Xero; the attribute may be
        set anew between calls.
    :param timeout: seconds in all for one HTTP call, whatever happens on the way.
    :param session: a requests session to use; an own one by default.
    :param sleep: waits between repeats; a real sleep by default.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        tenant_id: str,
        access_token: Callable[[bool], str],
        *,
        on_call: Callable[[CallRecord], None] | None = None,
        correlation_id: str = "",
        timeout: float = SECONDS,
        session: requests.Session | None = None,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.endpoints = endpoints
        self.tenant_id = tenant_id
        self.correlation_id = correlation_id
        self._access_token = access_token
        self._on_call = on_call
        self._sleep = sleep
        self._own_session = session is None
        self._session = session or new_session()
        self._seconds = float(timeout)
        self._rest = RestClient(self._session, timeout)
        self._gateway: Gateway | None = None

    # === Reading === #

    def get(
        self,
        resource: str,
        *,
        xero_id: str | None = None,
        params: dict[str, Any] | None = None,
        modified_since: datetime | str | None = None,
    ) -> Answer:
        """Read ``resource``, or one record of it.

        :param resource: Xero's name of the resource, such as ``Invoices``, or a path below the API's base.
        :param xero_id: Xero's id, or another key that Xero takes in its place (number, ContactNumber).
        :param params: query parameters by Xero's names; lists are joined with commas.
        :param modified_since: naive UTC; cut to the second, as Xero wants it (Xero: Requests and responses,
            If-Modified-Since).
        :raise NotFound: ``xero_id`` is none of this organisation's.
        """
        headers = {}
        if modified_since:
            text = modified_since if isinstance(modified_since, str) else dates.to_modified_since(modified_since)
            headers["If-Modified-Since"] = text
        query = _with_prices(resource, params, bool(xero_id))
        return self._run(Request("GET", resource, xero_id, query, headers=headers), write=False)

    def pages(
        self,
        resource: str,
        *,
        params: dict[str, Any] | None = None,
        modified_since: datetime | str | None = None,
        page_size: int = 1000,
        by_id: bool = False,
    ) -> Iterator[Answer]:
        """Yield the pages of ``resource``, each fetched when it is asked for; see :func:`paging.walk`.

        :param resource: as for :meth:`get`.
        :param params: as for :meth:`get`; page and size are added.
        :param modified_since: as for :meth:`get`.
        :param page_size: 1 to 1000; resources that have no page size or no pages are read as Xero gives them.
        :param by_id: order by the record's id. Xero pages by offset and orders by change time by default, so a record
            edited during a full walk would jump to the end and another one be skipped.
        """

        def fetch(page_params: dict[str, Any]) -> Answer:
            return self.get(resource, params=page_params, modified_since=modified_since)

        return paging.walk(fetch, resource, dict(params or {}), page_size, by_id)

    # === Writing === #

    def put(self, resource: str, body: bytes, *, idempotency_key: str) -> Answer:
        """Create the elements in ``body``; PUT never overwrites an existing document.

        With ``summarizeErrors=false`` the answer is 200 even when elements were refused: judge each by
        :func:`elements.outcomes`. ``unitdp=4`` keeps four decimals of prices.

        :param resource: as for :meth:`get`.
        :param body: as serialised by :func:`codec.dumps`; at most 50 elements and 3.5 MB are wise (Xero: API limits).
        :param idempotency_key: at most 128 characters; Xero remembers it for six minutes, for the whole app (Xero:
            Idempotency).
        :raise ValidationRejected: Xero refused the call as a whole.
        :raise OutcomeUnknown: it may have been saved or not.
        """
        return self._write("PUT", resource, body, idempotency_key)

    def post(self, resource: str, body: bytes, *, idempotency_key: str) -> Answer:
        """Update the elements in ``body``, found by the ids inside; otherwise like :meth:`put`.

        :param idempotency_key: as for :meth:`put`.
        """
        return self._write("POST", resource, body, idempotency_key)

    def delete(self, path: str) -> Answer:
        """Delete what ``path`` below the API's base names, e.g. ``CreditNotes/<id>/Allocations/<id>``.

        :raise NotFound: it is gone already.
        """
        return self._run(Request("DELETE", path.strip("/")), write=True)

    def upload(
        self,
        resource: str,
        xero_id: str,
        filename: str,
        content: bytes,
        mime: str,
        *,
        include_online: bool = False,
        idempotency_key: str | None = None,
    ) -> Answer:
        """Attach a file to a record; the same name again replaces it.

        :param filename: reduced to the characters that Xero takes, see :func:`attachment_name`.
        :param content: the bytes of the file; Xero takes ten files a record (Xero: Attachments).
        :param mime: its type; unknown when empty.
        :param include_online: show it with the online invoice (sales invoices and credit notes only).
        :param idempotency_key: as for :meth:`put`.
        """
        path = f"{resource}/{xero_id}/Attachments/{attachment_name(filename)}"
        headers = {"Content-Type": mime or "application/octet-stream"}
        if idempotency_key:
            headers["Idempotency-Key"] = _checked_key(idempotency_key)
        params = {"IncludeOnline": "true"} if include_online else {}
        return self._run(Request("PUT", path, None, params, content, headers), write=True)

    def _write(self, method: str, resource: str, body: bytes, idempotency_key: str) -> Answer:
        if not isinstance(body, bytes):
            raise TypeError("The body must be bytes, see codec.dumps")
        headers = {"Idempotency-Key": _checked_key(idempotency_key)}
        # One record under its own address, such as a payment to delete: the answer is about it alone.
        single = resource.count("/") == 1
        params = {} if single else _with_prices(resource, {"summarizeErrors": "false"})
        return self._run(Request(method, resource, None, params, body, headers), write=True)

    # === Calling === #

    def _run(self, request: Request, *, write: bool) -> Answer:
        operation = _Operation(request, write)
        with deadline.within(self._seconds + retry.SECONDS):
            return retry.call(lambda: self._with_token(operation), sleep=self._sleep)

    def _with_token(self, operation: _Operation) -> Answer:
        """Call once; after a 401 that a new token may cure, refresh and call once more (a 401 saves nothing)."""
        token = self._access_token(False)
        try:
            return self._call(operation, token)
        except ReauthRequired as error:
            if error.status != 401:
                raise
        token = self._access_token(True)
        try:
            return self._call(operation, token)
        except ReauthRequired as error:
            if error.status != 401 or error.proven:
                raise
            raise self._marked(faults.intercepted(401, write=operation.write)) from None

    def _call(self, operation: _Operation, token: str) -> Answer:
        operation.attempts += 1
        if self._gateway is None:
            self._gateway = Gateway(self.endpoints, self.tenant_id, self._rest)
        started = time.monotonic()
        raw: RawAnswer | None = None
        error: XeroError | None = None
        try:
            raw = self._gateway.send(operation.request, token, self.correlation_id)
            return self._answer(raw, operation)
        except faults.NETWORK_ERRORS as cause:
            error = faults.from_exception(cause, write=operation.write)
            raise self._marked(error) from None
        except XeroError as known:
            error = self._marked(known)
            raise
        finally:
            self._record(operation, raw, error, time.monotonic() - started)

    def _answer(self, raw: RawAnswer, operation: _Operation) -> Answer:
        unchanged = raw.status == 304 and not operation.write
        if not 200 <= raw.status <= 299 and not unchanged:
            single = operation.request.is_single
            raise faults.from_answer(raw.status, raw.headers, raw.data, write=operation.write, single=single)
        return Answer(
            raw.status,
            self._data(raw, operation),
            Limits.from_headers(raw.headers),
            limits.server_time(raw.headers),
            self.correlation_id,
            clamps.identifier(raw.headers.get("Xero-Correlation-Id")),
        )

    def _data(self, raw: RawAnswer, operation: _Operation) -> dict[str, Any]:
        said_empty = raw.headers.get("Content-Length") == "0"
        if raw.status in (204, 304) or (operation.request.method == "DELETE" and said_empty):
            return {}
        data = faults.body_of(raw.data)
        if data is None:
            raise faults.unreadable(raw.status, raw.data, write=operation.write)
        if not operation.write and not operation.request.is_answered_by(data):
            # JSON of somebody else: that nothing changed is not what it says.
            raise faults.intercepted(raw.status, write=False)
        return data

    def _marked(self, error: XeroError) -> XeroError:
        error.correlation_id = self.correlation_id
        return error

    def _record(self, operation: _Operation, raw: RawAnswer | None, error: XeroError | None, seconds: float) -> None:
        record = CallRecord(
            method=operation.request.method,
            path=operation.request.log_path,
            status=raw.status if raw else None,
            duration_ms=round(seconds * 1000),
            sent_bytes=len(operation.request.body or b""),
            received_bytes=raw.wire_bytes if raw else 0,
            limits=Limits.from_headers(raw.headers) if raw else Limits(),
            correlation_id=self.correlation_id,
            error=f"{type(error).__name__}: {error}" if error else None,
            attempt=operation.attempts,
            clock_offset=limits.clock_offset(raw.headers) if raw else None,
        )
        _logger.debug("xero call %s", record)
        if self._on_call:
            self._notify(record)

    def _notify(self, record: CallRecord) -> None:
        try:
            self._on_call(record)  # type: ignore[misc]
        except Exception:
            # The call itself is done; losing its answer over a log row could send a document twice.
            _logger.exception("the on_call hook failed")

    def close(self) -> None:
        """Close the connections, unless the session was given from outside."""
        if self._own_session:
            self._session.close()
