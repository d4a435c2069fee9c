"""The ``where`` language: the part of it that Xero calls optimised. Everything else is a QueryParseException.

Grammar: comparisons joined by AND / && and OR / ||, parentheses; ``==`` or ``=``, ``<``, ``<=``, ``>``, ``>=``;
values are "text" (with backslash escapes), Guid("…"), DateTime(y,m,d), numbers, true, false, null.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..errors import bad_query

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<guid>Guid\(\s*"(?P<guid_value>[^"]*)"\s*\))
    | (?P<date>DateTime\(\s*(?P<date_value>[\d\s,]+)\))
    | (?P<text>"(?P<text_value>(?:[^"\\]|\\.)*)")
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<op>==|>=|<=|!=|=|<|>)
    | (?P<and>&&|\bAND\b)
    | (?P<or>\|\||\bOR\b)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<name>[A-Za-z_][A-Za-z_0-9.]*)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
Getter = Callable[[dict], Any]


@dataclass(frozen=True)
class Field:
    """A field that may stand in ``where``: how to read it, and whether ranges are allowed."""

    get: Getter
    ranges: bool = False
    or_allowed: bool = False


def compile_where(text: str, fields: dict[str, Field]) -> Callable[[dict], bool]:
    """A predicate over documents. Raises the 400 of QueryParseException."""
    parser = _Parser(_tokens(text), fields)
    predicate = parser.either()
    parser.finish()
    return predicate


def comparable(value: Any) -> Any:
    """Text compares without case and accents, moments by day where a date is asked for."""
    if isinstance(value, str):
        plain = unicodedata.normalize("NFKD", value)
        return "".join(char for char in plain if not unicodedata.combining(char)).casefold()
    return value


def _tokens(text: str) -> list[tuple[str, Any]]:
    tokens, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if not match:
            raise bad_query(f"Syntax error at position {position}")
        tokens.append(_token(match))
        position = match.end()
    return tokens


def _token(match: re.Match) -> tuple[str, Any]:
    kind = match.lastgroup  # the outermost group that matched
    if kind == "guid":
        return "value", match.group("guid_value").lower()
    if kind == "date":
        return "value", _date(match.group("date_value"))
    if kind == "text":
        return "value", re.sub(r"\\(.)", r"\1", match.group("text_value"))
    if kind == "number":
        return "value", Decimal(match.group("number"))
    word = match.group(kind)
    if kind == "name" and word.lower() in ("true", "false", "null"):
        return "value", {"true": True, "false": False, "null": None}[word.lower()]
    return kind, word


def _date(text: str) -> date:
    try:
        return datetime(*[int(part) for part in text.split(",")]).date()
    except (ValueError, TypeError):
        raise bad_query(f"DateTime({text}) is no date") from None


class _Parser:
    def __init__(self, tokens: list[tuple[str, Any]], fields: dict[str, Field]) -> None:
        self._tokens = tokens
        self._fields = {name.lower(): field for name, field in fields.items()}
        self._at = 0

    def finish(self) -> None:
        if self._at < len(self._tokens):
            raise bad_query(f"Unexpected {self._tokens[self._at][1]!r}")

    def either(self) -> Callable[[dict], bool]:
        start, terms = self._at, [self._all()]
        while self._take("or"):
            terms.append(self._all())
        if len(terms) == 1:
            return terms[0]
        self._check_or(start)
        return lambda doc: any(term(doc) for term in terms)

    def _check_or(self, start: int) -> None:
        """OR is for ids only."""
        for kind, word in self._tokens[start : self._at]:
            if kind == "name" and not self._field(word).or_allowed:
                raise bad_query(f"OR cannot be used with {word}")

    def _all(self) -> Callable[[dict], bool]:
        terms = [self._term()]
        while self._take("and"):
            terms.append(self._term())
        if len(terms) == 1:
            return terms[0]
        return lambda doc: all(term(doc) for term in terms)

    def _term(self) -> Callable[[dict], bool]:
        if self._take("open"):
            inner = self.either()
            self._need("close")
            return inner
        name = self._need("name")
        operator = self._need("op")
        value = self._need("value")
        return self._comparison(name, operator, value)

    def _comparison(self, name: str, operator: str, value: Any) -> Callable[[dict], bool]:
        field = self._field(name)
        operator = "==" if operator == "=" else operator
        if operator not in _COMPARE or (operator != "==" and not field.ranges):
            raise bad_query(f"Operator {operator} cannot be used with {name}")
        compare, wanted, get = _COMPARE[operator], comparable(value), field.get

        def predicate(doc: dict) -> bool:
            actual = get(doc)
            if isinstance(actual, datetime) and isinstance(wanted, date):
                actual = actual.date()
            if actual is None or wanted is None:
                return operator == "==" and actual is wanted
            try:
                return compare(comparable(actual), wanted)
            except TypeError:
                return False

        return predicate

    def _field(self, name: str) -> Field:
        field = self._fields.get(name.lower())
        if field is None:
            raise bad_query(f"No property or field '{name}' can be used here")
        return field

    def _take(self, kind: str) -> Any:
        if self._at < len(self._tokens) and self._tokens[self._at][0] == kind:
            self._at += 1
            return self._tokens[self._at - 1][1] or True
        return None

    def _need(self, kind: str) -> Any:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != kind:
            found = self._tokens[self._at][1] if self._at < len(self._tokens) else "the end"
            raise bad_query(f"Expected {kind}, found {found!r}")
        self._at += 1
        return self._tokens[self._at - 1][1]
