from odoo import api, fields, models
from odoo.addons.xero_connector.mappers.text import named


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "xero.sync.mixin"]

    xero_item_id = fields.Char("Xero ID", compute="_compute_xero_sync", search="_search_xero_id", compute_sudo=True)

    def _set_xero_ids(self, links):
        super()._set_xero_ids(links)
        self.xero_item_id = links.xero_id

    def _xero_company(self):
        """A product shared by companies is shown and sent by the company that the user works in."""
        return self.company_id or self.env.company

    def _xero_refusal(self, scope):
        self.ensure_one()
        if self.env["xero.connection"].sudo().browse(scope.connection_id).item_policy == "off":
            return self.env["xero.reason"]._("Products are switched off in the Xero settings of this company.")
        if not self.env["xero.mapper.item"]._handles(self):
            return self.env["xero.reason"]._(
                "%s needs an internal reference, and to be sold or purchased, to be an item in Xero.",
                named(self.display_name),
            )
        return None

    # === EVENTS === #

    @api.model_create_multi
    def create(self, vals_list):
        products = super().create(vals_list)
        products._xero_tell()
        return products

    def write(self, vals):
        result = super().write(vals)
        self._xero_tell(vals)
        return result

    def _xero_changed(self) -> None:
        """Queue these products for every organisation that takes products and whose company uses them."""
        for connection in self.env["xero.connection"].sudo().search([("item_policy", "!=", "off")]):
            scope = connection._scope(connection.company_id.id)
            if scope and scope.connection_id == connection.id:
                companies = self.env["res.company"].sudo().search([("id", "child_of", connection.company_id.id)])
                used = self.sudo().filtered(
                    lambda product, companies=companies: not product.company_id or product.company_id in companies
                )
                used.with_company(connection.company_id)._xero_enqueue(scope)
