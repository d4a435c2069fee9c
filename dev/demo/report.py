"""Compares what Odoo booked with what stands in the simulated Xero, document by document."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dev.demo import answer as demo_answer
from dev.demo import ledger as demo_ledger
from dev.demo.books import UNTAXED
from dev.machine.rpc import Session
from dev.machine.xero import Simulator

KINDS = {
    "out_invoice": ("Customer invoices", "Invoices", "ACCREC"),
    "in_invoice": ("Vendor bills", "Invoices", "ACCPAY"),
    "out_refund": ("Customer credit notes", "CreditNotes", "ACCRECCREDIT"),
    "in_refund": ("Vendor credit notes", "CreditNotes", "ACCPAYCREDIT"),
}
ID_FIELDS = {"Invoices": "InvoiceID", "CreditNotes": "CreditNoteID"}
CENT = Decimal("0.01")


@dataclass
class Row:
    """One line of the table: a kind of document in one currency."""

    kind: str
    currency: str
    sent: int = 0
    odoo: Decimal = Decimal(0)
    xero: Decimal = Decimal(0)
    difference: Decimal = Decimal(0)
    """Sum of the differences of the single documents, none of them cancelling another."""


@dataclass
class Report:
    """The comparison, and every reason not to be content."""

    rows: list[Row] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=dict)
    contacts: int = 0
    total_calls: int = 0
    problems: list[str] = field(default_factory=list)
    answer: list[demo_answer.Line] = field(default_factory=list)
    """What people did in Xero afterwards, and what Odoo shows of it."""
    balances: list[demo_ledger.Balance] = field(default_factory=list)
    """The trial balances of both books, account by account."""


def compare(odoo: Session, simulator: Simulator, organisation: str, ids: list[int]) -> Report:
    """Compare the posted documents `ids` with the books of the `organisation`."""
    report = Report()
    moves = odoo.read(
        "account.move", [("id", "in", ids)], ["name", "move_type", "amount_total", "currency_id", "state"]
    )
    links = odoo.read("xero.link", [("res_model", "=", "account.move"), ("res_id", "in", ids)], ["res_id", "xero_id"])
    xero_ids = {link["res_id"]: link["xero_id"] for link in links}
    books = _books(simulator, organisation)
    rows: dict[tuple[str, str], Row] = {}
    for move in moves:
        key = (move["move_type"], move["currency_id"][1])
        row = rows.setdefault(key, Row(*key))
        _add(report, row, move, books.get(xero_ids.get(move["id"])))
    report.rows = [rows[key] for key in sorted(rows, key=lambda key: (list(KINDS).index(key[0]), key[1]))]
    report.contacts = len(simulator.documents(organisation, "Contacts"))
    _count_calls(odoo, simulator, report)
    _look_for_doubles(simulator, organisation, report, len(moves))
    return report


def _books(simulator: Simulator, organisation: str) -> dict[str, dict[str, Any]]:
    found = {}
    for resource, id_field in ID_FIELDS.items():
        for document in simulator.documents(organisation, resource):
            found[document[id_field]] = document
    return found


def _add(report: Report, row: Row, move: dict[str, Any], document: dict[str, Any] | None) -> None:
    amount = Decimal(str(move["amount_total"])).quantize(CENT)
    row.odoo += amount
    if document is None:
        row.difference += amount
        report.problems.append(f"{move['name']} is not in Xero.")
        return
    total = Decimal(str(document["Total"])).quantize(CENT)
    row.sent += 1
    row.xero += total
    row.difference += abs(amount - total)
    expected = KINDS[move["move_type"]][2]
    if amount != total or document["Type"] != expected or document["Status"] not in ("AUTHORISED", "PAID"):
        seen = f"{document['Type']} {document['Status']} {total}"
        report.problems.append(f"{move['name']} is {amount} in Odoo and {seen} in Xero.")
    if document["CurrencyCode"] != row.currency:
        report.problems.append(f"{move['name']} is in {document['CurrencyCode']} in Xero.")


def _count_calls(odoo: Session, simulator: Simulator, report: Report) -> None:
    """Count for each kind the writing calls that carried at least one document of it; one call may carry several."""
    logs = odoo.read("xero.log", [("method", "in", ("PUT", "POST")), ("job_ids", "!=", False)], ["job_ids"])
    jobs = {job for log in logs for job in log["job_ids"]}
    records = odoo.read("xero.sync.job", [("id", "in", list(jobs))], ["res_model", "res_id"])
    moves = {record["id"]: record["res_id"] for record in records if record["res_model"] == "account.move"}
    kinds = odoo.read("account.move", [("id", "in", list(moves.values()))], ["move_type"])
    kind_of = {row["id"]: row["move_type"] for row in kinds}
    calls: dict[str, int] = defaultdict(int)
    for log in logs:
        for kind in {kind_of.get(moves.get(job), "res.partner") for job in log["job_ids"]}:
            calls[kind] += 1
    report.calls = dict(calls)
    report.total_calls = simulator.get("stats")["total_calls"]


def _look_for_doubles(simulator: Simulator, organisation: str, report: Report, expected: int) -> None:
    counts = simulator.get(f"organisations/{organisation}/documents")
    present = counts["Invoices"] + counts["CreditNotes"]
    if present != expected:
        report.problems.append(f"{expected} documents were posted and {present} are in Xero.")
    doubles = simulator.get(f"organisations/{organisation}/duplicates")
    if doubles.pop("any"):
        report.problems.append(f"Something is in Xero twice: {doubles}")


def table(report: Report) -> str:
    """The comparison as a table for people."""
    head = ("Document", "Currency", "Sent", "Calls", "Odoo total", "Xero total", "Difference")
    lines = [("Contacts", "", str(report.contacts), str(report.calls.get("res.partner", 0)), "", "", "")]
    shown: set[str] = set()
    for row in report.rows:
        calls = "" if row.kind in shown else str(report.calls.get(row.kind, 0))
        shown.add(row.kind)
        amounts = [f"{amount:,.2f}" for amount in (row.odoo, row.xero, row.difference)]
        lines.append((KINDS[row.kind][0], row.currency, str(row.sent), calls, *amounts))
    footer = (
        f"All calls to Xero, with those that read its settings: {report.total_calls}. One call may carry several kinds."
    )
    answer = _table(demo_answer.HEAD, demo_answer.rows(report.answer), 3)
    ledgers = _table(demo_ledger.HEAD, demo_ledger.rows(report.balances), 2)
    return "\n".join([*_table(head, lines, 2), footer, "", *answer, "", *ledgers])


def _table(head: tuple[str, ...], lines: list[tuple[str, ...]], texts: int) -> list[str]:
    """Rows in columns, of which the first `texts` hold words."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head))]
    return [_row(line, widths, texts) for line in (head, tuple("-" * width for width in widths), *lines)]


