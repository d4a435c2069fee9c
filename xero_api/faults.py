"""Turn what went wrong on the wire into an error of :mod:`errors`.

The question that decides everything is whether a write can have been saved. Only an exception that proves
that our request never left this machine, or an answer by which Xero says so, counts as "no". Xero is known by the
form in which it speaks: the page of a proxy, a firewall or a hotel is no word of Xero's, whatever its status.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from urllib3 import exceptions as urllib3_errors

from . import clamps, codec, limits
from .bounds import tidy
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
from .transport import TooLarge

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
_SCOPE_NAME = re.compile(r"""\bscope\s*=\s*["']?([a-z0-9_. ]{1,100})""", re.IGNORECASE)
# What Xero's 404 says, where it says anything: it has no JSON.
_NO_RESOURCE = re.compile(rb"the resource you.{1,6}re looking for cannot be found", re.IGNORECASE)
# Of one element; more tell people nothing. Xero's longest sentences have some 300 characters.
MAX_MESSAGES = 20
MAX_MESSAGE = 500
# Elements of Xero are nested four deep.
_MAX_DEPTH = 12
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
    """Return the error to raise for a failed call; only class names of ``error`` get into its text.

    :param error: one of :data:`NETWORK_ERRORS`.
    :param write: whether the request could change something.
    """
    names = "/".join(dict.fromkeys(type(item).__name__ for item in _chain(error)))
    if isinstance(error, _MALFORMED):
        return ProtocolError(f"The request could not be built ({names})")
    # Not what Xero says, and no matter of a connection that is better the next time.
    large = any(isinstance(item, TooLarge) for item in _chain(error))
    if write and not never_sent(error):
        return OutcomeUnknown(f"The connection broke before Xero's answer was read ({names})", intercepted=large)
    return Unavailable(f"Xero could not be reached ({names})", intercepted=large)


def body_of(content: bytes) -> dict[str, Any] | None:
    """Return the JSON object in ``content``, in the form of :func:`bounds.tidy`; None when there is none."""
    try:
        data = codec.loads(content)
    except (ValueError, RecursionError):
        return None
    return tidy(data) if isinstance(data, dict) else None


def is_refusal(data: dict[str, Any] | None) -> bool:
    """Say whether ``data`` is how Xero refuses data or a query: with its ErrorNumber, elements or their errors."""
    if not data:
        return False
    return _number_of(data) is not None or any(
        isinstance(data.get(key), list) for key in ("Elements", "ValidationErrors")
    )


def _is_auth_refusal(data: dict[str, Any] | None) -> bool:
    """Say whether ``data`` is how Xero refuses a token or an organisation: Title, Status and Detail."""
    return bool(data) and isinstance(data.get("Detail"), str) and bool({"Title", "Status", "Instance"} & set(data))


def is_missing_scope(headers: Mapping[str, str], detail: str) -> bool:
    """Say whether a 401 means a missing scope, which no refresh of the token can cure.

    :param headers: of the answer, case-insensitive.
    :param detail: what the body says under ``Detail``.
    """
    header = headers.get("WWW-Authenticate") or ""
    return bool(_SCOPE_WORD.search(header)) or detail.startswith("AuthorizationUnsuccessful")


def _unauthorized(headers: Mapping[str, str], data: dict[str, Any] | None) -> XeroError:
    proven = _is_auth_refusal(data)
    detail = str((data or {}).get("Detail") or "")
    if is_missing_scope(headers, detail):
        match = _SCOPE_NAME.search(headers.get("WWW-Authenticate") or "")
        return Forbidden(match.group(1).strip() if match else None, status=401)
    reason = "token_expired" if detail.startswith("TokenExpired") else "unauthorized"
    return ReauthRequired(reason, proven=proven, status=401)


def _forbidden(data: dict[str, Any] | None, write: bool) -> XeroError:
    if not _is_auth_refusal(data):
        return intercepted(403, write=write)
    if str(data.get("Detail")).startswith("AuthenticationUnsuccessful"):  # type: ignore[union-attr]
        return TenantDisconnected(status=403)
    return Forbidden(None, status=403)


def messages_of(element: Any) -> list[str]:
    """Return the ValidationErrors messages in ``element``, nested ones included, each once, in order; the first
    twenty, cut to 500 characters.
    """
    return _messages(element, "ValidationErrors")


def warnings_of(element: Any) -> list[str]:
    """Return the Warnings messages in ``element``, like :func:`messages_of`."""
    return _messages(element, "Warnings")


def _messages(element: Any, key: str) -> list[str]:
    found: dict[str, None] = {}
    _collect(element, key, found, _MAX_DEPTH)
    return list(found)


