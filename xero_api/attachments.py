"""Names for attached files."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 100
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,10}")
_REFUSED = re.compile(r"[^A-Za-z0-9._-]+")


def attachment_name(filename: str) -> str:
    """Return an ASCII name of at most 100 characters that Xero takes, keeping the extension.

    Xero refuses ``< > : " / \\ | ? * +`` and control characters, and the name is part of the address, so
    anything outside ``A-Z a-z 0-9 . _ -`` becomes a dash; accents are dropped from their letters.
    """
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode("ascii")
    stem, dot, extension = plain.rpartition(".")
    if not dot or not _EXTENSION.fullmatch(extension):
        stem, extension = plain, ""
    stem = _REFUSED.sub("-", stem).strip("-.") or "attachment"
    return f"{stem[: _LONGEST - len(extension) - 1]}.{extension}" if extension else stem[:_LONGEST]
