"""What a payment shows of Xero: itself when it came from there, else the parts of it that are sent."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mappers.text import named
from .link.access import XERO_USER, check_one, check_role
from .queue.xero_sync_job import CLICK, SWEEP
from .xero_sync_mixin import SYNC_STATES

# The first of these that a part is in is what the whole payment shows.
WEIGHT = ("failed", "conflict", "sending", "queued", "synced", "not_synced")


class AccountPayment(models.Model):
    _inherit = "account.payment"

    xero_part_ids = fields.Many2many(
        "xero.payment.part", string="In Xero", compute="_compute_xero_part_ids", compute_sudo=True, groups=XERO_USER
    )
    xero_sync_state = fields.Selection(
        SYNC_STATES, "Xero Status", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER
    )
    xero_sync_message = fields.Text("Xero Message", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_payment_id = fields.Char("Xero ID", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_url = fields.Char("Xero Address", compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_has_fix = fields.Boolean(compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)
    xero_can_sync = fields.Boolean(compute="_compute_xero_sync", compute_sudo=True, groups=XERO_USER)

    # === COMPUTE === #

    @api.depends("move_id")
    def _compute_xero_part_ids(self):
        parts = self.env["xero.payment.part"].search([("entry_id", "in", self.move_id.ids)])
        # What was taken back and is out of Xero is of no interest any more.
        shown = parts.filtered(lambda part: not part.over or part.xero_sync_state != "not_synced")
        by_entry = shown.grouped("entry_id")
        for payment in self:
            payment.xero_part_ids = by_entry.get(payment.move_id, parts.browse()) if payment.move_id else parts.browse()

    def _compute_xero_sync(self):
        links = self.env["xero.link"].search([("res_model", "=", self._name), ("res_id", "in", self.ids)])
        own = {link.res_id: link for link in links}
        outgoing = self.env["xero.mapping.journal"]._outgoing_journal_ids()
        for payment in self:
            link, parts = own.get(payment.id), payment.xero_part_ids
            states = [*parts.mapped("xero_sync_state"), *([self._xero_state_of(link)] if link else [])]
            payment.xero_sync_state = min(states, key=WEIGHT.index, default="not_synced")
            messages = [*parts.mapped("xero_sync_message"), link and link.message]
            payment.xero_sync_message = "\n".join(dict.fromkeys(filter(None, messages))) or False
            payment.xero_payment_id = ", ".join(filter(None, [link and link.xero_id, *parts.mapped("xero_id")]))
            payment.xero_url = payment._xero_document_url(parts) if link or parts else False
            payment.xero_has_fix = bool(parts._failed_job().fix_action)
            payment.xero_can_sync = payment.journal_id.id in outgoing and payment.state in ("in_process", "paid")

    def _xero_state_of(self, link):
        return self.env["xero.sync.mixin"]._xero_state(link, None)

    def _xero_document_url(self, parts):
        """Return the address of a document that it pays: Xero shows payments there."""
        documents = parts.document_id or self.reconciled_invoice_ids | self.reconciled_bill_ids
        links = self.env["xero.link"].search(
            [("res_model", "=", "account.move"), ("res_id", "in", documents.ids), ("xero_id", "!=", False)], limit=1
        )
        return links.url

    # === ACTIONS === #

    def _xero_check_person(self):
        """See that the user may send these payments.

        :raise AccessError: the user is no Xero user, or may not read one of them
        """
        check_role(self.env, XERO_USER, self.env._("Only Xero users send payments to Xero."))
        self.check_access("read")

    def action_xero_sync(self):
        """Queue what these payments pay ahead of background work.

        :raise UserError: nothing of a payment goes to Xero, with the reason
        """
        self._xero_check_person()
        parts = self.env["xero.payment.part"]
        parts._refresh(self.move_id)
        for payment in self:
            due = parts.sudo().search(
                [("entry_id", "in", payment.move_id.ids), ("over", "=", False), ("credit_type", "=", False)]
            )
            if not due:
                raise UserError(payment._xero_refusal())
            ahead = self.env["xero.click"]._ask_sending(due.connection_id, len(due))
            due._enqueue(due.connection_id, due, CLICK if ahead else SWEEP)
        self.invalidate_recordset(flush=False)
        return True

    def _xero_refusal(self) -> str:
        if self.journal_id.id not in self.env["xero.mapping.journal"].sudo()._outgoing_journal_ids():
            return self.env._(
                "Payments of %s are not sent to Xero: their direction is chosen under Xero, Mapping, Bank Accounts.",
                named(self.journal_id.name),
            )
        return self.env._(
            "%s pays nothing that goes to Xero: reconcile it with an invoice or bill first. Payments that came from "
            "Xero, or were made before the direction was chosen, are not sent.",
            named(self.display_name),
        )

    def action_xero_fix(self):
        """Open the screen that fixes the failure of a part."""
        check_one(self)
        self._xero_check_person()
        job = self.sudo().xero_part_ids._failed_job()
        return job.with_user(self.env.user).action_fix() if job else True

    def action_xero_jobs(self):
        """Open every time that these payments were sent."""
        self._xero_check_person()
        parts = self.env["xero.payment.part"].search([("entry_id", "in", self.move_id.ids)])
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_sync_job")
        domain = [("res_model", "=", parts._name), ("res_id", "in", parts.ids)]
        return {**action, "domain": domain, "context": {}}

    def action_xero_open(self):
        """Open a document that the payment pays in Xero."""
        check_one(self)
        self._xero_check_person()
        if not self.xero_url:
            raise UserError(self.env._("This payment is not in Xero yet."))
        return {"type": "ir.actions.act_url", "url": self.xero_url, "target": "new"}
