"""Where rates are seen: on documents and payments that people entered in Xero. It costs no call."""

import json
import logging

from odoo import api, fields, models
from odoo.tools import SQL

from ...mappers.marks import read_end, read_url
from ...mappers.text import named
from ...mappers.values import day
from ...xero_api import dates
from ..inbound.xero_sync_cursor import CLOCK_SLACK
from ..queue.drain import BEGIN_ANEW
from .judge import PLACES, is_rate

_logger = logging.getLogger(__name__)

# Approved ones: what a draft has may change with the day on which it is approved.
APPROVED = ("AUTHORISED", "PAID")
# Where each type has the number that people know it by.
NUMBERS = {"Invoice": "InvoiceNumber", "CreditNote": "CreditNoteNumber"}
TYPES = ("Invoice", "CreditNote", "Prepayment", "Overpayment", "Payment")


class XeroRateSighting(models.Model):
    """The rate of one document of Xero's. What Odoo sent bears Odoo's own rate and is none."""

    _name = "xero.rate.sighting"
    _inherit = ["xero.company.guard"]
    _description = "Xero Exchange Rate Seen"
    _order = "date desc, id desc"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="connection_id.company_id")
    currency_id = fields.Many2one("res.currency", required=True, ondelete="cascade", readonly=True)
    date = fields.Date(required=True, readonly=True)
    xero_type = fields.Char("Kind", required=True, readonly=True)
    xero_id = fields.Char("Xero ID", required=True, readonly=True)
    number = fields.Char(readonly=True)
    rate = fields.Float("Rate in Xero", digits=(16, 6), required=True, readonly=True)
    updated_at = fields.Datetime("Changed in Xero", readonly=True)

    _element_unique = models.UniqueIndex("(connection_id, xero_type, xero_id)")
    _day = models.Index("(connection_id, currency_id, date)")

    @api.model
    def _see(self, connection, xero_type: str, elements: list[dict]) -> None:
        """Keep the rates of ``elements``, and forget those of what is gone; the days that this changes are judged by
        the lane's worker.

        No query where no element is in a foreign currency; else a fixed number for any number of elements.

        :param connection: ``xero.connection`` that was read
        :param xero_type: one of ``TYPES``
        :param elements: as they were read, each with an id
        """
        foreign = {row["xero_id"]: row for row in self._rows(connection, xero_type, elements)}
        if foreign:
            with self.env.cr.savepoint():
                self._keep_changes(connection, xero_type, foreign)

    def _keep_changes(self, connection, xero_type, foreign):
        known = self._known(connection, xero_type, list(foreign))
        ours = {xero_id for xero_id, is_ours, *_seen in known if is_ours}
        seen = {xero_id: tuple(old) for xero_id, _is_ours, *old in known if old[0]}
        new = [row for key, row in foreign.items() if row["rate"] and key not in ours and seen.get(key) != _key(row)]
        gone = [key for key in seen if key in ours or not foreign[key]["rate"]]
        if gone:
            self._forget(connection, xero_type, gone)
        if new:
            self._keep(connection, xero_type, new)
        days = {(row["currency_id"], row["date"]) for row in new}
        days |= {tuple(seen[key][:2]) for key in [*gone, *(row["xero_id"] for row in new)] if key in seen}
        self.env["xero.rate"]._ask_for(connection, days)

    def _rows(self, connection, xero_type, elements):
        """What can be read of each element in a foreign currency; without a rate where it is to be forgotten."""
        codes = [_currency_of(element) for element in elements]
        foreign = {*codes} - {"", connection.company_id.currency_id.name}
        if not foreign:
            return
        found = self.env["res.currency"].with_context(active_test=False).search([("name", "in", list(foreign))])
        currencies = {currency.name: currency.id for currency in found}
        for code, element in zip(codes, elements):
            rate, dated = element.get("CurrencyRate"), day(element.get("DateString") or element.get("Date"))
            if code not in currencies or not dated:
                continue
            at = dates.believable(element.get("UpdatedDateUTC"), connection._xero_now() + CLOCK_SLACK)
            counts = is_rate(rate) and element.get("Status") in APPROVED and not _is_marked(element)
            yield {
                "xero_id": element[f"{xero_type}ID"],
                "currency_id": currencies[code],
                "date": fields.Date.to_date(dated),
                "rate": str(rate.quantize(PLACES) if hasattr(rate, "quantize") else rate) if counts else None,
                "number": named(element.get(NUMBERS.get(xero_type, ""))) or None,
                "updated_at": at and str(at),
            }

    def _known(self, connection, xero_type, xero_ids) -> list[tuple]:
        """Return ``(xero id, whether Odoo made it, currency id, day, rate)`` of what is linked or was seen."""
        self.flush_model()
        self.env["xero.link"].flush_model(["xero_id", "from_xero", "connection_id", "xero_type"])
        return self.env.execute_query(
            SQL(
                """SELECT asked.xero_id, l.id IS NOT NULL AND l.from_xero IS NOT TRUE, s.currency_id, s.date, s.rate
                     FROM UNNEST(%s) AS asked(xero_id)
                     LEFT JOIN xero_link l ON l.connection_id = %s AND l.xero_type = %s AND l.xero_id = asked.xero_id
                     LEFT JOIN xero_rate_sighting s
                            ON s.connection_id = %s AND s.xero_type = %s AND s.xero_id = asked.xero_id""",
                xero_ids,
                *(connection.id, xero_type) * 2,
            )
        )

    def _forget(self, connection, xero_type, xero_ids):
        self.env.cr.execute(
            SQL(
                "DELETE FROM xero_rate_sighting WHERE connection_id = %s AND xero_type = %s AND xero_id = ANY(%s)",
                *(connection.id, xero_type, xero_ids),
            )
        )
        self.invalidate_model()

    def _keep(self, connection, xero_type, rows):
        self.env.cr.execute(
            SQL(
                """INSERT INTO xero_rate_sighting (connection_id, xero_type, xero_id, currency_id, date, rate, number,
                                                   updated_at)
                   SELECT %s, %s, r.xero_id, r.currency_id, r.date, r.rate, r.number, r.updated_at
                     FROM json_to_recordset(%s) AS r(xero_id varchar, currency_id int, date date, rate numeric,
                                                     number varchar, updated_at timestamp)
                   ON CONFLICT (connection_id, xero_type, xero_id) DO UPDATE
                   SET currency_id = EXCLUDED.currency_id, date = EXCLUDED.date, rate = EXCLUDED.rate,
                       number = EXCLUDED.number, updated_at = EXCLUDED.updated_at""",
                *(connection.id, xero_type, json.dumps(rows, default=str)),
            )
        )
        self.invalidate_model()


