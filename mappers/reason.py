"""Reasons: texts of ours that know what they say, so that people read them later in a language of their own."""

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from odoo import api, models
from odoo.tools import format_date, format_datetime, format_list
from odoo.tools.translate import LazyGettext, code_translations, get_translated_module

MODULE = "xero_connector"
ENGLISH = "en_US"
# Parts the English words from the code in what is stored. No text of ours has it.
MARK = "\x1f"
# A longer code is not stored: the English words are.
LONGEST = 10_000
# What our texts have places for; a width of a million is not among it.
PLACES = re.compile(r"%(?!(?:\(\w+\))?[sd]|%)")
UNREADABLE = (ValueError, TypeError, KeyError, LookupError, AttributeError, RecursionError)


class Reason(str):
    """A text in the language of whoever caused it, with the code that says it in every other.

    What cuts or joins it as a string gets a plain string, which is read as it stands: ``xero.reason`` joins them.

    :ivar code: as of ``json``: ``{"t": source text, "a": its arguments, "o": its addon where it is another one}``,
        ``{"j": separator, "p": parts}``, ``{"d": day}``, ``{"m": moment in UTC}``, ``{"n": [number, decimals]}``,
        ``{"l": [model, field, value]}`` of a selection, a list of such, or a plain value, which stands for itself
    """

    __slots__ = ("code",)

    def __new__(cls, words: str, code):
        text = super().__new__(cls, words)
        text.code = code
        return text

    def __reduce__(self):
        return Reason, (str(self), self.code)


def said(error: Exception):
    """Return the text that ``error`` was raised with: ``str`` of it would have lost the code."""
    text = error.args[0] if error.args else None
    return text if isinstance(text, Reason) else str(error)


def word(env, code, lang: str) -> str:
    """Return what ``code`` says in ``lang``.

    :raise TypeError: and other ``UNREADABLE``: it is no code
    """
    match code:
        case {"t": str(source)}:
            return _fill(source, _values(env, code.get("a"), lang), lang, str(code.get("o", MODULE)))
        case {"j": str(separator), "p": list(parts)}:
            return separator.join(str(_value(env, part, lang)) for part in parts)
        case {"d": str(day)}:
            return format_date(env, date.fromisoformat(day), lang_code=lang)
        case {"n": [str(number), int(places)]}:
            value = Decimal(number)
            digits = max(places, -value.as_tuple().exponent)
            return env["res.lang"].sudo()._lang_get(lang).format(f"%.{digits}f", float(value), grouping=True)
        case {"l": [str(model), str(name), value]}:
            selection = env[model]._fields[name]._description_selection(env(context={**env.context, "lang": lang}))
            return dict(selection)[value]
        case {"m": str(moment)}:
            return format_datetime(env, datetime.fromisoformat(moment), dt_format="short", lang_code=lang)
    raise TypeError("This is no code of a reason")


def _fill(source, values, lang, module):
    """A translation that does not take the values, or no longer exists, gives way to the source."""
    texts = [source]
    if lang != ENGLISH:
        texts.insert(0, code_translations.get_python_translations(module, lang).get(source, source))
    if not values or PLACES.search(source):
        return texts[0]
    for text in texts:
        try:
            return text % values
        except (TypeError, ValueError, KeyError):
            continue
    return source


def _values(env, values, lang):
    if isinstance(values, dict):
        return {name: _value(env, value, lang) for name, value in values.items()}
    return tuple(_value(env, value, lang) for value in values or ())


def _value(env, value, lang):
    if isinstance(value, dict):
        return word(env, value, lang)
    if isinstance(value, list):
        return format_list(env, [_value(env, each, lang) for each in value], lang_code=lang)
    return value


def _worded(env, code) -> Reason:
    return Reason(word(env, code, env.lang or ENGLISH), code)


def code_of(value):
    """Return ``value``, an argument of a text, as what is stored of it: of the types of ``json``."""
    match value:
        case Reason():
            return value.code
        case LazyGettext():
            return _code(value._source, value._args, value._module)
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case datetime():
            return {"m": value.isoformat()}
        case date():
            return {"d": value.isoformat()}
        case Iterable():
            return [code_of(each) for each in value]
    return str(value)


def _code(source, args, module):
    code = {"t": source} if module == MODULE else {"t": source, "o": module}
    if isinstance(args, dict):
        return {**code, "a": {name: code_of(value) for name, value in args.items()}}
    return {**code, "a": [code_of(value) for value in args]} if args else code


def changed(env, reason: Reason, change) -> Reason:
    """Return ``reason`` with what it quotes changed; its own text stays.

    :param change: called with each string among its arguments; returns another
    """
    return _worded(env, _changed(reason.code, change))


