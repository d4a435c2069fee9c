"""A real installation for tests: Odoo server processes, PostgreSQL and a simulated Xero, all by themselves.

`stack` is one database with the addon installed, its addresses pointing at a simulator of its own, and no server yet:

    def test_something(stack):
        server = stack.start_server(max_cron_threads=2)
        odoo = stack.session()
        odoo.create("res.partner", {"name": "Ada"})
        server.kill()
        server.start()
        assert stack.simulator.documents("au", "Contacts")
"""

import itertools
import shutil

import drill
import pytest

from dev.machine import paths, process, scratch
from dev.machine import stack as stacks
from dev.testing import odoo_log, templates

KEPT_LOGS = paths.BUILD / "results" / "system"
_numbers = itertools.count(1)


@pytest.fixture(scope="session", autouse=True)
def _leave_nothing_behind():
    process.adopt_orphans()
    process.end_on_signals()
    yield
    process.reap_descendants()


@pytest.fixture(scope="session")
def template():
    """The archive of a database with the addon as it is in the clone now."""
    return templates.addon_template(templates.prepare()[0], templates.WITH_BOOKS)


@pytest.fixture(scope="session")
def folder():
    """A scratch folder of this run."""
    with scratch.folder() as path:
        yield path


@pytest.fixture(scope="session")
def cluster(template, folder):
    """A private PostgreSQL server."""
    with templates.cluster_from(template, folder) as running:
        yield running


@pytest.fixture(scope="session")
def shared_ground(cluster, template, folder):
    """A stack and its forge for all tests that work on companies of their own and leave no server behind."""
    with drill.open_ground(cluster, template, folder, "shared") as forge:
        yield forge


@pytest.fixture
def new_stack(request, cluster, template, folder):
    """Make as many stacks as a test needs: `new_stack(limits=False)`."""
    made = []

    def make(**options):
        context = stacks.new_stack(cluster, template, folder, f"system_{next(_numbers)}", **options)
        made.append((context, context.__enter__()))
        return made[-1][1]

    yield make
    for context, stack in reversed(made):
        context.__exit__(None, None, None)
        _keep_logs(stack, request.node.name)


@pytest.fixture
def stack(new_stack):
    """One stack with Xero's rate limits on and no server started; it must not complain in its log."""
    made = new_stack()
    yield made
    complaints = [text for server in made.servers for text in odoo_log.complaints(server.read_log())]
    assert not complaints, "\n".join(complaints)


def _keep_logs(stack, name: str) -> None:
    """Keep the logs of a test where a person finds them after a failure."""
    target = KEPT_LOGS / "".join(sign if sign.isalnum() else "_" for sign in name)
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for log in stack.site.folder.glob("*.log"):
        shutil.copy(log, target)
    shutil.rmtree(stack.site.folder, ignore_errors=True)
