"""What was paid too much, on its way out: the bank transaction, and the overpayment that it makes."""

from odoo import fields, models

from ...mappers.awaited import element_key, record_key
from ...mappers.bank.canonical import credit_of
from ...mappers.bank.overpaid import BOOKED
from ...mappers.text import named
from ..outbound.exporter import FAILED
from ..outbound.plan import Plan
from ..queue.failure import Failure
from ..queue.xero_sync_job import EVENT


class XeroExporterOverpaid(models.AbstractModel):
    """The answer to the bank transaction names the overpayment: that is linked too, so that what it is applied to goes
    both ways as of one that was made in Xero.
    """

    _name = "xero.exporter.overpaid"
    _inherit = "xero.exporter"
    _description = "Xero Overpaid Exporter"

    _xero_types = ("Overpaid",)
    _is_numbered = False

    def _verdict(self, connection, mapper, wish, out, link):
        """What is in Xero stays there, and people are told."""
        if link and link._is_alive() and not (isinstance(out, Failure) or (out and out.is_due)):
            return Plan(FAILED, out, failure=self._stands(connection, link))
        return super()._verdict(connection, mapper, wish, out, link)

    def _stands(self, connection, link) -> Failure:
        """Return the failure of a payment that is taken back in Odoo and stands in Xero."""
        credit = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", link.res_model),
                ("res_id", "=", link.res_id),
                ("xero_type", "in", ("Overpayment", "Prepayment")),
            ],
            limit=1,
        )
        message = self.env["xero.reason"]._(
            "%(payment)s is taken back in Odoo, but its overpayment of %(amount)s stands in Xero, which lets no "
            "program take one back. Void it there.",
            payment=named(link.record_name) or "?",
            amount=link.xero_total,
        )
        waits = (element_key(credit.xero_type, credit.xero_id),) if credit else ()
        return Failure("closed", message, waits=waits)

    def _save_results(self, drain, mapper, batch, told):
        result = super()._save_results(drain, mapper, batch, told)
        self._let_credits_in(drain.connection, batch)
        return result

    def _adopt(self, drain, mapper, batch, found):
        super()._adopt(drain, mapper, batch, found)
        self._let_credits_in(drain.connection, batch)

    def _let_credits_in(self, connection, batch) -> None:
        """What might have been made by ``batch`` can be told now."""
        if batch.state == "done":
            self.env["xero.sync.job"]._retry_awaiting({record_key(batch._name, batch.id)}, connection)

    def _save_links(self, connection, mapper, saved, made=False):
        failures = super()._save_links(connection, mapper, saved, made)
        rows = []
        for item, element in saved:
            kind, xero_id = credit_of(element)
            if kind:
                rows.append(
                    {
                        "connection_id": connection.id,
                        "company_id": item.company_id,
                        "xero_type": kind,
                        "res_model": mapper._odoo_model,
                        "res_id": item.res_id,
                        "xero_id": xero_id,
                        "state": "synced",
                        "xero_status": "AUTHORISED",
                        "xero_total": item.total,
                        "synced_at": fields.Datetime.now(),
                    }
                )
        self.env["xero.link"]._save(rows)
        keys = {element_key(row["xero_type"], row["xero_id"]) for row in rows}
        self.env["xero.sync.job"]._retry_awaiting(keys, connection)
        payments = self.env["account.payment"].browse([row["res_id"] for row in rows]).exists()
        # It may have been applied to something meanwhile.
        self.env["xero.payment.part"]._refresh_credits(payments.move_id)
        return failures


class XeroBankPayment(models.AbstractModel):
    """Queues what stays open of payments when what they pay was looked at."""

    _name = "xero.bank.payment"
    _inherit = "xero.payment.hook"
    _description = "Xero Payment Hook"

    def _looked_at(self, connection, entries):
        mapper = self.env["xero.mapper"]._for_type("Overpaid")
        if not mapper._is_on(connection):
            return
        payments = mapper._handles(entries.origin_payment_id)
        links = self.env["xero.link"].sudo()._map(connection, "Overpaid", payments._name, payments.ids)
        due = payments.filtered(
            lambda payment: (payment.id in links) != (payment.state in BOOKED and mapper._total(payment) > 0)
        )
        pairs = [(payment.id, payment.company_id.id) for payment in due]
        self.env["xero.sync.job"].sudo()._enqueue(connection.id, mapper, pairs, priority=EVENT)
