"""Errors, typed by what the caller must do next.

``str()`` of each is safe to log: it never holds a body, a secret or personal data. What Xero said about a
document is in the attributes of :class:`ValidationRejected`.
"""

from __future__ import annotations

from typing import Any


class XeroError(Exception):
    """Base of everything this package raises on purpose.

    :param message: one sentence without secrets or personal data.
    :param status: HTTP status, when there was an answer.
    :param correlation_id: the id under which the call is found in our own log.
    """

    def __init__(self, message: str = "", *, status: int | None = None, correlation_id: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").split("\n")[0])
        self.status = status
        self.correlation_id = correlation_id


class RateLimited(XeroError):
    """Xero refused the call because of a limit; nothing was saved.

    :param scope: ``minute``, ``day``, ``concurrent`` or ``appminute``.
    :param retry_after: seconds to wait as told by Xero, None when it did not say.
    """

    def __init__(self, scope: str = "minute", retry_after: float | None = None, message: str = "", **info: Any) -> None:
        super().__init__(message or f"Xero's {scope} limit is reached", **info)
        self.scope = scope
        self.retry_after = retry_after


class Unavailable(XeroError):
    """Xero could not be reached or is out of order; nothing can have been saved.

    :param retry_after: seconds to wait as told by Xero, None when it did not say.
    :param intercepted: something on the way answered in Xero's place: a proxy, a firewall, a page of maintenance. It
        says nothing about what was asked.
    """

    def __init__(
        self, message: str = "", *, retry_after: float | None = None, intercepted: bool = False, **info: Any
    ) -> None:
        super().__init__(message, **info)
        self.retry_after = retry_after
        self.intercepted = intercepted


class OutcomeUnknown(XeroError):
    """A write may or may not have been saved: look it up before writing again.

    :param retry_after: seconds to wait as told by Xero, None when it did not say.
    :param intercepted: something on the way answered in Xero's place, or Xero in no form of its own.
    """

    def __init__(
        self, message: str = "", *, retry_after: float | None = None, intercepted: bool = False, **info: Any
    ) -> None:
        super().__init__(message, **info)
        self.retry_after = retry_after
        self.intercepted = intercepted


class ValidationRejected(XeroError):
    """Xero refused the whole call; nothing was saved.

    :param messages: Xero's own sentences, every one once. They may name people: show them, do not log them.
    :param elements: the refused elements as Xero echoed them.
    :param error_number: Xero's ErrorNumber (10 validation, 14 and 17 unreadable data), None when absent.
    """

    def __init__(
        self,
        messages: list[str] | None = None,
        elements: list[dict[str, Any]] | None = None,
        error_number: int | None = None,
        message: str = "",
        **info: Any,
    ) -> None:
        self.messages = list(messages or [])
        self.elements = list(elements or [])
        self.error_number = error_number
        super().__init__(
            message or f"Xero refused the data (error {error_number}, {len(self.messages)} messages)", **info
        )


class NotFound(XeroError):
    """Xero does not know that record in this organisation."""


class ReauthRequired(XeroError):
    """A person has to connect to Xero again.

    :param reason: short machine word: ``invalid_grant``, ``unauthorized``, ``tenant_disconnected``.
    :param proven: said in Xero's own form. Else a proxy may have said it: a new token is tried, nobody is asked.
    """

    def __init__(
        self, reason: str = "unauthorized", message: str = "", *, proven: bool = True, **info: Any
    ) -> None:
        super().__init__(message or f"Xero wants to be connected again ({reason})", **info)
        self.reason = reason
        self.proven = proven


class Barred(XeroError):
    """No call may be made from here; nothing was sent, and no document is to blame.

    :param kind: ``state`` (not connected), ``copy`` or ``moved`` (another database's consent), ``held`` (until a person
        has found out), ``key`` (another server's secrets), ``tenant`` (an organisation that the consent does not
        reach), ``address`` (an option of the server is wrong).
    :param message: why, in words for the person who can act.
    """

    def __init__(self, kind: str = "state", message: str = "", **info: Any) -> None:
        super().__init__(message or f"This database may not call Xero ({kind})", **info)
        self.kind = kind


class TenantDisconnected(ReauthRequired):
    """The organisation no longer admits this app, though the token itself may be good."""

    def __init__(self, reason: str = "tenant_disconnected", message: str = "", **info: Any) -> None:
        super().__init__(reason, message or "The Xero organisation is not connected to this app any more", **info)


class Forbidden(XeroError):
    """The consent, the person's role or the plan does not allow this call.

    :param scope: the missing OAuth scope when Xero named one, else None.
    """

    def __init__(self, scope: str | None = None, message: str = "", **info: Any) -> None:
        super().__init__(
            message or (f"Xero misses the scope {scope}" if scope else "Xero does not allow this call"), **info
        )
        self.scope = scope


class AppMisconfigured(XeroError):
    """The app's id, secret or scopes are wrong; an administrator must correct them.

    :param error: the identity server's word: ``invalid_client``, ``unauthorized_client`` or ``invalid_scope``.
    """

    def __init__(self, error: str = "invalid_client", message: str = "", **info: Any) -> None:
        super().__init__(message or f"Xero refuses this app's settings ({error})", **info)
        self.error = error


class ProtocolError(XeroError):
    """Xero refused our request as wrong, in its own form, or the request could not be built; no write was saved.

    :param error_number: Xero's ErrorNumber when it gave one (51 too many rows, 16 bad filter).
    """

    def __init__(self, message: str = "", *, error_number: int | None = None, **info: Any) -> None:
        super().__init__(message, **info)
        self.error_number = error_number
