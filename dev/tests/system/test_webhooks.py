"""A running server, and a Xero that delivers its webhooks to it by HTTP."""

import http.client
from urllib.parse import urlsplit

import pytest
from drill import BANK, open_drill, open_ground

from dev.bench import webhook as bench_webhook
from dev.machine.process import wait_for

KEY = "the key that both sides know"
SETTLE_SECONDS = 180
MANY, CUSTOMERS = 1000, 300
FURTHER_CALLS = 25
FORGED = 2000
BUSINESS = ("account_move", "account_move_line", "res_partner", "account_payment", "account_partial_reconcile")


@pytest.fixture(scope="module")
def ground(cluster, template, folder):
    """One stack with a server that has one cron worker, and a forge for making documents."""
    with open_ground(cluster, template, folder, "webhooks") as forge:
        forge.stack.wake(forge.stack.start_server(max_cron_threads=2))
        yield forge


@pytest.fixture
def drill(ground, request):
    """A connected company whose Xero delivers webhooks and whose payments come back."""
    drill = open_drill(ground, request.node.name)
    take_in(drill)
    drill.address = ground.stack.server.url + ground.ask(
        "company:set_webhook_key", connection_id=drill.connection, key=KEY
    )
    drill.simulator.post("webhooks", url=drill.address, key=KEY)
    drill.simulator.post("webhooks/settings", duplicates=0, shuffle=False, drop=0, wrong_signature=0, max_events=50)
    assert drill.simulator.post("webhooks/intent")["status"] == "OK"
    yield drill
    drill.simulator.delete("webhooks")


def take_in(drill) -> None:
    drill.forge.ask("company:take_payments", connection_id=drill.connection, code=BANK)


def sent(drill, count: int, **options) -> dict[int, str]:
    """Make documents and wait until they are in Xero; return Xero's id of each sales invoice and bill."""
    drill.make(count=count, contacts=options.pop("contacts", 2), **options)
    assert wait_for(lambda: not drill.at_work(), SETTLE_SECONDS)
    rows = drill.stack.query(
        "SELECT m.id, l.xero_id FROM xero_link l JOIN account_move m ON m.id = l.res_id"
        f" WHERE l.res_model = 'account.move' AND l.connection_id = {drill.connection}"
        " AND m.move_type IN ('out_invoice', 'in_invoice') ORDER BY m.id"
    )
    return {int(move): xero_id for move, xero_id in rows}


def act(drill, action: str, **values) -> dict:
    return drill.simulator.post(f"organisations/{drill.tenant}/act/{action}", **values)


def states(drill, moves) -> list[str]:
    """The payment states of documents, in the order of their ids."""
    ids = ",".join(map(str, moves))
    rows = drill.stack.query(f"SELECT payment_state FROM account_move WHERE id IN ({ids}) ORDER BY id")
    return [state for [state] in rows]


def becomes(drill, moves, *expected: str) -> bool:
    return wait_for(lambda: set(states(drill, moves)) <= set(expected), SETTLE_SECONDS)


def quiet(drill) -> bool:
    """Whether nothing waits on either side, for this organisation."""
    waiting = drill.simulator.get("webhooks")["waiting"]
    ours = f"connection_id = {drill.connection}"
    jobs = f"SELECT count(*) FROM xero_sync_job WHERE {ours} AND state IN ('pending', 'running')"
    events = f"SELECT count(*) FROM xero_webhook_event WHERE {ours} AND state = 'new'"
    return not any(waiting.values()) and drill.stack.query(jobs) == drill.stack.query(events) == [["0"]]


def payments(drill) -> int:
    """How many payments of this organisation Odoo has booked and not cancelled."""
    sql = "SELECT count(*) FROM xero_link l JOIN account_payment p ON p.id = l.res_id AND p.state != 'canceled'"
    sql += f" WHERE l.res_model = 'account.payment' AND l.connection_id = {drill.connection}"
    return int(drill.stack.query(sql)[0][0])


def rows(drill, *tables: str) -> list[list[list[str]]]:
    """Which versions of which rows there are: any write changes it."""
    return [drill.stack.query(f"SELECT id, xmin FROM {table} ORDER BY id") for table in tables]


def test_a_payment_and_its_undoing_arrive(drill):
    """Nobody polls: only the webhook tells."""
    moves = sent(drill, 6)
    first, second = list(moves)[:2]
    paid = act(drill, "pay", invoice=moves[first])
    act(drill, "pay", invoice=moves[second], amount=5)
    assert becomes(drill, [first], "paid", "in_payment")
    assert becomes(drill, [second], "partial")
    act(drill, "undo_payment", payment=paid["PaymentID"])
    assert becomes(drill, [first], "not_paid")
    deliveries = drill.simulator.get("webhooks/deliveries")["deliveries"]
    assert all(row["ok"] for row in deliveries), deliveries
    [[seen]] = drill.stack.query(
        "SELECT count(*) FROM xero_credential c JOIN xero_connection x ON x.credential_id = c.id"
        f" WHERE x.id = {drill.connection} AND c.webhook_seen_at > now() at time zone 'UTC' - interval '5 minutes'"
    )
    assert seen == "1"


