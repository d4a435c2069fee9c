"""`python3 -m dev dump <commit>`: a database of an earlier version in the middle of its work, for the test of upgrades.

The addon comes from the commit, with the tools of its time; this module and the simulator are those from here. What the
simulated Xero holds is kept beside the dump, and what the database says of itself, which an upgrade must keep.
"""

import json
import lzma
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from dev.machine import paths, scratch
from dev.machine.odoo import Site
from dev.machine.postgres import USER, Cluster
from dev.machine.process import wait_for
from dev.machine.progress import Stop, say, step
from dev.machine.stack import Stack, one_stack
from dev.machine.xero import Simulator
from dev.testing.forge import Forge

DATA = paths.REPO / "dev" / "tests" / "system" / "data"
KEY = "bm90LWEtc2VjcmV0LWtleS1vZi10aGUtdGVzdHMtMDE="
"""Seals the credentials inside the dumps. Whoever reads this can open them: they are good for the simulator only."""
PROFILE = {"seed": "nz", "BaseCurrency": "USD", "CountryCode": "US"}
WRITES = "PUT,POST"
ODD_IDS = ["", "0", "not an id", "00000000-0000-0000-0000-000000000000", "é" * 40]
ADDRESSES = ("login_url", "identity_url", "api_url")
BROUGHT = ("dev/machine", "dev/testing", "dev/inside/upgrade.py", "dev/__main__.py", "simulator")
"""What goes into the tree of the earlier version; its other tools know that version best."""


def sealed(site: Site) -> Site:
    """Have every process of a site use the key of the dumps."""
    site.settings["xero_connector_key"] = KEY
    return site


