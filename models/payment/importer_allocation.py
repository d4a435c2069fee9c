"""Credits that were applied to documents in Xero: the same entries are reconciled in Odoo, for the same amount."""

from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ...mappers.payment.canonical import allocations_of, credits_on, is_whole, payment_ids
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ...mappers.values import booked
from ...xero_api import codec
from ..connection.xero_connection import SENT_WAYS
from ..inbound.importer import FORBIDDEN, Result, Untakeable
from ..inbound.importer_document import SETTLED
from ..link.own_context import own
from ..queue.xero_sync_job import EVENT
from .credit_part import ALLOCATION, TAKEN_WAYS


class Remaining:
    """How much may still be reconciled, in the currency of the lines."""

    def __init__(self, amount: float):
        self.amount = amount


class XeroPaymentLedger(models.AbstractModel):
    _inherit = "xero.payment.ledger"

    # === PARTIALS === #

    def _partials(self, move, other):
        """Return the reconciliations between the receivables and payables of two entries.

        :param other: the other entry, an ``account.move``
        :return: ``account.partial.reconcile``
        """
        lines = move.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        return partials.filtered(lambda partial: other in (partial.debit_move_id | partial.credit_move_id).move_id)

    def _allocated(self, move, credit) -> Decimal:
        """Return how much of ``credit`` is reconciled with the document ``move``, as Xero counts it.

        :param credit: the ``account.move`` of a credit note or a payment
        :return: in the currency of the document, in cents; zero or above
        """
        partials, told = self._partials(move, credit), self._xero_amounts(move)
        total = sum((told[partial] for partial in partials), Decimal(0))
        if partials and move.currency_id.decimal_places > 2 and credit.is_invoice():
            # A credit note has cents of its own: no more than it has left is ever applied.
            others, first = self._xero_amounts(credit), min(partials.ids)
            used = sum((amount for partial, amount in others.items() if partial.id < first), Decimal(0))
            total = min(total, booked(credit.amount_total, credit.currency_id.decimal_places) - used)
        return max(total - self._paid_apart(move, credit), Decimal(0)) if partials else total

    def _paid_apart(self, move, credit) -> Decimal:
        """Return what the entry ``credit`` pays on ``move`` as a payment: only the rest of it is a credit."""
        if not credit.origin_payment_id:
            return Decimal(0)
        pair = [("entry_id", "=", credit.id), ("document_id", "=", move.id), ("over", "=", False)]
        return sum((part._amount() for part in self.env["xero.payment.part"]._payments(pair)), Decimal(0))

    # === ALLOCATE === #

    def _allocate(self, move, credit, amount: Decimal) -> None:
        """Reconcile ``amount`` of the entry ``credit`` with the document ``move``.

        :param credit: the ``account.move`` of a credit note or a payment
        :param amount: above zero, in the document's currency, which must be that of the credit
        :raise Untakeable: one of them has less open, or they cannot be reconciled
        :raise UserError: Odoo forbids it
        """
        if "posted" not in (move.state, credit.state) or move.state != credit.state:
            raise Untakeable(
                "dependency",
                self.env["xero.reason"]._(
                    "%(credit)s was applied to %(name)s in Xero. Post both in Odoo, then try again.",
                    credit=named(credit.display_name),
                    name=named(move.display_name),
                ),
                move if move.state != "posted" else credit,
            )
        open_amounts = self._open_amount(move), self._open_amount(credit)
        most = Remaining(self._in_odoo(float(amount), *open_amounts, currency=move.currency_id))
        lines, against = self._open_lines(move), self._open_lines(credit)
        shared = (lines.account_id & against.account_id)[:1]
        node = (lines | against).filtered(lambda line: line.account_id == shared)
        if shared and move.currency_id == credit.currency_id:
            node.with_context(**own(xero_at_most=most)).reconcile()
        if not move.currency_id.is_zero(most.amount):
            raise Untakeable(
                "closed",
                self.env["xero.reason"]._(
                    "%(amount)s of %(credit)s was applied to %(name)s in Xero. In Odoo one of them has less open, or "
                    "another account or currency. Undo what settled it in Odoo, and try again.",
                    amount=move.currency_id.format(float(amount)),
                    credit=named(credit.display_name),
                    name=named(move.display_name),
                ),
                move,
            )

    def _settle_pair(self, connection, credit_type, key: str, link, move, credit, amount: Decimal) -> bool:
        """Take over that Xero has ``amount`` of ``credit`` applied to the document ``move``.

        :param credit_type: ``CreditNote``, ``Overpayment`` or ``Prepayment``
        :param key: Xero's ids of credit and document in small letters, with a colon between
        :param link: the link of their part, if any
        :param credit: the ``account.move`` of a credit note or a payment
        :param amount: in all, in the document's currency; zero where Xero took it back
        :return: whether something was reconciled or undone in Odoo
        :raise Untakeable: one of them has less open, or they cannot be reconciled
        :raise UserError: Odoo forbids it
        """
        held, present = link._applied(), self._allocated(move, credit)
        if link and amount == held:
            return False
        part = self.env["xero.payment.part"].browse(link.res_id).exists()
        if part._is_discount():
            # Odoo's payment says what it is: Xero is brought to it again.
            self._remember(connection, key, link, part, amount)
            part._enqueue(connection, part, EVENT)
            return False
        wanted = self._merged(connection, link, held, present, amount)
        if (move | credit).filtered(lambda entry: entry.state != "posted") and held:
            # Reset or cancelled in Odoo: that undid it, and Xero is being told.
            wanted = present
        if wanted < present:
            self._partials(move, credit).unlink()
        missing = wanted - self._allocated(move, credit)
        if missing:
            self._allocate(move, credit, missing)
        part = self._keep_part(connection, credit_type, link, move, credit)
        self._remember(connection, key, link, part, amount)
        scope = connection._scope(connection.company_id.id)
        if part._amount() != amount and scope and scope.sends_credits:
            part._enqueue(connection, part, EVENT)
        return wanted != present

    def _merged(self, connection, link, held, present, amount) -> Decimal:
        """Return what shall be reconciled in Odoo: Xero's amount, unless Odoo has a change that Xero does not know yet.

        :param held: what both agreed last
        :param present: what is reconciled in Odoo
        :param amount: what is applied in Xero
        """
        if connection.credit_direction not in TAKEN_WAYS:
            return present
        if connection.credit_direction not in SENT_WAYS:
            return amount if link else max(present, amount)
        if present < held:
            return present
        return amount if present == held else max(present, amount)

    def _keep_part(self, connection, credit_type, link, move, credit):
        """Return the part of the pair, with the amount that is reconciled now."""
        parts = self.env["xero.payment.part"]
        pair = [("connection_id", "=", connection.id), ("entry_id", "=", credit.id), ("document_id", "=", move.id)]
        part = parts.browse(link.res_id).exists() or parts._credits(pair)[:1]
        values = parts._credit_values(connection, credit, credit_type, move, self._allocated(move, credit))
        if not part:
            return parts.create(values)
        part.write({name: values[name] for name in ("amount", "over")})
        return part

    def _remember(self, connection, key, link, part, amount) -> None:
        """Store what Xero has applied of a pair, on the link of its part.

        :param key: as of :meth:`_settle_pair`
        :param link: the present one, empty without one
        :param part: the ``xero.payment.part`` of the pair
        :param amount: in all, in the document's currency
        """
        self.env["xero.link"]._save(
            [
                {
                    "connection_id": connection.id,
                    "company_id": part.company_id.id,
                    "xero_type": ALLOCATION,
                    "res_model": part._name,
                    "res_id": part.id,
                    "xero_id": key,
                    "state": "synced",
                    "xero_status": "AUTHORISED" if amount else "DELETED",
                    "xero_total": amount,
                    "from_xero": link.from_xero if link else True,
                    "synced_at": fields.Datetime.now(),
                }
            ]
        )


