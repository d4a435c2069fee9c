"""Odd calls, odd values and odd spreadsheets on the whole surface of ``access_table``: people and programs read a
sentence about what they did, never a traceback about what we did.
"""

import inspect
import io
import json
import traceback
from datetime import date, datetime
from functools import partial

import openpyxl
import psycopg2

from odoo import models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from odoo.tools.json import json_default

from .common import access_table as table
from .test_access_table import TableCase

# What Odoo shows as a sentence; it makes one of what breaks a constraint of the database, too.
SENTENCES = (UserError, RedirectWarning, psycopg2.IntegrityError)
# What Odoo answers in every model, and no addon can say for it.
OF_ODOO = {
    "Invalid field": "a field that is not there: screens offer no other",
    "sequence item 0: expected str instance, datetime.date found": "an import of several columns to one field",
}
HUGE = 2**63
ARGUMENTS = (None, "", "x", 0, -1, 1.5, 2**31, HUGE, 10**30, True, "\x00", "\ud800", [], {}, [[[]]], [1], {"id": "x"})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOBODY = 2**31 - 1
TEXTS = ("", "x", "\x00", "\ud800", "x" * 2**20, 7, [], {}, "${1}", "%s %(x)s {0}")
NUMBERS = (-1, 0, 2**31 - 1, -(2**31), 2**31, HUGE, 10**30, "x", "", None, [], {}, float("nan"), float("inf"), 1.5)
COMMANDS = (
    *("x", 7, {}, [[]], [None], ["x"], [NOBODY], [HUGE], [True], [(0, 0)], [(0, 0, None)], [(0, 0, {})]),
    *([(1, NOBODY, {})], [(1, "x", {"id": 1})], [(1, None, {})], [(2, NOBODY)], [(3, "x", 0)], [(4,)]),
    *([(4, NOBODY)], [(4, HUGE, 0)], [(5,)], [(6, 0)], [(6, 0, None)], [(6, 0, "x")], [(6, 0, ["x"])]),
    *([(6, 0, [NOBODY])], [(9, 0, 0)], [("0", 0, {})], [(None, None, None)], [{"id": "x"}], [{"id": []}]),
)
VALUES = {
    "char": TEXTS,
    "text": TEXTS,
    "html": TEXTS,
    "integer": NUMBERS,
    "float": NUMBERS,
    "monetary": NUMBERS,
    "boolean": ("x", "", 7, [], {}, None),
    "selection": ("no_such_key", "", "\x00", "\ud800", 7, [], {}, True),
    "date": (date.min, date.max, "0001-01-01", "9999-12-31", "x", "2026-02-30", "\x00", 7, HUGE, [], {}),
    "many2one": (-1, 0, NOBODY, HUGE, "x", "", "\x00", [], {}, [[]], (1, "x"), {"id": "x"}, {"id": 1}, 1.5, True),
    "one2many": COMMANDS,
    "many2many": COMMANDS,
    "many2one_reference": NUMBERS,
}


def where(error) -> str:
    """Return the last calls that led to ``error``, and those of ours."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/" not in frame.filename]
    frames = [frame for frame in frames[:-3] if "/xero_connector/" in frame.filename][-3:] + frames[-3:]
    return " < ".join(f"{frame.filename.split('/')[-1]}:{frame.lineno} {frame.name}" for frame in reversed(frames))


class OddCase(TableCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Without this feature nobody reads a whole connection, and the values below would be read by nobody.
        cls.env.ref("base.group_user").implied_ids += cls.env.ref("analytic.group_analytic_accounting")
        for company in (cls.company_a, cls.company_b):
            journal = cls.record("account.journal", company)
            journal.inbound_payment_method_line_ids.payment_account_id = cls.record("account.account", company).copy(
                {"account_type": "asset_current", "code": f"5{company.id:05}"}
            )
            payment = {"amount": 1, "journal_id": journal.id, "partner_id": cls.id_of("res.partner", company)}
            cls.made["account.payment", company.id] = cls.env["account.payment"].create(payment)
            cls.made["res.config.settings", company.id] = cls.env["res.config.settings"].create({})

    def setUp(self):
        super().setUp()
        self.enterContext(self.enter_registry_test_mode())
        self.failures, self.asked = {}, 0

    def as_person(self, name, role, *companies, of=None):
        """Extend: dialogs are their author's alone."""
        record = super().as_person(name, role, *companies, of=of)
        if record and record._transient:
            of_model, author = SQL.identifier(record._table), record.env.uid
            self.env.cr.execute(SQL("UPDATE %s SET create_uid = %s WHERE id = %s", of_model, author, record.id))
            record.invalidate_recordset(["create_uid"])
        return record

    def attempt(self, what, call):
        """Return the result of ``call``, of which nothing stays but what it raised, if that is no sentence."""
        self.asked += 1
        result = None
        with self.env.cr.savepoint() as savepoint:
            try:
                result = call()
                self.env.flush_all()
            except SENTENCES:
                pass
            except Exception as error:  # noqa: BLE001 -- whatever else is what is looked for
                if not any(text in str(error) for text in OF_ODOO):
                    place = f"{type(error).__name__}: {str(error)[:150]!r} {where(error)}"
                    self.failures.setdefault(place, []).append(what)
            savepoint.rollback()
        return result

    def assert_all_in_words(self, least):
        shown = [
            f"{error}\n    {len(asked)}: {'; '.join(asked[:4])}"[:1500]
            for error, asked in sorted(self.failures.items(), key=lambda one: -len(one[1]))
        ]
        self.assertFalse(shown, f"{len(shown)} kinds of tracebacks:\n" + "\n".join(shown))
        self.assertGreater(self.asked, least)