def _changed(code, change):
    match code:
        case str():
            return change(code)
        case list():
            return [_changed(each, change) for each in code]
        case {"t": _source, "a": values}:
            named = isinstance(values, dict)
            values = (
                {name: _changed(each, change) for name, each in values.items()} if named else _changed(values, change)
            )
            return {**code, "a": values}
        case {"p": parts}:
            return {**code, "p": _changed(parts, change)}
    return code


def in_language(env, text, lang: str) -> str:
    """Return what ``text``, a :class:`Reason` or another string, says in ``lang``; another one stays as it is."""
    try:
        return word(env, text.code, lang) if isinstance(text, Reason) else str(text)
    except UNREADABLE:
        return str(text)


def english(env, text) -> str:
    """Return what ``text``, a :class:`Reason` or another string, says in English; another one stays as it is."""
    return in_language(env, text, ENGLISH)


def pack(env, text) -> str | None:
    """Return ``text`` as it is stored: English, so that it can be searched and compared, and after it the code.

    Whatever is no :class:`Reason` comes back as it is: a word of a stranger that looks like a code is none.

    :param text: a :class:`Reason`, another string, or nothing
    """
    if text is None or text is False:
        return None
    if not isinstance(text, Reason):
        text = str(text)
        return _with_code(text, text) if MARK in text else text
    return _with_code(english(env, text), text.code)


def _with_code(words, code):
    code = json.dumps(code, ensure_ascii=False, separators=(",", ":"))
    words = words.replace(MARK, " ")
    return words + MARK + code if len(code) <= LONGEST else words


def unpack(env, stored: str | None) -> str | None:
    """Return what :func:`pack` stored, in the language of ``env``: a :class:`Reason`, or a string that never was one.

    What cannot be understood, since another version stored it or somebody edited it, is read in English.
    """
    if not stored or MARK not in stored:
        return stored
    words, _mark, code = stored.partition(MARK)
    try:
        code = json.loads(code)
        return code if isinstance(code, str) else _worded(env, code)
    except UNREADABLE:
        return words


def sources_with(env, words: str) -> list[str]:
    """Return the texts of ours, and of the addons that extend this one, whose translation into the language of ``env``
    has ``words`` in it, whatever their case.
    """
    if not env.lang or env.lang == ENGLISH:
        return []
    addons = {name for name in env.registry._init_modules if name.startswith(MODULE)}
    return [
        source
        for addon in sorted(addons)
        for source, text in code_translations.get_python_translations(addon, env.lang).items()
        if words.casefold() in text.casefold()
    ]


class XeroReason(models.AbstractModel):
    _name = "xero.reason"
    _description = "Xero Reasons"

    @api.model
    def _(self, source, /, *args, **kwargs) -> Reason:
        """Return a text as ``env._`` does, of the calling addon, in a form that can be stored for readers of any
        language.

        :param source: a text, or one of ``LazyTranslate``
        :param args: plain values, dates, moments in UTC, lists, and other reasons
        """
        if isinstance(source, LazyGettext):
            return _worded(self.env, code_of(source))
        addon = get_translated_module(2)
        try:
            return _worded(self.env, _code(source, args or kwargs, addon))
        except UNREADABLE:
            # Nobody's work ends because of what is said about it: a chain of reasons too deep, an odd argument.
            plain = {name: str(value) for name, value in kwargs.items()} or [str(value) for value in args]
            return _worded(self.env, _code(source, plain, addon))

    @api.model
    def _label(self, model: str, name: str, value) -> str:
        """Return what people call ``value`` of the selection field ``name`` of ``model``; empty for none.

        :return: a reason; ``value`` itself where it has no label
        """
        try:
            return _worded(self.env, {"l": [model, name, value]}) if value else ""
        except UNREADABLE:
            return str(value)

    @api.model
    def _day(self, day: date) -> Reason:
        """Return ``day`` as a reason: read as the reader's language writes days."""
        return _worded(self.env, code_of(day))

    @api.model
    def _amount(self, number: Decimal, places: int) -> Reason:
        """Return ``number`` as a reason: read as the reader's language writes numbers.

        :param places: decimals that are shown at least
        """
        return _worded(self.env, {"n": [str(number), places]})

    @api.model
    def _join(self, separator: str, texts) -> str:
        """Return ``texts`` in one, as ``separator.join`` does, as a reason where one of them is."""
        texts = list(texts)
        if not any(isinstance(text, Reason) for text in texts):
            return separator.join(texts)
        return Reason(separator.join(texts), {"j": separator, "p": [code_of(text) for text in texts]})
