"""The people of a chaos run: clerks in Odoo and bookkeepers in Xero who go on working whatever breaks."""

import http.client
import random
import threading
import urllib.error
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from dev.machine.odoo import Server
from dev.machine.progress import Stop
from dev.machine.rpc import RpcError, Session
from dev.machine.stack import Stack

FIRST = 3
"""So many documents of a clerk are for new partners."""
KINDS = ("out_invoice", "in_invoice", "out_refund", "out_invoice", "in_invoice", "in_refund")
UNHEARD = (OSError, http.client.HTTPException, ValueError, Stop)
"""What a person meets whose server dies in the middle: an error, and no word on what became of the request."""


class NothingToDo(Exception):
    """There is no record that fits; a person goes on to the next thing."""


@dataclass
class Company:
    """One company of the run and the organisation it is connected to."""

    name: str
    id: int
    connection: int
    tenant: str
    login: str
    journal: int
    """Whose payments are sent to Xero."""


@dataclass
class Tally:
    """What happened, counted by many threads."""

    counts: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, count: int = 1) -> None:
        """Count something."""
        with self.lock:
            self.counts[name] += count


def choose(stack: Stack, dice: random.Random, sql: str) -> str:
    """One of the first values of the rows. Raises NothingToDo when there is none."""
    rows = stack.query(sql)
    if not rows:
        raise NothingToDo
    return dice.choice(rows)[0]