@tagged("post_install", "-at_install")
class TestOddCalls(OddCase):
    def odd_records(self, name, role):
        """Yield ``(words, records)`` that no screen would call a method on; screens save what is new before they do."""
        both = (self.company_a, self.company_b)
        one, other = (self.as_person(name, role, *both, of=company) for company in both)
        yield "nothing", one.browse()
        yield "two", one | other
        yield "one that is gone", one.browse(NOBODY)
        yield "one that never was", one.browse(HUGE)
        yield "one and one that is gone", one | one.browse(NOBODY)

    @mute_logger("odoo.sql_db")
    def test_records(self):
        for name, method, who, _record in self.surface():
            for words, records in self.odd_records(name, {"user": "accountant"}.get(who, who)):
                result = self.attempt(f"{name}.{method} of {words}", self.method_of(name, method, records))
                if not isinstance(result, models.BaseModel):
                    answer = partial(json.dumps, result, default=json_default)
                    self.attempt(f"the answer of {name}.{method} of {words}", answer)
        self.assert_all_in_words(800)

    @mute_logger("odoo.sql_db")
    def test_arguments(self):
        for name, method, who, _record in self.surface():
            asked = self.as_person(name, who)
            call = self.method_of(name, method, asked)
            for parameter in inspect.signature(call).parameters:
                for value in ARGUMENTS:
                    self.attempt(f"{name}.{method}({parameter}={value!r})", partial(call, **{parameter: value}))
        self.assert_all_in_words(30)

    CONTEXT = "kind actions first verdict xero_match_line default_connection_id xero_no_sync"

    @mute_logger("odoo.sql_db")
    def test_context(self):
        for name, method, who, _record in self.surface():
            for value in ("x", 7, [[1]], {}):
                context = dict.fromkeys(self.CONTEXT.split(), value)
                asked = self.as_person(name, who).with_context(**context)
                call = self.method_of(name, method, asked)
                self.attempt(f"{name}.{method} in a context of {value!r}", call)
        self.assert_all_in_words(500)


@tagged("post_install", "-at_install")
class TestOddValues(OddCase):
    def written(self):
        """Yield ``(record as who may write it, field)``."""
        for name, names in table.WRITES.items():
            if name.startswith("xero."):
                record = self.as_person(name, table.CHANGES[name][0])
                for field in names.split():
                    yield record, record._fields[field]

    def usual(self, record):
        """Return what the person writes for another record like this one."""
        names = table.WRITES[record._name].split()
        return {name: value for name, value in record.sudo().copy_data()[0].items() if name in names}

    def write(self, record, field, value):
        """Write ``value``, and have everything computed that shows it."""
        record.write({field.name: value})
        record.env.flush_all()
        record.env.invalidate_all()
        record.read()

    @mute_logger("odoo.sql_db")
    def test_write(self):
        for record, field in self.written():
            # Who may not read it all sees nothing break.
            record.read()
            for value in VALUES[field.type]:
                write = partial(self.write, record, field, value)
                self.attempt(f"{record._name}.write({field.name}={value!r:.60})", write)
        self.assert_all_in_words(800)

    @mute_logger("odoo.sql_db")
    def test_work_with_what_was_written(self):
        """What a field accepted breaks nothing that works with it later."""
        for record, field in self.written():
            if field.relational or field.type in ("boolean", "selection"):
                continue
            for value in VALUES[field.type]:
                with self.env.cr.savepoint() as savepoint:
                    try:
                        record.write({field.name: value})
                        record.env.flush_all()
                    except SENTENCES:
                        pass
                    else:
                        for method in self.methods(record._name):
                            what = f"{record._name}.{method} with {field.name}={value!r:.60}"
                            self.attempt(what, getattr(record, method))
                    savepoint.rollback()
        self.assert_all_in_words(400)

    @mute_logger("odoo.sql_db")
    def test_create(self):
        for record, field in self.written():
            # Commands are judged by what judges them in ``write``.
            if "c" not in table.CHANGES[record._name][1] or field.type in ("one2many", "many2many"):
                continue
            usual = self.usual(record)
            for value in VALUES[field.type]:
                create = partial(record.create, {**usual, field.name: value})
                self.attempt(f"{record._name}.create({field.name}={value!r:.60})", create)
        self.assert_all_in_words(600)

    @mute_logger("odoo.sql_db")
    def test_screens(self):
        for record, field in self.written():
            usual = self.usual(record)
            spec = {name: {} for name in record._fields}
            for value in VALUES[field.type]:
                change = partial(record.browse().onchange, {**usual, field.name: value}, [field.name], spec)
                self.attempt(f"{record._name}.onchange({field.name}={value!r:.60})", change)
                begin = record.with_context(**{f"default_{field.name}": value}).default_get
                self.attempt(f"{record._name}.default_get({field.name}={value!r:.60})", partial(begin, [field.name]))
        self.assert_all_in_words(800)


