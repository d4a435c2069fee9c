"""Mappings as a spreadsheet: exported and imported by Odoo's own services, in the codes and names that people write."""

import json
from collections import defaultdict, namedtuple
from urllib.parse import urlencode

from odoo import api, models
from odoo.exceptions import UserError

from ...mappers.text import named
from ..link.access import ACCOUNTANT, cell_text, check_line, check_role

CONFIRMED = "confirmed"
# What one connection's lines can name: ``rows`` by the key of their Odoo side, and both sides by their names.
Lookup = namedtuple("Lookup", "connection rows sources targets")


class Names:
    """What things are called in a spreadsheet. Kinds of names that tell things apart best come first."""

    def __init__(self, *kinds):
        """:param kinds: for each kind of name, pairs ``(text, thing)``; things are ids or tuples of ids"""
        self._kinds = []
        for pairs in kinds:
            found = defaultdict(set)
            for text, thing in pairs:
                if text:
                    found[self._plain(text)].add(thing)
            self._kinds.append(found)

    @staticmethod
    def _plain(text) -> str:
        return " ".join(str(text).split()).casefold()

    def find(self, text) -> set:
        """Return what ``text`` may mean: one thing when it is clear, none when it is unknown."""
        hits = [found[key] for found in self._kinds if (key := self._plain(text)) in found]
        return next((hit for hit in hits if len(hit) == 1), hits[0] if hits else set())

    def find_all(self, text) -> set:
        """Return everything that any kind of name calls ``text``."""
        return set().union(*(found.get(self._plain(text), ()) for found in self._kinds))


