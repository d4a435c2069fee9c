"""Tables of documents kept in memory, with indexes and undo."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

Doc = dict[str, Any]
KeyOf = Callable[[Doc], Hashable | None]


class Table:
    """Documents of one kind, by id. A stored document is never changed in place: it is replaced with :meth:`put`."""

    def __init__(self, id_field: str, normal: Callable[[str], str] = str.lower, **indexes: KeyOf) -> None:
        self.id_field = id_field
        self._normal = normal
        self.rows: dict[str, Doc] = {}
        self.version = 0
        self._key_of = indexes
        self._index: dict[str, dict[Hashable, dict[str, None]]] = {name: {} for name in indexes}
        self._sorted: dict[str, tuple[int, list[Doc]]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self):
        return iter(self.rows.values())

    def get(self, key: str | None) -> Doc | None:
        """The document with this id, or None."""
        return self.rows.get(self._normal(key)) if isinstance(key, str) else None

    def find(self, index: str, key: Hashable) -> list[Doc]:
        """All documents whose index function gives ``key``, the least recently changed first."""
        return [self.rows[row_id] for row_id in self._index[index].get(key, ())]

    def first(self, index: str, key: Hashable) -> Doc | None:
        """One document under ``key``, or None."""
        for row_id in self._index[index].get(key, ()):
            return self.rows[row_id]
        return None

    def put(self, doc: Doc) -> Doc | None:
        """Insert or replace; returns what stood there before."""
        row_id = doc[self.id_field]
        old = self.rows.get(row_id)
        self._unindex(row_id, old)
        self.rows[row_id] = doc
        for name, key_of in self._key_of.items():
            key = key_of(doc)
            if key is not None:
                self._index[name].setdefault(key, {})[row_id] = None
        self.version += 1
        return old

    def remove(self, row_id: str) -> None:
        """Take a document out (undo of an insert, deleting an unused account)."""
        self._unindex(row_id, self.rows.pop(row_id))
        self.version += 1

    def sorted(self, name: str, key: Callable[[Doc], Any]) -> list[Doc]:
        """All documents in an order, kept until the table changes, so that paging does not sort again."""
        cached = self._sorted.get(name)
        if cached is None or cached[0] != self.version:
            cached = (self.version, sorted(self.rows.values(), key=key))
            self._sorted[name] = cached
        return cached[1]

    def _unindex(self, row_id: str, old: Doc | None) -> None:
        if old is None:
            return
        for name, key_of in self._key_of.items():
            key = key_of(old)
            if key is not None:
                bucket = self._index[name][key]
                del bucket[row_id]
                if not bucket:
                    del self._index[name][key]


class Journal:
    """What was changed since the call began, so that one element or the whole call can be undone."""

    def __init__(self) -> None:
        self._changes: list[tuple[Table, str, Doc | None]] = []
        self.events: list[tuple[str, str, str]] = []

    def put(self, table: Table, doc: Doc) -> Doc:
        """Store ``doc`` and remember what it replaced."""
        self._changes.append((table, doc[table.id_field], table.put(doc)))
        return doc

    def remove(self, table: Table, row_id: str) -> None:
        """Remove a row and remember it."""
        self._changes.append((table, row_id, table.get(row_id)))
        table.remove(row_id)

    def event(self, category: str, resource_id: str, kind: str) -> None:
        """Remember a webhook event; it leaves only when the call is kept."""
        self.events.append((category, resource_id, kind))

    def mark(self) -> tuple[int, int]:
        """A point to go back to."""
        return len(self._changes), len(self.events)

    def rollback(self, mark: tuple[int, int] = (0, 0)) -> None:
        """Undo everything after ``mark``."""
        while len(self._changes) > mark[0]:
            table, row_id, old = self._changes.pop()
            if old is None:
                table.remove(row_id)
            else:
                table.put(old)
        del self.events[mark[1]:]

    def commit(self) -> list[tuple[str, str, str]]:
        """Forget how to undo; returns the events of the call, each once, CREATE before UPDATE."""
        events, self.events, self._changes = self.events, [], []
        created = {event[:2] for event in events if event[2] == "CREATE"}
        kept = [event for event in events if event[2] == "CREATE" or event[:2] not in created]
        return list(dict.fromkeys(kept))


def newest_first(docs: Iterable[Doc]) -> list[Doc]:
    """By UpdatedDateUTC, newest first."""
    return sorted(docs, key=lambda doc: doc["UpdatedDateUTC"], reverse=True)
