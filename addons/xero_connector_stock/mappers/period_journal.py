from odoo import models
from odoo.addons.xero_connector.mappers.document.books import Books
from odoo.addons.xero_connector.mappers.document.money import Row
from odoo.addons.xero_connector.mappers.document.sheet import DESCRIPTION_LENGTH, Sheet
from odoo.addons.xero_connector.mappers.journal.journal import day_text
from odoo.addons.xero_connector.mappers.outgoing import ABSENT
from odoo.addons.xero_connector.mappers.text import shorten
from odoo.addons.xero_connector.mappers.values import booked
from odoo.addons.xero_connector.xero_api import shape

shape.describe_journal("PeriodJournal")


class PeriodBooks(Books):
    """One batch of stock journals with their sums; one query for all of them.

    :ivar totals: ``xero.period.total`` by ``xero.period.journal``
    """

    def __init__(self, connection, journals, xero_type: str, links: dict | None = None):
        super().__init__(connection, journals, xero_type, journals.env["res.partner"], links)
        totals = journals.env["xero.period.total"].search([("journal_id", "in", journals.ids)])
        self.totals = totals.grouped("journal_id")


class XeroMapperPeriodJournal(models.AbstractModel):
    """The cost of sales and the stock entries of a day or month: one line for each account and tracking."""

    _name = "xero.mapper.period.journal"
    _inherit = "xero.mapper.journal"
    _description = "Xero Stock Journal Mapper"

    _xero_type = "PeriodJournal"
    _stands_among = "ManualJournal"
    _odoo_model = "xero.period.journal"
    _switch = "stock_journals"
    _push_rank = 36

    def _handles(self, records):
        return records

    def _batch(self, documents, connection, links):
        return PeriodBooks(connection, documents, self._xero_type, links)

    def _wanted_status(self, journal, books):
        """One that comes to nothing on each account is not sent."""
        return self._posted_status(journal, books) if journal in books.totals else ABSENT

    def _is_summarised(self, journal, books):
        return True

    def _title(self, journal):
        return journal.title

    def _own_day(self, journal):
        return day_text(journal.date)

    def _sheet(self, journal, books):
        decimals = journal.company_id.currency_id.decimal_places
        return Sheet(
            [
                Row(
                    shorten(total.account_id.name or "-", DESCRIPTION_LENGTH),
                    total.account_id.id,
                    (),
                    booked(total.balance, decimals),
                    analytic=total.analytic_distribution,
                )
                for total in books.totals.get(journal, ())
            ]
        )
