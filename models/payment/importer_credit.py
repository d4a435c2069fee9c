"""Overpayments and prepayments of Xero: money without a document, booked as a payment that is open to be applied."""

from odoo import fields, models

from ...mappers.awaited import record_key
from ...mappers.document.canonical import changed_fields
from ...mappers.payment.canonical import GONE, allocations_of, base_amount, canonical_credit
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ...mappers.values import decimal
from ..inbound.importer import FORBIDDEN, Result, Untakeable

# Changes of these are applications of the credit, not edits.
APPLIED = {"remaining", "allocations"}


class XeroInboundCredit(models.AbstractModel):
    """Shared by the two kinds. Xero tells where the credit went; the bank account it came through is told by its bank
    transaction only, which ``xero.bank.sighting`` keeps once bank transactions are read.

    ``partner`` is whose money it is, a ``res.partner``; ``applied`` are the documents, ``account.move``, that Xero
    applied it to and that are linked; ``payment`` is the ``account.payment`` that stands for it.
    """

    _name = "xero.inbound.credit"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Credit"

    _odoo_model = "account.payment"
    _flow = "payments"
    _rank = 35
    _lists_ids = False

    def _canonical(self, element):
        return canonical_credit(element)

    # === NEW === #

    def _apply_new(self, connection, elements):
        """Book the credits of our contacts, and those that were applied to our documents."""
        partners = self._partners(connection, elements)
        documents = self._documents(connection, elements)
        results, calls = {}, self._open_calls(connection)
        for element in elements:
            applied = [documents[xero_id] for xero_id in allocations_of(element) if xero_id in documents]
            contact = self._canonical(element).get("contact")
            partner = partners.get(contact) or (applied and applied[0].commercial_partner_id)
            if not partner or not self._is_wanted(connection, element, applied):
                results[element[self._id_field]] = Result("ignored")
            elif calls:
                results[element[self._id_field]] = self._perhaps_sent(calls)
            else:
                results[element[self._id_field]] = self._take(connection, element, partner, applied)
        return results

    def _open_calls(self, connection):
        """Return the calls that sent overpayments and whose outcome is not known yet: credits bear no mark."""
        domain = [("connection_id", "=", connection.id), ("xero_type", "=", "Overpaid"), ("state", "!=", "done")]
        return self.env["xero.sync.batch"].search(domain)

    def _perhaps_sent(self, calls):
        """Return the ``Result`` of a credit that may be what one of ``calls`` sent."""
        message = self.env["xero.reason"]._(
            "Odoo is finding out whether this is what it sent itself; then it is imported, or linked."
        )
        waits = [record_key(calls._name, call_id) for call_id in calls.ids]
        return Result("failed", message, None, {"kind": "dependency", "waits": waits})

    def _partners(self, connection, elements) -> dict:
        """Return the living partners of the contacts of ``elements``: ``{contact's id in small letters: partner}``."""
        contacts = {self._canonical(element).get("contact") for element in elements} - {None}
        links = self.env["xero.inbound"]._for_type("Contact")._links(connection, list(contacts))
        partners = self.env["res.partner"].browse([link.res_id for link in links.values()])
        living = set(partners.exists().ids)
        return {
            xero_id.lower(): partners.browse(link.res_id) for xero_id, link in links.items() if link.res_id in living
        }

    def _documents(self, connection, elements) -> dict:
        """Return the living documents that ``elements`` are applied to: ``{invoice's id in small letters: document}``.
        """
        invoices = {xero_id for element in elements for xero_id in allocations_of(element)}
        links = self.env["xero.inbound"]._for_type("Invoice")._links(connection, list(invoices))
        moves = self.env["account.move"].browse([link.res_id for link in links.values()])
        living = set(moves.exists().ids)
        return {xero_id.lower(): moves.browse(link.res_id) for xero_id, link in links.items() if link.res_id in living}

    def _is_wanted(self, connection, element, applied) -> bool:
        """Whether the credit is alive, and applied to one of our documents or as recent as what is synced."""
        state = self._canonical(element)
        if state.get("status") in GONE or not decimal(state.get("total")):
            return False
        start = connection.sync_from or (connection.connected_at or connection.create_date).date()
        return bool(applied) or state.get("date", "") >= fields.Date.to_string(start)

    def _take(self, connection, element, partner, applied):
        """Book ``element`` and link it; return the ``Result``."""
        try:
            with self.env.cr.savepoint():
                payment = self._book(connection, element, partner, applied)
        except Untakeable as error:
            return Result("failed", said(error), None, error.fix)
        except FORBIDDEN as error:
            return Result("failed", quoted(error.args[0]), None, {"kind": "validation"})
        if not payment:
            return Result("ignored")
        self.env["xero.link"]._save(
            [self._link_row(connection, payment.id, element, payment.company_id, **self._link_values(element))]
        )
        link = self._links(connection, [element[self._id_field]])[element[self._id_field]]
        self.env["xero.inbound.settlement"]._settle_credits(connection, self._xero_type, [(link, element)])
        return Result("created", res_id=payment.id)

    def _link_values(self, element):
        """Return the further columns of a new link."""
        return {
            "from_xero": True,
            "xero_number": element.get("Reference") or None,
            "xero_total": element.get("Total"),
        }

    # === BOOK === #

    def _book(self, connection, element, partner, applied):
        """Return the posted payment for ``element``; empty when payments of Xero are not taken over.

        :raise Untakeable: it is not clear which journal is meant, or Odoo lacks the currency, or the period is closed
        :raise UserError: Odoo forbids it
        """
        journal = self._journal(connection, element)
        if not journal:
            return self.env["account.payment"]
        ledger = self.env["xero.payment.ledger"]
        values = self._payment_values(connection, element, journal, partner, applied)
        payment = ledger._create_payments([values])[0]
        payment.action_post()
        return payment

    def _payment_values(self, connection, element, journal, partner, applied):
        state, ledger = self._canonical(element), self.env["xero.payment.ledger"]
        company = applied[0].company_id if applied else connection.company_id
        incoming = str(state.get("type") or "").startswith(("RECEIVE", "AR"))
        documents = self.env["xero.inbound.invoice"]
        currency = documents._currency_values(company, state.get("currency"), state.get("rate"))["currency_id"]
        values = {
            "payment_type": "inbound" if incoming else "outbound",
            "partner_type": "customer" if incoming else "supplier",
            "partner_id": partner.id,
            "amount": float(decimal(state["total"])),
            "currency_id": currency,
            "date": ledger._booking_day(connection, journal, state.get("date")),
            "memo": state.get("reference") or self._label(),
            "journal_id": journal.id,
            "company_id": company.id,
        }
        method = ledger._method(journal, values["payment_type"])
        lines = ledger._open_lines(applied[0]) if applied else None
        if method:
            values["payment_method_line_id"] = method.id
        if lines:
            values["destination_account_id"] = lines.account_id[:1].id
        if currency != company.currency_id.id and base_amount(state) is not None:
            values["force_balance"] = float(base_amount(state))
        return values

    def _label(self) -> str:
        """Return the memo of a payment whose element has no reference, translated."""
        return self.env._("Credit in Xero")

    def _journal(self, connection, element):
        """Return the journal to book in: that of its bank account, where it was seen; else the chosen one, or the only
        one whose payments come from Xero.

        :return: empty when payments of no journal come from Xero
        :raise Untakeable: there are several, or none is mapped yet
        """
        seen = self._journals_seen(connection, [element[self._id_field]])
        if seen:
            return next(iter(seen.values()))
        if connection.credit_journal_id:
            return connection.credit_journal_id
        rows = self.env["xero.mapping.journal"].search(
            [("connection_id", "=", connection.id), ("journal_id", "!=", False)]
        )
        rows = rows.filtered(lambda row: row.state == "confirmed")
        journals = rows.filtered(lambda row: row.direction == "xero_to_odoo").journal_id
        alike = journals.filtered(
            lambda journal: (journal.currency_id or journal.company_id.currency_id).name == element.get("CurrencyCode")
        )
        for found in (alike, journals):
            if len(found) == 1:
                return found
        if rows and not journals:
            return journals
        raise Untakeable(
            "mapping",
            self.env["xero.reason"]._(
                "Through which bank account an overpayment or prepayment came is said by Xero's bank transactions "
                "only. Have them read, or choose the journal for them, on the Xero connection."
            ),
            connection,
        )

    def _journals_seen(self, connection, xero_ids) -> dict:
        """Return ``{Xero's id in small letters: journal}`` of the credits whose bank account was seen, and is booked
        from Xero; two queries.
        """
        seen = self.env["xero.bank.sighting"]._seen(connection, [(self._xero_type, xero_id) for xero_id in xero_ids])
        seen = {xero_id: row.account_id for (kind, xero_id), row in seen.items() if kind == self._xero_type}
        if not seen:
            return {}
        rows = self.env["xero.mapping.journal"].search(
            [
                ("connection_id", "=", connection.id),
                ("xero_account_id", "in", [account.id for account in seen.values()]),
                ("direction", "=", "xero_to_odoo"),
            ]
        )
        journals = {row.xero_account_id: row.journal_id for row in rows if row._is_usable()}
        return {xero_id: journals[account] for xero_id, account in seen.items() if account in journals}

    def _bank_account_seen(self, connection, xero_ids) -> None:
        """Have credits whose bank account is known now read again: those that waited for it, and those that are booked
        in another journal, unless a statement or a closed period holds them there.

        :param xero_ids: Xero's ids, as links have them
        """
        links, journals = self._links(connection, xero_ids), self._journals_seen(connection, xero_ids)
        payments = self.env["account.payment"].browse([link.res_id for link in links.values()]).exists()
        again = [xero_id for xero_id in xero_ids if xero_id not in links]
        for xero_id, link in links.items():
            payment, journal = payments.filtered(lambda one, link=link: one.id == link.res_id), None
            if payment and link.from_xero:
                journal = journals.get(xero_id.lower())
            if not journal or journal == payment.journal_id or payment.is_matched:
                continue
            if payment.state in ("in_process", "paid") and not payment.company_id._get_violated_lock_dates(
                payment.date, False, payment.journal_id
            ):
                # What both agree on is another one from now on.
                link.write({"base_state": {**(link.base_state or {}), "bank": "?"}, "base_digest": False})
                again.append(xero_id)
        self.env["xero.sync.job"]._enqueue_fetch(connection, self._xero_type, again)

    # === KNOWN === #

    def _apply_known(self, connection, changed):
        results = {}
        for link, element in changed:
            payment = self.env["account.payment"].browse(link.res_id).exists()
            results[element[self._id_field]] = self._change(connection, link, element, payment)
        return results

    def _change(self, connection, link, element, payment):
        """Do what a change in Xero asks for; return the ``Result``."""
        state = self._canonical(element)
        changed = changed_fields(link.base_state, state)
        if not link.from_xero:
            return self._sent_changed(connection, link, element, payment)
        if not payment or payment.state in ("canceled", "rejected"):
            self._save_base(connection, link, element)
            return Result("agreed" if state.get("status") in GONE else "ignored", res_id=link.res_id)
        if state.get("status") in GONE:
            return self._undo(connection, link, element, payment)
        if changed <= APPLIED | {"reference"}:
            self._save_base(connection, link, element)
            self.env["xero.inbound.settlement"]._settle_credits(connection, self._xero_type, [(link, element)])
            return Result("updated", res_id=payment.id)
        return self._redo(connection, link, element, payment)

    def _sent_changed(self, connection, link, element, payment):
        """The rest of a payment that Odoo sent: what it is applied to comes over. Voided in Xero it is open in Odoo
        only; the payment stays, as what it pays does.

        :return: the ``Result``
        """
        self._save_base(connection, link, element)
        if not self._is_gone(element):
            if payment and payment.state not in ("canceled", "rejected"):
                self.env["xero.inbound.settlement"]._settle_credits(connection, self._xero_type, [(link, element)])
            return Result("updated", res_id=link.res_id)
        self.env["xero.payment.part"]._drop(payment.move_id, credit_type=self._xero_type)
        sent = self.env["xero.link"].search(
            [
                ("connection_id", "=", connection.id),
                ("xero_type", "=", "Overpaid"),
                ("res_model", "=", link.res_model),
                ("res_id", "=", link.res_id),
            ]
        )
        sent.write({"xero_status": "VOIDED"})
        note = self.env["xero.reason"]._("What was paid too much was voided in Xero: it is open in Odoo only.")
        self.env["xero.log"]._post(connection, [(payment, note)])
        return Result("updated", res_id=link.res_id)

    def _is_gone(self, element):
        return element.get("Status") in GONE

    def _undo(self, connection, link, element, payment):
        """Voided in Xero: what it was applied to is open again.

        :return: the ``Result``: ``undone``, or what became of the refusal
        """
        try:
            with self.env.cr.savepoint():
                self._undo_payment(connection, link, payment)
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            reason = self.env["xero.reason"]._(
                "%(payment)s was voided in Xero, but Odoo forbids it: %(reason)s",
                payment=named(payment.display_name),
                reason=quoted(error.args[0]),
            )
            return self.env["xero.conflict"]._refuse(self, connection, link, element, payment, reason)
        self._save_base(connection, link, element)
        voided = self.env["xero.reason"]._("Cancelled: it was voided in Xero.")
        self.env["xero.log"]._post(connection, [(payment, voided)])
        return Result("undone", res_id=payment.id)

    def _undo_payment(self, connection, link, payment):
        entry = payment.move_id
        self.env["xero.payment.ledger"]._cancel(payment)
        self.env["xero.payment.part"]._drop(entry)

    def _redo(self, connection, link, element, payment):
        """It was edited: book it as it is now, in place of how it was.

        :return: the ``Result``: ``updated``, ``failed`` with the reason, or what became of the refusal
        """
        applied = list(self._documents(connection, [element]).values())
        try:
            with self.env.cr.savepoint():
                self._undo_payment(connection, link, payment)
                partner = self._partners(connection, [element]).get(self._canonical(element).get("contact"))
                fresh = self._book(connection, element, partner or payment.partner_id, applied)
        except Untakeable as error:
            self.env.invalidate_all(flush=False)
            return Result("failed", said(error), payment.id, error.fix)
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            return self.env["xero.conflict"]._refuse(self, connection, link, element, payment, quoted(error.args[0]))
        link.res_id = (fresh or payment).id
        self._save_base(connection, link, element)
        self.env["xero.inbound.settlement"]._settle_credits(connection, self._xero_type, [(link, element)])
        return Result("updated", res_id=link.res_id)

    # === CONFLICTS === #

    def _canonical_odoo(self, connection, link, record):
        return link.base_state or {}

    def _resolve_sides(self, connection, link, element, record, mine):
        """Xero's side: try again what Odoo forbade. Odoo's side: leave the payment as it is."""
        if "status" not in mine and record:
            self._undo_payment(connection, link, record)
        self._save_base(connection, link, element, state="synced", message=None)


class XeroInboundOverpayment(models.AbstractModel):
    _name = "xero.inbound.overpayment"
    _inherit = "xero.inbound.credit"
    _description = "Xero Inbound Overpayment"

    _xero_type = "Overpayment"
    _resource = "Overpayments"
    _id_field = "OverpaymentID"
    _category = "OVERPAYMENT"

    def _label(self):
        return self.env._("Overpayment in Xero")


class XeroInboundPrepayment(models.AbstractModel):
    _name = "xero.inbound.prepayment"
    _inherit = "xero.inbound.credit"
    _description = "Xero Inbound Prepayment"

    _xero_type = "Prepayment"
    _resource = "Prepayments"
    _id_field = "PrepaymentID"
    _category = "PREPAYMENT"

    def _label(self):
        return self.env._("Prepayment in Xero")
