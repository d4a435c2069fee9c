"""One HTTP call on `requests`, in the shape in which xero-python wants its REST class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

USER_AGENT = "odoo-xero-connector"


class RawAnswer:
    """Status, headers (case-insensitive) and decoded body bytes; xero-python reads ``getheaders()``."""

    def __init__(self, response: requests.Response) -> None:
        self.status: int = response.status_code
        self.headers = response.headers
        self.data: bytes = response.content or b""

    def getheaders(self) -> Any:
        """Return the headers."""
        return self.headers

    @property
    def wire_bytes(self) -> int:
        """Bytes of the body as they travelled, where the server said how many."""
        length = self.headers.get("Content-Length") or ""
        return int(length) if length.isdigit() else len(self.data)


def keep_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Serve as ``auth`` of each request, so that a .netrc file cannot replace our Authorization header."""
    return request


def new_session() -> requests.Session:
    """Return a session that never repeats a request, keeps few connections and asks for gzip."""
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=2, pool_maxsize=2, max_retries=Retry(0, read=False))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"})
    return session


def query_string(params: Iterable[tuple[str, Any]] | None) -> str:
    """Return ``?a=b&c=d`` (empty without parameters); blanks as %20, commas plain to keep id lists short."""
    pairs = [(name, value) for name, value in params or [] if value is not None]
    return "?" + urlencode(pairs, quote_via=quote, safe=",") if pairs else ""


def check_complete(answer: RawAnswer) -> RawAnswer:
    """Return ``answer`` when it is whole; older urllib3 versions let a cut body pass.

    :raise requests.exceptions.ChunkedEncodingError: when bytes are missing.
    """
    length = answer.headers.get("Content-Length") or ""
    plain = (answer.headers.get("Content-Encoding") or "identity").lower() == "identity"
    if plain and length.isdigit() and len(answer.data) < int(length):
        raise requests.exceptions.ChunkedEncodingError("The answer is cut short")
    return answer


class RestClient:
    """Replaces xero-python's REST class: no retries, one float timeout, bytes sent as given, no raising on status."""

    def __init__(self, session: requests.Session, timeout: float) -> None:
        self.session = session
        self.timeout = float(timeout)

    def _request(
        self,
        method: str,
        url: str,
        query_params: Iterable[tuple[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
        post_params: Any = None,
        body: bytes | None = None,
        _preload_content: bool = False,
        _request_timeout: Any = None,
    ) -> RawAnswer:
        if body is not None and not isinstance(body, bytes):
            raise TypeError("The body must be bytes that we serialised ourselves")
        # An empty header is worse than none: custom connections have no tenant id.
        wanted = {name: value for name, value in (headers or {}).items() if value not in (None, "")}
        response = self.session.request(
            method,
            url + query_string(query_params),
            headers=wanted,
            data=body,
            auth=keep_authorization,
            timeout=self.timeout,
            allow_redirects=False,
        )
        return check_complete(RawAnswer(response))

    def GET(self, url: str, **options: Any) -> RawAnswer:
        """Send GET."""
        return self._request("GET", url, **options)

    def POST(self, url: str, **options: Any) -> RawAnswer:
        """Send POST."""
        return self._request("POST", url, **options)

    def PUT(self, url: str, **options: Any) -> RawAnswer:
        """Send PUT."""
        return self._request("PUT", url, **options)

    def DELETE(self, url: str, **options: Any) -> RawAnswer:
        """Send DELETE."""
        return self._request("DELETE", url, **options)
