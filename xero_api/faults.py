"""Turn what went wrong on the wire into an error of :mod:`errors`.

The question that decides everything is whether a write can have been saved. Only an exception that proves
that our request never left this machine, or an answer by which Xero says so, counts as "no".
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from urllib3 import exceptions as urllib3_errors

from . import codec, limits
from .errors import (
    Forbidden,
    NotFound,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    ReauthRequired,
    TenantDisconnected,
    Unavailable,
    ValidationRejected,
    XeroError,
)

VALIDATION_ERROR_NUMBER = 10

# What requests or urllib3 can raise out of a call; OSError for a CA bundle that is not there.
NETWORK_ERRORS = (requests.RequestException, urllib3_errors.HTTPError, OSError)

# Refused by requests before it opens a socket: our request or the address is wrong.
_MALFORMED = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
)
# Raised only before the first byte of a request.
_WHILE_CONNECTING = (
    requests.exceptions.ConnectTimeout,
    urllib3_errors.ConnectTimeoutError,
    urllib3_errors.NewConnectionError,
    ssl.SSLCertVerificationError,
)
# Xero's own documentation misspells the word.
_SCOPE_WORD = re.compile(r"insuff?ici?ent_scope", re.IGNORECASE)
_SCOPE_NAME = re.compile(r"""\bscope\s*=\s*["']?([^"',;]+)""", re.IGNORECASE)
_IDEMPOTENCY = re.compile(r"idempotency[ -]?key\b.*different request", re.IGNORECASE | re.DOTALL)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and the errors wrapped in it; libraries use args, reason or original_error for that."""
    todo: list[Any] = [error]
    seen: set[int] = set()
    while todo:
        item = todo.pop()
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        todo += [*item.args, getattr(item, "reason", None), getattr(item, "original_error", None)]


def never_sent(error: BaseException) -> bool:
    """Say whether ``error`` proves that no byte of the request reached Xero.

    True for: name not found, connection refused or not established in time (urllib3 ``NewConnectionError``
    and ``ConnectTimeoutError``, raised only while connecting), a certificate that we do not trust (the
    handshake ends before the request), a proxy that refuses the tunnel. Everything else is False: a reset,
    a closed keep-alive connection, a broken pipe, a read timeout (a slow TLS handshake looks the same), a
    half or undecodable answer.
    """
    for item in _chain(error):
        if isinstance(item, _WHILE_CONNECTING):
            return True
        if isinstance(item, OSError) and str(item).startswith("Tunnel connection failed"):
            return True
    return False


def from_exception(error: BaseException, *, write: bool) -> XeroError:
    """Return the error to raise for a failed call; only class names of ``error`` get into its text."""
    names = "/".join(dict.fromkeys(type(item).__name__ for item in _chain(error)))
    if isinstance(error, _MALFORMED):
        return ProtocolError(f"The request could not be built ({names})")
    if write and not never_sent(error):
        return OutcomeUnknown(f"The connection broke before Xero's answer was read ({names})")
    return Unavailable(f"Xero could not be reached ({names})")


def body_of(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object in ``content``, None when there is none."""
    try:
        data = codec.loads(content)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def is_missing_scope(headers: Mapping[str, str], detail: str) -> bool:
    """Say whether a 401 means a missing scope, which no refresh of the token can cure."""
    header = headers.get("WWW-Authenticate") or ""
    return bool(_SCOPE_WORD.search(header)) or detail.startswith("AuthorizationUnsuccessful")


def _unauthorized(headers: Mapping[str, str], data: dict[str, Any]) -> XeroError:
    detail = str(data.get("Detail") or "")
    if is_missing_scope(headers, detail):
        match = _SCOPE_NAME.search(headers.get("WWW-Authenticate") or "")
        return Forbidden(match.group(1).strip() if match else None, status=401)
    return ReauthRequired("token_expired" if detail.startswith("TokenExpired") else "unauthorized", status=401)


def _forbidden(data: dict[str, Any]) -> XeroError:
    if str(data.get("Detail") or "").startswith("AuthenticationUnsuccessful"):
        return TenantDisconnected(status=403)
    return Forbidden(None, status=403)


def messages_of(element: Any) -> list[str]:
    """Return every ValidationErrors message in ``element``, nested ones included, each once, in order."""
    return _messages(element, "ValidationErrors")


def warnings_of(element: Any) -> list[str]:
    """Return every Warnings message in ``element``, nested ones included, each once, in order."""
    return _messages(element, "Warnings")


def _messages(element: Any, key: str) -> list[str]:
    found: dict[str, None] = {}
    _collect(element, key, found)
    return list(found)


def _collect(node: Any, key: str, found: dict[str, None]) -> None:
    if isinstance(node, list):
        parts = node
    elif isinstance(node, dict):
        entries = node.get(key)
        for entry in entries if isinstance(entries, list) else ():
            text = entry.get("Message") if isinstance(entry, dict) else entry
            if text and isinstance(text, str):
                found[text] = None
        parts = [part for name, part in node.items() if name != key]
    else:
        return
    for part in parts:
        if part and isinstance(part, (dict, list)):
            _collect(part, key, found)


def _number_of(data: dict[str, Any]) -> int | None:
    try:
        return int(data.get("ErrorNumber"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _bad_request(data: dict[str, Any] | None, write: bool) -> XeroError:
    if data is None:
        return ProtocolError("Xero refused the request without a reason", status=400)
    elements = [item for item in data.get("Elements") or [] if isinstance(item, dict)]
    number = _number_of(data)
    spoken = [str(data[key]) for key in ("Message", "Detail", "Title") if data.get(key)][:1]
    messages = messages_of(elements) or messages_of(data) or spoken
    if any(_IDEMPOTENCY.search(text) for text in [*messages, *spoken]):
        return OutcomeUnknown("The idempotency key was used for another request", status=400)
    if not write:
        return ProtocolError(f"Xero refused the query (error {number})", error_number=number, status=400)
    return ValidationRejected(messages, elements, number, status=400)


def _out_of_order(status: int, headers: Mapping[str, str], write: bool) -> XeroError:
    wait = limits.retry_after(headers)
    if write:
        # A 503 is usually sent before anything is done, but nobody promises it.
        return OutcomeUnknown(f"Xero failed while it handled a write ({status})", retry_after=wait, status=status)
    return Unavailable(f"Xero is out of order ({status})", retry_after=wait, status=status)


def from_answer(status: int, headers: Mapping[str, str], content: bytes, *, write: bool) -> XeroError:
    """Return the error to raise for an answer that is not 2xx.

    :param write: whether the request could change something.
    """
    data = body_of(content)
    if status == 400:
        return _bad_request(data, write)
    if status == 401:
        return _unauthorized(headers, data or {})
    if status == 403:
        return _forbidden(data or {})
    if status == 404:
        return NotFound("Xero does not know this record in this organisation", status=404)
    if status == 429:
        return RateLimited(limits.scope(headers), limits.retry_after(headers), status=429)
    if status == 408 or (status >= 500 and status != 501):
        return _out_of_order(status, headers, write)
    if status < 400 and write:
        # A redirect may be what follows a completed write.
        return OutcomeUnknown(f"Unexpected answer to a write ({status})", status=status)
    return ProtocolError(f"Unexpected answer ({status})", status=status)


def unreadable(status: int, content: bytes, *, write: bool) -> XeroError:
    """Return the error for a 2xx answer that holds no JSON object.

    For a read, nothing or a beginning of JSON is an answer cut on its way and may be asked for again; a page
    of HTML is not.
    """
    if write:
        return OutcomeUnknown("Xero took the request but its answer is unreadable", status=status)
    if content[:1] in (b"", b"{"):
        return Unavailable("Xero's answer is cut short", status=status)
    return ProtocolError("Xero's answer is unreadable", status=status)
