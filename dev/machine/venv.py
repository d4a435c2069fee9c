"""The virtual environment with everything Odoo, the addon and the tests import, exactly as the lock file says."""

import hashlib
import json
import subprocess
import sys
from functools import cache as once
from pathlib import Path

from dev.machine import cache, paths, system
from dev.machine.progress import Stop, step

LOCK = paths.REPO / "dev" / "requirements.lock"
OLDEST, NEWEST = (3, 10), (3, 13)
DISTRIBUTION = Path("/usr/bin/python3")
ABOUT = """
import ensurepip, json, sys, venv
print(json.dumps([list(sys.version_info[:3]), sys.base_prefix]))
"""


@once
def base() -> tuple[str, str, str]:
    """The Python that the environment is made from: program, version and prefix.

    The distribution's own is taken where it fits: it is built with profiles, and runs Odoo a fifth faster than one that
    was compiled without, as pyenv does.
    """
    here = (sys.executable, ".".join(map(str, sys.version_info[:3])), sys.base_prefix)
    about = _ask(DISTRIBUTION) if sys.base_prefix != "/usr" else None
    if about and OLDEST <= tuple(about[0][:2]) <= NEWEST:
        return str(DISTRIBUTION), ".".join(map(str, about[0])), about[1]
    return here


def _ask(program: Path) -> list | None:
    """Version and prefix of another Python; nothing when it is not there or makes no environments."""
    command = [program, "-I", "-c", ABOUT]
    try:
        return json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def key() -> str:
    """Name of the environment in the shared cache: its Python and this lock file."""
    _program, version, prefix = base()
    mark = hashlib.sha256(LOCK.read_bytes() + prefix.encode()).hexdigest()[:12]
    return f"python-{version}-{mark}"


def python() -> Path:
    """The interpreter of the environment, made when it doesn't exist yet. Raises Stop."""
    return cache.make_once(paths.cache() / key(), _build) / "bin" / "python"


def _build(folder: Path) -> None:
    program, version, _prefix = base()
    if not OLDEST <= tuple(map(int, version.split(".")[:2])) <= NEWEST:
        raise Stop(f"Odoo 19 needs Python 3.10 to 3.13, and this is {version}.")
    system.require(system.VENV)
    with step("Making the virtual environment"):
        _run([program, "-m", "venv", folder], folder)
    with step("Installing the Python packages of dev/requirements.lock"):
        pip = [folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q"]
        _run([*pip, "install", "--no-deps", "--require-hashes", "-r", LOCK], folder)


def _run(command: list[object], folder: Path) -> None:
    log = folder.with_suffix(".log")
    with log.open("a", encoding="utf-8") as out:
        result = subprocess.run([str(part) for part in command], stdout=out, stderr=out, check=False)
    if result.returncode:
        raise Stop(f"The virtual environment could not be made: {_reason(log)} (all of it: {log})")
    log.unlink()


def _reason(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return next((line for line in reversed(lines) if "ERROR" in line), lines[-1] if lines else "no reason given")
