"""The simulated Xero as a process, and its control interface."""

import json
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from dev.machine import paths, ports, venv
from dev.machine.process import Child

START_SECONDS = 120
TIMEOUT = 60
ELEMENTS = 50


class Simulator:
    """A simulated Xero with books of its own. Use it as a context manager."""

    def __init__(self, folder: Path, *, limits: bool = True) -> None:
        """Prepare a simulator that logs into `folder`; without `limits` it counts calls but never refuses one."""
        self.log = folder / "simulator.log"
        self.port = ports.free_port()
        self.limits = limits
        self.child: Child | None = None
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __enter__(self) -> "Simulator":
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The one address that stands for all of Xero's hosts."""
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        """Start with the seeded organisations; what an earlier process held is gone. Raises Stop."""
        command = [venv.python(), "-B", "-m", "simulator", "--port", self.port, "--quiet"]
        command += [] if self.limits else ["--no-limits"]
        self.child = Child("The simulated Xero", command, log=self.log, cwd=paths.REPO)
        self.child.wait_until(lambda: ports.answers(self.port), START_SECONDS)

    def stop(self) -> None:
        """End the process."""
        if self.child:
            self.child.stop()
            self.child = None

    def get(self, path: str = "", /, **query: Any) -> Any:
        """Ask the control interface, `path` without its `/simulator`."""
        suffix = f"?{urllib.parse.urlencode(query)}" if query else ""
        return self._call("GET", path + suffix)

    def post(self, path: str, /, **body: Any) -> Any:
        """Tell the control interface something."""
        return self._call("POST", path, body)

    def delete(self, path: str) -> Any:
        """Remove something, such as the faults."""
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        address = f"{self.url}/simulator/{path}".rstrip("/")
        request = urllib.request.Request(address, data, headers, method=method)
        with self._opener.open(request, timeout=TIMEOUT) as response:
            return json.load(response)

    def write(self, organisation: str, resource: str, elements: list[dict[str, Any]], method: str = "PUT") -> list[Any]:
        """Write `elements` through the API as another program, 50 a call; return what Xero made of them."""
        token = self.post("token", organisations=[organisation])
        headers = {
            "Authorization": f"Bearer {token['access_token']}",
            "xero-tenant-id": token["tenants"][0],
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        made: list[Any] = []
        for start in range(0, len(elements), ELEMENTS):
            body = json.dumps({resource: elements[start : start + ELEMENTS]}).encode()
            request = urllib.request.Request(f"{self.url}/api.xro/2.0/{resource}", body, headers, method=method)
            with self._opener.open(request, timeout=TIMEOUT) as response:
                made += json.load(response)[resource]
        return made

    def app(self) -> dict[str, Any]:
        """The app that is registered from the start, with `client_id` and `client_secret`."""
        return self.get()["apps"][0]

    def documents(self, organisation: str, kind: str) -> list[dict[str, Any]]:
        """Documents of a kind (`Invoices`, `Contacts`, …) as the simulated Xero keeps them."""
        return self.get(f"organisations/{organisation}/documents/{kind}")[kind]


class ConsentForm(HTMLParser):
    """The form on Xero's consent page: its action, hidden fields and organisations by name."""

    def __init__(self, html: str) -> None:
        """Read the page."""
        super().__init__()
        self.action = ""
        self.hidden: dict[str, str] = {}
        self.organisations: dict[str, str] = {}
        self._choice: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the form and its fields."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        elif tag == "input" and values.get("type") == "hidden":
            self.hidden[values["name"]] = values.get("value", "")
        elif tag == "input" and values.get("name") == "organisation":
            self._choice = values["value"]

    def handle_data(self, data: str) -> None:
        """Note the name beside a tick box."""
        if self._choice and data.strip():
            self.organisations[data.strip()] = self._choice
            self._choice = None

    def allow(self, names: list[str]) -> dict[str, Any]:
        """What a person sends who ticks the organisations called `names` and allows access."""
        return {**self.hidden, "organisation": [self.organisations[name] for name in names], "decision": "allow"}
