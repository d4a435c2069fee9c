"""`make pictures`: the screenshots of the documentation and of the description page, taken while a shop works."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.demo import steps as demo
from dev.demo.shop import Shop
from dev.machine import paths, system, venv
from dev.machine.progress import Stop, say, step
from dev.machine.stack import Stack, one_stack

FOLDER = paths.REPO / "static" / "description" / "screens"
BANNER = Path(__file__).parent / "banner.html"
PHONE = (390, 844)
LOW = (1366, 620)
INVOICES = "/odoo/action-account.action_move_out_invoice"
DIALOG = ".modal [name=client_id]"
FIX = "[name=xero_failed] button[name=action_xero_fix]"
CHART = ".o_xero_health canvas"

Shot = dict[str, Any]
Photograph = Callable[[list[Shot], Path], None]


def run(folder: str = "") -> int:
    """Take all pictures into `folder`, by default the one the documentation shows; return the exit code."""
    system.require(system.BROWSER)
    target = Path(folder) if folder else FOLDER
    with one_stack(demo.MODULES) as stack:
        with step("Opening a shop"):
            stack.start_server()
            shop = Shop(stack, stack.session())
            shop.open()
        with camera(stack) as photograph:
            for scene in SCENES:
                with step(f"Taking pictures: {scene.__name__.replace('_', ' ')}"):
                    for shots in scene(shop):
                        photograph(shots, target)
            banner = {"name": "banner", "address": BANNER.as_uri(), "size": (1120, 560), "wait": "img"}
            photograph([banner], target.parent)
    say(f"The pictures are in {target}")
    return 0


# === SCENES === #
# Each gives, again and again, the pictures to take of what it has brought about.


def begin(shop: Shop) -> Iterator[list[Shot]]:
    """The dialog before the consent, the guide after it, and what is to be decided."""
    yield [_shot("connect", "/odoo/action-xero_connector.action_xero_setup_open", wait=DIALOG, size=(1366, 900))]
    guide = shop.connect()
    to_decide = f"/odoo/xero.decide.wizard/{shop.to_decide()}"
    yield [
        _shot("guide", f"/odoo/xero-setup/{guide}", size=(1366, 900)),
        _shot("to-decide", to_decide),
        _shot("to-decide-phone", to_decide, size=PHONE),
    ]
    shop.decide(guide)
    shop.switch_on_webhooks(guide)
    yield [_shot("webhooks", f"/odoo/xero-setup/{guide}", size=(1366, 760))]


def trade(shop: Shop) -> Iterator[list[Shot]]:
    """Everyday work: documents and their status in Xero."""
    shop.trade()
    yield [
        _shot("invoices", INVOICES, size=(1366, 660)),
        _shot("invoice-phone", f"{INVOICES}/{shop.invoices[6]}", size=PHONE),
    ]


def prove(shop: Shop) -> Iterator[list[Shot]]:
    """The proof, and what is seen of a company that is well."""
    report = f"/odoo/xero-reconciliations/{shop.reconcile()}"
    yield [
        _shot("reconciliation", report, clicks=[".nav-link:text('Counts and Totals')"]),
        _shot("overview", "/odoo/xero", size=(1000, 480)),
        _shot("health", "/odoo/xero-health", wait=CHART, size=(1366, 800)),
        _shot("health-phone", "/odoo/xero-health", wait=CHART, size=PHONE),
        _shot("connection", f"/odoo/xero-connections/{shop.connection}"),
    ]


def decide(shop: Shop) -> Iterator[list[Shot]]:
    """What a person decides: a rule, problems before sending, a failure, a conflict."""
    yield [_shot("field-rules", f"/odoo/xero-field-rules/{shop.field_rule()}", size=(1366, 960))]
    yield [_shot("preview", f"/odoo/xero.preview/{shop.preview()}")]
    yield [_shot("fix", f"{INVOICES}/{shop.failed_invoice()}", wait=FIX, clicks=[FIX])]
    yield [_shot("conflict", f"/odoo/xero-conflicts/{shop.conflict()}", size=(1366, 700))]


def send_history(shop: Shop) -> Iterator[list[Shot]]:
    """A history before it starts, and what undoing it would do."""
    run_id = shop.history()
    yield [_shot("runs", f"/odoo/xero-runs/{run_id}", size=LOW)]
    shop.send(run_id)
    yield [_shot("undo", f"/odoo/xero.preview/{shop.undo(run_id)}")]


def match(shop: Shop) -> Iterator[list[Shot]]:
    """What both sides hold. It is begun last: while it is open, new things wait."""
    matching = shop.matching()
    yield [
        _shot("match", f"/odoo/xero-match/{matching}", size=LOW),
        _shot("match-pair", f"/odoo/xero-matches/{shop.doubtful(matching)}", size=LOW),
    ]


SCENES = (begin, trade, prove, decide, send_history, match)


def _shot(name: str, path: str, **more: Any) -> Shot:
    app = {} if path.startswith(INVOICES) else {"through": "/odoo/xero"}
    return {"name": name, "path": path, **app, **more}


# === CAMERA === #


def take(stack: Stack, wanted: list[dict[str, Any]], folder: Path) -> None:
    """Have a browser take the `wanted` pictures into `folder`. Raises Stop with the browser's words."""
    with camera(stack) as photograph:
        photograph(wanted, folder)


@contextmanager
def camera(stack: Stack) -> Iterator[Photograph]:
    """A browser that is logged in, for as many pictures as are wanted; it raises Stop with its own words."""
    order = {
        "url": stack.server.url,
        "login": "admin",
        "password": "admin",
        "browser": next(filter(None, map(shutil.which, system.BROWSERS))),
    }
    command = [venv.python(), "-m", "dev.inside.camera"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=paths.REPO) as browser:

        def tell(words: dict[str, Any]) -> None:
            browser.stdin.write(json.dumps(words) + "\n")
            browser.stdin.flush()

        def photograph(wanted: list[dict[str, Any]], folder: Path) -> None:
            tell({"folder": str(folder), "shots": wanted})
            if not browser.stdout.readline():
                raise Stop(f"The browser failed:\n{browser.stderr.read()[-3000:]}")

        tell(order)
        yield photograph
        browser.stdin.close()
