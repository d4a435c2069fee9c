"""What stays open of a payment that Odoo sent: an overpayment in Xero, made by a bank transaction."""

from decimal import Decimal

from odoo import models

from ..awaited import record_key
from ..document.sheet import DESCRIPTION_LENGTH
from ..outgoing import ABSENT, Need
from ..text import named, shorten
from ..values import booked
from .bank_transaction import RECEIVE, SPEND

KINDS = {("inbound", "customer"): RECEIVE, ("outbound", "supplier"): SPEND}
OPEN_ACCOUNTS = ("asset_receivable", "liability_payable")
BOOKED = ("in_process", "paid")
# Ways of applied credits that let Odoo apply one in Xero.
SENT_WAYS = ("both", "odoo_to_xero")


class XeroMapperOverpaid(models.AbstractModel):
    """Payments (``account.payment``) that pay something in Xero, and more than that. What they are applied to later is
    an allocation of the overpayment.

    Once it stands in Xero it is never changed: no program can edit or void it (Xero: Overpayments).
    """

    _name = "xero.mapper.overpaid"
    _inherit = "xero.mapper.bank_transaction"
    _description = "Xero Overpaid Mapper"

    _xero_type = "Overpaid"
    _odoo_model = "account.payment"
    _switch = "send_overpayments"
    _push_rank = 44
    _xero_immutable = True

    # === MAPPER === #

    def _handles(self, records):
        return records.filtered(
            lambda payment: payment.move_id and (payment.payment_type, payment.partner_type) in KINDS
        )

    def _credit_kind(self, payment) -> str:
        """Return what it becomes: ``OVERPAYMENT``; an addon that knows what a deposit is for may say ``PREPAYMENT``,
        and give its lines with their tax.
        """
        return "OVERPAYMENT"

    def _money_type(self, payment) -> str:
        return KINDS[payment.payment_type, payment.partner_type]

    def _reference(self, payment) -> str:
        return payment.memo or payment.name or ""

    def _total(self, payment) -> float:
        """Return what is open of ``payment``, in its currency."""
        lines = payment.move_id.line_ids.filtered(lambda line: line.account_id.account_type in OPEN_ACCOUNTS)
        return abs(sum(lines.mapped("amount_residual_currency")))

    def _books(self, payments, connection, links=None):
        books = super()._books(payments, connection, links)
        parts = self.env["xero.payment.part"].sudo()
        parts = parts.search([("entry_id", "in", payments.move_id.ids), ("over", "=", False)])
        books.parts = parts.filtered(lambda part: not part.credit_type).grouped("entry_id")
        books.paid = self.env["xero.link"].sudo()._map(connection, "Payment", parts._name, parts.ids)
        return books

    def _wanted_status(self, payment, books) -> str:
        link = books.links.get(payment.id)
        if payment.state not in BOOKED:
            return ABSENT
        if link and link._is_alive():
            return "AUTHORISED"
        pays = books.parts.get(payment.move_id)
        is_open = booked(self._total(payment), payment.currency_id.decimal_places) > 0
        return "AUTHORISED" if pays and is_open and payment.journal_id.id in books.banks else ABSENT

    def _head(self, payment, books, out):
        head = super()._head(payment, books, out)
        # Of an overpayment Xero keeps none (Xero: Bank transactions, Reference).
        head.pop("Reference", None)
        head |= {"Type": f"{head['Type']}-{self._credit_kind(payment)}", "LineAmountTypes": "NoTax"}
        for part in books.parts.get(payment.move_id, ()):
            if not (books.paid.get(part.id) and books.paid[part.id]._is_alive()):
                out.needs.append(Need("Payment", part._name, part.id))
        if books.connection.credit_direction not in SENT_WAYS:
            message = self.env["xero.reason"]._(
                "What %s is applied to later could not be told to Xero: let applied credits go from Odoo to Xero (Xero "
                "connection, Payments).",
                named(payment.display_name),
            )
            waits = (record_key(books.connection._name, books.connection.id),)
            self._refuse_by(books.connection, out, message, "validation", "mapping", waits)
        return head

    def _lines(self, payment, books, out):
        """An overpayment has one line, without account and tax (Xero: Bank transactions, overpayments)."""
        text = shorten(" ".join((self._reference(payment) or "-").split()), DESCRIPTION_LENGTH)
        return [{"Description": text, "Quantity": Decimal(1), "UnitAmount": out.total}]

    def _removal_payload(self, link) -> dict:
        """No program takes one back."""
        return {}