class Clerk:
    """Somebody at work in Odoo, on whichever server answers."""

    def __init__(self, stack: Stack, company: Company, dice: random.Random, tally: Tally) -> None:
        """Sit down."""
        self.stack, self.company, self.dice, self.tally = stack, company, dice, tally
        self.sessions: dict[str, Session] = {}
        self.number = 0

    def work(self, over: threading.Event, pace: float) -> None:
        """Do one thing after the other until it is `over`."""
        while not over.wait(self.dice.uniform(0, 2 * pace)):
            deed = self.dice.choices(list(DEEDS), list(DEEDS.values()))[0]
            self.attempt(deed)

    def attempt(self, deed: "Callable[[Clerk], None]") -> None:
        """Do a thing; what Odoo refuses or nobody answers is only counted."""
        try:
            deed(self)
        except RpcError as error:
            self.tally.add(f"refused: {deed.__name__}")
            self.tally.add(f"refused by {error.name.rpartition('.')[2]}")
        except UNHEARD:
            self.tally.add("unanswered requests")
        except NothingToDo:
            pass
        else:
            self.tally.add(deed.__name__)

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method on one of the servers."""
        return self.log_in(self.dice.choice(self.stack.servers)).call(model, method, *args, **kwargs)

    def log_in(self, server: Server) -> Session:
        """The clerk's session on a server, begun if need be."""
        if server.url not in self.sessions:
            session = Session(server.url, self.stack.site.database)
            self.sessions[server.url] = session.login(self.company.login, self.company.login)
        return self.sessions[server.url]

    def one(self, condition: str, table: str = "account_move") -> int:
        """The id of one of the company's records; people know them from their screens. Raises NothingToDo."""
        return int(self._any(f"SELECT id FROM {table} WHERE company_id = {self.company.id} AND {condition}"))

    def partner(self) -> int:
        """One of the partners that the company has made. Raises NothingToDo."""
        name = f"{self.company.name} partner %"
        return int(self._any(f"SELECT id FROM res_partner WHERE active AND name LIKE '{name}'"))

    def _any(self, sql: str) -> str:
        return choose(self.stack, self.dice, sql)

    # === DEEDS === #

    def make(self) -> None:
        """Post one to four documents, some of them for somebody new."""
        self.number += 1
        if self.number > FIRST and self.dice.random() < 0.7:
            partner = self.partner()
        else:
            name = f"{self.company.name} partner {self.number} {self.dice.randrange(10**9)}"
            partner = self.call("res.partner", "create", [{"name": name, "is_company": True}])[0]
        values = [self._document(partner) for _document in range(self.dice.randint(1, 4))]
        ids = self.call("account.move", "create", values)
        self.call("account.move", "action_post", ids)

    def _document(self, partner: int) -> dict[str, Any]:
        kind = self.dice.choice(KINDS)
        lines = [
            {"name": f"Article {line}", "quantity": line + 1, "price_unit": self.dice.randint(100, 99_999) / 100}
            for line in range(self.dice.randint(1, 3))
        ]
        day = date.today() - timedelta(days=self.dice.randint(0, 5))
        values = {
            "move_type": kind,
            "partner_id": partner,
            "invoice_date": str(day),
            "invoice_line_ids": [(0, 0, line) for line in lines],
        }
        # Vendors use a number twice, in Odoo as in Xero.
        return values if kind.startswith("out_") else {**values, "ref": f"V-{self.dice.randint(1, 200)}"}

    def refer(self) -> None:
        """Change the reference of a posted invoice."""
        move = self.one("move_type = 'out_invoice' AND state = 'posted'")
        self.call("account.move", "write", [move], {"ref": f"Order {self.dice.randrange(10**6)}"})

    def reprice(self) -> None:
        """Take a document back, change its first price, and post it again."""
        move = self.one("move_type != 'entry' AND state = 'posted' AND payment_state = 'not_paid' AND id % 4 = 0")
        self.call("account.move", "button_draft", [move])
        line = self.call("account.move.line", "search", [("move_id", "=", move), ("display_type", "=", "product")])[0]
        price = self.dice.randint(100, 99_999) / 100
        self.call("account.move", "write", [move], {"invoice_line_ids": [(1, line, {"price_unit": price})]})
        self.call("account.move", "action_post", [move])

    def cancel(self) -> None:
        """Cancel a document that nobody has paid."""
        move = self.one("move_type != 'entry' AND state = 'posted' AND payment_state = 'not_paid' AND id % 4 = 0")
        self.call("account.move", "button_draft", [move])
        self.call("account.move", "button_cancel", [move])

    def pay(self) -> None:
        """Pay a document in Odoo, in full or in part."""
        move = self.one("move_type LIKE '%_invoice' AND state = 'posted' AND amount_residual > 2 AND id % 4 = 1")
        context = {"active_model": "account.move", "active_ids": [move]}
        wizard = self.call(
            "account.payment.register", "create", [{"journal_id": self.company.journal}], context=context
        )
        if self.dice.random() < 0.4:
            amount = self.dice.randint(50, 150) / 100
            self.call("account.payment.register", "write", wizard, {"amount": amount}, context=context)
        self.call("account.payment.register", "action_create_payments", wizard, context=context)

    def unpay(self) -> None:
        """Cancel a payment that was made in Odoo."""
        payment = self.one(
            f"state IN ('paid', 'in_process') AND journal_id = {self.company.journal}", "account_payment"
        )
        self.call("account.payment", "action_draft", [payment])
        self.call("account.payment", "action_cancel", [payment])

    def rename(self) -> None:
        """Change what the books know of a partner."""
        self.call("res.partner", "write", [self.partner()], {"city": f"City {self.dice.randrange(1000)}"})

    def archive(self) -> None:
        """Archive a partner, and think better of it."""
        partner = self.partner()
        self.call("res.partner", "action_archive", [partner])
        self.call("res.partner", "action_unarchive", [partner])

    def click(self) -> None:
        """Press the button on a document, as people do who see nothing happen."""
        self.call("account.move", "action_xero_sync", [self.one("move_type != 'entry' AND state = 'posted'")])

    # === AT THE END === #

    def finish(self) -> None:
        """Finish what a dying server left half done, as somebody would who comes back to an open screen."""
        drafts = self.stack.query(
            f"SELECT id FROM account_move WHERE company_id = {self.company.id} AND state = 'draft'"
            " AND move_type != 'entry'"
        )
        for [move] in drafts:
            self.call("account.move", "action_post", [int(move)])
        taken_back = self.stack.query(
            f"SELECT id FROM account_payment WHERE company_id = {self.company.id} AND state = 'draft'"
        )
        # A draft still counts as paid in Odoo: whoever took the payment back meant to cancel it.
        for [payment] in taken_back:
            self.call("account.payment", "action_cancel", [int(payment)])

    def wake(self) -> None:
        """Bring back the partners whose archiving was the last that a dying server did."""
        name = f"{self.company.name} partner %"
        gone = self.stack.query(f"SELECT id FROM res_partner WHERE NOT active AND name LIKE '{name}'")
        merged = self.stack.query("SELECT res_id FROM xero_link WHERE res_model = 'res.partner'")
        ids = sorted({int(row[0]) for row in gone} & {int(row[0]) for row in merged})
        if ids:
            self.call("res.partner", "action_unarchive", ids)

    def read_now(self) -> None:
        """Have everything that changed in Xero read now."""
        self.call("xero.connection", "action_pull", [self.company.connection])

    def answer(self, side: str) -> int:
        """Settle every open conflict with one side; return how many were."""
        ids = self.call("xero.conflict", "search", [("state", "=", "open")])
        settled = 0
        for conflict in ids:
            try:
                self.call("xero.conflict", f"action_take_{side}", [conflict])
                settled += 1
            except RpcError as error:
                self.tally.add(f"conflict refused by {error.name.rpartition('.')[2]}")
        return settled

    def try_again(self) -> int:
        """Put failed jobs back to the queue; return how many there were."""
        ids = self.call("xero.sync.job", "search", [("state", "in", ("failed", "dead"))])
        if ids:
            self.call("xero.sync.job", "action_retry", ids)
        return len(ids)


