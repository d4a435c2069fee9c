"""What a field rule reads from a record, and the form Xero takes it in. Reads the ORM, changes nothing."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytz

from odoo import models
from odoo.tools import html2plaintext

from ...xero_api.dates import to_date_string
from ..text import email, printable, shorten
from ..values import number, words

PLACEHOLDER = re.compile(r"\{\s*([A-Za-z0-9_.]+)\s*\}")
TRUE, FALSE = {"yes", "true", "1"}, {"no", "false", "0"}


@dataclass(frozen=True)
class Rule:
    """One field rule as plain values.

    :ivar document: ``contact`` or a move type; receipts count as invoices
    :ivar refunds: it is for the credit notes of ``document``, too
    :ivar level: ``document`` for the element itself, ``line`` for its lines
    :ivar target: Xero's name of the field, of ``kind``, at most ``limit`` characters (0: no limit)
    :ivar source: where the value comes from: ``field`` (``path``), ``constant``, ``text`` (with {paths}) or
        ``table`` (what ``path`` reads, looked up in ``table``; else ``constant``)
    :ivar table: values by key: the id of a record, or a text in small letters
    :ivar category: Xero's id of the tracking category
    :ivar days: added to dates
    :ivar domain: condition, as a list of Odoo domain terms
    :ivar author: the id of the user who answers for it: with whose rights it reads
    :ivar match: ids by the name of a condition column: the line must have one of each (:mod:`.match`)
    """

    id: int
    name: str
    document: str
    level: str
    target: str
    label: str
    kind: str
    limit: int = 0
    source: str = "field"
    path: str = ""
    constant: str = ""
    text: str = ""
    table: dict = field(default_factory=dict)
    category: str = ""
    days: int = 0
    domain: list = field(default_factory=list)
    only_empty: bool = False
    cut: bool = True
    author: int = 0
    refunds: bool = False
    match: dict = field(default_factory=dict)

    @property
    def documents(self) -> tuple[str, ...]:
        """Every kind of document that it is for."""
        return (self.document, self.document.replace("invoice", "refund")) if self.refunds else (self.document,)

    @property
    def field_name(self) -> str:
        """Xero's name of the field in the whole element."""
        return f"LineItems.{self.target}" if self.level == "line" else self.target

    @property
    def paths(self) -> list[str]:
        """Every field path the value is read from."""
        if self.source == "text":
            return PLACEHOLDER.findall(self.text)
        return [self.path] if self.source in ("field", "table") and self.path else []


def as_text(env, definition, value) -> str:
    """Return what :func:`read` gave as people read it; several values with commas between.

    :param definition: the ``odoo.fields.Field`` that the path ends in
    :param value: records of one model, or a list of values
    """
    if isinstance(value, models.BaseModel):
        return ", ".join(name for name in value.mapped("display_name") if name)
    return ", ".join(_one_text(env, definition, item) for item in value)


def _one_text(env, definition, value) -> str:
    if definition.type == "selection":
        return str(dict(definition._description_selection(env)).get(value, value))
    if definition.type == "html":
        return html2plaintext(value).strip()
    if definition.type == "monetary":
        return f"{value:.2f}"
    if isinstance(value, bool):
        return env._("Yes") if value else env._("No")
    if isinstance(value, float):
        return number(f"{value:.6f}")
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def as_day(value, zone: str) -> date | None:
    """Return the first date in what :func:`read` gave; a moment (UTC) becomes the day in time zone ``zone``.

    :param value: records of one model, or a list of values
    :param zone: a name such as ``Europe/Paris``
    :return: ``None`` for what is no date
    """
    first = next(iter(value), None)
    if isinstance(first, datetime):
        return pytz.utc.localize(first).astimezone(pytz.timezone(zone)).date()
    if isinstance(first, date):
        return first
    try:
        return date.fromisoformat(str(first or "").strip())
    except ValueError:
        return None


def looked_up(rule: Rule, env, definition, value) -> str:
    """Return the table's value for what :func:`read` gave; a record without one takes that of its nearest parent.

    :param definition: the ``odoo.fields.Field`` that the path ends in
    :param value: records of one model, or a list of values
    :return: ``rule.constant`` where the table says nothing
    """
    if not isinstance(value, models.BaseModel):
        keys = [key for item in value for key in (str(item), _one_text(env, definition, item))]
        return next((rule.table[key.lower()] for key in keys if key.lower() in rule.table), rule.constant)
    for found in value:
        for key in _lineage(found):
            if key in rule.table:
                return rule.table[key]
    return rule.constant


def _lineage(record) -> list[str]:
    if record._parent_store and record.parent_path:
        return record.parent_path.strip("/").split("/")[::-1]
    return [str(record.id)]


def plain_text(rule: Rule, text: str) -> tuple[str, bool]:
    """Return ``text`` as the target takes it, and whether it had to be cut; empty where nothing of it fits.

    :param text: as people read it, of any length
    """
    if rule.kind == "email":
        return email(text, rule.limit), False
    text = words(text) if rule.kind == "lines" else " ".join(text.split())
    if rule.kind == "plain":
        return printable(text, rule.limit), False
    return shorten(text, rule.limit) if rule.limit else text, bool(rule.limit) and len(text) > rule.limit


def flag_words(env) -> tuple[set, set]:
    """Return the words for yes and for no in small letters: English, and every language that is switched on."""
    true, false = set(TRUE), set(FALSE)
    for code, _name in env["res.lang"].get_installed():
        speaking = env(context={**env.context, "lang": code})
        true.add(speaking._("Yes").lower())
        false.add(speaking._("No").lower())
    return true, false


def as_flag(text: str, words: tuple[set, set]) -> bool | None:
    """Return what a yes or no says; ``None`` for anything else.

    :param words: as :func:`flag_words` gives them
    """
    lowered = text.strip().lower()
    return True if lowered in words[0] else False if lowered in words[1] else None


def day_string(day: date, days: int) -> str:
    """Return ``day`` plus ``days`` as Xero writes it.

    :return: ``YYYY-MM-DD``
    """
    return to_date_string(day + timedelta(days=days))
