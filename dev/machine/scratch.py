"""Temporary folders of one run, with a short path, removed at its end or by the next run after a crash."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "xero-connector-"
OWNER = "pid"
LONGEST = 60
"""A unix socket's path has 107 characters at most."""


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder that other users may pass through but not list."""
    _remove_left_over()
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base()))
    path.chmod(0o711)
    (path / OWNER).write_text(str(os.getpid()), encoding="ascii")
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _base() -> str:
    base = tempfile.gettempdir()
    return base if len(base) < LONGEST else "/tmp"


def _remove_left_over() -> None:
    """Remove folders of runs that were killed without a chance to do so."""
    for path in Path(_base()).glob(f"{PREFIX}*"):
        try:
            pid = int((path / OWNER).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if path.stat().st_uid == os.geteuid() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(path, ignore_errors=True)


def unprivileged() -> dict[str, object]:
    """Popen arguments that drop root for a program that refuses to run as root; empty for ordinary users."""
    if os.geteuid():
        return {}
    account = _account()
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give_away(path: Path) -> None:
    """Let the account of `unprivileged` own `path`."""
    if not os.geteuid():
        account = _account()
        os.chown(path, account.pw_uid, account.pw_gid)


def _account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError("neither user postgres nor user nobody exists")
