"""A ready-to-run Odoo 19: downloaded once from Debian and kept unpacked, or the one ODOO_HOME names."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.machine import cache, paths
from dev.machine.apt import USE_ODOO_HOME, PrivateApt, debian_archive
from dev.machine.progress import Stop, step

SERIES = "19.0"
FOLDER = "odoo-19"
FROM_SID = [
    "odoo-19",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
]
FROM_STABLE = ["fonts-font-awesome"]
"""Sid's version 7 lacks the old web fonts that Odoo's links name."""

STAND_IN = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
"""A non-free file that Debian leaves out and the web client still loads."""

FONT = "odoo/addons/web/static/src/libs/fontawesome/fonts/fontawesome-webfont.ttf"


@dataclass(frozen=True)
class OdooHome:
    """Where Odoo's code is."""

    packages: Path
    """The folder to import `odoo` from."""
    addons: tuple[Path, ...]
    version: str
    """Release and a mark of the very package, such as `19.0.0+dfsg-1`; part of the key of template databases."""


def odoo_home() -> OdooHome:
    """Return the Odoo to use, after downloading it when needed. Raises Stop with what a person can do."""
    named = os.environ.get("ODOO_HOME")
    if named:
        return find_odoo(Path(named).expanduser().absolute())
    folder = cache.make_once(paths.cache() / FOLDER, _download)
    return find_odoo(folder)


def find_odoo(folder: Path) -> OdooHome:
    """Find Odoo in `folder`: a source checkout, an unpacked Debian package or a site-packages folder."""
    for packages in (folder, folder / "usr/lib/python3/dist-packages"):
        release = packages / "odoo" / "release.py"
        if release.is_file():
            version = _version(release)
            if not version.startswith(SERIES):
                raise Stop(f"{folder} holds Odoo {version}, and this addon needs Odoo {SERIES}.")
            addons = [packages / "addons", packages / "odoo" / "addons"]
            return OdooHome(packages, tuple(path for path in addons if path.is_dir()), _mark(folder, version))
    raise Stop(f"There is no Odoo in {folder}: expected the folder `odoo` with `release.py`; check ODOO_HOME.")


def _version(release: Path) -> str:
    match = re.search(r"^version_info\s*=\s*\((\d+),\s*(\d+)", release.read_text(encoding="utf-8"), re.MULTILINE)
    return ".".join(match.groups()) if match else "unknown"


def _mark(folder: Path, version: str) -> str:
    """Tell one copy of Odoo from another: the package's version, or for a named folder its path and commit."""
    mark = folder / ".version"
    if mark.exists():
        return mark.read_text(encoding="utf-8").strip()
    command = ["git", "-C", folder, "rev-parse", "HEAD"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        commit = ""
    return " ".join([version, str(folder), commit])


def _download(folder: Path) -> None:
    debs = paths.cache() / "packages"
    packages = [*FROM_SID, *FROM_STABLE]
    if not all(_newest(debs, name) for name in packages):
        with step("Downloading Odoo 19 (about 130 MB)"):
            _fetch(debs)
    with step("Unpacking Odoo 19"):
        for name in packages:
            _unpack(_newest(debs, name), folder)
    _complete(folder)
    (folder / ".version").write_text(_newest(debs, "odoo-19").name.split("_")[1], encoding="utf-8")


def _fetch(debs: Path) -> None:
    scratch = paths.cache() / "apt"
    scratch.mkdir(exist_ok=True)
    address, codename = debian_archive(scratch)
    line = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {} {} main\n"
    apt = PrivateApt(scratch, line.format(address, "sid") + line.format(address, codename))
    apt.update()
    apt.download([f"{name}/{codename}" for name in FROM_STABLE] + [f"{name}/sid" for name in FROM_SID], debs)


def _newest(debs: Path, name: str) -> Path | None:
    found = sorted(debs.glob(f"{name}_*.deb"), key=lambda deb: deb.stat().st_mtime)
    return found[-1] if found else None


def _unpack(deb: Path, folder: Path) -> None:
    result = subprocess.run(["dpkg-deb", "-x", deb, folder], capture_output=True, text=True, check=False)
    if result.returncode:
        deb.unlink()
        raise Stop(f"{deb.name} is damaged ({result.stderr.strip()}) and was removed; please run the command again.")


def _complete(folder: Path) -> None:
    """Put the stand-in where Debian left a file out, and check that the links between the packages resolve."""
    packages = folder / "usr/lib/python3/dist-packages"
    stand_in = packages / STAND_IN
    stand_in.parent.mkdir(parents=True, exist_ok=True)
    stand_in.write_text("// Left out of Debian's package: background blur in video calls.\n", encoding="utf-8")
    if not (packages / FONT).exists():
        raise Stop(f"Debian's fonts-font-awesome no longer fits its odoo-19; {USE_ODOO_HOME}.")
