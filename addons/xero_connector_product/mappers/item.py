"""Products as Xero's items."""

from decimal import Decimal

from odoo import models
from odoo.addons.xero_connector.mappers.document.sheet import TaxLookup
from odoo.addons.xero_connector.mappers.outgoing import Outgoing, Problem
from odoo.addons.xero_connector.mappers.text import named, shorten, squeeze
from odoo.addons.xero_connector.xero_api.money import unit

CODE_LENGTH = 30
NAME_LENGTH = 50
DESCRIPTION_LENGTH = 4000
OWN_FIELDS = (
    "default_code",
    "name",
    "active",
    "sale_ok",
    "purchase_ok",
    "lst_price",
    "standard_price",
    "description_sale",
    "description_purchase",
    "taxes_id",
    "supplier_taxes_id",
    "categ_id",
    "company_id",
    "property_account_income_id",
    "property_account_expense_id",
)


class XeroMapperItem(models.AbstractModel):
    """Product variants with an internal reference. Stock stays in Odoo: items are not tracked in Xero.

    Their code is what Xero knows items by, so an item of the same code that is there already is the one.
    """

    _name = "xero.mapper.item"
    _inherit = "xero.mapper"
    _description = "Xero Item Mapper"

    _xero_type = "Item"
    _xero_resource = "Items"
    _xero_id_field = "ItemID"
    _xero_number_field = "Code"
    _odoo_model = "product.product"
    # After contacts, before documents, which may name items.
    _push_rank = 15
    _tracked_fields = frozenset(OWN_FIELDS)

    # === MAPPER === #

    def _handles(self, records):
        return records.filtered(lambda product: product.default_code and (product.sale_ok or product.purchase_ok))

    def _prepare(self, records, connection, links=None) -> dict[int, Outgoing]:
        """Return what to send for the products ``records``; a fixed number of queries for any number of them."""
        company = connection.company_id
        products = records.sudo().with_company(company).with_context(lang="en_US", active_test=False)
        products.fetch(OWN_FIELDS)
        books = ItemBooks(connection.sudo().with_env(products.env))
        taxes = products.taxes_id | products.supplier_taxes_id
        (taxes | taxes.children_tax_ids).fetch(("amount", "amount_type", "price_include_override", "company_id"))
        products.categ_id.fetch(("property_account_income_categ_id", "property_account_expense_categ_id"))
        return {product.id: self._outgoing(product, books) for product in products}

    def _bears_mark(self, element: dict, res_id: int, sent: dict) -> bool:
        """Items have no field for a mark: a code is one item's, for both sides."""
        return self._is_same(element, sent)

    def _is_same(self, element: dict, payload: dict) -> bool:
        return str(element.get("Code") or "").lower() == payload["Code"].lower()

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return one call: Xero lists items whole."""
        return [{}] if elements else []

    def _removal_payload(self, link) -> dict:
        """Items of products that are gone stay: documents in Xero name them, and Xero cannot archive items."""
        return {}

    # === ONE ITEM === #

    def _outgoing(self, product, books) -> Outgoing:
        code = squeeze(product.default_code)
        if not code or not product.active:
            return Outgoing(product.id)
        name = squeeze(product.name)
        payload = {
            "Code": code,
            "Name": shorten(name, NAME_LENGTH),
            "Description": self._text(product.description_sale or name),
            "PurchaseDescription": self._text(product.description_purchase),
            "IsSold": product.sale_ok,
            "IsPurchased": product.purchase_ok,
            "SalesDetails": self._sales(product, books) if product.sale_ok else {},
            "PurchaseDetails": self._purchases(product, books) if product.purchase_ok else {},
        }
        kept = {key: value for key, value in payload.items() if value not in ("", {})}
        out = Outgoing(product.id, kept, "ACTIVE", number=code)
        if len(code) > CODE_LENGTH:
            out.problems.append(Problem("validation", self._too_long(product, code), "product.product", product.id))
        return out

    def _text(self, text) -> str:
        return shorten((text or "").strip(), DESCRIPTION_LENGTH)

    def _too_long(self, product, code) -> str:
        return self.env["xero.reason"]._(
            "The internal reference of %(name)s has %(length)s characters; Xero takes 30 as code of an item.",
            name=named(product.display_name),
            length=len(code),
        )

    def _sales(self, product, books) -> dict:
        accounts = product.product_tmpl_id.get_product_accounts()
        return books.details(product.lst_price, product.taxes_id, accounts["income"], "sale")

    def _purchases(self, product, books) -> dict:
        accounts = product.product_tmpl_id.get_product_accounts()
        return books.details(product.standard_price, product.supplier_taxes_id, accounts["expense"], "purchase")


class ItemBooks:
    """What accounts and taxes are called in Xero, read once for a batch."""

    def __init__(self, connection):
        self.company, self.taxes = connection.company_id, TaxLookup()
        confirmed = [("connection_id", "=", connection.id), ("state", "=", "confirmed")]
        accounts = connection.env["xero.mapping.account"].search(confirmed)
        self.accounts = {
            row.account_id.id: row.xero_account_id.code
            for row in accounts
            if row.xero_account_id.status == "ACTIVE" and row.xero_account_id.type != "BANK"
        }
        rates = connection.env["xero.mapping.tax"].search(confirmed)
        self.rates = {
            (row._key_ids(), row.type_tax_use): row.xero_tax_rate_id.tax_type
            for row in rates
            if row.xero_tax_rate_id.status == "ACTIVE"
        }
        # Prices are in the company's currency, which need not be the organisation's.
        self.priced = connection.currency_code in (False, self.company.currency_id.name)

    def details(self, price: float, taxes, account, use: str) -> dict:
        """Return price without tax, account and rate; what is not mapped is left out: documents tell their own."""
        taxes = taxes.filtered(lambda tax: tax.company_id in self.company.parent_ids)
        found = {
            "UnitPrice": self._net(price, taxes) if self.priced else None,
            "AccountCode": self.accounts.get(account.id),
            "TaxType": self.rates.get((self.taxes.key(taxes), use)),
        }
        return {key: value for key, value in found.items() if value not in (None, False, "")}

    def _net(self, price, taxes) -> Decimal:
        if any(tax.price_include for tax in taxes):
            price = taxes.with_context(round=False).compute_all(price)["total_excluded"]
        return unit(Decimal(repr(price)))
