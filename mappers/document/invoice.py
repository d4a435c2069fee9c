from odoo import models

from ...xero_api.dates import to_date_string
from .. import marks


class XeroMapperInvoice(models.AbstractModel):
    """Customer invoices and vendor bills.

    Receipts go the same way: they are income and expense with a receivable or payable of their own, and Xero's
    "receive money" would need the bank account, which Odoo knows only from the payment.
    """

    _name = "xero.mapper.invoice"
    _inherit = "xero.mapper.document"
    _description = "Xero Invoice Mapper"

    _xero_type = "Invoice"
    _xero_resource = "Invoices"
    _xero_id_field = "InvoiceID"
    _xero_number_field = "InvoiceNumber"
    _xero_page = "/AccountsReceivable/View.aspx?InvoiceID={xero_id}"
    _xero_purchase_page = "/AccountsPayable/View.aspx?InvoiceID={xero_id}"
    _push_rank = 20
    _open_when_paid = frozenset({"InvoiceNumber", "Reference", "DueDate", "Contact", "Url", "BrandingThemeID"})
    _xero_types = {"out_invoice": "ACCREC", "out_receipt": "ACCREC", "in_invoice": "ACCPAY", "in_receipt": "ACCPAY"}

    def _knows_discounts(self, move) -> bool:
        return self._is_sale(move)

    def _books(self, moves, connection, links=None):
        books = super()._books(moves, connection, links)
        books.urls = self._deep_links(moves.ids, connection)
        return books

    def _head(self, move, books, out) -> dict:
        """Xero approves no invoice without a due date."""
        due = move.invoice_date_due
        head = super()._head(move, books, out)
        if due or head.get("Date"):
            head["DueDate"] = self._due_day(move, due, head.get("Date", ""))
        head["Url"] = books.urls[move.id]
        return head

    def _due_day(self, move, due, day: str) -> str:
        """Return when it is due. One that had to be dated later than it was due is due at once."""
        wanted = to_date_string(due) if due else day
        return max(wanted, day) if day != self._own_day(move) else wanted

    def _claim_of(self, element):
        return marks.read_url(element.get("Url"), self._odoo_model)

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return one call for every forty numbers: longer lists break the address. Those of archived contacts are
        looked for too.
        """
        numbers = [element["InvoiceNumber"] for element in elements]
        listed = [number for number in numbers if "," not in number]
        params = [{"InvoiceNumbers": ",".join(listed[start : start + 40])} for start in range(0, len(listed), 40)]
        params += [{"where": f'InvoiceNumber=="{_quoted(number)}"'} for number in numbers if "," in number]
        return [{**param, "includeArchived": "true"} for param in params]


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
