"""What matters of an item in Xero. Items go one way: changes made in Xero are not taken over."""

from odoo import models
from odoo.addons.xero_connector.mappers.values import amount

DETAILS = (("SalesDetails", "sale"), ("PurchaseDetails", "purchase"))


class XeroInboundItem(models.AbstractModel):
    _name = "xero.inbound.item"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Item"

    _xero_type = "Item"
    _resource = "Items"
    _id_field = "ItemID"
    _odoo_model = "product.product"
    _takes_in = False
    _polled = False

    def _outgoing(self, connection, products) -> dict:
        return self.env["xero.mapper.item"]._prepare(products, connection)

    def _canonical(self, element):
        state = {
            "code": element.get("Code"),
            "name": element.get("Name"),
            "description": element.get("Description"),
            "purchase_description": element.get("PurchaseDescription"),
        }
        for key, side in DETAILS:
            details = element.get(key) or {}
            state[f"{side}_price"] = amount(details.get("UnitPrice"))
            state[f"{side}_account"] = details.get("AccountCode")
        return {name: value for name, value in state.items() if value}
