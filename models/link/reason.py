"""Fields for reasons: stored as what they say, worded when they are read, in the reader's language."""

import json

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.reason import MARK, pack, sources_with, unpack

# In a context: a query is about the words of a column, not about the code behind them.
WORDS_ONLY = "xero_reason_words"
# What people type of a text; shorter ones are in nearly all.
SHORTEST = 3
LIKES = ("like", "ilike", "not like", "not ilike")
# The source texts in a code, as JSON escapes them.
SOURCE = r'"t":"((?:[^"\\]|\\.)*)"'


class _Reason:
    """What is in the cache has the form of the column, so that each reader of a transaction gets a language of its own.

    Code gets a ``Reason`` of it, which can be stored again; programs and screens get a plain string.
    """

    def convert_to_cache(self, value, record, validate=True):
        return pack(record.env, value)

    def convert_to_column(self, value, record, values=None, validate=True):
        stored = self.convert_to_cache(value, record, validate)
        return stored.partition(MARK)[0] if stored and record.env.context.get(WORDS_ONLY) else stored

    def get_column_update(self, record):
        return record.env.transaction.field_data[self][record.id]

    def convert_to_record(self, value, record):
        return False if value is None else unpack(record.env, value)

    def convert_to_read(self, value, record, use_display_name=True):
        return str(value) if value else value

    def convert_to_export(self, value, record):
        return str(value or "")

    def to_sql(self, model, alias):
        column = super().to_sql(model, alias)
        return SQL("split_part(%s, %s, 1)", column, MARK) if model.env.context.get(WORDS_ONLY) else column

    def condition_to_sql(self, field_expr, operator, value, model, alias, query):
        """The words of a column are English; a reader of another language also searches for what is read there."""
        words = super().condition_to_sql(
            field_expr, operator, value, model.with_context(**{WORDS_ONLY: True}), alias, query
        )
        if operator not in LIKES or not isinstance(value, str) or len(value) < SHORTEST:
            return words
        sources = sources_with(model.env, value)
        if not sources:
            return words
        column = self.to_sql(model, alias)
        # A pattern for each text would take a second for every thousand rows.
        translated = SQL(
            "EXISTS (SELECT FROM regexp_matches(split_part(%s, %s, 2), %s, 'g') AS found WHERE found[1] = ANY(%s))",
            column,
            MARK,
            SOURCE,
            [json.dumps(source, ensure_ascii=False)[1:-1] for source in sources],
        )
        if operator in ("like", "ilike"):
            return SQL("(%s OR %s)", words, translated)
        return SQL("(%s AND (%s IS NULL OR NOT %s))", words, column, translated)


class ReasonText(_Reason, fields.Text):
    """As ``fields.Text``. SQL that writes it uses :func:`~...mappers.reason.pack`, SQL that shows it ``unpack``."""


class ReasonChar(_Reason, fields.Char):
    """As ``fields.Char``. SQL that writes it uses :func:`~...mappers.reason.pack`, SQL that shows it ``unpack``."""


class XeroCompanyGuard(models.AbstractModel):
    _inherit = "xero.company.guard"

    def _read_group_groupby(self, alias, groupby_spec, query):
        """People group by words."""
        records = self._by_words(groupby_spec)
        return super(XeroCompanyGuard, records)._read_group_groupby(alias, groupby_spec, query)

    def _read_group_select(self, aggregate_spec, query):
        """And what comes of a group is words."""
        records = self._by_words(aggregate_spec.partition(":")[0])
        return super(XeroCompanyGuard, records)._read_group_select(aggregate_spec, query)

    def _by_words(self, name):
        """Return ``self``, for a query about the words of the field ``name``, where it keeps reasons."""
        return self.with_context(**{WORDS_ONLY: True}) if isinstance(self._fields.get(name), _Reason) else self
