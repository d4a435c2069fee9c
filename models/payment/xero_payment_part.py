"""What of a payment made in Odoo goes to Xero as a payment of its own."""

from collections import namedtuple
from datetime import datetime
from decimal import Decimal

from odoo import api, fields, models

from ...mappers.text import named
from ...mappers.values import booked
from ..inbound.importer_document import SETTLED
from ..link.own_context import own as in_context
from ..link.own_context import own_value
from ..queue.xero_sync_job import EVENT, WAITING

# Removals go first: Xero voids no document that something is paid on.
REMOVAL = 4
LIQUID = ("asset_cash", "liability_credit_card")
REFUNDS = ("out_refund", "in_refund")
Share = namedtuple("Share", "document_id account_id amount rate")
# What of a write-off is a credit note in Xero.
CREDITED = "credited"


class Shares(namedtuple("Shares", "paid credited")):
    """What an entry settles of documents in Xero: a list of ``Share``, and ``{document: amount}`` of a credit note."""

    def document_ids(self) -> set[int]:
        return {share.document_id for share in self.paid} | {move.id for move in self.credited}

    def only(self, move_ids):
        """Return what of it is on the documents ``move_ids``."""
        credited = {move: amount for move, amount in self.credited.items() if move.id in move_ids}
        return Shares([share for share in self.paid if share.document_id in move_ids], credited)


class XeroPaymentHook(models.AbstractModel):
    """What other rooms know of payments.

    Hooks run as superuser in the transaction of whoever changed a payment or what it pays; they call nobody.
    """

    _name = "xero.payment.hook"
    _inherit = "xero.hook"
    _description = "Xero Payment Hook"

    def _in_xero_already(self, entries):
        """Return those of ``entries`` (payments as journal entries) that stand in Xero as payments of people there.

        :param entries: ``account.move`` of one company
        """
        return entries.browse()

    def _looked_at(self, connection, entries) -> None:
        """Called when what ``entries`` pay in Xero was brought to the present state.

        :param connection: ``xero.connection`` that serves them
        :param entries: ``account.move`` of one company, payments as journal entries
        """


