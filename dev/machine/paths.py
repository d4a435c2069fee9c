"""The folders the tools work in."""

import os
from pathlib import Path

ADDON = "xero_connector"
REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / ".dev"
"""Everything made inside the clone; `make clean` removes it."""

GLUE = REPO / "addons"
"""Optional second addons folder."""

TEST_ADDONS = REPO / "dev" / "tests" / "addons"
"""Addons that only the tests install; no customer has this folder in the addons path."""

NOT_THE_ADDON = {"addons", "dev", "simulator", "docs", "Makefile", "pyproject.toml", "CONTRIBUTING.md", "__pycache__"}
"""Entries at the top of the clone that are no part of what Odoo loads."""


def cache() -> Path:
    """The folder shared by all clones of this user: Odoo, virtual environments, template databases."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base).absolute() / "xero-connector-dev"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def addon_entries() -> list[Path]:
    """The files and folders at the top of the clone that make up the addon itself."""
    return sorted(
        entry for entry in REPO.iterdir() if not entry.name.startswith(".") and entry.name not in NOT_THE_ADDON
    )


def addons_folder() -> Path:
    """Make the folder that holds the addon under its technical name and return it for Odoo's addons path.

    It links each entry by itself, not the whole clone: Odoo follows links when it looks for texts to translate, and
    this folder lies inside the clone.
    """
    folder = BUILD / "addons"
    addon = folder / ADDON
    addon.mkdir(parents=True, exist_ok=True)
    wanted = {entry.name: entry for entry in addon_entries()}
    for link in addon.iterdir():
        if link.name not in wanted and link.is_symlink():
            link.unlink()
    for name, entry in wanted.items():
        _link(addon / name, Path(os.path.relpath(entry, addon)))
    return folder


def _link(link: Path, target: Path) -> None:
    """Point `link` at `target`; another command in the same clone may be doing the same."""
    if link.is_symlink() and Path(os.readlink(link)) == target:
        return
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.symlink_to(target)
    os.replace(fresh, link)


def glue_addons() -> list[str]:
    """Technical names of the addons in `addons/`, if any."""
    return _names_in(GLUE)


def addons_for_tests() -> list[str]:
    """Technical names of the addons that only the tests install."""
    return _names_in(TEST_ADDONS)


def _names_in(folder: Path) -> list[str]:
    return sorted(manifest.parent.name for manifest in folder.glob("*/__manifest__.py"))
