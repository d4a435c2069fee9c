from datetime import date

from odoo import models

from ..xero_api.dates import parse_xero, to_date_string
from ..xero_api.money import line_amount

NO_AMOUNT = 0


class XeroMapperCreditNote(models.AbstractModel):
    """Credit notes to customers and from vendors. Xero gives them no discounts and no link back to Odoo."""

    _name = "xero.mapper.credit.note"
    _inherit = "xero.mapper.document"
    _description = "Xero Credit Note Mapper"

    _xero_type = "CreditNote"
    _xero_resource = "CreditNotes"
    _xero_id_field = "CreditNoteID"
    _xero_number_field = "CreditNoteNumber"
    _push_rank = 30
    _open_when_paid = frozenset({"CreditNoteNumber", "Reference", "Contact", "BrandingThemeID"})
    _xero_types = {"out_refund": "ACCRECCREDIT", "in_refund": "ACCPAYCREDIT"}

    def _knows_discounts(self, move) -> bool:
        return False

    def _marker_matches(self, element: dict, res_id: int, sent: dict | None = None) -> bool:
        """Credit notes have no field for a mark: ours is the one that equals what was sent."""
        if not sent:
            return False
        return self._identity(element) == self._identity(sent) and element.get("SubTotal") in (None, self._net(sent))

    def _identity(self, element: dict) -> tuple:
        contact = (element.get("Contact") or {}).get("ContactID") or ""
        return (
            element.get("Type"),
            element.get("CreditNoteNumber"),
            contact.lower(),
            self._day(element),
            element.get("CurrencyCode"),
        )

    def _day(self, element: dict) -> str:
        day = element.get("DateString") or element.get("Date")
        if not day or isinstance(day, date):
            return to_date_string(day) if day else ""
        return to_date_string(parse_xero(day))

    def _net(self, sent: dict):
        return sum(line_amount(line) or NO_AMOUNT for line in sent.get("LineItems", []))

    def _lookup_params(self, elements: list[dict]) -> list[dict]:
        """Return one call for the span of days: Xero finds credit notes by date and type, not by number."""
        days = sorted(element["Date"] for element in elements if element.get("Date"))
        if not days:
            return [{}]
        first, last = (",".join(str(int(part)) for part in day.split("-")) for day in (days[0], days[-1]))
        return [{"where": f"Date>=DateTime({first}) AND Date<=DateTime({last})"}]
