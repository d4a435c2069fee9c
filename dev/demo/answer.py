"""The way back in the demo: people pay and void in Xero, and Odoo shows it."""

import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dev.machine.process import wait_for
from dev.machine.progress import Stop
from dev.machine.rpc import Session
from dev.machine.xero import Simulator

ARRIVAL_SECONDS = 90
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Act:
    """Something a person does in Xero with one of the demo's documents.

    `document` is its position in `demo_books.DOCUMENTS`; without `heard` the webhook of it gets lost.
    """

    document: int
    says: str
    action: str
    values: tuple[tuple[str, Any], ...] = ()
    heard: bool = True


ACTS = (
    Act(0, "paid in full", "pay"),
    Act(1, "paid in part", "pay", (("amount", 100),)),
    Act(6, "paid in full, in its currency", "pay"),
    Act(10, "bill paid in part", "pay", (("amount", 33.33),)),
    Act(11, "bill paid in full", "pay"),
    Act(8, "voided", "void"),
    Act(7, "paid in part, webhook lost", "pay", (("amount", 500), ("account", "090")), heard=False),
    Act(4, "voided, webhook lost", "void", heard=False),
)


@dataclass
class Line:
    """What became of one document on both sides."""

    name: str
    says: str
    currency: str
    xero: str
    due: Decimal
    odoo: str
    residual: Decimal

    @property
    def agrees(self) -> bool:
        """Whether Odoo shows what Xero holds, to the cent."""
        if self.xero == "VOIDED":
            return self.odoo == "cancelled"
        states = ("paid", "in payment") if self.xero == "PAID" else ("partly paid",)
        return self.odoo in states and self.due == self.residual


def switch_on_webhooks(odoo: Session, simulator: Simulator, connection: int) -> None:
    """Store the key in Odoo and the address in Xero, and let Xero check the address. Raises Stop."""
    [row] = odoo.read("xero.connection", [("id", "=", connection)], ["credential_id"])
    credential, key = row["credential_id"][0], secrets.token_urlsafe(32)
    odoo.call("xero.credential", "write", [credential], {"webhook_key": key})
    [row] = odoo.read("xero.credential", [("id", "=", credential)], ["webhook_url"])
    simulator.post("webhooks", url=row["webhook_url"], key=key)
    checked = simulator.post("webhooks/intent")
    if checked["status"] != "OK":
        raise Stop(f"Xero is not content with Odoo's webhook address: {checked}")


class Answer:
    """Lets people act in Xero and waits for Odoo."""

    def __init__(self, odoo: Session, simulator: Simulator, organisation: str, connection: int, ids: list[int]) -> None:
        """Take the documents that were sent: `ids` in the order of `demo_books.DOCUMENTS`."""
        self.odoo = odoo
        self.simulator = simulator
        self.organisation = organisation
        self.connection = connection
        self.moves = {act.document: ids[act.document] for act in ACTS}
        of_ids = [("res_model", "=", "account.move"), ("res_id", "in", ids)]
        links = odoo.read("xero.link", of_ids, ["res_id", "xero_id"])
        self.xero_ids = {link["res_id"]: link["xero_id"] for link in links}

    def act(self) -> None:
        """Let people work in Xero. What is told by webhooks is in Odoo at the end. Raises Stop when it is not."""
        for act in ACTS:
            if act.heard:
                self._do(act)
        self._await([act for act in ACTS if act.heard], "by webhook")

    def act_unheard(self) -> None:
        """Let Xero's webhooks get lost, and read what changed as the schedule does. Raises Stop."""
        self.simulator.post("webhooks/settings", drop=len(ACTS))
        for act in ACTS:
            if not act.heard:
                self._do(act)
        self.simulator.post("webhooks/flush")
        self.simulator.post("webhooks/settings", drop=0)
        if any(line.agrees for line in self.lines([act for act in ACTS if not act.heard])):
            raise Stop("A webhook that was to be lost was not.")
        self.odoo.call("xero.connection", "action_pull", [self.connection])
        self._await(ACTS, "by reading what changed")

    def _do(self, act: Act) -> None:
        xero_id = self.xero_ids[self.moves[act.document]]
        self.simulator.post(f"organisations/{self.organisation}/act/{act.action}", invoice=xero_id, **dict(act.values))

    def _await(self, acts: Any, how: str) -> None:
        if not wait_for(lambda: all(line.agrees for line in self.lines(acts)), ARRIVAL_SECONDS):
            wrong = [line for line in self.lines(acts) if not line.agrees]
            raise Stop(f"Not in Odoo {how} after {ARRIVAL_SECONDS} s: {wrong}")

    def lines(self, acts: Any = ACTS) -> list[Line]:
        """What both sides hold of the documents of `acts` now."""
        fields = ["name", "state", "payment_state", "amount_residual", "currency_id"]
        moves = self.odoo.call("account.move", "read", [self.moves[act.document] for act in acts], fields)
        invoices = {row["InvoiceID"]: row for row in self.simulator.documents(self.organisation, "Invoices")}
        return [self._line(act, move, invoices[self.xero_ids[move["id"]]]) for act, move in zip(acts, moves)]

    def _line(self, act: Act, move: dict[str, Any], invoice: dict[str, Any]) -> Line:
        words = {"partial": "partly paid", "in_payment": "in payment", "not_paid": "open"}
        payment = words.get(move["payment_state"], move["payment_state"])
        return Line(
            move["name"],
            act.says,
            move["currency_id"][1],
            invoice["Status"],
            Decimal(str(invoice["AmountDue"])).quantize(CENT),
            "cancelled" if move["state"] == "cancel" else payment,
            Decimal(str(move["amount_residual"])).quantize(CENT),
        )


HEAD = ("Document", "What happened in Xero", "Xero", "Due in Xero", "Odoo", "Due in Odoo", "")


def rows(lines: list[Line]) -> list[tuple[str, ...]]:
    """The documents as rows of a table for people, below `HEAD`."""
    return [
        (
            line.name,
            line.says,
            line.xero,
            "" if line.xero == "VOIDED" else f"{line.due:,.2f} {line.currency}",
            line.odoo,
            "" if line.xero == "VOIDED" else f"{line.residual:,.2f} {line.currency}",
            "" if line.agrees else "differs",
        )
        for line in lines
    ]
