"""Workers that are killed at any moment neither lose a document nor send one twice."""

import itertools
import random
import time

import pytest
from drill import open_drill

from dev.machine.process import wait_for

WAVES, OF_A_WAVE, CONTACTS = 20, 15, 2
KILLS_OF_A_WAVE = 3
WRITES = "PUT,POST"


@pytest.fixture
def drill(shared_ground, request):
    return open_drill(shared_ground, request.node.name)


def slow(drill, kind: str) -> None:
    """Let every writing call meet a fault of `kind`."""
    drill.simulator.delete("faults")
    drill.simulator.post("faults", kind=kind, method=WRITES, seconds=1.5, count=None)


def anywhere(drill, worker, dice) -> None:
    """Somewhere between waking up and the answer of the first call."""
    time.sleep(dice.uniform(0.02, 0.5))


def call_not_yet_saved(drill, worker, dice) -> None:
    """Xero saves what the dead worker sent only while its successor already looks for it."""
    slow(drill, "save_late")
    wait_for(lambda: drill.fault_hit() or not worker.running, 10)
    time.sleep(dice.uniform(0, 0.2))


def call_saved(drill, worker, dice) -> None:
    """Xero has saved everything, and nobody hears its answer."""
    slow(drill, "delay")
    wait_for(lambda: drill.fault_hit() or not worker.running, 10)
    time.sleep(dice.uniform(0, 0.2))


def after_the_answer(drill, worker, dice) -> None:
    """While the worker writes down what Xero answered, or claims the next documents."""
    before = drill.simulator.get("stats")["total_calls"]
    wait_for(lambda: drill.simulator.get("stats")["total_calls"] > before or not worker.running, 10)
    time.sleep(dice.uniform(0, 0.15))


MOMENTS = (anywhere, call_saved, after_the_answer, call_not_yet_saved)


def kill_once(drill, moment, dice) -> bool:
    """Start a worker and kill it at a `moment`; return whether it was alive then."""
    worker = drill.forge.fork("work:drain")
    moment(drill, worker, dice)
    hit = worker.kill()
    drill.simulator.delete("faults")
    return hit


def test_killed_workers_lose_nothing_and_repeat_nothing(drill):
    """300 documents of four kinds and changes of sent ones. Fails with BROKEN=look_up: bills stand twice."""
    dice, kills, moments = random.Random(7), 0, itertools.cycle(MOMENTS)
    sent: list[int] = []
    for wave in range(WAVES):
        new = drill.make(count=OF_A_WAVE, contacts=CONTACTS, first=wave * OF_A_WAVE)
        if sent:
            drill.forge.ask("company:change", move_ids=dice.sample(sent, 5), text=f"Wave {wave}")
        sent += new
        target = kills + KILLS_OF_A_WAVE
        while kills < target and drill.at_work():
            kills += kill_once(drill, next(moments), dice)
    drill.finish()
    drill.check(WAVES * OF_A_WAVE)
    assert kills >= 20


def test_killed_servers_lose_nothing_and_repeat_nothing(drill):
    """The same with whole servers and their cron, killed while a call is under way."""
    server, count = drill.stack.start_server(max_cron_threads=1), 0
    for kind in ("delay", "save_late"):
        slow(drill, kind)
        assert wait_for(lambda: drill.stack.listens(server), 180)
        drill.make(count=24, contacts=2, first=count)
        count += 24
        assert wait_for(drill.fault_hit, 180)
        server.kill()
        drill.simulator.delete("faults")
        server.start()
    assert wait_for(lambda: drill.stack.listens(server), 180)
    drill.make(count=6, contacts=1, first=count)
    assert wait_for(lambda: not drill.at_work(), 180), "the server does not go on by itself"
    server.stop()
    # The nightly sweep of a server just started may have queued documents once more, to no effect.
    drill.finish()
    drill.check(count + 6)


def test_a_worker_killed_before_its_last_call_leaves_nothing_behind(drill):
    """Claimed and never sent, they are found though nothing else is due. Fails with BROKEN=orphans."""
    drill.make(count=6, contacts=2)
    drill.forge.ask("work:claim_all", connection_id=drill.connection)
    drill.finish()
    drill.check(6)
