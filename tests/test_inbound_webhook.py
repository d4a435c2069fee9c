import base64
import hashlib
import hmac
import json
import sys
import time
from unittest.mock import patch

import requests
from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.inbound import webhook_inbox
from ..models.inbound import xero_webhook_event as webhook_event
from ..models.inbound.webhook_inbox import Tally
from ..models.queue import worker as xero_sync_runner
from ..xero_api import retry, webhooks
from .common import server_options
from .common.inbound import InboundCommon

KEY = "webhook signing key"


@tagged("post_install", "-at_install")
class TestWebhook(InboundCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.credential.webhook_key = KEY
        self.env.flush_all()
        # What other tests had refused within the minute.
        self.enterContext(patch.dict(webhook_inbox._tallies, clear=True))

    def url(self, token=None):
        return f"/xero/webhook/{token or self.credential.webhook_token}"

    def event(self, xero_id, category="INVOICE", tenant=None, date="2026-03-10T10:00:00.000", event_type="UPDATE"):
        return {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{category}/{xero_id}", "resourceId": xero_id,
            "eventDateUtc": date, "eventType": event_type, "eventCategory": category,
            "tenantId": tenant or self.tenant, "tenantType": "ORGANISATION",
        }  # fmt: skip

    def post(self, *events, key=KEY, token=None, raw=None):
        body = raw or json.dumps({
            "events": list(events), "firstEventSequence": 1, "lastEventSequence": len(events), "entropy": "ABC",
        }).encode()  # fmt: skip
        signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
        return self.url_open(
            self.url(token), data=body, headers={"x-xero-signature": signature, "Content-Type": "application/json"}
        )

    def events(self):
        return self.env["xero.webhook.event"].search([("connection_id", "=", self.connection.id)])

    def test_intent_to_receive(self):
        right, wrong = self.post(), self.post(key="another")
        self.assertEqual((right.status_code, right.content, right.cookies.get_dict()), (200, b"", {}))
        self.assertEqual((wrong.status_code, wrong.content, wrong.cookies.get_dict()), (401, b"", {}))
        self.assertNotIn("Set-Cookie", right.headers)
        self.assertTrue(self.credential.webhook_seen_at)

    def test_the_guide_shows_that_xero_has_called(self):
        """Off, stored, the wrong key, and right: by itself on an open guide, and the words say what is so."""
        self.credential.sudo().webhook_key_set = False
        guide = self.env["xero.setup"]._of(self.connection)
        self.assertEqual((guide.webhook_state, guide.webhook_url), ("off", self.credential.webhook_url))
        self.assertIn("within 30 minutes. With Instant Updates", guide.arrival_text)
        self.assertIn("https", guide.webhook_warning)
        self.assertRaises(UserError, guide.action_store_webhook_key)
        guide.webhook_key = KEY
        self.assertTrue(guide.action_store_webhook_key())
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual((guide.webhook_key, guide.webhook_state), (False, "waits"))
        self.assertEqual(xero_secrets.read(self.credential)["webhook_key"], KEY)
        self.env.cr.execute("SELECT to_jsonb(s)::text FROM xero_setup s WHERE id = %s", [guide.id])
        self.assertNotIn(KEY, self.env.cr.fetchone()[0])
        for key, state, words in (("another", "refused", "does not fit"), (KEY, "on", "it works")):
            with patch.object(type(self.env["xero.setup"]), "_notify_screens", autospec=True) as told:
                self.post(key=key)
            self.assertEqual([call.args[0].ids for call in told.call_args_list], [guide.ids], "open guides hear of it")
            self.env.invalidate_all()
            self.assertEqual(guide.webhook_state, state)
            self.assertIn(words, guide.webhook_text)
        self.assertIn("within seconds: Xero calls", guide.arrival_text)
        self.connection.day_limit = 5000
        self.assertIn("within 10 minutes", guide.arrival_text)

    def test_what_is_not_proven_is_401_and_leaves_nothing(self):
        event = self.event("11111111-1111-4111-8111-111111111111")
        self.assertEqual(self.post(event, token="nobody").status_code, 401)
        self.assertEqual(self.post(event, key="forged").status_code, 401)
        self.assertEqual(self.url_open(self.url(), data=b"{}").status_code, 401, "no signature")
        self.assertEqual(self.post(raw=b"x" * 1_000_001).status_code, 401, "rightly signed, but too large to be read")
        self.assertEqual(self.url_open(self.url()).status_code, 405)
        self.assertFalse(self.events())

    def test_refused_signatures_are_counted_by_few_writes(self):
        """A wrong key shows on the health page; of a flood a dozen small updates are written, and no row."""
        tally = Tally()
        writes = [count for moment in range(5000) if (count := tally.add(moment / 100))]
        self.assertLessEqual(len(writes), 13)
        self.assertGreater(sum(writes), 2500)
        self.assertEqual(tally.add(200.0), 5000 - sum(writes) + 1, "what was left is written with the next")
        self.assertEqual([self.post(key="another").status_code for _times in range(2)], [401, 401])
        self.env.invalidate_all()
        self.assertEqual((self.credential.webhook_refused_count, self.credential.webhook_seen_at), (2, False))
        [health] = self.env["xero.health"]._of(self.connection)
        [line] = [check for check in health["checks"] if check["topic"] == "webhook"]
        self.assertIn("2 deliveries were refused for a wrong signature", line["text"])
        self.assertNotRegex(line["text"], r"\d\.\d{3}", "a moment as people write it")
        self.assertIn("signing key", line["advice"])
        self.post()
        self.env.invalidate_all()
        self.assertEqual(self.credential.webhook_refused_count, 2)

    def test_a_stream_is_proven_by_a_key_that_is_read_once_a_second(self):
        with patch.object(xero_secrets, "_sealed", wraps=xero_secrets._sealed) as read:
            with patch.object(xero_secrets, "KEPT_SECONDS", 60):
                self.assertEqual([self.post(key=key).status_code for key in (KEY, "forged", KEY)], [200, 401, 200])
            self.assertEqual(read.call_count, 1)
            with patch.object(xero_secrets, "KEPT_SECONDS", 0):
                self.post()
            self.assertEqual(read.call_count, 2)

    def test_another_key_counts_at_once(self):
        self.assertEqual(self.post().status_code, 200)
        self.credential.webhook_key = "another"
        self.env.flush_all()
        self.assertEqual([self.post(key=key).status_code for key in (KEY, "another")], [401, 200])

    def test_signed_rubbish_is_acknowledged(self):
        self.assertEqual(self.post(raw=b"not json").status_code, 200)
        self.assertEqual(self.post({"odd": 1}).status_code, 200)
        self.assertFalse(self.events())

    def test_without_a_key_nothing_is_right(self):
        xero_secrets.update(self.credential, {"webhook_key": None})
        self.assertEqual(self.post(key="").status_code, 401)

    def test_a_company_that_was_disconnected_hears_nothing(self):
        """Its organisation may serve another company by now."""
        other = self.env["res.company"].create({"name": "Formerly connected"})
        former = self.env["xero.connection"].create({"company_id": other.id, "credential_id": self.credential.id})
        former.sudo().write({"tenant_id": self.connection.tenant_id, "state": "disconnected"})
        self.post(self.event(self.pushed().xero_invoice_id, date="2027-01-01T00:00:00"))
        self.assertTrue(self.events())
        self.assertFalse(self.env["xero.webhook.event"].sudo().search([("connection_id", "=", former.id)]))

    def test_event_brings_the_change(self):
        move = self.pushed(ref="before")
        self.edit(move, Reference="after")
        self.simulator.reset_stats()
        self.post(self.event(move.xero_invoice_id, date="2027-01-01T00:00:00"))
        self.assertEqual(self.simulator.calls(self.tenant), {}, "the request itself reads nothing")
        self.drain()
        self.assertEqual(move.ref, "after")
        self.assertEqual(self.simulator.calls(self.tenant), {("GET", "Invoices"): 1})
        self.assertEqual(self.events().state, "queued")

    def test_echoes_duplicates_and_old_events_cost_no_call(self):
        move = self.pushed()
        self.simulator.reset_stats()
        for _time in range(3):
            self.post(
                self.event(move.xero_invoice_id, date="2020-01-01T00:00:00"),
                self.event(move.xero_invoice_id, date="2020-01-01T00:00:00"),
            )
        self.drain()
        self.assertEqual(len(self.events()), 1)
        self.assertEqual(self.events().state, "known")
        self.assertEqual(self.simulator.calls(self.tenant), {})

    def test_mixed_batches_go_where_they_belong(self):
        foreign = "99999999-9999-4999-8999-999999999999"
        move = self.pushed()
        answer = self.post(
            self.event(move.xero_invoice_id, date="2027-01-01T00:00:00"),
            self.event(foreign, tenant="88888888-8888-4888-8888-888888888888"),
            self.event(foreign, category="SUBSCRIPTION"),
            self.event(foreign, category="SOMETHINGNEW"),
            self.event(move.partner_id.xero_contact_id, category="CONTACT", date="2027-01-01T00:00:00"),
        )
        self.assertEqual(answer.status_code, 200)
        self.drain()
        states = {event.category: event.state for event in self.events()}
        self.assertEqual(
            states, {"INVOICE": "queued", "CONTACT": "queued", "SUBSCRIPTION": "ignored", "SOMETHINGNEW": "ignored"}
        )

    def test_many_events_become_one_poll(self):
        self.poll("Invoice")
        self.simulator.reset_stats()
        self.post(*(self.event(f"11111111-1111-4111-8111-{number:012d}") for number in range(200)))
        self.drain()
        self.assertEqual(self.simulator.calls(self.tenant), {("GET", "Invoices"): 1})

    def test_a_stream_of_deliveries_wakes_the_worker_once(self):
        """A wake-up costs more than all the rest of a delivery."""
        slot = self.connection.id % xero_sync_runner.WORKERS + 1
        cron = self.env.ref(f"xero_connector.ir_cron_xero_worker_{slot}")
        wakes = self.env["ir.cron.trigger"].search_count

        def deliver(number):
            before = wakes([("cron_id", "=", cron.id)])
            self.post(self.event(f"11111111-1111-4111-8111-{number:012d}"))
            last = self.events()[0]
            event._wake_after_commit(self.env.cr, self.env.registry, last.id, self.connection.ids)
            return wakes([("cron_id", "=", cron.id)]) - before

        event = self.env["xero.webhook.event"]
        self.assertEqual([deliver(number) for number in range(3)], [1, 0, 0])
        self.drain()
        self.assertEqual(deliver(3), 1, "nothing waits any more")
        self.env.cr.execute("UPDATE xero_webhook_event SET create_date = create_date - interval '1 minute'")
        self.assertEqual(deliver(4), 1, "that wake-up was lost, or the organisation is paused")

    def test_events_that_come_while_others_are_looked_at(self):
        """The worker looks once more after the last, so a delivery that woke nobody is not overlooked."""
        move = self.pushed(ref="before")
        self.edit(move, Reference="after")
        self.post(self.event(move.xero_invoice_id, date="2020-01-01T00:00:00"))
        claim, late = type(self.env["xero.sync.runner"])._claim, [self.event(move.xero_invoice_id, date="2027-01-01")]

        def claiming(runner, connection):
            jobs = claim(runner, connection)
            if late and not jobs:
                events = webhooks.parse(json.dumps({"events": [late.pop()]}).encode())
                runner.env["xero.webhook.event"]._receive(events, self.credential.sudo().with_env(runner.env))
            return jobs

        with patch.object(type(self.env["xero.sync.runner"]), "_claim", claiming):
            self.drain()
        self.assertEqual(move.ref, "after")

    def test_what_follows_within_a_second_is_read_together(self):
        moves = self.pushed() + self.pushed() + self.pushed()
        for move in moves:
            self.edit(move, Reference="after")
        late = [self.event(move.xero_invoice_id, date="2027-01-01") for move in moves]
        claim, waits = type(self.env["xero.sync.runner"])._claim, []

        def receive(env):
            events = webhooks.parse(json.dumps({"events": [late.pop()]}).encode())
            env["xero.webhook.event"]._receive(events, self.credential.sudo().with_env(env))

        def claiming(runner, connection):
            jobs = claim(runner, connection)
            if jobs and len(late) == 2:
                receive(runner.env)
            return jobs

        def waiting(seconds):
            waits.append(seconds)
            receive(self.env)

        receive(self.env)
        self.simulator.reset_stats()
        with (
            patch.dict(webhook_event._read_at, clear=True),
            patch.object(type(self.env["xero.sync.runner"]), "_claim", claiming),
            patch.object(retry, "pause", waiting),
        ):
            self.drain()
        self.assertEqual([0 < seconds <= webhook_event.GATHER_SECONDS for seconds in waits], [True])
        self.assertEqual(moves.mapped("ref"), ["after"] * 3)
        self.assertEqual(self.simulator.calls(self.tenant), {("GET", "Invoices"): 2}, "the first at once, two together")

    def test_a_server_with_another_key_leaves_it_to_the_others(self):
        """Xero tries again what was not taken; nothing is counted as forged."""
        event = self.event("22222222-2222-4222-8222-222222222222")
        with server_options(xero_connector_key=Fernet.generate_key().decode()):
            self.assertEqual(self.post(event).status_code, 503)
            self.assertEqual(self.post(event, key="forged").status_code, 503)
        self.env.invalidate_all()
        self.assertFalse(self.events())
        self.assertEqual((self.credential.webhook_refused_count, self.credential.webhook_refused_at), (0, False))
        self.assertEqual(self.post(event).status_code, 200)
        self.assertEqual(len(self.events()), 1)

    def test_credentials_of_one_app_that_have_its_key(self):
        """Xero delivers to one address of an app, whichever credentials of Odoo are of it."""
        company = self.env["res.company"].sudo().create({"name": "Second"})
        twin = self.credential.create(
            {"name": "Twin", "client_id": f" {self.credential.client_id.upper()}", "webhook_key": KEY}
        )
        tenant = "99999999-9999-4999-8999-999999999999"
        second = self.env["xero.connection"].sudo().create({"company_id": company.id, "credential_id": twin.id})
        second.write({"tenant_id": tenant, "state": "connected"})
        self.env.flush_all()
        ids = ["22222222-2222-4222-8222-222222222222", "33333333-3333-4333-8333-333333333333"]
        self.post(self.event(ids[0]), self.event(ids[1], tenant=tenant))
        found = self.env["xero.webhook.event"].sudo().search([("xero_id", "in", ids)])
        events = {(row.connection_id, row.xero_id) for row in found}
        self.assertEqual(events, {(self.connection, ids[0]), (second, ids[1])})
        twin.client_id = "another app"
        self.env.flush_all()
        self.post(self.event(ids[0], tenant=tenant))
        self.assertEqual(self.env["xero.webhook.event"].sudo().search_count([("connection_id", "=", second.id)]), 1)

    def test_a_key_speaks_only_of_organisations_of_its_own_credential(self):
        """Another company's administrator knows the app's id and the organisation's: neither is a secret."""
        event = self.event("22222222-2222-4222-8222-222222222222")
        other = self.env["res.company"].create({"name": "Elsewhere"})
        forger = self.env["xero.credential"].create(
            {"name": "Forged", "client_id": self.credential.client_id, "company_id": other.id, "webhook_key": KEY * 2}
        )
        self.env["xero.connection"].create({"company_id": other.id, "credential_id": forger.id}).sudo().write(
            {"tenant_id": "99999999-9999-4999-8999-999999999999", "state": "connected"}
        )
        self.env.flush_all()
        self.assertEqual(self.post(event, key=KEY * 2, token=forger.webhook_token).status_code, 200)
        self.assertFalse(self.env["xero.webhook.event"].sudo().search([("xero_id", "=", event["resourceId"])]))
        self.post(event)
        self.assertEqual(len(self.events()), 1)

    def test_odd_events_take_no_other_with_them(self):
        """Each alone: what is none is counted, the good ones of the same delivery arrive, nothing is said of errors."""
        good = "11111111-1111-4111-8111-{:012d}".format
        base = {**self.event(good(999)), "resourceUrl": "x"}
        odd = [
            {**base, "resourceId": "x" * 8000}, {**base, "resourceId": "\x00"}, {**base, "resourceId": "\ud800"},
            {**base, "resourceId": [base]}, {**base, "resourceId": 10**5000}, {**base, "tenantId": {"a": 1}},
            {**base, "tenantId": "' OR 1=1 --"}, {**base, "eventCategory": "X" * 5000}, {**base, "eventCategory": None},
            None, 5, "x", [], {},
        ]  # fmt: skip
        sys.set_int_max_str_digits(0)
        self.addCleanup(sys.set_int_max_str_digits, 4300)
        with self.assertNoLogs("odoo", "ERROR"):
            for number, event in enumerate(odd):
                with self.subTest(event=str(event)[:60]):
                    answer = self.post(self.event(good(number)), event, self.event(good(number + 500)))
                    self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(
            set(self.events().mapped("xero_id")),
            {good(number + more) for number in range(len(odd)) for more in (0, 500)},
        )
        self.env.invalidate_all()
        self.assertEqual(self.credential.webhook_odd_count, len(odd))

    def test_bodies_that_break_readers(self):
        """Depth, numbers, halves of characters, dates: answered at once, without a traceback."""
        event, beside_depth = (
            json.dumps(self.event(f"11111111-1111-4111-8111-{number:012d}", date="2026-01-01")) for number in (1, 2)
        )
        deep = "[" * 100_000 + "]" * 100_000
        bodies = [
            deep, f'{{"events": {deep}}}', f'{{"events": [{beside_depth}, {{"data": {deep}}}]}}', "[" * 900_000,
            f'{{"x": {"9" * 100_000}, "events": [{event}]}}', '{"events": [NaN, Infinity, 1e999999999]}',
            '{"events": "x"}', '{"events": {"a": 1}}', '{"\ud800": "\ud800", "events": []}',
            f'{{"events": [{event}], "events": []}}', "null", '"x"', "\x00",
        ]  # fmt: skip
        with self.assertNoLogs("odoo", "ERROR"):
            for body in bodies:
                with self.subTest(body=body[:40]):
                    started = time.monotonic()
                    self.assertEqual(self.post(raw=body.encode("utf-8", "surrogatepass")).status_code, 200)
                    self.assertLess(time.monotonic() - started, 60)
            self.assertEqual(self.post(raw=b"\xff\xfe\xfd").status_code, 200)
        self.assertEqual(len(self.events()), 2, "the good events beside them were kept, and once")

    def test_events_that_an_earlier_version_kept_hold_nothing_up(self):
        move = self.make_move()
        good = "11111111-1111-4111-8111-111111111111"
        self.env["xero.webhook.event"].sudo().create(
            [
                {"connection_id": self.connection.id, "company_id": self.company.id, "category": category,
                 "xero_id": xero_id, "digest": f"d{number}"}
                for number, (category, xero_id) in enumerate(
                    [("INVOICE", "x" * 8000), ("INVOICE", False), ("INVOICE", good), ("NEWLYINVENTED", good),
                     ("CONTACT", "' --")]
                )
            ]
        )  # fmt: skip
        self.drain()
        self.assertEqual(move.xero_sync_state, "synced")
        self.assertEqual(self.connection.paused_until, False)
        self.assertEqual(self.events().sorted("id").mapped("state"), ["odd", "odd", "queued", "ignored", "odd"])

    def test_an_event_that_cannot_be_queued_is_left_alone(self):
        bad, good = (f"11111111-1111-4111-8111-{number:012d}" for number in (1, 2))
        self.post(self.event(bad), self.event(good))
        jobs = type(self.env["xero.sync.job"])
        original = jobs._enqueue_fetch

        def enqueue(model, connection, xero_type, xero_ids, **options):
            if bad in xero_ids:
                raise ZeroDivisionError
            return original(model, connection, xero_type, xero_ids, **options)

        with patch.object(jobs, "_enqueue_fetch", enqueue), self.assertNoLogs("odoo", "ERROR"):
            self.drain()
        self.assertEqual(self.events().sorted("xero_id").mapped("state"), ["odd", "queued"])

    def test_only_ids_are_fetched(self):
        jobs = self.env["xero.sync.job"]
        jobs._enqueue_fetch(self.connection, "Invoice", ["x" * 8000, "1", "\ud800", "' --"])
        self.assertFalse(self.open_jobs())

    def test_an_event_without_a_time_or_an_id_of_its_own(self):
        """The address of the record tells its id; without a time each delivery may be news."""
        move = self.pushed(ref="before")
        for turn in ("one", "two"):
            self.edit(move, Reference=turn)
            event = self.event(move.xero_invoice_id.upper(), category="invoice", event_type="update")
            del event["eventDateUtc"], event["resourceId"]
            self.post(event)
            self.drain()
            self.assertEqual(move.ref, turn)

    def test_categories_with_and_without_data(self):
        foreign = "99999999-9999-4999-8999-99999999999"
        for number, (category, data) in enumerate(
            [("PAYMENT", None), ("PREPAYMENT", {"Type": "ARPREPAYMENT"}), ("CREDITNOTE", []), ("OVERPAYMENT", "odd")]
        ):
            self.post({**self.event(f"{foreign}{number}", category=category), "data": data})
        self.drain()
        self.assertEqual(set(self.events().mapped("state")), {"queued"})
        self.assertFalse(self.open_jobs(), "nobody has them: nothing is left behind")

    def test_lost_webhook_is_repaired_by_the_poll(self):
        move = self.pushed(ref="before")
        self.edit(move, Reference="after")
        self.poll("Invoice")
        self.assertEqual(move.ref, "after")

    def test_forged_posts_cost_next_to_nothing(self):
        self.post(key="warm")
        before = self.env.cr.sql_log_count
        for _time in range(20):
            self.post(self.event("11111111-1111-4111-8111-111111111111"), token="nobody")
        self.assertLessEqual((self.env.cr.sql_log_count - before) / 20, 4, "what a public request of Odoo costs anyway")

    def test_secret_of_the_address_is_for_administrators(self):
        self.assertEqual(requests.utils.urlparse(self.credential.webhook_url).path, self.url())
        accountant = self.env["res.users"].create(
            {
                "name": "Acc",
                "login": "acc_webhook",
                "company_id": self.company.id,
                "company_ids": [(6, 0, self.company.ids)],
                "group_ids": [(4, self.env.ref("account.group_account_invoice").id)],
            }
        )
        self.assertNotIn("webhook_url", self.connection.with_user(accountant).fields_get())
