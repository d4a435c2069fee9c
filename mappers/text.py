"""Texts as Xero takes them."""

import re
import unicodedata

from .reason import Reason

ELLIPSIS = "…"
# Longer ones bury what a sentence says. Neither of the two lengths touches what is sent or stored.
NAME_LENGTH = 80
QUOTE_LENGTH = 400
_LOCAL, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
EMAIL = re.compile(rf"{_LOCAL}(?:\.{_LOCAL})*@{_LABEL}(?:\.{_LABEL})+")
BETWEEN_EMAILS = re.compile(r"[,;|\r\n]+|\s/\s")
# A slash may be in what stands before the @ of an address, and not behind it.
SLASH_BEHIND = re.compile(r"(@[^\s@/,;|<>]+)/(?=[^\s@]+@)")
BESIDE_EMAIL = re.compile(r"\([^()@]*\)|^[^@:]*:\s+")
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


def emails(text, limit: int = 255) -> list[str]:
    """Return the plain addresses in ``text``, in its order, that Xero takes; a domain in other letters as it travels.

    People separate several by commas, semicolons, lines or blanks, with or without names around them.
    """
    found = []
    for part in BETWEEN_EMAILS.split(SLASH_BEHIND.sub(r"\1,", str(text or ""))):
        part = BESIDE_EMAIL.sub("", part.strip())
        words = [part.partition("<")[2].partition(">")[0]] if "<" in part else part.split()
        # Of words some of which are no address it cannot be told where one begins.
        for word in words if all("@" in word for word in words) else ():
            address = _sendable(word.strip().lstrip("('\"").rstrip(")'\".").removeprefix("mailto:"), limit)
            if address and address not in found:
                found.append(address)
    return found


def _sendable(address: str, limit: int) -> str:
    local, _at, domain = address.rpartition("@")
    try:
        address = f"{local}@{domain if domain.isascii() else domain.encode('idna').decode()}"
    except UnicodeError:
        return ""
    return address if len(address) <= limit and EMAIL.fullmatch(address) else ""


def email(text, limit: int = 255) -> str:
    """Return the first address in ``text`` that Xero takes; empty without one (no umlauts before the @)."""
    return next(iter(emails(text, limit)), "")
