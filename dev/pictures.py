"""`make pictures`: the screenshots of the documentation and of the description page, taken from the demo's books."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from dev import demo, paths, system, venv
from dev.process import wait_for
from dev.progress import Stop, say, step
from dev.rpc import Session
from dev.stack import Stack

FOLDER = paths.REPO / "static" / "description" / "screens"
PHONE = (390, 844)
RECONCILE_SECONDS = 120


def run(folder: str = "") -> int:
    """Take all pictures into `folder`, by default the one the documentation shows; return the exit code."""
    system.require(system.BROWSER)
    target = Path(folder) if folder else FOLDER
    with demo.demonstration() as (stack, _report):
        with step("Taking pictures"):
            take(stack, shots(stack), target)
    say(f"The pictures are in {target}")
    return 0


def shots(stack: Stack) -> list[dict[str, Any]]:
    """Every picture: its name, the address, and what is clicked before it is taken."""
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
        _shot("reconciliation", f"/odoo/xero-reconciliations/{_reconciliation(odoo, connection)}"),
        _shot("preview", f"/odoo/action-xero_connector.action_xero_preview/{_preview(odoo, invoice)}"),
        _shot("jobs", "/odoo/action-xero_connector.action_xero_sync_job"),
        _shot("accounts", "/odoo/action-xero_connector.action_xero_mapping_account"),
    ]


def _preview(odoo: Session, invoice: int) -> int:
    """Look at a copy of an invoice before it is sent; return the preview's id."""
    [copy] = odoo.call("account.move", "copy", [invoice])
    odoo.call("account.move", "action_post", [copy], context={"xero_no_sync": True})
    return odoo.call("account.move", "action_xero_preview", [copy])["res_id"]


def _reconciliation(odoo: Session, connection: int) -> int:
    """Compare the books and return the report's id once it is done. Raises Stop."""
    report = odoo.call("xero.connection", "action_reconcile", [connection])["res_id"]

    def done() -> bool:
        return odoo.call("xero.reconciliation", "read", [report], ["state"])[0]["state"] == "done"

    if not wait_for(done, RECONCILE_SECONDS):
        raise Stop(f"The books were not compared within {RECONCILE_SECONDS} s.")
    return report


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
