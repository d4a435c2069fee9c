"""Conditions of rules that are columns: which records of Odoo a line has to do with, read once for a whole batch."""

from collections import defaultdict


class MatchKeys:
    """The lines of a batch by what conditions look at. Lines that look the same are judged once, and no number of rules
    makes a query more.

    :param records: lines of one kind of document, as superuser
    :param paths: ``{column: paths}``; the first of its paths that leads to records decides, and a record stands for its
        parents, too, where its model has them
    """

    def __init__(self, records, paths: dict[str, tuple[str, ...]]):
        self._records = records
        steps = {name: [path.split(".") for path in ways] for name, ways in paths.items()}
        self._lineages = {}
        alike = defaultdict(list)
        for record in records:
            alike[tuple((name, self._ids(record, ways)) for name, ways in steps.items())].append(record.id)
        self._alike = [(dict(keys), ids) for keys, ids in alike.items()]

    def matching(self, match: dict[str, frozenset]):
        """Return those of the lines that have one of the ids that ``match`` names, in each of its columns.

        A column that no addon knows any more holds for no line.
        """
        ids = []
        for keys, alike in self._alike:
            if not any(wanted.isdisjoint(keys.get(name, ())) for name, wanted in match.items()):
                ids += alike
        return self._records.browse(ids).with_prefetch(self._records._prefetch_ids)

    def _ids(self, record, ways) -> tuple[int, ...]:
        for names in ways:
            found = record
            for name in names:
                found = found[name]
            if found:
                return tuple(key for one in found for key in self._lineage(one))
        return ()

    def _lineage(self, record) -> tuple[int, ...]:
        known = record._name, record.id
        if known not in self._lineages:
            path = record.parent_path if record._parent_store else ""
            self._lineages[known] = tuple(int(key) for key in path.strip("/").split("/")) if path else (record.id,)
        return self._lineages[known]
