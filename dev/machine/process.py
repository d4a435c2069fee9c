"""Child processes that never outlive the command that started them."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from dev.machine.progress import Stop

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
POLL_SECONDS = 0.05

_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """A process in a session of its own, with its output in a file."""

    def __init__(
        self,
        name: str,
        command: list[object],
        *,
        log: Path,
        stdin: Path = Path(os.devnull),
        death_signal: int = signal.SIGTERM,
        **popen,
    ) -> None:
        """Start `command`. `death_signal` is what the kernel sends it should this process be killed."""
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out, stdin.open("rb") as source:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=source,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, death_signal),
                **popen,
            )

    @property
    def pid(self) -> int:
        """Process id, which is the id of its process group too."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self.process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return when `ready()` is true. Raises Stop when the process ends before, or after `seconds`."""
        if not wait_for(lambda: not self.running or ready(), seconds) or not self.running:
            state = "did not get ready" if self.running else f"ended with code {self.process.returncode}"
            raise Stop(f"{self.name} {state}; its last words, from {self.log}:\n{tail(self.log)}")

    def stop(self, signum: int = signal.SIGTERM, seconds: float = 20) -> None:
        """Ask the process to end, and kill what is left of its group after `seconds`."""
        if self.running:
            self.process.send_signal(signum)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self) -> None:
        """End the whole process group at once, like a machine that loses power."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
        self.process.wait()


def wait_for(ready: Callable[[], bool], seconds: float) -> bool:
    """Wait until `ready()` is true; False when it isn't after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def tail(log: Path, lines: int = 30) -> str:
    """The last `lines` of a log file."""
    if not log.exists():
        return "(nothing)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def adopt_orphans() -> None:
    """Make grandchildren whose parent dies ours, so that `reap_descendants` finds them."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def reap_descendants() -> None:
    """Kill every process started by this one that is still there."""
    for _round in range(10):
        pids = [pid for pid, parent in _parents().items() if parent == os.getpid()]
        if not pids:
            return
        for pid in pids:
            _kill_and_wait(pid)


def _kill_and_wait(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError, PermissionError):
        pass


def _parents() -> dict[int, int]:
    """Parent process id by process id, read from /proc."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(folder.name)] = int(fields[1])
    return found


def end_on_signals() -> None:
    """Turn SIGTERM and SIGHUP into SystemExit, so that everything started is stopped in order.

    Ctrl-C is heard too when a shell started the command in the background, where it would be ignored.
    """
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, _exit)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _exit(signum: int, _frame: object) -> None:
    raise SystemExit(128 + signum)
