"""The fields of Xero that field rules may fill, and those they may not."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import LazyTranslate

from ...mappers.text import named
from ..link.access import ALL

_lt = LazyTranslate(__name__)

DOCUMENTS = [
    ("out_invoice", "Customer invoices"),
    ("in_invoice", "Vendor bills"),
    ("out_refund", "Customer credit notes"),
    ("in_refund", "Vendor credit notes"),
    ("contact", "Contacts"),
]
KINDS = [
    ("text", "Text"),
    ("lines", "Text of several lines"),
    ("plain", "Printable letters"),
    ("number", "Document number"),
    ("email", "E-mail address"),
    ("date", "Date"),
    ("flag", "Yes or No"),
    ("theme", "Branding theme"),
    ("account", "Xero account"),
    ("tracking", "Tracking option"),
]
MONEY = _lt("It decides the amounts, which must be Odoo's to the cent.")
TAX = _lt("It decides the tax, which must be Odoo's to the cent: choose the rate under Mapping, Taxes.")
IDENTITY = _lt("It says which record this is; the sync would lose or repeat it.")
MARK = _lt("It carries the mark by which a document is found again after a lost answer.")
STATE = _lt("It follows the state of the record in Odoo.")
PERIOD = _lt("It decides the period and the rate: both books must agree on it.")
# Why no rule may fill a field; for sales also what a purchase may have.
PROTECTED = {
    **dict.fromkeys(("Quantity", "UnitAmount", "DiscountRate", "DiscountAmount", "LineAmount"), MONEY),
    **dict.fromkeys(("SubTotal", "TotalTax", "Total", "LineAmountTypes"), MONEY),
    **dict.fromkeys(("CurrencyCode", "CurrencyRate", "DefaultCurrency"), MONEY),
    **dict.fromkeys(("TaxType", "TaxAmount", "AccountsReceivableTaxType", "AccountsPayableTaxType"), TAX),
    **dict.fromkeys(("InvoiceID", "CreditNoteID", "ContactID", "LineItemID", "Contact", "Type", "Name"), IDENTITY),
    **dict.fromkeys(("Url", "ContactNumber"), MARK),
    **dict.fromkeys(("Status", "ContactStatus"), STATE),
    "Date": PERIOD,
}
PROTECTED_ON_SALES = dict.fromkeys(("InvoiceNumber", "CreditNoteNumber"), MARK)


def protection(document: str, name: str):
    """Return why no rule may fill the field ``name`` of ``document``, ``None`` when it may."""
    return PROTECTED.get(name) or (PROTECTED_ON_SALES.get(name) if document.startswith("out_") else None)


class XeroFieldTarget(models.Model):
    """One field of Xero that rules may fill. The list is data (``data/xero.field.target.csv``); addons add to it."""

    _name = "xero.field.target"
    _inherit = ["xero.company.guard"]
    _description = "Xero Field"
    _order = "document, sequence, id"
    _rec_name = "label"

    _kept_by_workers = ALL

    sequence = fields.Integer(default=10)
    document = fields.Selection(DOCUMENTS, required=True, readonly=True)
    level = fields.Selection([("document", "Document"), ("line", "Lines")], required=True, readonly=True)
    name = fields.Char("Name in Xero", required=True, readonly=True)
    label = fields.Char("Field", required=True, readonly=True, translate=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    max_length = fields.Integer("Longest", readonly=True, help="Characters that Xero takes; 0: no limit.")
    note = fields.Char(readonly=True, translate=True)

    _name_unique = models.Constraint("UNIQUE(document, level, name)", "This field is in the list already.")

    @api.depends("label", "level")
    def _compute_display_name(self):
        for target in self:
            lines = target.level == "line"
            target.display_name = self.env._("%s, on each line", named(target.label)) if lines else target.label

    @api.constrains("document", "name")
    def _check_protected(self):
        for target in self:
            if reason := protection(target.document, target.name):
                raise ValidationError(
                    self.env._("No rule may fill %(field)s. %(reason)s", field=named(target.name), reason=str(reason))
                )
