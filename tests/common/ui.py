"""The world of the browser tests: people who log in, a worker beside them, and a person in Xero's consent page."""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from unittest.mock import patch
from urllib.parse import quote

from odoo import SUPERUSER_ID, api, fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests import common as odoo_common

from ...models.connection import xero_click
from . import XeroCommon

LOOK_EVERY = 0.2
# A machine with other work takes its time; what holds waits no longer than it must.
PATIENCE = 6
TOUR_SECONDS = 60
SAYS = "xero test: "
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

    def __init__(self, registry):
        self._registry = registry
        self._stop, self.error = threading.Event(), None
        self._held, self._free = None, threading.Event()
        self._free.set()
        self._thread = threading.Thread(target=self._run, name="xero test worker", daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stop.set()
        self._free.set()
        self._thread.join(30)

    def hold(self, then):
        """Begin nothing more until ``go_on``; ``then()`` is called once nothing is under way."""
        self._free.clear()
        self._held = then

    def go_on(self):
        self._free.set()

    def _run(self):
        try:
            while not self._stop.wait(LOOK_EVERY):
                if held := self._held:
                    self._held = None
                    held()
                self._free.wait()
                if not self._stop.is_set() and self._has_work():
                    self._with_env(lambda env: env["xero.sync.runner"]._work())
        except Exception as error:  # noqa: BLE001 -- raised again in the test
            self.error = error

    def _has_work(self):
        return self._with_env(lambda env: env["xero.sync.runner"]._lanes_with_work([]))

    def _with_env(self, step):
        with self._registry.cursor() as cr:
            return step(api.Environment(cr, SUPERUSER_ID, {}))


class Person:
    """Somebody who does ``act`` in Xero once a tour says so; in a thread, which must not touch the database."""

    def __init__(self, act):
        self._act, self._thread, self.error = act, None, None

    def start(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._act()
        except Exception as error:  # noqa: BLE001 -- raised again in the test
            self.error = error

    def stop(self):
        if self._thread:
            self._thread.join(30)


class Browser(odoo_common.ChromeBrowser):
    """A browser with a worker beside it, and a person who allows access on Xero's page, where no tour can act.

    The worker lives only while pages are open: then the test itself does not use the connection they share. Tours say
    by the browser's console when it is to wait and when somebody acts in Xero; see tour_utils.js.
    """

    worker = person = None
    # What Odoo multiplies its own patience by, for browsers that are slowed down on purpose.
    throttling_factor = property(lambda self: PATIENCE, lambda self, value: None)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._websocket_request("Page.addScriptToEvaluateOnNewDocument", params={"source": ALLOW})

    def navigate_to(self, *args, **kwargs):
        self.worker.start()
        return super().navigate_to(*args, **kwargs)

    def stop(self):
        self.worker.stop()
        self.person.stop()
        return super().stop()

    def _handle_console(self, type, args=None, **rest):
        said = str(args[0].get("value")) if args else ""
        if said.startswith(SAYS):
            self._obey(said.removeprefix(SAYS))
        return super()._handle_console(type, args=args, **rest)

    def _obey(self, word):
        {
            "hold the worker": lambda: self.worker.hold(partial(self._mark, "held")),
            "let the worker go on": self._go_on,
            "act in Xero": self.person.start,
        }[word]()

    def _go_on(self):
        self._mark("")
        self.worker.go_on()

    def _mark(self, state):
        code = f"document.body.dataset.xeroWorker = {json.dumps(state)}"
        self._websocket_send("Runtime.evaluate", params={"expression": code})


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
    test_cursor_lock_timeout = 20 * PATIENCE

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Xero refuses 127.0.0.1 as a redirect address: browser and server meet at localhost.
        cls.startClassPatcher(patch.object(odoo_common, "HOST", "localhost"))
        # A tour does within a minute what people do in an hour.
        cls.startClassPatcher(patch.object(xero_click, "EVERY", timedelta()))
        cls.env["ir.config_parameter"].set_param("web.base.url", cls.base_url())
        # The taxes of the test company need it, and the settings insist.
        cls.company.tax_exigibility = True
        cls.admin = cls._person("xero_admin", "base.group_system,account.group_account_manager")
        cls.accountant = cls._person(
            "xero_accountant", "account.group_account_invoice,xero_connector.group_xero_accountant"
        )

    @classmethod
    def _person(cls, login, groups):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,base.group_partner_manager,{groups}",
            company_id=cls.company.id,
            company_ids=[fields.Command.set(cls.company.ids)],
        )

    def tour(self, name, person, path, expected=None, act=None):
        """Run a tour as ``person`` while a worker sends what waits.

        ``expected`` is what the steps compare the screen with, ``act`` what somebody does in Xero when the tour says
        so; see tour_utils.js.
        """
        cookies = {"xero_expected": quote(json.dumps(expected or {}))}
        with self.beside_a_worker(act=act):
            self.start_tour(path, name, login=person.login, cookies=cookies, timeout=TOUR_SECONDS)

    def browse(self, path, script, person, **options):
        """Have ``script(browser)`` act on the page at ``path`` as ``person``, beside a worker."""
        browser = type("ScriptedBrowser", (ScriptedBrowser,), {"script": staticmethod(script)})
        with self.beside_a_worker(browser):
            self.browser_js(path, "", READY, login=person.login, **options)

    @contextmanager
    def beside_a_worker(self, browser=Browser, act=None):
        self.env.flush_all()
        beside = {"worker": Worker(self.env.registry), "person": Person(act)}
        with patch.object(odoo_common, "ChromeBrowser", type("WorkedBrowser", (browser,), beside)):
            yield
        for one in beside.values():
            if one.error:
                raise one.error
        self.env.invalidate_all()
