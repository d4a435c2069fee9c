"""What a part of a payment shows of Xero."""

from odoo import fields, models
from odoo.exceptions import UserError

from ..xero_sync_mixin import SYNC_STATES


class XeroPaymentPart(models.Model):
    _inherit = "xero.payment.part"

    xero_sync_state = fields.Selection(SYNC_STATES, "Xero Status", compute="_compute_xero_sync", compute_sudo=True)
    xero_sync_message = fields.Text("Xero Message", compute="_compute_xero_sync", compute_sudo=True)
    xero_id = fields.Char("Xero ID", compute="_compute_xero_sync", compute_sudo=True)
    xero_url = fields.Char(compute="_compute_xero_sync", compute_sudo=True, help="The document in Xero that it is on.")
    xero_can_sync = fields.Boolean(compute="_compute_xero_sync", compute_sudo=True)
    currency_id = fields.Many2one(related="document_id.currency_id")

    def _compute_xero_sync(self):
        links, jobs = self._by_part("xero.link", []), self._by_part("xero.sync.job", self._open_job_domain())
        documents = self._document_addresses()
        for part in self:
            link, job = links.get(part.id), jobs.get(part.id)
            part.xero_sync_state = self.env["xero.sync.mixin"]._xero_state(link, job)
            part.xero_sync_message = job._waiting_reason() if job else link and link.message
            part.xero_id = link and link._is_alive() and link.xero_id
            part.xero_url = documents.get(part.document_id.id)
            part.xero_can_sync = not part.over

    def _open_job_domain(self):
        return [("state", "not in", ("done", "cancelled")), ("operation", "in", ("push", "void"))]

    def _by_part(self, model, domain) -> dict:
        rows = self.env[model].search([("res_model", "=", self._name), ("res_id", "in", self.ids), *domain])
        return {row.res_id: row for row in rows}

    def _document_addresses(self) -> dict:
        links = self.env["xero.link"].search(
            [
                ("res_model", "=", "account.move"),
                ("res_id", "in", self.document_id.ids),
                ("connection_id", "in", self.connection_id.ids),
            ]
        )
        return {link.res_id: link.url for link in links}

    def _failed_job(self):
        """Return the job of a part that a person can mend, the latest first."""
        return self.env["xero.sync.job"].search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "in", ("failed", "dead"))], limit=1
        )

    def action_xero_open(self):
        """Open the document that the part is on in Xero, which lists its payments and credits."""
        self.ensure_one()
        self.env["account.payment"]._xero_check_person()
        self.check_access("read")
        if not self.xero_url:
            raise UserError(self.env._("This document is not in Xero yet."))
        return {"type": "ir.actions.act_url", "url": self.xero_url, "target": "new"}