def make(commit: str) -> int:
    """Make the dump of the addon as it was in `commit`."""
    with scratch.folder() as folder:
        tree = folder / "tree"
        tree.mkdir()
        archive = subprocess.run(["git", "archive", commit], cwd=paths.REPO, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", tree], input=archive, check=True)
        for name in BROUGHT:
            _bring(paths.REPO / name, tree / name)
        command = [sys.executable, "-B", "-m", "dev", "dump-here", DATA]
        return subprocess.run(command, cwd=tree, check=False).returncode


def _bring(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def make_here(target: str) -> int:
    """Make the dump of the addon in this tree; called by `make` in a tree of the earlier version."""
    version = _version()
    with one_stack((paths.ADDON,), limits=False) as stack:
        sealed(stack.site)
        # Where earlier versions look for Xero.
        stack.set_parameters({f"xero_connector.{name}": stack.simulator.url for name in ADDRESSES})
        with Forge(stack) as forge, step(f"Filling a database of version {version}"):
            first, second = (_Books(stack, forge, name) for name in ("First", "Second"))
            for books in (first, second):
                _work(books)
            _leave_in_the_middle({"PUT": first, "POST": second})
            for books in (first, second):
                # In that version an odd event stops its organisation, so it comes last.
                forge.ask("upgrade:match", connection_id=books.connection)
                forge.ask("upgrade:announce", connection_id=books.connection, odd=ODD_IDS)
                books.make(5, 300)
            facts = {one.name: forge.ask("upgrade:what_is", connection_id=one.connection) for one in (first, second)}
        kept = {
            "version": version,
            "database": stack.site.database,
            "companies": {one.name: [one.company, one.connection, one.tenant] for one in (first, second)},
            "facts": facts,
            "state": stack.simulator.get("state")["state"],
        }
        _store(Path(target), version, _dump(stack), kept)
    return 0


def _version() -> str:
    import ast

    return ast.literal_eval((paths.REPO / "__manifest__.py").read_text(encoding="utf-8"))["version"]


class _Books:
    """A company of the dump."""

    def __init__(self, stack: Stack, forge: Forge, name: str) -> None:
        self.stack, self.forge, self.name = stack, forge, name
        simulator = stack.simulator
        self.tenant = simulator.post("organisations", **PROFILE, Name=name)["tenant_id"]
        self.act("edit_account", code="090", CurrencyCode="USD")
        self.company = forge.ask("company:open_books", name=name)
        self.connection = forge.ask(
            "company:connect", company_id=self.company, simulator=simulator.url, organisation=self.tenant
        )
        forge.ask("company:take_payments", connection_id=self.connection, code="090")
        forge.ask("upgrade:settle_in", connection_id=self.connection)

    def act(self, action: str, **values: Any) -> Any:
        """Have a person do `action` in Xero; return what the simulator answers."""
        return self.stack.simulator.post(f"organisations/{self.tenant}/act/{action}", **values)

    def make(self, count: int, first: int, contacts: int = 2) -> list[int]:
        """Create `count` documents, numbered from `first`, of so many contacts; return their ids."""
        return self.forge.ask("company:make", company_id=self.company, count=count, contacts=contacts, first=first)

    def drain(self) -> None:
        """Let a worker do what is due."""
        self.forge.fork("work:drain", seconds=60).wait(120)

    def read(self) -> None:
        """Have everything read from Xero."""
        self.forge.ask("upgrade:read_all", connection_id=self.connection)
        self.drain()

    def xero_id(self, move: int) -> str:
        """Xero's id of the document `move`."""
        sql = "SELECT xero_id FROM xero_link WHERE res_model = 'account.move' AND res_id = %d"
        return self.stack.query(sql % move)[0][0]


def _work(books: _Books) -> None:
    """Documents that are done, paid, disputed, refused, blocked and given to a person."""
    sent = books.make(12, 0)
    books.drain()
    books.read()
    books.act("pay", invoice=books.xero_id(sent[0]))
    books.act("pay", invoice=books.xero_id(sent[1]), amount=2.5)
    books.read()
    books.forge.ask("company:change", move_ids=[sent[3]], text="Changed in Odoo")
    books.act("edit", invoice=books.xero_id(sent[3]), Reference="Changed in Xero")
    books.read()
    books.forge.ask("upgrade:leave_unmapped", company_id=books.company)
    books.stack.simulator.post("faults", kind="invalid", method=WRITES, resource="Contacts", tenant=books.tenant)
    books.make(3, 100, contacts=1)
    books.drain()
    books.stack.simulator.delete("faults")


def _leave_in_the_middle(calls: dict[str, _Books]) -> None:
    """Kill a worker in each of the calls, which Xero saves; what was claimed stays claimed."""
    changed = calls["POST"].make(6, 200)
    calls["POST"].drain()
    calls["POST"].forge.ask("company:change", move_ids=changed, text="Sent once more")
    calls["PUT"].make(8, 200)
    for method, books in calls.items():
        fault = {"kind": "delay", "path": "Invoices|CreditNotes", "seconds": 60, "count": 1}
        books.stack.simulator.post("faults", method=method, tenant=books.tenant, **fault)
    workers = [books.forge.fork("work:drain") for books in calls.values()]
    if not wait_for(lambda: all(map(_open_calls, calls.values())), 180):
        raise Stop("No call was left open")
    time.sleep(2)
    for worker in workers:
        worker.kill()
    books.stack.simulator.delete("faults")
    books.stack.simulator.post("faults/release")


def _open_calls(books: _Books) -> bool:
    sql = "SELECT count(*) FROM xero_sync_batch WHERE state = 'sent' AND resource != 'Contacts' AND connection_id = %d"
    return books.stack.query(sql % books.connection) != [["0"]]


def _dump(stack: Stack) -> bytes:
    command = [stack.cluster.programs / "pg_dump", "-h", stack.cluster.host, "-U", USER, "--no-owner"]
    command += ["--no-privileges", stack.site.database]
    return subprocess.run(command, capture_output=True, check=True).stdout


def _store(target: Path, version: str, sql: bytes, kept: dict[str, Any]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for suffix, content in (("sql", sql), ("json", json.dumps(kept).encode())):
        file = target / f"{version}.{suffix}.xz"
        file.write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
        say(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


def versions() -> list[str]:
    """The versions that there are dumps of."""
    return sorted(file.name.removesuffix(".sql.xz") for file in DATA.glob("*.sql.xz"))


def facts(version: str) -> dict[str, Any]:
    """What was kept beside a dump."""
    return json.loads(lzma.decompress((DATA / f"{version}.json.xz").read_bytes()))


def restore(cluster: Cluster, version: str, database: str, folder: Path) -> None:
    """Make a database from a dump. Raises Stop."""
    folder.mkdir(parents=True, exist_ok=True)
    sql = folder / "dump.sql"
    sql.write_bytes(lzma.decompress((DATA / f"{version}.sql.xz").read_bytes()))
    cluster.query(f'CREATE DATABASE "{database}" TEMPLATE template0')
    cluster.load(sql, database)


def stand_in(stack: Stack, kept: dict[str, Any]) -> Simulator:
    """Put what the simulated Xero held into the simulator of a stack."""
    stack.simulator.post("state", state=kept["state"])
    return stack.simulator
