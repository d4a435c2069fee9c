"""Orders that are invoiced after their session was closed: what takes them out of the session again."""

from odoo import models
from odoo.addons.xero_connector.mappers.text import named, printable
from odoo.addons.xero_connector.xero_api import shape

from .divide import CREDIT, INVOICE

shape.describe_document("LateOrderInvoice", "InvoiceID", "InvoiceNumber", days="DueDate DueDateString")
shape.describe_document("LateOrderCreditNote", "CreditNoteID", "CreditNoteNumber")


class XeroMapperLateOrder(models.AbstractModel):
    """The entry by which Odoo reverses an order's part of the closing entry, when it makes an invoice of the order.

    The invoice goes as any other, and is paid through the same journal that this gives the money back from.
    """

    _name = "xero.mapper.late.order"
    _inherit = "xero.mapper.till"
    _description = "Xero Late Order Mapper"

    _odoo_model = "account.move"
    # No type of document as such: previews ask for those.
    _xero_types = {}

    def _handles(self, records):
        entries = records.filtered(lambda move: move.move_type == "entry").sudo()
        late = entries.filtered("reversed_pos_order_id")
        return records.browse(late._xero_with(self._side, self._xero_type).ids) if late else records.browse()

    def _entry(self, move):
        return move

    def _config(self, move):
        return move.reversed_pos_order_id.config_id

    def _reference(self, move, books):
        order = move.reversed_pos_order_id
        return self.env._(
            "%(till)s, %(order)s is invoiced as %(invoice)s",
            till=named(order.config_id.name),
            order=named(order.name),
            invoice=named(order.account_move.name),
        )

    def _number(self, move, link):
        return self._revised(printable(move.name), link)


class XeroMapperLateOrderInvoice(models.AbstractModel):
    _name = "xero.mapper.late.order.invoice"
    _inherit = "xero.mapper.late.order"
    _description = "Xero Late Order Invoice Mapper"

    _xero_type = "LateOrderInvoice"
    _stands_among = "Invoice"
    _side = INVOICE
    _xero_resource = "Invoices"
    _xero_id_field = "InvoiceID"
    _xero_number_field = "InvoiceNumber"
    _xero_page = "/AccountsReceivable/View.aspx?InvoiceID={xero_id}"
    _identifying = ("InvoiceNumber",)
    _push_rank = 22


class XeroMapperLateOrderCreditNote(models.AbstractModel):
    _name = "xero.mapper.late.order.credit.note"
    _inherit = "xero.mapper.late.order"
    _description = "Xero Late Order Credit Note Mapper"

    _xero_type = "LateOrderCreditNote"
    _stands_among = "CreditNote"
    _side = CREDIT
    _xero_resource = "CreditNotes"
    _xero_id_field = "CreditNoteID"
    _xero_number_field = "CreditNoteNumber"
    _xero_page = "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={xero_id}"
    _identifying = ("CreditNoteNumber",)
    _push_rank = 32
