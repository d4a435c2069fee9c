"""Several workers at once, answers that get lost, and a token that ends under twenty of them."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from drill import open_drill

from dev.machine.process import wait_for

WRITES = "PUT,POST"


@pytest.fixture
def drill(shared_ground, request):
    return open_drill(shared_ground, request.node.name)


def send_with(drill, kind: str, rounds: int = 8) -> None:
    """Send 15 documents a round, while half of the writing calls meet a fault of `kind`."""
    fault = drill.simulator.post("faults", kind=kind, method=WRITES, probability=0.5, count=None)
    for number in range(rounds):
        drill.make(count=15, contacts=1, first=15 * number)
        drill.forge.fork("work:drain", seconds=20).wait(60)
        drill.forge.ask("company:resume")
    hits = sum(each["hits"] for each in drill.simulator.get("faults")["faults"])
    assert hits >= rounds // 2, fault
    drill.finish()
    drill.check(15 * rounds)


def test_lost_answers_are_looked_up(drill):
    """Xero saves, and the connection breaks. Fails with BROKEN=look_up: bills stand twice."""
    send_with(drill, "drop_after")


def test_calls_that_never_arrive_are_made_again(drill):
    """The connection breaks before Xero sees the call."""
    send_with(drill, "drop_before")


def test_answers_nobody_can_read_are_looked_up(drill):
    """Xero saves and answers 200 with something that is no JSON. Fails with BROKEN=look_up too."""
    send_with(drill, "garbage", rounds=4)


def test_two_processes_share_two_organisations(drill):
    """One organisation is never worked on by two at once, two organisations are. Fails with BROKEN=lane."""
    other = open_drill(drill.forge, "The other company")
    for each in (drill, other):
        each.make(count=120, contacts=8)
    drill.simulator.post("faults", kind="slow", method=WRITES, seconds=50, count=None)
    drill.simulator.post("stats/reset")
    workers = [drill.forge.fork("work:drain", seconds=60) for _worker in range(3)]
    together = wait_for(lambda: _in_flight(drill, other) == 2, 180)
    drill.simulator.delete("faults")
    drill.simulator.post("faults/release")
    for worker in workers:
        worker.wait(90)
    peaks = drill.simulator.get("stats")["peak_concurrent"]
    assert together, "two organisations were not worked on at the same time"
    assert (peaks[drill.tenant], peaks[other.tenant]) == (1, 1)
    for each in (drill, other):
        each.finish()
        each.check(120)


def test_a_change_that_commits_late_is_not_lost(drill):
    """A worker comes while a user's edit of a waiting document is not committed yet. Fails with BROKEN=queue_again."""
    move, *_others = drill.make(count=6, contacts=1)
    edit = drill.forge.fork("work:change_slowly", move_id=move, text="Changed late", seconds=3)
    worker = drill.forge.fork("work:drain", seconds=30)
    edit.wait(30)
    worker.wait(60)
    drill.finish()
    report = drill.check(6)
    assert {document["ref"] for document in report["documents"] if document["id"] == move} == {"Changed late"}


HELD_SECONDS = 30
ONE_JOB = "SELECT id FROM xero_sync_job WHERE connection_id = %d AND res_model = 'account.move' ORDER BY id LIMIT 1"
SENT = "SELECT count(*) FROM xero_sync_job WHERE connection_id = %d AND res_model = 'account.move' AND state = 'done'"
ASLEEP = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"


def test_a_job_that_somebody_holds_delays_no_other(drill):
    """A transaction of a person keeps one waiting job locked for long; all others are sent meanwhile."""
    drill.make(count=6, contacts=1)
    hold = f"WITH held AS ({ONE_JOB} FOR UPDATE) SELECT pg_sleep({HELD_SECONDS}) FROM held" % drill.connection
    with ThreadPoolExecutor(1) as pool:
        person = pool.submit(drill.stack.query, hold)
        assert wait_for(lambda: drill.stack.query(ASLEEP) == [["1"]], 10)
        worker = drill.forge.fork("work:drain", seconds=HELD_SECONDS / 2)
        sent = wait_for(lambda: drill.stack.query(SENT % drill.connection) == [["5"]], HELD_SECONDS)
        assert sent and not person.done()
        worker.wait(60)
    drill.finish()
    drill.check(6)


def _in_flight(*drills) -> int:
    """Organisations with a call whose answer is awaited."""
    ids = ",".join(str(drill.connection) for drill in drills)
    query = f"SELECT DISTINCT connection_id FROM xero_sync_batch WHERE state = 'sent' AND connection_id IN ({ids})"
    return len(drills[0].stack.query(query))


@pytest.mark.parametrize("ending", ["by our clock", "by Xero's word"])
def test_twenty_workers_renew_a_token_once(drill, ending):
    """Twenty processes find the token ended at one moment, one renews it. Fails with BROKEN=renewal_lock."""
    if ending == "by our clock":
        drill.forge.ask("work:age_token", connection_id=drill.connection, seconds=30)
    else:
        drill.simulator.post("tokens/expire", access=True)
    drill.simulator.post("faults", kind="delay", path="connect/token", seconds=0.3, count=None)
    at = time.time() + 4
    asking = {"connection_id": drill.connection, "at": at}
    workers = [drill.forge.fork("work:ask_organisation", **asking) for _worker in range(20)]
    # Twenty processes need their time on a machine that others use too.
    names = {worker.wait(180) for worker in workers}
    drill.simulator.delete("faults")
    assert len(names) == 1, names
    told = drill.simulator.get("stats")["oauth"]
    assert {kind: count for kind, count in told.items() if count} == {"refresh_token": 1}


def test_a_worker_killed_while_it_renews_costs_no_token(drill):
    """Xero has rotated the refresh token and nobody stored the new one: Xero's grace for the old one is used."""
    drill.forge.ask("work:age_token", connection_id=drill.connection, seconds=30)
    drill.simulator.post("faults", kind="delay", path="connect/token", seconds=2, count=1)
    worker = drill.forge.fork("work:ask_organisation", connection_id=drill.connection, at=0)
    assert wait_for(lambda: drill.simulator.get("stats")["oauth"].get("refresh_token"), 180)
    time.sleep(random.uniform(0, 0.5))
    assert worker.kill()
    drill.make(count=6, contacts=1)
    drill.finish()
    drill.check(6)
