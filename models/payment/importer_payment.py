"""Payments made in Xero on documents of ours."""

from dataclasses import dataclass

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.awaited import element_key
from ...mappers.payment.canonical import GONE, account_of, base_amount, canonical_payment, target_of
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ...mappers.values import decimal
from ..inbound.importer import FORBIDDEN, Result, Untakeable

DOCUMENTS = ("Invoice", "CreditNote")


@dataclass
class Order:
    """A payment of Xero's, ready to be booked.

    :ivar record: what is paid: a document, or the payment in Odoo that stands for an over- or prepayment
    :ivar row: the mapping of its bank account
    :ivar amount: in the currency of the document
    """

    element: dict
    state: dict
    record: models.BaseModel
    row: models.BaseModel
    amount: float = 0.0

    def __post_init__(self):
        self.amount = float(decimal(self.state.get("amount")))

    @property
    def move(self):
        """The entry whose receivable or payable the payment settles."""
        return self.record if self.record._name == "account.move" else self.record.move_id


class XeroInboundPayment(models.AbstractModel):
    """Payments are booked in the journal that stands for their bank account, posted and reconciled.

    In Xero they are never changed, only made and deleted; so one that differs all the same is undone and booked anew.
    """

    _name = "xero.inbound.payment"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Payment"

    _xero_type = "Payment"
    _resource = "Payments"
    _id_field = "PaymentID"
    _odoo_model = "account.payment"
    _flow = "payments"
    _category = "PAYMENT"
    _rank = 40
    _lists_ids = False

    def _canonical(self, element):
        return canonical_payment(element)

    # === NEW === #

    def _apply_new(self, connection, elements):
        """Book those on documents of ours; a fixed number of queries to judge a page."""
        records = self._records(connection, elements)
        rows = self._rows(connection, [element for element in elements if target_of(element) in records])
        results, orders = {}, []
        verdicts = self._recognise(connection, [element for element in elements if target_of(element) in records])
        for element in elements:
            try:
                order = self._kept_apart(connection, element, verdicts.get(element[self._id_field])) or self._to_order(
                    connection, element, records.get(target_of(element)), rows
                )
            except Untakeable as error:
                order = Result("failed", said(error), None, error.fix)
            if isinstance(order, Result):
                results[element[self._id_field]] = order
            else:
                orders.append(order)
        results |= self._book(connection, orders)
        self._drop_fetches(connection, elements, results)
        return results

    def _records(self, connection, elements) -> dict:
        """Return ``{(type, id): record}`` of what the payments are for, if it is linked; a query for each type."""
        wanted = {}
        for element in elements:
            kind, xero_id = target_of(element)
            wanted.setdefault(kind, set()).add(xero_id)
        found = {}
        for kind, xero_ids in wanted.items():
            inbound = self.env["xero.inbound"]._for_type(kind) if kind else None
            links = inbound._links(connection, list(xero_ids)) if inbound is not None else {}
            records = self.env[inbound._odoo_model].browse([link.res_id for link in links.values()]) if links else []
            living = set(records.exists().ids) if links else set()
            found |= {
                (kind, xero_id): records.browse(link.res_id)
                for xero_id, link in links.items()
                if link.res_id in living and link.state != "ignored"
            }
        return found

    def _rows(self, connection, elements) -> dict:
        """Return ``{account id or code in Xero: mapping row}``; new accounts get a row with a suggestion."""
        keys = {account_of(element) for element in elements} - {""}
        accounts = self.env["xero.account"].search(
            [("connection_id", "=", connection.id), "|", ("xero_id", "in", list(keys)), ("code", "in", list(keys))]
        )
        rows = self.env["xero.mapping.journal"]._ensure(connection, accounts)
        found = {row.xero_account_id.code: row for row in rows}
        return found | {row.xero_account_id.xero_id: row for row in rows}

    def _to_order(self, connection, element, record, rows):
        """Return the ``Order`` of a payment, or the ``Result`` when it is not booked.

        :raise Untakeable: something must be mended first
        """
        state = self._canonical(element)
        if record is None or state["status"] in GONE or not decimal(state.get("amount")):
            return Result("ignored")
        row = self._row(connection, element, rows)
        if row.state == "confirmed" and row.direction != "xero_to_odoo":
            return Result("ignored")
        if not row._is_usable():
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "Choose the journal for the Xero bank account %s; the payment is booked then.",
                    named(row.xero_account_id.display_name),
                ),
                row,
            )
        order = Order(element, state, record, row)
        self._check(order)
        return order

    def _row(self, connection, element, rows):
        row = rows.get(account_of(element))
        if not row:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "The bank account of this payment is not known yet: read the accounts of Xero again."
                ),
                connection,
            )
        return row

    def _check(self, order) -> None:
        """See that what is paid is posted.

        :raise Untakeable: it is not
        """
        move = order.move
        if move.state == "draft":
            raise Untakeable(
                "dependency",
                self.env["xero.reason"]._(
                    "%s was paid in Xero but is a draft in Odoo: post it.", named(move.display_name)
                ),
                move,
            )
        if move.state != "posted":
            raise Untakeable(
                "closed",
                self.env["xero.reason"]._(
                    "%s was paid in Xero but is cancelled in Odoo. Take the payment back in Xero, or post the "
                    "document again.",
                    named(move.display_name or order.record.display_name),
                ),
                move,
            )

    def _order_of_lost(self, connection, element):
        """Return the ``Order`` of a payment that Odoo had sent and lost, whichever way payments of its account go.

        :param element: a payment in the form of Xero's JSON
        :raise Untakeable: something must be mended first
        """
        record = self._records(connection, [element]).get(target_of(element))
        if record is None:
            raise Untakeable(
                "dependency",
                self.env["xero.reason"]._("What it pays is not linked with Odoo: make or link that document first."),
                waits=[element_key(kind, xero_id) for kind, xero_id in [target_of(element)] if kind],
            )
        row = self._row(connection, element, self._rows(connection, [element]))
        if not row.journal_id:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "Choose the journal for the Xero bank account %s.", named(row.xero_account_id.display_name)
                ),
                row,
            )
        order = Order(element, self._canonical(element), record, row)
        self._check(order)
        return order

    # === OURS === #

    def _is_gone(self, element):
        return element.get("Status") in GONE

    def _link_again(self, connection, element, record):
        values = {"xero_number": element.get("Reference"), "state": "synced"}
        row = self._link_row(connection, record.id, element, record.company_id, **values)
        self.env["xero.link"]._save([{**row, "res_model": record._name, "digest": None}])
        return Result("linked", res_id=record.entry_id.origin_payment_id.id or None)

    # === BOOK === #

    def _book(self, connection, orders) -> dict:
        """Book ``orders`` together; when Odoo forbids one of them, each alone, and say why."""
        if not orders:
            return {}
        try:
            with self.env.cr.savepoint():
                return self._book_all(connection, orders)
        except (Untakeable, *FORBIDDEN):
            self.env.invalidate_all(flush=False)
        results = {}
        for order in orders:
            results |= self._book_alone(connection, order)
        return results

    def _book_alone(self, connection, order):
        xero_id = order.element[self._id_field]
        try:
            with self.env.cr.savepoint():
                return self._book_all(connection, [order])
        except Untakeable as error:
            failure = Result("failed", said(error), None, error.fix)
        except FORBIDDEN as error:
            failure = Result("failed", quoted(error.args[0]), None, {"kind": "validation"})
        self.env.invalidate_all(flush=False)
        return {xero_id: failure}

    def _book_all(self, connection, orders):
        ledger = self.env["xero.payment.ledger"]
        known = {order.element[self._id_field]: ledger._find_twin(connection, order) for order in orders}
        fresh = [order for order in orders if not known[order.element[self._id_field]]]
        payments = ledger._book_orders(connection, fresh)
        known |= {order.element[self._id_field]: payment for order, payment in zip(fresh, payments)}
        self._link_all(connection, orders, known)
        twins = {id(order) for order in orders} - {id(order) for order in fresh}
        self._note_paid(connection, fresh)
        self._notify_documents(connection, orders)
        return {
            order.element[self._id_field]: Result(
                "linked" if id(order) in twins else "created", res_id=known[order.element[self._id_field]].id
            )
            for order in orders
        }

    def _link_all(self, connection, orders, payments):
        self.env["xero.link"]._save(
            [
                self._link_row(
                    connection,
                    payments[order.element[self._id_field]].id,
                    order.element,
                    payments[order.element[self._id_field]].company_id,
                    from_xero=True,
                    xero_number=order.element.get("Reference") or None,
                    xero_total=order.element.get("Amount"),
                )
                for order in orders
            ]
        )

    def _note_paid(self, connection, orders, changed=False) -> None:
        """Say on the documents what was paid in Xero, when and through which account.

        :param changed: they take the place of payments that were changed in Xero
        """
        self.env["xero.log"]._post(connection, [(order.move, self._paid_text(order, changed)) for order in orders])

    def _paid_text(self, order, changed):
        move, reason = order.move, self.env["xero.reason"]
        words = {
            "amount": move.currency_id.format(order.amount),
            "day": fields.Date.to_date(order.state.get("date")),
            "account": named(order.row.xero_account_id.display_name),
        }
        if changed:
            return reason._("A payment was changed in Xero: %(amount)s on %(day)s (%(account)s).", **words)
        if move.move_type.endswith("refund") or move.move_type == "entry":
            return reason._("Paid back in Xero: %(amount)s on %(day)s (%(account)s).", **words)
        return reason._("Paid in Xero: %(amount)s on %(day)s (%(account)s).", **words)

    def _notify_documents(self, connection, orders):
        """Tell open screens of the documents; those of the payments are told by the caller."""
        by_model = {}
        for order in orders:
            by_model.setdefault(order.record._name, set()).add(order.record.id)
        for model, res_ids in by_model.items():
            self.env["bus.bus"]._sendone(
                (connection.company_id, "xero"),
                "xero_connector.status",
                {"model": model, "ids": sorted(res_ids), "changed": True},
            )

    def _drop_fetches(self, connection, elements, results):
        """What a page brought need not be fetched one by one any more."""
        done = [
            element[self._id_field].lower()
            for element in elements
            if results[element[self._id_field]].outcome != "failed"
        ]
        self.env["xero.sync.job"]._sql(
            SQL(
                """UPDATE xero_sync_job SET state = 'cancelled', done_at = now() AT TIME ZONE 'UTC'
                    WHERE connection_id = %s AND operation = 'pull' AND xero_type = %s AND xero_id = ANY(%s)
                      AND state IN ('pending', 'failed', 'dead')""",
                connection.id,
                self._xero_type,
                done,
            )
        )

    # === AMOUNTS === #

    def _base_amount(self, order):
        """Return what the payment is worth in the company's currency; ``None`` when the document is in that one.

        :param order: the ``Order``
        :return: as Odoo's float: Xero's ``BankAmount`` where the bank account is in the company's currency, else the
            amount by the rate of the payment (Xero: Payments, CurrencyRate)
        """
        bank = order.element.get("BankAmount")
        base = base_amount(order.state)
        company = order.move.company_id
        if base is None or order.move.currency_id == company.currency_id:
            return None
        held_in = order.row.xero_account_id.currency_code or company.currency_id.name
        return float(bank if bank is not None and held_in == company.currency_id.name else base)
