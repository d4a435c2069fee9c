"""Xero's rate limits: fixed windows per app and organisation, starting at a moment of their own."""

import math
import threading
import zlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

from .clock import Clock

DAY_BY_TIER = {"starter": 1000, "core": 5000, "plus": 5000, "advanced": 5000, "enterprise": 5000}
MINUTE, DAY = 60, 86400
REMAINING = {"minute": "X-MinLimit-Remaining", "day": "X-DayLimit-Remaining", "app_minute": "X-AppMinLimit-Remaining"}


@dataclass
class Breach:
    """Which limit stands in the way, and for how many seconds (known for minute and day only)."""

    problem: str
    retry_after: int | None = None


class Limits:
    """Counts calls. Every limit can be changed while running (``values``)."""

    def __init__(self, clock: Clock, enabled: bool = True) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.enabled = enabled
        self.values: dict[str, int | None] = {"concurrent": 5, "minute": 60, "day": None, "app_minute": 10000}
        self._used: Counter = Counter()
        self._in_flight: Counter = Counter()

    def configure(self, values: dict[str, Any]) -> dict[str, Any]:
        """Change limits: enabled, concurrent, minute, day (None = by the app's tier), app_minute."""
        unknown = set(values) - {"enabled", *self.values}
        if unknown:
            raise ValueError(f"Unknown limits: {', '.join(sorted(unknown))}")
        with self._lock:
            self.enabled = bool(values.get("enabled", self.enabled))
            self.values.update({name: values[name] for name in self.values if name in values})
        return {"enabled": self.enabled, **self.values}

    def spend(self, client_id: str, tenant: str, what: str, calls: int) -> None:
        """Count ``calls`` as made already in the running minute, day or app_minute window."""
        with self._lock:
            for name, key, _end in self._windows(client_id, tenant):
                if name == what:
                    self._used[key] += calls

    def enter(self, client_id: str, tenant: str, tier: str) -> Breach | None:
        """Count a call in, or say which limit refuses it. Refused calls count in no window."""
        with self._lock:
            breach = self._breach(client_id, tenant, tier) if self.enabled else None
            if breach is None:
                self._in_flight[(client_id, tenant)] += 1
                for _name, key, _end in self._windows(client_id, tenant):
                    self._used[key] += 1
            return breach

    def leave(self, client_id: str, tenant: str) -> None:
        """The call is over."""
        with self._lock:
            self._in_flight[(client_id, tenant)] -= 1

    def headers(self, client_id: str, tenant: str, tier: str) -> dict[str, str]:
        """What is left, as Xero says it on every answer."""
        with self._lock:
            return {
                REMAINING[name]: str(max(0, self._limit(name, tier) - (self._used[key] if self.enabled else 0)))
                for name, key, _end in self._windows(client_id, tenant)
            }

    def _breach(self, client_id: str, tenant: str, tier: str) -> Breach | None:
        for name, key, end in self._windows(client_id, tenant):
            if self._used[key] >= self._limit(name, tier):
                wait = max(1, math.ceil(end - self._clock.timestamp()))
                return Breach("appminute") if name == "app_minute" else Breach(name, wait)
        if self._in_flight[(client_id, tenant)] >= self.values["concurrent"]:
            return Breach("concurrent")
        return None

    def _limit(self, name: str, tier: str) -> int:
        value = self.values[name]
        return DAY_BY_TIER.get(tier, 5000) if value is None else value

    def _windows(self, client_id: str, tenant: str) -> list[tuple[str, tuple, float]]:
        """(limit, key of the running window, its end): day first, since it is the graver breach."""
        now = self._clock.timestamp()
        shift = zlib.crc32(f"{client_id}/{tenant}".encode())
        app_shift = zlib.crc32(client_id.encode())
        rows = []
        for name, owner, length, offset in (
            ("day", (client_id, tenant), DAY, shift % DAY),
            ("minute", (client_id, tenant), MINUTE, shift % MINUTE),
            ("app_minute", (client_id,), MINUTE, app_shift % MINUTE),
        ):
            number = int((now - offset) // length)
            rows.append((name, (name, owner, number), (number + 1) * length + offset))
        return rows