def _row(cells: tuple[str, ...], widths: list[int], texts: int) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:texts], widths)]
    right = [cell.rjust(width) for cell, width in zip(cells[texts:], widths[texts:])]
    return "  ".join([*left, *right]).rstrip()


def wrong_codes(
    odoo: Session, simulator: Simulator, organisation: str, ids: list[int], wanted: list[list[str]]
) -> list[str]:
    """Say which documents bear other tax codes in Xero than they should, or claim tax under a code without; `wanted`
    holds those of each of `ids`.
    """
    links = odoo.read("xero.link", [("res_model", "=", "account.move"), ("res_id", "in", ids)], ["res_id", "xero_id"])
    books = _books(simulator, organisation)
    of = {link["res_id"]: books.get(link["xero_id"]) for link in links}
    problems = []
    for move, codes in zip(ids, wanted, strict=True):
        lines = (of.get(move) or {}).get("LineItems") or []
        # Texts bear no amount, and rounding is a line of the connector's own.
        seen = [line["TaxType"] for line in lines if line.get("UnitAmount") is not None][: len(codes)]
        if seen != codes:
            problems.append(f"The tax codes of document {move} are {seen} in Xero, and should be {codes}.")
        claimed = [line["TaxType"] for line in lines if line.get("TaxType") in UNTAXED and line.get("TaxAmount")]
        if claimed:
            problems.append(f"Document {move} claims tax in Xero under {claimed}.")
    return problems
