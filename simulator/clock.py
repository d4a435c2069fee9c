"""The one clock of the simulator. Tests move it; nothing else asks the system for the time of day."""

import threading
from datetime import datetime, timedelta, timezone


class Clock:
    """Real UTC time plus an offset that only ever changes by :meth:`advance` and :meth:`reset`."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Naive UTC, cut to milliseconds: the precision of Xero's JSON dates."""
        now = datetime.now(timezone.utc).replace(tzinfo=None) + self._offset
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def timestamp(self) -> float:
        """Seconds since the epoch on this clock."""
        return self.now().replace(tzinfo=timezone.utc).timestamp()

    def advance(self, seconds: float) -> datetime:
        """Move the clock by ``seconds`` (may be negative) and return the new time."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)
        return self.now()

    def reset(self) -> None:
        """Back to real time."""
        self._offset = timedelta()
