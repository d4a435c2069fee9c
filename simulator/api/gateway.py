"""The way every Accounting API call goes: token, tenant, limits, scope, idempotency, then the resource."""

import uuid

from werkzeug.wrappers import Request, Response

from .. import idempotency
from ..errors import Answer, not_found, refused, text
from ..faults import Fault
from ..limits import REMAINING, Breach
from ..oauth import scopes
from ..oauth.endpoints import bearer, token_expired
from ..oauth.registry import App
from ..oauth.tokens import AccessToken
from ..organisation import Organisation
from ..world import World
from .call import Call
from .envelope import as_xml

MAX_REQUEST = 10 * 1024 * 1024
SUB_RESOURCES = {"Attachments", "History"}
# What ledger and cashbook (PARTNER) editions do not have.
INVOICING = {"Invoices", "CreditNotes"}
# Longer queries never reach Xero: about 52 ids fit into one.
MAX_QUERY = 2048
# What a user needs the permission for reports for.
REPORTING = {"ManualJournals", "Journals", "Reports"}
WRITES = {"PUT", "POST", "PATCH"}


class Gateway:
    """Serves ``/api.xro/2.0/…`` with a table of resources: name -> function(call) -> Response."""

    def __init__(self, world: World, resources: dict) -> None:
        self.world = world
        self.resources = resources

    def serve(self, request: Request, path: list[str], fault: Fault | None) -> Response:
        """One call, from token to answer. ``path`` is what follows ``/api.xro/2.0/``."""
        visit = Visit(path[0] if path else "", path[1:])
        try:
            response = self._checked(request, visit, fault)
        except Answer as answered:
            response = answered.response
        if "application/json" not in request.headers.get("Accept", ""):
            response = as_xml(response)
        self._headers(response, visit)
        self._record(request, response, visit)
        return response

    def _checked(self, request: Request, visit: "Visit", fault: Fault | None) -> Response:
        if len(request.query_string) > MAX_QUERY:
            raise text(414, "The request URL is too long")
        access = self._access(request, fault)
        visit.app = self.world.registry.apps[access.grant.client_id]
        visit.org = self._tenant(request, visit.app, access, fault)
        breach = self._enter(visit, fault)
        if breach:
            visit.breach = breach
            raise _too_many(breach)
        try:
            if fault and fault.kind == "slow":
                self.world.faults.hold().wait(fault.seconds)
            self._check_scope(request, visit, access)
            return self._once(request, visit, fault)
        finally:
            self.world.limits.leave(visit.app.client_id, visit.org.id)
            self.world.stats.leave(visit.org.id)

    def _access(self, request: Request, fault: Fault | None) -> AccessToken:
        if fault and fault.kind == "expire_token":
            access = bearer(self.world, request)
            access.expires = self.world.clock.now()
            raise refused(401, token_expired(access))
        return bearer(self.world, request)

    def _tenant(self, request: Request, app: App, access: AccessToken, fault: Fault | None) -> Organisation:
        """The organisation; 403 when not connected (removed, wrong id, no header). Custom connections imply it."""
        tenant = request.headers.get("xero-tenant-id", "") or app.custom_organisation or ""
        if fault and fault.kind == "disconnect":
            for connection in self.world.registry.of(app.client_id, access.grant.user_id):
                connection.active = connection.active and connection.tenant_id != tenant
        if not self.world.registry.connected(app.client_id, access.grant.user_id, tenant.lower()):
            raise refused(403, "AuthenticationUnsuccessful")
        return self.world.organisations[tenant.lower()]

    def _enter(self, visit: "Visit", fault: Fault | None) -> Breach | None:
        if fault and fault.kind == "rate_limit":
            return Breach(fault.limit, fault.retry_after)
        breach = self.world.limits.enter(visit.app.client_id, visit.org.id, visit.app.tier)
        if breach is None:
            self.world.stats.enter(visit.org.id)
        return breach

    def _check_scope(self, request: Request, visit: "Visit", access: AccessToken) -> None:
        """A missing scope is 401, not 403; Xero's header is spelt either way, here the right one."""
        if visit.resource not in self.resources:
            raise not_found()
        family = f"Reports/{visit.path[0] if visit.path else ''}" if visit.resource == "Reports" else visit.resource
        if family not in scopes.FAMILY:
            raise not_found()
        sub = visit.path[1] if len(visit.path) > 1 and visit.path[1] in SUB_RESOURCES else None
        lenient = not self.world.readings["items_need_settings_scope"]
        if not scopes.allows(access.grant.scopes, family, sub, request.method == "GET", lenient):
            header = {"WWW-Authenticate": 'Bearer error="insufficient_scope", error_description="insufficient_scope"'}
            raise refused(401, "AuthorizationUnsuccessful", header)
        if visit.resource in REPORTING and access.grant.user_id in visit.org.settings.get("no_reports_for", ()):
            raise refused(403, "The user does not have permission for reports")
        if visit.org.profile["Edition"] == "PARTNER" and visit.resource in INVOICING:
            raise refused(403, "The organisation's edition does not include invoicing")

    def _once(self, request: Request, visit: "Visit", fault: Fault | None) -> Response:
        """Idempotency comes after the rate limit (replays cost quota) and keeps errors too."""
        key = request.headers.get("Idempotency-Key")
        if not key or request.method not in WRITES:
            return self._done(request, visit, fault)
        digest = idempotency.digest_of(request.method, request.full_path, request.get_data())
        kept, first = self.world.idempotency.begin(visit.app.client_id, key, digest)
        if not first:
            visit.replayed = True
            return self.world.idempotency.replay(kept)
        response = Response("", status=500)
        try:
            response = self._done(request, visit, fault)
        except Answer as answered:
            response = answered.response
        finally:
            self.world.idempotency.finish(kept, response)
        return response

    def _done(self, request: Request, visit: "Visit", fault: Fault | None) -> Response:
        """Run the resource with the organisation locked; keep its changes or undo them all."""
        if fault and fault.kind == "error" and not fault.saved:
            raise _broken(fault.status)
        if request.method in WRITES and len(request.get_data()) > MAX_REQUEST:
            raise text(413, "The request is larger than 10 MB")
        if visit.org.settings["offline"]:
            raise text(503, "The Organisation is offline")
        response = self._locked(request, visit, fault)
        if fault and fault.kind == "error":
            raise _broken(fault.status)
        return response

    def _locked(self, request: Request, visit: "Visit", fault: Fault | None) -> Response:
        org = visit.org
        call = Call(self.world, request, visit.app, org, visit.resource, visit.path)
        if fault and fault.kind in ("invalid", "warn"):
            call.refusal, call.warning = (fault.message, None) if fault.kind == "invalid" else (None, fault.message)
        with org.lock:
            try:
                response = self.resources[visit.resource](call)
            except BaseException:
                org.journal.rollback()
                raise
            self.world.keep(org)
            return response

    def _headers(self, response: Response, visit: "Visit") -> None:
        response.headers["xero-correlation-id"] = str(uuid.uuid4())
        if visit.app and visit.org:
            left = self.world.limits.headers(visit.app.client_id, visit.org.id, visit.app.tier)
            if visit.breach and visit.breach.problem in REMAINING:
                left[REMAINING[visit.breach.problem]] = "0"
            response.headers.extend(left)

    def _record(self, request: Request, response: Response, visit: "Visit") -> None:
        self.world.stats.call(
            {
                "tenant": visit.org.id if visit.org else "",
                "client_id": visit.app.client_id if visit.app else "",
                "method": request.method,
                "resource": visit.resource,
                "path": request.path,
                "query": request.query_string.decode("latin-1"),
                "status": response.status_code,
                "problem": response.headers.get("X-Rate-Limit-Problem"),
                "idempotency_key": request.headers.get("Idempotency-Key"),
                "modified_since": request.headers.get("If-Modified-Since"),
                "replayed": visit.replayed,
                "sent_bytes": len(request.get_data()),
                "received_bytes": len(response.get_data()),
            }
        )


class Visit:
    """What is known about a call while it goes through the gateway."""

    def __init__(self, resource: str, path: list[str]) -> None:
        self.resource = resource
        self.path = path
        self.app: App | None = None
        self.org: Organisation | None = None
        self.breach: Breach | None = None
        self.replayed = False


def _too_many(breach: Breach) -> Answer:
    """429: plain text, X-Rate-Limit-Problem, and Retry-After for minute and day."""
    headers = {"X-Rate-Limit-Problem": breach.problem}
    if breach.retry_after is not None:
        headers["Retry-After"] = str(breach.retry_after)
    return text(429, "The maximum rate limit was reached", headers)


def _broken(status: int) -> Answer:
    """An error without reason; what is about the consent has a form of its own."""
    if status in (401, 403):
        return refused(status, "AuthorizationUnsuccessful" if status == 401 else "No permission")
    return text(status, "An error occurred in Xero" if status < 503 else "The service is unavailable")
