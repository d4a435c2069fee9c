"""One call of the Accounting API: who calls, for which organisation, with which parameters."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request

from ..errors import unreadable
from ..oauth.registry import App
from ..organisation import Organisation
from ..world import World


@dataclass
class Call:
    """Everything a resource needs to know about the call it serves."""

    world: World
    request: Request
    app: App
    org: Organisation
    resource: str
    path: list[str] = field(default_factory=list)
    refusal: str | None = None
    warning: str | None = None

    @property
    def method(self) -> str:
        """GET, PUT, POST or DELETE."""
        return self.request.method

    @property
    def args(self) -> Any:
        """Query parameters; their names are compared without case."""
        return _Insensitive(self.request.args)

    @property
    def unit_places(self) -> int:
        """Decimals of unit prices: 4 with ``unitdp=4``, else 2."""
        return 4 if self.args.get("unitdp") == "4" else 2

    @property
    def readings(self) -> dict[str, bool]:
        """The switches for what is not settled about Xero."""
        return self.world.readings

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean query parameter, in any case (SDKs send ``True``)."""
        value = self.args.get(name)
        return default if value in (None, "") else value.strip().lower() == "true"

    def names(self, name: str) -> list[str] | None:
        """A comma-separated query parameter, or None when absent."""
        value = self.args.get(name)
        return [part.strip() for part in value.split(",") if part.strip()] if value else None


class _Insensitive:
    def __init__(self, args) -> None:
        self._args = {name.lower(): value for name, value in args.items()}

    def get(self, name: str, default: str | None = None) -> str | None:
        return self._args.get(name.lower(), default)

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._args


def elements_of(body: Any, plural: str) -> list[dict]:
    """The elements of a posted body: ``{"Invoices": [...]}``, a bare list, or one bare element."""
    if isinstance(body, dict) and plural in body:
        body = body[plural]
    rows = body if isinstance(body, list) else [body]
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise unreadable(f"The posted data holds no {plural}")
    return rows
