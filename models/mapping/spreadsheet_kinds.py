"""What accounts, taxes and bank accounts are called in a spreadsheet of mappings."""

from odoo import models
from odoo.exceptions import UserError

from ...mappers.document.sheet import TaxLookup
from ...mappers.text import named
from .spreadsheet import Names


class XeroMappingAccount(models.Model):
    _inherit = "xero.mapping.account"

    _sheet_key = "account_id"
    _sheet_shown = {"account_id": "account_label"}

    def _sheet_sources(self, connection):
        accounts = self._family_accounts(connection)
        return Names(
            [(account.code, account.id) for account in accounts],
            [(f"{account.code} {account.name}", account.id) for account in accounts],
            [(account.name, account.id) for account in accounts],
        )

    def _sheet_targets(self, connection):
        targets = self._targets(connection)
        return Names(
            [(target.code, target.id) for target in targets],
            [(target.display_name, target.id) for target in targets],
            [(target.name, target.id) for target in targets],
        )


class XeroMappingTax(models.Model):
    _inherit = "xero.mapping.tax"

    _sheet_key = "tax_ids"
    _sheet_more = ("type_tax_use",)
    _sheet_shown = {"tax_ids": "display_name"}

    def _sheet_row_key(self):
        return self._key_ids(), self.type_tax_use

    def _sheet_sources(self, connection):
        """Name the sets that have a row, and each tax alone."""
        rows = self.search([("connection_id", "=", connection.id)])
        sets = [(row.tax_ids.sudo(), (row._key_ids(), row.type_tax_use)) for row in rows]
        taxes = self.env["account.tax"].sudo().search(self._taxes_domain(connection))
        book = TaxLookup()
        sets += [(tax, (key, tax.type_tax_use)) for tax in taxes if (key := book.key(tax))]
        return Names(
            [(row.display_name, (row._key_ids(), row.type_tax_use)) for row in rows],
            [(",".join(members.mapped("name")), thing) for members, thing in sets],
        )

    def _sheet_source(self, book, cells):
        """The same name may stand for a tax on sales and one on purchases: the column says which."""
        uses = dict(self._fields["type_tax_use"]._description_selection(self.env))
        written = (cells.get("type_tax_use") or "").strip()
        use = next((key for key, label in uses.items() if written in (key, label)), None)
        text = cells[self._sheet_key] or self.env._("No tax")
        found = {thing for thing in book.sources.find_all(text) if use in (None, thing[1])}
        if len(found) != 1:
            raise UserError(
                self.env._(
                    "“%(text)s”, used on %(use)s, is no tax of %(company)s: write its name, and Sales or Purchases.",
                    text=named(text),
                    use=named(written) or "?",
                    company=named(book.connection.company_id.name),
                )
            )
        taxes, use = next(iter(found))
        return (taxes, use), {"tax_ids": [(6, 0, taxes)], "type_tax_use": use}

    def _sheet_targets(self, connection):
        rates = self._rates(connection)
        return Names([(rate.tax_type, rate.id) for rate in rates], [(rate.name, rate.id) for rate in rates])


class XeroMappingJournal(models.Model):
    _inherit = "xero.mapping.journal"

    _sheet_key = "xero_account_id"
    _sheet_more = ("direction",)

    def _sheet_places(self, connection):
        return connection.name, self.env._("Odoo")

    def _sheet_sources(self, connection):
        accounts = self.search([("connection_id", "=", connection.id)]).xero_account_id | self._banks(connection)
        return Names(
            [(account.code, account.id) for account in accounts],
            [(account.display_name, account.id) for account in accounts],
            [(account.bank_account_number, account.id) for account in accounts],
            [(account.name, account.id) for account in accounts],
        )

    def _sheet_targets(self, connection):
        journals = self._journals(connection)
        return Names(
            [(journal.code, journal.id) for journal in journals],
            [(journal.display_name, journal.id) for journal in journals],
            [(journal.name, journal.id) for journal in journals],
        )

    def _sheet_more_values(self, row, cells):
        written = (cells.get("direction") or "").strip()
        choices = dict(self._fields["direction"]._description_selection(self.env))
        chosen = next((key for key, label in choices.items() if written in (key, label)), None)
        if written and not chosen:
            raise UserError(
                self.env._(
                    "“%(text)s” is no direction for payments: write one of %(choices)s.",
                    text=named(written),
                    choices=", ".join(choices.values()),
                )
            )
        return {"direction": chosen} if chosen and chosen != row.direction else {}