class XeroMappingMixin(models.AbstractModel):
    _inherit = "xero.mapping.mixin"

    # The column that says which row is meant. The column ``_target`` says what it is on the other side.
    _sheet_key = None
    # More columns: those that help to find the row, and those that can be changed.
    _sheet_more = ()
    # Columns that show another field: sets of records would take several lines.
    _sheet_shown = {}

    # === HOOKS === #

    def _sheet_sources(self, connection) -> Names:
        """Return what the column ``_sheet_key`` can name.

        :return: ``Names`` of keys, as :meth:`_sheet_source` takes them for rows
        """
        raise NotImplementedError

    def _sheet_targets(self, connection) -> Names:
        """Return what the column ``_target`` can name.

        :return: ``Names`` of ids of the model that ``_target`` names
        """
        raise NotImplementedError

    def _sheet_places(self, connection) -> tuple[str, str]:
        """Return where the key column and the target column are looked up, for sentences.

        :return: two names, translated
        """
        return self.env._("Odoo"), connection.name

    def _sheet_row_key(self):
        """Return what tells this row from others of its connection; a key as ``_sheet_source`` returns."""
        return self[self._sheet_key].id

    def _sheet_source(self, book, cells) -> tuple:
        """Return the key of the row a line is about, and the values that a new row of it needs.

        :param book: the ``Lookup`` of the connection
        :param cells: texts by column
        :raise UserError: what the line names is not known, or is several things
        """
        found = self._sheet_find(book.sources, cells[self._sheet_key], self._sheet_places(book.connection)[0])
        return found, {self._sheet_key: found}

    def _sheet_more_values(self, row, cells) -> dict:
        """Return the values of further columns that differ from the row's.

        :param row: empty for a line that makes a new one
        :param cells: texts by column
        :raise UserError: a cell makes no sense
        """
        return {}

    # === EXPORT === #

    @api.model
    def _sheet_columns(self) -> list[str]:
        """Return the names of the fields that a spreadsheet of this kind has, in their order."""
        return ["connection_id", self._sheet_key, *self._sheet_more, self._target, "state", "confidence", "reason"]

    @api.model
    def _sheet_address(self, connections, kind="xlsx") -> str:
        """Return the address that downloads the rows of ``connections`` as ``xlsx`` or ``csv``.

        :param connections: ``xero.connection``
        :param kind: ``xlsx`` or ``csv``
        :return: an address without the host
        """
        described = self.fields_get(self._sheet_columns(), ["string", "type"])
        order = {
            "model": self._name,
            "fields": [
                {
                    "name": self._sheet_shown.get(name, name),
                    "label": described[name]["string"],
                    "type": described[name]["type"],
                }
                for name in self._sheet_columns()
            ],
            "ids": False,
            "domain": [("connection_id", "in", connections.ids)],
            "import_compat": False,
        }
        return f"/web/export/{kind}?{urlencode({'data': json.dumps(order)})}"

    @api.model
    def get_import_templates(self):
        """Offer the present mappings in the import screen: a file to edit and to import back."""
        if not self._sheet_key:
            return super().get_import_templates()
        connections = self.env["xero.connection"].search([("company_id", "in", self.env.companies.ids)])
        return [
            {
                "label": self.env._("Download the present mappings (%s)", kind.upper()),
                "template": self._sheet_address(connections, kind),
            }
            for kind in ("xlsx", "csv")
        ]

    # === IMPORT === #

    @api.model
    def load(self, fields, data):
        """Extend: lines are understood by codes and names, within the organisation that they are about.

        Only what a line changes is written. One wrong line stops all, with a sentence that says what to do.
        """
        if self._sheet_key not in fields or self._target not in fields:
            return super().load(fields, data)
        self.check_access("write")
        check_role(self.env, ACCOUNTANT, self.env._("Only Xero accountants decide mappings."))
        wanted, messages = self._sheet_understand(fields, data)
        ids = not messages and [self._sheet_apply(row, values).id for row, values in wanted]
        # A test run rolls back to before this: nothing may be left to write after that.
        self.env.flush_all()
        return {"ids": ids, "messages": messages, "nextrow": 0}

    def _sheet_cells(self, fields, line) -> dict:
        """Return the texts of a line by column."""
        check_line(self.env, fields, line)
        return {name: cell_text(cell) for name, cell in zip(fields, line, strict=False)}

    def _sheet_understand(self, fields, lines) -> tuple[list, list]:
        """Return pairs ``(row, values)``, where a new row is empty, and messages about lines that make no sense."""
        wanted, messages, books, seen = [], [], {}, {}
        for number, line in enumerate(lines):
            try:
                cells = self._sheet_cells(fields, line)
                known = self._sheet_known(cells)
                connection = known.connection_id or self._sheet_connection(cells)
                if connection not in books:
                    books[connection] = self._sheet_book(connection)
                place, row, values = self._sheet_line(books[connection], known, cells)
                if place in seen:
                    raise UserError(
                        self.env._("“%s” is in the file twice: keep one of the lines.", named(cells[self._sheet_key]))
                    )
                seen[place] = number
                wanted.append((row, values))
            except UserError as error:
                messages.append(self._sheet_message(number, str(error)))
        return wanted, messages

    def _sheet_message(self, number, text) -> dict:
        rows = {"from": number, "to": number}
        return {"type": "error", "message": text, "record": number, "rows": rows, "field": self._target}

    def _sheet_connection(self, cells):
        """Return the connection a line is about: the one it names, else that of the company one works in."""
        text = (cells.get("connection_id") or "").strip()
        own = self.env["xero.connection"].search([("company_id", "in", self.env.companies.ids)])
        if text:
            found = own.filtered(lambda one: one.name == text)
        else:
            asked = self.env.context.get("default_connection_id")
            found = own.filtered(lambda one: one.id == asked if asked else one.company_id == self.env.company)
        if len(found) == 1:
            return found
        if text:
            raise UserError(
                self.env._("“%s” is no Xero organisation of a company that you have switched on.", named(text))
            )
        raise UserError(self.env._("%s has no Xero connection of its own.", named(self.env.company.name)))

    def _sheet_known(self, cells):
        """Return the row that a line names by its external id, as Odoo's own export does; empty without one."""
        # What has no point is no external id, and Odoo would not take it for one.
        found = "." in cells.get("id", "") and self.env.ref(cells["id"], raise_if_not_found=False)
        if not found:
            return self.browse()
        if found._name != self._name or not found.has_access("write"):
            raise UserError(self.env._("The external id “%s” is of something else.", named(cells["id"])))
        return found

    def _sheet_book(self, connection) -> Lookup:
        rows = self.search([("connection_id", "=", connection.id)])
        return Lookup(
            connection,
            {row._sheet_row_key(): row for row in rows},
            self._sheet_sources(connection),
            self._sheet_targets(connection),
        )

    def _sheet_line(self, book, known, cells) -> tuple:
        """Return ``(place, row, values)``: what the line is about, once a file; its row; and what changes in it."""
        key, source = (known._sheet_row_key(), {}) if known else self._sheet_source(book, cells)
        row = book.rows.get(key, self.browse())
        values = {**self._sheet_target_values(book, row, cells), **self._sheet_more_values(row, cells)}
        new = {} if row else {"connection_id": book.connection.id, **source}
        return (book.connection.id, key), row, {**new, **values}

    def _sheet_target_values(self, book, row, cells) -> dict:
        text, present = (cells.get(self._target) or "").strip(), row[self._target]
        if not text:
            return {self._target: False} if present else {}
        if present and text == present.display_name:
            return self._sheet_state_values(row, cells)
        found = self._sheet_find(book.targets, text, self._sheet_places(book.connection)[1])
        return self._sheet_state_values(row, cells) if present.id == found else {self._target: found}

    def _sheet_state_values(self, row, cells) -> dict:
        """A suggestion is confirmed by the word in its state. A file without states holds a person's decisions."""
        if row.state != "suggested":
            return {}
        if "state" not in cells:
            return {"state": CONFIRMED}
        words = dict(self._fields["state"]._description_selection(self.env))
        written = (cells.get("state") or "").strip()
        return {"state": CONFIRMED} if written in (CONFIRMED, words[CONFIRMED]) else {}

    def _sheet_find(self, names, text, where):
        found = names.find(text or "")
        if len(found) > 1:
            raise UserError(
                self.env._(
                    "“%(text)s” means several things in %(where)s: write the code.",
                    text=named(text),
                    where=named(where),
                )
            )
        if not found:
            raise UserError(
                self.env._(
                    "“%(text)s” is not known in %(where)s, or cannot be used here: write a code or name as it stands "
                    "there. What is new in Xero has to be read first.",
                    text=named(text),
                    where=named(where),
                )
            )
        return next(iter(found))

    def _sheet_apply(self, row, values):
        if not row:
            return self.create(values)
        if values.get("state") == CONFIRMED:
            row.action_confirm()
        changes = {name: value for name, value in values.items() if name != "state"}
        if changes:
            row.write(changes)
        return row
