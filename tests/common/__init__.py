"""The world of the tests: a company with books, and a Xero to talk to over real HTTP."""

import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, nullcontext
from pathlib import Path
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from odoo import Command, api, tools
from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from ...models.connection import gate as xero_gate

ADDON = Path(__file__).resolve().parents[2]
START_SECONDS = 120
SPARE = "Spare company"
ADDRESSES = tuple(xero_gate.ADDRESS_OPTIONS)


class Simulator:
    """A simulator process of its own; ``stop`` ends it.

    :param plugins: files with further resources
    """

    def __init__(self, plugins=()):
        self._folder = tempfile.TemporaryDirectory()
        port_file = Path(self._folder.name) / "port"
        command = [sys.executable, "-m", "simulator", "--port", "0", "--port-file", port_file, "--quiet", "--no-limits"]
        command += [word for path in plugins for word in ("--plugin", path)]
        self._process = subprocess.Popen([str(word) for word in command], cwd=ADDON)
        self.url = f"http://localhost:{self._await_port(port_file)}"
        self.session = requests.Session()

    def _await_port(self, port_file) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if port_file.exists() and (port := port_file.read_text().strip()):
                return port
            self._process_wait()
        self.stop()
        raise AssertionError("The simulator did not start")

    def _process_wait(self):
        try:
            self._process.wait(0.05)
        except subprocess.TimeoutExpired:
            pass

    def stop(self):
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()

    def control(self, address, /, **body):
        """Call the control interface (POST with a body, GET without) and return its answer."""
        method = "POST" if body else "GET"
        answer = self.session.request(method, f"{self.url}/simulator{address}", json=body or None, timeout=30.0)
        assert answer.ok, answer.text
        return answer.json()

    def fault(self, kind, **options):
        return self.control("/faults", kind=kind, **options)

    def clear_faults(self):
        self.session.delete(f"{self.url}/simulator/faults", timeout=30.0)

    def documents(self, tenant, kind, **values):
        """Return the elements of ``kind`` in an organisation that have ``values``, voided ones too."""
        found = self.control(f"/organisations/{tenant}/documents/{kind}?{urlencode(values)}")
        return found[kind]

    def calls(self, tenant=None):
        """Return the accounting calls since the last ``reset_stats``: ``{(method, resource): count}``."""
        counts = {}
        for row in self.control("/stats")["calls"]:
            if tenant in (None, row.get("tenant")):
                key = (row["method"], row["resource"])
                counts[key] = counts.get(key, 0) + row["count"]
        return counts

    def reset_stats(self):
        self.control("/stats/reset", now=True)

    def consent(self, url, *organisations, user="") -> dict:
        """Allow ``organisations`` on the consent page at ``url`` as a Xero user; return the parameters of the way
        back.
        """
        parts = urlsplit(url)
        form = [*parse_qsl(parts.query), ("decision", "allow"), ("user", user)]
        form += [("organisation", name) for name in organisations]
        answer = self.session.post(
            f"{parts.scheme}://{parts.netloc}{parts.path}", data=form, allow_redirects=False, timeout=30.0
        )
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def server_options(**values):
    """Return a context in which the server's configuration says ``values``."""
    return patch.dict(tools.config.options.maps[0], values)


def xero_at(address, *names):
    """Return a context in which Xero is at ``address``; with ``names`` only these of its addresses."""
    return server_options(**{xero_gate.ADDRESS_OPTIONS[name]: address for name in names or ADDRESSES})


class BooksCommon(AccountTestInvoicingCommon):
    """A company with a chart of accounts."""

    @classmethod
    def _create_company(cls, **create_values):
        """Extend: take a company that was made for this beforehand, if there is one; loading a chart takes seconds."""
        spare = cls.env["res.company"].sudo().search([("name", "=like", f"{SPARE} %")], limit=1)
        if not spare or set(create_values) != {"name"} or cls.country_code or cls.chart_template:
            return super()._create_company(**create_values)
        company = spare.with_env(cls.env)
        company.name = create_values["name"]
        cls.env.user.company_ids = [Command.link(company.id)]
        return company


