"""Things made once and kept, safe for several clones at work at the same time."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.machine import paths
from dev.machine.progress import say

MARKER = ".complete"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock `name` of the shared cache; a process that dies lets go of it."""
    folder = paths.cache() / "locks"
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as handle:
        _lock(handle.fileno(), name)
        yield


def _lock(descriptor: int, name: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"Another command is preparing {name}; waiting for it.")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def is_complete(folder: Path) -> bool:
    """Whether `folder` was made to the end."""
    return (folder / MARKER).exists()


def make_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Return `folder`, filled by `build(folder)` unless that was done before.

    A build that was cut off leaves no marker and is started again from an empty folder. The folder is filled in
    place, because a virtual environment can't be moved.
    """
    if not is_complete(folder):
        with locked(folder.name):
            if not is_complete(folder):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                build(folder)
                (folder / MARKER).touch()
    touch(folder)
    return folder


def touch(folder: Path) -> None:
    """Note that `folder` was used now; see `keep_newest`."""
    os.utime(folder / MARKER)


def keep_newest(parent: Path, pattern: str, count: int, min_age_seconds: float = 3 * 3600) -> None:
    """Remove all but the `count` most recently used folders matching `pattern`, and none that a command still under way
    may use."""
    done = [folder for folder in parent.glob(pattern) if is_complete(folder)]
    done.sort(key=lambda folder: (folder / MARKER).stat().st_mtime, reverse=True)
    limit = time.time() - min_age_seconds
    for folder in done[count:]:
        if (folder / MARKER).stat().st_mtime < limit:
            (folder / MARKER).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
