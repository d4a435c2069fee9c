"""The parts every other system test stands on."""

import pytest

from dev.machine.process import wait_for
from dev.machine.progress import Stop


def test_two_servers_share_one_database_and_one_survives_the_other(stack):
    first, second = stack.start_server(), stack.start_server()
    partner = stack.session(server=first).create("res.partner", {"name": "Ada"})
    first.kill()
    assert stack.session(server=second).read("res.partner", [("id", "=", partner)], ["name"])[0]["name"] == "Ada"
    first.start()
    assert stack.session(server=first).read("res.partner", [("id", "=", partner)], ["name"])


def test_prefork_workers_answer_and_all_end(stack):
    others = connected(stack)
    server = stack.start_server(workers=2, max_cron_threads=1)
    assert stack.session().uid
    assert connected(stack) > others
    group = server.child
    server.kill()
    assert not group.running
    assert wait_for(lambda: connected(stack) <= others, 60)


def connected(stack) -> set[str]:
    """The names of Odoo's processes that PostgreSQL knows."""
    sql = "SELECT application_name FROM pg_stat_activity WHERE application_name ~ '^odoo-'"
    return {name for [name] in stack.cluster.query(sql)}


def test_the_tools_keep_asking_a_database_that_broke_off(cluster):
    """What waits asks on one connection, which a crash or another person may cut."""
    database = "asked"
    cluster.query(f'CREATE DATABASE "{database}"')
    assert cluster.query("SELECT 1, 'é' UNION SELECT 2, NULL ORDER BY 1", database) == [["1", "é"], ["2", ""]]
    with pytest.raises(Stop, match="nonsense"):
        cluster.query("SELECT nonsense", database)
    cluster.query(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")
    assert cluster.query("SELECT 3", database) == [["3"]]
    cluster.drop_database(database)
    with pytest.raises(Stop, match=database):
        cluster.query("SELECT 4", database)


def test_stacks_do_not_know_each_other(new_stack):
    one, two = new_stack(), new_stack()
    uuid = "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'"
    assert one.query(uuid) != two.query(uuid)
    assert one.simulator.url != two.simulator.url


def test_nothing_leaves_an_installation_that_is_not_connected(stack):
    stack.start_server()
    odoo = stack.session()
    odoo.create("res.partner", {"name": "Ada", "customer_rank": 1})
    assert stack.query("SELECT count(*) FROM xero_sync_job") == [["0"]]
    assert stack.simulator.get("stats")["total_calls"] == 0
