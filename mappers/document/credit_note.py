from odoo import models


class XeroMapperCreditNote(models.AbstractModel):
    """Credit notes to customers and from vendors. Xero gives them no discounts and no link back to Odoo."""

    _name = "xero.mapper.credit.note"
    _inherit = "xero.mapper.document"
    _description = "Xero Credit Note Mapper"

    _xero_type = "CreditNote"
    _xero_resource = "CreditNotes"
    _xero_id_field = "CreditNoteID"
    _xero_number_field = "CreditNoteNumber"
    _xero_page = "/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={xero_id}"
    _xero_purchase_page = "/AccountsPayable/ViewCreditNote.aspx?creditNoteID={xero_id}"
    _push_rank = 30
    _open_when_paid = frozenset({"CreditNoteNumber", "Reference", "Contact", "BrandingThemeID"})
    _xero_types = {"out_refund": "ACCRECCREDIT", "in_refund": "ACCPAYCREDIT"}

    def _knows_discounts(self, move) -> bool:
        return False

    def _bears_mark(self, element: dict, res_id: int, sent: dict) -> bool:
        """Credit notes have no field for a mark: ours is the one that equals what was sent."""
        return self._is_same(element, sent)

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return a call of each type for the span of days: Xero finds credit notes by those, not by number."""
        days = sorted(element["Date"] for element in elements)
        first, last = (",".join(str(int(part)) for part in day.split("-")) for day in (days[0], days[-1]))
        return [
            {"where": f'Type=="{kind}" AND Date>=DateTime({first}) AND Date<=DateTime({last})'}
            for kind in sorted({element["Type"] for element in elements})
        ]
