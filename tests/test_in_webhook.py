import base64
import hashlib
import hmac
import json
from unittest.mock import patch

import requests

from odoo.tests import HttpCase, tagged

from ..controllers.webhook import Tally
from ..models import xero_sync_runner
from ..xero_api import webhooks
from .in_common import InboundCommon

KEY = "webhook signing key"


@tagged("post_install", "-at_install")
class TestWebhook(InboundCommon, HttpCase):
    def setUp(self):
        super().setUp()
        self.credential.webhook_key = KEY
        self.env.flush_all()

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
        [health] = self.connection._health()
        [line] = [check for check in health["checks"] if check["topic"] == "webhook"]
        self.assertIn("2 deliveries were refused for a wrong signature", line["text"])
        self.assertNotRegex(line["text"], r"\d\.\d{3}", "a moment as people write it")
        self.assertIn("signing key", line["advice"])
        self.post()
        self.env.invalidate_all()
        self.assertEqual(self.credential.webhook_refused_count, 2)

    def test_signed_rubbish_is_acknowledged(self):
        self.assertEqual(self.post(raw=b"not json").status_code, 200)
        self.assertEqual(self.post({"odd": 1}).status_code, 200)
        self.assertFalse(self.events())

    def test_without_a_key_nothing_is_right(self):
        self.credential._vault_update({"webhook_key": None})
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
            event._wake_after_commit(self.env.registry, last.id, self.connection.ids)
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

    def test_events_of_another_apps_organisations_are_dropped(self):
        event = self.event("22222222-2222-4222-8222-222222222222")
        mine = self.credential.sudo()
        mine.client_id, known = "another-app", mine.client_id
        other = self.connection.sudo().credential_id = mine.copy({"client_id": known})
        self.assertEqual(self.post(event).status_code, 200)
        self.assertFalse(self.events())
        mine.client_id = other.client_id
        self.post(event)
        self.assertEqual(len(self.events()), 1, "two consents of one app share its webhooks")

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
