"""Idempotency-Key: answers are kept 6 minutes per app, errors too, and given again for the same request."""

import hashlib
import threading
from dataclasses import dataclass, field

from werkzeug.wrappers import Response

from .clock import Clock
from .errors import text

KEEP_SECONDS = 360
MAX_LENGTH = 128


@dataclass
class Kept:
    """The first request under a key and, once there is one, its answer."""

    digest: str
    first_at: float
    done: threading.Event = field(default_factory=threading.Event)
    answer: tuple[bytes, int, str] | None = None


def digest_of(method: str, url: str, body: bytes) -> str:
    """What makes two requests the same: method, URL and body bytes; not the tenant, since keys are the app's."""
    head = f"{method}\n{url}\n".encode()
    return hashlib.sha256(head + body).hexdigest()


class IdempotencyStore:
    """Keys of all apps. The scope of a key is the app, not the tenant."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], Kept] = {}
        self.replays = 0

    def begin(self, client_id: str, key: str, digest: str) -> tuple[Kept, bool]:
        """Claim a key: (what is kept under it, whether this call is the first and must do the work).

        A second call that comes while the first still runs waits for its answer.
        Raises :class:`simulator.errors.Answer` when the key belongs to another request or is too long.
        """
        if len(key) > MAX_LENGTH:
            raise text(400, f"Idempotency Key cannot be longer than {MAX_LENGTH} characters.")
        with self._lock:
            self._forget_old()
            kept = self._kept.get((client_id, key))
            if kept is None:
                kept = self._kept[(client_id, key)] = Kept(digest, self._clock.timestamp())
                return kept, True
        if kept.digest != digest:
            raise text(400, f"Idempotency Key: {key} is used with a different request.")
        kept.done.wait(60)
        self.replays += 1
        return kept, False

    def finish(self, kept: Kept, response: Response) -> None:
        """Keep the answer, whatever it is."""
        kept.answer = (response.get_data(), response.status_code, response.content_type)
        kept.done.set()

    def replay(self, kept: Kept) -> Response:
        """The kept answer again."""
        body, status, content_type = kept.answer or (b"", 500, "text/plain")
        return Response(body, status=status, content_type=content_type)

    def _forget_old(self) -> None:
        limit = self._clock.timestamp() - KEEP_SECONDS
        while self._kept:
            key = next(iter(self._kept))
            if self._kept[key].first_at > limit:
                return
            del self._kept[key]
