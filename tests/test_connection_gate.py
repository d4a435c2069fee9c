"""No call leaves before the gate has asked whose database, organisation and consent it is."""

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import gate as xero_gate
from ..xero_api import errors
from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestGate(XeroCommon):
    def setUp(self):
        super().setUp()
        # One person in Xero, one app, two organisations: what a consent of a group reaches.
        self.other_tenant = self.add_organisation(**{**self.organisation, "Name": "Harbour Trading"})
        company = self.env["res.company"].create({"name": "Other"})
        self.other = self.env["xero.connection"].create(
            {
                "company_id": company.id,
                "credential_id": self.env["xero.credential"]
                .create({"name": "Same app", **{name: self.app[name] for name in ("client_id", "client_secret")}})
                .id,
            }
        )
        self.connect(self.other, self.other_tenant)
        self.simulator.reset_stats()

    def assertNoCalls(self):
        stats = self.simulator.control("/stats")
        self.assertEqual((stats["total_calls"], stats["oauth"]), (0, {}))

    def assertBarred(self, kind):
        with self.assertRaises(errors.Barred) as barred:
            xero_gate.open_client(self.connection)
        self.assertEqual(barred.exception.kind, kind)
        for click in ("action_check", "action_pull"):
            with self.assertRaises(UserError):
                getattr(self.connection, click)()
        self.assertNoCalls()

    def test_the_organisation_of_another_company_opens_nothing(self):
        """The consent reaches it; still it is none of this connection."""
        token, _end = xero_gate.credential_token(self.credential)
        self.assertTrue(token)
        reached = [found["tenantId"] for found in xero_gate.organisations(self.credential)]
        self.assertIn(self.other_tenant, reached)
        self.simulator.reset_stats()
        self.other.sudo().write({"state": "disconnected"})
        move = self.make_move()
        self.connection.sudo().write({"tenant_id": self.other_tenant})
        self.assertBarred("tenant")
        self.drain()
        self.assertNoCalls()
        self.assertEqual((self.connection.state, self.job_of(move).state), ("reauth", "pending"))
        self.assertIn("does not reach", self.connection.reason)
        self.connection.sudo().write({"tenant_id": self.tenant, "state": "connected"})
        self.drain()
        self.assertInXero(move)

    def test_any_other_id_opens_nothing(self):
        for forged in ("00000000-0000-0000-0000-000000000000", self.other_tenant.upper(), "x", "' OR 1=1"):
            self.connection.sudo().write({"tenant_id": forged})
            self.assertBarred("tenant")
        self.connection.sudo().write({"tenant_id": False})
        self.assertBarred("state")

    def test_states_without_calls(self):
        for values in ({"state": "new"}, {"state": "choose"}, {"state": "disconnected"}, {"active": False}):
            before = {name: self.connection[name] for name in values}
            self.connection.sudo().write(values)
            self.assertBarred("state")
            self.connection.sudo().write(before)

    def test_a_copy_calls_nobody(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "a copy")
        for credential in self.credential + self.other.credential_id:
            xero_secrets.update(credential, {"expires_at": "2020-01-01 00:00:00"})
        self.env.cr.execute("UPDATE xero_credential SET access_expires_at = now() - interval '3 days'")
        self.env.invalidate_all()
        self.assertBarred("copy")
        with self.assertRaises(UserError):
            self.connection.action_choose()
        with self.assertRaises(errors.Barred):
            xero_gate.access_token(self.connection)
        with self.assertRaises(errors.Barred):
            xero_gate.credential_token(self.credential)
        self.env["xero.credential"]._cron_keepalive()
        self.make_move()
        self.drain()
        self.assertNoCalls()

    def test_asking_changes_nothing(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "a copy")
        self.env.flush_all()
        row = "SELECT to_jsonb(c), c.xmin::text FROM xero_connection c WHERE id = %s"
        [before] = self.env.execute_query(SQL(row, self.connection.id))
        self.assertIn("copy", str(self.connection._barrier()))
        self.env.flush_all()
        [after] = self.env.execute_query(SQL(row, self.connection.id))
        self.assertEqual(after, before)

    def test_what_earlier_versions_sealed_is_taken_over_once(self):
        stored = xero_secrets.read(self.credential)
        self.assertEqual(stored["linked"], {str(self.connection.id): [self.tenant]})
        xero_secrets.update(self.credential, {"linked": None, "reached": None, "database": None})
        self.connection.action_check()
        stored = xero_secrets.read(self.credential)
        self.assertEqual(stored["linked"], {str(self.connection.id): [self.tenant]})
        self.assertIn(self.tenant, stored["reached"])
        self.other.sudo().write({"state": "disconnected"})
        self.connection.sudo().write({"tenant_id": self.other_tenant, "state": "reauth"})
        with self.assertRaises(UserError):
            self.connection.action_check()