@tagged("post_install", "-at_install")
class TestOddSheets(OddCase):
    """What people take for a spreadsheet of mappings or rules, through Odoo's own import."""

    SHEETS = {
        "xero.mapping.account": ["connection_id", "account_id", "xero_account_id", "state"],
        "xero.mapping.tax": ["connection_id", "tax_ids", "type_tax_use", "xero_tax_rate_id", "state"],
        "xero.mapping.journal": ["connection_id", "xero_account_id", "journal_id", "direction", "state"],
        "xero.mapping.tracking": ["connection_id", "account_id", "xero_option_id", "state"],
        "xero.field.rule": ["name", "connection_id", "document", "target_id", "source", "days", "value_ids/key_text"],
    }
    CELLS = ("", None, True, 7, 4.5, {}, [[1]], b"x", "\x00", "\ud800", "x" * 2**20, "=1+1", date(2026, 1, 2),
             datetime(9999, 12, 31), "xero_connector.target_invoice_reference", ".")  # fmt: skip

    def sheets(self):
        """Yield ``(model as an administrator, columns, a line as it should be)``."""
        for name, columns in self.SHEETS.items():
            record = self.as_person(name, "manager")
            line = [record[column.split("/")[0]] for column in columns]
            line = [cell.display_name if isinstance(cell, models.BaseModel) else cell for cell in line]
            yield record.browse(), columns, line

    def load(self, model, columns, lines):
        def load():
            result = model.load(columns, lines)
            self.assertTrue(result["ids"] or result["messages"] or not lines, lines)

        self.attempt(f"{model._name}.load({columns!r:.150}, {lines!r:.150})", load)

    @mute_logger("odoo.sql_db", "odoo.models", "odoo.orm.models")
    def test_cells(self):
        for model, columns, line in self.sheets():
            for place in range(len(columns)):
                for cell in self.CELLS:
                    self.load(model, columns, [[*line[:place], cell, *line[place + 1 :]]])
            for cell in self.CELLS:
                self.load(model, ["id", *columns], [[cell, *line]])
        self.assert_all_in_words(350)

    @mute_logger("odoo.sql_db", "odoo.models", "odoo.orm.models")
    def test_lines(self):
        for model, columns, line in self.sheets():
            for lines in ([], [[]], [line[:1]], [line, []], [[*line, "x"]], [None], ["x"], [7], [{}], [line] * 2):
                self.load(model, columns, lines)
            many = [f"c{number}" for number in range(300)]
            for header in (
                *([], [False] * len(columns), [""] * len(columns), columns[:1], columns * 2, columns[1:]),
                *(columns[:1] * len(columns), [None, *columns[1:]], [f"{name}/x" for name in columns]),
                *([f"{name}/.id" for name in columns], [f"{name}/id" for name in columns], [".id", *columns]),
                *([*columns, *many], many, ["id", *columns], ["no_such_field", *columns[1:]], [7] * len(columns)),
            ):
                self.load(model, header, [(line * 100)[: len(header)], line])
        self.assert_all_in_words(130)

    @mute_logger("odoo.sql_db", "odoo.models", "odoo.orm.models")
    def test_files(self):
        """The same as files, read by Odoo."""
        for model, columns, line in self.sheets():
            for header in (columns, columns[:2], [*columns, *columns], [None, *columns[1:]], [*columns, *["x"] * 300]):
                book = openpyxl.Workbook()
                for cells in (header, [str(cell) for cell in line], [], [self.SHOWN[0]], self.SHOWN):
                    book.active.append(cells)
                target = io.BytesIO()
                book.save(target)
                upload = partial(self.upload, model, target.getvalue())
                self.attempt(f"file {model._name} {header!r:.150}", upload)
        self.assert_all_in_words(24)

    SHOWN = ("=1+1", date(2026, 1, 2), 4.5, True, None, "=NO.SUCH()", datetime(2026, 1, 2, 3, 4))

    def upload(self, model, data):
        options = {"has_headers": True, "keep_matches": False, "quoting": '"', "separator": ",", "encoding": "utf-8"}
        options.update(float_thousand_separator=",", float_decimal_separator=".", advanced=True)
        values = {"res_model": model._name, "file": data, "file_name": "x.xlsx", "file_type": XLSX}
        wizard = model.env["base_import.import"].create(values)
        preview = wizard.parse_preview(dict(options))
        if not preview.get("error"):
            matches = [preview["matches"].get(number, [False]) for number in range(len(preview["headers"]))]
            fields = ["/".join(path) if path and path[0] else False for path in matches]
            wizard.execute_import(fields, preview["headers"], {**options, **preview["options"]})
