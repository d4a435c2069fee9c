"""Webhooks (facts 6), received by a real server."""

import base64
import hashlib
import hmac
import json
import threading
import time
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

KEY = "the webhook key"


class Receiver(ThreadingHTTPServer):
    """Keeps what it gets; answers as a good receiver does unless told otherwise."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("localhost", 0), Handler)
        self.url = f"http://localhost:{self.server_address[1]}/hook?token=1"
        self.posts = []
        self.status = None
        self.body = b""
        self.cookie = False

    def bodies(self):
        return [json.loads(body) for _right, body in self.posts]

    def events(self):
        return [event for body in self.bodies() for event in body["events"]]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mac = base64.b64encode(hmac.new(KEY.encode(), body, hashlib.sha256).digest()).decode()
        right = hmac.compare_digest(mac, self.headers["x-xero-signature"])
        self.server.posts.append((right, body))
        self.send_response(self.server.status or (200 if right else 401))
        if self.server.cookie:
            self.send_header("Set-Cookie", "session=1")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_args):
        pass


@pytest.fixture
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def hooked(sim, au, receiver):
    """Webhooks on, delivered only on flush."""
    sim.control("webhooks", url=receiver.url, key=KEY)
    sim.control("webhooks/settings", paused=True)
    return au


def flush(sim):
    return sim.control("webhooks/flush")


def seen(receiver):
    return [(event["eventCategory"], event["eventType"]) for event in receiver.events()]


class TestEvents:
    def test_shape_and_signature(self, sim, hooked, receiver):
        contact = hooked.contact("Ada")
        flush(sim)
        ((right, _raw),) = receiver.posts
        (body,) = receiver.bodies()
        (event,) = body["events"]
        assert right
        assert (body["firstEventSequence"], body["lastEventSequence"]) == (1, 1)
        assert body["entropy"]
        assert event["resourceId"] == contact
        assert event["resourceUrl"].endswith(f"/api.xro/2.0/Contacts/{contact}")
        assert (event["tenantId"], event["tenantType"]) == (hooked.tenant, "ORGANISATION")
        assert (event["eventCategory"], event["eventType"]) == ("CONTACT", "CREATE")
        assert datetime.fromisoformat(event["eventDateUtc"]).tzinfo is None

    def test_created_updated_voided_archived(self, sim, hooked, receiver):
        invoice = hooked.invoice(hooked.contact("Ada"))
        flush(sim)
        receiver.posts.clear()
        hooked.change("Invoices", InvoiceID=invoice["InvoiceID"], Status="VOIDED")
        sim.act("archive_contact", contact="Ada")
        flush(sim)
        assert seen(receiver) == [("INVOICE", "UPDATE"), ("CONTACT", "UPDATE")]

    def test_payment_raises_the_documents_event(self, sim, hooked, receiver):
        invoice = hooked.invoice(InvoiceNumber="W-1")
        flush(sim)
        receiver.posts.clear()
        sim.act("pay", invoice="W-1")
        flush(sim)
        (event,) = receiver.events()
        assert (event["eventCategory"], event["resourceId"]) == ("INVOICE", invoice["InvoiceID"])
        sim.control("readings", payment_raises_document_event=False, payment_events=True)
        sim.act("undo_payment", invoice="W-1")
        flush(sim)
        assert receiver.events()[-1]["eventCategory"] == "PAYMENT"

    def test_credit_notes_carry_data(self, sim, hooked, receiver):
        hooked.note()
        flush(sim)
        data = [event.get("data") for event in receiver.events() if event["eventCategory"] == "CREDITNOTE"]
        assert data == [{"Type": "ACCRECCREDIT", "Status": "AUTHORISED"}]

    @pytest.mark.parametrize("kind", ["OVERPAYMENT", "PREPAYMENT"])
    def test_credits_made_and_voided_at_the_bank(self, sim, hooked, receiver, kind):
        rows = [{"Description": "x", "Quantity": 1, "UnitAmount": 5, "AccountCode": None if "OVER" in kind else "200"}]
        hooked.contact("Ada")
        made = sim.act("bank_money", Type=f"RECEIVE-{kind}", contact="Ada", LineItems=rows)
        flush(sim)
        receiver.posts.clear()
        sim.act("delete_bank_money", bank_transaction=made["BankTransactionID"])
        flush(sim)
        (event,) = receiver.events()
        assert (event["eventCategory"], event["eventType"]) == (kind, "UPDATE")
        assert event["data"] == {"Type": f"RECEIVE-{kind}", "Status": "VOIDED"}

    def test_refused_writes_raise_none(self, sim, hooked, receiver):
        hooked.write("PUT", "Contacts", [{"Name": "a<b"}])
        hooked.call("PUT", "Contacts", json={"Contacts": [{"Name": "Good"}, {"Name": "a<b"}]})
        assert flush(sim) == {"waiting": 0}
        assert receiver.posts == []

    def test_only_of_connected_organisations(self, sim, hooked, receiver):
        sim.act("create_contact", "nz", Name="Not connected")
        sim.act("create_contact", Name="Connected")
        sim.control("disconnect", tenant="au")
        sim.act("create_contact", Name="Not any more")
        flush(sim)
        assert len(receiver.events()) == 1

    def test_only_of_wanted_categories(self, sim, hooked, receiver):
        sim.control("webhooks", url=receiver.url, key=KEY, categories=["INVOICE"])
        hooked.invoice()
        flush(sim)
        assert seen(receiver) == [("INVOICE", "CREATE")]

    def test_one_post_can_mix_organisations(self, sim, hooked, receiver):
        uk = sim.api("uk")
        hooked.contact("Ada")
        uk.contact("Bob")
        flush(sim)
        (body,) = receiver.bodies()
        assert {event["tenantId"] for event in body["events"]} == {hooked.tenant, uk.tenant}

    def test_sequence_goes_on(self, sim, hooked, receiver):
        for name in ("Ada", "Bob"):
            hooked.contact(name)
            flush(sim)
        assert [body["firstEventSequence"] for body in receiver.bodies()] == [1, 2]


class TestIntent:
    def test_good_receiver(self, sim, hooked, receiver):
        answer = sim.control("webhooks/intent")
        assert answer["status"] == "OK"
        assert {body["events"] == [] for body in receiver.bodies()} == {True}
        assert {right for right, _body in receiver.posts} == {True, False}
        assert sim.look("webhooks")["subscriptions"][0]["status"] == "OK"

    @pytest.mark.parametrize("fault", [{"status": 200}, {"status": 401}, {"body": b"ok"}, {"cookie": True}])
    def test_bad_receiver(self, sim, hooked, receiver, fault):
        vars(receiver).update(fault)
        assert sim.control("webhooks/intent")["status"] == "INTENT_FAILED"


class TestDelivery:
    def test_by_itself_within_a_moment(self, sim, hooked, receiver):
        sim.control("webhooks/settings", paused=False, batch_seconds=0.05)
        hooked.contact("Ada")
        # The receiver has the post before its answer is written down.
        wait_for(lambda: sim.look("webhooks/deliveries")["deliveries"])
        assert len(receiver.posts) == 1
        assert sim.look("webhooks/deliveries")["deliveries"][0]["status"] == 200

    def test_paused_until_flushed(self, sim, hooked, receiver):
        hooked.contact("Ada")
        time.sleep(0.4)
        assert receiver.posts == []
        assert flush(sim) == {"waiting": 0}
        assert len(receiver.posts) == 1

    def test_batches(self, sim, hooked, receiver):
        sim.control("webhooks/settings", max_events=10)
        hooked.write("PUT", "Contacts", [{"Name": f"C{number}"} for number in range(25)])
        flush(sim)
        assert [len(body["events"]) for body in receiver.bodies()] == [10, 10, 5]

    def test_duplicates_drop_and_wrong_signature(self, sim, hooked, receiver):
        sim.control("webhooks/settings", duplicates=2)
        hooked.contact("Ada")
        flush(sim)
        assert len(receiver.posts) == 3
        assert len({body for _right, body in receiver.posts}) == 1
        receiver.posts.clear()
        sim.control("webhooks/settings", duplicates=0, drop=1)
        hooked.contact("Bob")
        flush(sim)
        assert receiver.posts == []
        sim.control("webhooks/settings", wrong_signature=1)
        hooked.contact("Cy")
        flush(sim)
        assert [right for right, _body in receiver.posts] == [False]
        assert sim.look("webhooks/deliveries")["deliveries"][-1]["ok"] is True

    def test_shuffle(self, sim, hooked, receiver):
        sim.control("webhooks/settings", shuffle=True)
        rows = hooked.write("PUT", "Contacts", [{"Name": f"C{number:02d}"} for number in range(30)])
        flush(sim)
        wanted = [row["ContactID"] for row in rows]
        got = [event["resourceId"] for event in receiver.events()]
        assert sorted(got) == sorted(wanted)
        assert got != wanted

    def test_retry_at_once_then_on_the_clock_until_disabled(self, sim, hooked, receiver):
        receiver.status = 500
        hooked.contact("Ada")
        sim.control("webhooks/settings", paused=False, batch_seconds=0.02)
        wait_for(lambda: len(receiver.posts) == 2)
        time.sleep(0.5)
        assert len(receiver.posts) == 2
        sim.control("clock", advance=901)
        wait_for(lambda: len(receiver.posts) == 3)
        receiver.status = None
        sim.control("clock", advance=3600)
        wait_for(lambda: len(receiver.posts) == 4)
        assert sim.look("webhooks")["waiting"] == {"events": 0, "deliveries": 0, "in_flight": 0}
        receiver.status = 500
        sim.act("create_contact", Name="Bob")
        wait_for(lambda: len(receiver.posts) == 6)
        sim.control("clock", advance=25 * 3600)
        wait_for(lambda: sim.look("webhooks")["subscriptions"][0]["status"] == "DISABLED")

    def test_no_receiver_at_all(self, sim, hooked, receiver):
        sim.control("webhooks", url="http://localhost:9/none", key=KEY)
        hooked.contact("Ada")
        assert flush(sim)["waiting"] == 1
        assert sim.look("webhooks/deliveries")["deliveries"][-1]["status"] == 0

    def test_replay_in_either_order(self, sim, hooked, receiver):
        for name in ("Ada", "Bob", "Cy"):
            hooked.contact(name)
        flush(sim)
        first = [event["resourceId"] for event in receiver.events()]
        receiver.posts.clear()
        assert sim.control("webhooks/replay", count=2, reverse=True) == {"queued": 2}
        flush(sim)
        assert [event["resourceId"] for event in receiver.events()] == [first[2], first[1]]

    def test_events_of_your_own_making(self, sim, hooked, receiver):
        sim.control("webhooks/send", events=[{"eventCategory": "UNHEARD-OF"}, {"tenantId": "not-yours"}])
        flush(sim)
        first, second = receiver.events()
        assert (first["eventCategory"], first["tenantId"]) == ("UNHEARD-OF", hooked.tenant)
        assert second["tenantId"] == "not-yours"


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.03)
