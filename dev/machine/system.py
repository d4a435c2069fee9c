"""What the machine itself must have: all that is missing is installed, or named, at once."""

import shutil
from collections.abc import Callable
from importlib.util import find_spec

from dev.machine import apt, postgres

BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
"""In the order Odoo looks for them."""


def _has_venv() -> bool:
    return find_spec("ensurepip") is not None and find_spec("venv") is not None


def _has_browser() -> bool:
    return any(map(shutil.which, BROWSERS))


VENV, POSTGRESQL, BROWSER = "python3-venv", "postgresql", "chromium"
CHECKS: dict[str, Callable[[], bool]] = {
    VENV: _has_venv,
    POSTGRESQL: lambda: postgres.find_programs() is not None,
    BROWSER: _has_browser,
}
"""Debian package by what tells that it, or something as good, is there."""


def require(*packages: str) -> None:
    """Have all of `packages` on the machine. Raises Stop, naming all that are missing, when not root."""
    missing = [package for package in packages if not CHECKS[package]()]
    if missing:
        apt.install(missing)
