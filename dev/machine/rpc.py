"""Talks to a running Odoo like its web client does: a session, and methods called by name."""

import json
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT = 120


class RpcError(Exception):
    """Odoo answered with an error; `name` is the exception's dotted name, `debug` the server's traceback."""

    def __init__(self, error: dict[str, Any]) -> None:
        """Take the `error` member of Odoo's answer."""
        data = error.get("data") or {}
        self.name = data.get("name", "")
        self.debug = data.get("debug", "")
        super().__init__(data.get("message") or error.get("message") or "unknown error")


class Session:
    """A user's session on an Odoo server, with its cookies."""

    def __init__(self, url: str, database: str) -> None:
        """Prepare a session on the server at `url`; see `login`."""
        self.url = url.rstrip("/")
        self.database = database
        self.uid: int | None = None
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self.cookies)
        )

    def login(self, login: str = "admin", password: str = "admin") -> "Session":
        """Log in. Raises RpcError when Odoo refuses."""
        answer = self.jsonrpc("/web/session/authenticate", db=self.database, login=login, password=password)
        self.uid = answer["uid"]
        return self

    def jsonrpc(self, path: str, **params: Any) -> Any:
        """Call a JSON-RPC route and return its result. Raises RpcError, or OSError when nobody answers."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        with self.opener.open(request, timeout=TIMEOUT) as response:
            answer = json.load(response)
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer.get("result")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call `method` of `model`; for methods of records the first argument is the list of ids."""
        path = f"/web/dataset/call_kw/{model}/{method}"
        return self.jsonrpc(path, model=model, method=method, args=list(args), kwargs=kwargs)

    def create(self, model: str, values: dict[str, Any] | list[dict[str, Any]], **kwargs: Any) -> Any:
        """Create one record (its id is returned) or several (their ids)."""
        ids = self.call(model, "create", values if isinstance(values, list) else [values], **kwargs)
        return ids if isinstance(values, list) else ids[0]

    def read(self, model: str, domain: list[Any], fields: list[str], **kwargs: Any) -> list[dict[str, Any]]:
        """Search and read."""
        return self.call(model, "search_read", domain, fields, **kwargs)

    def get(self, url: str) -> tuple[str, str]:
        """Open a page with the session's cookies, following redirects; return its final address and text."""
        with self.opener.open(url if url.startswith("http") else self.url + url, timeout=TIMEOUT) as response:
            return response.geturl(), response.read().decode(errors="replace")
