"""What the end of the guide says of mappings that nobody has decided yet."""

from odoo import api, fields, models
from odoo.tools import format_list

from ...mappers.document.sheet import TaxLookup
from ...mappers.text import named


class XeroSetup(models.Model):
    _inherit = "xero.setup"

    undecided_summary = fields.Char(compute="_compute_undecided")
    undecided_defaults = fields.Char(
        compute="_compute_undecided", help="What the company's next invoice and bill use, and nobody has decided yet."
    )

    @api.depends("undecided_count")
    def _compute_undecided(self):
        for setup in self:
            setup.undecided_summary = setup._count_words()
            defaults = setup._open_defaults() if setup.connection_id else []
            setup.undecided_defaults = format_list(self.env, defaults) if defaults else False

    def _count_words(self):
        counts = {
            self.env._("Accounts: %s", self.account_open_count): self.account_open_count,
            self.env._("Taxes: %s", self.tax_open_count): self.tax_open_count,
            self.env._("Bank accounts: %s", self.journal_open_count): self.journal_open_count,
        }
        return " · ".join(text for text, count in counts.items() if count)

    def _open_defaults(self) -> list[str]:
        """Return in words which default accounts and taxes of the company have no confirmed counterpart."""
        company = self.connection_id.company_id.sudo()
        journals = self.env["account.journal"].sudo().search([("company_id", "=", company.id)], order="sequence, id")
        accounts = {
            use: journals.filtered(lambda journal, use=use: journal.type == use).default_account_id[:1]
            or (company.income_account_id if use == "sale" else company.expense_account_id)
            for use in ("sale", "purchase")
        }
        taxes = {"sale": company.account_sale_tax_id, "purchase": company.account_purchase_tax_id}
        confirmed = [("connection_id", "=", self.connection_id.id), ("state", "=", "confirmed")]
        decided = self.env["xero.mapping.account"].search(confirmed).account_id
        sets = {(row._key_ids(), row.type_tax_use) for row in self.env["xero.mapping.tax"].search(confirmed)}
        book = TaxLookup()
        names = {
            ("sale", "account"): self.env._("the default sales account"),
            ("purchase", "account"): self.env._("the default purchase account"),
            ("sale", "tax"): self.env._("the default sales tax"),
            ("purchase", "tax"): self.env._("the default purchase tax"),
        }
        open_ones = [("account", use, account) for use, account in accounts.items() if account - decided]
        open_ones += [
            ("tax", use, tax)
            for use, tax in taxes.items()
            if tax and book.key(tax) and (book.key(tax), use) not in sets
        ]
        return [
            f"{names[use, kind]} ({named(record.with_company(company).display_name)})"
            for kind, use, record in open_ones
        ]
