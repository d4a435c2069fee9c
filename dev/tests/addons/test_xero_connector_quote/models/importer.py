"""What happened to our quotes in Xero. Quotes that were made there stay there."""

from dataclasses import replace

from odoo import models
from odoo.addons.xero_connector.mappers.document.canonical import DocumentState
from odoo.addons.xero_connector.mappers.values import day, words
from odoo.addons.xero_connector.models.inbound.importer import Result
from odoo.addons.xero_connector.models.snapshot.xero_snapshot_element import Kind
from odoo.addons.xero_connector.xero_api import codec

STATES = {"ACCEPTED": "accepted", "INVOICED": "accepted", "DECLINED": "declined", "DELETED": "cancelled"}


class XeroInboundQuote(models.AbstractModel):
    _name = "xero.inbound.quote"
    _inherit = "xero.inbound"
    _description = "Xero Inbound Quote"

    _xero_type = "Quote"
    _resource = "Quotes"
    _id_field = "QuoteID"
    _odoo_model = "test.xero.quote"
    _switch = "sync_quotes"
    _rank = 25
    _lists_ids = False
    _snapshot = Kind("Quotes", "QuoteID", "QuoteNumber", None, "Total", None)

    # === STATE === #

    def _canonical(self, element):
        """The same as of invoices, and what only quotes have."""
        state = DocumentState.from_element(element, "QuoteNumber")
        own = {
            "title": words(element.get("Title")),
            "expiry": day(element.get("ExpiryDateString") or element.get("ExpiryDate")),
        }
        status, reference = element.get("Status") or "", words(element.get("Reference"))
        return replace(state, status=status, reference=reference, more=own).dump()

    def _outgoing(self, connection, quote):
        return self.env["xero.mapper"]._for_type("Quote")._prepare(quote, connection)[quote.id]

    def _canonical_odoo(self, connection, link, record):
        out = self._outgoing(connection, record)
        if out.status == "ABSENT":
            return {"status": "DELETED"}
        return self._canonical_payload(connection, link, out.payload, out.total)

    def _canonical_payload(self, connection, link, payload, total):
        return self._canonical(self._document_element(connection, link, payload, total))

    def _is_gone(self, element):
        return element.get("Status") == "DELETED"

    # === TAKE IN === #

    def _apply_known(self, connection, changed):
        return {element[self._id_field]: self._take(connection, link, element) for link, element in changed}

    def _take(self, connection, link, element):
        """The customer's answer is Xero's; whatever else was changed there is Odoo's, and goes over it."""
        quote = self.env["test.xero.quote"].browse(link.res_id).exists()
        if not quote:
            self._save_base(connection, link, element)
            return Result("ignored")
        state = STATES.get(element.get("Status"))
        answered = state and state != quote.state
        if answered:
            quote.state = state
        # Before it is asked what Odoo would send: an answer may have another name in Xero.
        self._save_base(connection, link, element, state="synced", message=None)
        state = self._canonical(element)
        if self._is_gone(element) or self._canonical_odoo(connection, link, quote) == state:
            agreed = None if self._is_gone(element) else codec.digest(self._outgoing(connection, quote).canonical())
            self._save_base(connection, link, element, digest=agreed)
            return Result("updated" if answered else "agreed", res_id=quote.id)
        self._resend(connection, link, element, quote)
        return Result("resent", res_id=quote.id)

    def _apply_new(self, connection, elements):
        return {element[self._id_field]: Result("ignored") for element in elements}
