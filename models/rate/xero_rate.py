"""Exchange rates by day, as people have them on documents in Xero, and what becomes of them in Odoo."""

import logging
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, float_compare, format_date

from ...mappers.text import named
from ..connection.xero_connection import GATHERING_STATES
from ..link.access import ACCOUNTANT, check_role
from ..link.notice import notice
from ..queue.drain import BEGIN_ANEW
from .judge import PLACES, Series, fault_of, of_day

_logger = logging.getLogger(__name__)

# Days that are judged in one transaction.
PIECE = 5000
# Where a rate of Odoo counts as another one than Xero's, of what Xero has, in percent.
APART = 5.0
# As far back the health of a connection looks, in days.
RECENT = 30
# Digits of Odoo's own rate that say whether somebody changed it.
DIGITS = 9


class XeroRate(models.Model):
    """One currency on one day. Rates are units of the currency for one of the company's.

    Odoo's table of rates is everybody's: a row in it is changed only where it is still what was written from here.
    """

    _name = "xero.rate"
    _inherit = ["xero.company.guard"]
    _description = "Xero Exchange Rate"
    _order = "date desc, currency_id, id desc"
    _rec_name = "currency_id"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Own Currency")
    currency_id = fields.Many2one("res.currency", required=True, ondelete="cascade", readonly=True)
    date = fields.Date(required=True, readonly=True)
    rate = fields.Float("Rate in Xero", digits=(16, 6), readonly=True, aggregator="avg")
    lowest = fields.Float(digits=(16, 6), readonly=True, aggregator="min")
    highest = fields.Float(digits=(16, 6), readonly=True, aggregator="max")
    document_count = fields.Integer("Documents", readonly=True)
    source = fields.Char("Newest Document", readonly=True)
    odoo_rate = fields.Float("Rate in Odoo", digits=(16, 6), compute="_compute_odoo_rate")
    gap = fields.Float("Difference (%)", digits=(16, 2), compute="_compute_odoo_rate")
    state = fields.Selection(
        [
            ("seen", "Not used"),
            ("proposed", "To decide"),
            ("held", "Look at it"),
            ("used", "Used in Odoo"),
            ("theirs", "Odoo has its own"),
            ("dismissed", "Dismissed"),
        ],
        "Status",
        required=True,
        default="seen",
        readonly=True,
    )
    cause = fields.Selection(
        [
            ("spread", "The documents of the day differ by more than 0.5 %"),
            ("jump", "More than 20 % from the days around it"),
            ("inverted", "Seems to be the wrong way round"),
            ("one", "Exactly 1: perhaps nobody gave a rate"),
            ("shared", "In Odoo the rates of this currency are those of all companies"),
            ("own", "Odoo has a rate of that day from somebody else"),
            ("changed", "The rate in Odoo was changed since"),
            ("deleted", "The rate was deleted in Odoo"),
            ("newer", "Xero has another rate since it was used"),
            ("refused", "Odoo does not take it"),
            ("other", "Another organisation gives this company its rates"),
        ],
        "Why",
        readonly=True,
    )
    company_rate_id = fields.Many2one("res.currency.rate", "Rate Written", ondelete="set null", readonly=True)
    written = fields.Float(digits=(16, 6), readonly=True, help="What was written into Odoo's table of rates.")
    written_technical = fields.Float(readonly=True, help="What Odoo made of it: another value is somebody else's.")
    is_stale = fields.Boolean(readonly=True)
    sighting_ids = fields.Many2many("xero.rate.sighting", compute="_compute_sighting_ids", string="Seen On")

    _day_unique = models.UniqueIndex("(connection_id, currency_id, date)")
    _stale = models.Index("(connection_id) WHERE is_stale")

    # === SHOWN === #

    @api.depends("rate", "date", "currency_id", "company_id")
    def _compute_odoo_rate(self):
        found = self._odoo_rates()
        for row in self:
            row.odoo_rate = found.get(row.id, 0.0)
            row.gap = 100 * (row.odoo_rate - row.rate) / row.rate if row.rate else 0.0

    def _odoo_rates(self) -> dict:
        """Return ``{id: the rate that Odoo takes on the day of the row}``; one query for any number.

        :return: as Odoo itself finds it: the company's newest on or before the day, its first one before all
        """
        if not self.ids:
            return {}
        self.env["res.currency.rate"].flush_model()
        self.flush_model(["currency_id", "date", "company_id"])
        return dict(
            self.env.execute_query(
                SQL(
                    """SELECT r.id, %(foreign)s / %(own)s
                         FROM xero_rate r JOIN res_company c ON c.id = r.company_id
                         JOIN res_company root ON root.id = split_part(c.parent_path, '/', 1)::int
                        WHERE r.id = ANY(%(ids)s)""",
                    foreign=_on_the_day("r.currency_id"),
                    own=_on_the_day("root.currency_id"),
                    ids=self.ids,
                )
            )
        )

    def _compute_sighting_ids(self):
        for row in self:
            row.sighting_ids = self.env["xero.rate.sighting"].search(
                [
                    ("connection_id", "=", row.connection_id.id),
                    ("currency_id", "=", row.currency_id.id),
                    ("date", "=", row.date),
                ]
            )

    @api.depends("currency_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.currency_id.name} {format_date(self.env, row.date)}"

    # === LEARNING: called by workers === #

    @api.model
    def _ask_for(self, connection, days) -> None:
        """Have ``days`` judged by the lane's worker; one statement.

        :param days: pairs of currency id and day
        """
        if not days:
            return
        currencies, dates = zip(*sorted(days))
        self.env.cr.execute(
            SQL(
                """INSERT INTO xero_rate (connection_id, company_id, currency_id, date, state, is_stale)
                   SELECT %s, %s, d.currency_id, d.date, 'seen', TRUE
                     FROM UNNEST(%s, %s::date[]) AS d(currency_id, date)
                   ON CONFLICT (connection_id, currency_id, date) DO UPDATE SET is_stale = TRUE""",
                *(connection.id, connection.company_id.id, list(currencies), list(dates)),
            )
        )
        self.invalidate_model()
        self.env["xero.task.rates"]._enqueue(connection)

    @api.model
    def _ask_for_all(self, connection) -> None:
        """Have every day of ``connection`` judged again that no person dismissed; one statement."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "UPDATE xero_rate SET is_stale = TRUE WHERE connection_id = %s AND state != 'dismissed'", connection.id
            )
        )
        self.invalidate_model()
        self.env["xero.task.rates"]._enqueue(connection)

    @api.model
    def _learn(self, connection) -> bool:
        """Judge days that are asked for, and write into Odoo's table what the connection wants there.

        A fixed number of queries for any number of days, and one more for each rate that is replaced.

        :return: whether there may be more
        """
        rows = self.search([("connection_id", "=", connection.id), ("is_stale", "=", True)], order="date", limit=PIECE)
        if not rows:
            return False
        seen = rows._seen()
        series = rows._series(connection, seen)
        days, plans = {}, {}
        for row in rows:
            if (row.currency_id.id, row.date) in seen:
                days[row] = of_day(seen[row.currency_id.id, row.date])
        for row, day in days.items():
            fault = fault_of(day, series[row.currency_id.id].around(row.date))
            plans[row] = "held" if fault else "", fault
        rows._take(days)
        (rows - self.browse([row.id for row in days]))._vanish()
        self._decide(connection, plans)
        rows.is_stale = False
        return len(rows) == PIECE

    def _seen(self) -> dict:
        """Return ``{(currency id, day): [(rate, changed at, (type, id, number))]}`` of these rows; one query."""
        found = defaultdict(list)
        self.env["xero.rate.sighting"].flush_model()
        for currency, day, rate, at, *key in self.env.execute_query(
            SQL(
                """SELECT s.currency_id, s.date, s.rate, s.updated_at, s.xero_type, s.xero_id, s.number
                     FROM xero_rate r JOIN xero_rate_sighting s ON s.connection_id = r.connection_id
                          AND s.currency_id = r.currency_id AND s.date = r.date
                    WHERE r.id = ANY(%s)""",
                self.ids,
            )
        ):
            found[currency, day].append((_decimal(rate), str(at or ""), tuple(key)))
        return found

    def _series(self, connection, seen) -> dict:
        """Return a :class:`~.judge.Series` by currency id: what Odoo has, and what was seen on other days."""
        rates = {currency.id: {} for currency in self.currency_id}
        known = self.search(
            [
                ("connection_id", "=", connection.id),
                ("currency_id", "in", self.currency_id.ids),
                ("state", "not in", ("held", "dismissed")),
                ("is_stale", "=", False),
            ]
        )
        for row in known:
            rates[row.currency_id.id][row.date] = _decimal(row.rate)
        for (currency, day), found in seen.items():
            rates[currency][day] = of_day(found).rate
        for rate in self._in_odoo(connection):
            rates[rate.currency_id.id][rate.name] = _decimal(rate.company_rate)
        return {currency: Series(days) for currency, days in rates.items()}

    def _in_odoo(self, connection):
        """Return Odoo's rates of the currencies of these rows, as the company of ``connection`` sees them."""
        root = connection.company_id.root_id
        rates = self.env["res.currency.rate"].sudo().with_company(root)
        return rates.search(
            [("currency_id", "in", self.currency_id.ids), ("company_id", "in", (False, root.id)), ("rate", ">", 0)]
        )

    def _take(self, days):
        """Write down what was seen on each day; one statement."""
        if not days:
            return
        self.flush_model()
        columns = zip(
            *(
                (row.id, day.rate, day.lowest, day.highest, day.count, _source(day.source))
                for row, day in days.items()
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE xero_rate r SET rate = d.rate, lowest = d.lowest, highest = d.highest,
                          document_count = d.document_count, source = d.source
                     FROM UNNEST(%s, %s, %s, %s, %s, %s)
                       AS d(id, rate, lowest, highest, document_count, source) WHERE r.id = d.id""",
                *map(list, columns),
            )
        )
        self.invalidate_model()

    def _vanish(self):
        """No document of the day is left: what was written into Odoo's table stays there, and says so."""
        self.filtered("written").write({"document_count": 0, "source": False})
        self.filtered(lambda row: not row.written).unlink()

    def _decide(self, connection, plans) -> None:
        """Give each row of ``plans`` its state, and write rates where the connection wants it."""
        mode = connection.rate_mode
        first = self._first_of(connection.company_id.root_id)
        table, shared = self._own_rates(connection, plans)
        new, states = [], defaultdict(self.browse)
        for row, (state, cause) in plans.items():
            if row.state == "dismissed":
                continue
            written, day = row._written_state(), (row.currency_id.id, row.date)
            if written in ("changed", "deleted"):
                state, cause = "theirs", written
            elif written and not float_compare(row.rate, row.written, precision_digits=6):
                state, cause = "used", False
            elif not state and mode in ("off", "watch"):
                state = "used" if written else "seen"
            elif not state and connection != first:
                state, cause = "seen", "other"
            elif not state and written:
                state, cause = row._followed(mode)
            elif not state and row.currency_id.id in shared:
                state, cause = "theirs", "shared"
            elif not state and day in table:
                state, cause = "theirs", "own"
            elif not state and mode == "ask":
                state = "proposed"
            elif not state:
                new.append(row)
                state = "used"
            states[state, cause or False] |= row
        for (state, cause), rows in states.items():
            rows.write({"state": state, "cause": cause})
        self.browse([row.id for row in new])._try_putting_into_table()

    def _own_rates(self, connection, plans) -> tuple[set, set]:
        """Return on which days of which currencies Odoo has a rate already, and the currencies whose rates are those
        of all companies: one of the company's own would hide these from that day on.
        """
        rates = self.browse([row.id for row in plans])._in_odoo(connection)
        days = {(rate.currency_id.id, rate.name) for rate in rates}
        own = {rate.currency_id.id for rate in rates if rate.company_id}
        return days, {rate.currency_id.id for rate in rates if not rate.company_id} - own

    @api.model
    def _first_of(self, root):
        """Return the connection that gives the company ``root`` its rates: of several organisations the first."""
        connections = self.env["xero.connection"].sudo()
        return connections.search(
            [
                ("company_id", "child_of", root.id),
                ("state", "in", GATHERING_STATES),
                ("rate_mode", "not in", ("off", "watch")),
            ],
            order="id",
            limit=1,
        )

    # === ODOO'S TABLE OF RATES === #

    def _written_state(self) -> str:
        """Return what became of the rate that was written for this day: ``there``, ``changed``, ``deleted``, or empty
        where none was.
        """
        if not self.written:
            return ""
        rate = self.sudo().company_rate_id.exists()
        if not rate:
            return "deleted"
        same = not float_compare(rate.rate, self.written_technical, precision_digits=DIGITS)
        return "there" if same and rate.name == self.date else "changed"

    def _followed(self, mode) -> tuple:
        if mode != "replace":
            return "proposed", "newer"
        self._rewrite()
        return "used", False

    def _rewrite(self) -> None:
        rate = self.company_rate_id.with_company(self.company_id.root_id)
        rate.company_rate = self.rate
        self.sudo().write({"written": self.rate, "written_technical": rate.rate})

    def _try_putting_into_table(self) -> None:
        """Add the rates of these rows to Odoo's table; a currency that is refused stops no other."""
        try:
            with self.env.cr.savepoint():
                self._put_into_table()
        except BEGIN_ANEW:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever Odoo or another addon says
            self.env.invalidate_all(flush=False)
            currencies = self.grouped("currency_id")
            if len(currencies) > 1:
                for rows in currencies.values():
                    rows._try_putting_into_table()
                return
            _logger.warning("Rates of %s were refused: %s", self.currency_id.name, type(error).__name__)
            self.write({"state": "held", "cause": "refused"})

    def _put_into_table(self) -> None:
        """Add the rates of these rows to Odoo's table, for the main company, with the rights of the user."""
        for root, rows in self.grouped(lambda row: row.company_id.root_id).items():
            made = (
                self.env["res.currency.rate"]
                .with_company(root)
                .create(
                    [
                        {
                            "name": row.date,
                            "currency_id": row.currency_id.id,
                            "company_id": root.id,
                            "company_rate": row.rate,
                        }
                        for row in rows
                    ]
                )
            )
            for row, rate in zip(rows.sudo(), made):
                row.write({"company_rate_id": rate.id, "written": row.rate, "written_technical": rate.rate})

    # === ACTIONS === #

    def action_use(self):
        """Write the rates into Odoo's table; a person who may change Odoo's rates decides it.

        :raise AccessError: the user is no accountant, or may not change rates in Odoo
        :raise UserError: Odoo has a rate of somebody else for one of the days
        """
        check_role(self.env, ACCOUNTANT, self.env._("Accountants decide which rates Odoo takes. Ask one of them."))
        self._check_own_company()
        for row in self:
            row._use()
        return notice(self.env._("%s rates are used in Odoo.", len(self)))

    def _use(self):
        written = self._written_state()
        if written == "there":
            self._rewrite()
        else:
            self._check_free()
            self._put_into_table()
        self.sudo().write({"state": "used", "cause": False})

    def _check_free(self):
        """:raise UserError: somebody else's rate of the day, or of all companies, is in the way"""
        table, shared = self._own_rates(self.connection_id.sudo(), {self: None})
        values = {"currency": self.currency_id.name, "date": fields.Date.to_string(self.date)}
        if self.currency_id.id in shared:
            raise UserError(
                self.env._(
                    "The rates of %(currency)s in Odoo are those of all companies: one for this company alone would "
                    "hide them from %(date)s on. Change the rate there (Accounting > Configuration > Currencies).",
                    **values,
                )
            )
        if (self.currency_id.id, self.date) in table:
            raise UserError(
                self.env._(
                    "Odoo has a rate of %(currency)s for %(date)s that was not taken from Xero: it stays. Delete it "
                    "first (Accounting > Configuration > Currencies).",
                    **values,
                )
            )
        if not self.rate:
            raise UserError(self.env._("No document of %(date)s has a rate of %(currency)s any more.", **values))

    def action_dismiss(self):
        """Leave Odoo's rates of these days as they are, and ask no more.

        :raise AccessError: the user is no accountant
        """
        check_role(self.env, ACCOUNTANT, self.env._("Accountants decide which rates Odoo takes. Ask one of them."))
        self._check_own_company()
        waiting = self.filtered(lambda row: row.state in ("held", "proposed"))
        waiting.sudo().write({"state": "dismissed", "cause": False})
        return notice(self.env._("%s rates are left as they are.", len(waiting)))


class XeroRateHealth(models.AbstractModel):
    _name = "xero.rate.health"
    _inherit = "xero.health.source"
    _description = "Xero Health Source"

    @api.model
    def _facts(self, connections):
        """What waits for a person, and on how many days of the last month Odoo's rate is another; one query for all."""
        rates = self.env["xero.rate"]
        rates.flush_model()
        connections.flush_model(["rate_mode"])
        rates.env["res.currency.rate"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT r.connection_id, COUNT(*) FILTER (WHERE r.state IN ('held', 'proposed')),
                          COUNT(*) FILTER (WHERE r.state NOT IN ('held', 'dismissed') AND r.date >= %(since)s
                                           AND ABS(%(foreign)s / %(own)s / NULLIF(r.rate, 0) - 1) > %(apart)s)
                     FROM xero_rate r JOIN xero_connection x ON x.id = r.connection_id AND x.rate_mode != 'off'
                     JOIN res_company c ON c.id = r.company_id
                     JOIN res_company root ON root.id = split_part(c.parent_path, '/', 1)::int
                    WHERE r.connection_id = ANY(%(ids)s) AND (r.date >= %(since)s OR r.state IN ('held', 'proposed'))
                    GROUP BY r.connection_id""",
                foreign=_on_the_day("r.currency_id"),
                own=_on_the_day("root.currency_id"),
                apart=APART / 100,
                since=fields.Date.today() - timedelta(days=RECENT),
                ids=connections.ids,
            )
        )
        return {connection_id: {"rates_open": held, "rates_apart": apart} for connection_id, held, apart in rows}


def _on_the_day(currency: str) -> SQL:
    """Return the rate that Odoo takes of a currency on the day of ``xero_rate r`` in the company ``root``."""
    known = SQL(
        """FROM res_currency_rate t WHERE t.currency_id = %s AND (t.company_id IS NULL OR t.company_id = root.id)""",
        SQL(currency),
    )
    return SQL(
        """COALESCE((SELECT t.rate %(known)s AND t.name <= r.date ORDER BY t.company_id, t.name DESC LIMIT 1),
                    (SELECT t.rate %(known)s ORDER BY t.company_id, t.name LIMIT 1), 1.0)""",
        known=known,
    )


def _decimal(rate) -> Decimal:
    return Decimal(str(rate)).quantize(PLACES)


def _source(key) -> str:
    xero_type, _xero_id, number = key
    return named(number) if number else xero_type
