from collections import defaultdict

from odoo import models
from odoo.tools import SQL


class XeroStockSourceMoves(models.AbstractModel):
    """What goods did, for companies that enter their bills in Xero: Odoo's own entries say nothing of receipts then.

    Receipts debit stock and credit *Goods Received, not Billed*; deliveries debit cost of sales and credit stock; what
    is lost, scrapped or made goes against the account of its location; returns are the reverse. Goods that never touch
    the own stock have no value of their own in Odoo: their bills are booked on cost of sales in Xero.
    """

    _name = "xero.stock.source.moves"
    _inherit = "xero.stock.source"
    _description = "Xero Stock Source: Moves"

    _mode = "moves"

    def _rows_sql(self, connection, companies):
        """A move has two rows: ``stock``, and ``other`` for what it is booked against."""
        self.env["stock.move"].flush_model()
        accounts = self._accounts(connection, companies)
        if not accounts:
            return self._nothing_sql()
        return SQL(
            """WITH accounts (company_id, product_id, stock_id, cost_id, variation_id) AS (VALUES %(accounts)s),
                    valued AS (
               SELECT m.id, m.company_id, m.picking_id, COALESCE(m.reference, '') AS document, a.stock_id,
                      (m.date AT TIME ZONE 'UTC' AT TIME ZONE zones.name)::date AS date,
                      CASE WHEN m.is_in THEN m.value ELSE -m.value END AS value,
                      CASE o.usage WHEN 'supplier' THEN %(clearing)s
                                   WHEN 'customer' THEN a.cost_id
                                   ELSE CASE WHEN o.usage = 'transit' AND o.company_id IS NULL THEN %(clearing)s
                                             ELSE COALESCE(o.valuation_account_id, a.variation_id) END
                       END AS other_id
                 FROM stock_move m
                 JOIN stock_location o ON o.id = CASE WHEN m.is_in THEN m.location_id ELSE m.location_dest_id END
                 JOIN (VALUES %(zones)s) AS zones (company_id, name) ON zones.company_id = m.company_id
                 JOIN accounts a ON a.company_id = m.company_id AND a.product_id = m.product_id
                WHERE m.state = 'done' AND (m.is_in OR m.is_out) AND m.value != 0
                  AND m.date >= %(first)s::date - 1)
               SELECT 'stock.move' AS source_model, v.id AS source_id, part.name AS part, v.company_id,
                      CASE WHEN v.picking_id IS NOT NULL THEN 'stock.picking' END AS document_model,
                      v.picking_id AS document_id, v.document, v.date,
                      CASE part.name WHEN 'stock' THEN v.stock_id ELSE v.other_id END AS account_id,
                      CASE part.name WHEN 'stock' THEN v.value ELSE -v.value END AS balance,
                      NULL::jsonb AS analytic_distribution
                 FROM valued v CROSS JOIN (VALUES ('stock'), ('other')) AS part (name)
                WHERE v.date >= %(first)s AND v.stock_id IS NOT NULL AND v.other_id IS NOT NULL""",
            accounts=SQL(", ").join(SQL("(%s, %s, %s::int, %s::int, %s::int)", *row) for row in accounts),
            zones=SQL(", ").join(
                SQL("(%s, %s)", company.id, self.env["xero.stock.collector"]._zone(company)) for company in companies
            ),
            clearing=connection.stock_clearing_account_id.id,
            first=connection.stock_from,
        )

    def _nothing_sql(self) -> SQL:
        return SQL(
            """SELECT ''::varchar AS source_model, 0 AS source_id, '' AS part, 0 AS company_id,
                      ''::varchar AS document_model, 0 AS document_id, '' AS document, NULL::date AS date,
                      0 AS account_id, 0::numeric AS balance, NULL::jsonb AS analytic_distribution WHERE FALSE"""
        )

    def _accounts(self, connection, companies) -> list[tuple]:
        """Return ``(company, product, stock, cost, variation)`` ids of the accounts of each product that has moved."""
        moved = self.env["stock.move"]._read_group(
            [
                ("company_id", "in", companies.ids),
                ("state", "=", "done"),
                ("date", ">=", connection.stock_from),
                "|",
                ("is_in", "=", True),
                ("is_out", "=", True),
            ],
            ["company_id", "product_id"],
        )
        products = defaultdict(self.env["product.product"].browse)
        for company, product in moved:
            products[company] |= product
        rows = []
        for company, of_company in products.items():
            for product in of_company.with_company(company):
                accounts = product._get_product_accounts()
                stock, cost = accounts["stock_valuation"], accounts["expense"]
                variation = accounts["stock_variation"] or company.expense_account_id or cost
                rows.append((company.id, product.id, stock.id or None, cost.id or None, variation.id or None))
        return rows
