"""The WSGI application: who answers which path, and the faults that act on whole connections."""

import threading
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from .api.gateway import Gateway
from .control.routes import Control
from .errors import Answer
from .faults import Fault
from .mangling import mangled
from .oauth import authorize, endpoints
from .pages.views import page
from .resources import RESOURCES
from .server import Hangup
from .world import World

API = "/api.xro/2.0/"


class Application:
    """Login, identity and API hosts of Xero on one address, plus the control interface and the page for people."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gateway = Gateway(world, RESOURCES)
        self.control = Control(world)

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Any:
        request = Request(environ)
        try:
            response = self.answer(request)
        except Answer as answered:
            response = answered.response
        if "Date" not in response.headers:
            response.date = self.world.clock.now()
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        """Route one request."""
        path = request.path
        if path.startswith("/simulator/") or path == "/simulator":
            return self.control.serve(request)
        if path.startswith(("/api.xro/", "/connect/", "/connections")):
            return self._with_faults(request)
        if path == "/identity/connect/authorize":
            return authorize.authorize(self.world, request)
        if path == "/.well-known/openid-configuration":
            return endpoints.discovery(request)
        return page(self.world, request)

    def _with_faults(self, request: Request) -> Response:
        fault = self.world.faults.take(self._description(request))
        if fault is None:
            return self._serve(request, None)
        if fault.kind == "drop_before":
            raise Hangup
        if fault.kind == "save_late":
            return self._save_late(request, fault)
        if fault.kind == "page" and not fault.saved:
            return mangled(Response(), fault)
        response = self._served(request, fault)
        if fault.kind == "drop_after":
            raise Hangup
        if fault.kind == "delay":
            self.world.faults.hold().wait(fault.seconds)
        if fault.kind == "garbage":
            return Response("<html><body>Bad gateway</body></html>", status=200, content_type="text/html")
        return mangled(response, fault)

    def _save_late(self, request: Request, fault: Fault) -> Response:
        """The request reaches Xero late: the caller may have given up, and its retry may come first."""

        held = self.world.faults.hold()

        def late() -> Response:
            held.wait(fault.seconds)
            return self._served(request, None)

        if not fault.hang_up:
            return late()
        request.get_data()
        threading.Thread(target=late, daemon=True).start()
        raise Hangup

    def _served(self, request: Request, fault: Fault | None) -> Response:
        try:
            return self._serve(request, fault)
        except Answer as answered:
            return answered.response

    def _serve(self, request: Request, fault: Fault | None) -> Response:
        path = request.path
        if path.startswith(API):
            return self.gateway.serve(request, [part for part in path[len(API) :].split("/") if part], fault)
        if fault and fault.kind == "error" and not fault.saved:
            return Response("", status=fault.status)
        if fault and fault.kind == "slow":
            self.world.faults.hold().wait(fault.seconds)
        response = self._identity(request, path)
        return Response("", status=fault.status) if fault and fault.kind == "error" else response

    def _identity(self, request: Request, path: str) -> Response:
        if path == "/connect/token":
            return endpoints.token(self.world, request)
        if path == "/connect/revocation" and request.method == "POST":
            return endpoints.revocation(self.world, request)
        if path == "/connections" or path.startswith("/connections/"):
            return endpoints.connections(self.world, request, path.removeprefix("/connections").strip("/") or None)
        return Response("", status=404, content_type="text/plain")

    def _description(self, request: Request) -> dict[str, str]:
        """What a fault can match on."""
        path = request.path
        token = self.world.registry.tokens.access(request.headers.get("Authorization", "")[7:])
        return {
            "method": request.method,
            "path": path,
            "resource": path[len(API) :].split("/")[0] if path.startswith(API) else "",
            "tenant": request.headers.get("xero-tenant-id", ""),
            "client_id": token.grant.client_id if token else "",
        }
