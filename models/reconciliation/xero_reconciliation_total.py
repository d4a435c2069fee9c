from odoo import api, fields, models
from odoo.tools import SQL, format_date

from .compare_document import NOT_CHOSEN
from .worksheet import BASE_COLUMNS

AMOUNT = (20, 2)


class XeroReconciliationTotal(models.Model):
    """Sums of both sides: documents by kind and currency, months by account and tax, open amounts by contact.

    Sums by month and of tax are in the organisation's own currency, each document by its side's rate and rounded alone;
    the others are in the currency of the documents. Credits count negative; by month also what is bought, so that the
    sum is what was sold less what was bought. Grids have the sign of Odoo's tax return.
    """

    _name = "xero.reconciliation.total"
    _inherit = ["xero.company.guard"]
    _description = "Xero Reconciliation Total"
    _order = "reconciliation_id desc, section, month, account_code, contact_name, id"
    _rec_name = "account_code"

    reconciliation_id = fields.Many2one("xero.reconciliation", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="reconciliation_id.company_id")
    key = fields.Char(required=True, readonly=True)
    section = fields.Selection(
        [
            ("document", "Documents"),
            ("month", "Months"),
            ("contact", "Contacts"),
            ("tax", "Tax by Account"),
            ("grid", "Tax by Grid"),
        ],
        required=True,
        readonly=True,
    )
    document_type = fields.Selection(
        [
            ("ACCREC", "Invoices"),
            ("ACCPAY", "Bills"),
            ("ACCRECCREDIT", "Credit Notes"),
            ("ACCPAYCREDIT", "Vendor Credit Notes"),
            ("ADVANCE", "Over- and Prepayments"),
        ],
        "Kind",
        readonly=True,
    )
    side = fields.Selection([("receivable", "Receivable"), ("payable", "Payable")], readonly=True)
    month = fields.Date(readonly=True)
    account_code = fields.Char("Xero Account", readonly=True)
    tax_type = fields.Char("Xero Tax", readonly=True)
    account_name = fields.Char("Account", compute="_compute_names")
    tax_name = fields.Char("Tax", compute="_compute_names")
    tax_account_id = fields.Many2one("account.account", "Tax Account", readonly=True, ondelete="set null")
    tax_account_name = fields.Char("Tax Account in Odoo", compute="_compute_tax_account_name")
    month_name = fields.Char("Of", compute="_compute_month_name")
    grid = fields.Char("Tax Grid", readonly=True, help="A line of Odoo's tax return.")
    contact_xero_id = fields.Char(readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", readonly=True, ondelete="set null")
    contact_name = fields.Char("Contact Name", readonly=True)
    currency_code = fields.Char("Currency", readonly=True)
    odoo_count = fields.Integer("Count in Odoo", readonly=True)
    xero_count = fields.Integer("Count in Xero", readonly=True)
    odoo_amount = fields.Float("Odoo", digits=AMOUNT, readonly=True)
    xero_amount = fields.Float("Xero", digits=AMOUNT, readonly=True)
    odoo_tax = fields.Float("Tax in Odoo", digits=AMOUNT, readonly=True)
    xero_tax = fields.Float("Tax in Xero", digits=AMOUNT, readonly=True)
    odoo_due = fields.Float("Due in Odoo", digits=AMOUNT, readonly=True)
    xero_due = fields.Float("Due in Xero", digits=AMOUNT, readonly=True)
    odoo_base = fields.Float("Due in Odoo, Base", digits=AMOUNT, readonly=True)
    xero_base = fields.Float("Due in Xero, Base", digits=AMOUNT, readonly=True)
    odoo_worth = fields.Float("Total in Odoo, Base", digits=AMOUNT, readonly=True)
    xero_worth = fields.Float("Total in Xero, Base", digits=AMOUNT, readonly=True)
    base_difference = fields.Float(
        "Difference, Base", digits=AMOUNT, compute="_compute_base_difference", help="Odoo less Xero: what is due."
    )
    explained_amount = fields.Float("Base Explained", digits=AMOUNT, readonly=True)
    explained_tax = fields.Float(
        "Explained",
        digits=AMOUNT,
        readonly=True,
        help="What of the difference is rounding, or stands in a later month because the period is locked in Xero.",
    )
    difference = fields.Float(
        digits=AMOUNT,
        readonly=True,
        help="Odoo less Xero: amounts by month, tax by account and grid less what is explained, what is due elsewhere.",
    )

    _key_unique = models.UniqueIndex("(reconciliation_id, key)")

    @api.depends("account_code", "tax_type")
    @api.depends_context("lang")
    def _compute_names(self):
        """Name accounts and taxes as Xero does."""
        for connection, rows in self.grouped(lambda row: row.reconciliation_id.connection_id).items():
            mine = [("connection_id", "=", connection.id)]
            accounts = self.env["xero.account"].search([*mine, ("code", "in", rows.mapped("account_code"))])
            types = {name for row in rows for name in (row.tax_type or "").split(", ")}
            rates = self.env["xero.tax.rate"].search([*mine, ("tax_type", "in", list(types))])
            account_names = {account.code: f"{account.code} {account.name}" for account in accounts}
            tax_names = {rate.tax_type: rate.name for rate in rates} | {
                NOT_CHOSEN: self.env._("No Xero tax rate chosen")
            }
            nowhere = self.env._("On no line")
            for row in rows:
                code, tax_type = row.account_code, row.tax_type
                no_account = self.env._("No Xero account chosen") if tax_type else nowhere
                row.account_name = account_names.get(code, code) or no_account
                names = [tax_names.get(name, name) for name in (tax_type or "").split(", ")]
                row.tax_name = ", ".join(names) or nowhere

    @api.depends("tax_account_id")
    @api.depends_context("lang")
    def _compute_tax_account_name(self):
        """Name them as people do, by code and name."""
        for company, rows in self.grouped("company_id").items():
            for row in rows:
                account = row.tax_account_id.sudo().with_company(company)
                name = " ".join(filter(None, (account.code, account.name)))
                row.tax_account_name = name or self.env._("On no tax account")

    @api.depends("month")
    @api.depends_context("lang")
    def _compute_month_name(self):
        for row in self:
            row.month_name = row.month and format_date(self.env, row.month, date_format="MMM y")

    @api.depends("odoo_base", "xero_base")
    def _compute_base_difference(self):
        for row in self:
            row.base_difference = row.odoo_base - row.xero_base

    def action_open_differences(self):
        """Open the differences of what contributes to this sum unequally on the two sides."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector.action_xero_reconciliation_difference")
        domain = [("reconciliation_id", "=", self.reconciliation_id.id), ("total_keys", "like", self.key)]
        return {**action, "domain": domain, "context": {}}

    @api.model
    def _close(self, report) -> None:
        """Work out what differs, name the contacts, and drop those that agree: there may be thousands."""
        self.env.cr.execute(
            SQL(
                """UPDATE xero_reconciliation_total SET difference = CASE section
                          WHEN 'month' THEN odoo_amount + odoo_tax - xero_amount - xero_tax
                          WHEN 'tax' THEN odoo_tax - xero_tax - explained_tax
                          WHEN 'grid' THEN odoo_amount + odoo_tax - xero_amount - xero_tax
                                           - explained_amount - explained_tax
                          WHEN 'document' THEN odoo_amount - xero_amount ELSE odoo_due - xero_due END
                    WHERE reconciliation_id = %s""",
                report.id,
            )
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM xero_reconciliation_total WHERE reconciliation_id = %s AND section = 'contact'"
                " AND odoo_due = xero_due AND odoo_base = xero_base",
                report.id,
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE xero_reconciliation_total t SET partner_id = COALESCE(t.partner_id, l.res_id),
                          contact_name = COALESCE(p.complete_name, e.name)
                     FROM xero_reconciliation_total o
                     LEFT JOIN xero_link l ON l.connection_id = %(connection)s AND l.xero_type = 'Contact'
                               AND l.xero_id = o.contact_xero_id AND l.res_model = 'res.partner'
                     LEFT JOIN res_partner p ON p.id = COALESCE(o.partner_id, l.res_id)
                     LEFT JOIN xero_snapshot_element e ON e.snapshot_id = %(snapshot)s AND e.xero_type = 'Contact'
                               AND e.xero_id = o.contact_xero_id
                    WHERE t.id = o.id AND o.reconciliation_id = %(report)s AND o.section = 'contact'
                      AND (l.res_id IS NULL OR p.id IS NOT NULL)""",
                connection=report.connection_id.id,
                snapshot=report.snapshot_id.id,
                report=report.id,
            )
        )
        self.invalidate_model(flush=False)

    @api.model
    def _balances(self, report) -> dict:
        """Return what is receivable and payable on both sides, in the organisation's own currency."""
        groups = self._read_group(
            [("reconciliation_id", "=", report.id), ("section", "=", "document")],
            ["side"],
            ["odoo_base:sum", "xero_base:sum"],
        )
        found = dict.fromkeys(BASE_COLUMNS, 0.0)
        for side, odoo, xero in groups:
            found |= {f"{side}_odoo": odoo, f"{side}_xero": xero}
        return found
