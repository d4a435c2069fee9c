"""People work in Odoo while the workers send: they wait for nothing, and nothing they do is lost."""

import random
import time
from contextlib import contextmanager
from threading import Thread
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from drill import open_drill, open_ground

from dev.machine.process import wait_for

WRITES = "PUT,POST"
ROUNDS = 40
# Shorter than the client waits for an answer, longer than requests take on a machine that others use too.
HANGS = 50


@pytest.fixture(scope="module")
def ground(cluster, template, folder):
    """One stack with a running server whose cron does the work, and a forge for making documents."""
    with open_ground(cluster, template, folder, "people") as forge:
        forge.stack.wake(forge.stack.start_server(max_cron_threads=1))
        yield forge


@pytest.fixture
def drill(ground, request):
    return open_drill(ground, request.node.name)


def test_what_people_change_while_it_is_sent_arrives(drill):
    """References and prices, changed at random while calls are under way."""
    dice = random.Random(3)
    drill.simulator.post("faults", kind="delay", method=WRITES, seconds=0.25, count=None)
    moves = drill.make(count=60, contacts=5)
    odoo = drill.stack.session()
    kinds = {row["id"]: row["move_type"] for row in odoo.read("account.move", [("id", "in", moves)], ["move_type"])}
    invoices = [move for move, kind in kinds.items() if kind == "out_invoice"]
    for number in range(ROUNDS):
        act = dice.choice((refer, refer, reprice))
        act(odoo, dice.choice(invoices), number)
    assert wait_for(lambda: not drill.at_work(), 180)
    report = drill.check(60)
    assert any(document["ref"].startswith("Edit") for document in report["documents"])


def refer(odoo, move: int, number: int) -> None:
    """Change the reference of a posted invoice."""
    odoo.call("account.move", "write", [move], {"ref": f"Edit {number}"})


def reprice(odoo, move: int, number: int, pause: float = 0) -> None:
    """Reset a document, look at it for a while, change a price and post it again."""
    products = [("move_id", "=", move), ("display_type", "=", "product")]
    line = odoo.read("account.move.line", products, ["id"], limit=1)[0]
    odoo.call("account.move", "button_draft", [move])
    time.sleep(pause)
    odoo.call("account.move", "write", [move], {"invoice_line_ids": [[1, line["id"], {"price_unit": 1000 + number}]]})
    odoo.call("account.move", "action_post", [move])


@pytest.mark.parametrize("pause", [0, 1, 3])
def test_a_correction_keeps_number_and_identity(drill, pause):
    """Reset, wait as people do, change a price, post: one document, the same one, under its number."""
    moves = drill.make(count=4, contacts=1)
    assert wait_for(lambda: not drill.at_work(), 180)
    before = {document["id"]: document["xero_id"] for document in drill.report()["documents"]}
    everything = len(drill.simulator.documents(drill.tenant, "Invoices"))
    odoo = drill.stack.session()
    for number, move in enumerate(moves):
        reprice(odoo, move, number, pause)
    assert wait_for(lambda: not drill.at_work(), 180)
    after = {document["id"]: document["xero_id"] for document in drill.check(4)["documents"]}
    assert after == before
    assert len(drill.simulator.documents(drill.tenant, "Invoices")) == everything


def test_nobody_waits_for_a_xero_that_hangs(drill):
    """Posting, editing and changing settings end while a call that began before them still hangs."""
    drafts = drill.make(count=4, contacts=1, post=False)
    odoo = drill.stack.session()
    drill.simulator.post("faults", kind="delay", method=WRITES, tenant=drill.tenant, seconds=HANGS, count=None)
    odoo.call("account.move", "action_post", drafts[:1])
    assert wait_for(drill.fault_hit, 180)
    odoo.call("account.move", "action_post", drafts[1:])
    odoo.call("account.move", "write", drafts[:1], {"ref": "While it hangs"})
    odoo.call("account.move", "action_xero_sync", drafts)
    odoo.call("xero.connection", "write", [drill.connection], {"day_reserve_percent": 30})
    [fault] = drill.simulator.get("faults")["faults"]
    assert fault["hits"] == 1
    assert drill.in_a_call(), "a request of a person ended only when the hanging call did"
    drill.simulator.delete("faults")
    drill.simulator.post("faults/release")
    assert wait_for(lambda: not drill.at_work(), 180)
    drill.check(4)


