"""Matching of products with Xero's items: a stage between contacts and documents, which name items."""

from odoo import fields, models
from odoo.addons.xero_connector.models.inbound.importer import Untakeable
from odoo.addons.xero_connector.models.matching.xero_match_kind import Batch
from odoo.addons.xero_connector.xero_api import codec
from odoo.tools import SQL

from .match_item import ItemFacts, match_items

ITEMS = "items"


class XeroMatch(models.Model):
    _inherit = "xero.match"

    stage = fields.Selection(selection_add=[(ITEMS, "Products"), ("documents",)], ondelete={ITEMS: "set default"})


class XeroMatchLine(models.Model):
    _inherit = "xero.match.line"

    stage = fields.Selection(selection_add=[(ITEMS, "Products"), ("documents",)], ondelete={ITEMS: "cascade"})
    kind = fields.Selection(selection_add=[("item", "Product"), ("out_invoice",)], ondelete={"item": "cascade"})


class XeroMatchItems(models.AbstractModel):
    _name = "xero.match.items"
    _inherit = "xero.match.kind"
    _description = "Xero Match Items"

    _stage = ITEMS
    _rank = 20
    _types = ("Item",)
    _odoo_model = "product.product"
    _shown = (
        *("code", "name", "description", "sale_price", "sale_account"),
        *("purchase_description", "purchase_price", "purchase_account"),
    )
    _one_way = True
    _against = frozenset({"code_spaced", "code_differs"})

    def _applies(self, connection):
        return connection.item_policy != "off"

    def _side(self, xero_type):
        return self.env["xero.inbound.item"]

    # === READ === #

    def _rows(self, connection, product_ids=None) -> list[dict]:
        """Return what identifies the sold or purchased variants that have no link; one query.

        :param product_ids: only these
        """
        self.env.flush_all()
        companies = self.env["xero.sync.runner"]._served_companies(connection)
        return self.env.execute_query_dict(
            SQL(
                """
            SELECT p.id, p.default_code AS code, p.barcode, p.active AND t.active AS active, t.name AS names,
                   (SELECT string_agg(v.name->>'en_US', ', ' ORDER BY c.product_template_attribute_value_id)
                      FROM product_variant_combination c
                      JOIN product_template_attribute_value a ON a.id = c.product_template_attribute_value_id
                      JOIN product_attribute_value v ON v.id = a.product_attribute_value_id
                     WHERE c.product_product_id = p.id) AS variant
              FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id
             WHERE (t.sale_ok OR t.purchase_ok) AND (t.company_id IS NULL OR t.company_id IN %(companies)s)
               AND (%(all)s OR p.id = ANY(%(ids)s))
               AND NOT EXISTS (SELECT FROM xero_link l WHERE l.res_model = 'product.product' AND l.res_id = p.id
                                  AND l.connection_id = %(connection)s AND l.xero_id IS NOT NULL)
             ORDER BY p.id
            """,
                companies=tuple(companies.ids),
                all=product_ids is None,
                ids=list(product_ids or []),
                connection=connection.id,
            )
        )

    def _elements(self, snapshot, xero_ids=None) -> list[dict]:
        """Return the items of the snapshot that have no link; one query."""
        return self.env.execute_query_dict(
            SQL(
                """
            SELECT e.id, e.xero_id, e.number AS code, e.name FROM xero_snapshot_element e
             WHERE e.snapshot_id = %(snapshot)s AND e.xero_type = 'Item' AND (%(all)s OR e.xero_id = ANY(%(ids)s))
               AND NOT EXISTS (SELECT FROM xero_link l WHERE l.connection_id = e.connection_id
                                  AND l.xero_type = e.xero_type AND l.xero_id = e.xero_id)
             ORDER BY e.id
            """,
                snapshot=snapshot.id,
                all=xero_ids is None,
                ids=list(xero_ids or []),
            )
        )

    def _ware(self, row) -> ItemFacts:
        """A variant is called by its template, with or without what makes it a variant."""
        names = dict.fromkeys(filter(None, (row["names"] or {}).values()))
        full = [f"{name} {row['variant']}" for name in names] if row["variant"] else []
        return ItemFacts(row["id"], row["code"], (*full, *names), row["barcode"] or "", not row["active"])

    # === COMPARE === #

    def _propose(self, match, taken, taken_there, apart):
        rows = {row["id"]: row for row in self._rows(match.connection_id) if row["id"] not in taken}
        elements = {
            row["xero_id"]: row for row in self._elements(match.snapshot_id) if row["xero_id"] not in taken_there
        }
        proposals = match_items(
            [self._ware(row) for row in rows.values()],
            [ItemFacts(row["xero_id"], row["code"], (row["name"] or "",)) for row in elements.values()],
        )
        return [
            Batch(
                "item",
                "Item",
                self._odoo_model,
                [found for found in proposals if self._is_told(found, rows) and (found.odoo, found.xero) not in apart],
                {key: self._product_columns(row) for key, row in rows.items()},
                {key: {"xero_name": _called(row), "element_id": row["id"]} for key, row in elements.items()},
            )
        ]

    def _is_told(self, proposal, rows) -> bool:
        """A product without a code is never sent: it is no news that Xero has none."""
        return proposal.odoo is None or bool(proposal.pair or proposal.rivals or rows[proposal.odoo]["code"])

    def _product_columns(self, row) -> dict:
        names = row["names"] or {}
        name = names.get(self.env.lang) or names.get("en_US") or ""
        shown = f"{name} ({row['variant']})" if row["variant"] else name
        return {
            "odoo_name": _called({"code": row["code"], "name": shown}),
            "odoo_archived": not row["active"],
            "fingerprint": codec.digest({key: str(value) for key, value in row.items()}),
        }

    def _fingerprints(self, connection, kind, res_ids):
        return {row["id"]: self._product_columns(row)["fingerprint"] for row in self._rows(connection, res_ids)}

    def _compare_one(self, line):
        rows = self._rows(line.connection_id, [line.res_id])
        elements = self._elements(line.match_id.snapshot_id, [line.xero_id])
        items = [ItemFacts(row["xero_id"], row["code"], (row["name"] or "",)) for row in elements]
        found = match_items([self._ware(row) for row in rows], items)
        return next((proposal.pair for proposal in found if proposal.pair), None)

    def _add_details(self, match, lines):
        """Write on pairs which fields differ, in one pass."""
        pairs = lines.filtered(lambda line: line.res_id and line.element_id)
        side = self._side("Item")._as_worker(match.connection_id)
        products = side.env["product.product"].with_context(active_test=False).browse(pairs.mapped("res_id"))
        outgoing = side._outgoing(match.connection_id, products)
        labels, reason = self._labels(), self.env["xero.reason"]
        for line in pairs:
            ours = side._canonical(outgoing[line.res_id].payload)
            names = _differing(ours, side._canonical(line.element_id.data))
            line.differing = reason._join(", ", [labels[name] for name in self._shown if name in names]) or False
        pairs.element_id.invalidate_recordset(["data"], flush=False)

    # === SHOW === #

    def _element_name(self, element):
        return _called({"code": element.number, "name": element.name})

    def _sentences(self):
        return {
            "code": self.env._("Same code: {value}"),
            "code_spaced": self.env._("The codes differ in blanks: {value}"),
            "code_differs": self.env._("The codes differ: {value}"),
            "barcode": self.env._("The barcode is the code in Xero: {value}"),
        }

    def _labels(self):
        reason = self.env["xero.reason"]
        return {
            "code": reason._("Code"),
            "name": reason._("Name"),
            "description": reason._("Description"),
            "purchase_description": reason._("Purchase description"),
            "sale_price": reason._("Sales price"),
            "sale_account": reason._("Sales account"),
            "purchase_price": reason._("Cost"),
            "purchase_account": reason._("Purchase account"),
        }

    def _state_here(self, line, side, record):
        out = side._outgoing(line.connection_id, record)[record.id]
        return side._canonical(out.payload or {"Code": record.default_code, "Name": record.name})

    # === LINK === #

    def _link_values(self, line, record, element):
        return {
            "company": line.company_id,
            "xero_number": element.get("Code"),
            "xero_total": None,
            "from_xero": False,
        }

    def _differing(self, line, side, link, record):
        return _differing(self._state_here(line, side, record), side._canonical(line.element_id.data))

    def _adopt_xero(self, line, side, link, record):
        raise Untakeable("mapping", self.env["xero.reason"]._("Products go from Odoo to Xero only."))

    # === UNDO === #

    def _kept(self, match, lines):
        """Documents that are linked name these items: without the link they would count as changed."""
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT m.product_id FROM account_move_line m
                     JOIN xero_link l ON l.res_model = 'account.move' AND l.res_id = m.move_id AND l.connection_id = %s
                    WHERE m.product_id = ANY(%s) AND l.xero_id IS NOT NULL""",
                match.connection_id.id,
                lines.mapped("res_id"),
            )
        )
        named = {product_id for [product_id] in rows}
        reason = self.env["xero.reason"]._("Documents that name this product are linked with Xero.")
        return {line: reason for line in lines if line.res_id in named}


def _called(row) -> str:
    return " · ".join(filter(None, (row["code"], row["name"])))


def _differing(ours: dict, theirs: dict) -> set[str]:
    """What only one side says is no difference."""
    return {name for name in ours if name in theirs and ours[name] != theirs[name]}
