"""`make pictures`: the screenshots of the documentation and of the description page, taken from the demo's books."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from dev.demo import steps as demo
from dev.machine import paths, system, venv
from dev.machine.process import wait_for
from dev.machine.progress import Stop, say, step
from dev.machine.rpc import Session
from dev.machine.stack import Stack

FOLDER = paths.REPO / "static" / "description" / "screens"
PHONE = (390, 844)
WORK_SECONDS = 120
QUIET = {"xero_no_sync": True}
NEWCOMERS = [
    ({"name": "Tasman Marine Pty Ltd", "vat": "83914571673"}, {"Name": "Tasman Marine", "TaxNumber": "83914571673"}),
    ({"name": "Blue Gum Joinery"}, {"Name": "Bluegum Joinery", "EmailAddress": "hello@bluegum.example"}),
    ({"name": "Murray Produce", "email": "accounts@murray.example"}, {"Name": "Murray Produce (Mildura)"}),
    (
        {"name": "Southern Cross Books", "email": "orders@scbooks.example"},
        {"Name": "Southern Cross Books Ltd", "EmailAddress": "orders@scbooks.example"},
    ),
    ({"name": "Fremantle Chandlers"}, {"Name": "Kimberley Air Charter"}),
]
"""Customers that Xero may know already, and the contacts there: sure, doubtful, likely and not the same."""


def run(folder: str = "") -> int:
    """Take all pictures into `folder`, by default the one the documentation shows; return the exit code."""
    system.require(system.BROWSER)
    target = Path(folder) if folder else FOLDER
    with demo.demonstration() as (stack, _report):
        with step("Taking pictures"):
            take(stack, everyday(stack), target)
            take(stack, first_day(stack), target)
    say(f"The pictures are in {target}")
    return 0


def everyday(stack: Stack) -> list[dict[str, Any]]:
    """Pictures of a company that is connected: name, address, and what is clicked before it is taken."""
    odoo = stack.session()
    connection = odoo.call("xero.connection", "search", [], limit=1)[0]
    invoice = odoo.call("account.move", "search", [("move_type", "=", "out_invoice"), ("state", "=", "posted")])[-1]
    guide = odoo.call("xero.setup", "search", [], limit=1)[0]
    return [
        _shot("connection", f"/odoo/xero-connections/{connection}"),
        _shot("invoice", f"/odoo/action-account.action_move_out_invoice/{invoice}"),
        _shot("invoice-phone", f"/odoo/action-account.action_move_out_invoice/{invoice}", size=PHONE),
        _shot("invoices", "/odoo/action-account.action_move_out_invoice"),
        _shot("health", "/odoo/xero-health", wait=".o_xero_health canvas", size=(1366, 1100)),
        _shot("health-phone", "/odoo/xero-health", wait=".o_xero_health canvas", size=PHONE),
        _shot("guide", f"/odoo/xero-setup/{guide}"),
        _shot("field-rules", "/odoo/xero-field-rules"),
        _shot("jobs", "/odoo/action-xero_connector.action_xero_sync_job"),
        _shot("accounts", "/odoo/action-xero_connector.action_xero_mapping_account"),
    ]


def first_day(stack: Stack) -> list[dict[str, Any]]:
    """Pictures of what compares and decides. The matching is begun last: while it is open, new things wait."""
    odoo = stack.session()
    connection = odoo.call("xero.connection", "search", [], limit=1)[0]
    invoice = odoo.call("account.move", "search", [("move_type", "=", "out_invoice"), ("state", "=", "posted")])[-1]
    shown = [
        _shot("reconciliation", f"/odoo/xero-reconciliations/{_reconciliation(odoo, connection)}"),
        _shot("conflict", f"/odoo/xero-conflicts/{_conflict(stack, odoo, connection)}"),
        _shot("preview", f"/odoo/action-xero_connector.action_xero_preview/{_preview(odoo, invoice)}"),
        _shot("runs", f"/odoo/xero-runs/{_history(odoo, connection)}"),
    ]
    match = _matching(stack, odoo, connection)
    return [
        *shown,
        _shot("match", f"/odoo/xero-match/{match}"),
        _shot("match-pair", f"/odoo/xero-matches/{_doubtful(odoo, match)}"),
    ]


def _preview(odoo: Session, invoice: int) -> int:
    """Look at a copy of an invoice before it is sent; return the preview's id."""
    [copy] = odoo.call("account.move", "copy", [invoice])
    odoo.call("account.move", "action_post", [copy], context={"xero_no_sync": True})
    return odoo.call("account.move", "action_xero_preview", [copy])["res_id"]


