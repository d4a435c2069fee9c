import os
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo import tools
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import vault as xero_vault

SECRET = "a-very-secret-value"


@tagged("post_install", "-at_install")
class TestSecrets(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.credential = cls.env["xero.credential"].create(
            {
                "name": "App",
                "client_id": "client",
                "client_secret": SECRET,
                "webhook_key": SECRET,
            }
        )
        cls.admin = new_test_user(cls.env, "xero_admin", groups="base.group_system,xero_connector.group_xero_manager")
        cls.accountant = new_test_user(cls.env, "xero_accountant", groups="account.group_account_manager")

    def test_secret_is_stored_encrypted_only(self):
        self.env.flush_all()
        self.env.cr.execute("SELECT to_jsonb(c)::text FROM xero_credential c WHERE id = %s", [self.credential.id])
        self.assertNotIn(SECRET, self.env.cr.fetchone()[0])
        self.assertEqual(xero_secrets.read(self.credential)["client_secret"], SECRET)

    def test_no_route_of_the_orm_reads_it(self):
        for user in (self.admin, self.env.user):
            credential = self.credential.with_user(user)
            self.assertFalse(credential.client_secret)
            self.assertFalse(credential.read()[0]["client_secret"])
            self.assertNotIn(SECRET, str(credential.read()))
            self.assertNotIn(SECRET, str(credential.export_data(["id", "client_secret", "client_id"])))
            self.assertNotIn(SECRET, str(credential.web_read({"client_secret": {}, "webhook_key": {}})))
            self.assertNotIn("vault", credential.fields_get())

    def test_written_secret_is_not_readable_in_the_same_transaction(self):
        credential = self.credential.with_user(self.admin)
        credential.write({"client_secret": "another-secret"})
        self.assertFalse(credential.client_secret)
        self.assertTrue(credential.client_secret_set)
        self.assertEqual(xero_secrets.read(self.credential)["client_secret"], "another-secret")

    def test_secret_cannot_be_searched_for(self):
        with self.assertRaises(ValueError):
            self.env["xero.credential"].with_user(self.admin).search([("vault", "like", "x")])
        with self.assertRaises(ValueError):
            self.env["xero.credential"].with_user(self.admin).search([("client_secret", "=", SECRET)])

    def test_empty_write_keeps_the_secret(self):
        self.credential.write({"client_secret": False, "name": "Renamed"})
        self.assertEqual(xero_secrets.read(self.credential)["client_secret"], SECRET)

    def test_accountants_see_no_credential(self):
        with self.assertRaises(AccessError):
            self.credential.with_user(self.accountant).read(["name"])

    def test_copy_takes_no_secret_along(self):
        copied = self.credential.copy()
        self.assertEqual(xero_secrets.read(copied), {})
        self.assertFalse(copied.client_secret_set)

    def test_another_servers_key_is_a_clear_refusal(self):
        self.env.flush_all()
        with patch.dict(tools.config.options, {"xero_connector_key": Fernet.generate_key().decode()}):
            with self.assertRaisesRegex(Exception, "another server's key"):
                xero_secrets.read(self.credential)

    def test_key_file_is_private_and_made_once(self):
        xero_vault.seal({})
        path = xero_vault.key_file()
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        before = path.read_bytes()
        xero_vault.create_key()
        self.assertEqual(path.read_bytes(), before)

    def test_signatures_tell_parts_and_keys_apart(self):
        signature = xero_vault.sign("res.partner", 1)
        self.assertRegex(signature, r"^[0-9a-f]{20}$")
        self.assertTrue(xero_vault.is_signed(signature, "res.partner", 1))
        for other in (("res.partner", 11), ("res.partner1", ""), ("account.move", 1)):
            self.assertFalse(xero_vault.is_signed(signature, *other))
        for forged in ("", None, signature[:-1], "é" * 20):
            self.assertFalse(xero_vault.is_signed(forged, "res.partner", 1))
        with patch.dict(tools.config.options, {"xero_connector_key": Fernet.generate_key().decode()}):
            self.assertFalse(xero_vault.is_signed(signature, "res.partner", 1))

    def test_setup_wizard_keeps_no_secret(self):
        wizard = self.env["xero.setup.wizard"].create({"client_id": "new-client", "client_secret": SECRET})
        self.env.flush_all()
        self.env.cr.execute("SELECT to_jsonb(w)::text FROM xero_setup_wizard w WHERE id = %s", [wizard.id])
        self.assertNotIn(SECRET, self.env.cr.fetchone()[0])
        self.assertEqual(xero_secrets.read(wizard.credential_id)["client_secret"], SECRET)
        self.assertEqual(wizard.credential_id.client_id, "new-client")
