"""Take secrets and personal data out of what is logged or stored for reading."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

_SECRET_KEYS = (
    "authorization|cookie|set-cookie|access_token|refresh_token|id_token|token|client_secret|secret|password|"
    "passwd|api_?key|webhook_?key|code_verifier|assertion|x-xero-signature"
)
_PERSONAL_KEYS = (
    "emailaddress|email|taxnumber|companynumber|bankaccountdetails|bankaccountnumber|accountdetails|iban|vat|"
    "phonenumber|phoneareacode|phonecountrycode|mobile|phone|skypeusername|"
    "addressline[1-4]|postalcode|attentionto|firstname|lastname"
)
_HIDDEN_KEY = re.compile(f"^(?:{_SECRET_KEYS}|{_PERSONAL_KEYS})$", re.IGNORECASE)

_JWT = re.compile(r"\beyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?")
_SCHEME = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
# key=value, "key": "value", 'key': 'value' in free text, form bodies and query strings
_PAIR = re.compile(
    rf"""((?:["']?\b(?:{_SECRET_KEYS}|taxnumber|bankaccount\w*|iban|emailaddress)["']?\s*[=:]\s*|[?&]code=))"""
    r"""("[^"]*"|'[^']*'|(?!(?:Bearer|Basic)\s)[^\s&,;"'}\]]+)""",
    re.IGNORECASE,
)
# Starts only where a word starts and has an end: each text is searched in linear time.
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,254}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
# Bank, tax and company numbers: nine digits or more, grouped by single blanks or dashes. A longer word
# around them (a GUID, a date with time, /Date(…)/) is not one.
_LONG_NUMBER = re.compile(r"(?<![\w.(:-])\d(?:[ -]?\d){8,33}(?![\w:.)-])")
_GUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


def _text(text: str) -> str:
    text = _PAIR.sub(rf"\g<1>{MASK}", text)
    text = _SCHEME.sub(rf"\1 {MASK}", text)
    text = _JWT.sub(MASK, text)
    text = _EMAIL.sub(MASK, text)
    text = _IBAN.sub(MASK, text)
    return _LONG_NUMBER.sub(MASK, text)


def _keep_guids(text: str) -> str:
    parts = []
    end = 0
    for match in _GUID.finditer(text):
        parts += [_text(text[end : match.start()]), match.group()]
        end = match.end()
    return "".join([*parts, _text(text[end:])])


def redact(value: Any) -> Any:
    """Return a copy of ``value`` without tokens, secrets, e-mail addresses and bank or tax numbers.

    In mappings the value of a telling key is masked whole, whatever it is; texts are searched. Numbers,
    dates, GUIDs and names of documents stay, so that a log still tells what happened. Never raises for
    odd types: they are turned to text first.
    """
    if isinstance(value, Mapping):
        return {key: _masked(key, item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [redact(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return redact(bytes(value).decode("utf-8", "replace"))
    if isinstance(value, str):
        return _keep_guids(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return _keep_guids(str(value))


def _masked(key: Any, value: Any) -> Any:
    if isinstance(key, str) and _HIDDEN_KEY.match(key) and value not in (None, "", [], {}):
        return MASK
    return redact(value)


class RedactingFilter(logging.Filter):
    """Logging filter that rewrites each record, its arguments and its traceback; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace message and traceback text by their redacted form."""
        try:
            record.msg = redact(record.getMessage())
        except (TypeError, ValueError, LookupError, AttributeError):
            # A wrong format string must not take the caller down, nor leak its arguments.
            record.msg = f"(unreadable log message) {redact(str(record.msg))}"
        record.args = ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        return True
