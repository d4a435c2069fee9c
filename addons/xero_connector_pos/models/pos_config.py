import logging

from odoo import fields, models
from odoo.addons.xero_connector.models.link.access import XERO_USER
from odoo.addons.xero_connector.models.link.trace import log_unexpected
from odoo.addons.xero_connector.models.queue.drain import BEGIN_ANEW

_logger = logging.getLogger(__name__)


class PosConfig(models.Model):
    _inherit = "pos.config"

    # The point of sale reads all fields that its users may: these they may not.
    xero_partner_id = fields.Many2one(
        "res.partner",
        "Contact in Xero",
        check_company=True,
        copy=False,
        groups=XERO_USER,
        help="Whom the documents of this till are for in Xero. Empty: a contact with the name of the till is made when "
        "its next session is closed.",
    )
    xero_analytic_account_id = fields.Many2one(
        "account.analytic.account",
        "Tracked in Xero As",
        check_company=True,
        groups=XERO_USER,
        help="What is sold here is tracked in Xero as this analytic account is (Mapping, Tracking), where its entry "
        "says nothing else.",
    )

    def _xero_make_contacts(self) -> None:
        """Make the contacts that these tills lack. What stands in the way of one is told by its documents in Xero, and
        never by closing a session.
        """
        for config in self.sudo().filtered(lambda config: not config.xero_partner_id):
            values = {"name": config.name, "company_id": config.company_id.id, "is_company": True}
            try:
                with self.env.cr.savepoint():
                    config.xero_partner_id = self.env["res.partner"].sudo().create(values)
            except BEGIN_ANEW:
                raise
            except Exception as error:  # noqa: BLE001 -- whoever closes a session has nothing to do with it
                log_unexpected(_logger, error, "Making a contact for the till %s failed", config.id)
