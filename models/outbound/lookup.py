"""How Xero is asked for what has a number or a name."""

from ...mappers.text import fold


def literal(text: str) -> str:
    """Return ``text`` as a string of Xero's ``where`` language; what a user typed must not end the string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def plain(text) -> str:
    """Return ``text`` in the form in which Xero compares numbers and names: without case and accents."""
    return fold(text).strip().casefold()
