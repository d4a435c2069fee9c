"""Payments of Xero that are known here and were undone or changed there."""

from odoo import fields, models

from ...mappers.document.canonical import changed_fields
from ...mappers.payment.canonical import GONE, target_of
from ...mappers.reason import said
from ...mappers.text import named, quoted
from ..inbound.importer import FORBIDDEN, Result, Untakeable
from .importer_payment import Order


class XeroInboundPayment(models.AbstractModel):
    _inherit = "xero.inbound.payment"

    # === KNOWN === #

    def _apply_known(self, connection, changed):
        results = {}
        payments = self.env["account.payment"].browse(
            [link.res_id for link, _element in changed if link.res_model == "account.payment"]
        )
        living = set(payments.exists().ids)
        for link, element in changed:
            if link.res_model != "account.payment":
                results[element[self._id_field]] = self._sent_changed(connection, link, element)
            else:
                payment = payments.browse(link.res_id) if link.res_id in living else payments.browse()
                results[element[self._id_field]] = self._change(connection, link, element, payment)
        self._drop_fetches(connection, [element for _link, element in changed], results)
        return results

    def _sent_changed(self, connection, link, element):
        """A payment that Odoo sent was taken back in Xero: a person decides, unless Odoo has taken it back too."""
        part = self.env["xero.payment.part"].browse(link.res_id).exists()
        if part and not part.over and self._canonical(element)["status"] in GONE:
            reason = self.env["xero.reason"]._(
                "%s was sent to Xero and deleted there. Options: send it again, or undo its reconciliation in Odoo.",
                named(part.display_name),
            )
            result = self.env["xero.conflict"]._refuse(self, connection, link, element, part, reason)
            self.env["xero.log"]._post(connection, [(part.document_id, reason)])
            return result._replace(res_id=None)
        self._save_base(connection, link, element)
        return Result("agreed")

    def _change(self, connection, link, element, payment):
        state = self._canonical(element)
        changed = changed_fields(link.base_state, state)
        gone = state["status"] in GONE
        if not payment or (gone and payment.state in ("canceled", "rejected")):
            self._save_base(connection, link, element)
            return Result("agreed" if gone else "ignored", res_id=link.res_id)
        if changed == {"reference"}:
            payment.memo = state.get("reference") or payment.memo
            self._save_base(connection, link, element)
            return Result("updated", res_id=payment.id)
        return (
            self._undo(connection, link, element, payment, state)
            if gone
            else self._redo(connection, link, element, payment)
        )

    def _undo(self, connection, link, element, payment, state):
        """The payment was undone in Xero: its documents are open again, the payment is cancelled."""
        documents = self.env["xero.payment.ledger"]._documents(payment)
        try:
            with self.env.cr.savepoint():
                self.env["xero.payment.ledger"]._cancel(payment)
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            reason = self.env["xero.reason"]._(
                "%(payment)s was undone in Xero, but Odoo forbids it: %(reason)s",
                payment=named(payment.display_name),
                reason=quoted(error.args[0]),
            )
            return self.env["xero.conflict"]._refuse(self, connection, link, element, payment, reason)
        self._save_base(connection, link, element)
        undone = self.env["xero.reason"]._(
            "A payment was undone in Xero: %(amount)s (%(payment)s).",
            amount=payment.currency_id.format(payment.amount),
            payment=named(payment.name),
        )
        cancelled = self.env["xero.reason"]._("Cancelled: it was undone in Xero.")
        notes = [(payment, cancelled), *((document, undone) for document in documents)]
        self.env["xero.log"]._post(connection, notes)
        self._look_again(connection, documents)
        self._notify_documents(connection, [Order(element, state, document, None) for document in documents])
        return Result("undone", res_id=payment.id)

    def _look_again(self, connection, documents) -> None:
        """What was refused on ``documents`` because they were paid may go now: read them once more."""
        refused = self.env["xero.conflict"].search(
            [
                ("connection_id", "=", connection.id),
                ("res_model", "=", documents._name),
                ("res_id", "in", documents.ids),
                ("kind", "=", "refused"),
                ("state", "=", "open"),
            ]
        )
        refused.write({"state": "settled", "choice": "other", "settled_at": fields.Datetime.now()})
        for xero_type, links in refused.link_id.grouped("xero_type").items():
            self.env["xero.sync.job"]._enqueue_fetch(connection, xero_type, links.mapped("xero_id"))
        if refused:
            self.env["xero.sync.runner"]._wake(connection.ids)

    def _redo(self, connection, link, element, payment):
        """Book the payment as Xero has it now, in place of how it was."""
        records = self._records(connection, [element])
        rows = self._rows(connection, [element])
        try:
            with self.env.cr.savepoint():
                self.env["xero.payment.ledger"]._cancel(payment)
                order = self._to_order(connection, element, records.get(target_of(element)), rows)
                if isinstance(order, Result):
                    raise Untakeable(
                        "dependency", self.env["xero.reason"]._("What this payment is for now is not synced with Odoo.")
                    )
                fresh = self.env["xero.payment.ledger"]._book_orders(connection, [order])
        except Untakeable as error:
            self.env.invalidate_all(flush=False)
            return Result("failed", said(error), payment.id, error.fix)
        except FORBIDDEN as error:
            self.env.invalidate_all(flush=False)
            return self.env["xero.conflict"]._refuse(self, connection, link, element, payment, quoted(error.args[0]))
        link.res_id = fresh.id
        self._save_base(connection, link, element)
        self._note_paid(connection, [order], changed=True)
        self._notify_documents(connection, [order])
        return Result("updated", res_id=fresh.id)

    # === CONFLICTS === #

    def _canonical_odoo(self, connection, link, record):
        return link.base_state or {}

    def _resolve_sides(self, connection, link, element, record, mine):
        """Xero's side: try again what Odoo forbade. Odoo's side: leave the payment as it is, or send it again."""
        if record and record._name == "xero.payment.part":
            self._resolve_sides_of_sent(connection, link, element, record, "status" in mine)
            return
        if "status" not in mine and record and record._name == "account.payment":
            self.env["xero.payment.ledger"]._cancel(record)
        self._save_base(connection, link, element, state="synced", message=None)

    def _resolve_sides_of_sent(self, connection, link, element, part, again):
        if again:
            self._resend(connection, link, element, part)
            return
        self._save_base(connection, link, element, state="synced", message=None)
        part.over = True
        self.env["xero.payment.ledger"]._partials(part.entry_id, part.document_id).unlink()
