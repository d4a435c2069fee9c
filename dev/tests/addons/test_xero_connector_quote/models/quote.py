from odoo import api, fields, models

STATES = [
    ("draft", "Draft"),
    ("sent", "Sent"),
    ("accepted", "Accepted"),
    ("declined", "Declined"),
    ("cancelled", "Cancelled"),
]


class Quote(models.Model):
    """As little of a quote as Xero knows; no journal entry stands behind it."""

    _name = "test.xero.quote"
    _inherit = ["mail.thread", "xero.sync.mixin"]
    _description = "Quote"

    name = fields.Char("Number", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    partner_id = fields.Many2one("res.partner", required=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    validity_date = fields.Date("Expiration")
    title = fields.Char()
    reference = fields.Char()
    state = fields.Selection(STATES, required=True, default="draft", tracking=True)
    line_ids = fields.One2many("test.xero.quote.line", "quote_id")
    amount_total = fields.Monetary("Total", compute="_compute_amount_total")

    @api.depends("currency_id", "line_ids.price_unit", "line_ids.quantity", "line_ids.discount", "line_ids.tax_ids")
    def _compute_amount_total(self):
        for quote in self:
            lines = [part for part in quote._parts() if not isinstance(part, str)]
            engine = self.env["account.tax"]
            engine._add_tax_details_in_base_lines(lines, quote.company_id)
            engine._round_base_lines_tax_details(lines, quote.company_id)
            totals = engine._get_tax_totals_summary(lines, quote.currency_id, quote.company_id)
            quote.amount_total = totals["total_amount_currency"]

    def _parts(self) -> list:
        """Return base lines of Odoo's tax engine, and the texts between them."""
        return [line._part() for line in self.line_ids.sorted(lambda line: (line.sequence, line.id))]

    # === XERO === #

    def _xero_company(self):
        return self.company_id

    def _xero_refusal(self, scope):
        self.ensure_one()
        if "Quote" in scope.off:
            return self.env["xero.reason"]._("Quotes are switched off in the Xero settings of this company.")
        return None

    @api.model_create_multi
    def create(self, vals_list):
        quotes = super().create(vals_list)
        quotes._xero_tell()
        return quotes

    def write(self, vals):
        result = super().write(vals)
        self._xero_tell(vals)
        return result

    def _xero_changed(self):
        for company, quotes in self.grouped("company_id").items():
            scope = self.env["xero.connection"]._scope(company.id)
            if scope and "Quote" not in scope.off:
                quotes._xero_enqueue(scope)
