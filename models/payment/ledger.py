"""Booking what was paid or credited in Xero: payments, reconciliations, and both taken back."""

from odoo import fields, models
from odoo.exceptions import UserError

from ...mappers.awaited import CLOSED_PERIODS
from ...mappers.text import named
from ...mappers.values import booked
from ..inbound.importer import Untakeable
from ..inbound.importer_document import SETTLED

# Money comes in for sales and for vendors' credit notes, and goes out for bills and for refunds to customers.
KINDS = {
    "out_invoice": ("inbound", "customer"),
    "out_receipt": ("inbound", "customer"),
    "out_refund": ("outbound", "customer"),
    "in_invoice": ("outbound", "supplier"),
    "in_receipt": ("outbound", "supplier"),
    "in_refund": ("inbound", "supplier"),
}


class XeroPaymentLedger(models.AbstractModel):
    """Everything here runs as superuser, without sending anything back, inside a savepoint of the caller.

    ``connection`` is the ``xero.connection`` that is read; ``move`` is an ``account.move``; an ``order`` is an
    ``Order`` of ``payment/importer_payment``; ``payment`` is an ``account.payment``. Amounts are in the document's
    currency, as Odoo's floats.
    """

    _name = "xero.payment.ledger"
    _description = "Xero Payment Ledger"

    # === LINES === #

    def _open_lines(self, move):
        """Return the receivable and payable lines of ``move`` that are not settled, the first due first.

        :return: ``account.move.line``; empty for a settled one
        """
        lines = move.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED and not line.reconciled)
        return lines.sorted(lambda line: (line.date_maturity or line.date, line.id))

    def _documents(self, payment):
        """Return the documents that ``payment`` is reconciled with."""
        lines = payment.move_id.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        return (partials.debit_move_id | partials.credit_move_id).move_id - payment.move_id

    # === AMOUNTS === #

    def _open_amount(self, move) -> float:
        """Return what is open of ``move``, zero or above."""
        return abs(sum(self._open_lines(move).mapped("amount_residual_currency")))

    def _xero_amounts(self, move) -> dict:
        """Return ``{account.partial.reconcile: Decimal}``: what of ``move`` each of them settles in Xero.

        That is what is open in Xero before, less what is open there after it. So whatever settles all of a document
        does so in Xero, too, where its currency has thousandths.
        """
        lines = move.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        decimals, found = move.currency_id.decimal_places, {}
        left = abs(sum(lines.mapped("amount_currency")))
        for partial in (lines.matched_debit_ids | lines.matched_credit_ids).sorted("id"):
            is_debit = partial.debit_move_id in lines
            after = left - (partial.debit_amount_currency if is_debit else partial.credit_amount_currency)
            found[partial] = booked(left, decimals) - booked(after, decimals)
            left = after
        return found

    def _in_odoo(self, amount: float, *left: float, currency) -> float:
        """Return what Odoo settles where Xero settles ``amount``: all that is open, where Xero calls that ``amount``.

        :param left: what is open of each of what is settled with each other
        :param currency: ``res.currency`` of all of them
        """
        decimals = currency.decimal_places
        is_whole = decimals > 2 and any(booked(part, decimals) == booked(amount, decimals) for part in left)
        return min(left) if is_whole else amount

    # === REGISTER === #

    def _book_orders(self, connection, orders):
        """Book payments, post them and reconcile each with what it is for.

        :param orders: a list of them, none or many
        :return: the payments, in the order of ``orders``
        :raise Untakeable: a period is closed, or Odoo holds something open for less than was paid
        :raise UserError: Odoo forbids it
        """
        payments = self.env["account.payment"]
        if not orders:
            return payments
        self._fit_amounts(orders)
        self._check_residuals(orders)
        values = [self._values(connection, order) for order in orders]
        made = self._create_payments(values)
        payments = payments.browse([payment.id for payment in made])
        payments.action_post()
        self._reconcile_orders(list(zip(orders, payments)))
        return payments

    def _fit_amounts(self, orders) -> None:
        """Set what each of ``orders`` is in Odoo, where a document's currency has thousandths."""
        left = {}
        for order in orders:
            currency = order.move.currency_id
            if currency.decimal_places > 2:
                open_here = left.get(order.move, self._open_amount(order.move))
                order.amount = self._in_odoo(order.amount, open_here, currency=currency)
                left[order.move] = currency.round(open_here - order.amount)

    def _check_residuals(self, orders) -> None:
        """See that nothing is paid twice.

        Xero never takes more than is due, so less due in Odoo means that something was settled here.

        :raise Untakeable: it was
        """
        paid = {}
        for order in orders:
            paid.setdefault(order.move, []).append(order)
        for move, of_move in paid.items():
            residual = self._open_amount(move)
            total = sum(order.amount for order in of_move)
            if move.currency_id.compare_amounts(total, residual) > 0:
                raise Untakeable(
                    "closed",
                    self.env["xero.reason"]._(
                        "%(paid)s was paid in Xero on %(name)s, of which only %(open)s is open in Odoo. Undo what "
                        "settled it in Odoo, or the payment in Xero, and try again.",
                        paid=move.currency_id.format(total),
                        name=named(move.display_name),
                        open=move.currency_id.format(residual),
                    ),
                    move,
                )

    def _values(self, connection, order) -> dict:
        """Return the values of the payment; in the currency of what it pays, worth in the books what Xero says."""
        move, lines = order.move, self._open_lines(order.move)
        payment_type, partner_type = self._kind(order)
        journal = order.row.journal_id
        values = {
            "payment_type": payment_type,
            "partner_type": partner_type,
            "partner_id": (lines.partner_id[:1] or move.commercial_partner_id).id,
            "amount": order.amount,
            "currency_id": move.currency_id.id,
            "date": self._booking_day(connection, journal, order.state.get("date")),
            "memo": order.state.get("reference") or move.payment_reference or move.name,
            "journal_id": journal.id,
            "company_id": move.company_id.id,
            "destination_account_id": lines.account_id[:1].id,
        }
        method = self._method(journal, payment_type)
        if method:
            values["payment_method_line_id"] = method.id
        balance = self.env["xero.inbound.payment"]._base_amount(order)
        return values if balance is None else {**values, "force_balance": balance}

    def _kind(self, order) -> tuple[str, str]:
        """Return type and partner type of the payment. Paying an over- or prepayment gives the money back."""
        if order.record._name == "account.move":
            return KINDS[order.record.move_type]
        given_back = "outbound" if order.record.payment_type == "inbound" else "inbound"
        return given_back, order.record.partner_type

    def _method(self, journal, payment_type):
        """Return the method of payment: by hand, because the money has moved already.

        :param journal: ``account.journal``
        :param payment_type: ``inbound`` or ``outbound``
        :return: ``account.payment.method.line``; empty when the journal has none
        """
        methods = journal._get_available_payment_method_lines(payment_type)
        return methods.filtered(lambda method: method.code == "manual")[:1] or methods[:1]

    def _booking_day(self, connection, journal, day, taxed=False):
        """Return the day to book a payment of ``day``; in a closed period what the connection's policy says.

        :param journal: ``account.journal`` to book it in
        :param day: a ``date``, or a text ``YYYY-MM-DD``
        :param taxed: whether it has tax, whose return may be closed
        :return: a ``date``
        :raise Untakeable: the period is closed, and the policy is to say so
        """
        day = fields.Date.to_date(day)
        closed = connection.company_id._get_violated_lock_dates(day, taxed, journal)
        if not closed:
            return day
        if connection.odoo_lock_policy == "move":
            return fields.Date.add(max(lock[0] for lock in closed), days=1)
        raise Untakeable(
            "locked_period",
            self.env["xero.reason"]._(
                "The payment is dated %(day)s, in a period that is closed in Odoo. Open the period and try again, or "
                "let payments be booked on the first open day (Xero connection).",
                day=fields.Date.to_string(day),
            ),
            connection,
            (CLOSED_PERIODS,),
        )

    def _create_payments(self, values_list) -> list:
        """Create payments that have an entry, whatever edition of Odoo runs: without one no residual would change.

        :param values_list: values of ``account.payment``
        :return: draft payments, in the order of ``values_list``
        """
        payments = self.env["account.payment"].with_context(skip_invoice_sync=True)
        methods = self.env["account.payment.method.line"]
        made = [None] * len(values_list)
        for forced in (False, True):
            chosen = [
                index
                for index, values in enumerate(values_list)
                if forced is not bool(methods.browse(values.get("payment_method_line_id")).payment_account_id)
            ]
            created = payments.with_context(force_payment_move=forced).create([values_list[index] for index in chosen])
            for index, payment in zip(chosen, created):
                made[index] = payment
        return made

    def _reconcile_orders(self, pairs) -> None:
        """Reconcile each payment with its document, all in one pass."""
        plan = {}
        for order, payment in pairs:
            lines = self._open_lines(payment.move_id)
            plan[order.move] = plan.get(order.move, self._open_lines(order.move)) | lines
        nodes = []
        for lines in plan.values():
            nodes += [
                lines.filtered(lambda line, account=account: line.account_id == account) for account in lines.account_id
            ]
        self.env["account.move.line"]._reconcile_plan([node for node in nodes if len(node) > 1])

    # === TWINS === #

    def _find_twin(self, connection, order):
        """Return the payment that a person registered in Odoo for the same money; empty when there is none.

        Looked for only where Odoo has less open than Xero took: there the payment is in Odoo already.
        """
        payments = self.env["account.payment"]
        move = order.move
        residual = self._open_amount(move)
        amount = self._in_odoo(order.amount, residual, currency=move.currency_id)
        if move.currency_id.compare_amounts(amount, residual) <= 0:
            return payments
        found = self._payments_of(move).filtered(
            lambda payment: (
                payment.journal_id == order.row.journal_id
                and payment.currency_id == move.currency_id
                and not payment.currency_id.compare_amounts(payment.amount, order.amount)
            )
        )
        linked = self.env["xero.link"].search(
            [("connection_id", "=", connection.id), ("res_model", "=", payments._name), ("res_id", "in", found.ids)]
        )
        return found.filtered(lambda payment: payment.id not in linked.mapped("res_id"))[:1]

    def _payments_of(self, move):
        lines = move.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        return (partials.debit_move_id | partials.credit_move_id).move_id.origin_payment_id

    # === CANCEL === #

    def _cancel(self, payment) -> None:
        """Take a payment back: what it paid is open again, its entry is cancelled.

        :raise UserError: Odoo forbids it
        """
        if payment.is_matched and payment.reconciled_statement_line_ids:
            raise UserError(
                self.env["xero.reason"]._(
                    "%s is matched with a bank statement line. Undo that match first.", named(payment.display_name)
                )
            )
        payment.move_id.line_ids.remove_move_reconcile()
        payment.action_cancel()
