"""Item codes on the lines of invoices, bills and credit notes."""

from odoo import models
from odoo.addons.xero_connector.mappers.outgoing import Need


class XeroMapperDocument(models.AbstractModel):
    _inherit = "xero.mapper.document"

    def _books(self, moves, connection, links=None):
        """Read the links of all products at once; none where items are switched off."""
        books = super()._books(moves, connection, links)
        books.items = {}
        if connection.item_policy != "off":
            products = moves.env["account.move.line"].browse(books.lines).product_id
            products.fetch(("default_code", "sale_ok", "purchase_ok", "active"))
            books.items = self.env["xero.link"].sudo()._map(connection, "Item", "product.product", products.ids)
        return books

    def _extend_lines(self, move, books, out, lines):
        """Name the item on each line whose product is one in Xero; with "items first", wait for those that are none."""
        first = books.connection.item_policy == "first"
        for line_id, line in lines.items():
            product = books.lines[line_id].product_id
            link = books.items.get(product.id)
            if link and link.xero_id:
                line["ItemCode"] = link.xero_number
            elif first and product.active and self.env["xero.mapper.item"]._handles(product):
                out.needs.append(Need("Item", "product.product", product.id))
        super()._extend_lines(move, books, out, lines)

    def _dependencies(self, res_ids, connection):
        needs = super()._dependencies(res_ids, connection)
        if connection.item_policy != "first":
            return needs
        rows = (
            self.env["account.move.line"]
            .sudo()
            ._read_group(
                [
                    ("move_id", "in", res_ids),
                    ("display_type", "=", "product"),
                    ("product_id.active", "=", True),
                    ("product_id.default_code", "not in", (False, "")),
                    "|",
                    ("product_id.sale_ok", "=", True),
                    ("product_id.purchase_ok", "=", True),
                ],
                ["product_id"],
            )
        )
        return needs + [Need("Item", "product.product", product.id) for [product] in rows]
