"""Keys of servers: several, wrong, missing, changed; what is sealed is never lost to them."""

import json
import os
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

from cryptography.fernet import Fernet

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import gate as xero_gate
from ..models.connection import vault as xero_vault
from ..xero_api import errors
from .common import XeroCommon, server_options


def new_key():
    return Fernet.generate_key().decode()


@tagged("post_install", "-at_install")
class TestKeys(XeroCommon):
    def setUp(self):
        super().setUp()
        self.stored = xero_secrets.read(self.credential)
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory()))

    @contextmanager
    def node(self, key=None, data_dir=None):
        """Be a server with another key, or with an empty data directory."""
        options = {"xero_connector_key": key} if key is not None else {}
        with server_options(data_dir=str(data_dir or self.home), **options):
            yield

    def sealed(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT vault, state, client_secret_set FROM xero_credential WHERE id = %s", [self.credential.id]
        )
        return self.env.cr.fetchone()

    def state(self):
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(c) - 'message_main_attachment_id' FROM xero_connection c WHERE id = %s",
            [self.connection.id],
        )
        return self.env.cr.fetchone()[0]

    # === A NODE WITH ANOTHER KEY === #

    def assertLeavesAllAlone(self):
        move = self.make_move()
        before, sealed = self.state(), self.sealed()
        self.simulator.reset_stats()
        self.drain()
        self.env["xero.credential"]._cron_keepalive()
        self.assertEqual(self.simulator.calls(), {})
        self.assertEqual((self.state(), self.sealed()), (before, sealed))
        self.assertEqual(self.job_of(move).state, "pending")
        for click in ("action_check", "action_pull", "action_connect", "action_choose", "action_disconnect"):
            with self.assertRaises(UserError, msg=click), self.env.cr.savepoint():
                getattr(self.connection, click)()
        for name in ("client_secret", "webhook_key"):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self.credential[name] = "entered on the wrong server"
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.env["xero.setup.wizard"].create({"client_id": "x", "client_secret": "y"})
        with self.assertRaises(errors.Barred):
            xero_gate.complete_consent(self.credential, "code", "nonce")
        self.assertEqual((self.state(), self.sealed()), (before, sealed))
        self.assertEqual(self.credential.key_state, "foreign")
        [health] = self.env["xero.health"]._of(self.connection)
        line = next(check for check in health["checks"] if check["topic"] == "connection")
        self.assertIn("key", line["text"])
        with self.assertLogs("odoo.addons.xero_connector.models.connection.xero_credential", "ERROR"):
            self.env["xero.credential"]._warn_of_keys()
        return move

    def test_a_node_with_another_key_leaves_all_to_the_others(self):
        triggers = self.env["ir.cron.trigger"].sudo()
        with self.node(new_key()):
            move = self.assertLeavesAllAlone()
            triggers.search([]).unlink()
            self.drain()
        worker = self.env.ref(f"xero_connector.ir_cron_xero_worker_{self.connection.id % 5 + 1}")
        self.assertEqual(len(triggers.search([("cron_id", "=", worker.id)])), 1, "the next server looks at once")
        self.env.invalidate_all()
        self.drain()
        self.assertInXero(move)
        self.assertEqual(xero_secrets.read(self.credential)["client_secret"], self.stored["client_secret"])

    def test_a_node_without_a_key_makes_none(self):
        with self.node():
            self.assertLeavesAllAlone()
            self.assertFalse(xero_vault.is_signed(xero_vault.sign("res.partner", 1), "res.partner", 1))
            self.assertFalse(xero_vault.key_file().exists())

    def test_keys_that_are_none_are_told_in_words(self):
        for wrong in ("abc", " ", ",", "é" * 44, f"{new_key()}x", f"{new_key()},short", "0" * 44 + "=="):
            with self.subTest(key=wrong), self.node(wrong):
                with self.assertRaisesRegex(UserError, "xero_connector_key"), self.env.cr.savepoint():
                    self.credential.client_secret = "new"
                with self.assertRaisesRegex(UserError, "xero_connector_key"):
                    self.connection.action_check()
                self.assertIn("xero_connector_key", "".join(xero_vault.troubles()))
                self.assertNotIn(wrong.strip(" ,") or "-", "".join(xero_vault.troubles()))
                self.assertFalse(xero_vault.is_signed("x" * 20, "part"))
                self.drain()
                self.assertEqual(self.connection.state, "connected")
        for content in (b"", b"nonsense", b"\xff" * 44):
            with self.subTest(content=content), self.node():
                path = xero_vault.key_file()
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
                with self.assertRaisesRegex(UserError, "key file"), self.env.cr.savepoint():
                    self.credential.client_secret = "new"
                self.assertIn("key file", "".join(xero_vault.troubles()))

    def test_a_key_file_that_is_a_folder_or_open_to_others_is_told(self):
        with self.node():
            path = xero_vault.key_file()
            path.mkdir(parents=True)
            with self.assertRaisesRegex(UserError, "key file"), self.env.cr.savepoint():
                self.credential.client_secret = "new"
            path.rmdir()
            path.write_text(new_key())
            os.chmod(path, 0o644)
            self.assertIn("mode 644", "".join(xero_vault.troubles()))
            os.chmod(path, 0o600)
            self.assertFalse(xero_vault.troubles())

    # === KEYS FOLLOW EACH OTHER === #

    def test_a_key_is_replaced(self):
        old = xero_vault._first_key().decode()
        signature = xero_vault.sign("res.partner", 1)
        new = new_key()
        move = self.make_move()
        with self.node(f"{new}, {old}"):
            self.assertEqual(self.credential.key_state, "old")
            self.assertEqual(xero_secrets.key_progress(self.env), (0, 1))
            self.assertIn("0 of 1", self.credential.key_progress)
            self.assertTrue(xero_vault.is_signed(signature, "res.partner", 1))
            self.assertNotEqual(xero_vault.sign("res.partner", 1), signature)
            self.drain()
            self.assertInXero(move)
            self.assertEqual(self.env["xero.credential"]._gc_old_keys(), (1, 0))
            self.env.invalidate_all()
            self.assertEqual(self.credential.key_state, "current")
            self.assertEqual(self.env["xero.credential"]._gc_old_keys(), (0, 0))
        with self.node(new):
            self.assertEqual(xero_secrets.read(self.credential)["client_secret"], self.stored["client_secret"])
            self.connection.action_check()
            self.assertFalse(xero_vault.is_signed(signature, "res.partner", 1))
        with self.node(old):
            self.assertEqual(self.connection._barrier().kind, "key")

    def test_what_earlier_versions_sealed_is_read_and_sealed_anew(self):
        old = xero_vault._first_key()
        plain = Fernet(old).encrypt(json.dumps(self.stored).encode()).decode()
        self.env.cr.execute("UPDATE xero_credential SET vault = %s WHERE id = %s", [plain, self.credential.id])
        self.assertEqual(xero_secrets.read(self.credential), self.stored)
        self.assertEqual(xero_secrets.key_progress(self.env), (0, 1))
        with self.node(new_key()):
            self.assertFalse(xero_secrets.can_read(self.credential))
        self.assertEqual(xero_secrets.reseal(self.env), 1)
        self.assertEqual(xero_secrets.key_progress(self.env), (1, 1))
        self.assertEqual(xero_secrets.read(self.credential), self.stored)

    def test_sealing_anew_goes_on_where_it_was_left_and_skips_what_it_cannot_read(self):
        others = self.env["xero.credential"].create(
            [{"name": f"App {number}", "client_id": "x", "client_secret": "y"} for number in range(3)]
        )
        with self.node(new_key()):
            lost = xero_vault.seal({"client_secret": "z"})
        self.env.cr.execute("UPDATE xero_credential SET vault = %s WHERE id = %s", [lost, others[0].id])
        with self.node(f"{new_key()} {xero_vault._first_key().decode()}"):
            self.assertEqual(xero_secrets.reseal(self.env, limit=1), 1)
            self.assertEqual(xero_secrets.key_progress(self.env), (1, 4))
            self.assertEqual(xero_secrets.reseal(self.env), 2)
            self.assertEqual(xero_secrets.key_progress(self.env), (3, 4))
            self.assertEqual(self.env["xero.credential"]._gc_old_keys(), (0, 0))
        self.assertEqual(others[0].key_state, "foreign")

    def test_starting_over_is_a_decision_of_a_system_administrator(self):
        manager = new_test_user(
            self.env, "key_manager", groups="account.group_account_manager,xero_connector.group_xero_manager"
        )
        admin = new_test_user(self.env, "key_admin", groups="base.group_system,xero_connector.group_xero_manager")
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self.credential.with_user(admin).action_start_over()
        with self.node(new_key()):
            for person in (manager,):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    self.credential.with_user(person).action_start_over()
            self.credential.with_user(admin).action_start_over()
            self.assertEqual((self.credential.client_secret_set, self.credential.state), (False, "new"))
            self.credential.client_secret = self.app["client_secret"]
            self.assertTrue(self.credential.client_secret_set)
            self.connect()
            move = self.make_move()
            self.drain()
            self.assertInXero(move)

    def test_nodes_that_begin_at_once_make_one_key(self):
        with self.node():
            threads = [threading.Thread(target=xero_vault.create_key) for _number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            key = xero_vault.key_file().read_bytes()
            Fernet(key)
            xero_vault.create_key()
            self.assertEqual(xero_vault.key_file().read_bytes(), key)
            self.assertEqual([path.name for path in xero_vault.key_file().parent.iterdir()], ["secret.key"])
