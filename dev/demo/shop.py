"""The books of the pictures: a small company in its first weeks with the connector, and what happens in them."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from dev.demo import answer as demo_answer
from dev.demo import steps as demo
from dev.demo.books import Books, line
from dev.demo.connect import connect, decide
from dev.machine.process import wait_for
from dev.machine.progress import Stop
from dev.machine.rpc import Session
from dev.machine.stack import Stack

WORK_SECONDS = 120
# Longer than the product lets anybody ask again.
PULL_SECONDS = 61.0
ADDRESS = "https://odoo.harbour-trading.example"
"""What a server that Xero can reach is called."""
NEITHER = ("au_tax_sale_adj", "au_tax_sale_wet", "au_tax_payg_w3", "au_tax_purchase_adj_service")
"""Taxes of Odoo's chart that a company which makes no wine and withholds nothing archives."""
BANKS = {"Business Bank Account": "AUD", "Business Savings Account": "AUD", "USD Trading Account": "USD"}

SOLD = [
    ("Barossa Cellars", 52, [line("Consulting", 150, 8)]),
    ("Coral Bay Diving", 47, [line("Regulator", 349.95, 1, discount=10), line("Wetsuit", 199.99, 1)]),
    ("Barossa Cellars", 41, [line("Corks", 0.333, 1000), line("Labels", 0.125, 333)]),
    ("Wellington Outfitters Ltd", 38, [line("Wool, by weight", 41.237, 12.345, "export")]),
    ("Coral Bay Diving", 33, [line("Guided dive", 99.95, 3)]),
    ("Great Lakes Trading Inc", 27, [line("Design", 1234.56, 1, "export"), line("Hosting", 7.77, 13, "export")]),
    ("Barossa Cellars", 22, [line("Workshop", 890, 1)]),
    ("Coral Bay Diving", 19, [line("Boat hire", 133.33, 6), line("Snacks", 9.99, 12)]),
    ("Café Zürich & Söhne", 15, [line("Coffee beans", 18.9, 25, "export", discount=7)]),
    ("Barossa Cellars", 11, [line("Consulting", 150, 4)]),
    ("Wellington Outfitters Ltd", 6, [line("Wool, by weight", 41.237, 20, "export")]),
    ("Coral Bay Diving", 1, [line("Reef tour", 87.35, 4)]),
]
CURRENCY = {"Wellington Outfitters Ltd": "NZD", "Great Lakes Trading Inc": "USD", "Café Zürich & Söhne": "EUR"}
BOUGHT = [
    ("Harbour Office Supplies", 44, [line("Paper", 6.49, 40), line("Postage stamps", 1.2, 100)]),
    ("Outback Freight", 30, [line("Freight", 318.18, 1), line("Fuel levy", 318.18, 0.175)]),
    ("Harbour Office Supplies", 16, [line("Label printer", 4890, 1, "capital")]),
    ("Outback Freight", 4, [line("Freight", 454.5, 2)]),
]
PAID, PART = (0, 1, 2, 3, 5), 6
"""Places of the sales that customers have paid in Xero, and of the one that they paid in part."""
BEFORE = 18
"""Invoices from before the connection."""
NEWCOMERS = [
    ({"name": "Tasman Marine Pty Ltd", "vat": "83914571673"}, {"Name": "Tasman Marine", "TaxNumber": "83914571673"}),
    ({"name": "Blue Gum Joinery"}, {"Name": "Bluegum Joinery", "EmailAddress": "hello@bluegum.example"}),
    ({"name": "Murray Produce", "email": "accounts@murray.example"}, {"Name": "Murray Produce (Mildura)"}),
    (
        {"name": "Southern Cross Books", "email": "orders@scbooks.example", "phone": "+61 3 5550 4410"},
        {"Name": "Southern Cross Books Ltd", "EmailAddress": "orders@scbooks.example"},
    ),
    ({"name": "Fremantle Chandlers"}, {"Name": "Kimberley Air Charter"}),
]
"""Customers that Xero may know already, and the contacts there: sure, doubtful, likely and not the same."""
QUIET = {"xero_no_sync": True}


