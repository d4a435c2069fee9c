"""The way from the login page to the first invoice in Xero, gone by a browser that counts the clicks."""

import json
import shutil
import subprocess
from typing import Any

from dev.demo.books import Books
from dev.machine import paths, system, venv
from dev.machine.progress import Stop
from dev.machine.stack import Stack, one_stack

MODULES = (paths.ADDON, "l10n_au")


def go(stack: Stack, folder: str = "") -> dict[str, Any]:
    """Go it on a `stack` whose server runs; return `clicks`, `seconds` and `steps`.

    Raises Stop with the browser's words. `folder` gets a picture of the screen before each click.
    """
    Books(stack.session()).set_up_company()
    app = stack.simulator.app()
    order = {
        "url": stack.server.url,
        "login": "admin",
        "password": "admin",
        "browser": next(filter(None, map(shutil.which, system.BROWSERS))),
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "folder": folder,
    }
    command = [venv.python(), "-m", "dev.inside.first_day"]
    result = subprocess.run(
        command, input=json.dumps(order), text=True, capture_output=True, cwd=paths.REPO, check=False
    )
    if result.returncode:
        raise Stop(f"The browser did not arrive:\n{result.stderr[-3000:]}")
    return json.loads(result.stdout)


def measure(_bench: object) -> dict[str, float]:
    """Clicks and seconds from the login page to the first invoice in Xero, on an installation of its own."""
    system.require(system.BROWSER)
    with one_stack(MODULES) as stack:
        stack.start_server(max_cron_threads=2)
        gone = go(stack)
    return {"first_invoice_clicks": gone["clicks"], "first_invoice_s": gone["seconds"]}
