"""Odoo as a process: its configuration file, commands that end, and servers that stay."""

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path

from dev.machine import paths, ports, rtlcss, venv
from dev.machine.odoo_home import OdooHome
from dev.machine.postgres import USER, Cluster
from dev.machine.process import Child, tail
from dev.machine.progress import Stop

START_SECONDS = 120
MAIN = """
from odoo.cli.command import main

main()
"""


@dataclass
class Site:
    """One Odoo installation on one database: what all its server processes have in common."""

    home: OdooHome
    cluster: Cluster
    database: str
    folder: Path
    """Holds configuration, logs and Odoo's data directory."""
    settings: dict[str, object] = field(default_factory=dict)
    prelude: str = ""
    """Python that every process runs before Odoo's own program."""

    @property
    def data_dir(self) -> Path:
        """Odoo's data directory (attachments, sessions, key files)."""
        return self.folder / "data"

    def environment(self) -> dict[str, str]:
        """Environment variables of every Odoo process: as this one's, with nothing that would change Odoo."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "ODOO_", "PYTHON"))}
        fixed = {"PYTHONUNBUFFERED": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        found = rtlcss.search_path(os.environ.get("PATH", os.defpath))
        return {**kept, **fixed, "PYTHONPATH": str(self.home.packages), "PATH": found}

    def command(self, name: str, *arguments: object, **settings: object) -> list[object]:
        """The command line of one Odoo process, with a configuration file `name`.conf of its own."""
        subcommand, *rest = arguments
        return [venv.python(), self._program(), subcommand, "-c", self._write_config(name, settings), *rest]

    def _program(self) -> Path:
        """The program, as a file: a server with workers starts it once more for what it serves by gevent."""
        self.folder.mkdir(parents=True, exist_ok=True)
        program = self.folder / "odoo-bin"
        if not program.exists():
            program.write_text(self.prelude + MAIN, "utf-8")
        return program

    def _write_config(self, name: str, settings: dict[str, object]) -> Path:
        values = {
            "db_host": self.cluster.host,
            "db_user": USER,
            "db_name": self.database,
            "list_db": False,
            "data_dir": self.data_dir,
            "addons_path": ",".join(map(str, self.addons_path())),
            "http_interface": "127.0.0.1",
            "without_demo": True,
            **self.settings,
            **settings,
        }
        self.data_dir.mkdir(parents=True, exist_ok=True)
        config = self.folder / f"{name}.conf"
        config.write_text("[options]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()), "utf-8")
        return config

    def addons_path(self) -> list[Path]:
        """Folders Odoo loads addons from."""
        own = [paths.addons_folder(), *([paths.GLUE] if paths.glue_addons() else []), paths.TEST_ADDONS]
        return [*self.home.addons, *own]

    def run(self, name: str, *arguments: object, seconds: float = 900, stdin: Path = Path(os.devnull)) -> Path:
        """Run an Odoo command to its end and return its log. Raises Stop when it fails."""
        log = self.folder / f"{name}.log"
        child = self.spawn(name, *arguments, stdin=stdin)
        try:
            code = child.process.wait(seconds)
        finally:
            child.stop()
        if code:
            raise Stop(f"odoo {' '.join(map(str, arguments))} ended with code {code}:\n{tail(log)}")
        return log

    def spawn(self, name: str, *arguments: object, stdin: Path = Path(os.devnull), **settings: object) -> Child:
        """Start an Odoo process that writes to `name`.log; `settings` go to its configuration file."""
        return Child(
            f"Odoo ({name})",
            self.command(name, *arguments, **settings),
            log=self.folder / f"{name}.log",
            stdin=stdin,
            cwd=self.folder,
            env=self.environment(),
        )

    def install(self, modules: list[str]) -> Path:
        """Install `modules` into the database, which is created when it doesn't exist."""
        return self.run("install", "server", "-i", ",".join(modules), "--stop-after-init", "--no-http")


class Server:
    """One Odoo server process of a site; can be killed and started again on the same port."""

    def __init__(self, site: Site, name: str = "odoo", **settings: object) -> None:
        """Prepare a server called `name`; `settings` go to its configuration file."""
        self.site = site
        self.name = name
        self.port = ports.free_port()
        self.settings = {"http_port": self.port, **settings}
        if settings.get("workers"):
            self.settings["gevent_port"] = ports.free_port()
        self.child: Child | None = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Address of the server; Xero takes no redirect to 127.0.0.1 but one to localhost."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """The server's log file; it goes on after a restart."""
        return self.site.folder / f"{self.name}.log"

    def start(self) -> None:
        """Start the server and wait until it answers. Raises Stop."""
        self.child = self.site.spawn(self.name, "server", **self.settings)
        self.child.wait_until(lambda: ports.answers(self.port), START_SECONDS)

    def stop(self) -> None:
        """Stop the server in order."""
        if self.child:
            self.child.stop(signal.SIGTERM, 30)
            self.child = None

    def kill(self) -> None:
        """Kill the server without warning (SIGKILL to all its processes)."""
        if self.child:
            self.child.kill()
            self.child = None

    def read_log(self) -> str:
        """Everything the server wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
