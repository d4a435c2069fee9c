"""What happened in Xero to documents of tills. What people change of them there is told, and nothing is taken over."""

from odoo import models
from odoo.addons.xero_connector.models.inbound.importer import Result


class XeroInboundTill(models.AbstractModel):
    _name = "xero.inbound.till"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Till"

    _polled = False
    _switch = "sync_tills"
    # The importer that knows the form of the elements.
    _form = None

    def _canonical(self, element):
        return self.env["xero.inbound"]._for_type(self._form)._canonical(element)

    def _outgoing(self, connection, records):
        """Return ``{record id: Outgoing}`` of what Odoo would send of ``records``, of ``_odoo_model``."""
        return self.env["xero.mapper"]._for_type(self._xero_type)._prepare(records, connection)

    def _is_gone(self, element):
        return element.get("Status") in ("VOIDED", "DELETED")

    def _apply_known(self, connection, changed):
        for link, element in changed:
            self._save_base(connection, link, element)
        return {element[self._id_field]: Result("agreed", res_id=link.res_id) for link, element in changed}

    def _apply_new(self, connection, elements):
        return {element[self._id_field]: Result("ignored") for element in elements}


class XeroInboundSessionInvoice(models.AbstractModel):
    _name = "xero.inbound.session.invoice"
    _inherit = "xero.inbound.till"
    _description = "Xero Inbound Session Invoice"

    _xero_type = "SessionInvoice"
    _form = "Invoice"
    _resource = "Invoices"
    _id_field = "InvoiceID"
    _odoo_model = "pos.session"


class XeroInboundSessionCreditNote(models.AbstractModel):
    _name = "xero.inbound.session.credit.note"
    _inherit = "xero.inbound.till"
    _description = "Xero Inbound Session Credit Note"

    _xero_type = "SessionCreditNote"
    _form = "CreditNote"
    _resource = "CreditNotes"
    _id_field = "CreditNoteID"
    _odoo_model = "pos.session"


class XeroInboundLateOrderInvoice(models.AbstractModel):
    _name = "xero.inbound.late.order.invoice"
    _inherit = "xero.inbound.till"
    _description = "Xero Inbound Late Order Invoice"

    _xero_type = "LateOrderInvoice"
    _form = "Invoice"
    _resource = "Invoices"
    _id_field = "InvoiceID"
    _odoo_model = "account.move"


class XeroInboundLateOrderCreditNote(models.AbstractModel):
    _name = "xero.inbound.late.order.credit.note"
    _inherit = "xero.inbound.till"
    _description = "Xero Inbound Late Order Credit Note"

    _xero_type = "LateOrderCreditNote"
    _form = "CreditNote"
    _resource = "CreditNotes"
    _id_field = "CreditNoteID"
    _odoo_model = "account.move"
