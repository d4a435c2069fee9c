"""One webhook POST: signing, sending, judging the answer as Xero does."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

TIMEOUT = 5.0


@dataclass
class Result:
    """What came back: status 0 when nothing did."""

    status: int = 0
    milliseconds: float = 0.0
    answer_bytes: int = 0
    cookies: bool = False
    error: str = ""

    def is_good(self, signature_right: bool) -> bool:
        """200 (any 2xx), an empty body and no cookie within 5 seconds; a wrong signature must be answered 401."""
        if not signature_right:
            return self.status == 401
        return 200 <= self.status < 300 and not self.answer_bytes and not self.cookies


def sign(body: bytes, key: str) -> str:
    """base64(HMAC-SHA256(body, key)), the value of x-xero-signature."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def post(url: str, body: bytes, signature: str) -> Result:
    """Send one body. Never raises for what the other side does."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    start = time.monotonic()
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    result = Result()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Content-Type": "application/json", "x-xero-signature": signature, "User-Agent": "Simulated Xero"}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        result.status, result.answer_bytes = answer.status, len(answer.read())
        result.cookies = answer.getheader("Set-Cookie") is not None
    except (OSError, HTTPException) as error:
        result.error = f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    result.milliseconds = round((time.monotonic() - start) * 1000, 1)
    return result