class XeroInboundSettlement(models.AbstractModel):
    """What was paid or credited on documents in Xero."""

    _name = "xero.inbound.settlement"
    _inherit = "xero.inbound.hook"
    _description = "Xero Inbound Settlement"

    def _import_settlements(self, connection, xero_type, pairs):
        """Have new payments read, and reconcile the credits that were applied."""
        worker = self.with_env(self.env["xero.inbound"]._as_worker(connection).env)
        worker._ask_for_payments(connection, [element for _link, element in pairs])
        worker._settle_credits(connection, xero_type, pairs)

    def _matched_again(self, move, credits):
        self.env["xero.payment.part"]._refresh_credits(move | credits)

    def _ask_for_payments(self, connection, elements) -> None:
        """Read payments: one call for what is new, and those that stay unknown then one by one."""
        jobs, payments = self.env["xero.sync.job"], self.env["xero.inbound"]._for_type("Payment")
        listed = {xero_id for element in elements for xero_id in payment_ids(element)}
        unknown = listed - set(payments._links(connection, list(listed)))
        jobs._enqueue_poll(connection, "Payment", priority=EVENT)
        # After the poll, which takes away those that it brought.
        jobs._enqueue_fetch(connection, "Payment", unknown, priority=EVENT + 1)
        self.env["xero.sync.runner"]._wake(connection.ids)

    def _settle_credits(self, connection, xero_type, pairs) -> None:
        """Bring the reconciliations of each document (or credit) in ``pairs`` to what Xero applied.

        What Odoo cannot reconcile is a failed fetch job of the document, and is tried again when it is read again.

        :param xero_type: of all ``pairs``: a document's, or ``Overpayment`` or ``Prepayment``
        :param pairs: ``(link, element)``
        """
        known = self._allocation_links(connection, [link.xero_id.lower() for link, _element in pairs])
        for link, element in pairs:
            owner = link.xero_id.lower()
            if xero_type == "Invoice":
                applied = {(*credit, owner): amount for credit, amount in credits_on(element).items()}
            else:
                allocations = allocations_of(element).items()
                applied = {(xero_type, owner, invoice): amount for invoice, amount in allocations}
            if applied or known.get(owner):
                self._settle_one(connection, xero_type, link, element, owner, applied)

    def _settle_one(self, connection, xero_type, link, element, owner, applied):
        # One before it in the page may have made or undone some of them.
        known = self._allocation_links(connection, [owner]).get(owner, {})
        inbound = self.env["xero.inbound"]._for_type(xero_type)
        try:
            with self.env.cr.savepoint():
                written = self._carry_out(connection, applied, known, is_whole(element, applied))
        except Untakeable as error:
            result = Result("failed", said(error), link.res_id, error.fix)
        except FORBIDDEN as error:
            result = Result("failed", quoted(error.args[0]), link.res_id, {"kind": "validation"})
        else:
            if written:
                inbound._notify_screens(connection, {owner: Result("updated", res_id=link.res_id)})
            return
        self.env.invalidate_all(flush=False)
        self._unsettle(link)
        self.env["xero.sync.job"]._fail_fetches(connection, inbound, {link.xero_id: result})

    def _note_credit(self, connection, move, credit, amount: Decimal) -> None:
        """Say on both what of ``credit`` is applied to ``move`` in Xero now; ``amount`` is zero where it was undone."""
        words = {"credit": named(credit.display_name), "document": named(move.display_name)}
        if amount:
            words["amount"] = move.currency_id.format(float(amount))
            text = self.env["xero.reason"]._("Applied in Xero: %(amount)s of %(credit)s to %(document)s.", **words)
        else:
            text = self.env["xero.reason"]._(
                "Undone in Xero: %(credit)s is not applied to %(document)s any more.", **words
            )
        self.env["xero.log"]._post(connection, [(one, text) for one in move | credit])

    def _carry_out(self, connection, applied, known, whole) -> bool:
        """Undo first what Xero took back, so that it is open for what Xero applied instead."""
        ledger, written = self.env["xero.payment.ledger"], False
        moves = self._entries(connection, applied)
        keys = {f"{credit}:{invoice}" for _kind, credit, invoice in applied}
        for key in set(known) - keys if whole else ():
            part = self.env["xero.payment.part"].browse(known[key].res_id).exists()
            if part.entry_id and part.document_id:
                undone = ledger._settle_pair(
                    connection, part.credit_type, key, known[key], part.document_id, part.entry_id, Decimal(0)
                )
                written |= undone
                if undone:
                    self._note_credit(connection, part.document_id, part.entry_id, Decimal(0))
        for (kind, credit, invoice), amount in applied.items():
            entry, move = moves.get((kind, credit)), moves.get(("Invoice", invoice))
            key = f"{credit}:{invoice}"
            if entry and move:
                before = known.get(key, self.env["xero.link"])
                settled = ledger._settle_pair(connection, kind, key, before, move, entry, amount)
                written |= settled
                if settled:
                    self._note_credit(connection, move, entry, amount)
            elif move:
                # Read it: where it is taken over, it is reconciled then.
                self.env["xero.sync.job"]._enqueue_fetch(connection, kind, [credit], priority=EVENT + 1)
        return written

    def _allocation_links(self, connection, owners) -> dict:
        """Return ``{owner: {key: link}}`` of the allocations from or to each of ``owners``; one query for all."""
        self.env["xero.link"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT id, split_part(xero_id, ':', 1), split_part(xero_id, ':', 2) FROM xero_link
                    WHERE connection_id = %(connection)s AND xero_type = %(type)s AND xero_id IS NOT NULL
                      AND string_to_array(xero_id, ':') && %(owners)s::text[]
                    ORDER BY id""",
                connection=connection.id,
                type=ALLOCATION,
                owners=list(owners),
            )
        )
        links = self.env["xero.link"].browse([row[0] for row in rows])
        found = defaultdict(dict)
        for link, (_id, credit, invoice) in zip(links, rows, strict=True):
            for owner in {credit, invoice}:
                found[owner][f"{credit}:{invoice}"] = link
        return found

    def _entries(self, connection, applied) -> dict:
        """Return ``{(type, id): entry}`` of the documents and credits in ``applied`` that are linked."""
        wanted = {}
        for kind, credit, invoice in applied:
            wanted.setdefault(kind, set()).add(credit)
            wanted.setdefault("Invoice", set()).add(invoice)
        found = {}
        for kind, xero_ids in wanted.items():
            inbound = self.env["xero.inbound"]._for_type(kind)
            for xero_id, link in inbound._links(connection, list(xero_ids)).items():
                record = self.env[link.res_model].browse(link.res_id).exists()
                entry = record if record._name == "account.move" else record.move_id
                if entry and link.state != "ignored":
                    found[kind, xero_id.lower()] = entry
        return found

    def _unsettle(self, link):
        """What could not be reconciled is tried again when the document is read again."""
        state = {name: value for name, value in (link.base_state or {}).items() if name != "money"}
        link.write({"base_state": state, "base_digest": codec.digest(state)})