class XeroPaymentPart(models.Model):
    """One payment in Xero: what an entry of a bank journal pays on one document, through the bank or by a write-off.

    Xero's payments are for one document each and are never changed, so rows are neither: what is not so any more is
    over, and a new row takes its place. Rows are not the reconciliations themselves, because Odoo makes those anew
    whenever somebody undoes and repeats one, and has one for each instalment.
    """

    _name = "xero.payment.part"
    _inherit = ["xero.company.guard", "xero.status.mixin"]
    _description = "Xero Payment Part"
    _order = "id desc"

    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    entry_id = fields.Many2one("account.move", "Payment Entry", index=True, ondelete="set null", readonly=True)
    document_id = fields.Many2one("account.move", index=True, ondelete="set null", readonly=True)
    journal_id = fields.Many2one("account.journal", readonly=True, ondelete="set null")
    account_id = fields.Many2one(
        "account.account", "Write-Off Account", readonly=True, ondelete="set null", help="Empty: the bank account."
    )
    amount = fields.Float(digits=(16, 2), readonly=True, help="In the currency of the document.")
    rate = fields.Float(
        digits=(18, 6), readonly=True, help="Units of that currency for one of the company's; 0 for none."
    )
    date = fields.Date(readonly=True)
    credit_type = fields.Selection(
        [("CreditNote", "Credit Note"), ("Overpayment", "Overpayment"), ("Prepayment", "Prepayment")],
        "Credit",
        readonly=True,
        help="What is applied to the document. Empty: the part is a payment.",
    )
    over = fields.Boolean(readonly=True, help="It is not so any more: it must not be in Xero.")
    batch_xero_id = fields.Char(
        "Batch Payment in Xero", readonly=True, index="btree_not_null", help="The payment run that it is part of there."
    )
    run_refused = fields.Boolean(
        readonly=True, help="Xero refused a payment run with it: what is wrong is looked for before the next one."
    )

    @api.depends("entry_id.name", "document_id.name")
    def _compute_display_name(self):
        for part in self:
            part.display_name = self.env._(
                "%(payment)s on %(document)s",
                payment=named(part.entry_id.sudo().name) or self.env._("Payment"),
                document=named(part.document_id.sudo().name) or "?",
            )

    def _get_records_action(self, **values):
        """People know the payment, not its parts."""
        return (self.entry_id.origin_payment_id or self.entry_id)._get_records_action(**values)

    def _message_log_batch(self, bodies, **values):
        """Leave what happened to a part in the chatter of its payment."""
        for part in self.filtered(lambda part: part.id in bodies):
            part._message_log(body=bodies[part.id], **values)

    def _message_log(self, **values):
        (self.entry_id.origin_payment_id or self.entry_id)._message_log(**values)

    # === THE TWO KINDS === #

    @api.model
    def _payments(self, domain: list):
        """Return the parts within ``domain`` that are payments of their own in Xero."""
        return self.search([*domain, ("credit_type", "=", False)])

    @api.model
    def _credits(self, domain: list):
        """Return the parts within ``domain`` that apply a credit to a document."""
        return self.search([*domain, ("credit_type", "!=", False)])

    # === REFRESH === #

    @api.model
    def _refresh(self, moves) -> None:
        """Bring the parts of the payment entries among ``moves``, or reconciled with them, to the present state.

        What changed is queued for Xero.

        :param moves: ``account.move`` of any kind and company
        """
        self.sudo()._refresh_write_offs(moves.sudo())
        journals = self.env["xero.mapping.journal"].sudo()._outgoing_journal_ids()
        if not journals:
            return
        entries = self._entries(moves.sudo(), journals)
        old = self.sudo().search([("entry_id", "in", (moves | entries).ids)])
        old = old.filtered(lambda part: not part.credit_type or part._is_discount())
        # Those of journal entries were looked at above.
        old = old.filtered(lambda part: part.entry_id._xero_money_journal().type != "general")
        entries |= old.entry_id
        for company, of_company in entries.grouped("company_id").items():
            connection = self.env["xero.connection"]._for_company(company)
            if connection:
                self.sudo()._refresh_entries(connection, of_company, old)

    def _entries(self, moves, journals):
        """Return the entries of ``journals`` among ``moves`` and what they are reconciled with."""
        lines = moves.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        partials = lines.matched_debit_ids | lines.matched_credit_ids
        touched = moves | (partials.debit_move_id | partials.credit_move_id).move_id
        return touched.filtered(lambda move: move._xero_money_journal().id in journals)

    def _refresh_entries(self, connection, entries, old):
        rows = self.env["xero.mapping.journal"]._outgoing_journals(connection)
        wanted = self._wanted(connection, rows, entries - self._from_xero(entries), old)
        removed, revived, values, parts = self.browse(), self.browse(), [], old.grouped("entry_id")
        less, more = self.browse(), self.browse()
        for entry in entries:
            of_entry = parts.get(entry, self.browse())
            discounts, shares = of_entry.filtered("credit_type"), wanted.get(entry, Shares([], {}))
            gone, again, new = self._compare(connection, entry, of_entry - discounts, shares.paid)
            removed, revived, values = removed | gone, revived | again, values + new
            lowered, raised = self._compare_credit(connection, entry, "CreditNote", shares.credited, discounts)
            less, more = less | lowered, more | raised
        self._enqueue(connection, removed | less, REMOVAL)
        self._enqueue(connection, self.create(values) | revived | more, EVENT)
        self._enqueue_discounts(connection, (less | more).entry_id)
        for hook in self.env["xero.payment.hook"]._all():
            hook._looked_at(connection, entries)

    def _wanted(self, connection, rows, entries, old) -> dict:
        """Return ``{entry: shares that are to be in Xero}``.

        What was paid before the journal's payments went to Xero may stand there already, so it goes only on documents
        that were made in Xero by us since, and those that it was sent for.
        """
        scope = connection._scope(connection.company_id.id)
        posted = entries.filtered(lambda entry: entry.state == "posted" and entry._xero_money_journal().id in rows)
        since = {entry: rows[entry._xero_money_journal().id].outgoing_since for entry in posted}
        found = {entry: self._shares(entry, scope) for entry in posted}
        older = posted.filtered(lambda entry: entry.create_date < since[entry])
        made_at = self._made_here(connection, {move_id for entry in older for move_id in found[entry].document_ids()})
        sent = {(part.entry_id, part.document_id.id) for part in old if not part.over}
        for entry in older:
            found[entry] = found[entry].only(
                {
                    move_id
                    for move_id in found[entry].document_ids()
                    if (entry, move_id) in sent or made_at.get(move_id, datetime.min) >= since[entry]
                }
            )
        for entry, credited in self._overpaid(connection, posted).items():
            # What its overpayment is applied to is no payment.
            found[entry] = found[entry]._replace(paid=self._paid_beside(entry, credited, found[entry].paid, old))
        return found

    def _overpaid(self, connection, entries) -> dict:
        """Return ``{entry: amount}`` of those of ``entries`` whose rest Odoo sent as an overpayment, which stands in
        Xero; one query.
        """
        payments = entries.origin_payment_id
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("xero_type", "in", ("Overpayment", "Prepayment")),
                ("res_model", "=", "account.payment"),
                ("res_id", "in", payments.ids),
                ("from_xero", "=", False),
            ]
            if payments
            else [(0, "=", 1)]
        )
        alive = {link.res_id: _decimal(link.xero_total, 2) for link in links if link._is_alive()}
        by_payment = {entry.origin_payment_id.id: entry for entry in entries}
        return {by_payment[res_id]: amount for res_id, amount in alive.items()}

    def _paid_beside(self, entry, credited, shares, old) -> list:
        """Return those of ``shares`` that ``entry`` pays beside an overpayment of ``credited``: what was sent, and of
        others as much as is free again because a payment was undone. The rest of them is what the overpayment is
        applied to.

        :param credited: in the currency of the payment
        """
        known = {share.document_id for share in shares}
        paid = [
            part._share()
            for part in old
            if part.entry_id == entry and not (part.over or part.credit_type) and part.document_id.id in known
        ]
        payment, documents = entry.origin_payment_id, {share.document_id for share in paid}
        free = _decimal(payment.amount, 2) - credited - sum(share.amount for share in paid if not share.account_id)
        for share in shares if free > 0 else ():
            is_alike = self.env["account.move"].browse(share.document_id).currency_id == payment.currency_id
            amount = share.amount if share.account_id else min(share.amount, free)
            if share.document_id not in documents and is_alike and amount:
                paid.append(share._replace(amount=amount))
                free -= 0 if share.account_id else amount
        return paid

    def _made_here(self, connection, move_ids) -> dict:
        """Return ``{document id: when the connector made it in Xero}``; one query."""
        if not move_ids:
            return {}
        links = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", "account.move"),
                ("res_id", "in", list(move_ids)),
                ("made_here_at", "!=", False),
            ]
        )
        return {link.res_id: link.made_here_at for link in links if link.made_xero_id == link.xero_id}

    def _from_xero(self, entries):
        """Return those of ``entries`` that were made in Xero first, or are there already: they are never sent back."""
        links = self.env["xero.link"].search(
            [
                ("res_model", "=", "account.payment"),
                ("res_id", "in", entries.origin_payment_id.ids),
                ("from_xero", "=", True),
            ]
        )
        found = entries.filtered(lambda entry: entry.origin_payment_id.id in links.mapped("res_id"))
        return found.union(*(hook._in_xero_already(entries) for hook in self.env["xero.payment.hook"]._all()))

    def _compare(self, connection, entry, old, wanted) -> tuple:
        """Return the parts that are over now, those that are so again, and the values of new ones."""
        left, kept, revived = list(wanted), self.browse(), self.browse()
        for part in old.sorted(lambda part: (part.over, part.id)):
            share = part._share()
            if share in left and (not part.over or part._is_in_xero()) and part.date == entry.date:
                left.remove(share)
                kept |= part
                revived |= part.filtered("over")
        revived.over = False
        gone = old.filtered(lambda part: not part.over) - kept
        gone.over = True
        # Odoo reconciles step by step: what one step of this transaction made and the next took back was nothing.
        passing = gone.filtered(lambda part: part.create_date >= self.env.cr.now() and not part._is_in_xero())
        gone -= passing
        passing.unlink()
        return gone, revived, [self._values(connection, entry, share) for share in left]

    def _share(self):
        return Share(self.document_id.id, self.account_id.id, self._amount(), _decimal(self.rate, 6))

    def _amount(self) -> Decimal:
        """Return the amount in the currency of the document."""
        return _decimal(self.amount, 2)

    def _is_in_xero(self) -> bool:
        links = self.env["xero.link"]._map(self.connection_id, "Payment", self._name, self.ids)
        link = links.get(self.id)
        return bool(link and link._is_alive())

    def _values(self, connection, entry, share):
        return {
            "connection_id": connection.id,
            "company_id": entry.company_id.id,
            "entry_id": entry.id,
            "journal_id": entry._xero_money_journal().id,
            "date": entry.date,
            "document_id": share.document_id,
            "account_id": share.account_id,
            "amount": float(share.amount),
            "rate": float(share.rate),
        }

    def _enqueue(self, connection, parts, priority):
        run_id, least = own_value(self.env, "xero_follows") or (None, priority)
        if priority == REMOVAL:
            run_id, least = None, priority
        for mapper in self.env["xero.mapper"]._for_model(self._name):
            records = [(part.id, part.company_id.id) for part in mapper._handles(parts).sorted("id")]
            self.env["xero.sync.job"]._enqueue(connection.id, mapper, records, priority=least, run_id=run_id or None)
        if parts:
            self.env["xero.sync.runner"]._wake(connection.ids)

    @api.model
    def _follow(self, connection, moves, run, priority) -> None:
        """Queue what is paid on ``moves``, which were just made in Xero; as part of ``run``, if there is one.

        :param moves: ``account.move``, documents of ``connection``
        :param run: an ``xero.run``; empty without one
        :param priority: of the jobs that sent the documents; lower is sooner
        """
        parts = self.with_context(**in_context(xero_follows=(run.id, max(priority, EVENT))))
        parts._refresh(moves)
        # Of a document that was made once before, the payments are known already.
        domain = [("connection_id", "=", connection.id), ("document_id", "in", moves.ids), ("over", "=", False)]
        known = self.sudo().search(domain)
        links = self.env["xero.link"]._map(connection, "Payment", self._name, known.ids)
        due = known.filtered(lambda part: part._is_discount() if part.credit_type else part.id not in links)
        parts.sudo()._enqueue(connection, due, EVENT)
        if run.state == "paused":
            run._keep_back([self._name])

    # === SHARES === #

    def _shares(self, entry, scope) -> Shares:
        """Return what ``entry`` pays on each document that Xero has or will have."""
        settled = entry.line_ids.filtered(lambda line: line.account_id.account_type in SETTLED)
        partials = (settled.matched_debit_ids | settled.matched_credit_ids).sorted("id")
        ledger, paid, told = self.env["xero.payment.ledger"], {}, {}
        for partial in partials:
            mine, other, own, theirs = self._sides(partial, entry)
            move = other.move_id
            if self._may_be_settled(move) and self._is_synced(move, scope) and self._is_payment(entry, mine):
                if move not in told:
                    told[move] = ledger._xero_amounts(move)
                own += self._exchange(partial, mine, entry)
                base = own * abs(mine.balance / mine.amount_currency) if mine.amount_currency else own
                before = paid.get(move, (Decimal(0), 0.0, 0.0, 0.0))
                new = told[move][partial], own, base, theirs
                paid[move] = tuple(map(sum, zip(before, new)))
        return self._split(entry, paid)

    def _exchange(self, partial, mine, entry) -> float:
        """Return what of the entry's line went into the exchange difference of ``partial``: that was paid too."""
        if not partial.exchange_move_id or mine.currency_id != mine.company_currency_id:
            return 0.0
        return sum(
            self._sides(found, entry)[2]
            for found in mine.matched_debit_ids | mine.matched_credit_ids
            if partial.exchange_move_id in (found.debit_move_id | found.credit_move_id).move_id
        )

    def _sides(self, partial, entry):
        """Return the entry's line, the other line, and the amounts reconciled in the currency of each."""
        sides = [
            (partial.debit_move_id, partial.debit_amount_currency),
            (partial.credit_move_id, partial.credit_amount_currency),
        ]
        if partial.credit_move_id.move_id == entry:
            sides.reverse()
        (mine, own), (other, theirs) = sides
        return mine, other, own, theirs

    def _may_be_settled(self, move) -> bool:
        """Whether what is reconciled with the document ``move`` counts in Xero. Odoo keeps it when one is reset to
        draft, and undoes it when amounts are changed then.
        """
        return move.state == "posted" or move._xero_is_kept()

    def _is_synced(self, move, scope) -> bool:
        """Whether ``move`` is a document that Xero has: a manual journal there is paid and credited by nothing."""
        mappers = self.env["xero.mapper"]._for_model("account.move")
        is_sent = move.is_invoice(include_receipts=True) and any(mapper._handles(move) for mapper in mappers)
        return is_sent and bool(move._xero_concerns(scope))

    def _is_payment(self, entry, line) -> bool:
        """Whether ``line`` stands against money that moved, not only against a write-off."""
        return any(self._is_liquid(entry, other) for other in entry.line_ids - line)

    def _is_liquid(self, entry, line) -> bool:
        journal = entry.journal_id
        methods = journal.inbound_payment_method_line_ids | journal.outbound_payment_method_line_ids
        accounts = (
            journal.default_account_id
            | journal.suspense_account_id
            | methods.payment_account_id
            | entry.origin_payment_id.outstanding_account_id
        )
        return line.account_id in accounts or line.account_id.account_type in LIQUID

    def _split(self, entry, paid) -> Shares:
        """Return the shares: of each document what came through the bank, and what was written off.

        Write-offs go to the documents that were reconciled first, so that a later one changes nothing about them;
        discounts to those that they are of.
        """
        shares, credited, left = [], {}, self._write_offs(entry, paid)
        discounts = {move: self._discount_of(move) for move in paid} if CREDITED in left else {}
        is_each_known = abs(sum(discounts.values()) - left.get(CREDITED, 0.0)) < 0.005
        for move, (amount, own, base, exact) in paid.items():
            rate = (
                _decimal(exact / base, 6) if move.currency_id != move.company_currency_id and base else _decimal(0, 6)
            )
            rest, open_here = amount, own
            for key in list(left):
                most = discounts[move] if key == CREDITED and is_each_known else open_here
                taken = min(left[key], open_here, most)
                part = booked(exact * taken / own, move.currency_id.decimal_places) if own else Decimal(0)
                left[key] -= taken
                open_here -= taken
                rest -= part
                if part and key == CREDITED:
                    credited[move] = part
                elif part:
                    shares.append(Share(move.id, key, part, rate))
            if rest > 0:
                shares.append(Share(move.id, False, rest, rate))
        return Shares(shares, credited)

    def _write_offs(self, entry, moves) -> dict:
        """Return ``{account id: amount}`` of what was settled without money, in the currency of the entry's lines.

        :param moves: the documents that it was settled on
        :return: what is a credit note in Xero is under ``CREDITED``
        """
        lines = self._written_off_lines(entry)
        liquid = entry.line_ids.filtered(lambda line: self._is_liquid(entry, line))
        sign = 1 if sum(liquid.mapped("balance")) >= 0 else -1
        credited = self._credited_lines(entry) if all(move.move_type not in REFUNDS for move in moves) else ()
        found = {}
        for line in lines.sorted("id"):
            key = CREDITED if line in credited else line.account_id.id
            found[key] = found.get(key, 0.0) + sign * line.amount_currency
        return {key: amount for key, amount in found.items() if amount > 0}

    # === REMOVAL === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never_sent(self):
        jobs = self.env["xero.sync.job"].sudo()
        jobs.search([("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "in", WAITING)]).write(
            {"state": "cancelled", "done_at": fields.Datetime.now()}
        )


def _decimal(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")
