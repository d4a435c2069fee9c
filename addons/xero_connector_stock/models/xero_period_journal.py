from odoo import api, fields, models
from odoo.addons.xero_connector.mappers.text import named

TYPE = "PeriodJournal"


class XeroPeriodJournal(models.Model):
    """What the stock of a company did in a day or month, as one manual journal in Xero; or what changed afterwards in a
    period that is closed.

    Only workers write it: see ``xero.stock.collector``.
    """

    _name = "xero.period.journal"
    _inherit = ["mail.thread", "xero.sync.mixin"]
    _description = "Xero Stock Journal"
    _order = "date desc, id desc"

    name = fields.Char("Number", required=True, readonly=True)
    title = fields.Char("Title", required=True, readonly=True, help="How it begins in Xero.")
    connection_id = fields.Many2one(
        "xero.connection", "Connection", required=True, ondelete="cascade", index=True, readonly=True
    )
    company_id = fields.Many2one("res.company", "Company", required=True, ondelete="cascade", index=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    kind = fields.Selection(
        [("period", "Period"), ("adjustment", "Adjustment")],
        "Kind",
        required=True,
        readonly=True,
        help="What changed in a period after it was locked is an adjustment, dated on the first open day.",
    )
    date_from = fields.Date("From", required=True, readonly=True, help="The period that it is about.")
    date_to = fields.Date("To", required=True, readonly=True)
    date = fields.Date("Date in Xero", required=True, readonly=True)
    state = fields.Selection(
        [("collecting", "Collecting"), ("over", "Complete"), ("nothing", "Nothing to Send")],
        "Status",
        compute="_compute_totals",
        help="It is sent when its period is over.",
    )
    # Whether it was collected anew since it was queued.
    is_changed = fields.Boolean(default=True, readonly=True)
    line_ids = fields.One2many("xero.period.line", "journal_id", "Source Entries", readonly=True)
    total_ids = fields.One2many("xero.period.total", "journal_id", "Totals", readonly=True)
    line_count = fields.Integer("Entries", compute="_compute_totals")
    debit = fields.Monetary("Total", compute="_compute_totals", help="The sum of its debits.")

    _period_once = models.UniqueIndex(
        "(connection_id, company_id, date_from, date_to) WHERE kind = 'period'", "A period has one stock journal."
    )
    _name_once = models.UniqueIndex("(connection_id, company_id, name)", "The number of a stock journal is unique.")

    @api.depends("line_ids", "date_to", "kind")
    def _compute_totals(self):
        """Sum in one query for any number of journals."""
        self.env["xero.period.line"].flush_model()
        totals = self.env["xero.period.total"].sudo()._read_group(
            [("journal_id", "in", self.ids)], ["journal_id"], ["balance:array_agg", "line_count:sum"]
        )
        found = {journal.id: (amounts, count) for journal, amounts, count in totals}
        for journal in self:
            amounts, count = found.get(journal.id, ([], 0))
            journal.debit = sum(amount for amount in amounts if amount > 0)
            journal.line_count = count
            is_over = journal.kind == "adjustment" or journal._is_over()
            journal.state = ("over" if amounts else "nothing") if is_over else "collecting"

    def _is_over(self) -> bool:
        """Whether the period is over where the company is."""
        self.ensure_one()
        return self.date_to < self.env["xero.stock.collector"]._today(self.company_id)

    # === SYNC === #

    def _xero_company(self):
        return self.company_id

    def _xero_refusal(self, scope):
        self.ensure_one()
        connection = self.env["xero.connection"].sudo().browse(scope.connection_id)
        if connection != self.sudo().connection_id:
            return self.env["xero.reason"]._("%s belongs to another organisation of Xero.", named(self.name))
        if TYPE not in scope.off:
            return None
        scopes = self.env["xero.mapper"]._for_type(TYPE)._scopes
        lacking = connection._lacking_text(scopes) if connection.stock_journals else ""
        return lacking or self.env["xero.reason"]._(
            "Stock journals are switched off in the Xero settings of this company."
        )

    def _xero_changed(self) -> None:
        """Collecting queues it: see ``xero.stock.collector``."""

    # === ACTIONS === #

    def action_open_lines(self):
        """Open all amounts of it with what they come from.

        :return: an action for the screen
        """
        self.ensure_one()
        self.check_access("read")
        return self._open_lines([])

    def _open_lines(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id("xero_connector_stock.action_xero_period_line")
        return {**action, "domain": [("journal_id", "=", self.id), *domain], "display_name": self.name}

    def action_collect(self):
        """Have the stock journals of the companies that are switched on collected now, whichever are selected.

        :return: a notice for the screen
        """
        self._xero_check_person()
        connections = self.env["xero.connection"].browse(self._xero_visible_connections()).sudo()
        return self.env["xero.stock.collector"]._ask(connections)
