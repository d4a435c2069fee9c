"""Where secrets are sent to is said by whoever runs the server, by nobody else."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.connection import credential_secrets as xero_secrets
from ..models.connection import gate as xero_gate
from ..xero_api import errors
from .common import XeroCommon, xero_at


@tagged("post_install", "-at_install")
class TestAddresses(XeroCommon):
    def test_system_parameters_move_nothing(self):
        parameters = self.env["ir.config_parameter"]
        for name in xero_gate.ADDRESS_OPTIONS:
            parameters.set_param(f"xero_connector.{name}", "http://thief.example")
        self.assertEqual(xero_gate.endpoints(self.env).identity_url, self.simulator.url)
        xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
        self.connection.action_check()
        self.assertTrue(self.connection.action_connect()["url"].startswith(self.simulator.url))
        with self.assertLogs(xero_gate.__name__, "WARNING") as log:
            xero_gate.warn_of_addresses(self.env)
        self.assertEqual(len(log.output), 3)
        self.assertIn("xero_connector_identity_url", "".join(log.output))

    def test_wrong_options_are_told_in_words(self):
        wrong = ("http://xero.example", "https://me:hush@xero.example", "http://169.254.169.254", "https://x/?a=1", "x")
        for address in wrong:
            for name, option in xero_gate.ADDRESS_OPTIONS.items():
                with xero_at(address, name):
                    for click in ("action_check", "action_pull", "action_connect", "action_choose"):
                        with self.assertRaisesRegex(UserError, option) as told:
                            getattr(self.connection, click)()
                        self.assertNotIn("hush", str(told.exception))
                    with self.assertLogs(xero_gate.__name__, "ERROR") as log:
                        xero_gate.warn_of_addresses(self.env)
                    self.assertNotIn("hush", "".join(log.output))

    def test_workers_wait_for_a_right_option(self):
        move = self.make_move()
        with xero_at("http://xero.example"):
            self.drain()
        self.assertEqual((self.connection.state, self.job_of(move).state), ("connected", "pending"))
        self.assertIn("xero_connector_", self.connection.pause_reason)
        self.resume()
        self.drain()
        self.assertInXero(move)

    def test_xero_by_default(self):
        with xero_at(""):
            self.assertEqual(xero_gate.endpoints(self.env).identity_url, "https://identity.xero.com")
        with xero_at(False):
            self.assertEqual(xero_gate.endpoints(self.env).api_url, "https://api.xero.com")

    def test_a_refusal_is_typed(self):
        with xero_at("nonsense"), self.assertRaises(errors.Barred):
            xero_gate.open_client(self.connection)
