"""Routes of the control interface. JSON in, JSON out; callers on this machine only."""

import ipaddress
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .. import codec
from ..errors import Invalid, json_response
from ..pages import data
from ..pages import ledger as pages_ledger
from ..world import World
from . import acting, books, hooks, keeping, ledger, rewind, setup, steering

LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


class BadRequest(Exception):
    """The control call itself is wrong: 400 with ``error``."""


RULES: list[tuple[str, str, Callable]] = [
    ("GET", "/simulator", setup.overview),
    ("POST", "/simulator/reset", setup.reset),
    ("GET", "/simulator/state", keeping.take),
    ("POST", "/simulator/state", keeping.put),
    ("POST", "/simulator/mark", rewind.mark_world),
    ("POST", "/simulator/rewind", rewind.rewind_world),
    ("POST", "/simulator/apps", setup.add_app),
    ("GET", "/simulator/apps", setup.list_apps),
    ("POST", "/simulator/organisations", setup.add_organisation),
    ("GET", "/simulator/organisations", setup.list_organisations),
    ("GET", "/simulator/organisations/<org>", setup.show_organisation),
    ("POST", "/simulator/organisations/<org>", setup.change_organisation),
    ("POST", "/simulator/organisations/<org>/mark", rewind.mark),
    ("POST", "/simulator/organisations/<org>/rewind", rewind.rewind),
    ("POST", "/simulator/token", setup.give_token),
    ("GET", "/simulator/clock", steering.show_clock),
    ("POST", "/simulator/clock", steering.advance_clock),
    ("GET", "/simulator/limits", steering.show_limits),
    ("POST", "/simulator/limits", steering.change_limits),
    ("POST", "/simulator/limits/spend", steering.spend_limit),
    ("GET", "/simulator/readings", steering.show_readings),
    ("POST", "/simulator/readings", steering.change_readings),
    ("GET", "/simulator/lives", steering.show_lives),
    ("POST", "/simulator/lives", steering.change_lives),
    ("POST", "/simulator/tokens/expire", steering.expire_tokens),
    ("POST", "/simulator/disconnect", steering.disconnect),
    ("GET", "/simulator/faults", steering.list_faults),
    ("POST", "/simulator/faults", steering.add_fault),
    ("DELETE", "/simulator/faults", steering.remove_faults),
    ("DELETE", "/simulator/faults/<int:fault>", steering.remove_faults),
    ("POST", "/simulator/faults/release", steering.release_faults),
    ("GET", "/simulator/stats", steering.show_stats),
    ("POST", "/simulator/stats/reset", steering.reset_stats),
    ("GET", "/simulator/calls", steering.list_calls),
    ("GET", "/simulator/organisations/<org>/documents", books.list_kinds),
    ("GET", "/simulator/organisations/<org>/documents/<kind>", books.dump),
    ("GET", "/simulator/organisations/<org>/duplicates", books.list_duplicates),
    ("GET", "/simulator/organisations/<org>/totals", books.totals),
    ("GET", "/simulator/organisations/<org>/trial_balance", ledger.trial_balance),
    ("GET", "/simulator/organisations/<org>/entries", ledger.entries),
    ("GET", "/simulator/organisations/<org>/act", acting.list_actions),
    ("POST", "/simulator/organisations/<org>/act/<action>", acting.act),
    ("GET", "/simulator/webhooks", hooks.show),
    ("POST", "/simulator/webhooks", hooks.subscribe),
    ("DELETE", "/simulator/webhooks", hooks.unsubscribe),
    ("POST", "/simulator/webhooks/intent", hooks.intent),
    ("POST", "/simulator/webhooks/settings", hooks.settings),
    ("POST", "/simulator/webhooks/flush", hooks.flush),
    ("POST", "/simulator/webhooks/replay", hooks.replay),
    ("POST", "/simulator/webhooks/send", hooks.send),
    ("GET", "/simulator/webhooks/deliveries", hooks.deliveries),
    ("GET", "/simulator/page", data.overview),
    ("GET", "/simulator/page/<org>/ledger", pages_ledger.trial_balance),
    ("GET", "/simulator/page/<org>/ledger/<key>", pages_ledger.account),
    ("GET", "/simulator/page/<org>/<kind>", data.listing),
    ("GET", "/simulator/page/<org>/<kind>/<key>", data.document),
]


class Control:
    """Serves ``/simulator/…``."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._map = Map(
            [Rule(path, methods=[method], endpoint=endpoint) for method, path, endpoint in RULES],
            strict_slashes=False,
        )

    def serve(self, request: Request) -> Response:
        """One control call; errors are JSON with ``error``."""
        if not _is_local(request):
            return json_response({"error": "The control interface answers this machine only"}, 403)
        try:
            endpoint, values = self._map.bind_to_environ(request.environ).match()
            result = endpoint(self.world, _body(request), **values)
        except HTTPException as missing:
            return json_response({"error": missing.description}, missing.code or 500)
        except KeyError as missing:
            return json_response({"error": f"Not found: {missing.args[0]}"}, 404)
        except Invalid as invalid:
            return json_response({"error": "; ".join(invalid.messages)}, 422)
        except (ValueError, TypeError, BadRequest) as wrong:
            return json_response({"error": str(wrong)}, 400)
        return json_response(_plain(result))


def _is_local(request: Request) -> bool:
    """A loopback caller, and no page of another site in a browser on this machine."""
    try:
        local = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    origin = request.headers.get("Origin")
    named = urlsplit(f"//{request.host}").hostname in LOCAL_NAMES
    return local and named and (not origin or urlsplit(origin).netloc == request.host)


def _plain(value: Any) -> Any:
    """Dates as ISO texts: the control interface is for people and tests, not for Xero clients."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _body(request: Request) -> dict[str, Any]:
    """Query parameters and, over them, the JSON body."""
    values: dict[str, Any] = dict(request.args)
    raw = request.get_data()
    if raw:
        body = codec.loads(raw)
        if not isinstance(body, dict):
            raise BadRequest("The body must be a JSON object")
        values |= body
    return values
