"""When payments made in Odoo are looked at: what is reconciled, posted or taken back."""

from decimal import Decimal

from odoo import api, fields, models

from ..xero_api import codec
from .xero_sync_push import Failure
from .xero_sync_sweep import WINDOW

PAYMENT = "Payment"


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._xero_moves()._xero_settlement_changed()
        return partials

    def write(self, vals):
        result = super().write(vals)
        if "exchange_move_id" in vals:
            # What a payment is worth shows only now.
            self._xero_moves()._xero_settlement_changed()
        return result

    def unlink(self):
        moves = self._xero_moves()
        result = super().unlink()
        moves.exists()._xero_settlement_changed()
        return result

    def _xero_moves(self):
        """Return the entries whose payments or credits may concern Xero; no query where none go there."""
        if self.env.context.get("xero_no_sync"):
            return self.env["account.move"]
        journals = self.env["xero.mapping.journal"].sudo()._outgoing_journal_ids()
        connections = self.env["xero.connection"]
        touched = (self.debit_move_id | self.credit_move_id).move_id
        return touched.filtered(
            lambda move: (
                move.sudo().journal_id.id in journals
                or (connections._sends_credits(move.sudo().company_id.id) and move.sudo()._xero_may_be_credit())
            )
        )


class AccountMove(models.Model):
    _inherit = "account.move"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals and not self.env.context.get("xero_no_sync"):
            self._xero_payments_changed()
        return result

    def _xero_payments_changed(self):
        if self:
            self.env["xero.payment.part"]._refresh(self)

    def _xero_settlement_changed(self):
        """What of ``self`` is reconciled has changed."""
        self._xero_payments_changed()
        if self:
            self.env["xero.payment.part"]._refresh_credits(self)

    def _xero_may_be_credit(self) -> bool:
        """Whether this entry may stand for a credit in Xero: a credit note, an overpayment or a prepayment."""
        return self.move_type in ("out_refund", "in_refund") or bool(self.origin_payment_id)


class XeroSyncRunner(models.AbstractModel):
    _inherit = "xero.sync.runner"

    # === SWEEP === #

    def _sweep(self):
        """Extend: look again at recent payments."""
        queued = super()._sweep()
        journals = self.env["xero.mapping.journal"]._outgoing_journal_ids()
        if journals:
            recent = fields.Datetime.now() - WINDOW
            domain = [("journal_id", "in", list(journals)), ("state", "=", "posted"), ("write_date", ">", recent)]
            self.env["xero.payment.part"]._refresh(self.env["account.move"].search(domain))
        return queued

    # === SENDING === #

    def _chunks(self, mapper, items):
        """Extend: Xero deletes one payment a call."""
        for chunk in super()._chunks(mapper, items):
            if mapper._xero_type == PAYMENT and chunk[0].payload.get("PaymentID"):
                yield from ([item] for item in chunk)
            else:
                yield chunk

    def _send(self, client, mapper, batch, body):
        """Extend: a payment is deleted under its own address."""
        if mapper._xero_type != PAYMENT or batch.method != "POST":
            return super()._send(client, mapper, batch, body)
        [element] = codec.loads(body)[batch.resource]
        path = f"{batch.resource}/{element['PaymentID']}"
        return client.post(path, codec.dumps(element), idempotency_key=batch.idempotency_key)

    def _save_links(self, connection, mapper, saved):
        """Extend: a payment has an amount, where documents have a total."""
        failures = super()._save_links(connection, mapper, saved)
        if mapper._xero_type == PAYMENT:
            failures |= self._wrong_amounts(connection, mapper, saved)
        return failures

    def _wrong_amounts(self, connection, mapper, saved) -> dict:
        failures = {}
        links = self.env["xero.link"]._map(
            connection, PAYMENT, mapper._odoo_model, [item[1] for item, _element in saved]
        )
        for item, element in saved:
            expected, found = item[4], element.get("Amount")
            if expected is None or found is None or Decimal(str(found)) == Decimal(str(expected)):
                continue
            message = self.env._("Xero booked %(xero)s instead of %(odoo)s.", xero=found, odoo=expected)
            failures[item[0]] = Failure("total_mismatch", message)
            links[item[1]].write({"state": "error", "message": message, "digest": False})
        return failures
