"""What of a credit is applied to a document: the parts that bring credits and invoices together, whoever did it."""

from decimal import Decimal

from odoo import api, fields, models

from ..connection.xero_connection import SENT_WAYS
from ..link.xero_link import GONE_STATUSES
from ..queue.sweep import WINDOW
from ..queue.xero_sync_job import EVENT
from .xero_payment_part import REMOVAL

ALLOCATION = "Allocation"
TAKEN_WAYS = ("both", "xero_to_odoo")
CREDIT_NOTES = ("out_refund", "in_refund")


class XeroPaymentPart(models.Model):
    """There is one row for each pair of a credit and a document, as on an invoice of Xero's, and ``amount`` is what is
    reconciled between the two in Odoo. Its link says what is applied in Xero, whichever side did it.
    """

    _inherit = "xero.payment.part"

    # === REFRESH === #

    @api.model
    def _refresh_credits(self, moves) -> None:
        """Bring the parts of the credits among ``moves``, or reconciled with them, to the present state.

        What changed is queued for Xero.

        :param moves: ``account.move`` of any kind and company; those of companies that send no credits are left out
        """
        moves = moves.sudo()
        connections = self.env["xero.connection"]
        for company, of_company in moves.grouped("company_id").items():
            scope = connections._scope(company.id)
            if scope and scope.sends_credits:
                self.sudo()._refresh_credits_of(connections._for_company(company), of_company)

    def _refresh_credits_of(self, connection, moves):
        types = self._credit_types(connection, moves | self._partners(moves))
        known = self._credits(
            [
                ("connection_id", "=", connection.id),
                "|",
                ("entry_id", "in", [*moves.ids, *(credit.id for credit in types)]),
                ("document_id", "in", moves.ids),
            ]
        )
        known = known.filtered(lambda part: not part._is_discount())
        less, more = self.browse(), self.browse()
        scope = connection._scope(connection.company_id.id)
        by_credit = known.grouped("entry_id")
        for credit in self.env["account.move"].browse({*(credit.id for credit in types), *known.entry_id.ids}):
            wanted = self._applied_amounts(credit, scope) if credit in types else {}
            lowered, raised = self._compare_credit(
                connection, credit, types.get(credit), wanted, by_credit.get(credit, self.browse())
            )
            less, more = less | lowered, more | raised
        self._enqueue(connection, less, REMOVAL)
        self._enqueue(connection, more, EVENT)

    def _partners(self, moves):
        """Return the entries that ``moves`` are reconciled with."""
        lines = moves.line_ids
        return (lines.matched_debit_ids.debit_move_id | lines.matched_credit_ids.credit_move_id).move_id

    def _credit_types(self, connection, entries) -> dict:
        """Return ``{entry: type of credit in Xero}`` of those of ``entries`` that are credits; at most one query."""
        posted = entries.filtered(self._may_be_settled)
        scope = connection._scope(connection.company_id.id)
        notes = posted.filtered(lambda entry: entry.move_type in CREDIT_NOTES and self._is_synced(entry, scope))
        payments = posted.origin_payment_id
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", "account.payment"),
                ("res_id", "in", payments.ids),
                ("xero_type", "in", ("Overpayment", "Prepayment")),
                ("xero_status", "not in", GONE_STATUSES),
            ]
            if payments
            else [(0, "=", 1)]
        )
        return dict.fromkeys(notes, "CreditNote") | {
            payments.browse(link.res_id).move_id: link.xero_type for link in links
        }

    def _applied_amounts(self, credit, scope) -> dict:
        """Return ``{document: amount}`` of what ``credit`` is reconciled with, in the currency of the documents."""
        ledger, found = self.env["xero.payment.ledger"], {}
        for move in self._partners(credit):
            invoice = move.is_invoice(include_receipts=True) and move.move_type not in CREDIT_NOTES
            if invoice and self._may_be_settled(move) and self._is_synced(move, scope):
                found[move] = ledger._allocated(move, credit)
        return {move: amount for move, amount in found.items() if amount}

    def _compare_credit(self, connection, credit, credit_type, wanted, parts) -> tuple:
        """Return the parts of ``credit`` that fell, and those that rose, and write them."""
        less, more, left = self.browse(), self.browse(), dict(wanted)
        for part in parts:
            amount = left.pop(part.document_id, Decimal(0))
            before = part._amount()
            if amount == before:
                continue
            part.write({"amount": float(amount), "over": not amount})
            less, more = (less | part, more) if amount < before else (less, more | part)
        made = self.create(
            [self._credit_values(connection, credit, credit_type, move, amount) for move, amount in left.items()]
        )
        # Odoo reconciles step by step: what one step of this transaction made and the next took back was nothing.
        passing = less.filtered(lambda part: part.over and part._was_never_claimed())
        less -= passing
        passing.unlink()
        return less, more | made

    def _was_never_claimed(self) -> bool:
        jobs = self.env["xero.sync.job"].search_count(
            [("res_model", "=", self._name), ("res_id", "=", self.id), ("state", "in", ("running", "done"))], limit=1
        )
        return not jobs and not self._credit_link().xero_id

    def _credit_link(self):
        return self.env["xero.link"].search(
            [
                ("connection_id", "=", self.connection_id.id),
                ("xero_type", "=", ALLOCATION),
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
            ]
        )

    def _credit_values(self, connection, credit, credit_type, move, amount):
        return {
            "connection_id": connection.id,
            "company_id": move.company_id.id,
            "entry_id": credit.id,
            "journal_id": credit.journal_id.id,
            "document_id": move.id,
            "credit_type": credit_type,
            "amount": float(amount),
            "date": max(move.date, credit.date),
            "over": not amount,
        }

    def _drop(self, credit, credit_type=None) -> None:
        """Forget what ``credit`` was applied to: it was taken back as a whole in Xero.

        :param credit: the ``account.move`` of the payment
        :param credit_type: of the parts; ``None`` for all
        """
        parts = self._credits([("entry_id", "=", credit.id)])
        parts = parts.filtered(lambda part: credit_type in (None, part.credit_type))
        self.env["xero.link"].search([("res_model", "=", self._name), ("res_id", "in", parts.ids)]).unlink()
        parts.unlink()


class XeroFeederCredit(models.AbstractModel):
    _name = "xero.feeder.credit"
    _inherit = "xero.feeder"
    _description = "Xero Credit Feeder"

    _rank = 60

    def _end_sweep(self):
        """Look again at recent credit notes."""
        for connection in self.env["xero.connection"].search([("credit_direction", "in", SENT_WAYS)]):
            domain = [
                ("company_id", "child_of", connection.company_id.id),
                ("move_type", "in", CREDIT_NOTES),
                ("state", "=", "posted"),
                ("write_date", ">", fields.Datetime.now() - WINDOW),
            ]
            self.env["xero.payment.part"]._refresh_credits(self.env["account.move"].search(domain))
