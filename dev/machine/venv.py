"""The virtual environment with everything Odoo, the addon and the tests import, exactly as the lock file says."""

import hashlib
import subprocess
import sys
from pathlib import Path

from dev.machine import cache, paths, system
from dev.machine.progress import Stop, step

LOCK = paths.REPO / "dev" / "requirements.lock"
OLDEST, NEWEST = (3, 10), (3, 13)


def key() -> str:
    """Name of the environment in the shared cache: this Python and this lock file."""
    mark = hashlib.sha256(LOCK.read_bytes() + sys.base_prefix.encode()).hexdigest()[:12]
    return f"venv-{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}-{mark}"


def python() -> Path:
    """The interpreter of the environment, made when it doesn't exist yet. Raises Stop."""
    return cache.make_once(paths.cache() / key(), _build) / "bin" / "python"


def _build(folder: Path) -> None:
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise Stop(f"Odoo 19 needs Python 3.10 to 3.13, and this is {sys.version.split()[0]}.")
    system.require(system.VENV)
    with step("Making the virtual environment"):
        _run([sys.executable, "-m", "venv", folder], folder)
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
