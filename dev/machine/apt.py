"""Debian packages: downloaded by anybody through a private apt configuration, installed by root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.machine.progress import Stop, step

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
POLICY = Path("/usr/sbin/policy-rc.d")
USE_ODOO_HOME = "point ODOO_HOME at a folder that holds an Odoo 19 instead"


class PrivateApt:
    """An apt that keeps lists, cache and sources in `folder` and leaves the machine's own alone; needs no root."""

    def __init__(self, folder: Path, sources: str | None = None) -> None:
        """Use the lines of `sources`, or the machine's own sources when there are none."""
        self.options = [
            *_set("Dir::State::lists", self._made(folder / "lists")),
            *_set("Dir::Cache", self._made(folder / "cache")),
            *_set("APT::Sandbox::User", "root"),
            *_set("Acquire::Languages", "none"),
            # A mirror that lags behind is good enough: what it holds is signed all the same.
            *_set("Acquire::Check-Valid-Until", "false"),
            *_set("Acquire::Retries", "3"),
        ]
        if sources:
            listing = folder / "sources.list"
            listing.write_text(sources, encoding="utf-8")
            self.options += [*_set("Dir::Etc::sourcelist", listing), *_set("Dir::Etc::sourceparts", "-")]

    @staticmethod
    def _made(folder: Path) -> Path:
        for name in ("partial", "archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        return folder

    def update(self) -> None:
        """Read the package lists. Raises Stop when they can't be read."""
        result = _run(["apt-get", *self.options, "-qq", "update"])
        if result.returncode:
            raise Stop(f"apt could not read Debian's package lists ({_last_line(result)}); {USE_ODOO_HOME}.")

    def download(self, packages: list[str], folder: Path) -> None:
        """Save the `packages` in `folder`. Raises Stop when one is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        result = _run(["apt-get", *self.options, "-qq", "download", *packages], cwd=folder)
        if result.returncode:
            raise Stop(f"Debian's packages could not be downloaded ({_last_line(result)}); {USE_ODOO_HOME}.")

    def targets(self) -> list[list[str]]:
        """(address, code name) of each Debian archive the sources name."""
        return _targets(self.options)


def debian_archive(scratch: Path) -> tuple[str, str]:
    """Address and stable code name of the Debian archive this machine uses. Raises Stop when it uses none."""
    found = _targets([]) or _targets_after_update(scratch)
    if not found or not KEYRING.exists():
        raise Stop(f"This machine knows no Debian package archive to get Odoo 19 from; {USE_ODOO_HOME}.")
    own = _os_release().get("VERSION_CODENAME")
    address, codename = next((target for target in found if target[1] == own), found[0])
    return address, codename


def _targets_after_update(scratch: Path) -> list[list[str]]:
    apt = PrivateApt(scratch)
    apt.update()
    return apt.targets()


def _targets(options: list[str]) -> list[list[str]]:
    form = "$(REPO_URI)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)"
    try:
        result = _run(["apt-get", *options, "indextargets", "--format", form])
    except FileNotFoundError:
        return []
    rows = [line.split("|") for line in result.stdout.splitlines()]
    return [row[:2] for row in rows if row[2:] == ["main", "Debian"] and "-" not in row[1]]


def _os_release() -> dict[str, str]:
    path = Path("/etc/os-release")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {key: value.strip('"') for key, found, value in (line.partition("=") for line in lines) if found}


def install(packages: list[str]) -> None:
    """Install system `packages`, when root; else raise Stop naming all of them."""
    if os.geteuid():
        raise Stop(f"Please have these system packages installed first: apt-get install {' '.join(packages)}")
    with step(f"Installing system packages {' '.join(packages)}"), _no_service_started():
        _run(["apt-get", "-qq", "update"])
        command = ["apt-get", "-qq", "install", "--no-install-recommends", "-y", *packages]
        result = _run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    if result.returncode:
        raise Stop(f"apt-get could not install {' '.join(packages)}: {_last_line(result)}")


@contextmanager
def _no_service_started() -> Iterator[None]:
    """Keep Debian from starting a database server of its own; we start ours by hand."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _set(option: str, value: object) -> list[str]:
    return ["-o", f"{option}={value}"]


def _run(command: list[str], **kwargs) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **kwargs)


def _last_line(result: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (result.stdout + result.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E:")]
    return (errors or lines or [f"exit code {result.returncode}"])[-1]
