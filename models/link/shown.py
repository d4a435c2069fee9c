"""What rows about a document or contact show of it, in the words of Odoo's users and of Xero's screens."""

from odoo import api, fields, models
from odoo.fields import Domain

# Where models keep it: the first of the fields that there is counts.
PARTNER = ("partner_id", "document_id.partner_id")
AMOUNT = ("amount_total", "amount")
CURRENCY = ("currency_id", "document_id.currency_id")
DATE = ("invoice_date", "date", "date_order")


def type_words(env) -> dict:
    """Return ``{Xero type: what Xero's screens call one}``."""
    return {
        "Contact": env._("Contact"),
        "Invoice": env._("Invoice"),
        "Bill": env._("Bill"),
        "CreditNote": env._("Credit Note"),
        "BillCreditNote": env._("Bill Credit Note"),
        "Payment": env._("Payment"),
        "Prepayment": env._("Prepayment"),
        "Overpayment": env._("Overpayment"),
        "BatchPayment": env._("Batch Payment"),
        "Allocation": env._("Applied Credit"),
        "BankTransaction": env._("Bank Transaction"),
        "BankTransfer": env._("Bank Transfer"),
        "ManualJournal": env._("Manual Journal"),
        "Item": env._("Product"),
        "Quote": env._("Quote"),
        "Account": env._("Account"),
        "TaxRate": env._("Tax Rate"),
    }


def status_words(env, xero_type: str | None = None) -> dict:
    """Return ``{Xero's status: what Xero's screens call it}``, reasons that may be stored.

    :param xero_type: whose status: payments have other words
    """
    reason = env["xero.reason"]
    if xero_type in ("Payment", "BatchPayment", "BankTransaction", "BankLine", "BankTransfer"):
        return {"AUTHORISED": reason._("Recorded"), "DELETED": reason._("Removed")}
    return {
        "DRAFT": reason._("Draft"),
        "SUBMITTED": reason._("Awaiting Approval"),
        "AUTHORISED": reason._("Awaiting Payment"),
        "PAID": reason._("Paid"),
        "POSTED": reason._("Posted"),
        "VOIDED": reason._("Voided"),
        "DELETED": reason._("Deleted"),
        "ACTIVE": reason._("Active"),
        "ARCHIVED": reason._("Archived"),
        "GDPRREQUEST": reason._("Erased"),
        # Ours: Xero does not list it any more.
        "GONE": reason._("Gone"),
    }


def account_words(env) -> dict:
    """Return ``{Xero's type or class of an account: what Xero's screens call it}``."""
    return {
        "BANK": env._("Bank"),
        "CURRENT": env._("Current Asset"),
        "CURRLIAB": env._("Current Liability"),
        "DEPRECIATN": env._("Depreciation"),
        "DIRECTCOSTS": env._("Direct Costs"),
        "EQUITY": env._("Equity"),
        "EXPENSE": env._("Expense"),
        "FIXED": env._("Fixed Asset"),
        "INVENTORY": env._("Inventory"),
        "LIABILITY": env._("Liability"),
        "NONCURRENT": env._("Non-current Asset"),
        "OTHERINCOME": env._("Other Income"),
        "OVERHEADS": env._("Overhead"),
        "PREPAYMENT": env._("Prepayment"),
        "REVENUE": env._("Revenue"),
        "SALES": env._("Sales"),
        "TERMLIAB": env._("Non-current Liability"),
        "PAYGLIABILITY": env._("PAYG Liability"),
        "PAYG": env._("PAYG"),
        "SUPERANNUATIONEXPENSE": env._("Superannuation Expense"),
        "SUPERANNUATIONLIABILITY": env._("Superannuation Liability"),
        "WAGESEXPENSE": env._("Wages Expense"),
        "WAGESPAYABLELIABILITY": env._("Wages Payable"),
        "ASSET": env._("Asset"),
    }