def _collect(node: Any, key: str, found: dict[str, None], depth: int) -> None:
    if isinstance(node, list):
        parts = node
    elif isinstance(node, dict):
        entries = node.get(key)
        for entry in entries if isinstance(entries, list) else ():
            text = entry.get("Message") if isinstance(entry, dict) else entry
            if text and isinstance(text, str) and len(found) < MAX_MESSAGES:
                found[clamps.text(text, MAX_MESSAGE)] = None
        parts = node.values() if entries is None else [part for name, part in node.items() if name != key]
    else:
        return
    for part in parts:
        if isinstance(part, (dict, list)) and part and depth and len(found) < MAX_MESSAGES:
            _collect(part, key, found, depth - 1)


def _number_of(data: dict[str, Any]) -> int | None:
    return clamps.count(data.get("ErrorNumber"))


def _bad_request(data: dict[str, Any] | None, write: bool) -> XeroError:
    told = data or {}
    spoken = [clamps.text(str(told[key]), MAX_MESSAGE) for key in ("Message", "Detail", "Title") if told.get(key)]
    elements = [item for item in _listed(told.get("Elements")) if isinstance(item, dict)]
    messages = messages_of(elements) or messages_of(data) or spoken[:1]
    if any(_IDEMPOTENCY.search(text) for text in [*messages, *spoken]):
        return OutcomeUnknown("The idempotency key was used for another request", status=400)
    if data is None or not is_refusal(data):
        return intercepted(400, write=write)
    number = _number_of(data)
    if not write:
        return ProtocolError(f"Xero refused the query (error {number})", error_number=number, status=400)
    return ValidationRejected(messages, elements, number, status=400)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _not_found(headers: Mapping[str, str], content: bytes, write: bool, single: bool) -> XeroError:
    """Xero's 404 is about one record and has no form: about a whole resource, or as a page, it is another's."""
    said = bool(headers.get("Xero-Correlation-Id")) or bool(_NO_RESOURCE.search(content[:2000]))
    silent = not write and content.lstrip()[:1] not in (b"<", b"{", b"[")
    if single and (said or silent):
        return NotFound("Xero does not know this record in this organisation", status=404)
    return intercepted(404, write=write)


def _out_of_order(status: int, headers: Mapping[str, str], write: bool) -> XeroError:
    wait = limits.retry_after(headers)
    if write:
        # A 503 is usually sent before anything is done, but nobody promises it.
        return OutcomeUnknown(f"Xero failed while it handled a write ({status})", retry_after=wait, status=status)
    return Unavailable(f"Xero is out of order ({status})", retry_after=wait, status=status)


def intercepted(status: int, *, write: bool, retry_after: float | None = None) -> XeroError:
    """Return the error for an answer that is none of Xero's: it proves nothing about what was asked.

    Whoever answered may have let a write pass and hidden what Xero said to it.

    :param write: whether the request could change something.
    :param retry_after: seconds, as the answer told.
    """
    kind = OutcomeUnknown if write else Unavailable
    return kind(
        f"Something between Odoo and Xero answered in Xero's place ({status})",
        status=status,
        retry_after=retry_after,
        intercepted=True,
    )


def from_answer(
    status: int, headers: Mapping[str, str], content: bytes, *, write: bool, single: bool = False
) -> XeroError:
    """Return the error to raise for an answer that is not 2xx.

    What a status means is Xero's to say (Xero: Response codes); who has said it is looked at first.

    :param headers: case-insensitive.
    :param content: the whole body.
    :param write: whether the request could change something.
    :param single: whether it was about records that may not exist, not about a whole resource.
    """
    if status == 429:
        return RateLimited(limits.scope(headers), limits.retry_after(headers), status=429)
    if status == 408 or (status >= 500 and status not in (501, 511)):
        return _out_of_order(status, headers, write)
    if status == 404:
        return _not_found(headers, content, write, single)
    data = body_of(content)
    if status == 400:
        return _bad_request(data, write)
    if status == 401:
        return _unauthorized(headers, data)
    if status == 403:
        return _forbidden(data, write)
    return intercepted(status, write=write, retry_after=limits.retry_after(headers))


def unreadable(status: int, content: bytes, *, write: bool) -> XeroError:
    """Return the error for a 2xx answer that holds no JSON object.

    For a read, nothing or a beginning of JSON is an answer cut on its way and may be asked for again at once; a page of
    HTML is not.

    :param content: the whole body.
    :param write: whether the request could change something.
    """
    if content[:1] in (b"", b"{"):
        if write:
            return OutcomeUnknown("Xero took the request but its answer is unreadable", status=status)
        return Unavailable("Xero's answer is cut short", status=status)
    return intercepted(status, write=write)
