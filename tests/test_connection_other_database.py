"""Copies, moved and restored databases: nothing leaves them, and nothing they do reaches the live one."""

from contextlib import suppress

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.connection import (
    credential_secrets as xero_secrets,
)
from ..models.connection import (
    database as xero_database,
)
from ..models.connection import (
    gate as xero_gate,
)
from ..xero_api import errors
from .common import XeroCommon


class OtherDatabaseCommon(XeroCommon):
    def become_copy(self):
        """Let this be a database that was copied in Odoo's database manager."""
        self.env["ir.config_parameter"].set_param("database.uuid", "0ther000-data-base")

    def become_moved(self):
        """Let this be a raw copy, or a restored dump: the id is the same, the place is another."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE xero_connection SET database_print = '1-1' WHERE database_print IS NOT NULL")
        xero_secrets.update(self.credential, {"print": "1-1"})
        self.env.invalidate_all()

    def own_calls(self):
        """Return all calls since the last reset, those to the identity server too."""
        stats = self.simulator.control("/stats")
        return stats["total_calls"], {name: count for name, count in stats.get("identity", {}).items() if count}

    def recovery(self, connection=None):
        return self.env["xero.recovery"].search([("connection_id", "=", (connection or self.connection).id)], limit=1)

    def expire(self):
        xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
        self.env.cr.execute("UPDATE xero_credential SET access_expires_at = now() - interval '3 days'")
        self.env.invalidate_all()

    def click_everything(self):
        """Press every button of the connection that calls Xero, and run every cron."""
        for action in ("action_check", "action_pull", "action_choose", "action_match", "action_reconcile"):
            with suppress(UserError, errors.XeroError):
                getattr(self.connection, action)()
        self.env["xero.credential"]._cron_keepalive()
        for cursor in ("Contact", "Invoice"):
            self.env["xero.sync.job"]._enqueue_poll(self.connection, cursor)
        self.drain()


@tagged("post_install", "-at_install")
class TestOtherDatabase(OtherDatabaseCommon):
    def test_fingerprint_is_noted_and_stays(self):
        first = xero_database.fingerprint(self.env.cr)
        self.assertRegex(first, r"^\d+-\d+$")
        self.assertEqual(self.connection.database_print, first)
        self.assertIsNone(self.connection._other_database())

    def test_copy_makes_no_call_whatever_is_clicked(self):
        self.assertSilent(self.become_copy)
        self.assertEqual(self.recovery().kind, "copy")
        self.assertFalse(self.env["xero.alert"].search([("connection_id", "=", self.connection.id)]))

    def test_moved_database_makes_no_call_whatever_is_clicked(self):
        self.assertSilent(self.become_moved)
        self.assertEqual(self.recovery().kind, "moved")
        self.assertTrue(self.env["xero.alert"].search([("connection_id", "=", self.connection.id)]), "people are told")

    def assertSilent(self, become):
        move = self.make_move()
        become()
        self.expire()
        self.simulator.reset_stats()
        before = self.simulator.control("/stats")
        self.click_everything()
        self.assertEqual(self.simulator.control("/stats")["total_calls"], before["total_calls"])
        self.assertEqual(self.simulator.control("/stats").get("identity"), before.get("identity"))
        self.assertEqual((self.connection.state, self.job_of(move).state), ("held", "pending"))
        self.assertTrue(self.connection.reason)
        later = self.make_move()
        self.assertEqual(self.job_of(later).state, "pending", "documents go on being queued")
        self.assertIn("on hold", later.xero_sync_message)

    def test_disconnecting_a_copy_is_not_told_to_xero(self):
        for become in (self.become_copy, self.become_moved):
            with self.subTest(become=become.__name__):
                become()
                token = xero_secrets.read(self.credential)["refresh_token"]
                self.simulator.reset_stats()
                self.connection.action_disconnect()
                self.assertEqual(self.simulator.control("/stats")["total_calls"], 0)
                self.assertEqual(self.connection.state, "disconnected")
                self.assertNotIn("refresh_token", xero_secrets.read(self.credential))
                # The live database has the same token, and goes on.
                self.env["ir.config_parameter"].set_param("database.uuid", "live")
                self.connection.write({"state": "connected", **self.connection.env["xero.hold"]._database_values()})
                own = xero_gate._owner(self.env)
                xero_secrets.update(self.credential, {"refresh_token": token, "reached": [self.tenant], **own})
                self.credential.state = "authorised"
                self.recovery().state = "released"
                self.connection.action_check()

    def test_connecting_a_copy_asks_what_becomes_of_the_other(self):
        self.become_copy()
        action = self.connection.action_connect()
        self.assertEqual(action["res_model"], "xero.recovery")
        recovery = self.recovery()
        with self.assertRaises(UserError):
            recovery.action_answer()
        for other in (False, "unknown", "works"):
            recovery.write({"answer": "real", "other": other})
            with self.assertRaises(UserError):
                recovery.action_answer()
        self.assertEqual((recovery.state, self.connection.state), ("ask", "held"))
        recovery.write({"answer": "real", "other": "gone"})
        recovery.action_answer()
        self.assertEqual(recovery.state, "reading")
        self.drain()
        self.assertEqual(recovery.state, "decide", recovery.trouble)
        recovery.action_release()
        move = self.make_move()
        self.drain()
        self.assertInXero(move)

    def test_answer_copy_forgets_here_only(self):
        self.become_moved()
        self.connection.action_recover()
        recovery = self.recovery()
        recovery.answer = "copy"
        self.simulator.reset_stats()
        recovery.action_answer()
        self.assertEqual(self.simulator.control("/stats")["total_calls"], 0)
        self.assertEqual(
            (recovery.state, self.connection.state, self.credential.state), ("copy", "disconnected", "new")
        )

    def test_hold_stops_the_running_drain_before_its_next_call(self):
        partners = self.env["res.partner"].create([{"name": f"Held {number}"} for number in range(3)])
        for partner in partners:
            self.make_move(partner=partner)
        save = self.env.registry["xero.exporter"]._save_results

        def hold(exporter, drain, *args):
            drain.connection.env["xero.hold"]._begin(drain.connection, "ahead", "Seen in an answer.")
            return save(exporter, drain, *args)

        self.patch(self.env.registry["xero.exporter"], "_save_results", hold)
        self.drain()
        self.assertEqual(self.connection.state, "held")
        self.assertEqual(len(self.simulator.documents(self.tenant, "Contacts")), 3)
        self.assertFalse(self.simulator.documents(self.tenant, "Invoices"))

    def test_fingerprint_that_cannot_be_read_holds_nobody(self):
        self.patch(xero_database, "fingerprint", lambda cr: None)
        self.connection.write(self.connection.env["xero.hold"]._database_values())
        self.assertFalse(self.connection.database_print)
        move = self.make_move()
        self.drain()
        self.assertInXero(move)

    def test_clerks_see_the_hold_and_decide_nothing(self):
        self.become_moved()
        self.drain()
        self.connection.action_recover()
        clerk = new_test_user(
            self.env, "xero_clerk", groups="account.group_account_invoice", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        recovery = self.recovery().with_user(clerk)
        self.assertTrue(recovery.reason)
        for method in ("action_answer", "action_apply", "action_release", "action_read", "action_connect"):
            with self.assertRaises(UserError, msg=method):
                getattr(recovery, method)()
        with self.assertRaises(AccessError):
            recovery.write({"answer": "copy"})
        manager = new_test_user(
            self.env, "xero_manager", groups="xero_connector.group_xero_manager,account.group_account_manager",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        mine = self.recovery().with_user(manager)
        with self.assertRaises(AccessError):
            mine.write({"state": "released"})
        mine.write({"answer": "copy"})


@tagged("post_install", "-at_install")
class TestDisconnectOthers(OtherDatabaseCommon):
    """Two companies, the same app and the same person in Xero."""

    def second(self, credential):
        company = self.env["res.company"].create({"name": "Second", "currency_id": self.company.currency_id.id})
        self.env.user.company_ids |= company
        return self.env["xero.connection"].create({"company_id": company.id, "credential_id": credential.id})

    def test_other_credential_of_the_app_goes_on(self):
        """Fails where a disconnection revokes: Xero then ends every consent of the person to the app."""
        row = self.env["xero.credential"].create(
            {"name": "B's own", "client_id": self.app["client_id"], "client_secret": self.app["client_secret"]}
        )
        second = self.second(row)
        self.connect(second, self.add_organisation(**{**self.organisation, "Name": "Second Org"}))
        self.simulator.reset_stats()
        second.action_disconnect()
        self.assertEqual((second.state, row.state), ("disconnected", "new"))
        self.expire()
        move = self.make_move()
        self.drain()
        self.assertInXero(move)
        # The last one ends it all.
        token = xero_secrets.read(self.credential)["refresh_token"]
        self.connection.action_disconnect()
        self.assertFalse(self.simulator.control("").get("tokens", {}).get(token))

    def test_archived_credential_that_is_authorised_counts(self):
        row = self.env["xero.credential"].create(
            {"name": "Old", "client_id": f" {self.app['client_id'].lower()} ", "client_secret": "x"}
        )
        row = row.sudo()
        row.write({"state": "authorised", "active": False})
        self.assertTrue(self.connection.env["xero.consent"]._is_consent_shared(self.connection))
        row.state = "new"
        self.assertFalse(self.connection.env["xero.consent"]._is_consent_shared(self.connection))

    def test_consent_after_all_were_cut_off_takes_effect(self):
        """Somebody disconnected both organisations in Xero: the first to connect again takes nothing from the other."""
        second = self.second(self.credential)
        other = self.add_organisation(**{**self.organisation, "Name": "Second Org"})
        self.connect(second, other)
        for tenant in (self.tenant, other):
            self.simulator.control("/disconnect", tenant=tenant)
        self.assertEqual((self.connection.state, second.state), ("connected", "connected"), "nobody has looked yet")
        self.env.flush_all()
        back = self.simulator.consent(self.connection.action_connect()["url"], self.tenant, user="bob")
        nonce = self.env["xero.credential"]._read_state(back["state"])["nonce"]
        event = xero_gate.complete_consent(self.credential, back["code"], nonce)
        self.connection.env["xero.consent"]._offer_organisations(self.connection, event)
        move = self.make_move()
        self.drain()
        self.assertInXero(move)

    def test_consent_that_reaches_less_replaces_nothing(self):
        second = self.second(self.credential)
        other = self.add_organisation(**{**self.organisation, "Name": "Second Org"})
        self.connect(second, other)
        before = xero_secrets.read(self.credential)["refresh_token"]
        self.env.flush_all()
        back = self.simulator.consent(self.connection.action_connect()["url"], self.tenant, user="bob")
        nonce = self.env["xero.credential"]._read_state(back["state"])["nonce"]
        with self.assertRaisesRegex(errors.XeroError, "of its own"):
            xero_gate.complete_consent(self.credential, back["code"], nonce)
        self.assertEqual(xero_secrets.read(self.credential)["refresh_token"], before)
        second.action_check()
        self.assertEqual(second.state, "connected")
        # A system administrator may want it so, for once.
        self.credential.accepts_narrower = True
        self.env.flush_all()
        back = self.simulator.consent(self.connection.action_connect()["url"], self.tenant, user="bob")
        nonce = self.env["xero.credential"]._read_state(back["state"])["nonce"]
        event = xero_gate.complete_consent(self.credential, back["code"], nonce)
        self.connection.env["xero.consent"]._offer_organisations(self.connection, event)
        self.assertEqual((self.connection.state, second.state), ("connected", "reauth"))
        self.assertFalse(self.credential.accepts_narrower)

    def test_only_system_administrators_accept_a_consent_that_reaches_less(self):
        manager = new_test_user(
            self.env, "xero_manager", groups="xero_connector.group_xero_manager,account.group_account_manager",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        self.credential.company_id = self.company
        with self.assertRaises(AccessError):
            self.credential.with_user(manager).accepts_narrower = True