READING = "SELECT count(*) FROM xero_sync_job WHERE operation = 'pull' AND connection_id = %d AND state != 'done'"


def test_a_mapping_that_a_person_decides_while_xero_is_read_stays(drill):
    """The worker suggests from what it saw when it began to read; the decision came after that."""
    odoo = drill.stack.session()
    own = [("connection_id", "=", drill.connection)]
    [account] = odoo.read("xero.account", [*own, ("code", "=", "260")], ["id"])
    row = odoo.read("xero.mapping.account", own, ["id"], limit=1)[0]["id"]
    odoo.call("xero.mapping.account", "write", [row], {"state": "suggested"})
    guide = odoo.call("xero.connection", "action_setup", [drill.connection])["res_id"]
    assert wait_for(lambda: drill.stack.query(READING % drill.connection) == [["0"]], 180)
    drill.simulator.post("faults", kind="delay", method="GET", resource="TaxRates", seconds=HANGS, count=None)
    odoo.call("xero.setup", "action_read_again", [guide])
    assert wait_for(drill.fault_hit, 180)
    odoo.call("xero.mapping.account", "write", [row], {"xero_account_id": account["id"]})
    drill.simulator.delete("faults")
    drill.simulator.post("faults/release")
    assert wait_for(lambda: drill.stack.query(READING % drill.connection) == [["0"]], 180)
    found = odoo.read("xero.mapping.account", [("id", "=", row)], ["state", "xero_account_id"])[0]
    assert (found["state"], found["xero_account_id"][0]) == ("confirmed", account["id"])


def test_a_consent_is_completed_while_workers_write(drill):
    """The worker's writes make Odoo try the way back from Xero again, whose code is used up by then."""
    back = consent(drill)
    with held(drill, path="/connections"):
        visit = Thread(target=come_back, args=(drill, back))
        visit.start()
        assert wait_for(drill.fault_hit, 180)
        drill.stack.query(f"UPDATE xero_connection SET pause_count = 0 WHERE id = {drill.connection}")
    visit.join(180)
    assert_reconnected(drill)


def test_a_consent_is_completed_while_its_app_is_written_to(drill):
    back = consent(drill)
    with held(drill, path="/connect/token"):
        visit = Thread(target=come_back, args=(drill, back))
        visit.start()
        assert wait_for(drill.fault_hit, 180)
        touch = Thread(target=drill.stack.query, args=("UPDATE xero_credential SET write_date = now()",))
        touch.start()
        # With nothing in its way the write is done by now.
        touch.join(2)
    visit.join(180)
    touch.join(180)
    assert_reconnected(drill)


def consent(drill) -> dict[str, str]:
    """Consent as the administrator whose connection has none any more; return what Xero sends the browser back with."""
    drill.stack.query(f"UPDATE xero_connection SET state = 'reauth', reason = 'Ended' WHERE id = {drill.connection}")
    url = drill.stack.session().call("xero.connection", "action_connect", [drill.connection])["url"]
    form = [*parse_qsl(urlsplit(url).query), ("decision", "allow"), ("organisation", drill.tenant)]
    answer = requests.post(url.partition("?")[0], data=form, allow_redirects=False, timeout=30)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


@contextmanager
def held(drill, **calls):
    """Let the simulator's answers to `calls` wait meanwhile."""
    drill.simulator.post("faults", **{"kind": "delay", "seconds": HANGS, "count": None, **calls})
    try:
        yield
    finally:
        drill.simulator.delete("faults")
        drill.simulator.post("faults/release")


def come_back(drill, back: dict[str, str]) -> None:
    """Follow Xero's redirect; the address that it leads on to is a page of the web client."""
    drill.stack.session().get(f"/xero/oauth/callback?{urlencode(back)}")


def assert_reconnected(drill) -> None:
    assert drill.stack.query(f"SELECT state FROM xero_connection WHERE id = {drill.connection}") == [["connected"]]