DEEDS: dict[Callable[[Clerk], None], int] = {
    Clerk.make: 30,
    Clerk.refer: 8,
    Clerk.reprice: 6,
    Clerk.cancel: 4,
    Clerk.pay: 14,
    Clerk.unpay: 3,
    Clerk.rename: 6,
    Clerk.archive: 2,
    Clerk.click: 6,
    Clerk.read_now: 4,
}


def merge_partners(clerk: Clerk) -> None:
    """Merge two partners of a company in Odoo, which takes an administrator."""
    first, second = clerk.partner(), clerk.partner()
    if first == second:
        raise NothingToDo
    session = Session(clerk.dice.choice(clerk.stack.servers).url, clerk.stack.site.database).login()
    values = {"partner_ids": [(6, 0, [first, second])], "dst_partner_id": first, "state": "selection"}
    wizard = session.create("base.partner.merge.automatic.wizard", values)
    session.call("base.partner.merge.automatic.wizard", "action_merge", [wizard])


class Bookkeeper:
    """Somebody at work in Xero."""

    def __init__(self, stack: Stack, company: Company, dice: random.Random, tally: Tally) -> None:
        """Sit down."""
        self.stack, self.company, self.dice, self.tally = stack, company, dice, tally

    def work(self, over: threading.Event, pace: float) -> None:
        """Do one thing after the other until it is `over`."""
        while not over.wait(self.dice.uniform(0, 2 * pace)):
            deed = self.dice.choices(list(XERO_DEEDS), list(XERO_DEEDS.values()))[0]
            try:
                deed(self)
                self.tally.add(f"Xero: {deed.__name__}")
            except urllib.error.HTTPError:
                # Xero refuses it as the API would: paid already, voided meanwhile.
                self.tally.add(f"Xero refused: {deed.__name__}")
            except UNHEARD:
                self.tally.add("unanswered requests")
            except NothingToDo:
                continue

    def act(self, action: str, **values: Any) -> Any:
        """Do it in Xero's own screens."""
        return self.stack.simulator.post(f"organisations/{self.company.tenant}/act/{action}", **values)

    def linked(self, condition: str) -> str:
        """Xero's id of one of the documents that came from Odoo. Raises NothingToDo."""
        return choose(
            self.stack,
            self.dice,
            "SELECT l.xero_id FROM xero_link l JOIN account_move m ON m.id = l.res_id AND l.res_model = 'account.move'"
            f" WHERE l.connection_id = {self.company.connection} AND l.xero_id IS NOT NULL"
            f" AND m.state = 'posted' AND {condition}",
        )

    # === DEEDS === #

    def pay(self) -> None:
        """Pay a document, in full or in part, through the bank account that Xero is told of."""
        document = self.linked("m.move_type LIKE '%_invoice' AND m.amount_residual > 2 AND m.id % 4 IN (2, 3)")
        amount = {"amount": self.dice.randint(50, 150) / 100} if self.dice.random() < 0.5 else {}
        self.act("pay", invoice=document, account="090", **amount)

    def undo_payment(self) -> None:
        """Take the last payment of a document back."""
        document = self.linked("m.move_type LIKE '%_invoice' AND m.amount_residual < m.amount_total AND m.id % 4 = 2")
        self.act("undo_payment", invoice=document)

    def refer(self) -> None:
        """Change the reference of an invoice, whoever else does."""
        document = self.linked("m.move_type = 'out_invoice' AND m.id % 4 = 3")
        self.act("edit", invoice=document, Reference=f"By Xero {self.dice.randrange(10**6)}")

    def contact(self) -> str:
        """Xero's id of one of the contacts that came from Odoo. Raises NothingToDo."""
        return choose(
            self.stack,
            self.dice,
            "SELECT xero_id FROM xero_link WHERE res_model = 'res.partner' AND xero_id IS NOT NULL"
            f" AND connection_id = {self.company.connection}",
        )

    def write_to(self) -> None:
        """Enter somebody's e-mail address."""
        address = f"somebody{self.dice.randrange(10**6)}@customer.example"
        self.act("edit_contact", contact=self.contact(), EmailAddress=address)

    def void(self) -> None:
        """Void an invoice or a bill that nobody has paid."""
        self.act("void", invoice=self.linked("m.move_type LIKE '%_invoice' AND m.payment_state = 'not_paid'"))

    def archive(self) -> None:
        """Archive a contact, and think better of it."""
        contact = self.contact()
        self.act("archive_contact", contact=contact)
        self.act("archive_contact", contact=contact, undo=True)


XERO_DEEDS: dict[Callable[[Bookkeeper], None], int] = {
    Bookkeeper.pay: 8,
    Bookkeeper.undo_payment: 3,
    Bookkeeper.refer: 2,
    Bookkeeper.write_to: 2,
    Bookkeeper.void: 1,
    Bookkeeper.archive: 1,
}
