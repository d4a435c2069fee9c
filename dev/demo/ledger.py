"""Compares the trial balances of both books, as an accountant does, once a consent allows it."""

from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

from dev.demo.connect import consent
from dev.machine.process import wait_for
from dev.machine.progress import Stop, step
from dev.machine.rpc import Session
from dev.machine.stack import Stack

SECONDS = 120
HEAD = ("Accounts in Odoo", "Accounts in Xero", "Odoo", "Xero", "Not explained")
WIDEST = 44


@dataclass
class Balance:
    """A row of the trial balance; debits are positive."""

    odoo_name: str
    xero_name: str
    odoo: Decimal
    xero: Decimal
    unexplained: Decimal
    why: str


def compare(stack: Stack, odoo: Session, connection: int, organisation: str) -> list[Balance]:
    """Ask for the comparison, consent to reports, and wait for what came of it. Raises Stop."""
    with step("An accountant compares the trial balances, for which an administrator consents to reports"):
        today = str(datetime.now(timezone.utc).date())
        row = odoo.create("xero.trial.balance", {"connection_id": connection, "date_to": today})
        odoo.call("xero.trial.balance", "action_compare", [row])
        consent(stack, odoo, connection, [organisation])
        odoo.call("xero.trial.balance", "action_compare", [row])
        if not wait_for(lambda: _read(odoo, row)["state"] != "waiting", SECONDS):
            raise Stop(f"The trial balances were not compared in {SECONDS} s.")
    found = _read(odoo, row)
    if found["state"] != "done":
        raise Stop(f"The trial balances could not be compared: {found['reason']}")
    fields = ["odoo_name", "xero_name", "odoo_amount", "xero_amount", "unexplained", "why"]
    lines = odoo.read("xero.trial.balance.line", [("trial_balance_id", "=", row)], fields)
    return [
        Balance(
            line["odoo_name"],
            line["xero_name"],
            *(Decimal(str(line[name])).quantize(Decimal("0.01")) for name in fields[2:5]),
            line["why"] or "",
        )
        for line in lines
    ]


def rows(balances: list[Balance]) -> list[tuple[str, ...]]:
    """The comparison as cells, with the sums last."""
    found = [
        (_short(one.odoo_name), _short(one.xero_name), *(f"{amount:,.2f}" for amount in _amounts(one)))
        for one in balances
    ]
    sums = [sum(column, Decimal(0)) for column in zip(*map(_amounts, balances))]
    return [*found, ("Together", "", *(f"{amount:,.2f}" for amount in sums))]


def problems(balances: list[Balance]) -> list[str]:
    """Every reason not to be content with the ledgers."""
    if not balances:
        return ["The trial balances are empty."]
    return [f"{one.odoo_name} / {one.xero_name} differ by {one.unexplained}." for one in balances if one.unexplained]


def _amounts(balance: Balance) -> tuple[Decimal, ...]:
    return (balance.odoo, balance.xero, balance.unexplained)


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _read(odoo: Session, row: int) -> dict:
    return odoo.read("xero.trial.balance", [("id", "=", row)], ["state", "reason"])[0]
