"""Compares both books after a run: Odoo's by SQL, Xero's by the simulator; nothing of the addon's own code is asked."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dev.chaos.people import Company
from dev.machine.stack import Stack

GONE = ("VOIDED", "DELETED")
TYPES = {"out_invoice": "ACCREC", "in_invoice": "ACCPAY", "out_refund": "ACCRECCREDIT", "in_refund": "ACCPAYCREDIT"}
RIGHTLY_EQUAL = ("any", "bill_numbers_of_a_contact", "credit_note_numbers")
"""Vendors may use a number twice; that no document is there twice is told by the links."""
UNDER_WAY = (
    "(state IN ('pending', 'running') OR state = 'blocked' AND NOT EXISTS (SELECT FROM xero_sync_job b"
    " WHERE b.id = j.blocked_by_id AND b.state = 'failed' AND b.failure_detail IS NOT NULL))"
)
"""Of a job `j`: what waits behind one that a person has to act on waits for that person."""
OPEN_WORK = {
    "jobs": "SELECT id, xero_type, operation, state FROM xero_sync_job j WHERE connection_id = {0}"
    f" AND ({UNDER_WAY} OR state = 'dead' OR state = 'failed' AND failure_detail IS NULL)",
    "calls": "SELECT id, resource, state FROM xero_sync_batch WHERE connection_id = {0} AND state != 'done'",
    "events": "SELECT id, category, state FROM xero_webhook_event WHERE connection_id = {0} AND state = 'new'",
}
MOVES = (
    "SELECT id, move_type, state, name, amount_total, amount_residual FROM account_move"
    " WHERE company_id = {0} AND move_type IN ('out_invoice', 'in_invoice', 'out_refund', 'in_refund')"
)
LINKS = (
    "SELECT res_id, xero_id, state FROM xero_link"
    " WHERE connection_id = {0} AND res_model = '{1}' AND xero_id IS NOT NULL"
)
CONTACT_LINKS = (
    "SELECT res_id, xero_id, state FROM xero_link"
    " WHERE connection_id = {0} AND xero_type = 'Contact' AND xero_id IS NOT NULL"
)
"""Also those that a job keeps: of contacts that were made while their partners were merged."""
QUESTIONS = (
    "SELECT res_model, res_id FROM xero_conflict WHERE connection_id = {0} AND state = 'open'"
    " UNION SELECT res_model, res_id FROM xero_sync_job"
    " WHERE connection_id = {0} AND state = 'failed' AND failure_detail IS NOT NULL AND res_id IS NOT NULL"
    " UNION SELECT 'account.move', p.document_id FROM xero_sync_job j JOIN xero_payment_part p ON p.id = j.res_id"
    " WHERE j.connection_id = {0} AND j.state = 'failed' AND j.res_model = 'xero.payment.part'"
    " AND p.document_id IS NOT NULL"
)


@dataclass
class Findings:
    """What an audit found, each as one line."""

    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    cents: int = 0
    differing: list[str] = field(default_factory=list)
    asked: int = 0
    """Documents on which a person has been asked, so that both sides may differ."""
    documents: int = 0
    payments: int = 0

    @property
    def clean(self) -> bool:
        """Whether both books agree and nothing waits."""
        return not (self.doubled or self.lost or self.stuck or self.differing)

    def add(self, other: "Findings") -> None:
        """Take in what was found in another company."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


