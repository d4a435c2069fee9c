"""Lean Odoo processes: tasks of `dev.inside`, done at once or in children that a test can kill."""

import json
import os
import signal
import socket
from typing import Any

from dev.machine import paths, venv
from dev.machine.process import Child, wait_for
from dev.machine.progress import Stop
from dev.machine.stack import Stack

START_SECONDS = 120
ANSWER_SECONDS = 900


class Forge:
    """A process that holds a loaded Odoo. Use it as a context manager."""

    def __init__(self, stack: Stack, name: str = "forge", **settings: object) -> None:
        """Prepare a process on the database of `stack`; `settings` go to its configuration file."""
        self.stack = stack
        self.name = name
        self.settings = settings
        self.child: Child | None = None

    def __enter__(self) -> "Forge":
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until Odoo is loaded. Raises Stop."""
        site = self.stack.site
        ours, theirs = socket.socketpair()
        config = site.command(self.name, "server", **self.settings)[-1]
        environment = site.environment()
        environment["PYTHONPATH"] += f"{os.pathsep}{paths.REPO}"
        with theirs:
            self.child = Child(
                f"Odoo ({self.name})",
                [venv.python(), "-m", "dev.inside.forge", theirs.fileno(), config, site.database],
                log=site.folder / f"{self.name}.log",
                cwd=site.folder,
                env=environment,
                pass_fds=[theirs.fileno()],
            )
        ours.settimeout(START_SECONDS)
        self._socket, self._stream = ours, ours.makefile("rw")
        self._read()
        ours.settimeout(ANSWER_SECONDS)

    def stop(self) -> None:
        """End the process and all its children."""
        if self.child:
            self._stream.close()
            self._socket.close()
            self.child.stop()
            self.child = None

    def ask(self, task: str, **args: Any) -> Any:
        """Run `module:function` of `dev.inside` and return its result. Raises Stop with the traceback of a failure."""
        return self._request(do="run", task=task, args=args)

    def fork(self, task: str, **args: Any) -> "Worker":
        """Run a task in a child of its own."""
        return Worker(self, self._request(do="fork", task=task, args=args))

    def _request(self, **request: Any) -> Any:
        self._stream.write(json.dumps(request) + "\n")
        self._stream.flush()
        return self._read()

    def _read(self) -> Any:
        line = self._stream.readline()
        if not line:
            raise Stop(f"{self.child.name} ended; see {self.child.log}")
        answer = json.loads(line)
        if "error" in answer:
            raise Stop(answer["error"])
        return answer["result"]


class Worker:
    """A forked child of a forge."""

    def __init__(self, forge: Forge, pid: int) -> None:
        """Take a child that runs."""
        self.forge = forge
        self.pid = pid
        self.end: dict[str, Any] | None = None

    @property
    def running(self) -> bool:
        """Whether the child has not ended yet."""
        if self.end is None:
            self.end = self.forge._request(do="poll", pid=self.pid)
        return self.end is None

    def kill(self) -> bool:
        """Kill the child without warning; return whether that hit a living one."""
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
            wait_for(lambda: not self.running, 10)
        return self.end["code"] == -signal.SIGKILL

    def wait(self, seconds: float) -> Any:
        """Return the task's result. Raises Stop when it failed or does not end."""
        if not wait_for(lambda: not self.running, seconds):
            raise Stop(f"A task has not ended after {seconds} s; see {self.forge.child.log}")
        if self.end["code"]:
            raise Stop(f"A task ended with code {self.end['code']}; see {self.forge.child.log}")
        return self.end["result"]
