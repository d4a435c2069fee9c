"""Two servers on one database, one of them with another key: it leaves all to the other, and says so."""

import base64
import hashlib
import hmac
import http.client
import json
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from drill import open_drill, open_ground

from dev.machine.process import wait_for

KEY = "the key that both sides know"
SETTLE_SECONDS = 150
SEALED = "SELECT id, vault, client_secret_set, state FROM xero_credential ORDER BY id"
DUE = "SELECT count(*) FROM ir_cron_trigger WHERE call_at <= now() at time zone 'UTC'"
STATE = "SELECT state, paused_until, reason FROM xero_connection WHERE id = %d"


@pytest.fixture
def ground(cluster, template, folder):
    with open_ground(cluster, template, folder, "keys") as forge:
        yield forge


def deliver(server, path: str, drill, xero_id: str) -> int:
    """Deliver a webhook to a server as Xero does; return the status of its answer."""
    event = {"tenantId": drill.tenant, "resourceId": xero_id, "eventCategory": "INVOICE", "eventType": "UPDATE"}
    body = json.dumps({"events": [event]}).encode()
    signature = base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
    connection.request("POST", path, body, {"x-xero-signature": signature})
    status = connection.getresponse().status
    connection.close()
    return status


def health(stack, drill, server) -> str:
    """What the health page of a server says of the connection."""
    context = {"allowed_company_ids": [drill.company]}
    page = stack.session(server=server).call("xero.health", "get_page", context=context)
    found = next(row for row in page["connections"] if row["id"] == drill.connection)
    return next(check["text"] for check in found["checks"] if check["topic"] == "connection")


def test_a_server_with_another_key_leaves_all_to_the_other(ground):
    stack = ground.stack
    drill = open_drill(ground, "Two Keys")
    path = ground.ask("company:set_webhook_key", connection_id=drill.connection, key=KEY)
    before = stack.query(SEALED), stack.query(STATE % drill.connection)
    other = stack.start_server(max_cron_threads=1, xero_connector_key=Fernet.generate_key().decode())
    stack.wake(other)
    drill.simulator.post("stats/reset")
    drill.make(count=6, contacts=1)
    assert wait_for(lambda: stack.query(DUE) == [["0"]], SETTLE_SECONDS), "its cron has not looked at the queue"
    assert drill.simulator.get("stats")["total_calls"] == 0
    assert drill.at_work()
    assert deliver(other, path, drill, drill.tenant) == 503
    assert "key" in health(stack, drill, other)
    assert (stack.query(SEALED), stack.query(STATE % drill.connection)) == before

    good = stack.start_server(max_cron_threads=1)
    stack.wake(good)
    assert wait_for(lambda: not drill.at_work(), SETTLE_SECONDS), "the server with the key does not go on"
    report = drill.check(6)
    assert "key" not in health(stack, drill, good)
    invoice = next(row for row in report["documents"] if row["kind"] == "out_invoice")
    act = f"organisations/{drill.tenant}/act/edit"
    drill.simulator.post(act, invoice=invoice["xero_id"], Reference="Edited in Xero")
    assert deliver(other, path, drill, invoice["xero_id"]) == 503
    # Xero tries again; the next time a proxy may choose the other server.
    assert deliver(good, path, drill, invoice["xero_id"]) == 200
    ref = f"SELECT ref FROM account_move WHERE id = {invoice['id']}"
    assert wait_for(lambda: stack.query(ref) == [["Edited in Xero"]], SETTLE_SECONDS)

    drill.make(count=4, contacts=1, first=6)
    assert wait_for(lambda: not drill.at_work(), SETTLE_SECONDS), "with both at work nothing goes on"
    assert [row[2:] for row in stack.query(SEALED)] == [row[2:] for row in before[0]]
    said = [line for line in other.read_log().splitlines() if "sealed with a key that this server does not" in line]
    assert len(said) == 1
    assert "sealed with a key" not in good.read_log()
