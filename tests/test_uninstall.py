"""What uninstalling leaves behind: nothing in the database, nothing connected in Xero."""

from odoo.modules.module import Manifest
from odoo.tests import tagged

from .. import hooks
from ..models.connection import credential_secrets as xero_secrets
from .common import XeroCommon


@tagged("post_install", "-at_install")
class TestUninstall(XeroCommon):
    def leave(self):
        self.simulator.reset_stats()
        with self.assertLogs(hooks.__name__, "WARNING") as log:
            hooks.uninstall_hook(self.env)
        return "\n".join(log.output)

    def test_the_manifest_names_the_hook(self):
        self.assertIs(getattr(hooks, Manifest.for_addon("xero_connector")["uninstall_hook"]), hooks.uninstall_hook)

    def test_nothing_stays(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("xero_connector.metrics_token", "a-token")
        said = self.leave()
        self.assertFalse(parameters.search([("key", "=like", "xero_connector%")]))
        self.assertIn("secret.key", said)
        told = self.simulator.control("/stats")["oauth"]
        self.assertEqual((told.get("disconnect"), told.get("revocation", 0)), (1, 0))

    def test_a_copy_ends_nothing(self):
        self.env["ir.config_parameter"].set_param("database.uuid", "a copy")
        xero_secrets.update(self.credential, {"expires_at": "2020-01-01 00:00:00"})
        self.assertIn("Connected Apps", self.leave())
        self.assertEqual(self.simulator.control("/stats")["oauth"], {})

    def test_what_fails_keeps_nobody(self):
        self.simulator.fault("error", path="/connections", status=503, count=None)
        self.assertIn("Connected Apps", self.leave())
        self.assertFalse(self.env["ir.config_parameter"].search([("key", "=like", "xero_connector%")]))
