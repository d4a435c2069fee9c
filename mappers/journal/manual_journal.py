"""Entries of general journals, as manual journals."""

from odoo import models

from ...xero_api import shape
from ..document.document import is_draft_too_long
from ..document.lines import TEXTS
from ..document.money import ZERO, Row, settle, smallest
from ..document.sheet import DESCRIPTION_LENGTH, Sheet, decimal_of
from ..marks import Mark, read_end, write_number
from ..outgoing import ABSENT, KEPT
from ..text import shorten
from .entry_books import ENTRY_FIELDS, EntryBooks, credited_ids
from .journal import day_text

shape.describe_journal("ManualJournal")


class XeroMapperManualJournal(models.AbstractModel):
    """Journal entries that people make, of the journals that the connection names. What Odoo books of payments, bank
    statements, taxes on payments and exchange differences is none: Xero books that itself.
    """

    _name = "xero.mapper.manual.journal"
    _inherit = "xero.mapper.journal"
    _description = "Xero Journal Entry Mapper"

    _xero_type = "ManualJournal"
    _odoo_model = "account.move"
    _xero_types = ("entry",)
    _switch = "sync_journals"
    _first_fields = ENTRY_FIELDS
    _tracked_fields = frozenset({"state", "name", "ref", "date", "journal_id", "company_id", "line_ids"})
    _tracked_line_fields = frozenset(
        {
            "name",
            "sequence",
            "display_type",
            "account_id",
            "tax_ids",
            "balance",
            "debit",
            "credit",
            "analytic_distribution",
        }
    )

    # === MAPPER === #

    def _handles(self, records):
        entries = records.filtered(lambda move: move._xero_is_free_entry())
        return entries - entries.browse(credited_ids(entries)) if entries else entries

    def _batch(self, documents, connection, links):
        return EntryBooks(connection, documents, self._xero_type, links)

    def _may_stand_for(self, records, connection):
        """Return entries of the connection's companies, of the journals that are sent."""
        companies = self.env["xero.sync.runner"].sudo()._served_companies(connection)
        scope = self.env["xero.connection"]._scope(connection.company_id.id)
        return self._handles(records).filtered(
            lambda move: move.company_id in companies and scope and move._xero_kind_in_scope(scope)
        )

    def _claim_of(self, element):
        """By the link back; where Xero has kept none, by the end of the narration."""
        if element.get("Url"):
            return super()._claim_of(element)
        return read_end(element.get("Narration"))

    def _narration_mark(self, res_id):
        return write_number(Mark(self._database_mark(), res_id))

    # === ONE ENTRY === #

    def _wanted_status(self, move, books):
        """What is a draft again stays in Xero as it is until it is posted again, cancelled or deleted, as documents."""
        if move.id in books.elsewhere or not move._xero_is_free_entry():
            return ABSENT
        if move.state == "posted":
            return self._posted_status(move, books)
        link = books.links.get(move.id)
        is_alive = move.state == "draft" and link and link._is_alive()
        return KEPT if is_alive and not is_draft_too_long(move, link, books.connection) else ABSENT

    def _title(self, move):
        return " ".join(filter(None, (move.name if move.name != "/" else "", move.ref)))

    def _own_day(self, move):
        return day_text(move.date)

    def _sheet(self, move, books):
        """Return the lines in the currency of the company, which balance there whatever they are in."""
        sheet, lines = Sheet(), [line for line in books.lines_of(move) if line.display_type not in TEXTS]
        decimals = move.company_id.currency_id.decimal_places
        amounts = settle([decimal_of(line.balance, decimals) for line in lines], ZERO, smallest(decimals))
        for line, amount in zip(lines, amounts, strict=True):
            part = line.tax_repartition_line_id
            row = Row(self._text(line), line.account_id.id, () if part else books.taxes.key(line.tax_ids), amount)
            if part:
                sheet.add_tax(part, line.group_tax_id, row, books.taxes)
            else:
                row.analytic = line.analytic_distribution
                sheet.lines.append(row)
        return sheet

    def _text(self, line) -> str:
        return shorten((line.name or "").strip() or line.account_id.name or "-", DESCRIPTION_LENGTH)