class XeroRateReading(models.AbstractModel):
    """Lets rates be seen wherever elements are read."""

    _name = "xero.rate.reading"
    _inherit = "xero.inbound.hook"
    _description = "Xero Inbound Hook"

    def _was_read(self, connection, xero_type, elements):
        if xero_type not in TYPES or connection.rate_mode == "off":
            return
        try:
            self.env["xero.rate.sighting"]._see(connection, xero_type, elements)
        except BEGIN_ANEW:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever fails here stops no reading
            # Rates are an extra: the next full reading shows them again. What the error says may be of a document.
            cause = type(error).__name__
            _logger.error("Exchange rates of %s in %s were not kept: %s", xero_type, connection.id, cause)


def _currency_of(element) -> str:
    """Return the currency that an element's rate is of; of a payment that of what is paid."""
    paid = element.get("Invoice")
    code = (paid.get("CurrencyCode") if isinstance(paid, dict) else None) or element.get("CurrencyCode")
    return code if isinstance(code, str) else ""


def _is_marked(element) -> bool:
    """Whether ``element`` bears the mark of some Odoo: its rate may be Odoo's, whichever that is."""
    return bool(read_url(element.get("Url"), "account.move") or read_end(element.get("Reference")))


def _key(row) -> tuple:
    return row["currency_id"], row["date"], float(row["rate"])
