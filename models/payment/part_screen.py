"""What a part of a payment shows of Xero."""

from odoo import fields, models


class XeroPaymentPart(models.Model):
    _inherit = "xero.payment.part"

    xero_id = fields.Char("Xero ID", compute="_compute_xero_sync", compute_sudo=True)
    xero_url = fields.Char(help="The document in Xero that it is on.")
    currency_id = fields.Many2one(related="document_id.currency_id")

    def _compute_xero_can_sync(self):
        for part in self:
            part.xero_can_sync = not part.over

    def _xero_company(self):
        return self.company_id

    def _xero_connection_ids(self):
        return {part.id: part.connection_id.id for part in self._origin}

    def _xero_pages(self, standings):
        """Return the links of the documents that they are on, where Xero lists payments and credits."""
        links = self.env["xero.link"].search(
            [
                ("res_model", "=", "account.move"),
                ("res_id", "in", self.document_id.ids),
                ("connection_id", "in", self.connection_id.ids),
            ]
        )
        found = {link.res_id: link for link in links}
        return {part.id: found[part.document_id.id] for part in self if part.document_id.id in found}

    def _set_xero_ids(self, links):
        self.xero_id = links._is_alive() and links.xero_id
