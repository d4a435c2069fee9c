"""When payments made in Odoo are looked at: what is reconciled, posted or taken back."""

from odoo import api, fields, models

from ..queue.sweep import WINDOW


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._xero_moves()._xero_settlement_changed()
        self.env["xero.payment.part"]._refresh_left_open(partials._xero_written_off())
        return partials

    def write(self, vals):
        result = super().write(vals)
        if "exchange_move_id" in vals:
            # What a payment is worth shows only now.
            self._xero_moves()._xero_settlement_changed()
        return result

    def unlink(self):
        moves, written_off = self._xero_moves(), self._xero_written_off()
        result = super().unlink()
        moves.exists()._xero_settlement_changed()
        self.env["xero.payment.part"]._refresh_left_open(written_off.exists())
        return result

    def _xero_written_off(self):
        """Return what is reconciled with journal entries of people, of companies that are connected."""
        if not self or self.env["xero.sync.mixin"]._xero_is_quiet():
            return self.env["account.move"]
        touched = (self.debit_move_id | self.credit_move_id).move_id
        entries = touched.filtered(
            lambda move: self.env["xero.connection"]._scope(move.company_id.id) and move.sudo()._xero_may_be_write_off()
        )
        return touched - entries if entries else touched.browse()

    def _xero_moves(self):
        """Return the entries whose payments or credits may concern Xero; no query where none go there."""
        # Each posting deletes nothing a dozen times.
        if not self or self.env["xero.sync.mixin"]._xero_is_quiet():
            return self.env["account.move"]
        journals = self.env["xero.mapping.journal"].sudo()._outgoing_journal_ids()
        connections = self.env["xero.connection"]

        def is_sent_credit(move):
            scope = connections._scope(move.company_id.id)
            return bool(scope and scope.sends_credits) and move._xero_may_be_credit()

        def shares_cents(move):
            # What one payment of it is in Xero hangs on those before it.
            return bool(journals) and move.currency_id.decimal_places > 2 and move.is_invoice(include_receipts=True)

        touched = (self.debit_move_id | self.credit_move_id).move_id
        return touched.filtered(
            lambda move: (
                move.sudo()._xero_money_journal().id in journals
                or is_sent_credit(move.sudo())
                or shares_cents(move.sudo())
            )
        )


class XeroFeederPayment(models.AbstractModel):
    _name = "xero.feeder.payment"
    _inherit = "xero.feeder"
    _description = "Xero Payment Feeder"

    def _end_sweep(self):
        """Look again at recent payments."""
        journals = self.env["xero.mapping.journal"]._outgoing_journal_ids()
        if journals:
            recent = fields.Datetime.now() - WINDOW
            domain = [("journal_id", "in", list(journals)), ("state", "=", "posted"), ("write_date", ">", recent)]
            self.env["xero.payment.part"]._refresh(self.env["account.move"].search(domain))
