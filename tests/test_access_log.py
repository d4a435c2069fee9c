"""What the access log says of our addresses."""

import logging

from odoo.tests import BaseCase, tagged

from ..controllers import access_log

LINES = {
    "POST /xero/webhook/secret-token HTTP/1.1": "POST /xero/webhook/... HTTP/1.1",
    "POST /xero/webhook/secret-token?and=secret-more HTTP/1.1": "POST /xero/webhook/... HTTP/1.1",
    "GET /xero/oauth/callback?code=secret-code&state=secret-state HTTP/1.1": "GET /xero/oauth/callback?... HTTP/1.1",
    "GET /xero/oauth/callback HTTP/1.1": "GET /xero/oauth/callback HTTP/1.1",
    "GET /odoo/xero-setup/1 HTTP/1.1": "GET /odoo/xero-setup/1 HTTP/1.1",
    "GET /xero/metrics HTTP/1.1": "GET /xero/metrics HTTP/1.1",
    "GET /web/login?redirect=/odoo HTTP/1.1": "GET /web/login?redirect=/odoo HTTP/1.1",
}


@tagged("post_install", "-at_install")
class TestAccessLog(BaseCase):
    def test_secret_parts_stay_out(self):
        """The logger of Odoo's HTTP servers, called as they call it."""
        with self.assertLogs("werkzeug", logging.INFO) as log:
            for line in LINES:
                logging.getLogger("werkzeug").info('127.0.0.1 - - [now] "%s" %s %s', line, "200", "-")
                logging.getLogger("werkzeug").info(f'127.0.0.1 "{line}"')
        said = [record.getMessage() for record in log.records]
        self.assertEqual(said[::2], [f'127.0.0.1 - - [now] "{line}" 200 -' for line in LINES.values()])
        self.assertEqual(said[1::2], [f'127.0.0.1 "{line}"' for line in LINES.values()])
        self.assertNotIn("secret", "".join(said))

    def test_odd_records_pass(self):
        record = logging.LogRecord("werkzeug", 20, "", 1, "/xero/webhook/%s", ({"a": 1},), None)
        self.assertTrue(access_log.HideAddresses().filter(record))
