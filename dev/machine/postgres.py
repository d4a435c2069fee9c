"""A private PostgreSQL for one run: reached through a socket in a private folder, no port, gone at the end."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

from dev.machine import scratch
from dev.machine.process import Child, wait_for
from dev.machine.progress import Stop
from dev.machine.psql import Console

USER = "odoo"
OLDEST = 13
FILE_COPY_SINCE = 15
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "jit": "off",
}


def programs() -> Path:
    """The folder with the newest PostgreSQL server's programs. Raises Stop when there is none."""
    found = find_programs()
    if found is None:
        raise Stop(f"PostgreSQL {OLDEST} or newer is needed, and its server programs were not found.")
    return found


def find_programs() -> Path | None:
    """The folder with the newest PostgreSQL server's programs that is new enough, if any."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    for server in [*reversed(debian), shutil.which("postgres")]:
        if server and version(Path(server).parent) >= OLDEST:
            return Path(server).parent
    return None


def version(folder: Path) -> int:
    """Major version of the programs in `folder`."""
    output = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)", output)
    return int(match[1]) if match else 0


class Cluster:
    """A running PostgreSQL server. Use it as a context manager; every database is lost at the end."""

    def __init__(self, folder: Path, seed: Path | None = None, **settings: str) -> None:
        """Prepare a server in the new `folder`, from the archive `seed` made by `save` if given.

        `settings` of PostgreSQL come before those that every server here has.
        """
        self.programs = programs()
        self.settings = {**SETTINGS, **settings}
        self.folder = folder
        self.data = folder / "data"
        self.child: Child | None = None
        self._consoles: dict[str, list[Console]] = {}
        """Connections of this process by database, while nobody uses them."""
        folder.mkdir()
        scratch.give_away(folder)
        folder.chmod(0o700)
        if seed:
            with seed.open("rb") as archive:
                self._run(["tar", "-x", "-C", folder], stdin=archive)
        else:
            options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
            self._run([self.programs / "initdb", "-D", self.data, *options])

    def __enter__(self) -> "Cluster":
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    @property
    def host(self) -> str:
        """What a client gives as host: the folder of the socket."""
        return str(self.folder)

    def start(self) -> None:
        """Start the server and wait until it takes connections. Raises Stop."""
        settings = {**self.settings, "unix_socket_directories": self.folder}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child = Child(
            "PostgreSQL",
            [self.programs / "postgres", "-D", self.data, *options],
            log=self.folder.with_suffix(".log"),
            death_signal=signal.SIGQUIT,
            cwd=self.folder,
            **scratch.unprivileged(),
        )
        self.child.wait_until(self._ready, 60)

    def stop(self) -> None:
        """Stop the server, ending open connections."""
        self._close_consoles(*self._consoles)
        if self.child:
            self.child.stop(signal.SIGINT, 30)
            self.child = None

    def _close_consoles(self, *databases: str) -> None:
        for database in databases:
            for console in self._consoles.pop(database, []):
                console.close()

    def crash(self) -> None:
        """End the server at once, without a checkpoint, and start it again: it recovers from its log."""
        self.child.process.send_signal(signal.SIGQUIT)
        self.child.process.wait(30)
        self.start()

    def _ready(self) -> bool:
        command = [self.programs / "pg_isready", "-q", "-h", self.host, "-U", USER]
        return subprocess.run(command, check=False).returncode == 0

    def save(self, archive: Path) -> None:
        """Write the stopped server's files to `archive`."""
        with archive.open("wb") as out:
            self._run(["tar", "-c", "-C", self.folder, "data"], stdout=out)

    def query(self, sql: str, database: str = "postgres") -> list[list[str]]:
        """Run one statement and return its rows as texts. Raises Stop with the server's words."""
        consoles = self._consoles.setdefault(database, [])
        console = self._idle_console(consoles) or Console(self._psql(database))
        rows = console.ask(sql)
        consoles.append(console)
        return rows

    def _idle_console(self, consoles: list[Console]) -> Console | None:
        """One that no other thread uses and that no restart of the server has cut off."""
        while consoles:
            console = consoles.pop()
            if console.is_connected():
                return console
        return None

    def _psql(self, database: str) -> list[object]:
        return [self.programs / "psql", "-h", self.host, "-U", USER, "-d", database]

    def load(self, script: Path, database: str) -> None:
        """Run a script, such as a dump, on `database`. Raises Stop with the server's words."""
        command = [*self._psql(database), "-Xq", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", script]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise Stop(f"PostgreSQL refused a script: {result.stderr.strip()}")

    def copy_database(self, template: str, name: str) -> None:
        """Create database `name` as a copy of `template`, which nobody may be connected to."""
        wait_for(lambda: not self._connections(template), 10)
        strategy = " STRATEGY file_copy" if version(self.programs) >= FILE_COPY_SINCE else ""
        self.query(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{strategy}')

    def _connections(self, database: str) -> int:
        return int(self.query(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}'")[0][0])

    def drop_database(self, name: str) -> None:
        """Drop database `name`, also when somebody is still connected."""
        self._close_consoles(name)
        self.query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, command: list[object], **kwargs) -> None:
        result = subprocess.run(
            [str(part) for part in command],
            stdout=kwargs.pop("stdout", subprocess.DEVNULL),
            stderr=subprocess.PIPE,
            cwd="/",
            check=False,
            **scratch.unprivileged(),
            **kwargs,
        )
        if result.returncode:
            words = result.stderr.decode(errors="replace").strip()
            raise Stop(f"{Path(str(command[0])).name} failed: {words}")
