"""Payments of tills, on what they sold."""

from odoo import models
from odoo.addons.xero_connector.mappers.outgoing import Need

# What payments are on in Xero, by the type that stands for it here.
TARGETS = {
    "SessionInvoice": "Invoice",
    "SessionCreditNote": "CreditNote",
    "LateOrderInvoice": "Invoice",
    "LateOrderCreditNote": "CreditNote",
}


class XeroMapperPayment(models.AbstractModel):
    _inherit = "xero.mapper.payment"

    def _need_of(self, part) -> Need:
        if not part.till_type:
            return super()._need_of(part)
        record = part.pos_session_id or part.document_id
        return Need(part.till_type, record._name, record.id)

    def _target_of(self, need) -> str:
        return TARGETS.get(need.xero_type) or super()._target_of(need)

    def _document_links(self, parts, connection) -> dict:
        links, tills = super()._document_links(parts, connection), parts.filtered("till_type")
        for till_type, of_type in tills.grouped("till_type").items():
            records = of_type.pos_session_id or of_type.document_id
            known = self.env["xero.link"].sudo()._map(connection, till_type, records._name, records.ids)
            links |= {(till_type, res_id): link for res_id, link in known.items()}
        return links

    def _memo(self, part) -> str:
        return part._till_memo() if part.till_type else super()._memo(part)

    def _document_currency(self, part):
        return part.pos_session_id.currency_id or super()._document_currency(part)
