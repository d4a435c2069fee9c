"""What belongs in which stock journal. Set based: queries do not grow with entries."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from pytz import timezone, utc

from odoo import api, fields, models
from odoo.addons.xero_connector.models.link.notice import notice
from odoo.addons.xero_connector.models.queue.xero_sync_job import CLICK, SWEEP
from odoo.tools import SQL, format_date

from .xero_period_journal import TYPE

# Periods of which new entries are taken in at once: a year of days is a few slices.
PERIODS = 62
LINE_COLUMNS = (
    "source_model, source_id, part, company_id, document_model, document_id, document, date, account_id, balance, "
    "analytic_distribution"
)
# Stands as source on what no move says: revaluations, and costs that come later.
VALUATION = "res.company"
# What a line must say as its source does, or it is taken out. A move keeps the accounts of when it was collected: other
# ones for a product are about what it does from then on, as in Odoo's own entries.
SAME = """s.date = p.date AND s.balance = p.balance
      AND (s.account_id = p.account_id OR s.source_model = 'stock.move')
      AND s.analytic_distribution IS NOT DISTINCT FROM p.analytic_distribution"""


class XeroStockCollector(models.AbstractModel):
    """Compares what stands in Odoo with what is in stock journals, and brings these in step.

    A journal that is in Xero and dated in a period that is locked, there or in Odoo, stays as it is: what changes goes
    to an adjustment. All others are changed in place.
    """

    _name = "xero.stock.collector"
    _description = "Xero Stock Collector"

    # === DAYS === #

    @api.model
    def _today(self, company) -> date:
        """Return the day that it is where ``company``, one ``res.company``, is."""
        return fields.Datetime.now().replace(tzinfo=utc).astimezone(timezone(self._zone(company))).date()

    @api.model
    def _zone(self, company) -> str:
        """Return the name of the time zone of ``company``, one ``res.company``."""
        return company.partner_id.tz or company.resource_calendar_id.tz or "UTC"

    def _lock_day(self, company) -> date:
        """Return the last day that Odoo has locked for ``company`` and all its books."""
        chain = company.sudo().parent_ids
        days = [*chain.mapped("fiscalyear_lock_date"), *chain.mapped("hard_lock_date")]
        return max(filter(None, days), default=date.min)

    def _bounds(self, connection, day) -> tuple[date, date]:
        """Return the first and last day of the period of ``day``."""
        if connection.stock_period == "day":
            return day, day
        first = day.replace(day=1)
        return first, first + relativedelta(months=1, days=-1)

    # === COLLECT === #

    @api.model
    def _ask(self, connections):
        """Queue collecting for ``connections`` ahead of other work; those without stock journals are left out.

        :param connections: ``xero.connection``, as superuser, of companies of the user
        :return: a notice for the screen
        """
        wanted = connections.filtered("stock_journals")
        for connection in wanted:
            self.env["xero.task"]._named("Stock")._enqueue(connection, CLICK)
        self.env["xero.sync.runner"]._wake(wanted.ids)
        if wanted:
            return notice(self.env._("Stock journals are being collected. Reload the page in a moment."))
        switched_off = self.env._("Stock journals are switched off in the Xero settings of this company.")
        return notice(switched_off, kind="warning")

    @api.model
    def _collect(self, connection) -> bool:
        """Bring the stock journals of ``connection`` in step with Odoo and queue those that are due.

        :param connection: ``xero.connection``, as superuser, in a transaction of the worker
        :return: whether there is more to take in
        """
        if not connection.stock_journals or not connection.stock_from:
            return False
        self.env.flush_all()
        xero_lock = connection._xero_lock_date() or date.min
        companies = self.env["xero.sync.runner"]._served_companies(connection)
        locks = {company: max(xero_lock, self._lock_day(company)) for company in companies}
        source = self.env["xero.stock.source"]._union_sql(connection, companies)
        self._take_out(connection, source, locks)
        more = self._take_in(connection, source, locks)
        if not more:
            self.env["xero.stock.valuation"]._level(connection, locks)
        self._redate(connection, xero_lock)
        self.env.invalidate_all()
        self._queue_due(connection)
        return more

    def _is_closed(self, journal, links, locks) -> bool:
        """Whether ``journal`` stands in Xero and its day is locked on either side."""
        link = links.get(journal.id)
        return bool(link and link._is_alive()) and journal.date <= locks.get(journal.company_id, date.min)

    def _links(self, connection, journals) -> dict:
        return self.env["xero.link"].sudo()._map(connection, TYPE, journals._name, journals.ids)

    # === TAKE OUT === #

    def _take_out(self, connection, source, locks) -> None:
        """Take out what is not as its source says any more.

        A document that is a draft again keeps its lines until it is posted again, cancelled or deleted, as Xero keeps
        the document.
        """
        rows = self.env.execute_query(
            SQL(
                """WITH s AS MATERIALIZED (%(source)s)
                   SELECT p.journal_id, ARRAY_AGG(p.id) FROM xero_period_line p
                    WHERE p.connection_id = %(connection)s AND p.is_live AND p.date >= %(first)s
                      AND p.company_id = ANY(%(companies)s) AND p.source_model != %(valuation)s
                      AND NOT EXISTS (SELECT FROM s WHERE s.source_model = p.source_model
                                         AND s.source_id = p.source_id AND s.part = p.part AND %(same)s)
                      AND NOT EXISTS (SELECT FROM account_move m
                                       WHERE p.document_model = 'account.move' AND m.id = p.document_id
                                         AND m.state = 'draft' AND m.posted_before)
                    GROUP BY p.journal_id""",
                source=source,
                connection=connection.id,
                first=connection.stock_from,
                companies=[company.id for company in locks],
                valuation=VALUATION,
                same=SQL(SAME),  # pylint: disable=sql-injection
            )
        )
        gone = {self.env["xero.period.journal"].browse(journal_id): ids for journal_id, ids in rows}
        journals = self.env["xero.period.journal"].concat(*gone)
        links = self._links(connection, journals)
        closed = journals.filtered(lambda journal: self._is_closed(journal, links, locks))
        self._delete([line_id for journal in journals - closed for line_id in gone[journal]])
        (journals - closed).is_changed = True
        for company, of_company in closed.grouped("company_id").items():
            for bounds, same in of_company.grouped(lambda journal: (journal.date_from, journal.date_to)).items():
                adjustment = self._adjustment(connection, company, bounds, locks)
                self._take_back([line_id for journal in same for line_id in gone[journal]], adjustment)

    def _delete(self, line_ids) -> None:
        self.env.cr.execute(SQL("DELETE FROM xero_period_line WHERE id = ANY(%s)", line_ids))

    def _take_back(self, line_ids, adjustment) -> None:
        """Have ``adjustment`` take back the lines ``line_ids``."""
        self.env.cr.execute(
            SQL(
                """WITH ended AS (UPDATE xero_period_line SET is_live = FALSE WHERE id = ANY(%(ids)s) RETURNING *)
                   INSERT INTO xero_period_line (journal_id, connection_id, is_live, reverses_id, %(columns)s,
                                                 create_uid, create_date, write_uid, write_date)
                   SELECT %(journal)s, connection_id, FALSE, id, source_model, source_id, part, company_id,
                          document_model, document_id, document, date, account_id, -balance, analytic_distribution,
                          %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC' FROM ended""",
                ids=line_ids,
                journal=adjustment.id,
                columns=SQL(LINE_COLUMNS),  # pylint: disable=sql-injection
                uid=self.env.uid,
            )
        )
        adjustment.is_changed = True

    # === TAKE IN === #

    def _take_in(self, connection, source, locks) -> bool:
        """Take in what is in no journal yet.

        :return: whether there is more
        """
        unit = "month" if connection.stock_period == "month" else "day"
        fresh = SQL(
            """WITH s AS MATERIALIZED (%(source)s), fresh AS MATERIALIZED (
                   SELECT s.*, date_trunc(%(unit)s, s.date)::date AS first FROM s
                    WHERE NOT EXISTS (SELECT FROM xero_period_line p
                                       WHERE p.connection_id = %(connection)s AND p.is_live
                                         AND p.source_model = s.source_model AND p.source_id = s.source_id
                                         AND p.part = s.part))""",
            source=source,
            unit=unit,
            connection=connection.id,
        )
        found = self.env.execute_query(
            SQL("%s SELECT DISTINCT first, company_id FROM fresh ORDER BY 1, 2 LIMIT %s", fresh, PERIODS + 1)
        )
        if not found:
            return False
        journals = self._journals(connection, found[:PERIODS], locks)
        places = SQL(", ").join(
            SQL("(%s, %s::date, %s)", company_id, first, journal.id)
            for (first, company_id), journal in journals.items()
        )
        self.env.cr.execute(
            SQL(
                """%(fresh)s INSERT INTO xero_period_line (journal_id, connection_id, is_live, %(columns)s,
                                                 create_uid, create_date, write_uid, write_date)
                   SELECT j.id, %(connection)s, TRUE, f.source_model, f.source_id, f.part, f.company_id,
                          f.document_model, f.document_id, f.document, f.date, f.account_id, f.balance,
                          f.analytic_distribution,
                          %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                     FROM fresh f JOIN (VALUES %(places)s) AS j (company_id, first, id)
                       ON j.company_id = f.company_id AND j.first = f.first""",
                fresh=fresh,
                columns=SQL(LINE_COLUMNS),  # pylint: disable=sql-injection
                connection=connection.id,
                places=places,
                uid=self.env.uid,
            )
        )
        self.env["xero.period.journal"].concat(*journals.values()).is_changed = True
        return len(found) > PERIODS

    def _journals(self, connection, wanted, locks) -> dict:
        """Return the journal that takes new entries, by first day of the period and company id.

        :param wanted: list of such pairs
        """
        companies = {company.id: company for company in locks}
        of_periods = [("connection_id", "=", connection.id), ("kind", "=", "period")]
        known = self.env["xero.period.journal"].search([*of_periods, ("date_from", "in", [one[0] for one in wanted])])
        links = self._links(connection, known)
        known = {(one.date_from, one.date_to, one.company_id): one for one in known}
        found = {}
        for first, company_id in wanted:
            company, bounds = companies[company_id], self._bounds(connection, first)
            journal = known.get((*bounds, company))
            if journal and self._is_closed(journal, links, locks):
                journal = self._adjustment(connection, company, bounds, locks)
            found[first, company_id] = journal or self._make(connection, company, bounds, "period", bounds[1])
        return found

    def _adjustment(self, connection, company, bounds, locks):
        """Return the adjustment of a closed period that may still be changed; a new one on the first open day."""
        others = self.env["xero.period.journal"].search(
            [
                ("connection_id", "=", connection.id),
                ("company_id", "=", company.id),
                ("kind", "=", "adjustment"),
                ("date_from", "=", bounds[0]),
                ("date_to", "=", bounds[1]),
            ],
            order="id desc",
        )
        links = self._links(connection, others)
        usable = others.filtered(lambda journal: not self._is_closed(journal, links, locks))
        if usable:
            return usable[0]
        day = locks[company] + timedelta(days=1)
        return self._make(connection, company, bounds, "adjustment", day, len(others) + 1)

    def _make(self, connection, company, bounds, kind, day, count=0):
        first, last = bounds
        period = f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m}"
        worded = self.with_context(lang=company.partner_id.lang or "en_US")
        shown = format_date(worded.env, first) if first == last else f"{first:%m/%Y}"
        if kind == "adjustment":
            title = worded.env._("Adjustment %(count)s of the stock of %(period)s", count=count, period=shown)
        else:
            title = worded.env._("Stock and cost of sales of %s", shown)
        return self.env["xero.period.journal"].create(
            {
                "name": f"STOCK/{period}" + (f"/A{count}" if count else ""),
                "title": title,
                "connection_id": connection.id,
                "company_id": company.id,
                "kind": kind,
                "date_from": first,
                "date_to": last,
                "date": day,
            }
        )

    # === SEND === #

    def _redate(self, connection, xero_lock) -> None:
        """Date what is not in Xero yet, and was overtaken by a lock date there, on the first open day."""
        if xero_lock == date.min:
            return
        first_open = xero_lock + timedelta(days=1)
        late = self.env["xero.period.journal"].search(
            [("connection_id", "=", connection.id), ("date", "<=", xero_lock), ("total_ids", "!=", False)]
        )
        links = self._links(connection, late)
        overtaken = late.filtered(lambda one: not (links.get(one.id) and links[one.id]._is_alive()))
        overtaken.write({"date": first_open, "is_changed": True})

    def _queue_due(self, connection) -> None:
        """Queue what changed and is due: its period is over, or Xero has it already."""
        scope = connection._scope(connection.company_id.id)
        if not scope or scope.connection_id != connection.id or TYPE in scope.off:
            return
        changed = self.env["xero.period.journal"].search(
            [("connection_id", "=", connection.id), ("is_changed", "=", True)]
        )
        links = self._links(connection, changed)
        due = changed.filtered(lambda one: one.kind == "adjustment" or one._is_over() or one.id in links)
        if due:
            due._xero_enqueue(scope, SWEEP)
            due.is_changed = False
