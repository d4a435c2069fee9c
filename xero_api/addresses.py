"""Looking for the addresses of a host, with an end to its time."""

from __future__ import annotations

import queue
import socket
import threading
from typing import Any

from urllib3.util.connection import allowed_gai_family


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """Return the addresses of ``host`` in the order in which to try them.

    Nothing interrupts the system's own look-up: one that takes too long is left to end by itself.

    :param port: of the service.
    :raise TimeoutError: there is no answer in ``seconds``
    :raise OSError, UnicodeError: there is no such host
    """
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="xero address look-up", daemon=True).start()
    try:
        answer = answers.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        raise TimeoutError("Looking for the address took too long") from None
    if isinstance(answer, Exception):
        raise answer
    return list(dict.fromkeys(str(row[4][0]) for row in answer))
