"""What tests of quotes share."""

from pathlib import Path

from odoo import Command

PLUGIN = Path(__file__).resolve().parent.parent / "simulator_plugin" / "quotes.py"


def line(name, *numbers, taxes=None, **values):
    """Return the values of a line: its text, and quantity, price and discount as far as they are given."""
    numbers = dict(zip(("quantity", "price_unit", "discount"), numbers))
    return Command.create({"name": name, "tax_ids": [Command.set(taxes.ids if taxes else [])], **numbers, **values})


def text(name):
    """Return the values of a section or note."""
    return Command.create({"name": name, "is_text": True})
