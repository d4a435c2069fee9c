"""What stands in Odoo for the accounts and tax types of lines of Xero's."""

from odoo import Command

from ...mappers.awaited import record_key
from ...mappers.document.canonical import LineState, shape
from ...mappers.document.sheet import TaxLookup
from ...mappers.journal.rows import CONTROL_TYPES
from ...mappers.text import named
from ...mappers.values import decimal
from .importer import Untakeable

# What canonical forms keep of the lines of a document, and what these come to.
WITH_LINES = {"tax", "total"}
LINE_FIELDS = {"lines", "tracking", *WITH_LINES}
AMOUNT_KEYS = {"quantity", "price", "discount", "net", "tax"}
# Of the tax of one line.
LARGEST_ROUNDING = 0.015


class LineBooks:
    """Which Odoo account and taxes a line of Xero's gets; read once for a document."""

    def __init__(self, inbound, connection, move_type, company):
        self.env = inbound.env
        self.connection = connection
        self.use = "sale" if move_type.startswith("out_") else "purchase"
        precision = self.env["decimal.precision"].precision_get
        self.places = tuple(map(precision, ("Product Unit", "Product Price", "Discount")))
        self.accounts = self._accounts()
        self.taxes = self._taxes()

    def _accounts(self) -> dict:
        """Return ``{code or id in Xero: Odoo account}``; of several the one of the same code, else the first."""
        rows = self.env["xero.mapping.account"].search(
            [
                ("connection_id", "=", self.connection.id),
                ("state", "=", "confirmed"),
                # Those have a clearing account, which stands for them in manual journals of Odoo's own only.
                ("account_id.account_type", "not in", CONTROL_TYPES),
            ]
        )
        found = {}
        for row in rows.sorted(
            lambda row: (row.account_id.code != row.xero_account_id.code, row.account_id.code or "", row.id)
        ):
            for key in (row.xero_account_id.code, row.xero_account_id.xero_id):
                found.setdefault(key, row.account_id)
        return found

    def _taxes(self) -> dict:
        """Return ``{Xero's tax type: Odoo taxes}``; of several sets that of the same rate and fewest taxes."""
        rows = self.env["xero.mapping.tax"].search(
            [
                ("connection_id", "=", self.connection.id),
                ("state", "=", "confirmed"),
                ("type_tax_use", "=", self.use),
            ]
        )
        found = {}
        book = TaxLookup()

        def is_cost(row):
            return any(map(book.is_whole_cost, row.tax_ids))

        for row in rows.sorted(lambda row: (row.rate_differs, is_cost(row), len(row.tax_ids), row.id)):
            found.setdefault(row.xero_tax_rate_id.tax_type, row.tax_ids)
        return found

    def values(self, line: LineState, changed=None) -> dict:
        """Return the values of an Odoo line for ``line``; with ``changed``, of those keys only."""
        if changed is None and not line.net:
            return {"display_type": "line_note", "name": line.description}
        values = {}
        if changed is None or "description" in changed:
            values["name"] = line.description
        if changed is None or "account" in changed:
            values["account_id"] = self._account(line).id
        if changed is None or "tax_type" in changed:
            values["tax_ids"] = [Command.set(self._tax(line).ids)]
        if changed is None or changed & AMOUNT_KEYS:
            values |= self._amounts(line)
        return values

    def _amounts(self, line):
        quantity, price, discount = shape(line, self.places)
        taxes = self._tax(line)
        if any(tax.price_include for tax in taxes):
            quantity, price, discount = 1, self._price_with_tax(line, taxes), 0
        return {"quantity": float(quantity), "price_unit": float(price), "discount": float(discount)}

    def _price_with_tax(self, line, taxes):
        """Return the price of which Odoo takes the line's net, also where another tax was typed than it computes."""
        net, gross = decimal(line.net), decimal(line.net) + decimal(line.tax)
        computed = taxes.compute_all(float(net), handle_price_include=False)["total_included"]
        return gross if abs(computed - float(gross)) < LARGEST_ROUNDING else computed

    def _account(self, line):
        account = self.accounts.get(line.account)
        if account is None:
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "No Odoo account is mapped to Xero account %s: choose one under Mapping, Accounts, then try again.",
                    named(line.account) or "?",
                ),
                waits=self._keys("xero.account", ["|", ("code", "=", line.account), ("xero_id", "=", line.account)]),
            )
        return account

    def _keys(self, model, domain) -> tuple:
        """Return what a line waits for that has no counterpart in Odoo: that one is chosen for it."""
        rows = self.env[model].search([("connection_id", "=", self.connection.id), *domain])
        return tuple(record_key(model, res_id) for res_id in rows.ids)

    def _tax(self, line):
        tax_type = line.tax_type or "NONE"
        if tax_type not in self.taxes:
            if tax_type == "NONE":
                return self.env["account.tax"]
            raise Untakeable(
                "mapping",
                self.env["xero.reason"]._(
                    "No Odoo tax is mapped to Xero tax %s: choose one under Mapping, Taxes, then try again.",
                    named(tax_type),
                ),
                waits=self._keys("xero.tax.rate", [("tax_type", "=", tax_type)]),
            )
        return self.taxes[tax_type]
