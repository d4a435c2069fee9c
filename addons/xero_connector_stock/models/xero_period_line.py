from odoo import api, fields, models


class XeroPeriodLine(models.Model):
    """One amount of a stock journal, and what it is made from: the stamp that makes each source count once.

    A *live* one says what its source comes to in Xero. Where the journal is closed and the source has changed or is
    gone, it lives no longer, and a line of an adjustment takes it back.
    """

    _name = "xero.period.line"
    _description = "Xero Stock Journal Line"
    _order = "date desc, id desc"
    _rec_name = "document"

    journal_id = fields.Many2one(
        "xero.period.journal", "Stock Journal", required=True, ondelete="cascade", index=True, readonly=True
    )
    connection_id = fields.Many2one("xero.connection", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one("res.company", "Company", required=True, ondelete="cascade", index=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    # No foreign keys: whoever deletes a source must not wait for a worker.
    source_model = fields.Char(required=True, readonly=True)
    source_id = fields.Many2oneReference("Source", model_field="source_model", required=True, readonly=True)
    part = fields.Char(required=True, default="", readonly=True)
    document_model = fields.Char(readonly=True)
    document_id = fields.Many2oneReference("Document ID", model_field="document_model", readonly=True)
    document = fields.Char("Document", readonly=True)
    date = fields.Date("Date", required=True, readonly=True, help="In Odoo.")
    account_id = fields.Many2one("account.account", "Account", required=True, ondelete="restrict", readonly=True)
    balance = fields.Monetary("Amount", required=True, readonly=True, help="Debits are positive.")
    analytic_distribution = fields.Json("Analytic Distribution", readonly=True)
    is_live = fields.Boolean("Counts", default=True, readonly=True)
    reverses_id = fields.Many2one("xero.period.line", "Takes Back", ondelete="cascade", readonly=True)

    _each_source_once = models.UniqueIndex(
        "(connection_id, source_model, source_id, part) WHERE is_live", "A source is in one stock journal."
    )
    _taken_back_once = models.UniqueIndex("(reverses_id) WHERE reverses_id IS NOT NULL", "It is taken back already.")

    @api.depends("document", "account_id")
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.document or line.account_id.display_name

    def action_open_document(self):
        """Open what the amount comes from.

        :return: an action for the screen; nothing when the document is gone
        """
        self.ensure_one()
        self.check_access("read")
        if not self.document_model or not self.env[self.document_model].browse(self.document_id).exists():
            return True
        return {
            "type": "ir.actions.act_window",
            "res_model": self.document_model,
            "res_id": self.document_id,
            "views": [(False, "form")],
        }
