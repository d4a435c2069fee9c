"""Goes from the login page of an empty database to the first invoice in Xero, as a person with mouse and keyboard does.

A process of its own in the virtual environment. Reads a JSON object from standard input: `url`, `login`, `password`,
`browser` (a program), `client_id`, `client_secret`, and optionally `folder` for a picture of each step. Prints a JSON
object: `clicks` as the browser counted them, `seconds`, and the `steps` that were clicked.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page

from dev.inside.camera import window

SIZE = (1366, 900)
COUNT = "addEventListener('click', (event) => event.isTrusted && event.detail && window.countClick(), true)"
"""What the mouse did, on every page, before the page hears of it. Keys that press a button have no `detail`."""


class Person:
    """Somebody at the screen. Whatever is clicked, or typed without a click before it, is what a person would do."""

    def __init__(self, context: BrowserContext, folder: str | None) -> None:
        """Sit down before an empty window."""
        self.clicks, self.steps = 0, []
        self.folder = folder and Path(folder)
        context.expose_function("countClick", self._count)
        context.add_init_script(COUNT)
        self.page: Page = context.new_page()

    def _count(self) -> None:
        self.clicks += 1

    def click(self, what: str, selector: str) -> None:
        """Click the first element of `selector` that is there, once it is."""
        element = self.page.locator(selector).first
        element.wait_for()
        self._photograph(what)
        element.click()
        self.steps.append(what)

    def _photograph(self, what: str) -> None:
        if self.folder:
            self.page.wait_for_timeout(400)
            self.folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=self.folder / f"{len(self.steps) + 1:02}-{what.replace(' ', '-')}.png")

    def type(self, *texts: str) -> None:
        """Type where the cursor is; Tab leads from one text to the next."""
        for number, text in enumerate(texts):
            if number:
                self.page.keyboard.press("Tab")
            self.page.keyboard.type(text, delay=15)

    def tab_to(self, selector: str, most: int = 8) -> None:
        """Press Tab until the cursor is in a field; what it holds is selected then."""
        for _step in range(most):
            self.page.keyboard.press("Tab")
            self.page.wait_for_timeout(150)
            if self.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab does not lead to {selector}")

    def focus_is_in(self, selector: str) -> None:
        """Wait until the cursor is in a field, which nobody had to click for that."""
        self.page.wait_for_function("(selector) => document.activeElement?.matches(selector)", arg=selector)

    def sees(self, selector: str) -> None:
        """Wait for something to be on the screen."""
        self.page.locator(selector).first.wait_for()


def walk(person: Person, order: dict[str, Any]) -> None:
    """Log in, connect, start, and post an invoice."""
    person.page.goto(f"{order['url']}/web/login")
    person.focus_is_in("input[name=login]")
    person.type(order["login"], order["password"])
    person.click("Log in", ".oe_login_buttons button[type=submit]")
    _connect(person, order)
    _invoice(person)
    person.sees(".o_form_statusbar .o_xero_status[data-value=synced]")
    person._photograph("In Xero")


def _connect(person: Person, order: dict[str, Any]) -> None:
    person.click("Apps", ".o_navbar_apps_menu button")
    person.click("Xero", ".o_app[data-menu-xmlid='xero_connector.menu_xero']")
    person.focus_is_in(".modal [name=client_id] input")
    person.type(order["client_id"], order["client_secret"])
    person.click("Connect to Xero", ".modal button[name=action_connect]")
    person.click("Allow access", "button[value=allow]")
    person.click("Accept Suggestions and Start", "button[name=action_start].btn-primary")
    person.click("New Invoice", "button[name=action_new_invoice]")


def _invoice(person: Person) -> None:
    person.focus_is_in("[name=partner_id] input")
    person.type("First Customer")
    person.sees(".o-autocomplete--dropdown-item:has-text('Create')")
    person.page.keyboard.press("Enter")
    person.click("Save the customer", ".modal .o_form_button_save")
    person.click("Add a line", ".o_field_x2many_list_row_add a")
    person.focus_is_in(".o_selected_row input, .o_selected_row textarea")
    person.type("Consulting")
    person.tab_to(".o_selected_row [name=price_unit] input")
    person.type("100")
    person.click("Confirm", "button[name=action_post]:visible")


def main() -> None:
    """Go the way and tell how far it was."""
    order = json.load(sys.stdin)
    with window(order["browser"], SIZE) as context:
        person = Person(context, order.get("folder"))
        started = time.monotonic()
        try:
            walk(person, order)
        except Exception:
            if order.get("folder"):
                person.page.screenshot(path=Path(order["folder"]) / "failed.png")
            raise
        seconds = time.monotonic() - started
    json.dump({"clicks": person.clicks, "seconds": seconds, "steps": person.steps}, sys.stdout)


if __name__ == "__main__":
    main()
