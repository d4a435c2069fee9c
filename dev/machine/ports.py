"""TCP ports nobody else uses, also when several clones look for one at the same moment."""

import fcntl
import random
import socket

from dev.machine import paths
from dev.machine.progress import Stop

RANGE = range(20000, 32000)
"""Below the range that the kernel hands to outgoing connections."""

TRIES = 200
_held: dict[int, object] = {}


def free_port() -> int:
    """A free port on 127.0.0.1, reserved among all clones of this user until this process ends. Raises Stop."""
    folder = paths.cache() / "ports"
    folder.mkdir(exist_ok=True)
    for port in random.sample(RANGE, TRIES):
        handle = (folder / str(port)).open("w")
        if _try_lock(handle) and _is_free(port):
            _held[port] = handle
            return port
        handle.close()
    raise Stop(f"No free port between {RANGE.start} and {RANGE.stop} on this machine.")


def _try_lock(handle) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something listens on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
