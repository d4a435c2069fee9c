"""GET of lists: filters, order, If-Modified-Since, paging."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Response

from .. import dates
from ..errors import bad_query, problem
from ..store import Doc, Table
from .call import Call
from .envelope import answer
from .where import Field, compile_where

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000
HIGH_VOLUME_ROWS = 100_000


@dataclass
class Listing:
    """How one resource is listed.

    :param fields: what ``where`` may use. ``order`` may use ``orders`` (name -> field of the document).
    :param paged: whether page and pageSize mean anything; ``modified``: whether If-Modified-Since does.
    :param sized: whether pageSize does, and pages are counted; else they have a hundred, and nothing tells how many.
    :param render: (call, document, full) -> what is shown; ``full`` is False in an unpaged list.
    :param select: documents named by ids or numbers, in any order; None when the query names none.
    :param narrow: the resource's other parameters (Statuses, searchTerm …): (call, rows) -> rows.
    :param forces_paging: parameters that page the list even without ``page``.
    """

    plural: str
    table: Callable[[Call], Table]
    render: Callable[[Call, Doc, bool], Doc]
    fields: dict[str, Field] | Callable[[Call], dict[str, Field]]
    orders: dict[str, str] = field(default_factory=dict)
    select: Callable[[Call], list[Doc] | None] = lambda call: None
    narrow: Callable[[Call, list[Doc]], list[Doc]] = lambda call, rows: rows
    paged: bool = True
    sized: bool = True
    modified: bool = True
    forces_paging: tuple[str, ...] = ()

    def serve(self, call: Call) -> Response:
        """The list as the query asks for it."""
        rows = self._ordered(call)
        rows = self._since(call, self.narrow(call, rows))
        text = call.args.get("where")
        if text:
            predicate = compile_where(text, self.fields(call) if callable(self.fields) else self.fields)
            rows = [row for row in rows if predicate(row)]
        if len(rows) > call.org.settings.get("high_volume_rows", HIGH_VOLUME_ROWS):
            raise problem(51, "HighVolumeException", "The request matches too many documents")
        if not self._is_paged(call):
            return answer(call, self.plural, [self.render(call, row, not self.paged) for row in rows])
        page, size = page_of(call) if self.sized else (page_of(call)[0], DEFAULT_PAGE_SIZE)
        shown = rows[(page - 1) * size : page * size]
        if not self.sized:
            return answer(call, self.plural, [self.render(call, row, True) for row in shown])
        block = {"page": page, "pageSize": size, "pageCount": -(-len(rows) // size), "itemCount": len(rows)}
        return answer(call, self.plural, [self.render(call, row, True) for row in shown], block)

    def _is_paged(self, call: Call) -> bool:
        """``page`` or ``pageSize`` page the list, and so do Statuses and summaryOnly on some resources."""
        return self.paged and any(name in call.args for name in ("page", "pageSize", *self.forces_paging))

    def _ordered(self, call: Call) -> list[Doc]:
        """The chosen documents, or the whole table, in the order asked for; by UpdatedDateUTC and id otherwise."""
        table, chosen = self.table(call), self.select(call)
        text = call.args.get("order")
        column, descending = self._order(text) if text else ("UpdatedDateUTC", False)

        def key(row: Doc) -> tuple:
            return _key(row.get(column)), row[table.id_field]

        rows = table.sorted(column, key) if chosen is None else sorted(chosen, key=key)
        return rows[::-1] if descending else rows

    def _order(self, text: str) -> tuple[str, bool]:
        words = text.split()
        name = next((known for known in self.orders if known.lower() == words[0].lower()), None)
        direction = words[1].upper() if len(words) > 1 else "ASC"
        if name is None or len(words) > 2 or direction not in ("ASC", "DESC"):
            raise bad_query(f"Cannot order by {text}")
        return self.orders[name], direction == "DESC"

    def _since(self, call: Call, rows: list[Doc]) -> list[Doc]:
        since = modified_since(call) if self.modified else None
        if since is None:
            return rows
        if call.readings["modified_since_exclusive"]:
            return [row for row in rows if row["UpdatedDateUTC"].replace(microsecond=0) > since]
        return [row for row in rows if row["UpdatedDateUTC"].replace(microsecond=0) >= since]


def page_of(call: Call) -> tuple[int, int]:
    """(page, pageSize); sizes outside 1 to 1000 are clamped silently."""
    size = max(1, min(_whole(call.args.get("pageSize"), DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE))
    return max(1, _whole(call.args.get("page"), 1)), size


def modified_since(call: Call) -> datetime | None:
    """The header as naive UTC with whole seconds; one that cannot be read is refused."""
    text = call.request.headers.get("If-Modified-Since")
    if not text:
        return None
    try:
        return dates.parse_moment(text)
    except ValueError:
        raise bad_query(f"If-Modified-Since is no time: {text}") from None


def by_ids(table: Table, ids: Iterable[str]) -> list[Doc]:
    """Documents with these ids, each once."""
    return list({row[table.id_field]: row for row in map(table.get, ids) if row}.values())


def plain_fields(*names: str, ranges: tuple[str, ...] = (), or_allowed: bool = False) -> dict[str, Field]:
    """Fields read straight from the document."""
    return {name: Field(_getter(name), name in ranges, or_allowed) for name in names}


def _getter(name: str) -> Callable[[Doc], Any]:
    return lambda doc: doc.get(name)


def _key(value: Any) -> tuple:
    return (value is not None, value if value is not None else 0)


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default