@dataclass
class Shop:
    """Does what people of the company do, in Odoo and in Xero; what it returns are ids of records of Odoo."""

    stack: Stack
    odoo: Session
    connection: int = 0
    invoices: list[int] = field(default_factory=list)
    _pulled_at: float = float("-inf")

    def open(self) -> None:
        """Make the company with its chart of accounts, bank accounts, customers and vendors."""
        self.books = Books(self.odoo)
        self.books.set_up_company()
        self.books.prepare_trade()
        own = [("module", "=", "account"), ("name", "in", [f"1_{name}" for name in NEITHER])]
        taxes = [row["res_id"] for row in self.odoo.read("ir.model.data", own, ["res_id"])]
        self.odoo.call("account.tax", "write", taxes, {"active": False})
        self._open_banks()

    def _open_banks(self) -> None:
        [there] = self.odoo.call("account.journal", "search", [("type", "=", "bank")], limit=1)
        first, *others = BANKS
        self.odoo.call("account.journal", "write", [there], {"name": first})
        for name in others:
            currency = self.books.currencies[BANKS[name]]
            self.odoo.create("account.journal", {"name": name, "type": "bank", "currency_id": currency})

    def connect(self) -> int:
        """Connect it; return the guide, which knows by then what Xero holds."""
        self.connection = connect(self.stack, self.odoo, demo.ORGANISATION)
        guide = self.odoo.call("xero.connection", "action_setup", [self.connection])["res_id"]
        self._await(lambda: self.odoo.call("xero.setup", "read", [guide], ["counted_at"])[0]["counted_at"], "counted")
        return guide

    def to_decide(self) -> int:
        """Return the screen with all that is undecided."""
        return self.odoo.call("xero.connection", "action_open_mappings", [self.connection])["res_id"]

    def decide(self, guide: int) -> None:
        """Decide all accounts and taxes, and end the guide."""
        self.odoo.call("xero.setup", "action_start", [guide])
        decide(self.odoo, self.connection)

    def trade(self) -> None:
        """Sell and buy, have it sent, and be paid in Xero."""
        self.invoices = [self._sell(*sale) for sale in SOLD]
        bills = [
            self.books.make("in_invoice", vendor, "AUD", lines, days, ref=f"B-{1040 + days}")
            for vendor, days, lines in BOUGHT
        ]
        self.books.post([*self.invoices, *bills])
        self.drain()
        decide(self.odoo, self.connection)
        self.drain()
        for place in PAID:
            self.act("pay", invoice=self._xero_id(self.invoices[place]))
        self.act("pay", invoice=self._xero_id(self.invoices[PART]), amount=400)
        self._pull()
        self._await(lambda: self._payment_state(self.invoices[PAID[-1]]) in ("paid", "in_payment"), "paid")
        self._await(lambda: self._payment_state(self.invoices[PART]) == "partial", "paid in part")

    def _sell(self, customer: str, days: int, lines: list[dict[str, Any]], **more: Any) -> int:
        return self.books.make("out_invoice", customer, CURRENCY.get(customer, "AUD"), lines, days, ref=False, **more)

    def _pull(self) -> None:
        """Have what changed in Xero read: people may ask for it once a minute."""
        time.sleep(max(0.0, self._pulled_at + PULL_SECONDS - time.monotonic()))
        self.odoo.call("xero.connection", "action_pull", [self.connection])
        self._pulled_at = time.monotonic()

    def _payment_state(self, move: int) -> str:
        return self.odoo.call("account.move", "read", [move], ["payment_state"])[0]["payment_state"]

    def _xero_id(self, move: int) -> str:
        of = [("res_model", "=", "account.move"), ("res_id", "=", move)]
        return self.odoo.read("xero.link", of, ["xero_id"])[0]["xero_id"]

    def act(self, what: str, **how: Any) -> None:
        """Do something in Xero, as a person there does."""
        self.stack.simulator.post(f"organisations/{demo.ORGANISATION}/act/{what}", **how)

    def drain(self) -> None:
        """Wait until nothing is left to send. Raises Stop."""
        demo.drain(self.odoo)

    def switch_on_webhooks(self, guide: int) -> None:
        """Have Xero call Odoo, and open the step of the guide that says so."""
        demo_answer.switch_on_webhooks(self.odoo, self.stack.simulator, self.connection)
        self.odoo.call("xero.setup", "write", [guide], {"step": "webhooks"})
        for name, value in {"web.base.url.freeze": "True", "web.base.url": ADDRESS}.items():
            self.odoo.call("ir.config_parameter", "set_param", name, value)

    def reconcile(self) -> int:
        """Compare the books; return the report once it is done. Raises Stop."""
        report = self.odoo.call("xero.connection", "action_reconcile", [self.connection])["res_id"]
        self._await_state("xero.reconciliation", report, "done")
        return report

    def failed_invoice(self) -> int:
        """Post an invoice with an account that nobody has mapped; the connector suggests one of Xero's."""
        account = self._income("41190", "Diving lessons")
        lines = [line("Open water course", 640, 2, account_id=account)]
        invoice = self._sell("Coral Bay Diving", 0, lines)
        self.books.post([invoice])
        self.drain()
        return invoice

    def _income(self, code: str, name: str) -> int:
        return self.odoo.create("account.account", {"name": name, "code": code, "account_type": "income"})

    def preview(self) -> int:
        """Look at five invoices before they are sent, two of which have something in the way; return the preview."""
        account = self._income("41195", "Boat repairs")
        own = [{}, {}, {}, {"account_id": account}, {"account_id": account}]
        sales = zip(SOLD, own, strict=False)
        made = [
            self._sell(customer, 3, [line(one["name"], one["price_unit"], 2, one["taxes"], **more) for one in lines])
            for (customer, _days, lines), more in sales
        ]
        self.odoo.call("account.move", "action_post", made, context=QUIET)
        preview = self.odoo.call("account.move", "action_xero_preview", made)["res_id"]
        self._await_state("xero.preview", preview, "ready")
        return preview

    def history(self) -> int:
        """Plan to send what was posted before the connection; return the run."""
        sales = [(customer, lines) for customer, _days, lines in SOLD if customer not in CURRENCY]
        made = [
            self._sell(customer, 70 + 3 * number, lines)
            for number, (customer, lines) in enumerate(islice(cycle(sales), BEFORE))
        ]
        self.odoo.call("account.move", "action_post", made, context=QUIET)
        days = {"date_from": str(self._day(150)), "date_to": str(self._day(60))}
        return self.odoo.create("xero.run", {"connection_id": self.connection, **days})

    def _day(self, days: int) -> Any:
        return self.books.today - timedelta(days=days)

    def send(self, run: int) -> None:
        """Start a planned run and wait for its end. Raises Stop."""
        self.odoo.call("xero.run", "action_start", [run])
        self._await_state("xero.run", run, "done")

    def undo(self, run: int) -> int:
        """Look at what undoing a run would do; return the preview."""
        preview = self.odoo.call("xero.run", "action_undo", [run])["res_id"]
        self._await_state("xero.preview", preview, "ready")
        return preview

    def field_rule(self) -> int:
        """Have the salesperson as reference, tried on an invoice; return the rule."""
        rule = self.odoo.call("xero.field.rule", "action_example_salesperson")["res_id"]
        self.odoo.call("xero.field.rule", "write", [rule], {"trial_move_id": self.invoices[-1]})
        self.odoo.call("xero.field.rule", "action_try", [rule])
        self.odoo.call("xero.field.rule", "action_use", [rule])
        return rule

    def conflict(self) -> int:
        """Change one contact on both sides; return the conflict. Raises Stop."""
        partner = self.books.partners["Coral Bay Diving"]
        self.odoo.call("xero.connection", "write", [self.connection], {"conflict_contacts": "ask"})
        changed = {"email": "hello@coralbay.example", "phone": "+61 8 5550 1001"}
        self.odoo.call("res.partner", "write", [partner], changed, context=QUIET)
        self.act("edit_contact", contact="Coral Bay Diving", EmailAddress="bookings@coralbay.example")
        self._pull()
        open_ones = [("state", "=", "open")]
        self._await(lambda: self.odoo.call("xero.conflict", "search", open_ones, limit=1), "in conflict")
        return self.odoo.call("xero.conflict", "search", open_ones, limit=1)[0]

    def matching(self) -> int:
        """Have customers and contacts that nobody linked compared; return the matching. Raises Stop."""
        for customer, contact in NEWCOMERS:
            self.odoo.call("res.partner", "create", {"is_company": True, "customer_rank": 1, **customer}, context=QUIET)
            self.act("create_contact", **contact)
        match = self.odoo.call("xero.connection", "action_match", [self.connection])["res_id"]
        self._await_state("xero.match", match, "review")
        return match

    def doubtful(self, match: int) -> int:
        """Return a pair of the matching that a person has to look at."""
        domain = [("match_id", "=", match), ("verdict", "in", ("doubtful", "likely")), ("parent_id", "=", False)]
        return self.odoo.call("xero.match.line", "search", domain, limit=1)[0]

    def _await_state(self, model: str, record: int, state: str) -> None:
        self._await(lambda: self.odoo.call(model, "read", [record], ["state"])[0]["state"] == state, state)

    def _await(self, reached: Any, what: str) -> None:
        if not wait_for(reached, WORK_SECONDS):
            raise Stop(f"It was not {what} within {WORK_SECONDS} s. {self._why()}")

    def _why(self) -> str:
        open_jobs = [("state", "not in", ("done", "cancelled"))]
        jobs = self.odoo.read("xero.sync.job", open_jobs, ["record_name", "task", "state", "failure_detail"])
        return "\n".join(map(str, jobs))
