"""What a payment shows of Xero: itself when it came from there, else the parts of it that are sent."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mappers.text import named
from .link.access import XERO_USER
from .queue.xero_sync_job import CLICK, SWEEP

# In which of its states a part that is over is of no interest any more.
OVER_STATES = ("gone", "not_synced")


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["account.payment", "xero.status.mixin"]

    xero_part_ids = fields.Many2many(
        "xero.payment.part", string="In Xero", compute="_compute_xero_part_ids", compute_sudo=True, groups=XERO_USER
    )
    xero_payment_id = fields.Char("Xero ID", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)

    # === COMPUTE === #

    @api.depends("move_id")
    def _compute_xero_part_ids(self):
        parts = self.env["xero.payment.part"].search([("entry_id", "in", self.move_id.ids)])
        # What was taken back and is out of Xero is of no interest any more.
        shown = parts.filtered(lambda part: not part.over or part.xero_sync_state not in OVER_STATES)
        by_entry = shown.grouped("entry_id")
        for payment in self:
            payment.xero_part_ids = by_entry.get(payment.move_id, parts.browse()) if payment.move_id else parts.browse()

    def _compute_xero_can_sync(self):
        outgoing = self.env["xero.mapping.journal"]._outgoing_journal_ids()
        for payment in self:
            payment.xero_can_sync = payment.journal_id.id in outgoing and payment.state in ("in_process", "paid")

    def _xero_company(self):
        return self.company_id

    def _xero_parts(self):
        return self.env["xero.payment.part"].search([("entry_id", "in", self.move_id.ids)])

    def _xero_standings(self):
        """Of parts that are over, only where there are no others: the payment stood in Xero, and does no more."""
        parts = self._xero_parts()
        of_entry = parts.grouped("entry_id")
        shown = {payment: payment.xero_part_ids or of_entry.get(payment.move_id, ()) for payment in self}
        found, of_parts = super()._xero_standings(), parts._xero_standings()
        for payment, of_payment in shown.items():
            for part in of_payment:
                found.setdefault(payment.id, []).extend(of_parts.get(part.id, ()))
        return found

    def _xero_pages(self, standings):
        """Return links of the documents that they pay: Xero shows payments there."""
        paid = {
            payment.id: (
                payment.xero_part_ids.document_id or payment.reconciled_invoice_ids | payment.reconciled_bill_ids
            ).ids
            for payment in self
            if payment.id in standings
        }
        links = self.env["xero.link"].search(
            [("res_model", "=", "account.move"), ("res_id", "in", sum(paid.values(), [])), ("xero_id", "!=", False)]
        )
        return {
            res_id: links.filtered(lambda link, move_ids=move_ids: link.res_id in move_ids)[:1]
            for res_id, move_ids in paid.items()
        }

    def _set_xero_ids(self, links):
        shown = links.filtered(lambda link: link.res_model == self._name or link._is_alive())
        self.xero_payment_id = ", ".join(filter(None, shown.mapped("xero_id")))

    # === ACTIONS === #

    def action_xero_sync(self):
        """Queue what these payments pay ahead of background work.

        :raise UserError: nothing of a payment goes to Xero, with the reason
        """
        self._xero_check_person()
        parts = self.env["xero.payment.part"]
        parts._refresh(self.move_id)
        for payment in self:
            due = parts.sudo()._payments([("entry_id", "in", payment.move_id.ids), ("over", "=", False)])
            if not due:
                raise UserError(payment._xero_refusal())
            ahead = self.env["xero.click"]._ask_sending(due.connection_id, len(due))
            due._enqueue(due.connection_id, due, CLICK if ahead else SWEEP)
        self.invalidate_recordset(flush=False)
        return True

    def _xero_refusal(self) -> str:
        if self.journal_id.id not in self.env["xero.mapping.journal"].sudo()._outgoing_journal_ids():
            return self.env["xero.reason"]._(
                "Payments of %s are not sent to Xero: their direction is chosen under Xero, Mapping, Bank Accounts.",
                named(self.journal_id.name),
            )
        return self.env["xero.reason"]._(
            "%s pays nothing that goes to Xero: reconcile it with an invoice or bill first. Payments that came from "
            "Xero, or were made before the direction was chosen, are not sent.",
            named(self.display_name),
        )
