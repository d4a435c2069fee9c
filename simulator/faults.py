"""Faults that tests and demos inject. A fault waits until a call matches it, then does its harm ``count`` times."""

import itertools
import random
import re
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = {
    "drop_before": "The connection is closed before anything is done.",
    "drop_after": "The call is done in full, then the connection is closed without an answer.",
    "delay": "The call is done at once; its answer comes `seconds` later.",
    "slow": "The call takes `seconds` inside Xero, holding its place among the concurrent ones, then is done.",
    "save_late": "The call waits `seconds` before it is done; with hang_up the connection is closed at once.",
    "rate_limit": "429 of the kind `limit` (minute, day, concurrent, appminute); `retry_after` seconds if given.",
    "error": "`status` (500, 503 ...); with saved the call is done first.",
    "garbage": "The call is done, the answer is 200 with a body that is no JSON.",
    "expire_token": "The access token of the call is ended: 401 TokenExpired.",
    "disconnect": "The organisation is disconnected from the app: 403.",
    "warn": "Every element of the write is saved with a warning, `message`.",
    "invalid": "Every element of the write is refused with `message`.",
    "page": "Something on the way answers in Xero's place: `status`, `body`, `headers`; with saved Xero did the call.",
    "headers": "The call is done, its answer bears `headers` too.",
    "drip": "The call is done, its answer comes a byte every `seconds`, from its first byte on.",
    "bomb": "The call is done, its answer unpacks to `size` bytes.",
    "bend": "The call is done, the elements of its answer are changed: `fields` set, `reverse`, `cut` to so many.",
}
PAGE = "<html><head><title>Notice</title></head><body>This page was not sent by Xero.</body></html>"


@dataclass
class Fault:
    """One fault and the calls it is for. Empty conditions match everything."""

    kind: str
    method: str = ""
    path: str = ""
    resource: str = ""
    tenant: str = ""
    client_id: str = ""
    count: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seconds: float = 0.0
    hang_up: bool = False
    status: int = 500
    saved: bool = False
    limit: str = "minute"
    retry_after: int | None = None
    message: str = "A fault of the simulator."
    body: str = PAGE
    headers: dict[str, str] = field(default_factory=dict)
    size: int = 100_000_000
    fields: dict[str, Any] = field(default_factory=dict)
    reverse: bool = False
    cut: int | None = None
    id: int = 0
    hits: int = field(default=0)

    def matches(self, call: dict[str, str]) -> bool:
        """Whether this call meets all conditions; ``path`` is a regular expression."""
        if self.method and call["method"] not in self.method.upper().split(","):
            return False
        if self.path and not re.search(self.path, call["path"]):
            return False
        wanted = (("resource", self.resource), ("tenant", self.tenant), ("client_id", self.client_id))
        return all(not value or call.get(name, "") == value for name, value in wanted)


class Faults:
    """The faults that are set. Probabilities come from a seeded generator, so that a run can be repeated."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._random = random.Random(0)
        self._faults: list[Fault] = []
        self._released = threading.Event()

    def add(self, values: dict[str, Any]) -> Fault:
        """Set a fault. Raises ValueError or TypeError for an unknown kind or field."""
        fault = Fault(**values)
        if fault.kind not in KINDS:
            raise ValueError(f"Unknown kind {fault.kind!r}; known: {', '.join(KINDS)}")
        re.compile(fault.path)
        with self._lock:
            fault.id = next(self._ids)
            self._faults.append(fault)
        return fault

    def remove(self, fault_id: int | None = None) -> int:
        """Take one fault away, or all; returns how many."""
        with self._lock:
            before = len(self._faults)
            self._faults = [] if fault_id is None else [fault for fault in self._faults if fault.id != fault_id]
            return before - len(self._faults)

    def hold(self) -> threading.Event:
        """What a call waits for while the time of its fault passes; `release` ends that early."""
        return self._released

    def release(self) -> None:
        """Let the calls go on that are held."""
        self._released.set()
        self._released = threading.Event()

    def seed(self, value: int) -> None:
        """Start the probabilities anew."""
        self._random = random.Random(value)

    def all(self) -> list[dict[str, Any]]:
        """The faults that are still set, with how often each has hit."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, call: dict[str, str]) -> Fault | None:
        """The first fault that hits this call."""
        if not self._faults:
            return None
        with self._lock:
            for fault in self._faults:
                if fault.matches(call) and self._strikes(fault):
                    return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        if fault.skip > 0:
            fault.skip -= 1
            return False
        if fault.count is not None and fault.hits >= fault.count:
            return False
        if fault.probability < 1.0 and self._random.random() >= fault.probability:
            return False
        fault.hits += 1
        if fault.count is not None and fault.hits >= fault.count:
            self._faults = [other for other in self._faults if other is not fault]
        return True
