"""What the tests of faults have in common: a company with books and a Xero, and the comparison at the end."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from dev.machine.postgres import Cluster
from dev.machine.process import wait_for
from dev.machine.stack import Stack, new_stack
from dev.machine.xero import Simulator
from dev.testing.forge import Forge

PROFILE = {"seed": "nz", "BaseCurrency": "USD", "CountryCode": "US"}
BANK = "090"
GONE = ("VOIDED", "DELETED")
RIGHTLY_EQUAL = ("any", "bill_numbers_of_a_contact", "credit_note_numbers")
"""Vendors may use a number twice; that no document is there twice is told by the count."""

TYPES = {"out_invoice": "ACCREC", "in_invoice": "ACCPAY", "out_refund": "ACCRECCREDIT", "in_refund": "ACCPAYCREDIT"}
PATIENCE = 180
"""On a busy machine PostgreSQL may take seconds to notice that a worker was killed, or one more answer gets lost."""


@dataclass
class Drill:
    """A connected company; `forge` works on its database."""

    stack: Stack
    forge: Forge
    company: int
    connection: int
    tenant: str

    @property
    def simulator(self) -> Simulator:
        """The Xero of the stack."""
        return self.stack.simulator

    def make(self, **options) -> list[int]:
        """Create documents; see `dev.inside.company.make`."""
        return self.forge.ask("company:make", company_id=self.company, **options)

    def finish(self, seconds: float = 60) -> None:
        """Without faults, let workers send the rest."""
        self.simulator.delete("faults")
        wait_for(lambda: self._drain(seconds), PATIENCE)

    def _drain(self, seconds: float) -> bool:
        self.forge.ask("company:resume")
        self.forge.fork("work:drain", seconds=seconds).wait(seconds + 60)
        return not self.at_work()

    def report(self) -> dict:
        """What Odoo thinks of the organisation; see `dev.inside.company.report`."""
        return self.forge.ask("company:report", connection_id=self.connection)

    def at_work(self) -> bool:
        """Whether anything waits to be sent to the organisation, or is under way."""
        query = "SELECT count(*) FROM xero_sync_job WHERE state IN ('pending', 'running', 'blocked')"
        query += " AND operation IN ('push', 'void') AND connection_id = %d"
        return self.stack.query(query % self.connection) != [["0"]]

    def in_a_call(self) -> bool:
        """Whether an answer of Xero is being waited for."""
        query = "SELECT count(*) FROM xero_sync_batch WHERE state = 'sent' AND connection_id = %d"
        return self.stack.query(query % self.connection) != [["0"]]

    def fault_hit(self) -> bool:
        """Whether a call has met a fault that stays."""
        return any(fault["hits"] for fault in self.simulator.get("faults")["faults"])

    def in_xero(self, kind: str) -> list[dict]:
        """Living documents or contacts of the organisation."""
        found = self.simulator.documents(self.tenant, kind)
        return [element for element in found if element.get("Status", element.get("ContactStatus")) not in GONE]

    def check(self, expected: int) -> dict:
        """Every one of the `expected` documents is in Xero once, linked, with Odoo's total; nothing is open."""
        report = self.report()
        documents = report["documents"]
        assert len(documents) == expected
        assert not set(report["jobs"]) - {"done", "cancelled"}, (report["jobs"], report["failures"])
        assert report["open_batches"] == 0
        assert not [document for document in documents if document["link_state"] != "synced"]
        self._check_documents(documents)
        self._check_contacts(report)
        return report

    def _check_documents(self, documents: list[dict]) -> None:
        elements = {element["InvoiceID"]: element for element in self.in_xero("Invoices")}
        elements |= {element["CreditNoteID"]: element for element in self.in_xero("CreditNotes")}
        assert len(elements) == len(documents)
        for document in documents:
            element = elements.pop(document["xero_id"])
            assert element["Type"] == TYPES[document["kind"]]
            assert Decimal(str(element["Total"])) == Decimal(document["total"]), document
            assert element["Status"] == "AUTHORISED"
            if document["kind"].endswith("invoice"):
                assert _record(element["Url"]) == document["id"], "linked to the element of another document"
            if document["kind"] == "out_invoice":
                # Whatever was changed and posted again, the customer knows it by this number.
                assert element["InvoiceNumber"] == document["number"]
                assert element.get("Reference", "") == document["ref"]
        duplicates = self.simulator.get(f"organisations/{self.tenant}/duplicates")
        assert not {name: found for name, found in duplicates.items() if found and name not in RIGHTLY_EQUAL}

    def _check_contacts(self, report: dict) -> None:
        numbers = Counter(contact.get("ContactNumber") for contact in self.in_xero("Contacts"))
        ours = {number: count for number, count in numbers.items() if (number or "").startswith("odoo-")}
        assert set(ours.values()) == {1}
        assert len(ours) == report["partners"] == len(set(report["contacts"]))


def _record(url: str) -> int:
    return int(parse_qs(urlsplit(url).query)["res_id"][0])


@contextmanager
def open_ground(cluster: Cluster, template: Path, folder: Path, database: str) -> Iterator[Forge]:
    """Yield a forge on a new stack whose Xero has no limits; servers do nothing but the connector's work."""
    with new_stack(cluster, template, folder, database, limits=False) as stack:
        stack.leave_out_crons()
        with Forge(stack) as forge:
            yield forge


def open_drill(forge: Forge, name: str) -> Drill:
    """Open the books of a new company called `name` and connect it to an organisation of the same name."""
    simulator = forge.stack.simulator
    # A fault that an earlier test left would take the calls of this one.
    simulator.delete("faults")
    tenant = simulator.post("organisations", **{**PROFILE, "Name": name})["tenant_id"]
    simulator.post(f"organisations/{tenant}/act/edit_account", code=BANK, CurrencyCode=PROFILE["BaseCurrency"])
    company = forge.ask("company:open_books", name=name)
    connection = forge.ask("company:connect", company_id=company, simulator=simulator.url, organisation=tenant)
    simulator.post("stats/reset")
    return Drill(forge.stack, forge, company, connection, tenant)
