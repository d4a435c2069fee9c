"""Entry point of the tools: `python3 -m dev <command>`; `make` lists the commands."""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module

from dev.machine import process
from dev.machine.progress import Stop, say

COMMANDS = {
    "demo": ("dev.demo.steps", "demo"),
    "demo-check": ("dev.demo.steps", "check"),
    "test": ("dev.testing.runner", "run"),
    "bench": ("dev.bench.runner", "run"),
    "chaos": ("dev.chaos.storm", "run"),
    "lint": ("dev.testing.runner", "lint"),
    "audit": ("dev.testing.audit", "run"),
    "run": ("dev.demo.serve", "run"),
    "pictures": ("dev.demo.pictures", "run"),
    "texts": ("dev.texts", "run"),
    "clean": ("dev.clean", "run"),
    "dump": ("dev.testing.upgrade", "make"),
    "dump-here": ("dev.testing.upgrade", "make_here"),
}
INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Run one command and return the exit code; nothing it started is left behind."""
    command = _find(arguments)
    if command is None:
        say(f"Commands: {', '.join(COMMANDS)}")
        return 2
    process.adopt_orphans()
    process.end_on_signals()
    try:
        return command(*arguments[1:])
    except Stop as stop:
        say(str(stop))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.reap_descendants()


def _find(arguments: list[str]) -> Callable[..., int] | None:
    place = COMMANDS.get(arguments[0]) if arguments else None
    return getattr(import_module(place[0]), place[1]) if place else None


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
