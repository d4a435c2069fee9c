"""`make run`: Odoo with the addon and a simulated Xero, for working by hand."""

import signal
import threading

from dev.machine import paths
from dev.machine.progress import say, step
from dev.machine.stack import Stack, one_stack


def run() -> int:
    """Serve until Ctrl-C; the database is thrown away at the end."""
    with one_stack((paths.ADDON,)) as stack:
        with step("Starting Odoo"):
            stack.start_server(dev_mode="xml")
        show(stack)
        wait_for_interrupt()
    return 0


def show(stack: Stack) -> None:
    """Print where a person goes from here."""
    app = stack.simulator.app()
    say(f"Odoo:            {stack.server.url}   login admin, password admin")
    say(f"Simulated Xero:  {stack.simulator.url}   client id {app['client_id']}, client secret {app['client_secret']}")
    say(f"Log:             {stack.server.log}")
    say("Ctrl-C stops everything and throws the database away.")


def wait_for_interrupt() -> None:
    """Return when the person presses Ctrl-C."""
    pressed = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: pressed.set())
    try:
        pressed.wait()
        say("Stopping.")
    finally:
        signal.signal(signal.SIGINT, before)
