"""Webhook deliveries in numbers: posts at a fixed pace, how long each took, and what they cost the server."""

import base64
import hashlib
import hmac
import json
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

THREADS = 32
TIMEOUT = 30
TRIES = 3
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Post:
    """One delivery as it is sent, and the status a good receiver answers."""

    body: bytes
    signature: str
    expected: int


def genuine(key: str, tenant: str, xero_id: str) -> Post:
    """A delivery that Xero could have made: one event, now."""
    happened = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    event = {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Invoices/{xero_id}",
        "resourceId": xero_id,
        "tenantId": tenant,
        "tenantType": "ORGANISATION",
        "eventCategory": "INVOICE",
        "eventType": "UPDATE",
        "eventDateUtc": happened,
    }
    delivery = {"events": [event], "firstEventSequence": 1, "lastEventSequence": 1, "entropy": os.urandom(8).hex()}
    body = json.dumps(delivery).encode()
    return Post(body, sign(body, key), 200)


def forged(tenant: str, xero_id: str) -> Post:
    """The same signed by somebody who does not know the key."""
    post = genuine("somebody else's key", tenant, xero_id)
    return Post(post.body, post.signature, 401)


def sign(body: bytes, key: str) -> str:
    """The value of x-xero-signature."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


def send(address: str, post: Post) -> None:
    """Deliver one post on a connection of its own. Raises ValueError for another answer than expected."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        headers = {"Content-Type": "application/json", "x-xero-signature": post.signature}
        connection.request("POST", parts.path, post.body, headers)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status != post.expected or content or answer.getheader("Set-Cookie"):
        raise ValueError(f"A webhook was answered {answer.status} with {content[:200]!r}")


def at_pace(address: str, make: Callable[[int], Post], per_second: float, count: int) -> list[float]:
    """Send `count` posts at a fixed pace whatever the answers take; one that gets no answer is sent again at once.

    :return: milliseconds from the moment each was due to its answer, so that waiting for the one before counts too
    """
    start = time.monotonic() + 0.5

    def one(number: int) -> float:
        due = start + number / per_second
        post = make(number)
        time.sleep(max(0.0, due - time.monotonic()))
        for left in reversed(range(TRIES)):
            try:
                send(address, post)
                break
            except (OSError, HTTPException):
                if not left:
                    raise
        return (time.monotonic() - due) * 1000

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(count)))


def p99(values: list[float]) -> float:
    """The value that 99 of 100 do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[98]


def group_cpu_seconds(group: int) -> float:
    """CPU seconds so far of all living processes of a process group, and of those of their children that ended."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            total += sum(map(int, fields[11:15]))
    return total / TICKS
