"""The parts every other system test stands on."""

from dev.process import wait_for


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
