from odoo import api, fields, models
from odoo.addons.xero_connector.mappers.text import named
from odoo.exceptions import ValidationError


class XeroConnection(models.Model):
    _inherit = "xero.connection"

    stock_journals = fields.Selection(
        [("ledger", "From Odoo's entries"), ("moves", "From stock moves: bills are made in Xero")],
        "Stock and Cost of Sales",
        help="Sent as one manual journal for each period. Empty: not at all. From Odoo's entries: cost lines of "
        "invoices and the entries of the journals of stock. From stock moves: their values; goods received stand on an "
        "account of their own until their bills are entered in Xero.",
    )
    stock_period = fields.Selection(
        [("day", "One a day"), ("month", "One a month")], "Stock Journals", required=True, default="month"
    )
    stock_from = fields.Date(
        "Stock Journals Since",
        compute="_compute_stock_from",
        store=True,
        readonly=False,
        help="What is dated before stays out: Xero must have the stock of the day before as opening balance.",
    )
    stock_journal_ids = fields.Many2many(
        "account.journal",
        "xero_connection_stock_journal_rel",
        "connection_id",
        "journal_id",
        "Journals of Stock",
        compute="_compute_stock_journal_ids",
        store=True,
        readonly=False,
        check_company=True,
        domain="[('type', '=', 'general')]",
        help="Their entries are a part of the stock journals: closings, landed costs, scrap, losses, revaluations.",
    )
    stock_clearing_account_id = fields.Many2one(
        "account.account",
        "Goods Received, not Billed",
        check_company=True,
        help="What goods received are booked against where bills are made in Xero. There, book their bills on the same "
        "account.",
    )

    # Of each company whose journals are made from moves: the day up to which its stock is levelled, and what stock was
    # worth besides its moves when that began.
    stock_levels = fields.Json(copy=False, groups="base.group_system")

    @api.depends("stock_journals")
    def _compute_stock_from(self):
        """Begin with this month."""
        for connection in self.filtered("stock_journals"):
            connection.stock_from = connection.stock_from or fields.Date.context_today(connection).replace(day=1)

    @api.depends("stock_journals")
    def _compute_stock_journal_ids(self):
        """Begin with the journals that Odoo books stock in."""
        for connection in self.filtered("stock_journals"):
            connection.stock_journal_ids = connection.stock_journal_ids or connection._default_stock_journals()

    def _default_stock_journals(self):
        """Return the ``account.journal`` that Odoo books stock in; addons add those of their apps."""
        self.ensure_one()
        return self.company_id.sudo().account_stock_journal_id

    @api.constrains("stock_journals", "stock_journal_ids", "entry_journal_ids", "sync_journals")
    def _check_stock_journals(self):
        for connection in self.filtered(lambda one: one.stock_journals and one.sync_journals):
            twice = connection.stock_journal_ids & connection.entry_journal_ids
            if twice:
                raise ValidationError(
                    self.env._(
                        "Entries of %s would be sent one by one and in stock journals: take it out of either Journals "
                        "of Stock or Journals Whose Entries Are Sent.",
                        ", ".join(named(journal.name) for journal in twice),
                    )
                )

    @api.constrains("stock_journals", "stock_clearing_account_id")
    def _check_stock_clearing(self):
        for connection in self:
            if connection.stock_journals != "moves":
                continue
            company = connection.company_id.sudo()
            if not company.account_stock_valuation_id or not company.expense_account_id:
                raise ValidationError(
                    self.env._(
                        "%s has no account for the value of stock, or none for expenses: choose both in its accounting "
                        "settings, since stock moves are booked on them.",
                        named(company.name),
                    )
                )
            if not connection.stock_clearing_account_id:
                raise ValidationError(
                    self.env._(
                        "Choose the account for goods received and not billed: stock moves are booked against it where "
                        "bills are made in Xero."
                    )
                )

    def write(self, vals):
        """What was sent in one way is not sent again in the other: the other begins on a later day."""
        if vals.get("stock_journals"):
            self._check_stock_way(vals)
        result = super().write(vals)
        if {"stock_journals", "stock_from"} & vals.keys():
            # What stock was worth besides its moves is another amount for other moves.
            self.sudo().stock_levels = False
        return result

    def _check_stock_way(self, vals) -> None:
        for connection in self:
            first = fields.Date.to_date(vals.get("stock_from")) or connection.stock_from
            lines = self.env["xero.period.line"].sudo()
            other = "stock.move" if vals["stock_journals"] == "ledger" else "account.move.line"
            sent = lines.search(
                [
                    ("connection_id", "=", connection.id),
                    ("is_live", "=", True),
                    ("source_model", "=", other),
                    ("date", ">=", first),
                ],
                order="date desc",
                limit=1,
            )
            if first and sent:
                raise ValidationError(
                    self.env._(
                        "There are stock journals of the other kind up to %s: choose a day after it in Stock Journals "
                        "Since, so that nothing is sent twice.",
                        sent.date,
                    )
                )

    def action_collect_stock(self):
        """Have the stock journals of this connection collected now.

        :return: a notice for the screen
        """
        self.ensure_one()
        self.check_access("read")
        return self.env["xero.period.journal"].action_collect()