def _reconciliation(odoo: Session, connection: int) -> int:
    """Compare the books and return the report's id once it is done. Raises Stop."""
    report = odoo.call("xero.connection", "action_reconcile", [connection])["res_id"]
    _wait_for(odoo, "xero.reconciliation", report, "done")
    return report


def _matching(stack: Stack, odoo: Session, connection: int) -> int:
    """Have customers and contacts that nobody linked compared; return the matching's id. Raises Stop."""
    for customer, contact in NEWCOMERS:
        odoo.call("res.partner", "create", {"is_company": True, "customer_rank": 1, **customer}, context=QUIET)
        stack.simulator.post(f"organisations/{demo.ORGANISATION}/act/create_contact", **contact)
    match = odoo.call("xero.connection", "action_match", [connection])["res_id"]
    _wait_for(odoo, "xero.match", match, "review")
    return match


def _doubtful(odoo: Session, match: int) -> int:
    """Return a pair of the matching that a person has to look at."""
    domain = [("match_id", "=", match), ("verdict", "in", ("doubtful", "likely")), ("parent_id", "=", False)]
    return odoo.call("xero.match.line", "search", domain, limit=1)[0]


def _history(odoo: Session, connection: int) -> int:
    """Plan a history and return its id."""
    return odoo.call("xero.run", "create", {"connection_id": connection, "date_from": "2020-01-01"})


def _conflict(stack: Stack, odoo: Session, connection: int) -> int:
    """Change one contact on both sides; return the id of the conflict. Raises Stop."""
    partner = odoo.call("res.partner", "search", [("name", "=", "Coral Bay Diving")])[0]
    changed = {"EmailAddress": "bookings@coralbay.example"}
    odoo.call("xero.connection", "write", [connection], {"conflict_contacts": "ask"})
    odoo.call("res.partner", "write", [partner], {"email": "hello@coralbay.example"}, context=QUIET)
    stack.simulator.post(f"organisations/{demo.ORGANISATION}/act/edit_contact", contact="Coral Bay Diving", **changed)
    odoo.call("xero.connection", "action_pull", [connection])
    found: list[int] = []

    def open_one() -> bool:
        found[:] = odoo.call("xero.conflict", "search", [("state", "=", "open")], limit=1)
        return bool(found)

    if not wait_for(open_one, WORK_SECONDS):
        raise Stop(f"No conflict was found within {WORK_SECONDS} s.")
    return found[0]


def _wait_for(odoo: Session, model: str, record: int, state: str) -> None:
    def reached() -> bool:
        return odoo.call(model, "read", [record], ["state"])[0]["state"] == state

    if not wait_for(reached, WORK_SECONDS):
        raise Stop(f"{model} {record} was not {state} within {WORK_SECONDS} s.")


def _shot(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "path": path, **more}


def take(stack: Stack, wanted: list[dict[str, Any]], folder: Path) -> None:
    """Have the browser take the `wanted` pictures into `folder`. Raises Stop with the browser's words."""
    order = {
        "url": stack.server.url,
        "login": "admin",
        "password": "admin",
        "browser": next(filter(None, map(shutil.which, system.BROWSERS))),
        "folder": str(folder),
        "shots": wanted,
    }
    command = [venv.python(), "-m", "dev.inside.camera"]
    result = subprocess.run(
        command, input=json.dumps(order), text=True, capture_output=True, cwd=paths.REPO, check=False
    )
    if result.returncode:
        raise Stop(f"The browser took {result.stdout.split()} and then failed:\n{result.stderr[-3000:]}")
