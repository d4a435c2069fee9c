"""Takes pictures of Odoo's screens with the machine's Chromium. A process of its own in the virtual environment.

Reads JSON objects from standard input, one a line. The first has `url`, `login`, `password` and `browser` (a program).
Each further one has `folder`, and `shots`: objects with `name`, `path` in Odoo (or `address` of any page), and
optionally `clicks` (selectors clicked one after the other), `wait` (a selector that must be there), `size` ([width,
height]) and `through` (a path seen before, whose app is the one at the top then). Answers each with a line, the names
of the pictures taken.
"""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright

PAGE_MS = 60_000
DRAWN_MS = 400
COLOURS = 160
"""Screens are flat: so many colours look the same and need a third of the bytes."""

BUSY = "() => !document.querySelector('.o_blockUI, .o_loading_indicator')"


@contextmanager
def window(program: str, size: tuple[int, int]) -> Iterator[BrowserContext]:
    """Open a headless browser window of `size` pixels."""
    with sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            context = chromium.new_context(
                viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce", device_scale_factor=1
            )
            context.set_default_timeout(PAGE_MS)
            yield context
        finally:
            chromium.close()


def log_in(context: BrowserContext, url: str, login: str, password: str) -> Page:
    """Log in on Odoo's login page and return the page behind it."""
    page = context.new_page()
    page.goto(f"{url}/web/login?redirect=/odoo")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_selector(".o_web_client .o_main_navbar")
    return page


def take(page: Page, url: str, shot: dict[str, Any]) -> bytes:
    """Bring `shot` about on `page` and return it as a PNG."""
    width, height = shot.get("size", (1366, 820))
    page.set_viewport_size({"width": width, "height": height})
    if "through" in shot:
        page.goto(url + shot["through"])
        page.wait_for_selector(".o_action_manager > *")
    page.goto(shot.get("address") or url + shot["path"])
    page.wait_for_selector(shot.get("wait", ".o_action_manager > *"))
    for selector in shot.get("clicks", ()):
        page.click(selector)
    page.wait_for_timeout(DRAWN_MS)
    page.wait_for_function(BUSY)
    page.wait_for_timeout(DRAWN_MS)
    return page.screenshot(animations="disabled", caret="hide")


def save(png: bytes, file: Path) -> None:
    """Write the picture with few colours, so that the addon stays small."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


def main() -> None:
    """Take every picture asked for, in one window."""
    order = json.loads(sys.stdin.readline())
    with window(order["browser"], (1366, 820)) as context:
        page = log_in(context, order["url"], order["login"], order["password"])
        for line in sys.stdin:
            wanted = json.loads(line)
            folder = Path(wanted["folder"])
            folder.mkdir(parents=True, exist_ok=True)
            for shot in wanted["shots"]:
                save(take(page, order["url"], shot), folder / f"{shot['name']}.png")
            sys.stdout.write(" ".join(shot["name"] for shot in wanted["shots"]) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
