"""Quotes on their way out."""

from dataclasses import replace

from odoo import models

# What a customer answers: Xero takes it of quotes that were sent.
ANSWERS = ("ACCEPTED", "DECLINED")


class XeroExporterQuote(models.AbstractModel):
    _name = "xero.exporter.quote"
    _inherit = "xero.exporter"
    _description = "Xero Quote Exporter"

    _xero_types = ("Quote",)

    def _plan_item(self, mapper, job, out, link):
        """One that is answered while Xero does not know it as sent is sent first."""
        if out and out.status in ANSWERS and not (link and link.xero_status in ("SENT", out.status)):
            out = replace(out, status="SENT", payload={**out.payload, "Status": "SENT"})
        return super()._plan_item(mapper, job, out, link)

    def _follow(self, connection, items, made):
        """The answer goes after what it answers."""
        sent = [item.res_id for item in items if item.status == "SENT"]
        quotes = self.env["test.xero.quote"].browse(sent).exists()
        answered = quotes.filtered(lambda quote: quote.state in ("accepted", "declined"))
        self.env["xero.sync.job"]._enqueue(
            connection.id,
            self.env["xero.mapper"]._for_type("Quote"),
            [(quote.id, quote.company_id.id) for quote in answered],
        )

    def _namesakes(self, client, mapper, payloads):
        """Xero finds quotes by a part of their number."""
        return [
            [element for element in found if element.get("QuoteNumber") == payload["QuoteNumber"]]
            for payload, found in zip(payloads, super()._namesakes(client, mapper, payloads), strict=True)
        ]