def test_duplicates_replays_and_disorder_are_harmless(ground, drill):
    """Two organisations and strangers in one delivery, everything several times and in any order."""
    other = open_drill(ground, "The other organisation")
    take_in(other)
    # The other's credential is of the same app, and proves Xero's word by its own copy of the key.
    other.forge.ask("company:set_webhook_key", connection_id=other.connection, key=KEY)
    each = [(drill, sent(drill, 12)), (other, sent(other, 12))]
    assert wait_for(lambda: all(quiet(one) for one, _moves in each), SETTLE_SECONDS)
    drill.simulator.post("webhooks/settings", paused=True, duplicates=2, shuffle=True, max_events=7)
    for one, moves in each:
        for number, xero_id in enumerate(moves.values()):
            act(one, "pay", invoice=xero_id, amount=4)
            if number % 2:
                act(one, "undo_payment", invoice=xero_id)
                act(one, "pay", invoice=xero_id)
    known = next(iter(each[0][1].values()))
    strangers = [
        {"tenantId": drill.tenant, "resourceId": known, "eventCategory": category, "eventType": word}
        for category in ("SUBSCRIPTION", "SOMETHINGNEW", "invoice", "PAYMENT", "PREPAYMENT")
        for word in ("update", "Create", "REMOVED")
    ]
    strangers += [{"tenantId": "11111111-1111-4111-8111-111111111111", "resourceId": known}]
    drill.simulator.post("webhooks/send", events=strangers)
    drill.simulator.post("webhooks/settings", paused=False)
    drill.simulator.post("webhooks/flush")
    for one, moves in each:
        half = list(moves)
        assert becomes(one, half[0::2], "partial")
        assert becomes(one, half[1::2], "paid", "in_payment")
    for reverse in (True, False):
        drill.simulator.post("webhooks/replay", reverse=reverse)
        drill.simulator.post("webhooks/flush")
    assert wait_for(lambda: all(quiet(one) for one, _moves in each), SETTLE_SECONDS)
    for one, moves in each:
        assert payments(one) == len(moves)
        assert states(one, list(moves)[0::2]) == ["partial"] * (len(moves) // 2)
        failed = f"SELECT failure_detail FROM xero_sync_job WHERE connection_id = {one.connection} AND state = 'failed'"
        assert not one.stack.query(failed)
    assert all(row["ok"] for row in drill.simulator.get("webhooks/deliveries")["deliveries"])


def test_a_lost_webhook_is_repaired_by_the_next_reading(drill):
    """The delivery vanishes; the schedule's reading of changes finds the payment."""
    moves = sent(drill, 4)
    assert wait_for(lambda: quiet(drill), SETTLE_SECONDS)
    move = next(iter(moves))
    drill.simulator.post("webhooks/settings", drop=9)
    act(drill, "pay", invoice=moves[move])
    drill.simulator.post("webhooks/flush")
    drill.simulator.post("webhooks/settings", drop=0)
    assert states(drill, [move]) == ["not_paid"]
    drill.stack.query("UPDATE xero_sync_cursor SET polled_at = polled_at - interval '1 day'")
    cron = "SELECT res_id FROM ir_model_data WHERE module = 'xero_connector' AND name = 'ir_cron_xero_poll'"
    drill.stack.session().call("ir.cron", "method_direct_trigger", [int(drill.stack.query(cron)[0][0])])
    assert becomes(drill, [move], "paid", "in_payment")


def test_echoes_of_a_thousand_documents(drill):
    """Each is announced by a webhook. Next to nothing is read, and no row that people work with is written."""
    drill.simulator.post("stats/reset")
    drill.make(count=MANY, contacts=CUSTOMERS)
    before = rows(drill, *BUSINESS)
    assert wait_for(lambda: not drill.at_work(), 3 * SETTLE_SECONDS)
    drill.simulator.post("webhooks/flush")
    assert wait_for(lambda: quiet(drill), SETTLE_SECONDS)
    heard = drill.stack.query(f"SELECT count(*) FROM xero_webhook_event WHERE connection_id = {drill.connection}")
    assert int(heard[0][0]) >= MANY, "the webhooks did not come"
    calls = drill.simulator.get("stats")["calls"]
    reads = {row["resource"]: row["count"] for row in calls if row["method"] == "GET" and row["tenant"] == drill.tenant}
    assert sum(reads.values()) <= FURTHER_CALLS, reads
    assert rows(drill, *BUSINESS) == before
    drill.check(MANY)


def test_forged_posts_leave_nothing(drill):
    """Thousands of them: the same empty 401, no row anywhere, and a real one is taken at once afterwards."""
    moves = sent(drill, 2)
    assert wait_for(lambda: quiet(drill), SETTLE_SECONDS)
    tables = ("xero_webhook_event", "xero_log", "xero_sync_job", "ir_cron_trigger", "ir_logging", "res_device_log")
    before = rows(drill, *tables)
    post = bench_webhook.forged(drill.tenant, next(iter(moves.values())))
    for number in range(FORGED):
        bench_webhook.send(drill.address if number % 2 else drill.address + "x", post)
    # What the real ones left to do may be used up meanwhile.
    for table, earlier, now in zip(tables, before, rows(drill, *tables), strict=True):
        assert [row for row in now if row not in earlier] == [], table
    act(drill, "pay", invoice=moves[min(moves)])
    assert becomes(drill, [min(moves)], "paid", "in_payment")


def test_a_body_that_never_ends_is_not_read(drill):
    """A size is announced that no delivery has: the answer comes before the body."""
    parts = urlsplit(drill.address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    connection.putrequest("POST", parts.path)
    connection.putheader("Content-Length", str(5_000_000))
    connection.putheader("x-xero-signature", "x")
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.read(), answer.getheader("Set-Cookie")) == (401, b"", None)
    connection.close()
