"""Databases with modules already installed, made once and kept in the shared cache."""

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.machine import cache, paths, postgres, scratch, system, venv
from dev.machine.odoo import Site
from dev.machine.odoo_home import OdooHome, odoo_home
from dev.machine.postgres import Cluster
from dev.machine.progress import step
from dev.testing import shell

BASE = ("account",)
WITH_BOOKS = (paths.ADDON, "l10n_us_account")
"""The addon, and what Odoo would install with the first company of the United States, unless a cron job runs then."""

TEMPLATE = "template_odoo"
"""Name of the database inside every archive."""

SPARES = 2
SPARES_CODE = paths.REPO / "dev" / "inside" / "spares.py"

KEPT = 4
NEW_IDENTITY = """
UPDATE ir_config_parameter SET value = gen_random_uuid()::text WHERE key IN ('database.uuid', 'database.secret')
"""
"""A copy that takes itself for the original is what the addon refuses to work on."""


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def addon_digest() -> str:
    """A mark of every file that can change what an installation of the addon leaves in a database."""
    digest = hashlib.sha256()
    for entry in paths.addon_entries():
        files = sorted(path for path in entry.rglob("*") if path.is_file()) if entry.is_dir() else [entry]
        for path in files:
            if path.suffix not in (".pyc", ".md") and "tests" not in path.parts:
                digest.update(str(path.relative_to(paths.REPO)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def base_template(home: OdooHome) -> Path:
    """Folder of the archive with Odoo's own modules that everything here needs."""
    key = _digest(home.version, str(postgres.version(postgres.programs())), venv.key(), *BASE)
    folder = paths.cache() / f"template-{key}"
    return cache.make_once(folder, lambda target: _install(home, target, list(BASE), None))


def spares_template(home: OdooHome) -> Path:
    """Folder of the archive that the tests inside Odoo start from: the base with companies for them to take."""
    base = base_template(home)
    folder = paths.cache() / f"template-{_digest(base.name, SPARES_CODE.read_text(encoding='utf-8'), str(SPARES))}"

    def make(target: Path) -> None:
        with step("Making companies for tests in a template database"):
            _build(home, target, base, lambda site: shell.call(site, "spares.make", count=SPARES))

    return cache.make_once(folder, make)


def addon_template(home: OdooHome, modules: tuple[str, ...] = (paths.ADDON,)) -> Path:
    """Folder of the archive with the addon, as it is in the clone now, and other `modules` installed."""
    base = base_template(home)
    folder = paths.cache() / f"addon-{_digest(base.name, addon_digest(), *modules)}"
    made = cache.make_once(folder, lambda target: _install(home, target, list(modules), base))
    cache.keep_newest(paths.cache(), "addon-*", KEPT)
    cache.keep_newest(paths.cache(), "template-*", KEPT)
    return made


def _install(home: OdooHome, target: Path, modules: list[str], base: Path | None) -> None:
    with step(f"Installing {', '.join(modules)} in a template database"):
        _build(home, target, base, lambda site: site.install(modules))


def _build(home: OdooHome, target: Path, base: Path | None, fill: Callable[[Site], object]) -> None:
    with scratch.folder() as folder:
        cluster = Cluster(folder / "pg", base and base / "pg.tar")
        site = Site(home, cluster, TEMPLATE, folder / "site")
        if base:
            restore_files(base, site, TEMPLATE)
        with cluster:
            fill(site)
        cluster.save(target / "pg.tar")
        _save_files(site, target)


def _save_files(site: Site, target: Path) -> None:
    store = site.data_dir / "filestore" / TEMPLATE
    store.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-c", "-C", store, "-f", target / "files.tar", "."], check=True)


def restore_files(template: Path, site: Site, database: str) -> None:
    """Put the attachments of `template` where the site keeps those of `database`."""
    store = site.data_dir / "filestore" / database
    store.mkdir(parents=True, exist_ok=True)
    subprocess.run(["tar", "-x", "-C", store, "-f", template / "files.tar"], check=True)


@contextmanager
def cluster_from(template: Path, folder: Path, **settings: str) -> Iterator[Cluster]:
    """Run a private PostgreSQL that holds the databases of `template`; `settings` are PostgreSQL's."""
    with Cluster(folder / "pg", template / "pg.tar", **settings) as cluster:
        yield cluster


def new_site(cluster: Cluster, template: Path, folder: Path, database: str) -> Site:
    """Make `database` from the cluster's template and return the site that uses it."""
    site = Site(odoo_home(), cluster, database, folder / database)
    cluster.copy_database(TEMPLATE, database)
    cluster.query(NEW_IDENTITY, database)
    restore_files(template, site, database)
    return site


def prepare() -> tuple[OdooHome, Path]:
    """Get everything a server without the addon needs: Odoo, environment, PostgreSQL, template. Raises Stop."""
    system.require(system.VENV, system.POSTGRESQL)
    home = odoo_home()
    venv.python()
    return home, base_template(home)
