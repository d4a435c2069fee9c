"""Marks on Xero's elements: which record of which Odoo database an element says it was made for. Pure.

A mark is a claim: whoever can write in Xero can write one. What it is worth is judged by
``models/connection/xero_identity``.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

# PostgreSQL's integers: no record has a larger id.
LARGEST_ID = 2**31 - 1
LONGEST_URL = 2000
_NUMBER = re.compile(r"odoo-([0-9a-f]{8})-([1-9][0-9]{0,9})(?:-([0-9a-f]{20}))?")
_END = re.compile(r"(?:^|\s)(odoo-[0-9a-f]{8}-[1-9][0-9]{0,9})\Z")
_DATABASE = re.compile(r"([0-9a-f]{8})(?:-([0-9a-f]{20}))?")
_ID = re.compile(r"[1-9][0-9]{0,9}")
PAGE = "/mail/view"


class Mark(NamedTuple):
    """What an element says of itself.

    :ivar database: the first eight digits of the database's uuid
    :ivar signature: of the server that wrote it; ``None`` on marks of versions before 19.0.1.1.0, and of payments
    """

    database: str
    res_id: int
    signature: str | None = None


def write_number(mark: Mark) -> str:
    """Return ``mark`` as a ``ContactNumber``: at most 45 of the 50 characters that Xero takes."""
    return "-".join(filter(None, ("odoo", mark.database, str(mark.res_id), mark.signature)))


def read_number(text) -> Mark | None:
    """Return the mark that ``text`` is, to the letter; ``None`` for everything else."""
    found = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    return _mark(*found.groups()) if found else None


def read_end(text) -> Mark | None:
    """Return the unsigned mark that ``text``, a reference, ends with."""
    found = _END.search(text.strip()) if isinstance(text, str) else None
    return read_number(found[1]) if found else None


def without_end(text) -> str:
    """Return ``text``, a reference, without the mark that it ends with."""
    return _END.sub("", str(text or "").strip()).strip()


def write_url(base: str, model: str, mark: Mark) -> str:
    """Return the address of a record in Odoo that bears ``mark``. Xero allows no "xero" in it."""
    told = "-".join(filter(None, (mark.database, mark.signature)))
    return f"{base.rstrip('/')}{PAGE}?{urlencode({'model': model, 'res_id': mark.res_id, 'mark': told})}"


def read_url(url, model: str) -> Mark | None:
    """Return the mark of a record of ``model`` that ``url`` bears, in the form of this or an earlier version.

    The host says nothing: it may have changed. An address that says a thing twice says nothing either.
    """
    if not isinstance(url, str) or len(url) > LONGEST_URL:
        return None
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return None
    said = dict(pairs)
    key = "xero_db" if "xero_db" in said else "mark"
    if not parts.path.endswith(PAGE) or len(pairs) != 3 or set(said) != {"model", "res_id", key}:
        return None
    database = _DATABASE.fullmatch(said[key])
    if said["model"] != model or not database or not _ID.fullmatch(said["res_id"]):
        return None
    return _mark(database[1], said["res_id"], database[2] if key == "mark" else None)


def unsigned(text):
    """Return ``text`` without the signature, if it is a mark: who signed is no content that two sides agree on."""
    mark = read_number(text)
    return write_number(mark._replace(signature=None)) if mark else text


def _mark(database, digits, signature) -> Mark | None:
    res_id = int(digits)
    return Mark(database, res_id, signature) if res_id <= LARGEST_ID else None
