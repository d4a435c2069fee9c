"""Closed periods: what is dated in one is refused with the reason, or booked on the first open day, by policy."""

from odoo import fields, models
from odoo.tools import format_date

from ..xero_api.dates import to_date_string
from .xero_inbound import Untakeable

LOCK_POLICIES = [("refuse", "Refuse, and say why"), ("move", "Book it on the first open day")]


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    xero_lock_policy = fields.Selection(
        LOCK_POLICIES,
        "Locked in Xero",
        required=True,
        default="refuse",
        help="What to do with new documents and payments of Odoo that are dated on or before a lock date of Xero. The "
        "first open day: Odoo's own date stays, and the document says which day it bears in Xero.",
    )
    odoo_lock_policy = fields.Selection(
        LOCK_POLICIES,
        "Locked in Odoo",
        required=True,
        default="refuse",
        help="What to do with new documents and payments of Xero that are dated in a period that Odoo has closed. The "
        "first open day: the invoice date stays, only the accounting date moves.",
    )

    def _xero_lock_date(self):
        """Return the later of Xero's lock dates; ``None`` without one."""
        return max(filter(None, (self.period_lock_date, self.year_lock_date)), default=None)


class XeroLink(models.Model):
    _inherit = "xero.link"

    date_odoo = fields.Date("Date in Odoo", help="The day in Odoo for which another one was agreed in Xero.")
    date_xero = fields.Date("Date in Xero", help="That other day, because a period was closed.")


class XeroInboundDocument(models.AbstractModel):
    _inherit = "xero.inbound.document"

    # === ODOO IS CLOSED === #

    def _open_day(self, connection, move) -> None:
        """See to it that the draft ``move`` can be posted on its accounting date.

        Odoo itself would move it without a word, and to the end of a month.

        :raise Untakeable: the period is closed, and the policy is to say so
        """
        taxed = bool(move.invoice_line_ids.tax_ids)
        closed = move._get_violated_lock_dates(move.date, taxed)
        if not closed:
            return
        day = format_date(self.env, move.date)
        if connection.odoo_lock_policy != "move":
            raise Untakeable("locked_period", self._closed_reason(day), connection)
        move.date = fields.Date.add(max(lock[0] for lock in closed), days=1)
        by_tax = {lock[1] for lock in closed} == {"tax_lock_date"}
        move._message_log(body=self._moved_note(day, format_date(self.env, move.date), taxed, by_tax))

    def _closed_reason(self, day) -> str:
        return self.env._(
            "It is dated %s, in a period that is closed in Odoo. Open the period and try again, or let documents be "
            "booked on the first open day (Xero connection).",
            day,
        )

    def _moved_note(self, day, booked, taxed, by_tax) -> str:
        values = {"day": day, "booked": booked}
        if by_tax:
            return self.env._(
                "Dated %(day)s, whose tax return is closed in Odoo; booked on %(booked)s, so its tax goes into the "
                "later return.",
                **values,
            )
        if taxed:
            return self.env._(
                "Dated %(day)s, in a period that is closed in Odoo; booked on %(booked)s, where its tax is reported "
                "too.",
                **values,
            )
        return self.env._("Dated %(day)s, in a period that is closed in Odoo; booked on %(booked)s.", **values)

    # === TWO DAYS === #

    def _agreed_days(self, connection, move, view: dict) -> dict:
        """Return the columns of a link that say that both sides agreed on two days; empty ones for the same day."""
        own = self.env["xero.mapper"]._for_type(self._xero_type)._own_day(move)
        there = view.get("date")
        apart = bool(own and there and own != there)
        return {"date_odoo": own if apart else None, "date_xero": there if apart else None}

    def _agreed_values(self, connection, move, element):
        """Extend: the days first, because Odoo's side is told with the day that was agreed."""
        link = self.env["xero.link"]._map(connection, self._xero_type, "account.move", move.ids).get(move.id)
        if link:
            link.write(self._agreed_days(connection, move, self._remote_view(element)))
        return super()._agreed_values(connection, move, element)


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    def _save_links(self, connection, mapper, saved):
        """Extend: keep the day that a document or payment was moved to, so that no difference is seen in it."""
        failures = super()._save_links(connection, mapper, saved)
        if connection.xero_lock_policy == "move" and hasattr(mapper, "_own_day"):
            self._save_days(connection, mapper, [item[1] for item, _element in saved])
        return failures

    def _save_days(self, connection, mapper, res_ids):
        links = self.env["xero.link"]._map(connection, mapper._xero_type, mapper._odoo_model, res_ids)
        for record in self.env[mapper._odoo_model].browse(res_ids).exists():
            link = links.get(record.id)
            own, there = mapper._own_day(record), (link and link.remote_view or {}).get("date")
            apart = bool(own and there and own != there)
            known = bool(link and link.date_xero) and to_date_string(link.date_xero)
            if not link or known == (there if apart else False):
                continue
            link.write({"date_odoo": own if apart else False, "date_xero": there if apart else False})
            if apart and link.message:
                record._message_log(body=link.message)

    def _refusal(self, messages):
        """Extend: Xero takes neither an edit nor a void in a locked period; say what can be done."""
        failure = super()._refusal(messages)
        if failure.kind != "locked_period":
            return failure
        return failure._replace(message=f"{failure.message}\n{self._locked_ways_out()}")

    def _locked_ways_out(self) -> str:
        return self.env._(
            "Nothing can be changed or voided there in a locked period. Move the lock date in Xero and try again, or "
            "keep the document and make a credit note that is dated in an open period."
        )
