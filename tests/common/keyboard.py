"""A person without a mouse: real key events, through Chrome's own protocol, at what has the focus."""

import json
import time

PATIENCE_SECONDS = 60
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
TEXTS = {"Enter": "\r", " ": " "}
ALT = 1

FOCUSED = """(() => {
    const element = document.activeElement, style = getComputedStyle(element);
    const name = element.ariaLabel || element.title || element.textContent.trim() || element.placeholder;
    const seen = style.outlineStyle !== "none" || style.boxShadow !== "none" || element.matches(":focus-visible");
    return {name: name || "", seen, is: element.matches(%s) || Boolean(element.closest(%s))};
})()"""


class Keyboard:
    """What a person does with the keys of ``browser``, and what they see."""

    def __init__(self, test, browser):
        self._test, self._browser = test, browser

    def press(self, key, modifiers=0):
        """Press and release a key: a name of ``KEYS`` or a letter."""
        code = KEYS.get(key) or ord(key.upper())
        event = {
            "key": key,
            "code": key if len(key) > 1 else "Space" if key == " " else f"Key{key.upper()}",
            "windowsVirtualKeyCode": code,
            "nativeVirtualKeyCode": code,
            "modifiers": modifiers,
        }
        text = "" if modifiers & ALT else TEXTS.get(key, key if len(key) == 1 else "")
        down = {"type": "keyDown" if text else "rawKeyDown", **event, **({"text": text} if text else {})}
        for params in (down, {"type": "keyUp", **event}):
            self._browser._websocket_request("Input.dispatchKeyEvent", params=params)

    def hotkey(self, letter):
        """Press Odoo's hotkey."""
        self.press(letter, ALT)

    def back(self, selector):
        """Go back by the breadcrumb to where ``selector`` shows."""
        self.activate(".o_back_button a")
        self.see(selector)

    def type(self, text):
        self._browser._websocket_request("Input.insertText", params={"text": text})

    def see(self, selector, text=""):
        """Wait until an element shows that has ``text``."""
        condition = f"""[...document.querySelectorAll({json.dumps(selector)})].some((element) =>
            element.getClientRects().length && element.textContent.includes({json.dumps(str(text))}))"""
        self._await(condition, f"{selector} with {text!r} did not show")

    def read(self, selector):
        """Return the text of the first element of ``selector``."""
        return self._browser.run(f"document.querySelector({json.dumps(selector)})?.textContent")

    def see_other(self, selector, text):
        """Wait until ``selector`` shows something other than ``text``."""
        found = f"document.querySelector({json.dumps(selector)})?.textContent"
        self._await(f"{found} && {found} !== {json.dumps(text)}", f"{selector} still shows {text!r}")

    def gone(self, selector):
        """Wait until nothing of ``selector`` shows."""
        self._await(f"!document.querySelector({json.dumps(selector)})", f"{selector} did not go")

    def _await(self, condition, complaint):
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._browser.run(f"Boolean({condition})"):
            if time.monotonic() > end:
                self._test.fail(f"{complaint}; the page says {self.read('.o_action_manager')[:300]!r}")
            time.sleep(0.05)
        self._browser.run("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")

    def open(self, record):
        """Have the form of ``record`` on the screen; a person comes there by a link or a bookmark."""
        action = json.dumps({"type": "ir.actions.act_window", "res_model": record._name, "res_id": record.id,
                             "views": [[False, "form"]]})  # fmt: skip
        self._browser.run(f"odoo.__WOWL_DEBUG__.root.env.services.action.doAction({action})")

    def into_list(self):
        """From the search box down to the first row of the list."""
        self.tab_to(".o_searchview_input", most=20)
        self.press("ArrowDown")
        self._await("document.activeElement.closest('.o_list_renderer')", "no row is reached")
        if self._browser.run("Boolean(document.activeElement.closest('thead'))"):
            self.press("ArrowDown")

    def tab_to(self, selector, most=60, key="Tab", modifiers=0):
        """Press Tab until an element of ``selector`` has the focus; it shows that it has it, and has a name."""
        passed = []
        for _step in range(most):
            focused = self._browser.run(FOCUSED % (json.dumps(selector), json.dumps(selector)))
            if focused["is"]:
                self._test.assertTrue(focused["seen"], f"{selector}: nobody sees where the focus is")
                self._test.assertTrue(focused["name"], f"{selector} has no name")
                return
            passed.append(focused["name"][:30])
            self.press(key, modifiers)
        self._test.fail(f"{selector} is not reached with {key}: {passed}")

    def activate(self, selector, key="Enter", **options):
        """Go to an element with Tab and press it."""
        self.tab_to(selector, **options)
        self.press(key)