class Audit:
    """The books of one company."""

    def __init__(self, stack: Stack, company: Company) -> None:
        """Read both sides."""
        self.stack, self.company, self.found = stack, company, Findings()
        self.elements = {row["InvoiceID"]: row for row in self._of_xero("Invoices")}
        self.elements |= {row["CreditNoteID"]: row for row in self._of_xero("CreditNotes")}
        self.links = {int(res_id): xero_id for res_id, xero_id, _state in self._rows(LINKS, "account.move")}
        self.asked = {int(res_id) for model, res_id in self._rows(QUESTIONS) if model == "account.move"}

    def _of_xero(self, kind: str) -> list[dict[str, Any]]:
        return self.stack.simulator.documents(self.company.tenant, kind)

    def _rows(self, sql: str, *args: object) -> list[list[str]]:
        return self.stack.query(sql.format(self.company.connection, *args))

    def run(self) -> Findings:
        """Compare everything."""
        self._work()
        self._documents()
        self._strangers()
        self._payments()
        self._contacts()
        return self.found

    def _work(self) -> None:
        for what, sql in OPEN_WORK.items():
            self.found.stuck += [f"{what} {' '.join(row)}" for row in self._rows(sql)]

    def _documents(self) -> None:
        for move_id, kind, state, name, total, residual in self.stack.query(MOVES.format(self.company.id)):
            move = int(move_id)
            element = self.elements.get(self.links.get(move, ""))
            living = element is not None and element["Status"] not in GONE
            self.found.documents += 1
            if move in self.asked:
                self.found.asked += 1
            elif state == "posted" and not living:
                self.found.lost.append(f"{kind} {name} ({move}) of {self.company.name} is not in Xero")
            elif state == "posted":
                self._compare(move, kind, name, element, Decimal(total), Decimal(residual))
            elif living and state != "draft":
                # A draft again stays in Xero as it is until it is posted.
                self.found.differing.append(f"{kind} {name} ({move}) is {state}, {element['Status']} in Xero")

    def _compare(self, move: int, kind: str, name: str, element: dict, total: Decimal, residual: Decimal) -> None:
        due = element.get("AmountDue", element.get("RemainingCredit", 0))
        off = abs(total - Decimal(str(element["Total"]))) + abs(abs(residual) - Decimal(str(due)))
        if element["Type"] != TYPES[kind]:
            self.found.differing.append(f"{kind} {name} ({move}) is a {element['Type']} in Xero")
        if off:
            self.found.cents += int(off * 100)
            self.found.differing.append(
                f"{kind} {name} ({move}): {total}, {residual} open; in Xero {element['Total']}, {due} open"
            )

    def _strangers(self) -> None:
        """Whatever lives in Xero was sent by Odoo once, and nothing of it stands there without a link."""
        linked = Counter(self.links.values())
        for xero_id, element in self.elements.items():
            if element["Status"] not in GONE and linked[xero_id] != 1:
                self.found.doubled.append(f"{element['Type']} {self._name(element)} has {linked[xero_id]} links")
        for name, found in self.stack.simulator.get(f"organisations/{self.company.tenant}/duplicates").items():
            if found and name not in RIGHTLY_EQUAL:
                self.found.doubled.append(f"{name}: {found}")

    def _name(self, element: dict[str, Any]) -> str:
        number = element.get("InvoiceNumber") or element.get("CreditNoteNumber")
        record = parse_qs(urlsplit(element.get("Url") or "").query).get("res_id", ["?"])
        return f"{number} (of record {record[0]})"

    def _payments(self) -> None:
        """What is due tells of each document whether its payments are the same; here, that none counts twice."""
        self.found.payments = sum(row["Status"] == "AUTHORISED" for row in self._of_xero("Payments"))
        of_xero = defaultdict(list)
        for res_id, xero_id, _state in self._rows(LINKS, "account.payment"):
            of_xero[xero_id].append(res_id)
        self.found.doubled += [f"payment {one} is in Odoo as {ids}" for one, ids in of_xero.items() if len(ids) > 1]

    def _contacts(self) -> None:
        linked = {xero_id for _res, xero_id, _state in self._rows(CONTACT_LINKS)}
        for contact in self._of_xero("Contacts"):
            ours = (contact.get("ContactNumber") or "").startswith("odoo-")
            if ours and contact["ContactStatus"] == "ACTIVE" and contact["ContactID"] not in linked:
                self.found.doubled.append(f"contact {contact['Name']} ({contact['ContactNumber']}) has no link")


def audit(stack: Stack, companies: list[Company]) -> Findings:
    """Compare the books of all `companies`."""
    found = Findings()
    for company in companies:
        found.add(Audit(stack, company).run())
    return found
