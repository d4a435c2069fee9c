"""A whole installation: PostgreSQL, a simulated Xero, one database and Odoo servers on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dev.machine import scratch
from dev.machine.odoo import Server, Site
from dev.machine.postgres import Cluster
from dev.machine.process import wait_for
from dev.machine.progress import Stop
from dev.machine.rpc import Session
from dev.machine.xero import Simulator
from dev.testing import templates

ADDRESS_OPTIONS = ("xero_connector_login_url", "xero_connector_identity_url", "xero_connector_api_url")
LISTEN_SECONDS = 180
PARAMETER = """
INSERT INTO ir_config_parameter (key, value) VALUES ('{key}', '{value}')
    ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value
"""


@dataclass
class Stack:
    """The running parts; `stop` ends the servers and the simulator."""

    site: Site
    simulator: Simulator
    servers: list[Server] = field(default_factory=list)

    @property
    def server(self) -> Server:
        """The first server."""
        return self.servers[0]

    @property
    def cluster(self) -> Cluster:
        """The PostgreSQL server."""
        return self.site.cluster

    def start_server(self, **settings: object) -> Server:
        """Start one more Odoo server on the same database; `settings` go to its configuration file."""
        server = Server(self.site, f"odoo{len(self.servers) + 1}", **settings)
        if not self.servers:
            self.set_parameters({"web.base.url": server.url, "web.base.url.freeze": "True"})
        server.start()
        self.servers.append(server)
        return server

    def listens(self, server: Server) -> bool:
        """Whether the cron of a server hears what is queued; before that it looks once a minute."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'postgres' AND application_name = 'odoo-%d'"
        # Its first transaction is the one that begins to listen.
        query += " AND state = 'idle' AND query = 'COMMIT'"
        return self.cluster.query(query % server.child.pid) != [["0"]]

    def wake(self, server: Server) -> None:
        """Have the cron of a server just started look at once, as whatever anybody queues does. Raises Stop."""
        if not wait_for(lambda: self.listens(server), LISTEN_SECONDS):
            raise Stop(f"The cron of {server.name} does not listen after {LISTEN_SECONDS} s.")
        self.cluster.query(f"SELECT pg_notify('cron_trigger', '{self.site.database}')")

    def leave_out_crons(self) -> None:
        """Keep what Odoo does in every new database at once from the workers whose work is tried."""
        self.query("UPDATE ir_cron SET active = FALSE WHERE cron_name NOT LIKE 'Xero%'")
        self.query("DELETE FROM ir_cron_trigger t USING ir_cron c WHERE c.id = t.cron_id AND NOT c.active")

    def session(self, login: str = "admin", password: str = "admin", server: Server | None = None) -> Session:
        """Log in on a server, the first one if none is named."""
        return Session((server or self.server).url, self.site.database).login(login, password)

    def set_parameters(self, values: dict[str, str]) -> None:
        """Set system parameters while no server has read them yet."""
        for key, value in values.items():
            self.query(PARAMETER.format(key=key, value=value.replace("'", "''")))

    def use_simulator(self) -> None:
        """Point the addon's three addresses at the simulator, for every process that starts from now on."""
        self.site.settings.update(dict.fromkeys(ADDRESS_OPTIONS, self.simulator.url))

    def query(self, sql: str) -> list[list[str]]:
        """Run SQL on the stack's database; values come back as texts."""
        return self.cluster.query(sql, self.site.database)

    def stop(self) -> None:
        """End servers and simulator."""
        for server in self.servers:
            server.stop()
        self.simulator.stop()

    def wait(self, sql: str, expected: str, seconds: float) -> None:
        """Wait until the first value `sql` returns is `expected`. Raises Stop after `seconds`."""
        seen: list[str] = []

        def settled() -> bool:
            seen[:] = [self.query(sql)[0][0]]
            return seen[0] == expected

        if not wait_for(settled, seconds):
            raise Stop(f"After {seconds:.0f} s it is still {seen[0]}, not {expected}: {sql}")


@contextmanager
def new_stack(cluster: Cluster, template: Path, folder: Path, database: str, **options: bool) -> Iterator[Stack]:
    """A stack without servers on a fresh `database`; `options` go to the simulator.

    Everything it starts is stopped and its database removed at the end; the logs stay in `folder`/`database`.
    """
    site = templates.new_site(cluster, template, folder, database)
    stack = Stack(site, Simulator(site.folder, **options))
    try:
        stack.simulator.start()
        stack.use_simulator()
        yield stack
    finally:
        stack.stop()
        cluster.drop_database(database)


@contextmanager
def one_stack(modules: tuple[str, ...], **options: bool) -> Iterator[Stack]:
    """A stack with everything of its own, PostgreSQL too, for a command that needs just one."""
    template = templates.addon_template(templates.prepare()[0], modules)
    with scratch.folder() as folder, templates.cluster_from(template, folder) as cluster:
        with new_stack(cluster, template, folder, "odoo", **options) as stack:
            yield stack
