"""Quotes as Xero takes them."""

from odoo import models
from odoo.addons.xero_connector.mappers.document.base_lines import read_base_lines
from odoo.addons.xero_connector.mappers.text import printable, shorten
from odoo.addons.xero_connector.xero_api import shape
from odoo.addons.xero_connector.xero_api.dates import to_date_string

STATUS = {"draft": "DRAFT", "sent": "SENT", "accepted": "ACCEPTED", "declined": "DECLINED", "cancelled": "ABSENT"}
TITLE_LENGTH = 100
REFERENCE_LENGTH = 4000

# What stands in an answer is looked at before anything believes it.
shape.describe_document("Quote", "QuoteID", "QuoteNumber", days="ExpiryDate ExpiryDateString")


class XeroMapperQuote(models.AbstractModel):
    _name = "xero.mapper.quote"
    _inherit = "xero.mapper.commercial"
    _description = "Xero Quote Mapper"

    _xero_type = "Quote"  # on links and jobs
    _xero_resource = "Quotes"  # of the call
    _xero_id_field = "QuoteID"
    _xero_number_field = "QuoteNumber"  # what people know it by
    _xero_page = "/app/quotes/view/{xero_id}"  # "Open in Xero"
    _odoo_model = "test.xero.quote"
    _push_rank = 25  # lower goes first: after contacts (10)
    _switch = "sync_quotes"  # of the connection
    _identifying = ("QuoteNumber",)  # which answer is about which quote
    _price_places = 2  # /Quotes takes no unitdp
    _tracked_fields = frozenset(
        {"name", "partner_id", "date", "validity_date", "title", "reference", "state", "currency_id", "line_ids"}
    )
    _tracked_line_fields = frozenset(
        {"name", "is_text", "sequence", "quantity", "price_unit", "discount", "tax_ids", "account_id"}
    )
    _clearable = {"Title": ("title", ""), "Reference": ("reference", "")}

    def _handles(self, records):
        return records

    # === ONE QUOTE === #

    def _wanted_status(self, quote, books):
        status, link = STATUS[quote.state], books.links.get(quote.id)
        # Xero's own word for what became an invoice there.
        return "INVOICED" if status == "ACCEPTED" and link and link.xero_status == "INVOICED" else status

    def _number(self, quote, link):
        return printable(quote.name)

    def _head(self, quote, books, out):
        head = {
            self._xero_number_field: out.number,
            "Contact": self._contact(quote, books, out),
            "Date": to_date_string(quote.date),
            "ExpiryDate": quote.validity_date and to_date_string(quote.validity_date),
            "LineAmountTypes": "EXCLUSIVE",
            "CurrencyCode": quote.currency_id.name,
            "CurrencyRate": self._currency_rate(quote, books),
            "Title": shorten(quote.title or "", TITLE_LENGTH),
            "Reference": shorten(quote.reference or "", REFERENCE_LENGTH),
        }
        return {key: value for key, value in head.items() if value not in (None, False, "", {})}

    def _currency_rate(self, quote, books):
        own = quote.currency_id._get_conversion_rate(
            quote.company_id.currency_id, quote.currency_id, quote.company_id, quote.date
        )
        return books.currency_rate(quote.currency_id, quote.company_id, own, quote.date)

    def _sheet(self, quote, books):
        return read_base_lines(quote._parts(), quote.company_id, books.taxes)

    # === WHAT XERO HOLDS === #

    def _bears_mark(self, element, res_id, sent):
        """Quotes have no field for a mark: ours is the one that equals what was sent."""
        return self._is_same(element, sent)

    def _lookup_params(self, elements):
        return [{"QuoteNumber": element["QuoteNumber"]} for element in elements]

    def _removal_payload(self, link):
        """Xero changes no quote without its contact and day."""
        if not link.xero_id or link.xero_status == "DELETED":
            return {}
        view = link.base_state or {}
        return {
            "QuoteID": link.xero_id,
            "Contact": {"ContactID": view.get("contact")},
            "Date": view.get("date"),
            "Status": "DELETED",
        }
