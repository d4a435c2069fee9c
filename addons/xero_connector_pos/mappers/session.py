"""Closed sessions of tills."""

from odoo import models
from odoo.addons.xero_connector.mappers.text import named, printable
from odoo.addons.xero_connector.xero_api import shape

from .divide import CREDIT, INVOICE

shape.describe_document("SessionInvoice", "InvoiceID", "InvoiceNumber", days="DueDate DueDateString")
shape.describe_document("SessionCreditNote", "CreditNoteID", "CreditNoteNumber")


class XeroMapperSession(models.AbstractModel):
    """One closed session, by the journal items of its closing entry."""

    _name = "xero.mapper.session"
    _inherit = "xero.mapper.till"
    _description = "Xero Session Mapper"

    _odoo_model = "pos.session"
    _tracked_fields = frozenset({"state", "move_id"})

    def _handles(self, records):
        return records.filtered(lambda session: session.state == "closed")

    def _entry(self, session):
        return session.move_id

    def _config(self, session):
        return session.config_id

    def _mode(self, session, connection):
        return session._xero_mode(connection)

    def _books(self, sessions, connection, links=None):
        sessions.fetch(("name", "config_id", "move_id", "state", "xero_differences", "start_at", "stop_at"))
        sessions.config_id.fetch(("name", "xero_partner_id", "xero_analytic_account_id", "company_id"))
        books = super()._books(sessions, connection, links)
        counts = sessions.env["pos.order"]._read_group(
            [("session_id", "in", sessions.ids), ("state", "not in", ("draft", "cancel"))], ["session_id"], ["__count"]
        )
        books.counts = {session.id: count for session, count in counts}
        return books

    def _reference(self, session, books):
        days = dict.fromkeys(moment.date().isoformat() for moment in (session.start_at, session.stop_at) if moment)
        return self.env._(
            "%(till)s, %(days)s, %(count)s orders",
            till=named(session.config_id.name),
            days=" - ".join(days),
            count=books.counts.get(session.id, 0),
        )


class XeroMapperSessionInvoice(models.AbstractModel):
    _name = "xero.mapper.session.invoice"
    _inherit = "xero.mapper.session"
    _description = "Xero Session Invoice Mapper"

    _xero_type = "SessionInvoice"
    _stands_among = "Invoice"
    _side = INVOICE
    _xero_resource = "Invoices"
    _xero_id_field = "InvoiceID"
    _xero_number_field = "InvoiceNumber"
    _xero_page = "/AccountsReceivable/View.aspx?InvoiceID={xero_id}"
    _identifying = ("InvoiceNumber",)
    _push_rank = 21

    def _number(self, session, link):
        return self._revised(printable(session.name), link)


class XeroMapperSessionCreditNote(models.AbstractModel):
    _name = "xero.mapper.session.credit.note"
    _inherit = "xero.mapper.session"
    _description = "Xero Session Credit Note Mapper"

    _xero_type = "SessionCreditNote"
    _stands_among = "CreditNote"
    _side = CREDIT
    _xero_resource = "CreditNotes"
    _xero_id_field = "CreditNoteID"
    _xero_number_field = "CreditNoteNumber"
    _xero_page = "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={xero_id}"
    _identifying = ("CreditNoteNumber",)
    _push_rank = 31

    def _handles(self, records):
        """Those in which a method of payment gave back more than it took, or which Xero has a credit note of."""
        closed = super()._handles(records)
        return closed._xero_with(CREDIT, self._xero_type) if closed else closed

    def _number(self, session, link):
        own = printable(session.name)
        return self._revised(f"{own}-CN", link) if own else own
