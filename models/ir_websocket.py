from odoo import models


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Let Xero users hear of status changes in the companies they work in."""
        channels = list(channels)
        if self.env.user and self.env.user.has_group("xero_connector.group_xero_user"):
            channels += [(company, "xero") for company in self.env.user.company_ids]
        return super()._build_bus_channel_list(channels)