class XeroShown(models.AbstractModel):
    """A row about one record (``res_model``, ``res_id``) of a Xero type (``xero_type``): what people know it by.

    Nothing is stored; each is read with the rights of the reader, for all rows at once.
    """

    _name = "xero.shown"
    _description = "Xero Row About a Record"

    shown_kind = fields.Char("Type", compute="_compute_shown")
    shown_partner_id = fields.Many2one(
        "res.partner", "Contact", compute="_compute_shown", search="_search_shown_partner_id"
    )
    shown_amount = fields.Monetary("Amount", compute="_compute_shown", currency_field="shown_currency_id")
    shown_currency_id = fields.Many2one("res.currency", "Document Currency", compute="_compute_shown")
    shown_date = fields.Date("Document Date", compute="_compute_shown", search="_search_shown_date")

    @api.depends("res_model", "res_id", "xero_type")
    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_shown(self):
        words = type_words(self.env)
        for model, rows in self.grouped("res_model").items():
            known = model and model in self.env
            found = self.env[model].browse(rows.mapped("res_id")).exists()._filtered_access("read") if known else ()
            records = {record.id: record for record in found}
            for row in rows:
                row._set_shown(records.get(row.res_id), words)

    def _set_shown(self, record, words) -> None:
        kind = self._shown_type(record)
        if kind not in words:
            # A kin type is what it stands among.
            mapper = self.env["xero.mapper"]._if_sent(kind)
            kind = (mapper is not None and mapper._stands_among) or kind
        self.shown_kind = words.get(kind, kind)
        if record is None or record._name == "res.partner":
            self.shown_partner_id = record or False
            self.shown_amount = self.shown_currency_id = self.shown_date = False
            return
        self.shown_partner_id = _first(record, PARTNER)
        self.shown_amount = _first(record, AMOUNT) or 0.0
        self.shown_currency_id = _first(record, CURRENCY)
        self.shown_date = _first(record, DATE)

    def _shown_type(self, record) -> str | None:
        """Return the type as :func:`type_words` has it: Xero's screens tell bills from invoices as Odoo does.

        :param record: existing, of any model; ``None`` where the reader sees none
        """
        if record is not None and "move_type" in record._fields and record.move_type in ("in_invoice", "in_refund"):
            return "Bill" if record.move_type == "in_invoice" else "BillCreditNote"
        if record is not None and "credit_type" in record._fields and record.credit_type:
            return "Allocation"
        return self.xero_type

    # === SEARCH === #

    def _search_shown_partner_id(self, operator, value):
        if operator not in ("any", "in"):
            return NotImplemented
        partners = self.env["res.partner"]._search(value if operator == "any" else [("id", "in", value)])
        return self._search_shown(PARTNER, "in", partners) | (
            Domain("res_model", "=", "res.partner") & Domain("res_id", "in", partners)
        )

    def _search_shown_date(self, operator, value):
        if operator not in ("in", ">", ">=", "<", "<="):
            return NotImplemented
        return self._search_shown(DATE, operator, value)

    def _search_shown(self, paths, operator, value) -> Domain:
        """Find rows by a field of their record, among the kinds of records that have rows."""
        found = []
        for [name] in self.env[self._name]._read_group([("res_model", "!=", False)], ["res_model"]):
            fields_of = self.env[name]._fields if name in self.env and name != "res.partner" else {}
            path = next((path for path in paths if path.partition(".")[0] in fields_of), None)
            if path:
                records = self.env[name]._search([(path, operator, value)])
                found.append(Domain("res_model", "=", name) & Domain("res_id", "in", records))
        return Domain.OR(found)


def _first(record, paths):
    """Return the value of the first of ``paths`` that the model of ``record`` has and that is not empty."""
    for path in paths:
        field, _dot, further = path.partition(".")
        if field in record._fields:
            # Of a document that the reader sees, its contact and currency too.
            value = record.sudo()[field]
            value = value[further] if further and value else value
            if value:
                return value
    return False
