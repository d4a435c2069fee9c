"""The world of the browser tests: people who log in, a worker beside them, and a person in Xero's consent page."""

import json
import threading
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import quote

from odoo import SUPERUSER_ID, api, fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests import common as odoo_common

from .common import XeroCommon

# A worker that came at once would leave nobody the time to see "Queued".
LATENCY = 1.5
LOOK_EVERY = 0.2
READY = "odoo.isReady"
# What a person does on Xero's page: tick every organisation and allow.
ALLOW = """
if (location.pathname === "/identity/connect/authorize") {
    addEventListener("load", () => {
        document.querySelectorAll("input[name=organisation]").forEach((box) => { box.checked = true; });
        document.querySelector("button[value=allow]").click();
    });
}
"""


class Worker:
    """Does what the cron workers do, in a thread beside the browser. The browser hears of it through the bus alone."""

    def __init__(self, registry, latency):
        self._registry, self._latency = registry, latency
        self._stop, self.error = threading.Event(), None
        self._thread = threading.Thread(target=self._run, name="xero test worker", daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._thread.join(30)

    def _run(self):
        try:
            while not self._stop.wait(LOOK_EVERY):
                if self._has_work() and not self._stop.wait(self._latency):
                    self._with_env(lambda env: env["xero.sync.runner"]._work())
        except Exception as error:  # noqa: BLE001 -- raised again in the test
            self.error = error

    def _has_work(self):
        return self._with_env(lambda env: env["xero.sync.runner"]._lanes_with_work([]))

    def _with_env(self, step):
        with self._registry.cursor() as cr:
            return step(api.Environment(cr, SUPERUSER_ID, {}))


class Browser(odoo_common.ChromeBrowser):
    """A browser with a worker beside it, and a person who allows access on Xero's page, where no tour can act.

    The worker lives only while pages are open: then the test itself does not use the connection they share.
    """

    worker = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._websocket_request("Page.addScriptToEvaluateOnNewDocument", params={"source": ALLOW})

    def navigate_to(self, *args, **kwargs):
        self.worker.start()
        return super().navigate_to(*args, **kwargs)

    def stop(self):
        self.worker.stop()
        return super().stop()


class ScriptedBrowser(Browser):
    """A browser that a Python function drives through Chrome's own protocol, where a tour cannot: keys and sizes."""

    script = None

    def _wait_code_ok(self, code, timeout, error_checker=None):
        self.script(self)

    def run(self, code, seconds=60):
        """Return what the JavaScript expression is; promises are awaited. Raises AssertionError with its error."""
        answer = self._websocket_request(
            "Runtime.evaluate",
            params={"expression": code, "awaitPromise": True, "returnByValue": True},
            timeout=seconds,
        )
        if problem := answer.get("exceptionDetails"):
            raise AssertionError(problem.get("exception", {}).get("description") or problem["text"])
        return answer["result"].get("value")

    def resize(self, width, height):
        """Have a window of that size; a narrow one is a phone's, that is touched."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 768}
        self._websocket_request("Emulation.setDeviceMetricsOverride", params=size)


@tagged("xero_browser")
class XeroTourCase(XeroCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Xero refuses 127.0.0.1 as a redirect address: browser and server meet at localhost.
        cls.startClassPatcher(patch.object(odoo_common, "HOST", "localhost"))
        cls.env["ir.config_parameter"].set_param("web.base.url", cls.base_url())
        # The taxes of the test company need it, and the settings insist.
        cls.company.tax_exigibility = True
        cls.admin = cls._person("xero_admin", "base.group_system,account.group_account_manager")
        cls.accountant = cls._person("xero_accountant", "account.group_account_invoice")

    @classmethod
    def _person(cls, login, groups):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,base.group_partner_manager,{groups}",
            company_id=cls.company.id,
            company_ids=[fields.Command.set(cls.company.ids)],
        )

    def tour(self, name, person, path, latency=LATENCY, expected=None, **options):
        """Run a tour as ``person`` while a worker sends, ``latency`` seconds after it was asked, what waits.

        ``expected`` is what the steps compare the screen with; see ``expected`` in tour_utils.js.
        """
        cookies = {"xero_expected": quote(json.dumps(expected or {}))}
        with self.beside_a_worker(latency):
            self.start_tour(path, name, login=person.login, cookies=cookies, **options)

    def browse(self, path, script, person, **options):
        """Have ``script(browser)`` act on the page at ``path`` as ``person``, beside a worker."""
        browser = type("ScriptedBrowser", (ScriptedBrowser,), {"script": staticmethod(script)})
        with self.beside_a_worker(LATENCY, browser):
            self.browser_js(path, "", READY, login=person.login, **options)

    @contextmanager
    def beside_a_worker(self, latency, browser=Browser):
        self.env.flush_all()
        worker = Worker(self.env.registry, latency)
        with patch.object(odoo_common, "ChromeBrowser", type("WorkedBrowser", (browser,), {"worker": worker})):
            yield
        if worker.error:
            raise worker.error
        self.env.invalidate_all()
