"""Conditions of rules that are columns: which records of Odoo a line has to do with, read once for a whole batch."""

from collections import defaultdict
from itertools import chain


class MatchKeys:
    """The lines of a batch by what conditions look at. Lines that look the same are judged once, and no number of rules
    makes a query more.

    :param records: lines of one kind of document, as superuser
    :param paths: ``{column: paths}``; the first of its paths that leads to records decides, and a record stands for its
        parents, too, where its model has them
    """

    def __init__(self, records, paths: dict[str, tuple[str, ...]]):
        self._records, self._known, self._lineages = records, {}, {}
        steps = [(name, [path.split(".") for path in ways]) for name, ways in paths.items()]
        alike = defaultdict(list)
        for record in records:
            alike[tuple((name, self._ids(record, ways)) for name, ways in steps)].append(record.id)
        self._alike = [(dict(keys), ids) for keys, ids in alike.items()]

    def matching(self, matches: dict) -> dict:
        """Return ``{key: lines}`` of those of ``matches`` that some lines match: they have one of the ids that it
        names, in each of its columns.

        A column that no addon knows any more holds for no line.

        :param matches: ``{key: {column: ids}}``, of any number of rules
        """
        looked_up = self._index(matches)
        found = defaultdict(list)
        for keys, ids in self._alike:
            for column, held in keys.items():
                for held_id in held:
                    for key in looked_up.get((column, held_id), ()):
                        if all(not wanted.isdisjoint(keys.get(name, ())) for name, wanted in matches[key].items()):
                            found[key].append(ids)
        prefetch = self._records._prefetch_ids
        return {
            # A line that has several of the ids was found by each.
            key: self._records.browse(dict.fromkeys(chain.from_iterable(groups))).with_prefetch(prefetch)
            for key, groups in found.items()
        }

    def _index(self, matches) -> dict:
        """Return the keys of ``matches`` by the column and ids of each that say most: few lines have to do with it."""
        index = defaultdict(list)
        for key, match in matches.items():
            column = min(match, key=lambda name: len(match[name]))
            for wanted in match[column]:
                index[column, wanted].append(key)
        return index

    def _ids(self, record, ways) -> tuple[int, ...]:
        for names in ways:
            first = record[names[0]]
            way = *names, *first._ids
            if way not in self._known:
                self._known[way] = self._ids_along(first, names[1:])
            if self._known[way]:
                return self._known[way]
        return ()

    def _ids_along(self, found, names) -> tuple[int, ...]:
        for name in names:
            found = found[name]
        return tuple(key for one in found for key in self._lineage(one))

    def _lineage(self, record) -> tuple[int, ...]:
        known = record._name, record.id
        if known not in self._lineages:
            path = record.parent_path if record._parent_store else ""
            self._lineages[known] = tuple(int(key) for key in path.strip("/").split("/")) if path else (record.id,)
        return self._lineages[known]