class XeroCommon(BooksCommon):
    """A company connected to an organisation of the simulator, with confirmed mappings."""

    # Files with what the simulator serves besides.
    simulator_plugins = ()
    organisation = {"seed": "nz", "Name": "Kauri Trading", "BaseCurrency": "USD", "CountryCode": "US"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Not the one of the class that this one inherits from.
        cls.tenant = None
        cls.simulator = Simulator(cls.simulator_plugins)
        cls.addClassCleanup(cls.simulator.stop)
        cls.enterClassContext(xero_at(cls.simulator.url))
        cls.env["ir.config_parameter"].set_param("web.base.url", "http://localhost:8069")
        cls.company = cls.company_data["company"]
        cls.company.country_id = cls.env.ref("base.us")
        cls.app = cls.simulator.control("")["apps"][0]
        # Tests play the worker too, and write what only workers write; people of each role are in the tests of access.
        cls.credential = (
            cls.env["xero.credential"]
            .sudo()
            .create(
                {
                    "name": "Test app",
                    "client_id": cls.app["client_id"],
                    "client_secret": cls.app["client_secret"],
                }
            )
        )
        cls.connection = (
            cls.env["xero.connection"]
            .sudo()
            .create(
                {
                    "company_id": cls.company.id,
                    "credential_id": cls.credential.id,
                    "sync_from": "2019-01-01",
                }
            )
        )

    @classmethod
    def add_organisation(cls, **profile) -> str:
        return cls.simulator.control("/organisations", **profile)["tenant_id"]

    connect_first = True
    tenant = None

    def setUp(self):
        # Before the savepoint of each test: all tests of a class start from one consent, with the same books in Xero.
        if type(self).tenant is None:
            self._begin_class()
        else:
            self.simulator.control("/rewind", now=True)
        super().setUp()
        if not type(self)._registry_patched:
            self.enterContext(self.enter_registry_test_mode())
        self.addCleanup(self.simulator.clear_faults)

    def _begin_class(self):
        """Make what every test of the class finds, when all that ``setUpClass`` does is done."""
        with nullcontext() if type(self)._registry_patched else self.enter_registry_test_mode():
            self.tenant = self.add_organisation(**self.organisation)
            if self.connect_first:
                self.connect()
                self.simulator.reset_stats()
        self.simulator.control("/mark", now=True)
        type(self).tenant = self.tenant

    def connect(self, connection=None, tenant=None):
        """Go through the consent as a browser would, choose the organisation, and confirm mappings."""
        connection, tenant = connection or self.connection, tenant or self.tenant
        action = connection.action_connect()
        back = self.simulator.consent(action["url"], tenant)
        payload = self.env["xero.credential"]._read_state(back["state"])
        event = xero_gate.complete_consent(connection.credential_id, back["code"], payload["nonce"])
        connection.env["xero.consent"]._offer_organisations(connection, event)
        self.map_everything(connection)

    def map_everything(self, connection):
        """Take every suggestion, as a person who looked at each, and choose a Xero account for what has none."""
        for kind in self.env["xero.mapping.mixin"]._all():
            kind.search([("connection_id", "=", connection.id)])._confirm()
        for row in connection.account_mapping_ids.filtered(lambda row: row.state != "confirmed"):
            income = row.account_id.internal_group == "income"
            code = "200" if income else "400"
            row.xero_account_id = self.env["xero.account"].search(
                [("connection_id", "=", connection.id), ("code", "=", code)]
            )
            row.state = "confirmed"

    # === WORK === #

    def drain(self):
        """Let the workers run until nothing is due."""
        self.env.flush_all()
        self.env["xero.sync.runner"]._work()
        self.env.invalidate_all()

    def resume(self, connection=None):
        """Let the time of a pause be over."""
        (connection or self.connection).action_resume()
        self.env.cr.execute(
            "UPDATE xero_sync_job SET run_after = now() at time zone 'UTC' - interval '1 minute' WHERE "
            "state = 'pending'"
        )
        self.env.cr.execute("UPDATE xero_sync_batch SET resolve_after = NULL WHERE state != 'done'")
        self.env.invalidate_all()

    def job_of(self, record):
        return self.env["xero.sync.job"].search([("res_model", "=", record._name), ("res_id", "=", record.id)], limit=1)

    def link_of(self, record):
        return self.env["xero.link"].search([("res_model", "=", record._name), ("res_id", "=", record.id)])

    # === DOCUMENTS === #

    def make_move(self, move_type="out_invoice", lines=((1, 100.0),), *, post=True, tax=True, **values):
        """Return a document; each line is (quantity, price) or a dict of values."""
        purchase = move_type.startswith("in_")
        taxes = (self.tax_purchase_a if purchase else self.tax_sale_a) if tax else self.env["account.tax"]
        account = self.company_data[f"default_account_{'expense' if purchase else 'revenue'}"]
        commands = []
        for number, line in enumerate(lines, 1):
            data = (
                line
                if isinstance(line, dict)
                else {"quantity": line[0], "price_unit": line[1], "tax_ids": [Command.set(taxes.ids)]}
            )
            commands.append(Command.create({"name": f"Line {number}", "account_id": account.id, **data}))
        move = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": values.pop("partner", self.partner_a).id,
                "invoice_date": "2026-03-10",
                "invoice_line_ids": commands,
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    def in_xero(self, move):
        """Return the element of ``move`` as the simulator keeps it."""
        kind = "CreditNotes" if move.move_type.endswith("refund") else "Invoices"
        key = "CreditNoteID" if kind == "CreditNotes" else "InvoiceID"
        return next(iter(self.simulator.documents(self.tenant, kind, **{key: move.xero_invoice_id})), None)

    def assertInXero(self, moves):
        """Every document is in Xero, once, with Odoo's total."""
        for move in moves:
            self.assertEqual(move.xero_sync_state, "synced", move.xero_sync_message)
            element = self.in_xero(move)
            self.assertAlmostEqual(float(element["Total"]), move.amount_total, 2)
        twice = self.simulator.control(f"/organisations/{self.tenant}/duplicates")
        # Two bills of a vendor may bear one number; their links back may not.
        twice.pop("bill_numbers_of_a_contact")
        twice.pop("any")
        self.assertFalse(any(twice.values()), twice)


@contextmanager
def second_cursor(env):
    """Yield an environment on a cursor of its own, which may be committed, as a cron worker has it."""
    env.flush_all()
    with env.registry.cursor() as cr:
        yield api.Environment(cr, env.uid, env.context)
        cr.commit()
    env.invalidate_all()
