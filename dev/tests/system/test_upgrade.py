"""A database of each stored earlier version, in the middle of its work, is brought to the present one."""

import itertools

import pytest
from drill import GONE

from dev.chaos.audit import audit
from dev.chaos.people import Company
from dev.machine.odoo import Site
from dev.machine.odoo_home import odoo_home
from dev.machine.process import wait_for
from dev.machine.stack import Stack, new_stack
from dev.machine.xero import Simulator
from dev.testing import odoo_log, upgrade
from dev.testing.forge import Forge

UNUSED_INDEXES = """
SELECT count(*) FROM pg_indexes WHERE indexname LIKE '%company_id_index'
   AND tablename IN ('xero_link', 'xero_sync_job', 'xero_webhook_event')
"""
UNTOLD = """
SELECT count(*) FROM xero_sync_job j WHERE j.state = 'done' AND j.operation IN ('push', 'void')
   AND NOT EXISTS (SELECT FROM xero_log l WHERE l.res_model = j.res_model AND l.res_id = j.res_id)
"""
SHARES = "SELECT DISTINCT line_shares FROM xero_connection"
_numbers = itertools.count(1)


@pytest.fixture(params=upgrade.versions())
def old(request, cluster, folder):
    """A restored stack and what was kept beside its dump; nothing runs but the simulator."""
    kept = upgrade.facts(request.param)
    database = f"upgrade_{next(_numbers)}"
    site = upgrade.sealed(Site(odoo_home(), cluster, database, folder / database))
    upgrade.restore(cluster, request.param, database, site.folder)
    stack = Stack(site, Simulator(site.folder, limits=False))
    try:
        stack.simulator.start()
        upgrade.stand_in(stack, kept)
        stack.use_simulator()
        yield stack, kept
    finally:
        stack.stop()
        cluster.drop_database(database)


def bring_up(stack, name="upgrade"):
    """Update the addon as an administrator does; return the log."""
    return stack.site.run(name, "server", "-u", "xero_connector", "--stop-after-init", "--no-http")


def companies(kept):
    return [Company(name, *ids, login="", journal=0) for name, ids in kept["companies"].items()]


def test_an_upgrade_keeps_everything_and_the_work_goes_on(old):
    """Settings stay; calls left open are looked up, what waited is sent, and nothing stands in Xero twice."""
    stack, kept = old
    before = {one.name: living(stack, one) for one in companies(kept)}
    log = bring_up(stack).read_text(encoding="utf-8")
    # Warnings say what an administrator has to do, such as to move the addresses into the configuration.
    assert not [text for text in odoo_log.complaints(log) if not text.startswith("WARNING")]
    assert stack.query(UNUSED_INDEXES) == [["0"]]
    assert stack.query(UNTOLD) == [["0"]], "the history of a record begins with what is known of it"
    assert stack.query(SHARES) == [["untracked"]], "what was sent of lines is not said otherwise"
    with Forge(stack) as forge:
        for one in companies(kept):
            told = forge.ask("upgrade:what_is", connection_id=one.connection)
            was = kept["facts"][one.name]
            assert told["settings"] == was["settings"]
            assert (told["mappings"], told["cursors"]) == (was["mappings"], was["cursors"])
            for model in ("xero.sync.job", "xero.sync.batch", "xero.link", "xero.conflict", "xero.match"):
                assert told[model] == was[model], model
        drain(forge)
        for one in companies(kept):
            told = forge.ask("upgrade:what_is", connection_id=one.connection)
            assert set(told["xero.sync.batch"]) == {"done"}, "the calls that were open are settled"
            # What was given to a person is with that person still.
            assert told["xero.sync.job"]["failed"] == kept["facts"][one.name]["xero.sync.job"]["failed"]
            assert told["xero.conflict"]["open"] == kept["facts"][one.name]["xero.conflict"]["open"]
            forge.ask("upgrade:answer", connection_id=one.connection)
        drain(forge)
        found = audit(stack, companies(kept))
        assert found.clean, vars(found)
        assert found.asked == 2 * len(companies(kept)), "one without a mapping and one in conflict, in each"
        for one in companies(kept):
            assert before[one.name] < living(stack, one)


def living(stack, one) -> set[str]:
    """Xero's ids of the documents that are not voided."""
    found = set()
    for kind, key in (("Invoices", "InvoiceID"), ("CreditNotes", "CreditNoteID")):
        rows = stack.simulator.documents(one.tenant, kind)
        found |= {row[key] for row in rows if row["Status"] not in GONE}
    return found


def drain(forge, rounds=3):
    for _round in range(rounds):
        forge.ask("company:resume")
        forge.fork("work:drain", seconds=60).wait(150)


@pytest.fixture
def running(cluster, template, folder):
    """A stack of the present version with a server that has two cron workers."""
    with new_stack(cluster, template, folder, "updated", limits=False) as stack:
        stack.leave_out_crons()
        yield stack


def test_an_update_in_the_middle_of_a_drain_loses_nothing(running):
    """`-u` in another process, while a worker of a running server sends."""
    from drill import open_drill

    with Forge(running) as forge:
        drill = open_drill(forge, "Updated meanwhile")
        drill.make(count=60, contacts=10)
        drill.simulator.post("faults", kind="delay", method="PUT,POST", seconds=1.0, count=None)
        running.wake(running.start_server(max_cron_threads=2))
        assert wait_for(drill.fault_hit, 180)
        assert drill.at_work(), "the drain was over before the update began"
        bring_up(running)
        running.server.stop()
    with Forge(running) as forge:
        drill.forge = forge
        drill.finish()
        drill.check(60)
