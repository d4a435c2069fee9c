"""Texts as Xero takes them."""

import re
import unicodedata

from .reason import Reason

ELLIPSIS = "…"
# Longer ones bury what a sentence says. Neither of the two lengths touches what is sent or stored.
NAME_LENGTH = 80
QUOTE_LENGTH = 400
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
PRINTABLE = re.compile(r"[ -~]+")


def shorten(text: str, limit: int) -> str:
    """Return ``text``, cut with an ellipsis when longer than ``limit``."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def named(name) -> str:
    """Return a name or another text that somebody chose as sentences show it; empty without one."""
    return shorten(str(name or ""), NAME_LENGTH)


def quoted(sentence) -> str:
    """Return a sentence of Xero's or Odoo's own as ours show it: the names in it may be of any length.

    A :class:`Reason` stays one.
    """
    return sentence if isinstance(sentence, Reason) else shorten(str(sentence or ""), QUOTE_LENGTH)


def squeeze(text) -> str:
    """Return ``text`` without control characters, ``<``, ``>`` and leading, trailing or doubled spaces."""
    return " ".join(re.sub(r"[<>\x00-\x1f\x7f]", " ", text or "").split())


def fold(text) -> str:
    """Return ``text`` without accents, so that as much of it as possible is ASCII."""
    decomposed = unicodedata.normalize("NFKD", text or "")
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def printable(text, limit: int = 255) -> str:
    """Return ``text`` as printable ASCII of at most ``limit`` characters; empty when it cannot be told so."""
    folded = " ".join(fold(text).split())
    return folded if len(folded) <= limit and PRINTABLE.fullmatch(folded) else ""


def email(text, limit: int = 255) -> str:
    """Return the one plain address in ``text``; empty when Xero would refuse it (no umlauts, one address only)."""
    address = (text or "").strip()
    if "<" in address:
        address = address.partition("<")[2].partition(">")[0].strip()
    return address if len(address) <= limit and EMAIL.fullmatch(address) else ""
